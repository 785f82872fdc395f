"""The opening of the home page, and the lessons in the lecture's order."""

import streamlit as st

from ui import page
from ui.contents import HOME, LESSONS, Lesson


def opening() -> None:
    """Title, question, and what leads from each lesson to the next."""
    st.title("Deep Generative Models, Lecture 2", anchor=False)
    with st.container(key="lead"):
        st.markdown(HOME.question)
    st.markdown(r"One thread runs through the lecture: a density $p(\mathbf{x}|\theta)$ that is hard to write down "
                r"becomes easy once an unseen $\mathbf{z}$ is added, and the price is an integral. Each page answers "
                "one question on that way. All that moves is computed while you look, beside its exact truth where "
                "there is one.")


def part() -> None:
    """The map: every lesson with its question and its concepts."""
    page.heading("The lecture")
    for number, lesson in enumerate(LESSONS, 1):
        _stop(number, lesson)


def _stop(number: int, lesson: Lesson) -> None:
    with st.container(key=f"stop {lesson.stem}"):
        st.page_link(lesson.path, label=f"**{number}. {lesson.title}**", icon=lesson.icon)
        st.markdown(lesson.question)
        st.caption(" · ".join(lesson.concepts))

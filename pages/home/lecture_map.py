"""The opening of the home page, and the lessons in the lecture's order, each with a picture."""

from collections.abc import Callable

import streamlit as st

from pages.home import pictures
from pages.home.thumbnail import place_for
from ui import page
from ui.contents import HOME, LESSONS, Lesson

COLUMNS = 2


def opening() -> None:
    """Title, what a latent variable model is, and where to begin."""
    st.title("Deep Generative Models, Lecture 2", anchor=False)
    with st.container(key="lead"):
        st.markdown(HOME.question)
    page.introduction(
        "A **generative model** is a distribution p(x): it says how probable an x is, and it draws new ones. A "
        "**latent variable model** adds a variable z that nobody observes: first z is drawn, then x given z. Simple "
        "pieces make a complicated p(x). The price is an integral over z. All figures are computed live. Where an "
        "exact answer exists, it is shown too.",
        page.term("evidence", r"p(\mathbf{x}|\theta)") + r"= \int " + page.term("likelihood",
        r"p(\mathbf{x}|\mathbf{z},\theta)") + r"\," + page.term("prior", r"p(\mathbf{z})") + r"\,d\mathbf{z}",
        ("latent variable", "evidence", "nat"))
    first = LESSONS[0]
    with st.container(key="start here"):
        st.page_link(first.path, label=f"Start here: {first.title}", icon=":material/play_arrow:")


def part() -> Callable[[], None]:
    """The lessons with their questions. Returns what puts the pictures in, for after everything else is sent."""
    page.heading("The lessons")
    puts: list[Callable[[], None]] = []
    for first in range(0, len(LESSONS), COLUMNS):
        row = LESSONS[first:first + COLUMNS]
        for place, (number, lesson) in zip(st.columns(COLUMNS, gap="large"), enumerate(row, first + 1), strict=False):
            with place:
                puts.append(_stop(number, lesson))

    def put_all() -> None:
        for put in puts:
            put()

    return put_all


def _stop(number: int, lesson: Lesson) -> Callable[[], None]:
    with st.container(key=f"stop {lesson.stem}"):
        st.page_link(lesson.path, label=f"**{number}. {lesson.title}**", icon=lesson.icon)
        put = place_for(f"picture {lesson.stem}", lambda: pictures.of_lesson(lesson.stem, page.palette().dark))
        st.markdown(lesson.question)
        st.caption(" · ".join(lesson.concepts))
    return put

"""The opening of the home page, and the lessons in the lecture's order, each with a picture."""

from collections.abc import Callable

import streamlit as st

from pages.home import pictures
from pages.home.thumbnail import place_for
from ui import lecture_hall, page
from ui.contents import HOME, LESSONS, Lesson

COLUMNS = 2
FIRST = ("Lesson 1 has no latent variable: its log p(x|θ) needs no integral, so you see first what fitting means.")
LATENT, WITHOUT = "latent variables z", "no latent variables"


def opening() -> None:
    """Title, what a latent variable model is, and where to begin."""
    with st.container(horizontal=True, vertical_alignment="center", key="opening"):
        st.title("Deep Generative Models, Lecture 2", anchor=False)
        lecture_hall.door()
    with st.container(key="lead"):
        st.markdown(HOME.question)
    page.introduction(
        "A **generative model** is a distribution p(x|θ): it says how probable an x is, and it draws new ones. Its "
        "**parameters** θ are the numbers that are fitted. A **latent variable model** adds a variable z that nobody "
        "observes: first z is drawn, then x given z. Simple pieces make a complicated p(x|θ). The price is an integral "
        "over z.\n\n"
        "It is **fitted** by maximising the sum of log p(x|θ) over the data. Where the integral leaves no formula for "
        "the best θ, a lower bound is maximised instead. Expectation–maximisation (EM) and the variational autoencoder "
        "(VAE) do this. All figures are computed live. Where an exact answer exists, it is shown too.",
        page.term("evidence", r"p(\mathbf{x}|\theta)") + r"= \int " + page.term("likelihood",
        r"p(\mathbf{x}|\mathbf{z},\theta)") + r"\," + page.term("prior", r"p(\mathbf{z})") + r"\,d\mathbf{z}",
        ("latent variable", "parameters", "incomplete likelihood", "MLE", "nat"))
    first = LESSONS[0]
    with st.container(key="start here"):
        st.page_link(first.path, label=f"Start here: {first.title}", icon=":material/play_arrow:")
    st.caption(FIRST)


def part() -> Callable[[], None]:
    """The lessons with their questions. Returns what puts the pictures in, for after everything else is sent."""
    page.heading("The lessons")
    puts: list[Callable[[], None]] = []
    with st.container(key="lessons"):
        for first in range(0, len(LESSONS), COLUMNS):
            row = enumerate(LESSONS[first:first + COLUMNS], first + 1)
            for place, (number, lesson) in zip(st.columns(COLUMNS, gap="large"), row, strict=False):
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
        st.caption(" · ".join((f"**{LATENT if lesson.latent else WITHOUT}**", *lesson.concepts)))
    return put

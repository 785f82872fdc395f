"""The home page's two pictures: the lessons in the lecture's order, and one family of the zoo."""

from collections.abc import Sequence

import streamlit as st

from pages.home.figures import tree
from pages.home.zoo import Family
from ui import controls, style
from ui.components.edits import Edits
from ui.contents import LESSONS, Lesson

SHOWN = {"exact": "exact", "bound": "a bound from below", "none": "none"}


def show(lessons: Sequence[Lesson]) -> None:
    """Each lesson as a stop on the way: its title opens the page, its question says what for."""
    for number, entry in enumerate(lessons, 1):
        with st.container(key=f"stop {entry.stem}"):
            st.page_link(entry.path, label=f"**{number}. {entry.title}**", icon=entry.icon)
            st.markdown(entry.question)
            st.caption(" · ".join(entry.concepts))


def choose(edits: Edits) -> None:
    """A click on a family in the tree chooses it."""
    name = None if edits.clicked is None else tree.clicked(edits.clicked.trace, edits.clicked.point)
    if name:
        controls.set_value("family", name)


def family(entry: Family) -> None:
    """What a family of models can tell, and the page that shows it."""
    st.markdown(f"**Likelihood:** {SHOWN[entry.likelihood]}; {entry.density}.  \n"
                f"**Samples:** {entry.sampling}.  \n**Latents:** {entry.latents}.")
    for lesson in LESSONS:
        if lesson.stem == entry.lesson and not style.presenting():
            st.page_link(lesson.path, label=f"Open: {lesson.title}", icon=lesson.icon)

"""The zoo of generative models on the page: a tree of families, and what is known of the chosen one."""

import streamlit as st

from pages.home import zoo
from pages.home.figures import tree
from ui import controls, page, style
from ui.components.edits import Edits
from ui.components.live_figure import live_figure
from ui.contents import LESSONS

LIKELIHOOD = {"exact": "exact", "bound": "a bound from below", "none": "none"}


def part() -> None:
    """The tree beside the facts of the chosen family."""
    page.heading("The generative models zoo")
    left, right = st.columns([3, 2], gap="large")
    with right:
        chosen = zoo.family(controls.draw("family"))
        _facts(chosen)
    with left:
        live_figure(tree.tree(chosen.name, page.palette()), key="zoo", alt=tree.tree_alt(chosen.name),
                    height=tree.HEIGHT, select=True, base=chosen.name, on_edit=_choose)


def _choose(edits: Edits) -> None:
    """A click on a family in the tree chooses it."""
    name = None if edits.clicked is None else tree.clicked(edits.clicked.trace, edits.clicked.point)
    if name:
        controls.set_value("family", name)


def _facts(family: zoo.Family) -> None:
    """Likelihood, samples and latents of a family, and the page that shows it."""
    st.markdown(f"**Likelihood:** {LIKELIHOOD[family.likelihood]}; {family.density}.  \n"
                f"**Samples:** {family.sampling}.  \n**Latents:** {family.latents}.")
    for lesson in LESSONS:
        if lesson.stem == family.lesson and not style.presenting():
            st.page_link(lesson.path, label=f"Open: {lesson.title}", icon=lesson.icon)

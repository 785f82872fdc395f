"""The zoo of generative models on the page: a tree of families with a sample of each, and what is known of one."""

from collections.abc import Callable

import streamlit as st

from dgm.autoregressive.checkpoints import rows_file
from dgm.autoregressive.comparison import Row
from pages.home import pictures, zoo
from pages.home.thumbnail import place_for
from ui import controls, page, style
from ui.contents import LESSONS

LIKELIHOOD = {"exact": "exact", "bound": "a bound from below", "none": "none"}
NO_LESSON = "no lesson here"
MARKS = {"exact": ("evidence", "●"), "bound": ("q", "■"), "none": ("gap", "✕")}     # of the palette, and a sign


def part() -> None:
    """The tree beside the facts of the chosen family."""
    page.heading("The generative models zoo")
    st.markdown("Families of models p(x), by their latent variables. Press a name. Likelihood: "
                + ", ".join(f"{_mark(kind)} {text}" for kind, text in LIKELIHOOD.items()) + ".")
    tree, facts = st.columns((3, 2), gap="large")
    with facts:
        chosen = zoo.family(controls.draw("family"))
        _facts(chosen)
    with tree, st.container(key="zoo"):
        puts = [put for number, branch in enumerate(zoo.BRANCHES) for put in _branch(number, branch, chosen)]
    for put in puts:      # after everything else
        put()


def _mark(kind: str) -> str:
    return page.swatch(*MARKS[kind])


def _branch(number: int, branch: str, chosen: zoo.Family) -> list[Callable[[], None]]:
    """The name of a branch with its families below it. Returns what puts the samples in."""
    with st.container(key=f"stop branch {number}"):
        st.markdown(f"**{branch}**")
        return [_leaf(family, family is chosen) for family in zoo.FAMILIES if family.branch == branch]


def _leaf(family: zoo.Family, chosen: bool) -> Callable[[], None]:
    with st.container(horizontal=True, vertical_alignment="center", key=f"leaf {family.name}", gap="small"):
        st.button(f"{family.name}", key=f"family {family.name}", on_click=controls.set_value,
                  args=("family", family.name), type="secondary" if chosen else "tertiary",
                  icon=":material/arrow_right:" if chosen else None)
        st.markdown(_mark(family.likelihood), width="content")
        if family.lesson not in pictures.SAMPLES:
            st.caption(NO_LESSON, width="content")
            return lambda: None
        return place_for(family.name, lambda: pictures.of_family(family.lesson, page.palette().dark), kind="sample")


def _facts(family: zoo.Family) -> None:
    """Likelihood, samples and latents of a family, its number on real digits, and the page that shows it."""
    st.markdown(f"**Likelihood:** {LIKELIHOOD[family.likelihood]}; {family.density}.  \n"
                f"**Samples:** {family.sampling}.  \n**Latents:** {family.latents}.")
    for row in rows_file.stored():
        if row.model == family.row:
            if row.model in zoo.ASKED and not style.revealing():
                _asked()
            else:
                _measured(row)
    for lesson in LESSONS:
        if lesson.stem == family.lesson and not style.presenting():
            st.page_link(lesson.path, label=f"Open: {lesson.title}", icon=lesson.icon)


def _asked() -> None:
    """Where a number is a question: the page that asks it."""
    st.markdown("**Nats per held-out 8 × 8 digit:** lesson 1 asks you to predict this number, in its part "
                "*In the zoo*.")
    st.page_link(LESSONS[0].path, label="Predict it", icon=LESSONS[0].icon, query_params={"part": "In the zoo"})


def _measured(row: Row) -> None:
    """A model's number on real digits, what its ± means, and the best exact model, or the next one, beside it."""
    exact = sorted((other for other in rows_file.stored() if other.kind == "exact" and other.model not in zoo.ASKED),
                   key=lambda other: -other.nats)
    best, second = exact[:2]
    beside = (f"This is the best exact model here. To compare: {second.model}: {_nats(second)}."
              if row.model == best.model else
              f"To compare: the best exact model here, the autoregressive {best.model}, has {_nats(best)}.")
    st.markdown(f"**On the held-out 8 × 8 digits:** {_nats(row)} ± {row.spread:.2f} nats per image. {row.note}")
    st.caption(f"Higher is better. ± is the standard error of the mean over the images. {beside}")


def _nats(row: Row) -> str:
    return f"{row.nats:.2f}".replace("-", "−")

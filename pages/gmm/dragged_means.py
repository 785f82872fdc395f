"""The hand on the mixture page: a mean that is dragged, or typed, becomes the start of another climb."""

from collections.abc import Sequence

import streamlit as st
from torch import Tensor

from dgm import gmm
from ui import controls
from ui.components import live_figure

SLOT = "em"       # where the film is shown
LONGEST = 4000     # letters of the means by hand
Means = tuple[tuple[float, ...], ...]


def follow() -> bool:
    """Take up what the hand did to the means since the last run: it becomes the start. Before any control is drawn."""
    moved = live_figure.last(_key(), SLOT).moved
    shown = st.session_state.get("em shown")
    if not moved or shown is None or moved == st.session_state.get("em moved"):
        return False
    means, (first, second) = [list(row) for row in shown[0]], shown[1]
    for mean in moved:
        if mean.marker < len(means):
            means[mean.marker][first], means[mean.marker][second] = mean.x, mean.y
    st.session_state["em moved"] = moved
    st.session_state["start"], st.query_params["means"] = "given", spell(means)
    st.session_state["em setting"] = None
    return True


def key(state: object, dragged: bool) -> str:
    """The film's key: a new one whenever something else than the hand changed what is shown."""
    if not dragged:
        if st.session_state.get("em setting") not in (None, state):
            st.session_state["em turn"] = st.session_state.get("em turn", 0) + 1
            st.session_state.pop("em moved", None)
        st.session_state["em setting"] = state
    return _key()


def _key() -> str:
    return f"em {st.session_state.get('em turn', 0)}"


def remember(means: list[list[float]], shown: tuple[int, int]) -> None:
    """What the hand will move: the means of the start, on these columns."""
    st.session_state["em shown"] = (means, shown)


def means(start: str, x: Tensor, k: int, seed: int, *, drawn: bool) -> Means:
    """The means of a start by hand; anything that is no K x D numbers is replaced by k-means++, with a note."""
    controls.belongs("means")    # not a bound control: the hand writes it too, and it goes when the start is another
    if start != "given":
        st.query_params.pop("means", None)
        return ()
    text = st.query_params.get("means", "")[:LONGEST] or spell(gmm.init(x, k, seed).means.tolist())
    if drawn and "means" not in controls.hidden():
        st.session_state["means text"] = text
        st.text_input("Means by hand", key="means text", max_chars=LONGEST, on_change=_typed,
                      help="One mean after the other, parted by semicolons. Dragging a mean writes here.")
    rows, d = _read(text), x.shape[1]
    if len(rows) == k and all(len(row) == d and all(abs(v) < 1e12 for v in row) for row in rows):
        return rows
    controls.note(f"The means by hand are not {k} rows of {d} numbers; those of k-means++ are used.")
    return tuple(map(tuple, gmm.init(x, k, seed).means.tolist()))


def _read(text: str) -> Means:
    try:
        return tuple(tuple(float(part) for part in row.split()) for row in text.replace(",", " ").split(";"))
    except ValueError:
        return ()


def _typed() -> None:
    st.query_params["means"] = st.session_state["means text"]


def spell(means: Sequence[Sequence[float]]) -> str:
    """Means as the text of the control."""
    return "; ".join(" ".join(f"{value:.5g}" for value in row) for row in means)

"""Means that are dragged on the mixture page, or typed, become the start of another run of EM."""

from collections.abc import Sequence

import streamlit as st
from torch import Tensor

from dgm import gmm
from pages.gmm.state import GIVEN
from ui import controls
from ui.components.edits import Edits, Fold

LONGEST = 4000     # letters of the text
Means = tuple[tuple[float, ...], ...]


def into_start(means: Sequence[Sequence[float]], axes: tuple[int, int]) -> Fold:
    """What makes dragged means the start of EM. means: K rows, those of the start that is shown on columns `axes`."""
    def fold(edits: Edits) -> None:
        rows = [list(row) for row in means]
        for moved in edits.moved:
            if moved.marker < len(rows):
                rows[moved.marker][axes[0]], rows[moved.marker][axes[1]] = moved.x, moved.y
        if edits.moved:
            controls.set_value("start", GIVEN)
            controls.set_value("means", spell(rows))

    return fold


def means(start: str, x: Tensor, k: int, seed: int, *, drawn: bool) -> Means:
    """The means of a given start; anything that is no K x D numbers is replaced by k-means++, with a note."""
    if start != GIVEN:
        if controls.value("means"):
            controls.set_value("means", None)
        return ()
    text = controls.value("means")[:LONGEST] or spell(gmm.init(x, k, seed).means.tolist())
    if drawn and "means" not in controls.hidden():
        text = _text_field(text)
    rows, d = _read(text), x.shape[1]
    if len(rows) == k and all(len(row) == d and all(abs(v) < 1e12 for v in row) for row in rows):
        return rows
    controls.note(f"The means by hand are not {k} rows of {d} numbers; those of k-means++ are used.")
    return tuple(map(tuple, gmm.init(x, k, seed).means.tolist()))


def _text_field(text: str) -> str:
    """The means as a text that can be typed over. Without a key: another text from elsewhere is another field."""
    typed = st.text_input("Means by hand", text, max_chars=LONGEST,
                          help="One mean after the other, parted by semicolons. Dragging a mean writes here.")
    if typed != text:
        controls.set_value("means", typed)
    return typed


def _read(text: str) -> Means:
    try:
        return tuple(tuple(float(part) for part in row.split()) for row in text.replace(",", " ").split(";"))
    except ValueError:
        return ()


def spell(means: Sequence[Sequence[float]]) -> str:
    """Means as their text in the link."""
    return "; ".join(" ".join(f"{value:.5g}" for value in row) for row in means)

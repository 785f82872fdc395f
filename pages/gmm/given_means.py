"""The start "given" of the mixture page: means that are dragged in the figure or typed."""

from collections.abc import Sequence

import streamlit as st
from torch import Tensor

from dgm import gmm
from dgm.datasets import number_text
from pages.gmm.state import GIVEN
from ui import controls
from ui.components.edits import MAX_ABS, Edits, Fold

MAX_CHARS = 4000
Means = tuple[tuple[float, ...], ...]


def from_drag(means: Sequence[Sequence[float]], axes: tuple[int, int]) -> Fold:
    """A fold that makes dragged means the given start.

    means: K rows of D numbers, those of the start that is shown. axes: the columns on which it is shown.
    """
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
    """The K means of a given start, none for another one; a text that is no K x D numbers gives k-means++ and a note.

    x: (N, D) points. seed: of k-means++. drawn: whether the text field is drawn.
    """
    if start != GIVEN:
        if controls.value("means"):
            controls.set_value("means", None)
        return ()
    text = controls.value("means")[:MAX_CHARS] or spell(gmm.init(x, k, seed).means.tolist())
    if drawn and "means" not in controls.hidden():
        text = _text_field(text)
    rows, d = _parse(text), x.shape[1]
    if len(rows) == k and all(len(row) == d and all(abs(value) < MAX_ABS for value in row) for row in rows):
        return rows
    controls.note(f"The means by hand are not {k} rows of {d} numbers; those of k-means++ are used.")
    return tuple(map(tuple, gmm.init(x, k, seed).means.tolist()))


def _text_field(text: str) -> str:
    """The means as text that can be edited. It has no key, so that a text from a link or a drag makes a new field."""
    typed = st.text_input("Means by hand", text, max_chars=MAX_CHARS,
                          help="One mean after the other, parted by semicolons. Dragging a mean writes here.")
    if typed != text:
        controls.set_value("means", typed)
    return typed


def _parse(text: str) -> Means:
    """Rows of numbers, none where something is no number."""
    rows = [[number_text.number(cell) for cell in row.replace(",", " ").split()] for row in text.split(";")]
    known = tuple(tuple(value for value in row if value is not None) for row in rows)
    return known if list(map(len, known)) == list(map(len, rows)) else ()


def spell(means: Sequence[Sequence[float]]) -> str:
    """Means as their text in the link: the same numbers, fewer digits only where the text would be too long."""
    texts = ("; ".join(" ".join(f"{value + 0.0:.{digits}g}" if digits else repr(float(value)).removesuffix(".0")
                                for value in row) for row in means) for digits in (0, 12, 9, 7, 5))
    return next((text for text in texts if len(text) <= MAX_CHARS), "")

"""Observations that can be edited: a line of text is their state and link; a click on figure or chips edits it."""

from collections.abc import Callable, Sequence

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets
from dgm.datasets import table as tables
from pages.bayes.observations import MAX_OBSERVATIONS
from ui import controls
from ui.components.edits import Edits, Fold, widget_value
from ui.own_data import points


def into_text(name: str, spell: Callable[[Edits], str | None]) -> Fold:
    """What turns the edits of a figure into the text of the control `name`; `spell` returns None where there are none.

    The figure's base is that text, so that a text that was typed, or came with a preset or a link, ends the edits.
    """
    def fold(edits: Edits) -> None:
        text = spell(edits)
        if text is not None:
            controls.set_value(name, text)

    return fold


def append(name: str, piece: str) -> None:
    """Add an observation to the text (a button's callback)."""
    controls.set_value(name, f"{controls.value(name)} {piece}".strip())


def put(name: str, text: str) -> None:
    """Replace the text (a button's callback)."""
    controls.set_value(name, text)


def table(columns: int) -> tuple[list[Tensor], list[Tensor]]:
    """Columns of a person's own table, each fourth row held out; Old Faithful's until there is one."""
    own = points.points(f"own{columns}", limits=tables.Limits(rows=MAX_OBSERVATIONS), min_columns=columns,
                        max_columns=columns, draw=False)
    x = datasets.load("faithful", 0).x[:24, 2 - columns:] if own is None else own.x
    st.caption("Old Faithful meanwhile; each fourth row is held out." if own is None else
               f"{len(x)} rows of your own; each fourth one is held out.")
    out = torch.arange(len(x)) % 4 == 3
    return list(x[~out].unbind(1)), list(x[out].unbind(1))


def chips(name: str, labels: Sequence[str], without: Callable[[int], str], most: int = 60) -> None:
    """One chip per observation: a click takes it out. None are drawn when there are more than `most`."""
    if not labels or len(labels) > most:
        return
    key = f"{name} chips {' '.join(labels)}"

    def remove() -> None:
        picked = widget_value(key)
        if picked is not None:
            controls.set_value(name, without(int(picked)))

    st.pills("Click an observation to take it out", range(len(labels)), key=key, on_change=remove,
             format_func=lambda place: labels[place])

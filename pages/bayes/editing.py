"""Observations under the hand: a line of text is their state and their link; clicks on a figure or on chips edit it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from dgm import datasets
from dgm.datasets import table as tables
from pages.bayes.observations import MAX_OBSERVATIONS
from ui import controls
from ui.components import live_figure
from ui.components.live_figure import LiveEvents
from ui.own_data import points


def follow(name: str, spell: Callable[[LiveEvents], str | None]) -> str:
    """Let the text control `name` follow the figure that the hand draws on; call it before drawing the control.

    Returns the figure's key. Whatever changed last wins: after the text was changed otherwise (typed, a preset, a
    link) the figure starts afresh under another key, because what a hand did belongs to its key.
    """
    turn, told = f"{name} turn", f"{name} told"
    key = f"{name} hand {st.session_state.get(turn, 0)}"
    said = spell(live_figure.last(key))
    if said is not None and said != st.session_state.get(told):
        st.session_state[name] = st.session_state[told] = said
    elif told in st.session_state and st.session_state.get(name) != st.session_state[told]:
        st.session_state[turn] = st.session_state.get(turn, 0) + 1
        del st.session_state[told]
        key = f"{name} hand {st.session_state[turn]}"
    return key


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
        picked: Any = st.session_state.get(key)
        if picked is not None:
            controls.set_value(name, without(int(picked)))

    st.pills("Click an observation to take it out", range(len(labels)), key=key, on_change=remove,
             format_func=lambda place: labels[place])

"""The observations of each model, and held-out ones: typed or clicked, from a data set, or from a visitor's table."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import bayes, datasets
from dgm.datasets import table
from pages.bayes import editing, observation_text
from pages.bayes.figures import editable as figures
from pages.bayes.observation_text import MAX_OBSERVATIONS
from pages.bayes.state import OWN, SIDES, TABLE
from ui import controls, page
from ui.components.live_figure import live_figure
from ui.own_data import points

ERUPTION, WAITING = 0, 1   # columns of Old Faithful, minutes
LONG = 3.0           # minutes: from here on an eruption of Old Faithful counts as heads
MINUTES = "minutes"  # of numbers that no table of the visitor's own gives
MAX_SCORED = 200     # held-out heads, and tails, that are scored
PLACEHOLDER = 24     # rows of Old Faithful that are shown until there is a table
HELD_OUT_EVERY = 4   # of the visitor's own rows; the captions call it "each fourth"
NONE = torch.zeros(0, dtype=torch.float64)


class Observed(NamedTuple):
    """What the model is fitted to, and what it is scored on."""

    data: Tensor | bayes.Counts   # (N,)
    held_out: Tensor              # (M,)
    quantity: str = ""            # what is observed, or its unit


class OwnTable(NamedTuple):
    """Columns of the visitor's table, or of Old Faithful until there is one."""

    columns: list[Tensor]         # (N,) each
    held_out: list[Tensor]        # (M,) each, of the rows that are held out
    names: tuple[str, ...]        # of the columns


def tosses(scored: bool) -> Observed:
    """Tosses of a coin: 1 is heads."""
    if controls.draw("source") != OWN:
        seen, held_out = _faithful(ERUPTION)
        st.caption(f"Real data: H = an eruption of Old Faithful longer than {LONG:g} minutes.")
        return Observed((seen > LONG).double(), (held_out > LONG).double())
    data = _typed("tosses", observation_text.parse_tosses, observation_text.format_tosses,
                  labels=lambda x: ["H" if value else "T" for value in x], buttons={"Heads": "H", "Tails": "T"})
    return Observed(data, _held_out("tosses_held", observation_text.parse_tosses) if scored else NONE)


def numbers(scored: bool) -> Observed:
    """Numbers, minutes between two eruptions."""
    source = controls.draw("numbers_from")
    if source == TABLE:
        own = own_table(1)
        return Observed(own.columns[0], own.held_out[0], own.names[0])
    if source != OWN:
        return Observed(*_faithful(WAITING), MINUTES)
    data = _typed("values", observation_text.parse_numbers, observation_text.format_numbers,
                  labels=lambda x: [observation_text.format_number(value) for value in x])
    live_figure(figures.number_line(data, page.palette()), key="values figure", base=controls.value("values"),
                draw=True, height=figures.LINE_HEIGHT, on_edit=editing.fold_numbers("values", data),
                alt=figures.number_line_alt(data))
    return Observed(data, _held_out("values_held", observation_text.parse_numbers) if scored else NONE, MINUTES)


def rolls(scored: bool) -> Observed:
    """Rolls of a die: classes 0 to SIDES - 1, typed as faces 1 to SIDES."""
    data = _typed("rolls", _parse_rolls, lambda x: observation_text.format_numbers([value + 1 for value in x]),
                  labels=lambda x: [f"{value + 1:g}" for value in x],
                  buttons={str(face): str(face) for face in range(1, SIDES + 1)})
    return Observed(data, _held_out("rolls_held", _parse_rolls) if scored else NONE)


def _parse_rolls(text: str) -> Tensor:
    return observation_text.parse_faces(text, SIDES)


def _typed(name: str, parse: Callable[[str], Any], spell: Callable[[Sequence[float]], str], *,
           labels: Callable[[Sequence[float]], list[str]], buttons: dict[str, str] | None = None) -> Any:
    """Observations in the text of the control `name`: buttons append to it, a click on a chip removes one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, piece in (buttons or {}).items():
            st.button(label, key=f"add {name} {piece}", on_click=editing.append, args=(name, piece),
                      icon=":material/add:", width="content")
        st.button("Clear", key=f"clear {name}", on_click=controls.set_value, args=(name, ""), type="tertiary",
                  help="Take all observations out.")
    above_the_text = st.container()
    data = editing.parse_or(parse, controls.draw(name), NONE, "no observation is used")
    if not isinstance(data, bayes.Counts):
        values = data.tolist()
        with above_the_text:
            editing.chips(name, labels(values), lambda i: spell(values[:i] + values[i + 1:]))
    return data


def _held_out(name: str, parse: Callable[[str], Any]) -> Tensor:
    """The held-out observations in the text of the control `name`."""
    x = editing.parse_or(parse, controls.draw(name), NONE, "nothing is held out")
    if isinstance(x, bayes.Counts):
        heads, tails = (min(int(count), MAX_SCORED) for count in (x.heads, x.tails))
        return torch.tensor([1.0] * heads + [0.0] * tails, dtype=torch.float64)
    return torch.as_tensor(x)


def _faithful(column: int) -> tuple[Tensor, Tensor]:
    """Training and test rows of one column of Old Faithful, in the order of the split."""
    data = datasets.load("faithful")
    split = data.split()
    n = controls.draw("n", high=len(split.train))
    return data.x[split.train[:n], column], data.x[split.test, column]


def held_out_rows(count: int) -> Tensor:
    """Which of `count` rows of the visitor's own are held out: bool, (count,).

    >>> held_out_rows(5).tolist()
    [False, False, False, True, False]
    """
    return torch.arange(count) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def own_table(columns: int) -> OwnTable:
    """The visitor's table; Old Faithful's columns until there is one."""
    own = points.points(f"own{columns}", limits=table.Limits(rows=MAX_OBSERVATIONS), min_columns=columns,
                        max_columns=columns, draw=False, by_control=True)
    faithful = datasets.load("faithful")
    x = faithful.x[:PLACEHOLDER, -columns:] if own is None else own.x
    names = faithful.columns[-columns:] if own is None else own.columns
    st.caption("Until you give a table, Old Faithful is shown. Every fourth row is held out." if own is None else
               f"{len(x)} rows of your own; every fourth one is held out.")
    out = held_out_rows(len(x))
    return OwnTable(list(x[~out].unbind(1)), list(x[out].unbind(1)), names)

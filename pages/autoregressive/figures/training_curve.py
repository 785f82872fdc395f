"""Mean log p(x) over the steps of a training run."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pages.autoregressive.figures.wording import number
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

HEIGHT = 250


class Record(Protocol):
    """One point of the curve, nats per image."""

    @property
    def step(self) -> int: ...
    @property
    def train(self) -> float: ...
    @property
    def held_out(self) -> float: ...


def curve(records: Sequence[Record], independent: float, palette: Palette = LIGHT) -> Figure:
    """Training solid, held-out dotted, nats per image; a line at the value of independent pixels."""
    fig = theme.figure(palette, x="step", y="nats per image", height=HEIGHT)
    steps = np.array([record.step for record in records], np.int32)
    for name, values, dash in (("training", [r.train for r in records], "solid"),
                               ("held out", [r.held_out for r in records], "dot")):
        fig.add_scatter(x=steps, y=np.array(values, np.float32), name=name,
                        mode="lines" if len(records) > 2 else "lines+markers",
                        line={"color": palette["likelihood"], "width": 2, "dash": dash},
                        hovertemplate=f"{name}: %{{y:.2f}}<extra>step %{{x}}</extra>")
    fig.add_hline(independent, text="independent pixels", line={"color": palette["data"], "width": 1.5, "dash": "dash"})
    low = min(independent - 3, max(min(r.held_out for r in records), -48.0))
    high = max(independent, *(max(r.train, r.held_out) for r in records)) + 2
    return fig.update_yaxes(range=[low - 1, high])


def curve_alt(records: Sequence[Record]) -> str:
    """The newest point in one sentence."""
    newest = records[-1]
    return (f"Mean log p(x) over {newest.step} steps: {number(newest.train)} nats per image on training images, "
            f"{number(newest.held_out)} on held-out ones.")

"""Figures that the pointer edits: a prior whose heights are dragged, and observations that are clicked."""

import numpy as np
from torch import Tensor

from pages.bayes.figures.numbers import float32, on_axis
from ui.figures.axis_ends import far_ticks, steady_top
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line, marker
from ui.figures.written import written

HEIGHTS_HEIGHT, LINE_HEIGHT = 240, 150   # pixels
EMPTY_RANGE = (40.0, 100.0)              # minutes: the axis without observations


def prior_heights(heights: Tensor, palette: Palette = LIGHT) -> Figure:
    """The heights (K,) of a prior over p, evenly from 0 to 1 and joined; the markers of trace 0 are dragged."""
    p = np.linspace(0, 1, len(heights), dtype=np.float32)
    fig = figure(palette, x="p", y="height (any scale)", height=HEIGHTS_HEIGHT, showlegend=False)
    fig.add_scatter(x=p, y=float32(heights), mode="lines+markers", name="prior", line=line("prior", palette),
                    marker=marker("prior", palette, 12), cliponaxis=False)
    fig.update_yaxes(range=[0, steady_top(1.2 * float(heights.max()))])
    return fig.update_xaxes(range=[-0.02, 1.02])


def prior_heights_alt(heights: Tensor) -> str:
    """The sentence for `prior_heights`."""
    listed = " ".join(map(written, heights.tolist()))
    return f"The prior density over p as joined points that can be dragged; heights {listed}."


def number_line(x: Tensor, palette: Palette = LIGHT, unit: str = "minutes") -> Figure:
    """Observations (N,) as dots on a line; clicks add to trace 0 and take from it."""
    fig = figure(palette, x=f"click to add or take out ({unit})", height=LINE_HEIGHT, showlegend=False)
    fig.add_scatter(x=on_axis(x), y=np.zeros(len(x), np.float32), mode="markers", name="data",
                    marker=marker("data", palette, 10))
    low, high = (float(x.min()), float(x.max())) if len(x) else EMPTY_RANGE
    margin = max(0.35 * (high - low), 5.0)
    fig.update_xaxes(range=[low - margin, high + margin], **far_ticks(low - margin, high + margin))
    return fig.update_yaxes(range=[-1, 1], visible=False)


def number_line_alt(x: Tensor) -> str:
    """The sentence for `number_line`."""
    return f"{len(x)} observations on a line; click to add one, click one to take it out."

"""Figures that the hand edits or plays: a prior of draggable heights, a strip of observations, a belief that learns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from pages.bayes.figures.theorem import SHOWN, chain, small
from ui.figures import spec
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line, marker

STRIP = 150  # pixels


def hand_drawn(heights: Tensor, palette: Palette = LIGHT) -> Figure:
    """The joined heights of a drawn prior over p, from 0 to 1; trace 0 has the markers that are dragged."""
    p = np.linspace(0, 1, len(heights), dtype=np.float32)
    fig = figure(palette, x="p", y="height (any scale)", height=240, showlegend=False)
    fig.add_scatter(x=p, y=small(heights), mode="lines+markers", name="prior", line=line("prior", palette),
                    marker=marker("prior", palette, 12), cliponaxis=False)
    fig.update_yaxes(range=[0, 1.35 * float(heights.max())])
    return fig.update_xaxes(range=[-0.02, 1.02])


def strip(x: Tensor, palette: Palette = LIGHT, unit: str = "minutes") -> Figure:
    """Observations as dots on a line: trace 0, to which clicks add."""
    fig = figure(palette, x=f"click to add or take out ({unit})", height=STRIP, showlegend=False)
    fig.add_scatter(x=small(x), y=np.zeros(len(x), np.float32), mode="markers", name="data",
                    marker=marker("data", palette, 10))
    low, high = (float(x.min()), float(x.max())) if len(x) else (40.0, 100.0)
    room = max(0.35 * (high - low), 5.0)
    fig.update_xaxes(range=[low - room, high + room])
    return fig.update_yaxes(range=[-1, 1], visible=False)


def learning(theta: Tensor, densities: Sequence[Tensor], symbol: str = "p", palette: Palette = LIGHT) -> Figure:
    """The belief after 0, 1, .. n observations: one frame each, over the prior, which stays."""
    fig = figure(palette, x=symbol, y="density")
    at, every = small(theta), [small(density) for density in densities]
    fig.add_scatter(x=at, y=every[0], name="prior", line=line("prior", palette))
    fig.add_scatter(x=at, y=every[-1], name="posterior so far", line=line("posterior", palette))
    fig.update_yaxes(range=[0, 1.08 * _ceiling(every)])
    fig.frames = [spec.frame(name=f"{n} seen", data=[{"type": "scatter", "y": values}], traces=[1])
                  for n, values in enumerate(every)]
    return fig.update_xaxes(range=[float(at[0]), float(at[-1])])


def _ceiling(every: Sequence[Any]) -> float:
    """The highest inner point of any frame: edges may run to infinity."""
    return max(float(values[len(values) // 50: -(len(values) // 50) or None].max()) for values in every)


def growing(gains: Sequence[float], log_evidence: float, palette: Palette = LIGHT) -> Figure:
    """The chain's bars, one more a frame: the log evidence grows by each one-step predictive."""
    fig = chain(gains, log_evidence, len(gains), palette)
    seen = np.arange(len(gains) + 1)
    each = np.asarray(gains, np.float64).clip(-SHOWN, SHOWN)
    shown = [np.where(np.arange(len(each)) < n, each, 0).astype(np.float32) for n in seen]
    fig.frames = [spec.frame(name=f"{n} seen", data=[{"type": "bar", "y": y}], traces=[0])
                  for n, y in zip(seen, shown, strict=True)]
    return fig


def learning_alt(observations: int, symbol: str = "p") -> str:
    """The sentence for `learning`."""
    return f"The belief about {symbol} after each of {observations} observations, over the prior."

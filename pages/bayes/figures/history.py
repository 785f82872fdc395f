"""One observation at a time: the evidence as a chain of one-step predictives, and the belief after each of them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pages.bayes.figures.numbers import LARGEST, float32, format_nats, on_axis, peak
from ui.figures import spec
from ui.figures.axis_ends import far_ticks
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure, line


def chain(log_predictives: Sequence[float], log_evidence: float, seen: int | None = None,
          palette: Palette = LIGHT) -> Figure:
    """One bar per observation, from the end of the bar before: log p(x_n | x_1 .. x_n-1) adds up to log p(X), the line.

    log_predictives: (N,), nats. seen: how many bars are strong; by default all.
    """
    each = _clipped(log_predictives)
    ends = np.cumsum(each)
    shown = len(each) if seen is None else seen
    n = np.arange(1, len(each) + 1)
    fig = figure(palette, x="observation", y="log evidence (nats)", bargap=0.12)
    rows = (("one-step predictive", slice(0, shown), 0.85), ("still to come", slice(shown, None), 0.2))
    for name, part, alpha in rows:
        if len(n[part]):
            start = (ends - each)[part].astype(np.float32)
            fig.add_bar(x=n[part], y=each[part].astype(np.float32), base=start, name=name,
                        marker={"color": palette.faint("posterior", alpha)}, customdata=ends[part].astype(np.float32),
                        hovertemplate="observation %{x}: %{y:.3f} nats, sum %{customdata:.3f}<extra></extra>")
    fig.add_scatter(x=[0.5, len(each) + 0.5], y=[max(log_evidence, -LARGEST)] * 2, mode="lines",
                    line=line("evidence", palette), name=f"log p(X) in one formula: {format_nats(log_evidence)}")
    return fig


def _clipped(values: Sequence[float]) -> NDArray[np.float64]:
    return np.asarray(values, np.float64).clip(-LARGEST, LARGEST)


def chain_alt(log_predictives: Sequence[float], log_evidence: float) -> str:
    """The sentence for `chain`."""
    return (f"{len(log_predictives)} one-step predictives add up to {format_nats(math.fsum(log_predictives))}; "
            f"the log evidence in one formula is {format_nats(log_evidence)}.")


def chain_frames(log_predictives: Sequence[float], log_evidence: float, palette: Palette = LIGHT) -> Figure:
    """`chain` with a frame after 0, 1, .. N observations, each with one bar more."""
    fig = chain(log_predictives, log_evidence, len(log_predictives), palette)
    each = _clipped(log_predictives)
    fig.frames = [spec.frame(name=f"{seen} seen", traces=[0], data=[
        {"type": "bar", "y": np.where(np.arange(len(each)) < seen, each, 0).astype(np.float32)}])
        for seen in range(len(each) + 1)]
    return fig


def belief_frames(theta: Tensor, densities: Sequence[Tensor], symbol: str = "p", palette: Palette = LIGHT) -> Figure:
    """The belief after 0, 1, .. N observations, (G,) each over theta (G,), a frame each; the prior stays in view."""
    fig = figure(palette, x=symbol, y="density")
    along, values = on_axis(theta), [float32(density) for density in densities]
    fig.add_scatter(x=along, y=values[0], name="prior", line=line("prior", palette))
    fig.add_scatter(x=along, y=values[-1], name="posterior so far", line=line("posterior", palette))
    fig.update_yaxes(range=[0, 1.08 * max(peak(along, density) for density in values)])
    fig.frames = [spec.frame(name=f"{n} seen", data=[{"type": "scatter", "y": density}], traces=[1])
                  for n, density in enumerate(values)]
    low, high = float(along[0]), float(along[-1])
    return fig.update_xaxes(range=[low, high], **far_ticks(low, high))


def belief_frames_alt(observations: int, symbol: str = "p") -> str:
    """The sentence for `belief_frames`."""
    return f"The belief about {symbol} after each of {observations} observations, over the prior."

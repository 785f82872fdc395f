"""log p over one parameter of a mixture, with the bound of each E-step under it; a playback of half-steps."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui.figures import spec, theme
from ui.figures.bound_ruler import length_text
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]
HEIGHT = 360
ROOM = 0.12         # of the log-likelihood's range, below and above it


class HalfStep(NamedTuple):
    """One state of EM: the bound as a curve, and where the parameter is. nats per observation."""

    kind: str               # "start", "E" or "M"
    step: int
    value: float            # of the parameter
    anchor: float | None    # where the bound touches; None: q is uniform
    bound: float
    log_lik: float
    gap: float
    curve: Array            # (V,) the bound of this q over the parameter


class Run(NamedTuple):
    """log p over the parameter, and the half-steps of EM."""

    values: Array           # (V,)
    log_lik: Array          # (V,)
    halves: tuple[HalfStep, ...]


def curves(run: Run, name: str, start: int, palette: Palette = LIGHT) -> Figure:
    """log p, the bound of the current q and of the one before. name: of the parameter, with its unit."""
    low, high = _window(run)
    fig = theme.figure(palette, x=name, y="nats per observation", height=HEIGHT)
    fig.add_scatter(x=np.float32(run.values), y=np.float32(run.log_lik), mode="lines", name="log p(X|θ)",
                    line=theme.line("evidence", palette, 2.6), hovertemplate="%{y:.4f}<extra></extra>")
    x, faint = np.float32(run.values), theme.rgba(palette["q"], 0.45)
    fig.add_scatter(x=x, mode="lines", name="bound before", hoverinfo="skip",
                    line={"color": faint, "width": 1.4, "dash": "dot"})
    fig.add_scatter(x=x, mode="lines", name="bound L(q, θ) of this q", hoverinfo="skip",
                    line=theme.line("q", palette, 2.6))
    fig.add_scatter(mode="lines", name="gap", line={"color": palette["gap"], "width": 3}, hoverinfo="skip")
    fig.add_scatter(mode="markers", name="θ now", hoverinfo="skip", marker=theme.marker("q", palette, 12))
    for trace, part in zip(fig.data[1:], _changing(run, start), strict=True):
        trace.update(part)
    fig.frames = [spec.frame(_changing(run, i), (1, 2, 3, 4), caption(half)) for i, half in enumerate(run.halves)]
    fig.update_xaxes(range=[float(run.values[0]), float(run.values[-1])])
    return fig.update_yaxes(range=[low, high])


def _window(run: Run) -> tuple[float, float]:
    """The range of the axis: log p everywhere, and the start."""
    low = min(float(run.log_lik.min()), *(half.bound for half in run.halves[:3]))
    high = float(run.log_lik.max())
    room = ROOM * max(high - low, 1e-9)
    return low - room, high + room


def _changing(run: Run, i: int) -> list[Json]:
    """What a half-step changes: the two bounds, the gap and the marker."""
    half = run.halves[i]
    before = next((other.curve for other in reversed(run.halves[:i]) if other.anchor != half.anchor), None)
    return [{"y": np.float32(half.curve if before is None else before)}, {"y": np.float32(half.curve)},
            {"x": [half.value] * 2, "y": [half.bound, half.log_lik]}, {"x": [half.value], "y": [half.bound]}]


def caption(half: HalfStep) -> str:
    """A half-step in words."""
    when = "start: q is uniform" if half.kind == "start" else f"step {half.step}: after {half.kind}"
    log_lik, bound = written(half.log_lik, ".4f"), written(half.bound, ".4f")
    return f"{when}. log p = {log_lik}, L = {bound}, gap {length_text(half.bound, half.log_lik, 4)}"


def curves_alt(half: HalfStep, name: str) -> str:
    """The figure at a half-step, in words."""
    place = "was" if half.kind == "M" else "is"
    touch = "" if half.anchor is None else (
        f" The bound touches log p(X) where the parameter {place} {written(half.anchor, '.3g')}.")
    return (f"log p(X) over {name} with the bound under it. Here the parameter is {written(half.value)}, "
            f"log p(X) {written(half.log_lik, '.4f')}, the bound {written(half.bound, '.4f')} and the gap "
            f"{length_text(half.bound, half.log_lik, 4)} nats.{touch}")


# The data -----------------------------------------------------------------------------------------------------------


class Mixture(NamedTuple):
    """The observations as a histogram, and the parts p(x, z) of the mixture at each half-step."""

    edges: Array            # (B + 1,)
    density: Array          # (B,)
    x: Array                # (M,)
    parts: Sequence[Array]  # of each half-step (K, M)


def data(mixture: Mixture, halves: Sequence[HalfStep], name: str, start: int, palette: Palette = LIGHT) -> Figure:
    """The histogram of the data with p(x) and its parts at each half-step."""
    fig = theme.figure(palette, x=name, y="density", height=HEIGHT, bargap=0)
    fig.add_bar(x=np.float32((mixture.edges[1:] + mixture.edges[:-1]) / 2), y=np.float32(mixture.density),
                name="data", hoverinfo="skip", marker={"color": theme.rgba(palette["data"], 0.35)})
    names = [f"p(x, z = {k + 1})" for k in range(len(mixture.parts[0]))]
    colours = theme.COMPONENT_DARK if palette.dark else theme.COMPONENT_LIGHT
    for k, label in enumerate(names):
        fig.add_scatter(x=np.float32(mixture.x), mode="lines", name=label, hoverinfo="skip",
                        line={"color": colours[k], "width": 2, "dash": ("solid", "dash", "dot")[k % 3]})
    fig.add_scatter(x=np.float32(mixture.x), mode="lines", name="p(x|θ)", hoverinfo="skip",
                    line=theme.line("evidence", palette, 1.6))
    for trace, part in zip(fig.data[1:], _densities(mixture, start), strict=True):
        trace.update(part)
    fig.frames = [spec.frame(_densities(mixture, i), tuple(range(1, len(names) + 2)), caption(half))
                  for i, half in enumerate(halves)]
    top = 1.15 * max(float(mixture.density.max()), *(float(part.sum(0).max()) for part in mixture.parts))
    return fig.update_xaxes(range=[float(mixture.x[0]), float(mixture.x[-1])]).update_yaxes(range=[0, top])


def _densities(mixture: Mixture, i: int) -> list[Json]:
    parts = mixture.parts[i]
    return [{"y": np.float32(part)} for part in (*parts, parts.sum(0))]


def data_alt(half: HalfStep, count: int) -> str:
    """The figure at a half-step, in words."""
    return (f"A histogram of {count} observations with the mixture's density and its two parts, at the parameter "
            f"{written(half.value)}.")


__all__ = ["HalfStep", "Mixture", "Run", "caption", "curves", "curves_alt", "data", "data_alt"]

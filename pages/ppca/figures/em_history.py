"""EM and training on their way to the exact maximum; every figure has a sentence `<name>_alt`."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from dgm.ppca.convergence import HalfStep
from dgm.ppca.model import Params
from pages.ppca.figures import cloud as clouds
from pages.ppca.figures.geometry import Array, numbers
from ui.figures import spec
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette, figure, marker
from ui.figures.theme import line as stroke

SPRINGS = 60     # of the points have one drawn
FLOOR = 1e-13    # gaps below are rounding: drawn at the floor of the log axis


def _above(gaps: ArrayLike) -> Array:
    return numbers(np.maximum(np.asarray(gaps, dtype=np.float64), FLOOR))


def gaps(plain: Sequence[float], expanded: Sequence[float], rate: float | None = None, at: int | None = None,
         palette: Palette = LIGHT) -> Figure:
    """Distance to the maximum in nats per point, log axis, step by step; `rate` squared is its slope."""
    fig = figure(palette, x="EM step", y="nats per point below the maximum")
    fig.add_scatter(y=_above(plain), mode="lines", line=stroke("likelihood", palette), name="plain EM")
    fig.add_scatter(y=_above(expanded), mode="lines", line=stroke("posterior", palette), name="parameter-expanded EM")
    last = [index for index, gap in enumerate(plain) if gap > 1e-9]
    if rate is not None and last:
        steps = np.arange(max(0, last[-1] - 60), last[-1] + 1)
        fig.add_scatter(x=steps, y=_above(plain[last[-1]] * rate ** (2.0 * (steps - last[-1]))), mode="lines",
                        line={**stroke("evidence", palette, 1.4), "dash": "dot"}, name=f"predicted slope, {rate:.4f}²")
    if at is not None:
        fig.add_vline(x=at, line={"color": palette.accent, "width": 1.5, "dash": "dash"})
    fig.update_yaxes(type="log", exponentformat="power")
    return fig


def gaps_alt(plain: Sequence[float], expanded: Sequence[float]) -> str:
    """The numbers of `gaps` in a sentence."""
    return (f"Distance to the maximum likelihood: after {len(plain) - 1} steps plain EM is {plain[-1]:.1e} nats per "
            f"point short, after {len(expanded) - 1} steps expanded EM is {expanded[-1]:.1e} short.")


def _where(half: HalfStep) -> float:
    return half.step - (0.5 if half.half == "E" else 0.0)


def staircase(halves: Sequence[HalfStep], at: int, palette: Palette = LIGHT) -> Figure:
    """The bound after each half-step under the log-likelihood: E closes the gap, M raises both."""
    fig = figure(palette, x="step", y="nats per point")
    where = numbers([_where(half) for half in halves])
    fig.add_scatter(x=where, y=numbers([half.log_lik for half in halves]), mode="lines+markers", name="log p(x)",
                    line={**stroke("evidence", palette), "shape": "hv"}, marker=marker("evidence", palette, 4))
    fig.add_scatter(x=where, y=numbers([half.bound for half in halves]), mode="lines+markers", name="bound L(q, θ)",
                    line={**stroke("q", palette), "shape": "hv"}, marker=marker("q", palette, 6))
    fig.add_vline(x=float(where[at]), line={"color": palette.accent, "width": 1.5, "dash": "dash"})
    return fig


def staircase_alt(halves: Sequence[HalfStep], at: int) -> str:
    """The numbers of `staircase` in a sentence."""
    here = halves[at]
    return (f"After the {here.half} half of step {here.step} the bound is {here.bound:.4f} and log p(x) "
            f"{here.log_lik:.4f} nats per point: a gap of {here.log_lik - here.bound:.4f}.")


def captions(halves: Sequence[HalfStep]) -> list[str]:
    """What the transport says of every half-step."""
    return [f"{half.half}-step {half.step}: L = {half.bound:.4f}, log p = {half.log_lik:.4f}" for half in halves]


def staircase_frames(halves: Sequence[HalfStep], palette: Palette = LIGHT) -> Figure:
    """`staircase` with one frame a half-step: a marker walks up it."""
    fig = staircase(halves, 0, palette)
    fig.layout["shapes"] = []
    where = numbers([_where(half) for half in halves])
    bounds = numbers([half.bound for half in halves])
    walker = len(fig.data)
    fig.add_scatter(x=where[:1], y=bounds[:1], mode="markers", name="now",
                    marker={"color": palette.accent, "size": 13, "symbol": "circle-open", "line": {"width": 3}})
    fig.frames = [spec.frame(data=[spec.scatter(x=where[i : i + 1], y=bounds[i : i + 1])], traces=[walker], name=str(i))
                  for i in range(len(halves))]
    return fig


def film(x: Tensor, states: Sequence[tuple[Params, Tensor]], palette: Palette = LIGHT) -> Figure:
    """EM on a cloud in the plane, one frame a half-step: springs from the points to where theta decodes their E[z|x].

    E moves the ends of the springs along the line, M moves the line. `states`: theta and the decoded points (N, 2).
    """
    fig = clouds.cloud(x, states[0][0], palette=palette)
    fig.add_trace(_springs(x, states[0][1], palette))
    moving = [0, 2, 3, 4]     # trace 1 holds the data
    fig.frames = [spec.frame(data=[*clouds.model_traces(x, theta, palette), _springs(x, ends, palette)], traces=moving,
                           name=str(index)) for index, (theta, ends) in enumerate(states)]
    return fig


def _springs(x: Tensor, ends: Tensor, palette: Palette) -> Json:
    chosen = slice(None, None, max(1, len(x) // SPRINGS))
    path = np.full((len(x[chosen]) * 3, 2), np.nan)
    path[0::3], path[1::3] = x[chosen], ends[chosen]
    thin = numbers(path)
    return spec.scatter(x=thin[:, 0], y=thin[:, 1], mode="lines", line=stroke("posterior", palette, 1),
                      name="to E[z | x]", hoverinfo="skip")


def playback_alt(x: Tensor, path: Sequence[Params]) -> str:
    """The numbers of `playback` in a sentence."""
    return f"EM from a random line to the best in {len(path) - 1} steps. At the end: {clouds.cloud_alt(x, path[-1])}"


def _halfway(log_liks: Sequence[float], saddle: float, maximum: float) -> int | None:
    """The first step above the middle between saddle and maximum."""
    return next((i for i, value in enumerate(log_liks) if value - saddle > 0.5 * (maximum - saddle)), None)


def escape(log_liks: Sequence[float], saddle: float, maximum: float, growth: float,
           palette: Palette = LIGHT) -> Figure:
    """EM pushed off a saddle: a long flat start, then the climb to the maximum."""
    fig = figure(palette, x="EM step", y="log p, nats per point")
    fig.add_scatter(y=numbers(log_liks), mode="lines", line=stroke("likelihood", palette), name="EM after a small push")
    for value, name, dash in ((maximum, "maximum", "solid"), (saddle, "saddle", "dot")):
        fig.add_scatter(x=numbers([0, len(log_liks) - 1]), y=numbers([value, value]), mode="lines", name=name,
                        line={**stroke("evidence", palette, 1.4), "dash": dash})
    away = _halfway(log_liks, saddle, maximum)
    if away is not None:
        fig.add_annotation(x=away, y=log_liks[away], text=f"grows {growth:.2f} x a step", showarrow=True,
                           arrowcolor=palette.ink, font={"color": palette.ink}, ax=70, ay=20)
    return fig


def escape_alt(log_liks: Sequence[float], saddle: float, maximum: float) -> str:
    """The numbers of `escape` in a sentence."""
    away = _halfway(log_liks, saddle, maximum)
    last = len(log_liks) - 1
    when = f"is half-way up after {away} steps" if away is not None else f"has not left it after {last} steps"
    return f"EM starts beside the saddle at {saddle:.4f} nats per point and {when}; the maximum is {maximum:.4f}."


def bridge(steps: Sequence[int], gaps_left: Sequence[float], goal: float = 1e-6, palette: Palette = LIGHT) -> Figure:
    """A linear VAE in training: how many nats per row its bound still lies below PPCA's exact maximum, log axis."""
    fig = figure(palette, x="gradient step", y="nats per row below the exact maximum")
    fig.add_scatter(x=numbers(steps), y=_above(gaps_left), mode="lines+markers", marker={"size": 5},
                    line=stroke("gap", palette), name="linear VAE's bound")
    fig.add_hline(y=goal, line={"color": palette["evidence"], "width": 1.4, "dash": "dot"})
    fig.add_annotation(x=1, xref="paper", y=math.log10(goal), text=f"{goal:g} nats", showarrow=False, xanchor="right",
                       yshift=10, font={"color": palette.ink})
    fig.update_xaxes(range=[0, max(500, *steps)])
    fig.update_yaxes(type="log", exponentformat="power", dtick=2)
    return fig


def bridge_alt(steps: Sequence[int], gaps_left: Sequence[float]) -> str:
    """The numbers of `bridge` in a sentence."""
    if not len(steps):
        return "The linear VAE has not been trained yet."
    return (f"After {steps[-1]} gradient steps the linear VAE's bound is {max(gaps_left[-1], 0):.2e} nats per row "
            "below the exact maximum of PPCA.")

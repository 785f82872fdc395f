"""EM and gradient training, step by step; each figure has a function `<name>_alt` that writes its sentence."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from dgm.ppca.convergence import HalfStep
from dgm.ppca.model import Params
from pages.ppca.figures import point_clouds
from pages.ppca.figures.geometry import Array
from ui.figures import spec
from ui.figures.encoding import numbers
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, LOG_TICKS, Palette, figure, marker
from ui.figures.theme import line as stroke
from ui.figures.written import written

HEIGHT = 360
LINES = 60       # of the points have a line to their projection
FLOOR = 1e-13    # smaller gaps are rounding errors: a log axis shows them here


def _positive(gaps: ArrayLike) -> Array:
    """Gaps that a log axis can show."""
    return numbers(np.maximum(np.asarray(gaps, dtype=np.float64), FLOOR))


def gaps(plain: Sequence[float], expanded: Sequence[float], rate: float | None = None,
         palette: Palette = LIGHT) -> Figure:
    """Distance to the maximum in nats per point, log axis, after every EM step.

    rate: factor of a step on the parameters' error, whose square is the slope of log p.
    """
    fig = figure(palette, x="EM step", y="nats per point below the maximum")
    fig.add_scatter(y=_positive(plain), mode="lines", line=stroke("likelihood", palette), name="plain EM")
    fig.add_scatter(y=_positive(expanded), mode="lines", line=stroke("posterior", palette),
                    name="parameter-expanded EM")
    last = [index for index, gap in enumerate(plain) if gap > 1e-9]
    if rate is not None and last:
        steps = np.arange(max(0, last[-1] - 60), last[-1] + 1)
        fig.add_scatter(x=steps, y=_positive(plain[last[-1]] * rate ** (2.0 * (steps - last[-1]))), mode="lines",
                        line={**stroke("evidence", palette, 1.4), "dash": "dot"}, name=f"predicted slope, {rate:.4f}²")
    fig.update_yaxes(type="log", tickfont=LOG_TICKS)
    return fig


def gaps_alt(plain: Sequence[float], expanded: Sequence[float]) -> str:
    """The numbers of `gaps` in a sentence."""
    return (f"Distance to the maximum likelihood: after {len(plain) - 1} steps plain EM is "
            f"{written(plain[-1], '.1e')} nats per point short, after "
            f"{len(expanded) - 1} steps expanded EM is {written(expanded[-1], '.1e')} short.")


def _step(half: HalfStep) -> float:
    """The place of a half-step on the axis of steps."""
    return half.step - (0.5 if half.kind == "E" else 0.0)


def staircase(halves: Sequence[HalfStep], palette: Palette = LIGHT) -> Figure:
    """The bound under the log-likelihood, with a marker that each half-step moves: E closes the gap, M raises both."""
    fig = figure(palette, x="step", y="nats per point", height=HEIGHT)
    step, bound = numbers([_step(half) for half in halves]), numbers([half.bound for half in halves])
    fig.add_scatter(x=step, y=numbers([half.log_lik for half in halves]), mode="lines+markers", name="log p(x)",
                    line={**stroke("evidence", palette), "shape": "hv"}, marker=marker("evidence", palette, 4))
    fig.add_scatter(x=step, y=bound, mode="lines+markers", name="bound L(q, θ)",
                    line={**stroke("q", palette), "shape": "hv"}, marker=marker("q", palette, 6))
    fig.add_scatter(x=step[:1], y=bound[:1], mode="markers", name="now",
                    marker={"color": palette.accent, "size": 13, "symbol": "circle-open", "line": {"width": 3}})
    fig.frames = [spec.frame(data=[spec.scatter(x=step[i : i + 1], y=bound[i : i + 1])], traces=[2], name=str(i))
                  for i in range(len(halves))]
    return fig


def staircase_alt(halves: Sequence[HalfStep]) -> str:
    """The numbers of `staircase` in a sentence, of its first and its last frame."""
    first, last = halves[0], halves[-1]
    return (f"The bound and log p(x), half-step by half-step. At the start {_both(first)} nats per point; after "
            f"the {last.kind} half of step {last.step}, the last frame, {_both(last)}: a gap of "
            f"{written(last.gap, '.4f')}.")


def _both(at: HalfStep) -> str:
    return f"the bound is {written(at.bound, '.4f')} and log p(x) {written(at.log_lik, '.4f')}"


def captions(halves: Sequence[HalfStep]) -> list[str]:
    """The text beside the playback's buttons, for every half-step."""
    return [f"{half.kind}-step {half.step}: L = {written(half.bound, '.4f')}, "
            f"log p = {written(half.log_lik, '.4f')}" for half in halves]


def in_words(at: HalfStep) -> str:
    """What a half-step has just done."""
    if at.kind == "E":
        return (f"E-step {at.step}: q(z) is now the posterior, so the bound equals log p. W and σ² have not moved, so "
                "log p has not moved.")
    return (f"M-step {at.step}: W and σ² have moved, and both rose. q(z) is still the old posterior, so the bound is "
            f"{written(at.gap, '.3g')} nats below log p.")


def alts_at(alts: Sequence[str], at: HalfStep) -> list[str]:
    """The sentences of figures that show this half-step."""
    now = f"Shown: {at.kind}-step {at.step}, {_both(at)} nats per point."
    return [f"{alt} {now}" for alt in alts]


def cloud_frames(x: Tensor, states: Sequence[tuple[Params, Tensor]], palette: Palette = LIGHT, *,
                 axes: Sequence[str] = ("x₁", "x₂")) -> Figure:
    """EM on a cloud in the plane, one frame for each half-step: the E-step moves the projections, the M-step the line.

    x (N, 2). states: of every half-step theta and the projections W E[z | x] + mu (N, 2).
    """
    fig = point_clouds.cloud(x, states[0][0], palette, axes=axes).update_layout(height=HEIGHT)
    fig.add_trace(_projections(x, states[0][1], palette))
    moving = [0, 2, 3, 4]     # trace 1 holds the data
    fig.frames = [spec.frame([*point_clouds.model_traces(x, theta, palette), _projections(x, ends, palette)], moving,
                             str(index)) for index, (theta, ends) in enumerate(states)]
    return fig


def _projections(x: Tensor, ends: Tensor, palette: Palette) -> Json:
    """Lines from some of the points to their projections."""
    chosen = slice(None, None, max(1, len(x) // LINES))
    path = np.full((len(x[chosen]) * 3, 2), np.nan)
    path[0::3], path[1::3] = x[chosen], ends[chosen]
    lines = numbers(path)
    return spec.scatter(x=lines[:, 0], y=lines[:, 1], mode="lines", line=stroke("posterior", palette, 1),
                        name="to E[z | x]", hoverinfo="skip")


def cloud_frames_alt(x: Tensor, path: Sequence[Params]) -> str:
    """The numbers of `cloud_frames` in a sentence."""
    end = point_clouds.cloud_alt(x, path[-1])
    return f"The first {len(path) - 1} steps of EM from a random line. After them: {end}"


def _first_above_middle(log_liks: Sequence[float], saddle: float, maximum: float) -> int | None:
    """The first step above the middle between saddle and maximum."""
    return next((i for i, value in enumerate(log_liks) if value - saddle > 0.5 * (maximum - saddle)), None)


def escape(log_liks: Sequence[float], saddle: float, maximum: float, growth: float,
           palette: Palette = LIGHT) -> Figure:
    """EM that starts beside a saddle: log p stays there for some steps, then rises to the maximum.

    log_liks: of every step, nats per point. growth: factor of a step on the distance to the saddle.
    """
    fig = figure(palette, x="EM step", y="log p, nats per point")
    fig.add_scatter(y=numbers(log_liks), mode="lines", line=stroke("likelihood", palette), name="EM after a small push")
    for value, name, dash in ((maximum, "maximum", "solid"), (saddle, "saddle", "dot")):
        fig.add_scatter(x=numbers([0, len(log_liks) - 1]), y=numbers([value, value]), mode="lines", name=name,
                        line={**stroke("evidence", palette, 1.4), "dash": dash})
    middle = _first_above_middle(log_liks, saddle, maximum)
    if middle is not None:
        fig.add_annotation(x=middle, y=log_liks[middle], text=f"the push grows {growth:.2f} × a step", showarrow=True,
                           arrowcolor=palette.ink, font={"color": palette.ink}, ax=35, ay=20, xanchor="left")
    return fig


def escape_alt(log_liks: Sequence[float], saddle: float, maximum: float) -> str:
    """The numbers of `escape` in a sentence."""
    middle = _first_above_middle(log_liks, saddle, maximum)
    last = len(log_liks) - 1
    when = (f"is half-way to the maximum after {middle} steps" if middle is not None else
            f"has not left it after {last} steps")
    return (f"EM starts beside the saddle at {written(saddle, '.4f')} nats per point and {when}; the maximum is "
            f"{written(maximum, '.4f')}.")


def training_gap(steps: Sequence[int], gaps_left: Sequence[float], goal: float = 1e-6,
                 palette: Palette = LIGHT) -> Figure:
    """A linear VAE in training: how far its bound is below PPCA's exact maximum, nats per row, log axis."""
    fig = figure(palette, x="gradient step", y="nats below the maximum", height=300)
    fig.add_scatter(x=numbers(steps), y=_positive(gaps_left), mode="lines+markers", marker={"size": 5},
                    line=stroke("gap", palette), name="linear VAE's bound")
    fig.add_hline(y=goal, line={"color": palette["evidence"], "width": 1.4, "dash": "dot"})
    fig.add_annotation(x=1, xref="paper", y=math.log10(goal), text="goal: a millionth of a nat", showarrow=False,
                       xanchor="right", yshift=10, font={"color": palette.ink})
    fig.update_xaxes(range=[0, max(500, *steps)])
    fig.update_yaxes(type="log", dtick=2, tickfont=LOG_TICKS)
    return fig


def training_gap_alt(steps: Sequence[int], gaps_left: Sequence[float]) -> str:
    """The numbers of `training_gap` in a sentence."""
    if not len(steps):
        return "The linear VAE has not been trained yet."
    return (f"After {steps[-1]} gradient steps the linear VAE's bound is "
            f"{written(max(gaps_left[-1], 0), '.3g')} nats per row below the exact maximum of PPCA.")

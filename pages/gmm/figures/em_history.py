"""EM's half-steps as frames: the plane with its ellipses; beside it responsibilities and the bound, in step.

A frame holds only what moves. The numbers of traces are named here, as hovering and dragging refer to them.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures import components
from pages.gmm.figures.plane import Array, Labels, Theta, bounds_of, framed, outline
from ui.figures import spec, theme
from ui.figures.encoding import bytewise, numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

HEIGHT = 356
TOUCH = 1e-13    # nats: a smaller gap is rounding
WHERE = ".3g"    # of a mean, as a number
PAST = 6         # half-steps before the current one that the curves show
BESIDE = 0.95   # half-steps beside the first and the last one, for half of a label above a bar
OVERVIEW = 40    # half-steps that the overview since the start draws
POINTS, FIRST_OUTLINE, BARS = 0, 1, 0   # trace numbers: points of the plane, its first ellipse, bars beside it
BARS_TITLE = 0   # annotation number of `curves`
# Points are triangles at an angle that names their component, beside colour; in degrees, -180 to 180, as in plotly.
DEGREES = 5      # angles are sent as multiples of it
ANGLES = np.array([0, -180, 90, -90, 45, -135, 135, -45, 20, -160, 110, -70], np.float32)


class Frame(NamedTuple):
    """One half-step: what is drawn of it."""

    theta: Theta
    resp: Array      # (N, K)  q
    bound: float
    log_lik: float


def thin(count: int, limit: int) -> list[int]:
    """At most `limit` of the indices 0..count-1, first and last included; denser at the start, where EM moves most."""
    if count <= limit:
        return list(range(count))
    ramp = np.round((count - 1) * np.linspace(0, 1, limit) ** 2)
    return sorted({int(t) for t in ramp})


def outlines(k: int) -> range:
    """Trace numbers of the K ellipses of `plane`."""
    return range(FIRST_OUTLINE, FIRST_OUTLINE + k)


def means_trace(k: int) -> int:
    """Trace number of the K means of `plane`, which can be dragged."""
    return FIRST_OUTLINE + k


def mark_trace(k: int) -> int:
    """Trace number of the ring around the point that is pointed at."""
    return means_trace(k) + 1


def ellipses_follow(start: Theta) -> dict[str, Any]:
    """For follow.js: the ellipse of a dragged mean moves with it. start: the mixture of the first frame."""
    k = len(start.means)
    return {"kind": "shift", "at": {"markers": means_trace(k), "moved": list(outlines(k))},
            "from": numbers(start.means)}


def plane(x: Array, frames: list[Frame], columns: Labels = ("x", "y"), palette: Palette = LIGHT, *,
          truth: Theta | None = None, before_drag: Sequence[Theta] = ()) -> Figure:
    """Points (N, 2), ellipses of two standard deviations, numbered means; one frame per half-step.

    before_drag: the first and the last mixture of the run whose means were dragged to those of the first frame. The
    axes have room for these ellipses, the new means and the new last ellipses: where the new ones fit, they stay.
    """
    k = len(frames[0].theta.weights)
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=HEIGHT, showlegend=False, hovermode=False)
    fig.add_trace(spec.dots(x=numbers(x[:, 0]), y=numbers(x[:, 1]), name="data", showlegend=False,
                            marker={"size": 9 if len(x) <= 500 else 6, "symbol": "triangle-up", "cmin": -0.5,
                                    "cmax": k + 0.5, "colorscale": _component_colours(k, palette),
                                    **_point_style(frames[0])}))
    for j in range(k):
        x_rim, y_rim = outline(frames[0].theta.means[j], frames[0].theta.covs[j], 2.0)
        fig.add_scatter(x=x_rim, y=y_rim, mode="lines", name=f"component {j + 1}",
                        line={"color": components.colour(j, palette), "width": 2.4})
    means = frames[0].theta.means
    fig.add_scatter(x=numbers(means[:, 0]), y=numbers(means[:, 1]), mode="markers+text", name="means",
                    text=[f"{j + 1}" for j in range(k)], textfont={"color": palette.paper, "size": 12},
                    marker={"color": components.colours(k, palette), "size": 20,
                            "line": {"color": palette.paper, "width": 1.5}})
    fig.add_scatter(x=[], y=[], mode="markers", name="pointed at", marker={"color": "rgba(0,0,0,0)", "size": 15,
                                                         "line": {"color": palette.ink, "width": 2.5}})
    if truth is not None:
        for mean, cov in zip(truth.means, truth.covs, strict=True):
            x_rim, y_rim = outline(mean, cov, 2.0)
            fig.add_scatter(x=x_rim, y=y_rim, mode="lines", name="with known z",
                            line={"color": palette["evidence"], "width": 1.4, "dash": "dot"})
    moving = [POINTS, *outlines(k), means_trace(k)]
    kinds = [numbers(column).dtype for column in x.T]
    fig.frames = [spec.frame(data=_frame_data(frame, kinds), traces=moving) for frame in frames]
    first = frames[0].theta
    starts = [*before_drag, first._replace(covs=0 * first.covs)] if before_drag else [first]
    return framed(fig, bounds_of(x, *starts, frames[-1].theta))


def _component_colours(k: int, palette: Palette) -> list[tuple[float, str]]:
    """A colour scale of K plain colours, and grey for points without a most responsible one."""
    colours = [*components.colours(k, palette), palette["data"]]
    return [(edge / (k + 1), colour) for j, colour in enumerate(colours) for edge in (j, j + 1)]


def _point_style(frame: Frame) -> dict[str, Any]:
    """Colour and angle of the most responsible component, opacity for how responsible it is."""
    k = frame.resp.shape[1]
    undecided = (k > 1) & (frame.resp.max(1) < 1 / k + 1e-9)
    strongest = np.where(undecided, k, frame.resp.argmax(1))
    certainty = (frame.resp.max(1) - 1 / k) / (1 - 1 / k) if k > 1 else np.ones(len(strongest))
    angle = np.where(undecided, 0, ANGLES[strongest % len(ANGLES)])
    return {"color": strongest.astype(np.uint8), "angle": bytewise(angle, DEGREES),
            "opacity": bytewise(0.25 + 0.75 * np.where(undecided, 0.5, certainty.clip(0, 1)))}


def _frame_data(frame: Frame, kinds: Sequence[np.dtype[Any]]) -> list[dict[str, Any]]:
    """What moves in `plane`. kinds: of x and y."""
    rims = [outline(mean, cov, 2.0) for mean, cov in zip(frame.theta.means, frame.theta.covs, strict=True)]
    return [{"marker": _point_style(frame)}, *({"x": x, "y": y} for x, y in rims),
            {axis: mean.astype(kind) for axis, mean, kind in zip("xy", frame.theta.means.T, kinds, strict=True)}]


def curves(frames: list[Frame], log_lik: Array, bound: Array, palette: Palette = LIGHT, *,
           at: NDArray[np.integer] | None = None) -> Figure:
    """Four panels: the average q as bars; log p(x) since the start; it and the bound lately; the gap, on a log scale.

    log_lik, bound: (T,) of all half-steps. at: the half-steps that have frames (default: all). Nothing after the
    current half-step is drawn. Pointing at a point of the plane sets the bars to its responsibilities.
    """
    where = np.arange(len(frames)) if at is None else at
    k, first = frames[0].resp.shape[1], int(where[0])
    fig = theme.figure(palette, height=HEIGHT, hovermode=False, margin={"l": 8, "r": 8, "t": 24, "b": 8}, bargap=0.4)
    fig.add_bar(x=[f"{j + 1}" for j in range(k)], y=np.float32(frames[0].resp.mean(0)), showlegend=False, name="q(z)",
                marker={"color": components.colours(k, palette)}, width=0.6)
    traces = _curve_data(first, frames[0], log_lik, bound)
    for part, name, meaning in ((traces[0], "log p(x|θ)", "evidence"), (traces[1], "bound L(q, θ)", "q")):
        fig.add_scatter(**part, mode="lines+markers", name=name, xaxis="x2", yaxis="y2",
                        line=theme.line(meaning, palette), marker=theme.marker(meaning, palette, 6))
    fig.add_scatter(**traces[2], mode="lines", showlegend=False, xaxis="x2", yaxis="y2",
                    name="gap of the current half-step",
                    line={"color": palette["gap"], "width": 5})
    fig.add_bar(**{name: part for name, part in traces[3].items() if name != "type"}, textposition="outside",
                cliponaxis=False, constraintext="none", showlegend=False, xaxis="x3", yaxis="y3",
                name="gap KL", meta="clamped",
                marker=theme.pattern("gap", palette), textfont={"color": palette.ink, "size": 12})
    fig.add_scatter(**traces[4], mode="lines+markers", showlegend=False, name="log p(x) so far", xaxis="x4", yaxis="y4",
                    line=theme.line("evidence", palette), marker=theme.marker("evidence", palette, 4))
    fig.frames = [
        spec.frame(data=[{"type": "bar", "y": np.float32(frame.resp.mean(0))},
                         *_curve_data(int(place), frame, log_lik, bound)], traces=[BARS, 1, 2, 3, 4, 5])
        | {"layout": _moving_ranges(int(place), log_lik, bound)} for place, frame in zip(where, frames, strict=True)]
    _three_panels(fig, palette, log_lik - bound)
    return fig.update_layout(**_overview_ranges(log_lik), **_moving_ranges(first, log_lik, bound))


def _three_panels(fig: Figure, palette: Palette, gap: Array) -> None:
    """Axes, titles and legend of the panels of `curves`. gap: (T,) of all half-steps."""
    grid = {"gridcolor": palette.grid, "zeroline": False, "tickfont": {"color": palette.ink}, "automargin": True}
    fig.update_layout(
        xaxis={"anchor": "y", "type": "category", "domain": [0.0, 0.46]},
        yaxis={"anchor": "x", "domain": [0.83, 1.0], "range": [0, 1.15], "dtick": 1},
        xaxis4={**grid, "anchor": "y4", "domain": [0.62, 1.0], "showticklabels": False, "showgrid": False},
        yaxis4={**grid, "anchor": "x4", "domain": [0.83, 1.0]},
        xaxis2={**grid, "anchor": "y2", "showticklabels": False, "dtick": 1},
        yaxis2={**grid, "anchor": "x2", "domain": [0.36, 0.62], "nticks": 4},
        xaxis3={**grid, "anchor": "y3", "tickmode": "array", "tickvals": list(range(len(gap))),
                "ticktext": [_half_name(t) for t in range(len(gap))]},
        yaxis3={**grid, "anchor": "x3", "domain": [0.0, 0.2], "type": "log", "range": _gap_range(gap),
                "dtick": max(np.ceil(np.ptp(_gap_range(gap)) / 3), 1.0), "exponentformat": "power",
                "tickfont": {**theme.LOG_TICKS, "color": palette.ink}},
        # above the title of its panel: side by side they have no room on a phone, or beside long numbers of the axis
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 0.675, "yanchor": "bottom"})
    for panel, height, text in ((1, 1.0, "mean of q(z)"), (2, 1.0, "nats per point; earlier ones below"),
                                (3, 1.225, "gap KL, log scale"), (4, 1.0, "log p(x) so far")):
        fig.add_annotation(text=text, x=0, y=height, **spec.inside(panel), xanchor="left", yanchor="bottom",
                           showarrow=False, font={"size": theme.FONT_SIZE, "color": palette.ink})


def _half_name(place: int) -> str:
    """A half-step as the name on the axis: the start, E and M in turn."""
    return "start" if place == 0 else "E" if place % 2 else f"M{place // 2}"


def _curve_data(place: int, frame: Frame, log_lik: Array, bound: Array) -> list[dict[str, Any]]:
    """What moves in the panels of `curves`: log p(x), the bound, the line between them, the gaps, the overview."""
    half = np.arange(max(place - PAST, 0), place + 1)
    gap = log_lik[half] - bound[half]
    touching = gap <= TOUCH
    lowest = 10.0 ** _gap_range(log_lik - bound)[0]
    past = np.array(thin(place + 1, OVERVIEW))
    return [{"x": half.astype(np.float32), "y": np.float64(log_lik[half])},
            {"x": half.astype(np.float32), "y": np.float64(bound[half])},
            {"x": np.array([place, place], np.float32), "y": np.array([frame.bound, frame.log_lik])},
            {"type": "bar", "x": half.astype(np.float32), "y": np.float32(np.where(touching, lowest, gap)),
             "customdata": np.where(touching, 0.0, gap),
             "text": ["0" if none else components.small(value) for none, value in zip(touching, gap, strict=True)]},
            {"x": past.astype(np.float32), "y": numbers(log_lik[past])}]


def _gap_range(gap: Array) -> list[float]:
    """The range of the gap's axis, in powers of ten: from below the smallest gap that is not zero to above the largest.
    """
    positive = gap[gap > TOUCH]
    if not len(positive):
        return [-3.0, 0.0]
    return [float(np.floor(np.log10(positive.min()) - 0.3)), float(np.log10(positive.max()) + 0.9)]


def _moving_ranges(place: int, log_lik: Array, bound: Array) -> dict[str, Any]:
    """Ranges that follow the current half-step: both curves around it, so that the bound is seen to touch."""
    left = max(place - PAST, 0)
    x = [left - BESIDE, left + PAST + BESIDE]
    near = slice(max(place - 1, 0), place + 1)
    low = float(min(bound[near].min(), log_lik[near].min()))
    high = float(log_lik[left:place + 1].max())
    room = max(high - low, 1e-6)
    return {"xaxis2": {"range": x}, "xaxis3": {"range": x},
            "yaxis2": {"range": [low - 0.15 * room, high + 0.15 * room]}}


def _overview_ranges(log_lik: Array) -> dict[str, Any]:
    """Ranges of the panel of log p(x) since the start, the same at each half-step. log_lik: (T,) of all of them."""
    low, high = float(log_lik.min()), float(log_lik.max())
    room = 0.15 * (high - low) if high - low > 1e-6 else 0.05      # one value: ticks of two decimals
    return {"xaxis4": {"range": [-0.5, max(len(log_lik), PAST) - 0.5]},
            "yaxis4": {"range": [low - room, high + room], "tickvals": _below_title(low - room, high + room)}}


def _below_title(low: float, high: float) -> list[float]:
    """A few ticks of an axis whose title begins at its upper end: none of them is on the title's line."""
    span = high - low
    step = next(step for power in (-2, -1, 0) for factor in (1, 2, 5)
                if (step := factor * 10.0 ** (math.floor(math.log10(span)) + power)) > 0.25 * span)
    return [tick * step for tick in range(math.ceil(low / step), math.floor((high - 0.2 * span) / step) + 1)]


def plane_alt(n: int, theta: Theta, place: int) -> str:
    """What `plane` shows at half-step `place`, in words."""
    means = "; ".join(f"{j + 1} at {written(x, WHERE)}, {written(y, WHERE)}" for j, (x, y) in enumerate(theta.means))
    drag = " The numbered means can be dragged to another start." if place == 0 else ""
    return f"{n} points on the plane and {len(theta.means)} ellipses at half-step {place}, with means {means}.{drag}"


def curves_alt(place: int, bound: float, log_lik: float, gap: float) -> str:
    """What `curves` shows at half-step `place`, in words."""
    touch = "the bound touches log p(x)" if gap <= TOUCH else f"the gap is {components.small(gap)}"
    return (f"Above, the mean responsibilities of the components; below, log p(x) and the bound at half-step {place}: "
            f"{written(log_lik, '.4f')} and {written(bound, '.4f')} nats per point; {touch}.")

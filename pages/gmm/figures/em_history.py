"""EM's half-steps as frames: the plane with its ellipses; beside it responsibilities and the bound, in step.

A frame holds only what moves. The numbers of traces are named here, as hovering and dragging refer to them.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures.plane import Array, Labels, Theta, bounds_of, outline
from ui.figures import spec, theme
from ui.figures.encoding import bytewise
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

POINTS, FIRST_OUTLINE, BARS = 0, 1, 0   # trace numbers: points of the plane, its first ellipse, bars beside it
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


def plane(x: Array, frames: list[Frame], columns: Labels = ("x", "y"), palette: Palette = LIGHT, *,
          truth: Theta | None = None) -> Figure:
    """Points (N, 2), ellipses of two standard deviations, numbered means; one frame per half-step."""
    k = len(frames[0].theta.weights)
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=520, showlegend=False, hovermode=False)
    fig.add_trace(spec.dots(x=np.float32(x[:, 0]), y=np.float32(x[:, 1]), name="data", showlegend=False,
                            marker={"size": 9 if len(x) <= 500 else 6, "symbol": "triangle-up", "cmin": -0.5,
                                    "cmax": k + 0.5, "colorscale": _component_colours(k, palette),
                                    **_point_style(frames[0])}))
    for j in range(k):
        x_rim, y_rim = outline(frames[0].theta.means[j], frames[0].theta.covs[j], 2.0)
        fig.add_scatter(x=x_rim, y=y_rim, mode="lines", name=f"component {j + 1}",
                        line={"color": palette.classes[j % 10], "width": 2.4})
    means = frames[0].theta.means
    fig.add_scatter(x=np.float32(means[:, 0]), y=np.float32(means[:, 1]), mode="markers+text", name="means",
                    text=[f"{j + 1}" for j in range(k)], textfont={"color": palette.paper, "size": 12},
                    marker={"color": [palette.classes[j % 10] for j in range(k)], "size": 20,
                            "line": {"color": palette.paper, "width": 1.5}})
    if truth is not None:
        for mean, cov in zip(truth.means, truth.covs, strict=True):
            x_rim, y_rim = outline(mean, cov, 2.0)
            fig.add_scatter(x=x_rim, y=y_rim, mode="lines",
                            line={"color": palette["evidence"], "width": 1.4, "dash": "dot"})
    moving = [POINTS, *outlines(k), means_trace(k)]
    fig.frames = [spec.frame(data=_frame_data(frame), traces=moving) for frame in frames]
    low, high = bounds_of(x, frames[0].theta, frames[-1].theta)
    fig.update_xaxes(range=[float(low[0]), float(high[0])])
    return fig.update_yaxes(range=[float(low[1]), float(high[1])])


def _component_colours(k: int, palette: Palette) -> list[tuple[float, str]]:
    """A colour scale of K plain colours, and grey for points without a most responsible one."""
    colours = [*(palette.classes[j % 10] for j in range(k)), palette["data"]]
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


def _frame_data(frame: Frame) -> list[dict[str, Any]]:
    rims = [outline(mean, cov, 2.0) for mean, cov in zip(frame.theta.means, frame.theta.covs, strict=True)]
    means = frame.theta.means.astype(np.float32)
    return [{"marker": _point_style(frame)}, *({"x": x, "y": y} for x, y in rims), {"x": means[:, 0], "y": means[:, 1]}]


def curves(frames: list[Frame], log_lik: Array, bound: Array, palette: Palette = LIGHT, *,
           at: NDArray[np.integer] | None = None) -> Figure:
    """Average responsibilities as bars, above log p(x) and the bound of all half-steps.

    log_lik, bound: (T,) of all half-steps. at: the half-steps that have frames (default: all).
    Pointing at a point of the plane sets the bars to its responsibilities.
    """
    where = np.arange(len(frames)) if at is None else at
    k = frames[0].resp.shape[1]
    fig = theme.figure(palette, height=520, hovermode=False, margin={"l": 8, "r": 8, "t": 60, "b": 8},
                       yaxis={"domain": [0.66, 1.0]})
    fig.add_bar(x=[f"{j + 1}" for j in range(k)], y=np.float32(frames[0].resp.mean(0)), showlegend=False,
                marker={"color": [palette.classes[j % 10] for j in range(k)]}, width=0.6)
    half = np.arange(len(log_lik), dtype=np.float32)
    for name, values, meaning in (("log p(x)", log_lik, "evidence"), ("bound L", bound, "q")):
        fig.add_scatter(x=half, y=np.float32(values), mode="lines", name=name, xaxis="x2", yaxis="y2",
                        line=theme.line(meaning, palette))
    fig.add_scatter(**_gap(where[0], frames[0]), mode="lines+markers", showlegend=False, xaxis="x2",
                    yaxis="y2", line={"color": palette["gap"], "width": 3},
                    marker={"color": [palette["q"], palette["evidence"]], "size": [12, 9],
                            "symbol": ["square", "circle"]})
    fig.frames = [spec.frame(data=[{"type": "bar", "y": np.float32(frame.resp.mean(0))}, _gap(place, frame)],
                             traces=[BARS, 3]) for place, frame in zip(where, frames, strict=True)]
    grid = {"gridcolor": palette.grid, "zeroline": False, "tickfont": {"color": palette.ink}, "automargin": True}
    low, high = _bound_range(log_lik, bound)
    fig.update_layout(xaxis2={**grid, "anchor": "y2", "title": _title("half-step: E, M, E, M, ...", palette)},
                      yaxis2={**grid, "anchor": "x2", "domain": [0.0, 0.46], "range": [low, high],
                              "title": _title("nats per point", palette)})
    fig.update_layout(xaxis={"anchor": "y", "title": _title("component z", palette), "type": "category"},
                      yaxis={"anchor": "x", "range": [0, 1], "title": _title("q(z)", palette)})
    return fig


def _title(text: str, palette: Palette) -> dict[str, Any]:
    return {"text": text, "font": {"size": theme.FONT_SIZE, "color": palette.ink}, "standoff": 6}


def _gap(place: int, frame: Frame) -> dict[str, Any]:
    """The line from the bound up to log p."""
    return {"x": np.array([place, place], np.float32), "y": np.array([frame.bound, frame.log_lik], np.float32)}


def _bound_range(log_lik: Array, bound: Array) -> tuple[float, float]:
    """The range of the axis: without most of the bound at the start, which may lie far below the rest."""
    high = float(max(log_lik.max(), bound.max()))
    span = max(high - float(log_lik.min()), 1e-3)
    low = max(float(bound.min()), high - 2.5 * span)
    return low - 0.05 * (high - low), high + 0.08 * (high - low)


def plane_alt(n: int, k: int, half_steps: int, first: float, last: float) -> str:
    """What `plane` shows, in words."""
    return (f"{n} points on the plane and {k} ellipses over {half_steps} half-steps of EM: log p(x) goes from "
            f"{first:.4f} to {last:.4f} nats per point. The numbered means can be dragged to another start.")


def curves_alt(bound: float, log_lik: float) -> str:
    """What `curves` shows, in words."""
    return (f"Above, the responsibilities of the components; below, log p(x) and the bound over the half-steps, here "
            f"{log_lik:.4f} and {bound:.4f}.")

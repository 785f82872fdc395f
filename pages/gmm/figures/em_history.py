"""EM's half-steps as frames: the plane with its ellipses, and beside it responsibilities and the climb, in step.

Frames change only what moves. Trace numbers are named here, as hovering and dragging point at them.
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
# Points are triangles that their component turns, a cue beside colour; degrees as plotly writes them, -180 to 180.
DEGREES = 5      # multiples of it travel
ANGLES = np.array([0, -180, 90, -90, 45, -135, 135, -45, 20, -160, 110, -70], np.float32)


class Frame(NamedTuple):
    """One half-step: what is drawn of it."""

    at: Theta
    resp: Array      # (N, K)  q
    bound: float
    log_lik: float


def thin(count: int, limit: int) -> list[int]:
    """At most `limit` of the indices 0..count-1, denser at the start, where EM moves most; first and last are kept."""
    if count <= limit:
        return list(range(count))
    ramp = np.round((count - 1) * np.linspace(0, 1, limit) ** 2)
    return sorted({int(t) for t in ramp})


def outlines(k: int) -> range:
    """Trace numbers of the K ellipses of `plane`."""
    return range(FIRST_OUTLINE, FIRST_OUTLINE + k)


def handles(k: int) -> int:
    """Trace number of the K means of `plane`, which a hand can drag."""
    return FIRST_OUTLINE + k


def plane(x: Array, frames: list[Frame], columns: Labels = ("x", "y"), palette: Palette = LIGHT, *,
          truth: Theta | None = None) -> Figure:
    """Points (N, 2), ellipses of two standard deviations, numbered means; one frame per half-step."""
    k = len(frames[0].at.weights)
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=520, showlegend=False, hovermode=False)
    fig.add_trace(spec.dots(x=np.float32(x[:, 0]), y=np.float32(x[:, 1]), name="data", showlegend=False,
                          marker={"size": 9 if len(x) <= 500 else 6, "symbol": "triangle-up", "cmin": -0.5,
                                  "cmax": k + 0.5, "colorscale": _steps(k, palette), **_owners(frames[0])}))
    for j in range(k):
        x_rim, y_rim = outline(frames[0].at.means[j], frames[0].at.covs[j], 2.0)
        fig.add_scatter(x=x_rim, y=y_rim, mode="lines", name=f"component {j + 1}",
                      line={"color": palette.classes[j % 10], "width": 2.4})
    means = frames[0].at.means
    fig.add_scatter(x=np.float32(means[:, 0]), y=np.float32(means[:, 1]), mode="markers+text", name="means",
                  text=[f"{j + 1}" for j in range(k)], textfont={"color": palette.paper, "size": 12},
                  marker={"color": [palette.classes[j % 10] for j in range(k)], "size": 20,
                          "line": {"color": palette.paper, "width": 1.5}})
    if truth is not None:
        for mean, cov in zip(truth.means, truth.covs, strict=True):
            x_rim, y_rim = outline(mean, cov, 2.0)
            fig.add_scatter(x=x_rim, y=y_rim, mode="lines",
                          line={"color": palette["evidence"], "width": 1.4, "dash": "dot"})
    fig.frames = [spec.frame(data=_moved(frame), traces=[POINTS, *outlines(k), handles(k)]) for frame in frames]
    low, high = bounds_of(x, frames[0].at, frames[-1].at)
    fig.update_xaxes(range=[float(low[0]), float(high[0])])
    return fig.update_yaxes(range=[float(low[1]), float(high[1])])


def _steps(k: int, palette: Palette) -> list[tuple[float, str]]:
    """A colour scale of K plain colours, and grey for points that belong to nobody yet."""
    colours = [*(palette.classes[j % 10] for j in range(k)), palette["data"]]
    return [(edge / (k + 1), colour) for j, colour in enumerate(colours) for edge in (j, j + 1)]


def _owners(frame: Frame) -> dict[str, Any]:
    """Colour and angle of the most responsible component, opacity for how sure that is."""
    k = frame.resp.shape[1]
    undecided = (k > 1) & (frame.resp.max(1) < 1 / k + 1e-9)
    owner = np.where(undecided, k, frame.resp.argmax(1))
    sure = (frame.resp.max(1) - 1 / k) / (1 - 1 / k) if k > 1 else np.ones(len(owner))
    turned = np.where(undecided, 0, ANGLES[owner % len(ANGLES)])
    return {"color": owner.astype(np.uint8), "angle": bytewise(turned, DEGREES),
            "opacity": bytewise(0.25 + 0.75 * np.where(undecided, 0.5, sure.clip(0, 1)))}


def _moved(frame: Frame) -> list[dict[str, Any]]:
    rims = [outline(mean, cov, 2.0) for mean, cov in zip(frame.at.means, frame.at.covs, strict=True)]
    means = frame.at.means.astype(np.float32)
    return [{"marker": _owners(frame)}, *({"x": x, "y": y} for x, y in rims), {"x": means[:, 0], "y": means[:, 1]}]


def beside(frames: list[Frame], log_lik: Array, bound: Array, palette: Palette = LIGHT, *,
           at: NDArray[np.integer] | None = None) -> Figure:
    """Average responsibilities (bars; a pointed-at point sets them) above the climb of all half-steps.

    `log_lik` and `bound` (T,) are the whole path, `at` the half-steps that have frames (default: all).
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
    low, high = _window(log_lik, bound)
    fig.update_layout(xaxis2={**grid, "anchor": "y2", "title": _title("half-step: E, M, E, M, ...", palette)},
                      yaxis2={**grid, "anchor": "x2", "domain": [0.0, 0.46], "range": [low, high],
                              "title": _title("nats per point", palette)})
    fig.update_layout(xaxis={"anchor": "y", "title": _title("component z", palette), "type": "category"},
                      yaxis={"anchor": "x", "range": [0, 1], "title": _title("q(z)", palette)})
    return fig


def _title(text: str, palette: Palette) -> dict[str, Any]:
    return {"text": text, "font": {"size": theme.FONT_SIZE, "color": palette.ink}, "standoff": 6}


def _gap(place: int, frame: Frame) -> dict[str, Any]:
    """The stick from the bound up to log p."""
    return {"x": np.array([place, place], np.float32), "y": np.array([frame.bound, frame.log_lik], np.float32)}


def _window(log_lik: Array, bound: Array) -> tuple[float, float]:
    """The part of the axis where the climb is: the uniform q of the start may lie far below it."""
    high = float(max(log_lik.max(), bound.max()))
    span = max(high - float(log_lik.min()), 1e-3)
    low = max(float(bound.min()), high - 2.5 * span)
    return low - 0.05 * (high - low), high + 0.08 * (high - low)


def plane_alt(n: int, k: int, half_steps: int, first: float, last: float) -> str:
    """What `plane` shows, in words."""
    return (f"{n} points on the plane and {k} ellipses over {half_steps} half-steps of EM: log p(x) goes from "
            f"{first:.4f} to {last:.4f} nats per point. The numbered means can be dragged to another start.")


def beside_alt(bound: float, log_lik: float) -> str:
    """What `beside` shows, in words."""
    return (f"Above, the responsibilities of the components; below, log p(x) and the bound over the half-steps, here "
            f"{log_lik:.4f} and {bound:.4f}.")

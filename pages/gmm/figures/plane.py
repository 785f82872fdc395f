"""Figures of the mixture lesson on the plane: points, components as ellipses, responsibilities.

Colour, symbol *and* number name a component; opacity or a pie shows a responsibility, never hue alone.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dgm.gmm.params import Params
from pages.gmm.figures import components
from ui.figures import spec, theme
from ui.figures.axis_ends import far_ticks
from ui.figures.encoding import EllipseAxis, ellipse_axis, numbers
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import percent, shares, written

Array = NDArray[np.floating]
Labels = tuple[str, str]
Bounds = tuple[Array, Array]     # lower and upper corner of what is shown

DEVIATIONS = (1.0, 2.0)     # of the ellipses: 39% and 86% of a component's mass in the plane
PIE_SHARES = 0.0055, 0.011   # of the plane's width and height: the radius of a pie
PIE_LIMIT = 400             # points that are drawn as pies; more of them only hide each other
GL_FROM = 2000
HOVER_LIMIT = 5000           # points that carry their responsibilities as text
MARGIN, ROOM = 0.12, 0.5    # beyond the points, in their range: always, and at most for an ellipse


class Theta(NamedTuple):
    """A mixture as arrays."""

    weights: Array  # (K,)
    means: Array    # (K, 2)
    covs: Array     # (K, 2, 2)


def marginal(params: Params, axes: tuple[int, int] = (0, 1)) -> Theta:
    """The marginal of a mixture on two of its columns, as arrays."""
    first, second = axes
    means, covs = params.means.cpu().numpy(), params.covs.cpu().numpy()
    pair = np.array([first, second])
    return Theta(params.log_weights.exp().cpu().numpy(), means[:, pair], covs[:, pair[:, None], pair])


def outline(mean: Array, cov: Array, deviations: float) -> tuple[EllipseAxis, EllipseAxis]:
    """x and y (49,) of the contour `deviations` standard deviations from `mean`."""
    values, vectors = np.linalg.eigh(cov)
    (x_cos, x_sin), (y_cos, y_sin) = deviations * np.sqrt(values.clip(0)) * vectors
    return ellipse_axis(mean[0], x_cos, x_sin), ellipse_axis(mean[1], y_cos, y_sin)


def ellipse(mean: Array, cov: Array, deviations: float) -> Array:
    """The same as a path (49, 2)."""
    return np.stack(outline(mean, cov, deviations), 1)


def clusters(x: Array, resp: Array, theta: Theta, columns: Labels = ("x", "y"), palette: Palette = LIGHT, *,
             pies: bool = False, component: int | None = None, bounds: Bounds | None = None,
             height: int = 430) -> Figure:
    """Points (N, 2) with responsibilities (N, K) and K ellipses.

    pies: whether up to PIE_LIMIT points are pies. component: the one to bring out, counted from 0; the others fade.
    bounds: what is shown (default: `bounds_of`). height: CSS pixels.
    """
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=height, hovermode="closest")
    window = bounds or bounds_of(x, theta)
    if pies and len(x) <= PIE_LIMIT:
        fig.add_traces(_pies(x, resp, palette, window))
    fig.add_traces(_points(x, resp, palette, component, faint=pies and len(x) <= PIE_LIMIT))
    fig.add_traces(_ellipses(theta, palette, component))
    return framed(fig, window)


def clusters_alt(resp: Array, theta: Theta, columns: Labels = ("x", "y")) -> str:
    """What `clusters` shows, in words."""
    parts = [f"component {k + 1} with weight {w} around {columns[0]} {written(m[0], '.3g')}, "
             f"{columns[1]} {written(m[1], '.3g')}"
             for k, (w, m) in enumerate(zip(shares(theta.weights.tolist()), theta.means, strict=True))]
    sure = float((resp.max(1) > 0.95).mean())
    return (f"{len(resp)} points on the plane and {len(theta.weights)} ellipses: {'; '.join(parts)}. "
            f"{percent(sure)} of the points belong to one component with responsibility above 0.95.")


def bounds_of(x: Array, *shown: Theta) -> tuple[Array, Array]:
    """Lower and upper corner of points (N, 2) with a margin, and with room for ellipses unless they are very large."""
    low, high = x.min(0), x.max(0)
    span = high - low
    lows, highs = [low - MARGIN * span], [high + MARGIN * span]
    for theta in shown:
        reach = 2.05 * np.sqrt(np.diagonal(theta.covs, axis1=1, axis2=2).clip(0))
        lows.append((theta.means - reach).min(0).clip(low - ROOM * span))
        highs.append((theta.means + reach).max(0).clip(None, high + ROOM * span))
    return np.min(lows, 0), np.max(highs, 0)


def framed(fig: Figure, bounds: Bounds) -> Figure:
    """The figure with these corners, on all its panels."""
    (x0, y0), (x1, y1) = np.asarray(bounds, np.float64).tolist()
    fig.update_xaxes(range=[x0, x1], **far_ticks(x0, x1))
    return fig.update_yaxes(range=[y0, y1], **far_ticks(y0, y1))


def _points(x: Array, resp: Array, palette: Palette, component: int | None, faint: bool) -> list[Json]:
    """One trace per component: colour and symbol name the most responsible one, opacity shows how responsible it is.

    Points without a most responsible component are in a grey trace of their own.
    """
    k = resp.shape[1]
    strongest = np.where((k > 1) & (resp.max(1) < 1 / k + 1e-9), k, resp.argmax(1))
    strength = resp.max(1) if component is None else resp[:, component]
    of = "largest responsibility" if component is None else f"q(z={component + 1})"     # in the saved numbers
    kind = spec.scattergl if len(x) > GL_FROM else spec.scatter
    traces = []
    for k in range(resp.shape[1] + bool((strongest == resp.shape[1]).any())):
        rows = np.flatnonzero(strongest == k)
        undecided = k == resp.shape[1]
        floor = 0.0 if component is not None else 1 / resp.shape[1]
        opacity = np.float32(0.15 + 0.85 * ((strength[rows] - floor) / (1 - floor + 1e-12)).clip(0, 1))
        traces.append(kind(
            x=numbers(x[rows, 0]), y=numbers(x[rows, 1]), mode="markers",
            name="undecided" if undecided else f"component {k + 1}",
            customdata=rows, text=_hover(resp[rows]) if len(x) <= HOVER_LIMIT else "", legendgroup=f"{k}",
            showlegend=False, meta={"columns": {of: numbers(strength[rows])}},
            hovertemplate="%{text}<extra></extra>" if len(x) <= HOVER_LIMIT else "component %{fullData.name}",
            marker={"color": palette["data"] if undecided else components.colour(k, palette),
                    "symbol": "circle" if undecided else components.marker(k),
                    "size": 4 if len(x) > GL_FROM else 7, "opacity": 0.0 if faint else opacity}))
    return traces


def _hover(resp: Array) -> list[str]:
    return ["<br>".join(f"q(z={k + 1}) = {r:.3f}" for k, r in enumerate(row) if r >= 0.0005) for row in resp]


def _component(k: int, theta: Theta, palette: Palette, highlighted: bool) -> list[Json]:
    colour, mean, path = components.colour(k, palette), theta.means[k], _path(k, theta)
    weight = shares(theta.weights.tolist())[k]
    rim = spec.scatter(x=numbers(path[:, 0]), y=numbers(path[:, 1]), mode="lines", hoverinfo="skip",
                       name=f"{k + 1}: weight {weight}", showlegend=True, legendgroup=f"{k}",
                       opacity=1.0 if highlighted else 0.25, line={"color": colour, "width": 2.2})
    centre = spec.scatter(x=[float(mean[0])], y=[float(mean[1])], mode="markers+text", text=[f"{k + 1}"],
                          name=f"mean {k + 1}",
                          textposition="middle center", showlegend=False, legendgroup=f"{k}",
                          opacity=1.0 if highlighted else 0.25, textfont={"color": palette.paper, "size": 12},
                          hovertemplate=f"component {k + 1}, weight {weight}<extra></extra>",
                          marker={"color": colour, "size": 18, "line": {"color": palette.paper, "width": 1.5}})
    return [rim, centre]


def _path(k: int, theta: Theta) -> Array:
    """The ellipses of component k, separated by gaps."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate([piece for s in DEVIATIONS for piece in (ellipse(theta.means[k], theta.covs[k], s), gap)])


def _pies(x: Array, resp: Array, palette: Palette, bounds: tuple[Array, Array]) -> list[Json]:
    """Each point as a pie of its responsibilities: one filled trace per component."""
    radius = np.array(PIE_SHARES) * (bounds[1] - bounds[0])
    ends = 2 * math.pi * np.cumsum(np.pad(resp, ((0, 0), (1, 0))), 1)
    traces = []
    for k in range(resp.shape[1]):
        rows = np.flatnonzero(resp[:, k] > 0.005)
        angle = np.linspace(ends[rows, k], ends[rows, k + 1], 13, axis=1)[:, :, None]
        arc = x[rows, None] + radius * np.concatenate([np.sin(angle), np.cos(angle)], 2)
        full = resp[rows, k, None, None] > 0.995   # a full circle has no edges to its centre
        centre = np.where(full, arc[:, :1], x[rows, None])
        slices = np.concatenate([centre, arc, centre, np.full((len(rows), 1, 2), np.nan)], 1)
        path = slices.reshape(-1, 2)
        round_ones = {"x": numbers(x[rows, 0]), "y": numbers(x[rows, 1]), "vertices": slices.shape[1],
                      "shares": list(PIE_SHARES)}    # the browser makes them round
        traces.append(spec.scatter(x=numbers(path[:, 0]), y=numbers(path[:, 1]), mode="lines", fill="toself",
                                   hoverinfo="skip", meta={"pies": round_ones},
                                   fillcolor=components.colour(k, palette), showlegend=False, legendgroup=f"{k}",
                                   line={"color": palette.paper, "width": 0.5}))
    return traces


def _ellipses(theta: Theta, palette: Palette, component: int | None = None) -> list[Json]:
    return [trace for k in range(len(theta.weights))
            for trace in _component(k, theta, palette, highlighted=component in (None, k))]


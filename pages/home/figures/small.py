"""The small pictures of the lessons and of the zoo: numbers in, plotly JSON out, no axes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.home.figures.svg import HEIGHT
from ui.figures import theme
from ui.figures.encoding import ellipse_axis
from ui.figures.spec import Figure
from ui.figures.theme import COMPONENT_DARK, COMPONENT_LIGHT, LIGHT, Palette

Array = NDArray[np.floating]
MARGIN = 0.08     # of the axes, around the data


class Curve(NamedTuple):
    """A curve y (N,) at x (N,) in the style of a meaning of the palette."""

    x: Array
    y: Array
    meaning: str


class Ellipse(NamedTuple):
    """A contour of a Gaussian in the plane: mean (2,), covariance (2, 2)."""

    mean: Array
    cov: Array


def _empty(palette: Palette) -> Figure:
    fig = theme.figure(palette, height=HEIGHT, showlegend=False)
    fig.update_xaxes(visible=False)
    return fig.update_yaxes(visible=False)


def _range(values: Array) -> list[float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return [low - MARGIN * (high - low), high + MARGIN * (high - low)]


def curves(shown: Sequence[Curve], palette: Palette = LIGHT, zero: bool = True) -> Figure:
    """Curves on common axes. zero: whether the axis begins at 0."""
    fig = _empty(palette)
    for curve in shown:
        fig.add_scatter(x=np.float32(curve.x), y=np.float32(curve.y), mode="lines",
                        line={**theme.line(curve.meaning, palette, 2.5)})
    low, high = _range(np.concatenate([curve.y for curve in shown]))
    fig.update_xaxes(range=[float(shown[0].x[0]), float(shown[0].x[-1])])
    return fig.update_yaxes(range=[-0.04 * high if zero else low, high])


def clusters(x: Array, groups: NDArray[np.integer], contours: Sequence[Ellipse], palette: Palette = LIGHT) -> Figure:
    """Points (N, 2) in the colours of their groups (N,), and a contour of 2 deviations for each group."""
    fig = _empty(palette)
    colours = COMPONENT_DARK if palette.dark else COMPONENT_LIGHT
    fig.add_scatter(x=np.float32(x[:, 0]), y=np.float32(x[:, 1]), mode="markers",
                    marker={"color": [colours[k] for k in groups.tolist()], "size": 4, "opacity": 0.75})
    for k, contour in enumerate(contours):
        _contour(fig, contour, colours[k])
    fig.update_xaxes(range=_range(x[:, 0]))
    return fig.update_yaxes(range=_range(x[:, 1]))


def _contour(fig: Figure, contour: Ellipse, colour: str) -> None:
    values, vectors = np.linalg.eigh(contour.cov)
    (x_cos, x_sin), (y_cos, y_sin) = 2 * np.sqrt(values.clip(0)) * vectors
    fig.add_scatter(x=ellipse_axis(contour.mean[0], x_cos, x_sin), y=ellipse_axis(contour.mean[1], y_cos, y_sin),
                    mode="lines", line={"color": colour, "width": 2.2})


def line(x: Array, ends: Array, contour: Ellipse, palette: Palette = LIGHT) -> Figure:
    """Points (N, 2), the line between `ends` (2, 2), and a contour of the model."""
    fig = _empty(palette)
    fig.add_scatter(x=np.float32(x[:, 0]), y=np.float32(x[:, 1]), mode="markers",
                    marker={"color": palette["data"], "size": 4, "opacity": 0.75})
    fig.add_scatter(x=np.float32(ends[:, 0]), y=np.float32(ends[:, 1]), mode="lines",
                    line={"color": palette["reconstruction"], "width": 2.5})
    _contour(fig, contour, palette["evidence"])
    fig.update_xaxes(range=_range(x[:, 0]))
    return fig.update_yaxes(range=_range(x[:, 1]))


def clouds(left: Array, right: Array, exact: float, palette: Palette = LIGHT) -> Figure:
    """Gradients of single samples by two estimators, (N,) each, and their common exact mean as a line."""
    fig = _empty(palette)
    low, high = np.quantile(np.concatenate([left, right]), [0.02, 0.98])
    for centre, values, meaning in ((0.0, left, "log-derivative"), (1.0, right, "reparametrization")):
        kept = values[(values > low) & (values < high)]
        spread = 0.55 * ((np.arange(len(kept)) * 0.6180339887) % 1.0 - 0.5)
        fig.add_scatter(x=np.float32(centre + spread), y=np.float32(kept), mode="markers",
                        marker={"color": palette[meaning], "size": 4, "opacity": 0.7})
    fig.add_scatter(x=[-0.4, 1.4], y=[exact, exact], mode="lines", line={"color": palette["evidence"], "width": 2})
    fig.update_xaxes(range=[-0.5, 1.5])
    return fig.update_yaxes(range=_range(np.array([low, high])))


def points(x: Array, palette: Palette = LIGHT) -> Figure:
    """Points (N, 2) that a model drew."""
    fig = _empty(palette)
    fig.add_scatter(x=np.float32(x[:, 0]), y=np.float32(x[:, 1]), mode="markers",
                    marker={"color": palette["reconstruction"], "size": 7})
    fig.update_xaxes(range=_range(x[:, 0]))
    return fig.update_yaxes(range=_range(x[:, 1]))


__all__ = ["Curve", "Ellipse", "clouds", "clusters", "curves", "line", "points"]

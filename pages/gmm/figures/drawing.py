"""Figures of points that are drawn from a mixture: first the component z, then x, one half-step after the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures import components
from pages.gmm.figures.plane import Array, Bounds, Labels, Theta, ellipse, framed
from ui.figures import spec, theme
from ui.figures.encoding import numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import shares

HEIGHT = 400
BESIDE = 4      # components, up to which their probabilities have room beside each other


def plane(x: Array, z: NDArray[np.integer], theta: Theta, bounds: Bounds, columns: Labels = ("x", "y"),
          palette: Palette = LIGHT, *, hidden: bool = False,
          uncoloured: int | None = None) -> Figure:
    """The points (n, 2) that are drawn so far, one frame before and after each half-step.

    z: (n,) their components. hidden: whether z, the colours and the Gaussians are hidden. uncoloured: the place of a
    point that does not show its component.
    """
    k, centre = len(theta.weights), theta.means
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=HEIGHT, showlegend=False, hovermode=False)
    known = [not hidden and point != uncoloured for point in range(len(x))]
    colours = [components.colour(int(j), palette) if seen else palette["data"]
               for j, seen in zip(z, known, strict=True)]
    symbols = [components.marker(int(j)) if seen else "circle" for j, seen in zip(z, known, strict=True)]
    # what the colours mean, for the saved numbers
    labels = [int(j) + 1 if seen else None for j, seen in zip(z, known, strict=True)]
    meaning = {} if hidden else {"columns": {"z": labels}}
    fig.add_scatter(**_points(x, colours, symbols, 0), mode="markers", name="points", meta=meaning)
    for j in range(k):
        path = ellipse(centre[j], theta.covs[j], 2.0)
        fig.add_scatter(x=numbers(path[:, 0]), y=numbers(path[:, 1]), mode="lines", name=f"component {j + 1}",
                        line=_rim(j, palette, chosen=False),
                        opacity=0.0 if hidden else 1.0)
    fig.add_scatter(x=numbers(centre[:, 0]), y=numbers(centre[:, 1]), mode="markers+text", name="means",
                    text=[f"{j + 1}" for j in range(k)], textfont={"color": palette.paper, "size": 12},
                    opacity=0.0 if hidden else 1.0,
                    marker={"color": components.colours(k, palette), "size": 20,
                            "line": {"color": palette.paper, "width": 1.5}})
    fig.frames = [spec.frame(data=[_points(x, colours, symbols, shown // 2),
                                   *({"line": _rim(j, palette, chosen=not hidden and _chosen(z, shown) == j)}
                                     for j in range(k))], traces=range(k + 1)) for shown in range(2 * len(x) + 1)]
    return framed(fig, bounds)


def _points(x: Array, colours: list[str], symbols: list[str], count: int) -> dict[str, Any]:
    """The first points; the newest is larger."""
    sizes = [8] * max(count - 1, 0) + [13] * min(count, 1)
    return {"x": numbers(x[:count, 0]), "y": numbers(x[:count, 1]),
            "marker": {"color": colours[:count], "symbol": symbols[:count], "size": sizes}}


def _chosen(z: NDArray[np.integer], shown: int) -> int:
    """The component of the last draw of z, -1 before the first."""
    return int(z[(shown - 1) // 2]) if shown else -1


def _rim(j: int, palette: Palette, *, chosen: bool) -> dict[str, Any]:
    return {"color": components.colour(j, palette), "width": 5 if chosen else 1.6}


def weights(z: NDArray[np.integer], theta: Theta, palette: Palette = LIGHT, *, hidden: bool = False) -> Figure:
    """The weights π as outlines, and how often each component was drawn so far."""
    k = len(theta.weights)
    names, hues = [f"{j + 1}" for j in range(k)], components.colours(k, palette)
    fig = theme.figure(palette, x="component z and its probability π", y="share of the draws (outline: π)",
                       height=HEIGHT, hovermode=False, barmode="overlay")
    fig.add_bar(x=names, y=np.zeros(k, np.float32), name="drawn so far", width=0.5, marker={"color": hues},
                opacity=0.0 if hidden else 1.0, showlegend=False)
    fig.add_bar(x=names, y=np.float32(theta.weights), name="probability π", width=0.7, showlegend=False,
                marker={"color": "rgba(0,0,0,0)", "line": {"color": palette.ink, "width": 1.5}})
    counts = [np.bincount(z[:(shown + 1) // 2], minlength=k) for shown in range(2 * len(z) + 1)]
    fig.frames = [spec.frame(data=[{"type": "bar", "y": np.float32(count / max(count.sum(), 1))}], traces=[0])
                  for count in counts]
    # The numbers stand below the bars, because a share of the draws can be higher than its π.
    beside = k <= BESIDE
    fig.update_xaxes(type="category", tickvals=names, tickangle=0 if beside else -90,
                     ticktext=[f"{name} <br>π = {weight}" if beside else f"{name}: {weight}"
                               for name, weight in zip(names, shares(theta.weights.tolist()), strict=True)])
    return fig.update_yaxes(range=[0, 1.12])


def plane_alt(count: int, k: int, hidden: bool) -> str:
    """What `plane` shows after `count` points, in words."""
    seen = "all in one colour, because z is hidden" if hidden else "each in the colour of its component"
    return f"{count} points drawn from a mixture of {k} Gaussians, {seen}."


def weights_alt(z: NDArray[np.integer], theta: Theta) -> str:
    """What `weights` shows after the draws z, in words."""
    counts = np.bincount(z, minlength=len(theta.weights))
    weights = shares(theta.weights.tolist())
    return "; ".join(f"component {j + 1}: probability {weight}, drawn {count} times"
                     for j, (weight, count) in enumerate(zip(weights, counts, strict=True))) + "."

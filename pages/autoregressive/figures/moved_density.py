"""A density that is moved over points: the curve, each point's log term, and the sum of the terms."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.autoregressive.figures.wording import number, short
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
HEIGHT = 390
CURVE, STEMS, POINTS, TERMS, TICKS, STRIP, SUM, TOP, NEW, NEW_TEXT = range(10)    # numbers of the traces
PANELS = ((0.55, 1.0), (0.27, 0.5), (0.0, 0.15))      # shares of the height: density, terms, their sum


class Drawn(NamedTuple):
    """What the figure shows at one place of the density."""

    x: Array            # (n,) points
    grid: Array         # (G,) places of the curve
    curve: Array        # (G,) density
    density: Array      # (n,) at the points
    terms: Array        # (n,) log density at the points, nats
    total: float        # their sum
    top: tuple[float, float]    # where the curve is highest, and the density there
    new: tuple[float, float]    # a new point, drawn on the curve, and its log density
    highest: float      # of the density's axis
    lowest: float       # of the terms' axis, nats
    sums: tuple[float, float]   # ends of the sum's axis, nats: 0 or above, and below 0
    unit: str


def figure(drawn: Drawn, palette: Palette = LIGHT) -> Figure:
    """The density above its points, their log terms below, and the terms laid end to end."""
    fig = _panels(drawn, palette)
    model = theme.line("likelihood", palette)
    solid, thin = {**model, "dash": "solid"}, {**model, "dash": "solid", "width": 1}
    below = {"yaxis": "y2"}
    fig.add_scatter(x=drawn.grid, y=drawn.curve, mode="lines", line=solid, name="p(x|θ)", hoverinfo="skip")
    fig.add_scatter(**_stems(drawn.x, drawn.density), mode="lines", line=thin, hoverinfo="skip", showlegend=False)
    fig.add_scatter(x=drawn.x, y=drawn.density, mode="markers", name="the points' p(xᵢ|θ)", hoverinfo="skip",
                    marker=theme.marker("data", palette, 6))
    fig.add_scatter(**_stems(drawn.x, drawn.terms), mode="lines", line=thin, hoverinfo="skip", showlegend=False,
                    **below)
    fig.add_scatter(x=drawn.x, y=drawn.terms, mode="markers", hoverinfo="skip", showlegend=False,
                    marker=theme.marker("data", palette, 5), **below)
    fig.add_scatter(**strip(drawn.terms), mode="lines+markers", line=solid, hoverinfo="skip", showlegend=False,
                    marker={"symbol": "line-ns-open", "size": 12, "color": palette["likelihood"]}, **spec.on(3))
    fig.add_scatter(x=[drawn.sums[0]], y=[1.9], mode="text", meta="words",
                    text=[sum_text(len(drawn.x), drawn.total)], textposition="middle right", hoverinfo="skip",
                    showlegend=False, textfont={"color": palette.ink}, cliponaxis=False, **spec.on(3))
    fig.add_scatter(x=[drawn.top[0]], y=[drawn.top[1]], mode="markers", showlegend=False, hoverinfo="skip",
                    cliponaxis=False,     # whole at the ends of the axes too
                    marker={"color": palette.accent, "size": 15, "line": {"color": palette.paper, "width": 2}})
    _new_point(fig, drawn, palette)     # last: above the dragged top where both are at one place
    return fig


def _panels(drawn: Drawn, palette: Palette) -> Figure:
    fig = theme.figure(palette, y=f"density per {drawn.unit}", height=HEIGHT)
    x, y = fig.layout["xaxis"], fig.layout["yaxis"]
    fixed = {"fixedrange": True}
    (low, high), (low2, high2), (low3, high3) = PANELS
    left, right = float(drawn.grid[0]), float(drawn.grid[-1])
    title = y["title"]
    return fig.update_layout(
        xaxis={**x, **fixed, "range": [left, right], "anchor": "y2", "ticksuffix": f" {drawn.unit}",
               "showticksuffix": "last"},
        yaxis={**y, **fixed, "domain": [low, high], "range": [0, drawn.highest]},
        yaxis2={**y, **fixed, "domain": [low2, high2], "range": [drawn.lowest, max(math.log(drawn.highest), 0.0)],
                "anchor": "x",
                "title": {**title, "text": "log p, nats"}},
        xaxis3={**x, **fixed, "range": list(drawn.sums), "anchor": "y3", "title": {**title, "text": ""},
                "ticksuffix": " nats", "showticksuffix": "last"},
        yaxis3={**y, **fixed, "domain": [low3, high3], "range": [-0.8, 2.6], "anchor": "x3", "visible": False},
        margin={"l": 8, "r": 8, "t": 30, "b": 8})


def _stems(x: Array, y: Array) -> dict[str, Array]:
    """Lines from 0 to each point, for a trace."""
    gap = np.full(len(x), np.nan)
    return {"x": np.stack([x, x, gap], 1).ravel(), "y": np.stack([np.zeros(len(x)), y, gap], 1).ravel()}


def strip(terms: Array) -> dict[str, Array]:
    """The ends of the terms laid end to end, in the points' order, for a trace."""
    ends = np.append(0.0, np.cumsum(terms))
    return {"x": ends, "y": np.zeros(len(ends))}


def sum_text(count: int, total: float) -> str:
    """The sum of the terms, as the browser writes it too."""
    return f"sum of {count} terms = {number(total)} nats"


def new_text(log_density: float) -> str:
    """The log density of the new point, as the browser writes it too."""
    return f"◆ new x: log p = {number(log_density)}"


def _new_point(fig: Figure, drawn: Drawn, palette: Palette) -> None:
    x, value = drawn.new
    fig.add_scatter(x=[x], y=[math.exp(value)], mode="markers", showlegend=False, hoverinfo="skip",
                    cliponaxis=False,     # whole at the ends of the axes too
                    marker={"color": palette["held-out"], "symbol": "diamond", "size": 13,
                            "line": {"color": palette.paper, "width": 2}})
    fig.add_scatter(x=[float(drawn.grid[-1])], y=[0.93 * drawn.highest], mode="text", meta="words",
                    text=[new_text(value)], textposition="middle left", hoverinfo="skip", showlegend=False,
                    textfont={"color": palette["held-out"]}, cliponaxis=False)


def figure_alt(drawn: Drawn, place: Sequence[float]) -> str:
    """The figure in one sentence with its numbers."""
    return (f"A density with location {short(place[0])} and scale {short(place[1])} over {len(drawn.x)} points; their "
            f"log terms go from {number(float(drawn.terms.min()))} to {number(float(drawn.terms.max()))} nats and add "
            f"up to {number(drawn.total)}. The point at the top can be dragged.")


# Marks of the follower of live_figure: the traces by name.
AT = {"curve": CURVE, "stems": STEMS, "points": POINTS, "terms": TERMS, "ticks": TICKS, "strip": STRIP, "sum": SUM,
      "fresh": NEW, "freshText": NEW_TEXT, "top": TOP}

__all__ = ["AT", "HEIGHT", "NEW", "TOP", "Drawn", "figure", "figure_alt", "new_text", "strip", "sum_text"]

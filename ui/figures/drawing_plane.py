"""The plane on which a visitor draws points."""

import math
from collections.abc import Sequence

import numpy as np

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Range = tuple[float, float]


def plane(points: Sequence[tuple[float, float]], axes: tuple[Range, Range], names: tuple[str, str] = ("x", "y"),
          palette: Palette = LIGHT) -> Figure:
    """The drawn points, the only trace, on fixed axes. axes: (low, high) of x and y. names: of the axes."""
    fig = theme.figure(palette, x=names[0], y=names[1], showlegend=False)
    fig.update_xaxes(range=list(axes[0]))
    fig.update_yaxes(range=list(axes[1]))
    x, y = np.array(points, np.float32).reshape(-1, 2).T
    fig.add_scatter(x=x, y=y, mode="markers", name="yours", marker={"color": palette.accent, "size": 10},
                    hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>")
    return fig


def plane_alt(points: Sequence[tuple[float, float]], axes: tuple[Range, Range]) -> str:
    """The plane in one sentence: the number of points, the axes, and how to draw."""
    count = f"{len(points)} drawn point{'' if len(points) == 1 else 's'}"
    left, right, low, high = (written(end, "g") for ends in axes for end in ends)
    return (f"{count}, x from {left} to {right}, y from {low} to {high}. A click adds a point or takes one "
            "away; with the keyboard, arrows move a cross and Enter presses.")


def around(values: Sequence[float]) -> Range:
    """A range with round ends that contains `values` and a margin."""
    low, high = min(values), max(values)
    span = (high - low) or max(abs(high), 1.0)
    step = 10 ** math.floor(math.log10(span)) / 2
    return math.floor((low - 0.05 * span) / step) * step, math.ceil((high + 0.05 * span) / step) * step

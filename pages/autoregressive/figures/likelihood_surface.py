"""The log-likelihood over location and scale: where the density is, the maximum, and the way of gradient ascent."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.autoregressive.figures.moved_density import HEIGHT
from pages.autoregressive.figures.wording import number, short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
HERE = 3     # place of the point "here" among what `figure` draws


class Marks(NamedTuple):
    """Places on the surface: (location, scale)."""

    here: tuple[float, float]
    best: tuple[float, float]
    way: Sequence[tuple[float, float]]      # of the ascent, the first is `here`


def figure(locations: Array, scales: Array, log_lik: Array, marks: Marks, most: float, unit: str,
           palette: Palette = LIGHT) -> Figure:
    """log_lik (B, A) over locations (A,) and scales (B,), coloured by how many nats it lies below `most`."""
    fig = theme.figure(palette, x=f"location, {unit}", y=f"scale, {unit}", height=HEIGHT)
    below = np.float32(np.log2(1 + np.maximum(most - log_lik, 0)))
    fig.add_heatmap(x=np.float32(locations), y=np.float32(scales), z=-below, colorscale=theme.scale(palette),
                    showscale=False, hoverinfo="skip", zmax=0.0, zmin=-float(min(below.max(), 8.0)), zsmooth="best")
    if len(marks.way) > 1:
        way = np.array(marks.way, np.float32)
        fig.add_scatter(x=way[:, 0], y=way[:, 1], mode="lines+markers", hoverinfo="skip",
                        name=f"next {len(way) - 1} steps of ascent",
                        line={"color": palette["gap"], "width": 1.5}, marker={"color": palette["gap"], "size": 4})
    else:
        fig.add_scatter(x=[], y=[], mode="lines", showlegend=False)
    fig.add_scatter(x=[marks.best[0]], y=[marks.best[1]], mode="markers", name="maximum", hoverinfo="skip",
                    marker={"color": palette["q"], "symbol": "star", "size": 13,
                            "line": {"color": palette.paper, "width": 1}})
    fig.add_scatter(x=[marks.here[0]], y=[marks.here[1]], mode="markers", name="here", hoverinfo="skip",
                    cliponaxis=False,     # whole at the ends of the axes too
                    marker={"color": palette.accent, "size": 14, "line": {"color": palette.paper, "width": 2}})
    fig.update_xaxes(range=[float(locations[0]), float(locations[-1])], fixedrange=True)
    fig.update_yaxes(range=[float(scales[0]), float(scales[-1])], fixedrange=True)
    return fig.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 8})


def figure_alt(marks: Marks, here: float, most: float) -> str:
    """The surface in one sentence with its numbers."""
    way = f"; {len(marks.way) - 1} steps of gradient ascent are drawn" if len(marks.way) > 1 else ""
    return (f"The log-likelihood over location and scale: {number(here)} nats here, and {number(most)} at the maximum, "
            f"location {short(marks.best[0])} and scale {short(marks.best[1])}{way}.")


__all__ = ["HERE", "Marks", "figure", "figure_alt"]

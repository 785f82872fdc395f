"""Points of the data and points drawn from a model, one row each."""

import numpy as np
from numpy.typing import NDArray

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
SPREAD = 0.7     # of a row's height


def rows(data: Array, drawn: Array, label: str, palette: Palette = LIGHT) -> Figure:
    """Both rows on one axis. Heights within a row mean nothing: they keep points from covering each other.

    label: of the axis.
    """
    fig = theme.figure(palette, x=label, height=190, showlegend=False)
    for values, centre, meaning in ((data, 1.0, "data"), (drawn, 0.0, "likelihood")):
        fig.add_scatter(x=np.float32(values), y=np.float32(centre + _heights(len(values))), mode="markers",
                        marker={**theme.marker(meaning, palette, 6), "opacity": 0.7}, hoverinfo="skip")
    return fig.update_yaxes(range=[-0.6, 1.6], tickvals=[1.0, 0.0], ticktext=["data", "drawn"], showgrid=False)


def _heights(count: int) -> Array:
    """Heights in -0.35..0.35 that fill a row evenly (the golden ratio's multiples)."""
    found: Array = SPREAD * ((np.arange(count) * 0.6180339887) % 1.0 - 0.5)
    return found


def rows_alt(data: int, drawn: int, outside: int) -> str:
    """The rows in one sentence."""
    return f"{data} points of the data above {drawn} points drawn from the model; {outside} of these lie outside."

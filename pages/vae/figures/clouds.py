"""A cloud of codes on the plane with its density behind it."""

import numpy as np
from numpy.typing import ArrayLike

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

REACH = 4.0     # of both axes, where the density is drawn
HEIGHT = 300
Density = tuple[ArrayLike, ArrayLike, ArrayLike]    # z1 (G,), z2 (G,), density (G, G) as [z2, z1]


def cloud(z: ArrayLike, density: Density | None, meaning: str, palette: Palette = LIGHT, *,
          height: int = HEIGHT) -> Figure:
    """Codes (M, L) on the first two latents, the density shaded in the colour of its meaning."""
    fig = theme.figure(palette, x="z<sub>1</sub>", y="z<sub>2</sub>", height=height, showlegend=False)
    places = np.asarray(z, np.float32)
    if density is not None:
        z1, z2, values = (np.asarray(part, np.float32) for part in density)
        faded = ((0.0, theme.rgba(palette[meaning], 0)), (1.0, theme.rgba(palette[meaning], 0.9)))
        fig.add_heatmap(x=z1, y=z2, z=values, colorscale=faded, showscale=False, zsmooth="best", hoverinfo="skip",
                        name="density")
    fig.add_scatter(x=places[:, 0], y=places[:, 1], mode="markers", name="codes", hoverinfo="skip",
                    marker={"color": palette.ink, "size": 3, "opacity": 0.6})
    fig.update_xaxes(range=[-REACH, REACH])
    fig.update_yaxes(range=[-REACH, REACH], scaleanchor="x")
    fig.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return fig


def cloud_alt(z: ArrayLike, name: str) -> str:
    """Mean and spread of the codes in one sentence."""
    places = np.asarray(z, float)
    mean, spread = places.mean(0), places.std(0)
    beyond = outside(z)
    centre = ", ".join(written(float(value), ".2f") for value in mean)
    return (f"{len(places)} codes of the {name}: mean ({centre}), deviations ({spread[0]:.2f}, {spread[1]:.2f})"
            + (f"; {beyond} of them are off the axes." if beyond else "."))


def outside(z: ArrayLike) -> int:
    """How many codes (M, L) the axes do not show."""
    return int((np.abs(np.asarray(z, float)[:, :2]) > REACH).any(1).sum())

"""A true density, the nearest member of a family, the member fitted to points, and the integrand of the KL."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pages.autoregressive.figures.wording import short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]


def curves(x: Array, densities: Sequence[Array], integrand: Array, palette: Palette = LIGHT) -> Figure:
    """Three densities at x (G,), true, nearest and fitted, and the area π log(π / p).

    integrand: (G,), whose total is the KL of the nearest model.
    """
    (truth, near, fitted), fig = densities, theme.figure(palette, x="x", y="density; nats per unit of x", height=330)
    fig.add_scatter(x=np.float32(x), y=np.float32(integrand), mode="lines", fill="tozeroy", name="π log(π / p)",
                    line={"color": palette["kl"], "width": 1}, fillcolor=palette.faint("kl", 0.25), hoverinfo="skip")
    fig.add_scatter(x=np.float32(x), y=np.float32(truth), mode="lines", name="true π", hoverinfo="skip",
                    line=theme.line("evidence", palette, 2.6))
    fig.add_scatter(x=np.float32(x), y=np.float32(near), mode="lines", name="nearest p", hoverinfo="skip",
                    line={**theme.line("likelihood", palette), "dash": "solid"})
    fig.add_scatter(x=np.float32(x), y=np.float32(fitted), mode="lines", name="fitted to the points", hoverinfo="skip",
                    line={**theme.line("likelihood", palette), "dash": "dot"})
    return fig


def curves_alt(kl: float, fitted: float, points: int) -> str:
    """The figure in one sentence with its numbers."""
    return (f"The true density, the nearest member of the family with KL {short(kl, 3)} nats, and the one fitted to "
            f"{points} points with KL {short(fitted, 3)} nats.")

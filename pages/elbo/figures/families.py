"""The best q of three families over the exact posterior: a Gaussian, a histogram, and no restriction."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.elbo.figures.densities import LOG_UNIT, Q, Scene, U
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]


class Cells(NamedTuple):
    """A histogram: equal cells with their probabilities."""

    low: float
    high: float
    masses: Array       # (C,)

    @property
    def width(self) -> float:
        return (self.high - self.low) / len(self.masses)


def families(scene: Scene, gaussian: Q, cells: Cells, palette: Palette = LIGHT) -> Figure:
    """The posterior with the best Gaussian as a curve and the best histogram as steps."""
    fig = theme.figure(palette, x="z", y="density", height=300)
    fig.add_scatter(x=np.float32(scene.z), y=np.float32(scene.posterior), mode="lines", name="posterior p(z|x)",
                    fill="tozeroy", fillcolor=palette.faint("posterior"), hoverinfo="skip",
                    line=theme.line("posterior", palette, 1.8))
    edges = np.linspace(cells.low, cells.high, len(cells.masses) + 1)
    fig.add_scatter(x=np.float32(edges), y=np.float32(np.append(cells.masses, 0.0) / cells.width), mode="lines",
                    name="best histogram", hoverinfo="skip",
                    line={"color": palette["q"], "width": 2, "shape": "hv"})
    fig.add_scatter(x=np.float32(gaussian.mean + gaussian.deviation * U), name="best Gaussian", mode="lines",
                    y=np.float32(np.exp(LOG_UNIT) / gaussian.deviation), hoverinfo="skip",
                    line={"color": palette.ink, "width": 1.6, "dash": "dot"})
    return fig.update_xaxes(range=[float(scene.z[0]), float(scene.z[-1])]).update_yaxes(rangemode="tozero")


def families_alt(gaps: Mapping[str, float], cells: int) -> str:
    """The figure in one sentence. gaps: of each family, nats."""
    texts = ", ".join(f"{name} {written(gap, '.3f')} nats" for name, gap in gaps.items())
    return f"The exact posterior with the best Gaussian and the best histogram of {cells} cells. Gaps: {texts}."


__all__ = ["Cells", "families", "families_alt"]

"""Where the printed rule leads q in the toy model z ~ N(0, 1), x | z ~ N(z, 1), beside the exact posterior."""

import numpy as np
from numpy.typing import ArrayLike

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Place = tuple[float, float]     # mean and variance of q


def paths(printed: ArrayLike, corrected: ArrayLike, ends: tuple[Place, Place], n: int, palette: Palette = LIGHT, *,
          height: int = 320) -> Figure:
    """Mean and variance of q along both rules, (S, 2) each, and the two closed-form ends, printed first."""
    fig = theme.figure(palette, x="mean of q", y="variance of q", height=height)
    for path, name, dash in ((printed, f"as printed, n = {n}", "dash"), (corrected, "corrected", "solid")):
        place = np.asarray(path, np.float32)
        fig.add_scatter(x=place[:, 0], y=place[:, 1], mode="lines", name=name,
                        line={**theme.line("q", palette), "dash": dash})
    fig.add_scatter(x=[0.0], y=[1.0], mode="markers", marker=theme.marker("prior", palette, 11), name="prior")
    names = "closed form, as printed", "exact posterior"
    for (mean, variance), name, meaning in zip(ends, names, ("evidence", "posterior"), strict=True):
        fig.add_scatter(x=[mean], y=[variance], mode="markers", name=name,
                        marker={"color": palette[meaning], "symbol": "x", "size": 12},
                        hovertemplate=f"{name}: mean %{{x:.3f}}, variance %{{y:.4f}}<extra></extra>")
    fig.update_yaxes(rangemode="tozero")
    return fig


def paths_alt(ends: tuple[Place, Place], n: int) -> str:
    """The two ends in one sentence."""
    (mean, variance), (exact, spread) = ends
    return (f"As printed with n = {n}, q ends at mean {written(mean, '.2f')} and variance {variance:.4f}; the exact "
            f"posterior has mean {written(exact, '.2f')} and variance {spread:.2f}.")

"""Figure of two groupings of the same points: EM's and that of k-means."""

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures import components
from pages.gmm.figures.plane import Theta, ellipse
from ui.figures import spec, theme
from ui.figures.axis_ends import far_ticks
from ui.figures.encoding import numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]
Groups = NDArray[np.integer]


def side_by_side(x: Array, theta: Theta, em_labels: Groups, kmeans_labels: Groups | None, kmeans_means: Array, *,
                 soft: Array | None = None, columns: tuple[str, str] = ("x", "y"), palette: Palette = LIGHT) -> Figure:
    """EM's most responsible components and k-means' groups of the same points, side by side.

    kmeans_labels: None while they are the answer to a question: the points are grey. soft: (N,) the largest
    responsibility of the round components for each point, shown as opacity.
    """
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=400, showlegend=False, margin={"t": 40})
    fig.split((1, 1), gap=0.04, shared_y=True, titles=("EM", "k-means"))
    for column, labels, sure in ((1, em_labels, None), (2, kmeans_labels, soft)):
        for k in range(len(theta.means) if labels is not None else 1):
            rows = np.ones(len(x), bool) if labels is None else labels == k
            look = ({"color": palette["data"], "symbol": "circle"} if labels is None else
                    {"color": components.colour(k, palette), "symbol": components.marker(k)})
            fig.add_scatter(x=numbers(x[rows, 0]), y=numbers(x[rows, 1]), mode="markers", hoverinfo="skip",
                            name="points" if labels is None else f"group {k + 1}",
                            marker={**look, "size": 6}, **spec.on(column))
            if sure is not None:
                opacity = np.float32(0.15 + 0.85 * _above_chance(sure[rows], len(theta.means)))
                fig.data[-1]["marker"]["opacity"] = opacity
                fig.data[-1]["meta"] = {"columns": {"largest responsibility": numbers(sure[rows])}}
    for k in range(len(theta.means)):
        path = ellipse(theta.means[k], theta.covs[k], 2.0)
        fig.add_scatter(x=numbers(path[:, 0]), y=numbers(path[:, 1]), mode="lines", hoverinfo="skip",
                        name=f"component {k + 1}", line={"color": components.colour(k, palette)}, **spec.on(1))
    fig.add_scatter(x=numbers(kmeans_means[:, 0]), y=numbers(kmeans_means[:, 1]), mode="markers",
                    hoverinfo="skip", name="means of k-means",
                    marker={"symbol": "x", "size": 13, "color": palette.ink}, **spec.on(2))
    low, high = x.min(0).tolist(), x.max(0).tolist()
    return fig.update_xaxes(**far_ticks(low[0], high[0])).update_yaxes(**far_ticks(low[1], high[1]))


def _above_chance(sure: Array, k: int) -> Array:
    """0 for a point that belongs to all K alike, 1 for one that belongs to one of them."""
    return np.ones(len(sure)) if k == 1 else ((sure - 1 / k) / (1 - 1 / k)).clip(0, 1)


def side_by_side_alt(changed: int | None, agreement: float, n: int, unsure: int) -> str:
    """What `side_by_side` shows, in words. changed: None while it is the answer to a question."""
    if changed is None:
        return (f"{n} points grouped by EM, and beside them the same {n} points with the means of k-means; {unsure} "
                "points have no responsibility above 0.99.")
    return (f"The same {n} points grouped by EM and by k-means: {changed} points change group, adjusted Rand index "
            f"{written(agreement, '.2f')}; {unsure} points have no responsibility above 0.99.")

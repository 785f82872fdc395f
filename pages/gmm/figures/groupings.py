"""Figure of two groupings of the same points: EM's and that of k-means."""

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures.plane import Theta, ellipse
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
Groups = NDArray[np.integer]


def side_by_side(x: Array, theta: Theta, em_labels: Groups, kmeans_labels: Groups, kmeans_means: Array, *,
                 columns: tuple[str, str] = ("x", "y"), palette: Palette = LIGHT) -> Figure:
    """EM's most responsible components and k-means' groups of the same points, side by side."""
    fig = theme.figure(palette, x=columns[0], y=columns[1], showlegend=False, margin={"t": 40})
    fig.split((1, 1), gap=0.04, shared_y=True, titles=("EM: most responsible component", "k-means: nearest mean"))
    for column, labels in ((1, em_labels), (2, kmeans_labels)):
        for k in range(len(theta.means)):
            rows = labels == k
            fig.add_scattergl(x=np.float32(x[rows, 0]), y=np.float32(x[rows, 1]), mode="markers",
                              hoverinfo="skip", marker={"color": palette.classes[k % 10], "size": 5,
                                                        "symbol": theme.CLASS_MARKERS[k % 10]}, **spec.on(column))
    for k in range(len(theta.means)):
        path = ellipse(theta.means[k], theta.covs[k], 2.0)
        fig.add_scatter(x=path[:, 0], y=path[:, 1], mode="lines", hoverinfo="skip",
                        line={"color": palette.classes[k % 10]}, **spec.on(1))
    fig.add_scatter(x=np.float32(kmeans_means[:, 0]), y=np.float32(kmeans_means[:, 1]), mode="markers",
                    hoverinfo="skip", marker={"symbol": "x", "size": 13, "color": palette.ink}, **spec.on(2))
    return fig


def side_by_side_alt(agreement: float, changed: int, n: int) -> str:
    """What `side_by_side` shows, in words."""
    return (f"The same {n} points grouped by EM and by k-means: {changed} points change group, adjusted Rand index "
            f"{agreement:.2f}.")

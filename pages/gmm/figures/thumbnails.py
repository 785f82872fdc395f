"""Small pictures of points and ellipses."""

import numpy as np

from pages.gmm.figures import components
from pages.gmm.figures.plane import Array, Labels, Theta, bounds_of, ellipse
from ui.figures import theme
from ui.figures.encoding import numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

HEIGHT = 200
APART = 0.09     # between two numbers, as a share of the picture's sides


def numbered(means: Array, span: Array) -> list[int]:
    """The components whose numbers can be written without touching those before. span: (2,) sides of the picture."""
    kept: list[int] = []
    for k, mean in enumerate(means):
        if all((np.abs(mean - means[other]) / span).max() > APART for other in kept):
            kept.append(k)
    return kept


def clusters(x: Array, resp: Array, theta: Theta, columns: Labels = ("x", "y"), palette: Palette = LIGHT) -> Figure:
    """Points (N, 2) in the colours of their most responsible components, ellipses of 2 standard deviations."""
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=HEIGHT, showlegend=False, hovermode=False,
                       margin={"l": 2, "r": 2, "t": 2, "b": 2})
    hues = np.array(components.colours(len(theta.weights), palette))
    strongest = resp.argmax(1)
    fig.add_scatter(x=numbers(x[:, 0]), y=numbers(x[:, 1]), mode="markers",
                    marker={"color": hues[strongest].tolist(), "size": 4, "opacity": 0.7})
    for k, mean in enumerate(theta.means):
        path = ellipse(mean, theta.covs[k], 2.0)
        fig.add_scatter(x=numbers(path[:, 0]), y=numbers(path[:, 1]), mode="lines", line={"color": hues[k], "width": 2})
    (x0, y0), (x1, y1) = bounds_of(x, theta)
    for k in numbered(theta.means, np.array([x1 - x0, y1 - y0])):
        fig.add_annotation(x=float(theta.means[k][0]), y=float(theta.means[k][1]), text=f"<b>{k + 1}</b>",
                           showarrow=False, bgcolor=palette.paper, borderpad=1, opacity=0.9,
                           font={"size": 12, "color": hues[k]})
    fig.update_xaxes(range=[float(x0), float(x1)], nticks=5)
    return fig.update_yaxes(range=[float(y0), float(y1)], nticks=5)

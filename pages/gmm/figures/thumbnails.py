"""Small pictures of points and ellipses."""

import numpy as np

from pages.gmm.figures import components
from pages.gmm.figures.plane import Array, Theta, bounds_of, ellipse
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

HEIGHT = 170


def clusters(x: Array, resp: Array, theta: Theta, palette: Palette = LIGHT) -> Figure:
    """Points (N, 2) in the colours of their most responsible components, ellipses of 2 standard deviations."""
    fig = theme.figure(palette, height=HEIGHT, showlegend=False, hovermode=False,
                       margin={"l": 2, "r": 2, "t": 2, "b": 2})
    hues = np.array(components.colours(len(theta.weights), palette))
    strongest = resp.argmax(1)
    fig.add_scatter(x=np.float32(x[:, 0]), y=np.float32(x[:, 1]), mode="markers",
                    marker={"color": hues[strongest].tolist(), "size": 4, "opacity": 0.7})
    for k, mean in enumerate(theta.means):
        path = ellipse(mean, theta.covs[k], 2.0)
        fig.add_scatter(x=path[:, 0], y=path[:, 1], mode="lines", line={"color": hues[k], "width": 2})
        fig.add_annotation(x=float(mean[0]), y=float(mean[1]), text=f"<b>{k + 1}</b>", showarrow=False,
                           font={"size": 13, "color": palette.ink})
    (x0, y0), (x1, y1) = bounds_of(x, theta)
    fig.update_xaxes(range=[float(x0), float(x1)], showticklabels=False)
    return fig.update_yaxes(range=[float(y0), float(y1)], showticklabels=False)

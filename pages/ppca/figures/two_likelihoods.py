"""The complete and the incomplete likelihood of the same points, in two figures of one scale."""

import numpy as np
from torch import Tensor

from dgm.ppca.model import Draw, Params, decode
from pages.ppca.figures import point_clouds
from pages.ppca.figures.geometry import ellipse, model_cov
from pages.ppca.figures.point_clouds import ROOM
from ui.figures import spec
from ui.figures.encoding import numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette, figure
from ui.figures.theme import line as stroke
from ui.figures.written import written

HEIGHT = 330


def complete(drawn: Draw, theta: Params, palette: Palette = LIGHT) -> Figure:
    """Points with their known z: each is tied to the place of its z on the fitted line."""
    fig = figure(palette, x="x₁", y="x₂", height=HEIGHT, margin=ROOM)
    pairs = np.full((len(drawn.x) * 3, 2), np.nan)
    pairs[0::3], pairs[1::3] = drawn.x, decode(drawn.z, theta)
    ties = numbers(pairs)
    fig.add_traces([
        point_clouds.points(drawn.x, palette, "x"),
        spec.scatter(x=ties[:, 0], y=ties[:, 1], mode="lines", line=stroke("likelihood", palette, 1),
                     name="to Wz + μ of its known z", hoverinfo="skip"),
        point_clouds.model_traces(drawn.x, theta, palette)[1]])
    return point_clouds.same_unit(fig, point_clouds.ranges(drawn.x))


def incomplete(x: Tensor, theta: Params, palette: Palette = LIGHT) -> Figure:
    """The same points without z: every z that could have made them is averaged, which gives the ellipses p(x)."""
    fig = figure(palette, x="x₁", y="x₂", height=HEIGHT, margin=ROOM)
    fig.add_trace(point_clouds.points(x, palette, "x"))
    for deviations in (1, 2):
        ring = ellipse(theta.mean, model_cov(theta), deviations)
        fig.add_scatter(x=ring[:, 0], y=ring[:, 1], mode="lines", line=stroke("evidence", palette, 1.6),
                        name="p(x), 1 and 2 deviations", legendgroup="p", showlegend=deviations == 1, hoverinfo="skip")
    fig.add_trace(point_clouds.model_traces(x, theta, palette)[1])
    return point_clouds.same_unit(fig, point_clouds.ranges(x))


def complete_alt(count: int, log_lik: float) -> str:
    """The numbers of `complete` in a sentence."""
    return (f"{count} points, each tied to the place of its known z on the line; the complete log-likelihood is "
            f"{written(log_lik, '.3f')} nats per point.")


def incomplete_alt(count: int, log_lik: float) -> str:
    """The numbers of `incomplete` in a sentence."""
    return (f"The same {count} points without z, and the ellipses of p(x); the incomplete log-likelihood is "
            f"{written(log_lik, '.3f')} nats per point.")

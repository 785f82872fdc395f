"""The PCA model with one latent in the plane, above the axis of z; `follow` is what the browser fits by itself."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm.ppca.model import Draw, Params, decode, log_prob
from pages.ppca.figures import point_clouds
from pages.ppca.figures.geometry import ellipse, half_length
from ui.figures import spec
from ui.figures.encoding import numbers
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette, figure, marker
from ui.figures.theme import line as stroke
from ui.figures.written import written

HEIGHT = 440
STRIP, ABOVE = 0.13, 0.06     # shares of the figure's height: the axis of z, the line of text
Z_RANGE = 3.25
DIAMOND = 15         # pixels


class Drawn(NamedTuple):
    """The figure, the numbers of its traces by name, and what follow.js needs."""

    figure: Figure
    at: dict[str, int]
    follow: Json


def draw(x: Tensor, theta: Params, draws: Draw, z: float, palette: Palette = LIGHT, *, shown: Tensor,
         draggable: Sequence[int], axes: Sequence[str] = ("x₁", "x₂"), share: float = 1.0) -> Drawn:
    """A cloud, its line, noise and p(x); below it the axis of z with the prior, and z's place on the line.

    x (N, 2). theta: q = 1. draws: new points of the model. z: of the strip. shown (M, 2): the points before any
    was dragged, which set the axes' ranges. draggable: indices of the ringed points. share: of the most likely noise
    variance, that theta has.
    """
    window = point_clouds.ranges(point_clouds.with_contour(shown, share), torch.cat([x, draws.x]))
    traces = {**_model(x, theta, shown, palette), **_draws(draws, palette), "ring": _ring(x, draggable, palette),
              **_strip(palette, z), **_place(theta, z, palette), "text": _text(x, theta, palette)}
    fig = figure(palette, x=axes[0], y=axes[1], height=HEIGHT)
    fig.add_traces([*traces.values()])
    point_clouds.same_unit(fig, window)
    _panels(fig)
    at = {name: number for number, name in enumerate(traces)}
    noise = (draws.x - draws.decoded) / math.sqrt(float(theta.sigma2)) if float(theta.sigma2) else draws.x * 0
    follow: Json = {"kind": "line", "at": at, "indices": list(draggable), "share": share, "half": half_length(shown),
                    "draws": {"z": draws.z[:, 0].tolist(), "noise": noise.tolist()}}
    return Drawn(fig, at, follow)


def _model(x: Tensor, theta: Params, shown: Tensor, palette: Palette) -> dict[str, Json]:
    band, line, contour = point_clouds.model_traces(shown, theta, palette)
    contour["name"] = "p(x)"
    return {"band": band, "data": point_clouds.points(x, palette), "line": line, "contour": contour}


def _draws(draws: Draw, palette: Palette) -> dict[str, Json]:
    if not len(draws.x):
        return {}
    return dict(zip(("path", "decoded", "drawn"), point_clouds.draw_traces(draws, palette), strict=True))


def _strip(palette: Palette, z: float) -> dict[str, Json]:
    """The prior's density over z, to scale, and z below it."""
    grid = np.linspace(-Z_RANGE, Z_RANGE, 81)
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    return {
        "prior": spec.scatter(x=numbers(grid), y=numbers(density), mode="lines", fill="tozeroy", hoverinfo="skip",
                              line=stroke("prior", palette, 1.6), fillcolor=palette.faint("prior"),
                              name="prior p(z)", **spec.on(2)),
        "z": spec.scatter(x=[z], y=[0.0], mode="markers", name="z", showlegend=False, hoverinfo="skip",
                          cliponaxis=False, marker=_diamond(palette), **spec.on(2)),
    }


def _diamond(palette: Palette) -> Json:
    return {**marker("reconstruction", palette, DIAMOND), "symbol": "diamond",
            "line": {"width": 1.5, "color": palette.paper}}


def _place(theta: Params, z: float, palette: Palette) -> dict[str, Json]:
    """Wz + mu on the line, and the disc of 2 deviations of noise around it."""
    centre = decode(theta.mean.new_tensor([[z]]), theta)[0]
    disc = ellipse(centre, float(theta.sigma2) * np.eye(2))
    return {
        "disc": spec.scatter(x=disc[:, 0], y=disc[:, 1], mode="lines", fill="toself", hoverinfo="skip",
                             line=stroke("likelihood", palette, 1.6), fillcolor=palette.faint("likelihood", 0.35),
                             name="p(x | z)"),
        "place": spec.scatter(x=numbers(centre[:1]), y=numbers(centre[1:]), mode="markers", name="Wz + μ of this z",
                              showlegend=False, hoverinfo="skip", marker=_diamond(palette)),
    }


def _text(x: Tensor, theta: Params, palette: Palette) -> Json:
    """log p in a panel of its own above the cloud: no point can be dragged below it."""
    value = written(float(log_prob(x, theta).mean())) if float(theta.sigma2) > 0 else "−∞"
    return spec.scatter(x=[0.0], y=[0.5], mode="text", meta="words", text=[f"log p(x|θ) = {value} nats per point"],
                        textposition="middle right", name="log p", showlegend=False, hoverinfo="skip",
                        cliponaxis=False, **spec.on(3),
                        textfont={"color": palette["evidence"], "size": 14})


def _ring(x: Tensor, draggable: Sequence[int], palette: Palette) -> Json:
    ringed = numbers(x[list(draggable)])
    return spec.scatter(x=ringed[:, 0], y=ringed[:, 1], mode="markers", name="drag me", hoverinfo="skip",
                        showlegend=False, meta="handle",
                        marker={**marker("held-out", palette, 12), "line": {"width": 2}})


def _panels(fig: Figure) -> None:
    """The strip below the cloud, and the line of text above it."""
    x, y = fig.layout["xaxis"], fig.layout["yaxis"]
    fig.update_layout(
        yaxis={"domain": [STRIP + 0.18, 1 - ABOVE]},
        xaxis2={**x, "range": [-Z_RANGE, Z_RANGE], "anchor": "y2", "title": {**x["title"], "text": "z"}, "dtick": 1,
                "layer": "below traces"},
        yaxis2={**{name: value for name, value in y.items() if name not in ("title", "scaleanchor")},
                "domain": [0, STRIP], "anchor": "x2", "range": [0, 0.45], "visible": False},
        xaxis3={"range": [0, 1], "visible": False, "anchor": "y3"},
        yaxis3={"range": [0, 1], "visible": False, "anchor": "x3", "domain": [1 - ABOVE, 1]},
        margin={"b": 46})


def alt(x: Tensor, theta: Params, draws: Draw, z: float) -> str:
    """The numbers of the figure in a sentence."""
    place: Any = decode(theta.mean.new_tensor([[z]]), theta)[0].tolist()
    return (f"{point_clouds.cloud_alt(x, theta, draws)} Below it the axis of z with its prior: z = {written(z, '.2f')} "
            f"lies at ({written(place[0], '.3g')}, {written(place[1], '.3g')}) on the line.")

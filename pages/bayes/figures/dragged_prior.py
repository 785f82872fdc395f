"""A coin's prior that is dragged: its figures, and the tables of dgm in which follow.js looks the other curves up."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import bayes
from pages.bayes.figures import theorem
from pages.bayes.figures.numbers import float32
from pages.bayes.state import COUNTS
from ui.figures import spec
from ui.figures.axis_ends import kept_top, steady_top
from ui.figures.spec import Figure, Json
from ui.figures.theme import LIGHT, Palette, line, marker

MOST_HEIGHTS = 60             # of a drawn prior, that have a table each
NODES = 32                    # of the tables, along each count
HANDLE = 14                   # pixels
AXES = ("yaxis", "yaxis2", "yaxis3")
CURVES = ("prior", "posterior", "likelihood", "joint")   # in the order of `theorem.theorem_curves`


class Dragged(NamedTuple):
    """A figure, the number of the trace that is dragged, and what follow.js needs."""

    figure: Figure
    handle: int
    follow: Json
    tops: Mapping[str, float]   # of the vertical axes


def beta_curves(curves: bayes.Curves, prior: bayes.BetaBernoulli, data: Tensor | bayes.Counts,
                palette: Palette = LIGHT, before: Mapping[str, float] | None = None) -> Dragged:
    """`theorem.theorem_curves` of a coin with a point on the prior, at its mean, that is dragged.

    Sideways it moves the mean of the prior, upwards it makes the prior narrower. before: tops of the axes as
    they were shown last, which stay where the new curves fit.
    """
    fig = theorem.theorem_curves(curves, palette=palette)
    counts, mean = _counted(data), prior.a / (prior.a + prior.b)
    place = [mean, float(prior.log_prob([mean]).exp())]
    fig.add_scatter(x=[place[0]], y=[place[1]], mode="markers", name="drag me", showlegend=False, hoverinfo="skip",
                    cliponaxis=False,
                    marker=marker("prior", palette, HANDLE) | {"line": {"width": 2, "color": palette.paper}})
    density = fig.layout["yaxis"]        # a prior that goes to infinity is cut, and never below the point
    density["range"] = [0, max(density["range"][1], steady_top(1.04 * place[1]))]
    tops = {name: kept_top((before or {}).get(name, 0.0), fig.layout[name]["range"][1]) for name in AXES}
    for name, top in tops.items():
        fig.layout[name]["range"] = [0, top]
    words = fig.layout.pop("annotations")[0]["text"]
    fig.add_scatter(x=[fig.layout["xaxis"]["range"][0]], y=[fig.layout["yaxis3"]["range"][1]], mode="text",
                    meta="words", text=[words], textposition="top right", yaxis="y3", name="evidence", showlegend=False,
                    hoverinfo="skip", cliponaxis=False, textfont={"color": palette["evidence"]})
    at = {name: number for number, name in enumerate((*CURVES, "handle", "text"))}
    return Dragged(fig, at["handle"], {
        "kind": "beta", "at": at, "drawn": {"a": prior.a, "b": prior.b, "place": place}, "heads": counts.heads,
        "tails": counts.tails, "least": COUNTS[0], "most": COUNTS[1], "words": words[:words.rindex("= ") + 2],
        "unit": _joint_over_product(fig), "prior": _peaks(0.0, 0.0), "posterior": _peaks(counts.heads, counts.tails)},
        tops)


def _counted(data: Tensor | bayes.Counts) -> bayes.Counts:
    if isinstance(data, bayes.Counts):
        return data
    heads = float(data.sum())
    return bayes.Counts(heads, len(data) - heads)


def _joint_over_product(fig: Figure) -> float:
    """The drawn likelihood x prior divided by the product of the drawn curves: a power of ten."""
    prior, _, likelihood, joint = (np.asarray(trace["y"], np.float64) for trace in fig.data[:4])
    best = int(joint.argmax())
    return float(joint[best] / (prior[best] * likelihood[best]))


@lru_cache(maxsize=64)
def _peaks(heads: float, tails: float) -> np.ndarray:
    """log density of Beta(a + heads, b + tails) at its mean, (NODES, NODES), for a and b along `COUNTS`."""
    counts = torch.logspace(np.log10(COUNTS[0]), np.log10(COUNTS[1]), NODES, dtype=torch.float64)
    return bayes.log_density_at_mean(counts + heads, counts + tails).numpy()


def heights_follow(count: int, data: Tensor | bayes.Counts, grid: Tensor) -> Json:
    """For follow.js: the tables of the posterior of any prior that joins `count` heights, at the places `grid` (G,).

    Such a prior is a sum of hats, one for each height: its area and its evidence are sums over the same hats.
    """
    knots = torch.eye(count, dtype=torch.float64)
    hats = [bayes.histogram_prior(knot.tolist()) for knot in knots]
    shares = torch.tensor([0.5, *[1.0] * (count - 2), 0.5], dtype=torch.float64)   # of the area below each hat
    log_evidences = torch.tensor([hat.log_evidence(data) for hat in hats], dtype=torch.float64)
    top = float(log_evidences.max())
    likelihood = (hats[0].log_likelihood(grid, data) - top).exp()
    return {"kind": "heights", "at": {"heights": 0, "posterior": 1}, "grid": float32(grid),
            "likelihood": float32(likelihood), "area": shares.tolist(),
            "evidence": (shares * (log_evidences - top).exp()).tolist()}


def add_posterior(fig: Figure, heights: Tensor, data: Tensor | bayes.Counts, palette: Palette = LIGHT) -> Json | None:
    """Add the posterior to `editable.prior_heights`, on the scale of the heights; what follow.js needs to move it.

    None for more heights than MOST_HEIGHTS, without a posterior.
    """
    if len(heights) > MOST_HEIGHTS:
        return None
    grid = torch.linspace(0, 1, 121, dtype=torch.float64)
    follow = heights_follow(len(heights), data, grid)
    knots = np.linspace(0, 1, len(heights))
    prior = np.interp(grid.numpy(), knots, heights.numpy())
    area, evidence = (float(np.dot(heights.numpy(), follow[name])) for name in ("area", "evidence"))
    scale = area / evidence if evidence else 0.0
    fig.add_trace(spec.scatter(x=float32(grid), y=np.float32(prior * follow["likelihood"] * scale), mode="lines",
                               name="posterior", line=line("posterior", palette), hoverinfo="skip"))
    return follow

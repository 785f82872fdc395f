"""The numbers behind the lesson's pictures: Bayes' theorem along one theta, over a plane, and on a re-labelled axis."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.bayes.base import NoMaximumError
from dgm.bayes.discrete import BetaBernoulli, coordinate
from dgm.bayes.histogram_prior import DrawnPrior
from dgm.bayes.mixture import MixturePrior
from dgm.bayes.normal import Estimate, NormalInverseGamma, NormalNormal

Coin = BetaBernoulli | MixturePrior | DrawnPrior              # beliefs about a probability p
Line = BetaBernoulli | NormalNormal | MixturePrior | DrawnPrior  # about one number


class Curves(NamedTuple):
    """Bayes' theorem along theta, ready to draw: posterior = likelihood x prior / evidence."""

    theta: Tensor        # (G,) increasing
    prior: Tensor        # (G,) density
    likelihood: Tensor   # (G,) divided by its highest value, e^log_top
    joint: Tensor        # (G,) likelihood (so divided) x prior; the area under it is `area`
    posterior: Tensor    # (G,) density
    log_top: float       # ln of the highest likelihood, nats
    log_evidence: float  # ln p(X), nats
    area: float          # p(X) / e^log_top: the shaded area in the figure's units


def curves(prior: Line, data: Any, points: int = 201) -> Curves:
    """All four at once on a grid that is fine where the prior or the posterior has its mass."""
    after = prior.posterior(data)
    theta = _grid(prior, after, points)
    log_likelihood = prior.log_likelihood(theta, data)
    log_top = float(log_likelihood.max())
    log_evidence = prior.log_evidence(data)
    density, likelihood = prior.log_prob(theta).exp(), (log_likelihood - log_top).exp()
    return Curves(theta, density, likelihood, density * likelihood, after.log_prob(theta).exp(),
                  log_top, log_evidence, math.exp(log_evidence - log_top))


def _grid(prior: Line, after: Line, points: int) -> Tensor:
    if isinstance(prior, DrawnPrior):
        return prior.p[:: max(1, len(prior.p) // (2 * points))]
    assert not isinstance(after, DrawnPrior)
    levels = torch.special.ndtr(torch.linspace(-6, 6, points, dtype=torch.float64))
    dense = torch.cat([prior.quantile(levels), after.quantile(levels)])
    if prior.axes[0] == "p":
        even = (torch.arange(points, dtype=torch.float64) + 0.5) / points
        dense = dense[(dense > 1e-9) & (dense < 1 - 1e-9)]
    else:
        even = torch.linspace(float(dense.min()), float(dense.max()), points, dtype=torch.float64)
    return torch.cat([dense, even]).sort().values


class AxisView(NamedTuple):
    """One belief about a coin, drawn over one axis phi(p)."""

    axis: str
    at: Tensor                  # (G,) values of phi
    density: Tensor             # (G,) density over phi
    map_at: float | None        # phi of the highest point; None where there is none
    map_p: float | None         # the same point as a probability
    note: str                   # why there is none, or ""
    predictive_at: float        # phi of the predictive
    predictive: float           # p(x = 1), the same on every axis


def axis_view(belief: Coin, axis: str, points: int = 401) -> AxisView:
    """The density over `axis`, where its MAP lies, and the predictive, which does not move."""
    p = _between(belief, points)
    try:
        best, note = belief.map(axis), ""
    except NoMaximumError as none:
        best, note = None, str(none)
    predictive = float(belief.predictive().mean)
    place = {value: float(coordinate(torch.tensor(value, dtype=torch.float64), axis))
             for value in (best, predictive) if value is not None}
    at_edge = best is not None and not math.isfinite(place[best])
    return AxisView(axis, coordinate(p, axis), belief.log_prob(p, axis).exp(),
                    None if best is None or at_edge else place[best], best, note, place[predictive], predictive)


def _between(belief: Coin, points: int) -> Tensor:
    """Points p in (0, 1), even in logit p and even in p, and dense where the belief is."""
    even = (torch.arange(points, dtype=torch.float64) + 0.5) / points
    if isinstance(belief, DrawnPrior):
        return even
    levels = torch.special.ndtr(torch.linspace(-5, 5, points, dtype=torch.float64))
    spread = torch.sigmoid(torch.linspace(-8, 8, points, dtype=torch.float64))
    p = torch.cat([even, spread, belief.quantile(levels)]).sort().values
    low, high = (float(end) for end in belief.quantile([0.001, 0.999])[[0, -1]])
    return p[(p >= min(low, 3e-4)) & (p <= max(high, 1 - 3e-4)) & (p > 0) & (p < 1)]


class Plane(NamedTuple):
    """Bayes' theorem over two unknowns of a normal, (mu, s); log densities over (mu, ln s2), each minus its highest."""

    mu: Tensor                # (G,)
    s: Tensor                 # (H,) deviations, even in ln s
    prior: Tensor             # (G, H)
    likelihood: Tensor        # (G, H)
    posterior: Tensor         # (G, H)
    log_evidence: float       # nats


def plane(prior: NormalInverseGamma, data: Any, size: int = 61) -> Plane:
    """Log prior, likelihood and posterior over a (mu, s) window that holds the posterior and most of the prior."""
    after = prior.posterior(data)
    reach = [(belief.m - width, belief.m + width) for belief in (prior, after)
             for width in [4 * math.sqrt(belief.b / belief.a / belief.k)]]
    mu = torch.linspace(min(r[0] for r in reach), max(r[1] for r in reach), size, dtype=torch.float64)
    low = min(belief.spread(0.01) for belief in (prior, after))
    high = max(belief.spread(0.95) for belief in (prior, after))
    s2 = torch.logspace(math.log10(low), math.log10(high), size, dtype=torch.float64)
    theta = torch.stack(torch.meshgrid(mu, s2, indexing="ij"), -1)
    return Plane(mu, s2.sqrt(), _below_top(prior.log_prob(theta, "log s2")),
                 _below_top(prior.log_likelihood(theta, data)), _below_top(after.log_prob(theta, "log s2")),
                 prior.log_evidence(data))


def _below_top(log_values: Tensor) -> Tensor:
    return log_values - log_values.max()


def level(log_mass: Tensor, inside: float) -> float:
    """The log mass of the contour that holds the share `inside` of a gridded density (highest density region)."""
    ordered = log_mass.reshape(-1).sort(descending=True).values
    shares = ordered.exp().cumsum(0) / ordered.exp().sum()
    return float(ordered[int((shares < inside).sum().clamp(max=len(ordered) - 1))])


class Balance(NamedTuple):
    """Bayes' theorem at one theta, in nats: posterior = likelihood + prior - evidence."""

    theta: float
    log_posterior: float
    log_likelihood: float
    log_prior: float
    log_evidence: float


def balance(prior: Line, data: Any, theta: float) -> Balance:
    """ln p(theta | X) = ln p(X | theta) + ln p(theta) - ln p(X), each term by its own formula."""
    at = torch.tensor([theta], dtype=torch.float64)
    return Balance(theta, float(prior.posterior(data).log_prob(at)), float(prior.log_likelihood(at, data)),
                   float(prior.log_prob(at)), prior.log_evidence(data))


class History(NamedTuple):
    """A belief after 0 .. n observations, along one theta."""

    theta: Tensor            # (G,)
    densities: list[Tensor]  # n + 1 of (G,)
    gains: list[float]       # n one-step log predictives, nats


def history(prior: Any, data: Any, points: int = 121) -> History | None:
    """The belief about p, theta or mu after each observation; None for a belief that has no such line."""
    if not isinstance(prior, Line | NormalInverseGamma):
        return None
    updates = list(prior.updates(data))
    beliefs = [prior, *(update.belief for update in updates)]
    theta = _grid(prior, prior.posterior(data), points) if isinstance(prior, Line) else _around(beliefs, points)
    theta = theta[:: max(1, len(theta) // (2 * points))]
    gains = [update.log_predictive for update in updates]
    return History(theta, [_density(belief, theta) for belief in beliefs], gains)


def _around(beliefs: list[Any], points: int) -> Tensor:
    """Centres mu that hold the last belief and the middle of the first."""
    ends = [belief.m + sign * 5 * math.sqrt(belief.b / belief.a / belief.k)
            for belief in (beliefs[0], beliefs[-1]) for sign in (-1, 1)]
    return torch.linspace(min(ends), max(ends), 2 * points, dtype=torch.float64)


def _density(belief: Any, theta: Tensor) -> Tensor:
    about = belief.centre() if isinstance(belief, NormalInverseGamma) else belief
    return about.log_prob(theta).exp()


class MapRow(NamedTuple):
    """The highest point of a belief over one axis, as theta; or why there is none."""

    axis: str
    theta: Any
    note: str


def map_rows(belief: Any) -> list[MapRow]:
    """The MAP over each axis of `belief.axes`."""
    rows = []
    for axis in belief.axes:
        try:
            rows.append(MapRow(axis, belief.map(axis), ""))
        except NoMaximumError as none:
            rows.append(MapRow(axis, None, str(none)))
    return rows


def first_number(theta: Any) -> float | None:
    """What is compared between axes: p or theta itself, s2 of a normal, the first of several; None if none."""
    if theta is None:
        return None
    if isinstance(theta, Estimate):
        return theta.s2
    return float(torch.as_tensor(theta, dtype=torch.float64).reshape(-1)[0])

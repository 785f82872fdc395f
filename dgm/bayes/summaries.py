"""Posteriors as numbers along a line, over a plane and over other coordinates: grids of densities, and single terms.

    log p(theta | X) = log p(X | theta) + log p(theta) - log p(X)
Slides "Bayes theorem", "Bayesian inference" and "Maximum a posteriori (MAP)".
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer, as_number, require_kind
from dgm.bayes.base import Belief, NoMaximumError, as_places
from dgm.bayes.discrete import AXES, BetaBernoulli, coordinate
from dgm.bayes.histogram import HistogramPrior
from dgm.bayes.mixture import MixturePrior
from dgm.bayes.normal import NormalInverseGamma, NormalNormal
from dgm.errors import ArgumentError, DataError

Coin = BetaBernoulli | MixturePrior | HistogramPrior              # beliefs about a probability p
Line = BetaBernoulli | NormalNormal | MixturePrior | HistogramPrior  # about one number

MOST_POINTS = 100_000
MOST_PLANE = 2_000
FARTHEST = 1e6     # factor by which the plane of (mu, s2) passes the posterior's s2, however vague the prior
EDGE = 3e-4   # p and 1 - p down to here are on the grid of `axis_view`, whatever the belief


class Curves(NamedTuple):
    """Bayes' theorem along theta: posterior = likelihood x prior / evidence."""

    theta: Tensor        # (G,) increasing
    prior: Tensor        # (G,) density
    likelihood: Tensor   # (G,) divided by its maximum, e^max_log_likelihood
    joint: Tensor        # (G,) likelihood (so divided) x prior; its integral is `area`
    posterior: Tensor    # (G,) density
    max_log_likelihood: float  # over the grid, nats
    log_evidence: float  # log p(X), nats
    area: float          # p(X) / e^max_log_likelihood


def curves(prior: Line, data: Any, points: int = 201) -> Curves:
    """Prior, likelihood, their product and the posterior on one grid, dense where the prior or posterior has its mass.

    prior: a belief about one number; data: its data; points: of each part of the grid, which has about 3 times as many,
    2 to 100,000. DataError when the data do not fit, ArgumentError for the rest.

    >>> import torch
    >>> from dgm import bayes
    >>> found = bayes.curves(bayes.BetaBernoulli(2, 2), [1, 1, 0])
    >>> round(float(torch.trapezoid(found.joint, found.theta) / found.area), 3)
    1.0
    """
    require_kind(prior, "prior", Line, "a belief about one number")
    points = as_integer(points, "points", 2, MOST_POINTS)
    after = prior.posterior(data)
    theta = _theta_grid(prior, after, points)
    log_likelihood = prior.log_likelihood(theta, data)
    highest, log_evidence = float(log_likelihood.max()), prior.log_evidence(data)
    density, likelihood = prior.log_prob(theta).exp(), (log_likelihood - highest).exp()
    return Curves(theta, density, likelihood, density * likelihood, after.log_prob(theta).exp(),
                  highest, log_evidence, math.exp(log_evidence - highest))


def _theta_grid(prior: Line, after: Line, points: int) -> Tensor:
    if isinstance(prior, HistogramPrior):
        return prior.p[:: max(1, len(prior.p) // (2 * points))]
    assert not isinstance(after, HistogramPrior)
    levels = torch.special.ndtr(torch.linspace(-6, 6, points, dtype=torch.float64))
    dense = torch.cat([_places(prior, levels), _places(after, levels)])
    if prior.axes[0] == "p":
        even = (torch.arange(points, dtype=torch.float64) + 0.5) / points
        dense = dense[(dense > 1e-9) & (dense < 1 - 1e-9)]
    else:
        even = torch.linspace(float(dense.min()), float(dense.max()), points, dtype=torch.float64)
    return torch.cat([dense, even]).sort().values


def _places(belief: BetaBernoulli | NormalNormal | MixturePrior, levels: Any) -> Tensor:
    """Points dense where the belief has its mass, ascending."""
    return belief.knots(levels) if isinstance(belief, MixturePrior) else belief.quantile(levels)


class AxisView(NamedTuple):
    """The density of one belief about a coin over one coordinate phi(p)."""

    axis: str
    at: Tensor                  # (G,) values of phi
    density: Tensor             # (G,) density over phi
    map_at: float | None        # phi of the MAP; None where there is none, or where phi is infinite
    map_p: float | None         # the same point as a probability; None where there is none
    note: str                   # why there is none, or ""
    predictive_at: float        # phi of the predictive
    predictive: float           # p(x = 1), the same on every axis


def axis_view(belief: Coin, axis: str, points: int = 401) -> AxisView:
    """The density over `axis`, its MAP, and the predictive, which does not depend on the axis.

    belief: about a coin; axis: one of AXES; points: of each part of the grid, 2 to 100,000. ArgumentError for others.

    >>> from dgm import bayes
    >>> views = [bayes.axis_view(bayes.BetaBernoulli(4, 2), axis) for axis in ("p", "logit p")]
    >>> [(round(view.map_p, 3), round(view.predictive, 3)) for view in views]
    [(0.75, 0.667), (0.667, 0.667)]
    """
    require_coin(belief, "belief")
    as_choice(axis, "axis", tuple(AXES))
    p = _p_grid(belief, as_integer(points, "points", 2, MOST_POINTS))
    row = _map_row(belief, axis)
    predictive = float(belief.predictive().mean)
    at = {value: float(coordinate(torch.tensor(value, dtype=torch.float64), axis))
          for value in (row.theta, predictive) if value is not None}
    finite = row.theta is not None and math.isfinite(at[row.theta])
    return AxisView(axis, coordinate(p, axis), belief.log_prob(p, axis).exp(), at[row.theta] if finite else None,
                    row.theta, row.note, at[predictive], predictive)


def require_coin(belief: Any, name: str) -> None:
    """ArgumentError unless this is a belief about one probability."""
    require_kind(belief, name, Coin, "a belief about a coin")
    if belief.axes[0] != "p":
        raise ArgumentError(f"{name} has to be a belief about a coin, not a mixture of beliefs about numbers")


def _p_grid(belief: Coin, points: int) -> Tensor:
    """Points p in (0, 1), even in logit p and even in p, and dense where the belief has its mass."""
    even = (torch.arange(points, dtype=torch.float64) + 0.5) / points
    if isinstance(belief, HistogramPrior):
        return even
    levels = torch.special.ndtr(torch.linspace(-5, 5, points, dtype=torch.float64))
    even_in_logit = torch.sigmoid(torch.linspace(-8, 8, points, dtype=torch.float64))
    p = torch.cat([even, even_in_logit, _places(belief, levels)]).sort().values
    low, high = (float(end) for end in _places(belief, [0.001, 0.999])[[0, -1]])
    return p[(p >= min(low, EDGE)) & (p <= max(high, 1 - EDGE)) & (p > 0) & (p < 1)]


class NormalPlane(NamedTuple):
    """Bayes' theorem over the two unknowns of a normal; log densities over (mu, log s2), each minus its maximum."""

    mu: Tensor                # (G,)
    s: Tensor                 # (G,) deviations, even in log s
    prior: Tensor             # (G, G), [i, j] at (mu[i], s[j])
    likelihood: Tensor        # (G, G)
    posterior: Tensor         # (G, G)
    log_evidence: float       # nats


def normal_plane(prior: NormalInverseGamma, data: Any, size: int = 61) -> NormalPlane:
    """Log prior, likelihood and posterior on size x size points that cover the posterior and most of the prior.

    data: (n,) numbers; DataError when they do not fit. size: 2 to 2000.

    >>> import torch
    >>> from dgm import bayes
    >>> plane = bayes.normal_plane(bayes.NormalInverseGamma(0, 1, 2, 3), [1.0, 2.0, 4.0])
    >>> joint = plane.prior + plane.likelihood
    >>> bool(torch.allclose(joint - joint.max(), plane.posterior))
    True
    """
    require_kind(prior, "prior", NormalInverseGamma, "a NormalInverseGamma")
    size = as_integer(size, "size", 2, MOST_PLANE)
    after = prior.posterior(data)
    both = (prior, after)
    mu, centre = _mu_grid(both, 4, size), after.map("log s2").s2
    ends = (min(belief.s2_quantile(0.01) for belief in both), max(belief.s2_quantile(0.95) for belief in both))
    low, high = (min(max(end, centre / FARTHEST), centre * FARTHEST) for end in ends)
    if low == high:   # a prior so vague that both quantiles are beyond the plane
        low, high = centre / FARTHEST, centre * FARTHEST
    s2 = torch.logspace(math.log10(low), math.log10(high), size, dtype=torch.float64)
    theta = torch.stack(torch.meshgrid(mu, s2, indexing="ij"), -1)
    return NormalPlane(mu, s2.sqrt(), _below_maximum(prior.log_prob(theta, "log s2")),
                       _below_maximum(prior.log_likelihood(theta, data)),
                       _below_maximum(after.log_prob(theta, "log s2")), prior.log_evidence(data))


def _mu_grid(beliefs: tuple[NormalInverseGamma, ...], spreads: float, points: int) -> Tensor:
    """Even values of mu, `spreads` deviations around the centre of each belief."""
    ends = [belief.m + sign * spreads * math.sqrt(belief.b / belief.a / belief.k)
            for belief in beliefs for sign in (-1, 1)]
    return torch.linspace(min(ends), max(ends), points, dtype=torch.float64)


def _below_maximum(log_values: Tensor) -> Tensor:
    return log_values - log_values.max()


def hdr_level(log_mass: Tensor, inside: float) -> float:
    """The log mass at the boundary of the highest density region with the share `inside` of a gridded density.

    log_mass: any shape, equal cells, up to a constant, somewhere above -inf; inside: in (0, 1). Hyndman 1996.

    >>> import math
    >>> import torch
    >>> from dgm import bayes
    >>> mass = torch.tensor([0.1, 0.4, 0.3, 0.2])
    >>> round(math.exp(bayes.hdr_level(mass.log(), 0.65)), 3)   # 0.4 + 0.3
    0.3
    """
    inside = as_number(inside, "inside", above=0, below=1)
    ordered = as_places(log_mass, "log_mass").reshape(-1).sort(descending=True).values
    if len(ordered) == 0 or not math.isfinite(float(ordered[0])):
        raise DataError("log_mass has no highest value that is a number: give finite logarithms of masses")
    masses = (ordered - ordered[0]).exp()
    shares = masses.cumsum(0) / masses.sum()
    return float(ordered[int((shares < inside).sum().clamp(max=len(ordered) - 1))])


class TheoremTerms(NamedTuple):
    """Bayes' theorem at one theta, in nats: posterior = likelihood + prior - evidence."""

    theta: float
    log_posterior: float
    log_likelihood: float
    log_prior: float
    log_evidence: float


def theorem_terms(prior: Line, data: Any, theta: float) -> TheoremTerms:
    """log p(theta | X), log p(X | theta), log p(theta) and log p(X), each by its own formula.

    DataError when the data do not fit.

    >>> from dgm import bayes
    >>> at = bayes.theorem_terms(bayes.BetaBernoulli(2, 2), [1, 1], 0.5)
    >>> round(at.log_likelihood + at.log_prior - at.log_evidence - at.log_posterior, 12)
    0.0
    """
    require_kind(prior, "prior", Line, "a belief about one number")
    theta = as_number(theta, "theta")
    at = torch.tensor([theta], dtype=torch.float64)
    return TheoremTerms(theta, float(prior.posterior(data).log_prob(at)), float(prior.log_likelihood(at, data)),
                        float(prior.log_prob(at)), prior.log_evidence(data))


class History(NamedTuple):
    """A belief after 0 .. n observations, along one theta."""

    theta: Tensor                 # (G,)
    densities: list[Tensor]       # n + 1 of (G,)
    log_predictives: list[float]  # n one-step log predictives, nats


def history(prior: Any, data: Any, points: int = 121) -> History | None:
    """The density of p, theta or mu after each observation; None for a belief about several numbers.

    points: about half the size of the grid, 2 to 100,000. DataError when the data do not fit, TooLargeError for Counts
    too large to go through one by one.

    >>> import math
    >>> from dgm import bayes
    >>> found = bayes.history(bayes.BetaBernoulli(1, 1), [1, 1])
    >>> len(found.densities), [round(math.exp(value), 3) for value in found.log_predictives]
    (3, [0.5, 0.667])
    """
    require_kind(prior, "prior", Belief, "a belief such as BetaBernoulli(2, 2)")
    points = as_integer(points, "points", 2, MOST_POINTS)
    if not isinstance(prior, Line | NormalInverseGamma):
        return None
    updates = list(prior.updates(data))
    beliefs: list[Any] = [prior, *(update.belief for update in updates)]
    theta = _history_grid(prior, prior.posterior(data), points)
    return History(theta, [_density(belief, theta) for belief in beliefs],
                   [update.log_predictive for update in updates])


def _history_grid(first: Any, last: Any, points: int) -> Tensor:
    theta = (_mu_grid((first, last), 5, 2 * points) if isinstance(first, NormalInverseGamma)
             else _theta_grid(first, last, points))
    return theta[:: max(1, len(theta) // (2 * points))]


def _density(belief: Any, theta: Tensor) -> Tensor:
    of_theta = belief.mu_marginal() if isinstance(belief, NormalInverseGamma) else belief
    return of_theta.log_prob(theta).exp()


class MapRow(NamedTuple):
    """The MAP of a belief over one axis, as theta; or why there is none."""

    axis: str
    theta: Any
    note: str


def map_rows(belief: Any) -> list[MapRow]:
    """The MAP over each axis of `belief.axes`; theta is None, with a note, where there is none.

    >>> from dgm import bayes
    >>> [(row.axis, row.theta) for row in bayes.map_rows(bayes.BetaBernoulli(0.5, 0.5))]
    [('p', None), ('logit p', 0.5), ('angle', None)]
    """
    require_kind(belief, "belief", Belief, "a belief such as BetaBernoulli(2, 2)")
    return [_map_row(belief, axis) for axis in belief.axes]


def _map_row(belief: Any, axis: str) -> MapRow:
    try:
        return MapRow(axis, belief.map(axis), "")
    except NoMaximumError as none:
        return MapRow(axis, None, str(none))

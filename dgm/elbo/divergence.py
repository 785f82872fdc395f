"""The KL divergence of two distributions (slide "Kullback-Leibler divergence").

    KL(q, p) = integral q(z) log(q(z) / p(z)) dz >= 0, and 0 only for q = p; infinite where q has mass and p has none
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import require_kind
from dgm.elbo.families import Categorical, Family, Gaussian, Histogram, Line, Mixture, as_latent
from dgm.elbo.lower_bound import divergence, rule_of
from dgm.elbo.normal_model import Posterior
from dgm.elbo.panels import graded_edges, merged, nodes_on
from dgm.errors import ArgumentError


class KLIntegrand(NamedTuple):
    """Where the nats of KL(q, p) come from: q log(q / p) over z."""

    z: Tensor          # (M,)
    q: Tensor          # (M,)  q(z)
    p: Tensor          # (M,)  p(z)
    integrand: Tensor  # (M,)  q log(q / p), nats per unit of z; inf where q has mass and p has none
    positive: float    # area above zero, nats
    negative: float    # area below zero, nats, 0 or more
    value: float       # KL = positive - negative


def kl(q: Family, p: Family) -> float:
    """KL(q, p), nats: 0 or more, 0 for q = p alone, math.inf where q has mass and p has none.

    q, p: two densities over the real line, or two Categorical of one length; else ArgumentError.
    Gaussians in closed form, 1/2 [(m - n)^2 / t^2 + expm1(u) - u], u = log s^2 / t^2; others by quadrature.

    >>> from dgm import elbo
    >>> round(elbo.kl(elbo.Gaussian(0.0, 1.0), elbo.Gaussian(1.0, 1.0)), 12)
    0.5
    >>> elbo.kl(elbo.Categorical([0.5, 0.5]), elbo.Categorical([1.0, 0.0]))
    inf
    """
    _require_pair(q, p)
    if q == p:
        return 0.0
    if isinstance(q, Gaussian) and isinstance(p, Gaussian):
        ratio = 2 * (math.log(q.sd) - math.log(p.sd))
        return max(0.5 * (((q.mean - p.mean) / p.sd) ** 2 + math.expm1(ratio) - ratio), 0.0)
    z, mass, log_q = rule_of(q, _edges_for(p))
    return divergence(mass, log_q, p.log_prob(z))


def kl_integrand(q: Line, p: Line, z: Any) -> KLIntegrand:
    """q log(q / p) at z (M,), and the areas above and below zero: their difference is KL(q, p).

    ArgumentError unless q and p are densities over the real line, DataError for z that are no numbers.

    >>> import torch
    >>> from dgm import elbo
    >>> found = elbo.kl_integrand(elbo.Gaussian(0.0, 1.0), elbo.Gaussian(1.0, 1.0), torch.linspace(-3, 3, 7))
    >>> round(found.positive - found.negative, 6), found.negative > 0
    (0.5, True)
    """
    require_kind(q, "q", Line, "a density over the real line")
    require_kind(p, "p", Line, "a density over the real line")
    places = as_latent(z).reshape(-1)
    log_q, log_p = q.log_prob(places), p.log_prob(places)
    value = kl(q, p)
    positive = _area_above_zero(q, p) if math.isfinite(value) else math.inf
    positive = max(positive, value)
    negative = positive - value if math.isfinite(value) else 0.0
    return KLIntegrand(places, log_q.exp(), log_p.exp(), _weighted(log_q, log_p), positive, negative, value)


def _area_above_zero(q: Line, p: Line) -> float:
    """Integral of max(q log(q / p), 0); panels that the ratio crosses 1 in are cut there."""
    edges = merged(q.edges, _edges_for(p))
    middle = torch.cat([edges, _crossings(q, p, edges)])
    z, weights = nodes_on(torch.unique(middle))
    return float((weights * _weighted(q.log_prob(z), p.log_prob(z)).clamp(min=0)).sum())


def _crossings(q: Line, p: Line, edges: Tensor) -> Tensor:
    """Where q = p inside the panels: by bisection of the panels whose ends have different signs."""
    inside = torch.linspace(1e-9, 1 - 1e-9, 5, dtype=torch.float64)
    fine = (edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * inside)

    def sign(z: Tensor) -> Tensor:
        return torch.nan_to_num(q.log_prob(z) - p.log_prob(z)) > 0

    low, high = fine[:, :-1].reshape(-1), fine[:, 1:].reshape(-1)
    crossed = sign(low) != sign(high)
    low, high = low[crossed], high[crossed]
    start = sign(low)
    for _ in range(50):
        middle = (low + high) / 2
        same = sign(middle) == start
        low, high = torch.where(same, middle, low), torch.where(same, high, middle)
    return low


def _weighted(log_q: Tensor, log_p: Tensor) -> Tensor:
    """q log(q / p); 0 where q = 0."""
    return torch.where(log_q > -math.inf, log_q.exp() * (log_q - log_p), 0.0)


def _edges_for(p: Family) -> Tensor:
    """Ends of panels around the places where log p is not smooth, (E,)."""
    if isinstance(p, Mixture):
        return graded_edges(p.singularities)
    if isinstance(p, Posterior):
        return p.model.kinks
    return p.edges if isinstance(p, Histogram) else torch.zeros(0, dtype=torch.float64)


def _require_pair(q: Any, p: Any) -> None:
    for value, name in ((q, "q"), (p, "p")):
        require_kind(value, name, Family, "a Gaussian, Mixture, Histogram or Categorical")
    if isinstance(q, Categorical) != isinstance(p, Categorical):
        raise ArgumentError("q and p are distributions over different z: give two densities, or two Categorical")
    if isinstance(q, Categorical) and isinstance(p, Categorical) and len(q.probabilities) != len(p.probabilities):
        raise ArgumentError(f"q has {len(q.probabilities)} categories and p {len(p.probabilities)}: give as many")

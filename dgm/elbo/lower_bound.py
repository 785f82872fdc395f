"""The lower bound of one observation for any q (slides "Variational lower bound", "Evidence Lower Bound (ELBO)").

    log p(x) = L(q) + KL(q, p(z | x))
    L(q) = E_q log p(x, z) + H(q) = E_q log p(x | z) - KL(q, p(z))
"""

from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from dgm.arguments import as_integer, require_kind
from dgm.elbo.coins import TwoCoins
from dgm.elbo.families import Categorical, Family, Histogram, Line
from dgm.elbo.normal_model import NormalModel, as_observation
from dgm.elbo.panels import merged, nodes_on
from dgm.errors import ArgumentError

Model: TypeAlias = NormalModel | TwoCoins

ROUNDING = 64 * 2.0**-52    # of the numbers whose difference a KL is: what is below is zero


class Elbo(NamedTuple):
    """The decomposition of log p(x) at some q, nats."""

    bound: float           # L(q) = complete + entropy = reconstruction - kl
    gap: float             # KL(q, p(z | x)), summed on its own
    log_evidence: float    # log p(x) = bound + gap
    complete: float        # E_q log p(x, z)
    entropy: float         # H(q)
    reconstruction: float  # E_q log p(x | z)
    kl: float              # KL(q, p(z))


class Rule(NamedTuple):
    """An expectation under q: E_q f = sum_i p_i f(z_i)."""

    z: Tensor      # (M,)
    p: Tensor      # (M,) sum to one
    log_q: Tensor  # (M,)


def rule_of(q: Family, more: Tensor | None = None) -> Rule:
    """Nodes of q. more: ends of panels that the integrand needs besides those of q."""
    if isinstance(q, Categorical):
        p = torch.tensor(q.probabilities, dtype=torch.float64)
        return Rule(torch.arange(len(p), dtype=torch.float64), p, p.log())
    assert isinstance(q, Line)
    z, weights = nodes_on(q.edges if more is None else merged(q.edges, more))
    log_q = q.log_prob(z)
    p = weights * log_q.exp()
    return Rule(z, p / p.sum(), log_q)


def elbo(model: Model, x: Any, q: Family) -> Elbo:
    """L(q), KL(q, p(z | x)) and log p(x) in both forms of the slide, by sums or quadrature exact to rounding.

    model: NormalModel with a q over the real line, or TwoCoins with a Categorical of two. x: one observation.
    ArgumentError for a q that does not fit the model, or an x that the model does not take.

    >>> from dgm import elbo
    >>> parts = elbo.elbo(elbo.NormalModel(), 2.0, elbo.Gaussian(1.0, 1.0))
    >>> round(parts.bound, 4), round(parts.gap, 4), round(parts.log_evidence, 4)
    (-2.4189, 0.1534, -2.2655)
    """
    require_fit(model, q)
    log_evidence = model.log_evidence(x)
    z, p, log_q = rule_of(q, model.kinks if isinstance(model, NormalModel) else None)
    log_prior, log_likelihood = model.log_prior(z), model.log_likelihood(x, z)
    joint = log_prior + log_likelihood
    complete, entropy = expectation(p, joint), -expectation(p, log_q)
    return Elbo(complete + entropy, divergence(p, log_q, joint - log_evidence), log_evidence, complete, entropy,
                expectation(p, log_likelihood), divergence(p, log_q, log_prior))


def expectation(p: Tensor, values: Tensor) -> float:
    """sum_i p_i v_i, where p_i = 0 contributes nothing."""
    return float(torch.where(p > 0, p * values, 0.0).sum())


def divergence(p: Tensor, log_q: Tensor, log_p: Tensor) -> float:
    """E_q [log q - log p], nats: a KL, so what rounding leaves of zero is zero."""
    value = expectation(p, log_q - log_p)
    scale = expectation(p, log_q.abs()) + 1.0
    return value if value > ROUNDING * scale else 0.0


def require_fit(model: Any, q: Any) -> None:
    """ArgumentError unless q is a distribution over the model's z."""
    require_kind(model, "model", NormalModel | TwoCoins, "a NormalModel or TwoCoins")
    require_kind(q, "q", Family, "a Gaussian, Mixture, Histogram or Categorical")
    if isinstance(model, NormalModel) != isinstance(q, Line):
        wanted = "a density over the real line" if isinstance(model, NormalModel) else "a Categorical of two"
        raise ArgumentError(f"q has to be {wanted}, as the z of the model")
    if isinstance(q, Categorical) and len(q.probabilities) != 2:
        raise ArgumentError(f"q has {len(q.probabilities)} categories where the model has 2: give two probabilities")


def histogram_of(model: NormalModel, x: Any, low: float, high: float, count: int) -> Histogram:
    """The E-step within the histograms of `count` cells from low to high: the masses with the largest L.

    masses_c proportional to exp(mean of log p(x, z) over cell c)

    count: 1 to 1000. ArgumentError for another model, x, count or range.

    >>> from dgm import elbo
    >>> model = elbo.NormalModel()
    >>> gaps = [elbo.elbo(model, 2.0, elbo.histogram_of(model, 2.0, -3, 5, n)).gap for n in (4, 64)]
    >>> [round(gap, 4) for gap in gaps]
    [0.5191, 0.0013]
    """
    require_kind(model, "model", NormalModel, "a NormalModel")
    value, cells = as_observation(x), _equal_cells(low, high, count)
    edges = merged(cells.edges, model.kinks)
    z, weights = nodes_on(edges)
    joint = model.log_joint(value, z) * weights
    place = ((z - cells.low) / cells.width).floor().long().clamp(0, len(cells.masses) - 1)
    means = torch.zeros(len(cells.masses), dtype=torch.float64).index_add_(0, place, joint) / cells.width
    return Histogram(cells.low, cells.high, tuple(torch.softmax(means, 0).tolist()))


def _equal_cells(low: Any, high: Any, count: Any) -> Histogram:
    n = as_integer(count, "count", 1, 1000)
    return Histogram(low, high, (1 / n,) * n)

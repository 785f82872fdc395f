"""Why the log-derivative estimate varies: the order in sigma, the sign and the variance of each of its terms.

f(mu + sigma u) = f + f' sigma u + f'' sigma^2 u^2 / 2 + .. at mu, so
f(z) S_mu = f u / sigma + f' u^2 + f'' sigma u^3 / 2 + .. and
f(z) S_sigma = f t / sigma + f' u t + f'' sigma u^2 t / 2 + .., t = u^2 - 1. Only one term has a mean that is not zero.
Slide "Log-derivative trick" ("unstable solution with huge variance").
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_vector, shown
from dgm.errors import ArgumentError
from dgm.gradients.costs import Cost, as_cost, bound_to
from dgm.gradients.draws import Gaussian, drawn, of_one_number
from dgm.gradients.estimators import exact
from dgm.gradients.sample_gradients import reparametrization

MU_TERMS = (("f(μ) ε/σ", "1/σ"), ("f′(μ) ε²", "1"), ("½ f″(μ) σ ε³", "σ"))
SIGMA_TERMS = (("f(μ) (ε²−1)/σ", "1/σ"), ("f′(μ) ε (ε²−1)", "1"), ("½ f″(μ) σ ε² (ε²−1)", "σ"))
MU_MOMENTS = ((0.0, 1.0), (1.0, 2.0), (0.0, 15.0))        # mean and variance of u, u^2, u^3
SIGMA_MOMENTS = ((0.0, 2.0), (0.0, 10.0), (2.0, 74.0))    # of t, u t, u^2 t
CROSS = {"mu": 6.0, "sigma": 20.0}                        # 2 Cov of the first and the third power


MOST_POINTS = 2**20


class Term(NamedTuple):
    """One term of the expansion."""

    name: str            # as it is written
    order: str           # in sigma
    curve: Tensor        # (n,) along eps
    mean: float
    variance: float
    changes_sign: bool   # with eps


class Expansion(NamedTuple):
    """The log-derivative estimate of one parameter as a sum of terms."""

    parameter: str           # "mu" or "sigma"
    eps: Tensor              # (n,)
    terms: tuple[Term, ...]
    cross: float             # 2 Cov(first, third): the only covariance that is not zero
    estimate: Tensor         # (n,) f(z) S, the sum of all orders
    reparametrized: Tensor   # (n,) f'(z) or f'(z) eps
    gradient: float          # exact
    variance: float          # exact, of the log-derivative estimate
    remainder: float         # variance beyond the three terms

    @property
    def is_close(self) -> bool:
        """Whether three terms describe f: it is smooth on the scale of sigma."""
        return self.adds_up and abs(self.remainder) <= 0.5 * self.variance

    @property
    def adds_up(self) -> bool:
        """Whether the parts add up to the variance: not to one that is infinite."""
        return math.isfinite(self.variance)

    @property
    def gradient_term(self) -> Term:
        """The one term whose mean need not be zero."""
        return self.terms[1 if self.parameter == "mu" else 2]


def expand(cost: Cost, q: Gaussian, parameter: str = "mu", reach: float = 3.2, points: int = 241) -> Expansion:
    """The three leading terms at `points` values of eps in [-reach, reach], with their exact means and variances.

    q: mu and sigma are numbers; parameter: "mu" or "sigma". Where the variance is infinite so is the remainder.
    ArgumentError for another parameter, or a cost without value, slope or curvature at mu.

    >>> from dgm.gradients import COSTS, Gaussian, variance_terms
    >>> found = variance_terms.expand(COSTS["quadratic"](0.0), Gaussian(1.0, 0.5))
    >>> [(term.order, round(term.mean, 6), round(term.variance, 6)) for term in found.terms]
    [('1/σ', 0.0, 4.0), ('1', 2.0, 8.0), ('σ', 0.0, 3.75)]
    """
    if not isinstance(parameter, str) or parameter not in CROSS:
        raise ArgumentError(f"unknown parameter {shown(parameter)}: choose mu or sigma")
    column, (centre, s) = ("mu", "sigma").index(parameter), of_one_number(q)
    reach, points = as_number(reach, "reach", above=0), as_integer(points, "points", 2, MOST_POINTS)
    cost, mu = bound_to(as_cost(cost), centre, s), torch.tensor([centre], dtype=torch.float64)
    u = torch.linspace(-reach, reach, points, dtype=torch.float64)
    derivatives = (float(cost(mu)), float(cost.slope(mu)), curvature(cost, mu))
    if not all(map(math.isfinite, derivatives)):
        raise ArgumentError(f"the cost has no finite value, slope or curvature at mu = {centre:g}: choose another mu")
    factors = (derivatives[0] / s, derivatives[1], derivatives[2] * s / 2)
    terms = _terms(parameter, u, factors)
    cross = CROSS[parameter] * factors[0] * factors[2]
    moments = exact("log-derivative", cost, Gaussian(centre, s))
    draw = drawn(cost, centre, s, u)
    score = u / s if parameter == "mu" else (u**2 - 1) / s
    variance = float(moments.variance[column])
    return Expansion(parameter, u, terms, cross, draw.f * score, reparametrization(draw)[column],
                     float(moments.mean[column]), variance, _remainder(variance, terms, cross))


def _remainder(variance: float, terms: tuple[Term, ...], cross: float) -> float:
    """What the parts leave of the variance; inf where that is infinite."""
    rest = variance - sum(term.variance for term in terms) - cross
    return math.inf if math.isnan(rest) else rest


def _terms(parameter: str, u: Tensor, factors: tuple[float, ...]) -> tuple[Term, ...]:
    t = u**2 - 1
    powers = (u, u**2, u**3) if parameter == "mu" else (t, u * t, u**2 * t)
    moments = MU_MOMENTS if parameter == "mu" else SIGMA_MOMENTS
    labels = MU_TERMS if parameter == "mu" else SIGMA_TERMS
    changes_sign = (True, parameter == "sigma", True)
    return tuple(Term(name, order, c * power, c * mean, c * c * variance, changes)
                 for (name, order), c, power, (mean, variance), changes
                 in zip(labels, factors, powers, moments, changes_sign, strict=True))


def curvature(cost: Cost, mu: Tensor, step: float = 1e-3) -> float:
    """f''(mu) by a central difference of four slopes: the error is of order step^4.

    mu: (1,). Returns nan where the cost has no slope. ArgumentError for no numbers.

    >>> from dgm.gradients import COSTS, variance_terms
    >>> round(variance_terms.curvature(COSTS["quadratic"](0.0), torch.ones(1, dtype=torch.float64)), 6)
    2.0
    """
    cost, mu, step = as_cost(cost), as_vector(mu, "mu", size=1), as_number(step, "step", above=0)
    near, far = (cost.slope(mu + h) - cost.slope(mu - h) for h in (step, 2 * step))
    return float((8 * near - far) / (12 * step))

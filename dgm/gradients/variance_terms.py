"""Why the log-derivative estimate varies: the order in sigma, the sign and the variance of each of its terms.

f(mu + sigma u) = f + f' sigma u + f'' sigma^2 u^2 / 2 + .. at mu, so
f(z) S_mu = f u / sigma + f' u^2 + f'' sigma u^3 / 2 + .. and
f(z) S_sigma = f t / sigma + f' u t + f'' sigma u^2 t / 2 + .., t = u^2 - 1. Only one term carries the gradient.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gradients.costs import Cost
from dgm.gradients.estimators import Draw, Gaussian, checked, exact

MU_TERMS = (("f(μ) ε/σ", "1/σ"), ("f′(μ) ε²", "1"), ("½ f″(μ) σ ε³", "σ"))
SIGMA_TERMS = (("f(μ) (ε²−1)/σ", "1/σ"), ("f′(μ) ε (ε²−1)", "1"), ("½ f″(μ) σ ε² (ε²−1)", "σ"))
MU_SHAPES = ((0.0, 1.0), (1.0, 2.0), (0.0, 15.0))        # mean and variance of u, u^2, u^3
SIGMA_SHAPES = ((0.0, 2.0), (0.0, 10.0), (2.0, 74.0))    # of t, u t, u^2 t
CROSS = {"mu": 6.0, "sigma": 20.0}                       # 2 Cov of the first and the third shape


class Term(NamedTuple):
    name: str        # as it is written
    order: str       # in sigma
    curve: Tensor    # (n,) along eps
    mean: float
    variance: float
    flips: bool      # whether its sign changes with eps


class Anatomy(NamedTuple):
    parameter: str           # "mu" or "sigma"
    eps: Tensor              # (n,)
    terms: tuple[Term, ...]
    cross: float             # 2 Cov(first, third): the only covariance that is not zero
    estimate: Tensor         # (n,) f(z) S, what is summed
    reparametrized: Tensor   # (n,) f'(z) or f'(z) eps
    gradient: float          # exact
    variance: float          # exact, of the log-derivative estimate
    rest: float              # variance beyond the three terms

    @property
    def tells(self) -> bool:
        """Whether three terms describe f: it is smooth on the scale of sigma."""
        return abs(self.rest) <= 0.5 * self.variance

    @property
    def carrier(self) -> Term:
        """The one term whose mean need not be zero."""
        return self.terms[1 if self.parameter == "mu" else 2]


def anatomy(cost: Cost, q: Gaussian, parameter: str = "mu", reach: float = 3.2, points: int = 241) -> Anatomy:
    """The three leading terms along eps in [-reach, reach], with their exact means and variances."""
    if parameter not in CROSS:
        raise ValueError(f"unknown parameter {parameter!r}: choose mu or sigma")
    q, column = checked(q), ("mu", "sigma").index(parameter)
    mu, s = q.mu.reshape(1), q.sigma
    u = torch.linspace(-reach, reach, points, dtype=torch.float64)
    derivatives = (float(cost(mu)), float(cost.slope(mu)), curvature(cost, mu))
    t = u**2 - 1
    powers = (u, u**2, u**3) if parameter == "mu" else (t, u * t, u**2 * t)
    factors = (derivatives[0] / s, derivatives[1], derivatives[2] * s / 2)
    shapes = MU_SHAPES if parameter == "mu" else SIGMA_SHAPES
    labels = MU_TERMS if parameter == "mu" else SIGMA_TERMS
    flips = (True, parameter == "sigma", True)
    terms = tuple(Term(name, order, c * power, c * mean, c * c * variance, flip)
                  for (name, order), c, power, (mean, variance), flip
                  in zip(labels, factors, powers, shapes, flips, strict=True))
    cross = CROSS[parameter] * factors[0] * factors[2]
    law = exact("log-derivative", cost, q)
    draw = Draw(cost, float(mu), s, u)
    score = u / s if parameter == "mu" else t / s
    variance = float(law.variance[column])
    return Anatomy(parameter, u, terms, cross, draw.f * score, draw.slope * (u if column else 1.0),
                   float(law.mean[column]), variance, variance - sum(x.variance for x in terms) - cross)


def curvature(cost: Cost, mu: Tensor, step: float = 1e-3) -> float:
    """f''(mu) from four slopes: the error is of order step^4."""
    near, far = (cost.slope(mu + h) - cost.slope(mu - h) for h in (step, 2 * step))
    return float((8 * near - far) / (12 * step))

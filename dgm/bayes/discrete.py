"""Coins and dice: Beta-Bernoulli and Dirichlet-categorical.

    p(theta) = Beta(a, b),  h heads and t tails  ->  p(theta | X) = Beta(a + h, b + t)         Bishop, PRML, eq. 2.18
    log p(X) = log B(a + h, b + t) - log B(a, b),   p(x = 1 | X) = (a + h) / (a + b + h + t)      PRML, eq. 2.20
Slides "Bayes theorem", "Bayesian inference" and "Maximum a posteriori (MAP)".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import scipy
import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer, as_number, as_probabilities, as_tensor, as_vector
from dgm.bayes.base import (
    Belief,
    NoMaximumError,
    TooLargeError,
    as_levels,
    as_places,
    float64_tensor,
    require_each,
    set_numbers,
)
from dgm.bayes.distributions import Bernoulli, Categorical
from dgm.bayes.log_gamma import log_beta, log_beta_ratio, log_one_plus
from dgm.errors import ArgumentError, DataError

MAX_INTEGRAL = 2000    # observations up to which the quadrature route is offered
MAX_CHAIN = 10_000     # tosses up to which Counts are gone through one by one
MAX_COUNT = 2**53      # whole numbers are exact up to here
LARGEST = 1e300        # prior count: sums of some stay numbers
FLATTEST = 0.05        # smallest a and b for which the nodes of that route are exact
_EXP_OVERFLOWS = 700   # e^700 is the last power of ten below float64's end

# Density over an axis phi(p) is p^(a-1+c) (1-p)^(b-1+c): the Jacobian dp/dphi = (p (1-p))^c adds c to both counts.
AXES: dict[str, float] = {"p": 0.0, "logit p": 1.0, "angle": 0.5}


class Counts(NamedTuple):
    """Observations of a coin as two whole numbers, where a list of them would be too long; heads come first.

    >>> from dgm import bayes
    >>> bayes.BetaBernoulli(1, 1).posterior(bayes.Counts(6e8, 4e8))
    BetaBernoulli(a=600000001.0, b=400000001.0)
    """

    heads: float
    tails: float


def as_counts(data: Any) -> Counts:
    """Heads and tails of a 0/1 sequence (or of Counts); DataError names the first other value."""
    if isinstance(data, Counts):
        try:
            return Counts(*(float(as_integer(count, name, 0, MAX_COUNT))
                            for name, count in zip(Counts._fields, data, strict=True)))
        except ArgumentError as error:
            raise DataError(str(error)) from None
    x = as_vector(data, "data")
    require_each((x == 0) | (x == 1), x, "observation", "a coin gives 0 or 1")
    heads = float(x.sum())
    return Counts(heads, len(x) - heads)


def as_tosses(data: Any) -> Tensor:
    """0/1 values (n,) of a sequence or of Counts, heads first; TooLargeError for Counts of more than MAX_CHAIN.

    >>> as_tosses(Counts(1, 2)).tolist()
    [1.0, 0.0, 0.0]
    """
    if not isinstance(data, Counts):
        return as_vector(data, "data")
    heads, tails = (int(count) for count in as_counts(data))
    if heads + tails > MAX_CHAIN:
        raise TooLargeError(f"counts are gone through one by one up to {MAX_CHAIN} tosses: use log_evidence")
    return float64_tensor([1.0] * heads + [0.0] * tails)


def coordinate(p: Any, axis: str) -> Tensor:
    """phi(p) for an axis of AXES: p itself, log p / (1 - p), or the angle 2 arcsin sqrt p in radians.

    p: probabilities of any shape; the result has that shape. DataError for a number outside [0, 1], ArgumentError for
    another axis.

    >>> from dgm import bayes
    >>> float(bayes.coordinate(0.5, "logit p"))
    0.0
    """
    name, p = as_choice(axis, "axis", tuple(AXES)), as_tensor(p, "p")
    require_each(((p >= 0) & (p <= 1)).reshape(-1), p.reshape(-1), "p", "a probability is from 0 to 1")
    if name == "logit p":
        return torch.logit(p)
    return 2 * p.sqrt().asin() if name == "angle" else p


class CoinBelief(Belief):
    """What all beliefs about one probability p = p(x = 1) share. Data: 0/1 values or Counts."""

    axes: ClassVar[tuple[str, ...]] = tuple(AXES)

    def plug_in(self, theta: float) -> Bernoulli:
        """p(x | theta): Bernoulli(theta); ArgumentError for a theta outside [0, 1]."""
        p = as_number(theta, "theta", 0, 1)
        return Bernoulli(p, 1 - p)

    def observations(self, data: Any) -> list[Any]:
        """The tosses one by one, also those of Counts; TooLargeError for Counts of more than MAX_CHAIN."""
        x = as_tosses(data)
        return [x[i:i + 1] for i in range(len(x))]

    def mle(self, data: Any) -> float:
        """heads / n; NoMaximumError without observations."""
        heads, tails = as_counts(data)
        if heads + tails == 0:
            raise NoMaximumError("no observations: every p is as likely as any other; add an observation")
        return heads / (heads + tails)

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """log p(X | theta) = h log p + t log(1 - p), nats, at the points theta = p, in their shape.

        -inf outside [0, 1].
        """
        p, (heads, tails) = as_places(theta), as_counts(data)
        return inside(p, log_power(heads, p) + log_power(tails, 1 - p))


@dataclass(frozen=True)
class BetaBernoulli(CoinBelief):
    """theta = p(x = 1) ~ Beta(a, b), with p(theta) proportional to theta^(a-1) (1 - theta)^(b-1) (PRML, eq. 2.13).

    a, b: positive, as if a heads and b tails had been observed before; ArgumentError otherwise.
    Data: 0/1 values (n,) or Counts. axes: p, logit p, angle.

    >>> from dgm import bayes
    >>> after = bayes.BetaBernoulli(2, 2).posterior([1, 1, 1, 0])
    >>> after, float(after.predictive().mean)
    (BetaBernoulli(a=5.0, b=3.0), 0.625)
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        set_numbers(self, "a", "b", above=0, high=LARGEST)

    def posterior(self, data: Any) -> "BetaBernoulli":
        """Beta(a + heads, b + tails); DataError for anything but 0, 1 or Counts."""
        counted = as_counts(data)
        return BetaBernoulli(self.a + counted.heads, self.b + counted.tails)

    def log_evidence(self, data: Any) -> float:
        """log B(a + h, b + t) - log B(a, b), nats: of the sequence, not of the number of heads."""
        return log_beta_ratio(self.a, self.b, *as_counts(data))

    def log_marginal(self, data: Any) -> float:
        """log of the integral of p(X | p) Beta(p), nats, by Gauss-Jacobi nodes: exact, p(X | p) is a polynomial.

        TooLargeError for more than MAX_INTEGRAL observations, and for a prior whose nodes or weights lose their digits.
        """
        heads, tails = as_counts(data)
        if heads + tails == 0:
            return 0.0
        if heads + tails > MAX_INTEGRAL:
            raise TooLargeError(f"the integral is offered up to {MAX_INTEGRAL} observations: use log_evidence")
        log_share, a, b = 0.0, self.a, self.b
        if heads:   # p Beta(p | a, b) = a / (a + b) Beta(p | a + 1, b): a density that is small at the edge
            log_share, a, heads = -log_one_plus(b, a), a + 1, heads - 1
        if tails:
            log_share, b, tails = log_share - log_one_plus(a, b), b + 1, tails - 1
        return log_share + _log_mean_likelihood(BetaBernoulli(a, b), Counts(heads, tails))

    def predictive(self) -> Bernoulli:
        """p(x = 1) = a / (a + b)."""
        total = self.a + self.b
        return Bernoulli(self.a / total, self.b / total)

    def _log_predictive(self, one: Tensor) -> float:
        """log p(x) of one toss, nats, also where the probability itself underflows; -inf for what is no toss."""
        x = float(one)
        return -log_one_plus(self.b, self.a) if x == 1 else -log_one_plus(self.a, self.b) if x == 0 else -math.inf

    def map(self, axis: str | None = None) -> float:
        """(a - 1 + c) / (a + b - 2 + 2c), c = 0 over p, 1 over logit p, 1/2 over the angle, given as p.

        0 or 1 when one exponent is not positive: also where the density grows without bound at this edge alone.
        NoMaximumError when it is flat, or grows without bound at both edges.
        """
        name = self.checked_axis(axis)
        up, down = self.a - 1 + AXES[name], self.b - 1 + AXES[name]
        if up > 0 and down > 0:
            return up / (up + down)
        if up == down == 0:
            raise NoMaximumError(f"over {name} the density is flat: every value is a maximum; "
                                 "observe something or sharpen the prior")
        if up < 0 and down < 0:
            raise NoMaximumError(f"over {name} the density grows without bound at both edges: there is no maximum; "
                                 "raise a or b to 1, or observe both outcomes")
        return 0.0 if up < down else 1.0

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """log density over `axis` at the points theta = p, in their shape, nats per unit of the axis.

        -inf outside [0, 1].
        """
        p, c = as_places(theta), AXES[self.checked_axis(axis)]
        density = log_power(self.a - 1 + c, p) + log_power(self.b - 1 + c, 1 - p)
        return inside(p, density - log_beta(self.a, self.b))

    def quantile(self, level: Any) -> Tensor:
        """The p below which the belief has the mass `level` (n,) or a number in [0, 1]; (n,)."""
        levels = as_levels(level)
        p = torch.from_numpy(np.asarray(scipy.special.betaincinv(self.a, self.b, levels.numpy())))
        near_zero = ((levels.log() + math.log(self.a) + log_beta(self.a, self.b)) / self.a).exp()  # p^a / (a B)
        return torch.where(torch.isnan(p), near_zero.clamp(max=1.0), p)   # scipy gives up on levels near 1e-300


def beta_through(mean: float, density: float) -> BetaBernoulli:
    """The Beta belief with this mean whose density at the mean is `density`: a = n mean, b = n (1 - mean).

    mean: inside (0, 1). density: 1e-6 to 1e4; it grows with n, about as n at first and as sqrt(n) in the end, so that
    one n has it, and bisection finds it. ArgumentError for others.

    >>> from dgm import bayes
    >>> found = bayes.beta_through(0.5, 1.5)
    >>> round(found.a, 6), round(found.b, 6)   # 6 p (1 - p) is 1.5 at p = 1/2
    (2.0, 2.0)
    """
    mean = as_number(mean, "mean", above=0, below=1)
    height, rest = as_number(density, "density", 1e-6, 1e4), 1 - mean

    def above(log_total: float) -> float:
        total = math.exp(log_total)
        return _log_at_mean(total * mean, total * rest) - math.log(height)

    most = 10 * (1 + height + 2 * math.pi * mean * rest * height**2)
    total = math.exp(scipy.optimize.brentq(above, math.log(height / 2), math.log(most), xtol=1e-13))
    return BetaBernoulli(total * mean, total * rest)


def log_density_at_mean(a: Any, b: Any) -> Tensor:
    """log of the density of Beta(a, b) over p at its mean a / (a + b), nats, for every pair of counts.

    a: (A,) and b: (B,), positive numbers. Returns (A, B). ArgumentError for others.

    >>> from dgm import bayes
    >>> round(bayes.log_density_at_mean([2.0], [2.0]).exp().item(), 12)     # 6 p (1 - p) at p = 1/2
    1.5
    """
    heads, tails = (as_vector(counts, name) for counts, name in ((a, "a"), (b, "b")))
    for counts, name in ((heads, "a"), (tails, "b")):
        if not bool(((counts > 0) & (counts <= LARGEST)).all()):
            raise ArgumentError(f"{name} has to hold numbers above 0 and up to {LARGEST:g}")
    rows = [[_log_at_mean(one, other) for other in tails.tolist()] for one in heads.tolist()]
    return torch.tensor(rows, dtype=torch.float64).reshape(len(heads), len(tails))


def _log_at_mean(a: float, b: float) -> float:
    """log density of Beta(a, b) at a / (a + b)."""
    return -(a - 1) * log_one_plus(b, a) - (b - 1) * log_one_plus(a, b) - log_beta(a, b)


def _log_mean_likelihood(belief: BetaBernoulli, counted: Counts) -> float:
    """log E[p^h (1 - p)^t] under the belief by Gauss-Jacobi nodes, nats; TooLargeError where these are not exact."""
    a, b = belief.a, belief.b
    if min(a, b) < FLATTEST or log_beta(a, b) + (a + b) * math.log(2) > _EXP_OVERFLOWS:
        raise TooLargeError("the integral's weights lose their digits for a prior as lopsided as this: "
                            "use log_evidence")
    with np.errstate(all="ignore"):
        x, weights = scipy.special.roots_jacobi(int(sum(counted)) // 2 + 1, b - 1, a - 1)
        log_weights = torch.from_numpy(np.log(weights) - np.log(weights.sum()))
    if not bool(torch.isfinite(log_weights).all()):
        raise TooLargeError("the integral's weights overflow for as many observations as these: use log_evidence")
    return float((log_weights + belief.log_likelihood(torch.from_numpy((1 + x) / 2), counted)).logsumexp(0))


def log_power(factor: float, x: Tensor) -> Tensor:
    """factor * log x, and 0 where the factor is 0 even at x = 0."""
    return torch.special.xlogy(torch.full_like(x, factor), x)


def inside(p: Tensor, log_density: Tensor) -> Tensor:
    """`log_density` where p is in [0, 1], -inf elsewhere, in their shape."""
    return log_density.masked_fill((p < 0) | (p > 1), -math.inf)


@dataclass(frozen=True)
class DirichletCategorical(Belief):
    """theta = K probabilities ~ Dirichlet(alpha), with p(theta) proportional to prod theta_k^(alpha_k - 1) (PRML 2.38).

    alpha: K positive numbers, K >= 2, as if alpha_k observations of class k had been made before. ArgumentError for
    others.
    Data: classes 0 .. K-1, (n,). axes: theta, softmax (the logits).

    >>> from dgm import bayes
    >>> bayes.DirichletCategorical((1, 1, 2)).posterior([0, 0, 2])
    DirichletCategorical(alpha=(3.0, 1.0, 3.0))
    """

    alpha: tuple[float, ...]
    axes: ClassVar[tuple[str, ...]] = ("theta", "softmax")

    def __post_init__(self) -> None:
        alpha = as_vector(self.alpha, "alpha").tolist()
        if len(alpha) < 2:
            raise ArgumentError(f"a categorical variable needs two or more classes, got {len(alpha)}: "
                                "give alpha one number per class")
        object.__setattr__(self, "alpha", tuple(as_number(a, f"alpha[{k}]", above=0, high=LARGEST)
                                                for k, a in enumerate(alpha)))

    def posterior(self, data: Any) -> "DirichletCategorical":
        """Dirichlet(alpha + counts) (PRML, eq. 2.41); DataError names the first value that is no class."""
        return DirichletCategorical(tuple(a + n for a, n in zip(self.alpha, self.class_counts(data), strict=True)))

    def class_counts(self, data: Any) -> list[float]:
        """Observations of each class, K numbers; DataError names the first value that is no class."""
        x, size = as_vector(data, "data"), len(self.alpha)
        require_each((x == x.floor()) & (x >= 0) & (x < size), x, "observation", f"the classes are 0 to {size - 1}")
        return [float(n) for n in torch.bincount(x.long(), minlength=size)]

    def log_evidence(self, data: Any) -> float:
        """log B(alpha + n) - log B(alpha), nats, split into coins: class k against all later classes."""
        n, alpha = self.class_counts(data), self.alpha
        return math.fsum(log_beta_ratio(alpha[k], sum(alpha[k + 1:]), n[k], sum(n[k + 1:]))
                         for k in range(len(alpha) - 1))

    def log_marginal(self, data: Any) -> float:
        """log p(X) by Pólya's urn, nats: each class's rising product over the rising product of all.

        TooLargeError for more than MAX_INTEGRAL observations.
        """
        n, alpha = self.class_counts(data), self.alpha
        if sum(n) > MAX_INTEGRAL:
            raise TooLargeError(f"the product is offered up to {MAX_INTEGRAL} observations: use log_evidence")
        own = math.fsum(math.log(a + i) for a, count in zip(alpha, n, strict=True) for i in range(int(count)))
        return own - math.fsum(math.log(sum(alpha) + i) for i in range(int(sum(n))))

    def predictive(self) -> Categorical:
        """p(x = k) = alpha_k / sum alpha."""
        alpha = float64_tensor(self.alpha)
        return Categorical(alpha / alpha.sum())

    def _log_predictive(self, one: Tensor) -> float:
        """log p(x) of one observation, nats, also where p(x) itself underflows; -inf for what is no class."""
        x = float(one)
        if x not in range(len(self.alpha)):
            return -math.inf
        rest = math.fsum(self.alpha[: int(x)] + self.alpha[int(x) + 1:])
        return -log_one_plus(rest, self.alpha[int(x)])

    def plug_in(self, theta: Tensor | Sequence[float]) -> Categorical:
        """p(x | theta): Categorical(theta), theta (K,); DataError unless these are K probabilities."""
        return Categorical(as_probabilities(theta, "theta", size=len(self.alpha)))

    def map(self, axis: str | None = None) -> Tensor:
        """(alpha_k - 1) / sum over theta, alpha_k / sum over softmax, (K,).

        NoMaximumError where an alpha_k - 1 is negative or all are 0.
        """
        softmax = self.checked_axis(axis) == "softmax"
        if len(self.alpha) == 2:
            p = BetaBernoulli(*self.alpha).map("logit p" if softmax else "p")
            return float64_tensor([p, 1 - p])
        up = float64_tensor(self.alpha) - (0 if softmax else 1)
        if (up < 0).any() or (up == 0).all():
            raise NoMaximumError("over theta the density has no single top: an alpha is below 1, or all are 1; "
                                 "observe every class or raise alpha")
        return up / up.sum()

    def mle(self, data: Any) -> Tensor:
        """Counts / n, (K,); NoMaximumError without observations."""
        n = float64_tensor(self.class_counts(data))
        if n.sum() == 0:
            raise NoMaximumError("no observations: every theta is as likely as any other; add an observation")
        return n / n.sum()

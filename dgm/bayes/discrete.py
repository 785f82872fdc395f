"""Coins and dice: Beta-Bernoulli and Dirichlet-categorical (slides "Bayes theorem", "Bayesian inference", "MAP").

    p(theta) = Beta(a, b),  h heads and t tails  ->  p(theta | X) = Beta(a + h, b + t),
    ln p(X) = ln B(a + h, b + t) - ln B(a, b),   p(x = 1 | X) = (a + h) / (a + b + h + t).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from scipy import special
from torch import Tensor

from dgm.bayes.base import Belief, NoMaximumError, TooLargeError, positive, values
from dgm.bayes.distributions import Bernoulli, Categorical, tensor
from dgm.bayes.log_gamma import log_beta, log_beta_ratio
from dgm.errors import DataError

LONGEST_INTEGRAL = 2000  # observations up to which the quadrature route is offered

# Density over an axis phi(p) is p^(a-1+c) (1-p)^(b-1+c): the Jacobian dp/dphi = (p (1-p))^c adds c to both counts.
AXES: dict[str, float] = {"p": 0.0, "logit p": 1.0, "angle": 0.5}


class Counts(NamedTuple):
    """Observations of a coin as two numbers, when a list of them would be too long."""

    heads: float
    tails: float


def counts(data: Any) -> Counts:
    """Heads and tails of a 0/1 sequence (or of Counts); DataError names the first other value."""
    if isinstance(data, Counts):
        if not all(math.isfinite(c) and c >= 0 for c in data):
            raise DataError(f"counts must be finite and not negative, got {data.heads!r} and {data.tails!r}")
        return data
    x = values(data)
    bad = ((x != 0) & (x != 1)).nonzero()
    if len(bad):
        place = int(bad[0])
        raise DataError(f"observation {place + 1} is {float(x[place]):g}: a coin gives 0 or 1")
    heads = float(x.sum())
    return Counts(heads, len(x) - heads)


def coordinate(p: Tensor, axis: str) -> Tensor:
    """phi(p) for an axis of AXES; the angle is 2 arcsin sqrt p, in radians."""
    if axis == "logit p":
        return torch.logit(p)
    return 2 * p.sqrt().asin() if axis == "angle" else p


@dataclass(frozen=True)
class BetaBernoulli(Belief):
    """theta = p(x = 1) ~ Beta(a, b). Data: 0/1 values or Counts."""

    a: float
    b: float
    axes: ClassVar[tuple[str, ...]] = tuple(AXES)

    def __post_init__(self) -> None:
        positive(a=self.a, b=self.b)

    def posterior(self, data: Any) -> "BetaBernoulli":
        """Beta(a + heads, b + tails)."""
        seen = counts(data)
        return BetaBernoulli(self.a + seen.heads, self.b + seen.tails)

    def log_evidence(self, data: Any) -> float:
        """ln B(a + h, b + t) - ln B(a, b): of the sequence, not of the number of heads."""
        return log_beta_ratio(self.a, self.b, *counts(data))

    def log_marginal(self, data: Any) -> float:
        """The integral of p(X | p) Beta(p) itself, by Gauss-Jacobi nodes: exact, because p(X | p) is a polynomial."""
        seen = counts(data)
        if sum(seen) > LONGEST_INTEGRAL:
            raise TooLargeError(f"the integral is offered up to {LONGEST_INTEGRAL} observations: use log_evidence")
        if log_beta(self.a, self.b) + (self.a + self.b) * math.log(2) > 700:
            raise TooLargeError("the integral's weights overflow for a prior as lopsided as this: use log_evidence")
        x, weights = special.roots_jacobi(int(sum(seen)) // 2 + 1, self.b - 1, self.a - 1)
        p = torch.from_numpy((1 + x) / 2)
        log_weights = torch.from_numpy(np.log(weights) - np.log(weights.sum()))
        return float((log_weights + self.log_likelihood(p, seen)).logsumexp(0))

    def predictive(self) -> Bernoulli:
        """p(x = 1) = a / (a + b)."""
        total = self.a + self.b
        return Bernoulli(self.a / total, self.b / total)

    def plug_in(self, theta: float) -> Bernoulli:
        return Bernoulli(float(theta), 1 - float(theta))

    def map(self, axis: str | None = None) -> float:
        """(a - 1 + c) / (a + b - 2 + 2c), c = 0 over p, 1 over logit p; at an edge when one exponent is not positive.

        NoMaximumError when the density is flat, or grows without bound at both edges.
        """
        name = self.axis(axis)
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

    def mle(self, data: Any) -> float:
        """heads / n."""
        heads, tails = counts(data)
        if heads + tails == 0:
            raise NoMaximumError("no observations: every p is as likely as any other; add an observation")
        return heads / (heads + tails)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density of this belief over `axis`, at the points theta = p."""
        p, c = tensor(theta), AXES[self.axis(axis)]
        return (log_power(self.a - 1 + c, p) + log_power(self.b - 1 + c, 1 - p)) - log_beta(self.a, self.b)

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """ln p(X | theta) = h ln p + t ln(1 - p), nats, at the points theta."""
        p, (heads, tails) = tensor(theta), counts(data)
        return log_power(heads, p) + log_power(tails, 1 - p)

    def quantile(self, level: Any) -> Tensor:
        """Where the belief's mass below reaches `level`."""
        return torch.from_numpy(np.atleast_1d(special.betaincinv(self.a, self.b, np.asarray(level))))


def log_power(factor: float, x: Tensor) -> Tensor:
    """factor * ln x, and 0 where the factor is 0 even at x = 0."""
    return torch.special.xlogy(torch.full_like(x, factor), x)


@dataclass(frozen=True)
class DirichletCategorical(Belief):
    """theta = K probabilities ~ Dirichlet(alpha). Data: classes 0 .. K-1."""

    alpha: tuple[float, ...]
    axes: ClassVar[tuple[str, ...]] = ("theta", "softmax")

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", tuple(float(a) for a in self.alpha))
        if len(self.alpha) < 2:
            raise ValueError(f"a categorical variable needs two or more classes, got {len(self.alpha)}")
        positive(**{f"alpha[{k}]": a for k, a in enumerate(self.alpha)})

    def posterior(self, data: Any) -> "DirichletCategorical":
        """alpha + counts."""
        return DirichletCategorical(tuple(a + n for a, n in zip(self.alpha, self.tally(data), strict=True)))

    def tally(self, data: Any) -> list[float]:
        """Observations of each class, K numbers; DataError names the first value that is no class."""
        x, size = values(data), len(self.alpha)
        bad = ((x != x.floor()) | (x < 0) | (x >= size)).nonzero()
        if len(bad):
            place = int(bad[0])
            raise DataError(f"observation {place + 1} is {float(x[place]):g}: the classes are 0 to {size - 1}")
        return [float(n) for n in torch.bincount(x.long(), minlength=size)]

    def log_evidence(self, data: Any) -> float:
        """ln B(alpha + n) - ln B(alpha), split into coins: class k against all later classes."""
        n, alpha = self.tally(data), self.alpha
        return sum(log_beta_ratio(alpha[k], sum(alpha[k + 1:]), n[k], sum(n[k + 1:])) for k in range(len(alpha) - 1))

    def log_marginal(self, data: Any) -> float:
        """Pólya's urn: every class's own rising product, over the rising product of all."""
        n, alpha = self.tally(data), self.alpha
        if sum(n) > LONGEST_INTEGRAL:
            raise TooLargeError(f"the product is offered up to {LONGEST_INTEGRAL} observations: use log_evidence")
        own = math.fsum(math.log(a + i) for a, count in zip(alpha, n, strict=True) for i in range(int(count)))
        return own - math.fsum(math.log(sum(alpha) + i) for i in range(int(sum(n))))

    def predictive(self) -> Categorical:
        """alpha_k / sum alpha."""
        alpha = tensor(self.alpha)
        return Categorical(alpha / alpha.sum())

    def plug_in(self, theta: Tensor | Sequence[float]) -> Categorical:
        return Categorical(tensor(theta))

    def map(self, axis: str | None = None) -> Tensor:
        """(alpha_k - 1) / sum over theta; alpha_k / sum over softmax. NoMaximumError where it is not one point."""
        softmax = self.axis(axis) == "softmax"
        if len(self.alpha) == 2:
            p = BetaBernoulli(*self.alpha).map("logit p" if softmax else "p")
            return tensor([p, 1 - p])
        up = tensor(self.alpha) - (0 if softmax else 1)
        if (up < 0).any() or (up == 0).all():
            raise NoMaximumError("over theta the density has no single top: an alpha is below 1, or all are 1; "
                            "observe every class or raise alpha")
        return up / up.sum()

    def mle(self, data: Any) -> Tensor:
        """Counts / n."""
        n = tensor(self.tally(data))
        if n.sum() == 0:
            raise NoMaximumError("no observations: every theta is as likely as any other; add an observation")
        return n / n.sum()

"""Numbers around an unknown centre: a normal with known variance, and with both unknown.

    NormalNormal          theta ~ N(mean, var),  x | theta ~ N(theta, noise_var); the predictive is normal.
    NormalInverseGamma    mu | s2 ~ N(m, s2 / k),  s2 ~ InvGamma(a, b),  x ~ N(mu, s2); the predictive is Student's t.
Slides "Bayesian inference" and "Maximum a posteriori".
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from scipy import special
from torch import Tensor

from dgm.bayes.base import Belief, NoMaximumError, TooLargeError, positive, values
from dgm.bayes.distributions import Normal, StudentT, tensor
from dgm.bayes.log_gamma import log_rising
from dgm.errors import DataError

LONGEST_JOINT = 2000  # observations up to which the joint density is offered: its matrix is n by n
_LOG_TAU = math.log(2 * math.pi)


class Summary(NamedTuple):
    """All that the data say about a normal."""

    n: int
    mean: float
    scatter: float  # sum of (x_i - mean)^2


class Estimate(NamedTuple):
    """One (mu, s2)."""

    mu: float
    s2: float


def summary(data: Any) -> Summary:
    """Two passes over the values; DataError when their spread overflows."""
    x = values(data)
    if len(x) == 0:
        return Summary(0, 0.0, 0.0)
    mean = float((x / len(x)).sum()) if float(x.abs().max()) > 1e300 else float(x.mean())
    scatter = float(((x - mean) ** 2).sum())
    if not math.isfinite(scatter):
        raise DataError("the squared spread of these values is beyond the range of numbers: divide them by a constant")
    return Summary(len(x), mean, scatter)


def squared(distance: float) -> float:
    """distance^2, with the remedy when it overflows."""
    if abs(distance) > 1e154:
        raise DataError("these values lie so far from the prior mean that the square overflows: "
                         "divide them by a constant")
    return distance * distance


def whitened(x: Tensor, shift: float, own: float, shared: float) -> tuple[Tensor, float]:
    """L^-1 (x - shift) and ln det(L L'), where L L' = own I + shared 11' is the covariance of the joint density."""
    if len(x) > LONGEST_JOINT:
        raise TooLargeError(f"the joint density is offered up to {LONGEST_JOINT} observations: use log_evidence")
    root = torch.linalg.cholesky(own * torch.eye(len(x), dtype=x.dtype) + shared)
    z = torch.linalg.solve_triangular(root, (x - shift)[:, None], upper=False)[:, 0]
    return z, float(2 * root.diagonal().log().sum())


@dataclass(frozen=True)
class NormalNormal(Belief):
    """theta ~ N(mean, var); the noise variance is known. Data: (n,) numbers."""

    mean: float
    var: float
    noise_var: float
    axes: ClassVar[tuple[str, ...]] = ("theta", "exp theta")

    def __post_init__(self) -> None:
        positive(var=self.var, noise_var=self.noise_var)
        if not math.isfinite(self.mean):
            raise ValueError(f"mean must be a finite number, got {self.mean!r}")

    def posterior(self, data: Any) -> "NormalNormal":
        """Precisions add: 1/var' = 1/var + n/noise_var; the mean moves by the data's share of it."""
        n, centre, _ = summary(data)
        if n == 0:
            return self
        gain = 1 / (1 + self.noise_var / n / self.var)
        var = 1 / (1 / self.var + n / self.noise_var)
        return NormalNormal(self.mean + gain * (centre - self.mean), var, self.noise_var)

    def log_evidence(self, data: Any) -> float:
        """-n/2 ln(2 pi noise) + 1/2 ln(var'/var) - scatter / 2 noise - n (xbar - mean)^2 / 2 (noise + n var)."""
        n, centre, scatter = summary(data)
        if n == 0:
            return 0.0
        widening = math.log1p(n * self.var / self.noise_var)
        shift = squared(centre - self.mean) / (self.noise_var / n + self.var)
        return -0.5 * (n * (_LOG_TAU + math.log(self.noise_var)) + widening + scatter / self.noise_var + shift)

    def log_marginal(self, data: Any) -> float:
        """The density of the whole data set under N(mean 1, noise I + var 11')."""
        x = values(data)
        z, log_det = whitened(x, self.mean, self.noise_var, self.var)
        return -0.5 * (float(z @ z) + log_det + len(x) * _LOG_TAU)

    def predictive(self) -> Normal:
        """N(mean, var + noise_var): the doubt about theta is added to the noise."""
        return Normal(tensor(self.mean), tensor(self.var + self.noise_var))

    def plug_in(self, theta: float) -> Normal:
        return Normal(tensor(float(theta)), tensor(self.noise_var))

    def map(self, axis: str | None = None) -> float:
        """The mean over theta; mean - var over exp theta (the mode of a log-normal)."""
        return self.mean - (self.var if self.axis(axis) == "exp theta" else 0.0)

    def mle(self, data: Any) -> float:
        """The mean of the data."""
        n, centre, _ = summary(data)
        if n == 0:
            raise NoMaximumError("no observations: every theta is as likely as any other; add an observation")
        return centre

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density of this belief over `axis`, at the points theta."""
        density = Normal(tensor(self.mean), tensor(self.var)).log_prob(theta)
        return density - tensor(theta) if self.axis(axis) == "exp theta" else density

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """ln p(X | theta), nats, at the points theta."""
        n, centre, scatter = summary(data)
        off = n * (tensor(theta) - centre) ** 2 + scatter
        return -0.5 * (off / self.noise_var + n * (_LOG_TAU + math.log(self.noise_var)))

    def quantile(self, level: Any) -> Tensor:
        """Where the belief's mass below reaches `level`."""
        return self.mean + math.sqrt(self.var) * torch.special.ndtri(tensor(level).reshape(-1))


# Over s2 the density is s2^-(a + 3/2) e^(-...); the Jacobian of another axis lowers that power.
_POWERS: dict[str, float] = {"s2": 1.5, "s": 1.0, "log s2": 0.5}


@dataclass(frozen=True)
class NormalInverseGamma(Belief):
    """mu | s2 ~ N(m, s2/k), s2 ~ InvGamma(a, b). Data: (n,) numbers."""

    m: float
    k: float
    a: float
    b: float
    axes: ClassVar[tuple[str, ...]] = tuple(_POWERS)

    def __post_init__(self) -> None:
        positive(k=self.k, a=self.a, b=self.b)
        if not math.isfinite(self.m):
            raise ValueError(f"m must be a finite number, got {self.m!r}")

    def posterior(self, data: Any) -> "NormalInverseGamma":
        """k + n, a + n/2, b + scatter/2 + k n (xbar - m)^2 / 2 (k + n)."""
        n, centre, scatter = summary(data)
        if n == 0:
            return self
        share = n / (self.k + n)
        growth = 0.5 * scatter + 0.5 * self.k * share * squared(centre - self.m)
        return NormalInverseGamma(self.m + share * (centre - self.m), self.k + n, self.a + n / 2, self.b + growth)

    def log_evidence(self, data: Any) -> float:
        """ln Gamma(a')/Gamma(a) + a ln b - a' ln b' + 1/2 ln(k/k') - n/2 ln 2 pi."""
        after = self.posterior(data)
        half = after.a - self.a
        sharpened = -self.a * math.log1p((after.b - self.b) / self.b) - half * math.log(after.b)
        return (log_rising(self.a, half) + sharpened - half * _LOG_TAU
                - 0.5 * math.log1p((after.k - self.k) / self.k))

    def log_marginal(self, data: Any) -> float:
        """The density of the whole data set under a multivariate Student's t."""
        x, n, scale2 = values(data), len(values(data)), self.b / self.a
        z, log_det = whitened(x, self.m, scale2, scale2 / self.k)
        bend = math.log1p(float(z @ z) / (2 * self.a))
        return (log_rising(self.a, n / 2) - (self.a + n / 2) * bend - 0.5 * log_det
                - 0.5 * n * math.log(2 * math.pi * self.a))

    def predictive(self) -> StudentT:
        """Student's t: 2a degrees of freedom, centre m, squared scale b (k + 1) / (a k)."""
        return StudentT(2 * self.a, self.m, self.b / self.a * (1 + 1 / self.k))

    def plug_in(self, theta: tuple[float, float]) -> Normal:
        """N(mu, s2); theta = (mu, s2)."""
        positive(s2=theta[1])
        return Normal(tensor(theta[0]), tensor(theta[1]))

    def map(self, axis: str | None = None) -> Estimate:
        """mu = m; s2 = b / (a + 3/2) over s2, b / (a + 1) over s, b / (a + 1/2) over log s2."""
        return Estimate(self.m, self.b / (self.a + _POWERS[self.axis(axis)]))

    def mle(self, data: Any) -> Estimate:
        """Mean and 1/n variance; NoMaximumError while all values are equal, for the likelihood is then unbounded."""
        n, centre, scatter = summary(data)
        if n == 0:
            raise NoMaximumError("no observations: every (mu, s2) is as likely as any other; add an observation")
        if scatter == 0:
            raise NoMaximumError("all values are equal: the likelihood grows without bound as s2 goes to 0; "
                            "add a second, different value")
        return Estimate(centre, scatter / n)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density over (mu, axis) at theta (..., 2) = (mu, s2)."""
        mu, s2 = tensor(theta).unbind(-1)
        power = self.a + _POWERS[self.axis(axis)]
        norm = self.a * math.log(self.b) - math.lgamma(self.a) + 0.5 * (math.log(self.k) - _LOG_TAU)
        double = math.log(2) if axis == "s" else 0.0
        return norm + double - power * s2.log() - (self.b + 0.5 * self.k * (mu - self.m) ** 2) / s2

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """ln p(X | mu, s2), nats, at theta (..., 2)."""
        mu, s2 = tensor(theta).unbind(-1)
        n, centre, scatter = summary(data)
        return -0.5 * ((n * (mu - centre) ** 2 + scatter) / s2 + n * (s2.log() + _LOG_TAU))

    def centre(self) -> StudentT:
        """The belief about mu alone, s2 integrated out."""
        return StudentT(2 * self.a, self.m, self.b / self.a / self.k)

    def spread(self, level: float) -> float:
        """Where the belief about s2 alone has the mass `level` below."""
        return self.b / float(special.gammainccinv(self.a, level))

"""Numbers around an unknown centre: a normal with known variance, and with both unknown.

    NormalNormal          theta ~ N(mean, var),  x | theta ~ N(theta, noise_var); the predictive is normal.
    NormalInverseGamma    mu | s2 ~ N(m, s2 / k),  s2 ~ InvGamma(a, b),  x ~ N(mu, s2); the predictive is Student's t.
Slides "Bayesian inference" and "Maximum a posteriori". Bishop, PRML, section 2.3.6; Murphy 2007, "Conjugate Bayesian
analysis of the Gaussian distribution".
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from scipy import special
from torch import Tensor

from dgm.bayes.base import (
    Belief,
    NoMaximumError,
    as_column,
    float64_tensor,
    require_finite,
    require_joint,
    require_positive,
)
from dgm.bayes.distributions import Normal, StudentT
from dgm.bayes.log_gamma import log_rising
from dgm.errors import DataError
from dgm.gaussian import LOG_2PI, log_normal_from_distance

_SQUARE_OVERFLOWS = 1e154
_SUM_MAY_OVERFLOW = 1e300


class Statistics(NamedTuple):
    """The sufficient statistics of a normal."""

    n: int
    mean: float
    scatter: float  # sum of (x_i - mean)^2


class Estimate(NamedTuple):
    """One (mu, s2)."""

    mu: float
    s2: float


def sufficient_statistics(data: Any) -> Statistics:
    """Count, mean and scatter, in two passes over the values; DataError when their spread overflows."""
    x = as_column(data)
    if len(x) == 0:
        return Statistics(0, 0.0, 0.0)
    mean = float((x / len(x)).sum()) if float(x.abs().max()) > _SUM_MAY_OVERFLOW else float(x.mean())
    scatter = float(((x - mean) ** 2).sum())
    if not math.isfinite(scatter):
        raise DataError("the squared spread of these values is beyond the range of numbers: divide them by a constant")
    return Statistics(len(x), mean, scatter)


def squared(distance: float) -> float:
    """distance^2; DataError with the remedy when it overflows."""
    if abs(distance) > _SQUARE_OVERFLOWS:
        raise DataError("these values lie so far from the prior mean that the square overflows: "
                        "divide them by a constant")
    return distance * distance


def whitened(x: Tensor, centre: float, own: float, shared: float) -> tuple[float, float]:
    """Squared Mahalanobis distance of x (n,) from centre under own I + shared 11', and the ln det of that covariance.

    TooLargeError for more than MAX_JOINT values.
    """
    require_joint(len(x))
    root = torch.linalg.cholesky(own * torch.eye(len(x), dtype=x.dtype) + shared)
    z = torch.linalg.solve_triangular(root, (x - centre)[:, None], upper=False)[:, 0]
    return float(z @ z), float(2 * root.diagonal().log().sum())


@dataclass(frozen=True)
class NormalNormal(Belief):
    """theta ~ N(mean, var), x | theta ~ N(theta, noise_var) with the noise variance known.

    mean: in the unit of x; var, noise_var: positive, in its square. ValueError otherwise.
    Data: (n,) numbers. axes: theta, exp theta.

    >>> from dgm import bayes
    >>> bayes.NormalNormal(0.0, 4.0, 4.0).posterior([3.0, 6.0, 9.0])
    NormalNormal(mean=4.5, var=1.0, noise_var=4.0)
    """

    mean: float
    var: float
    noise_var: float
    axes: ClassVar[tuple[str, ...]] = ("theta", "exp theta")

    def __post_init__(self) -> None:
        require_positive(var=self.var, noise_var=self.noise_var)
        require_finite(mean=self.mean)

    def posterior(self, data: Any) -> "NormalNormal":
        """1/var' = 1/var + n/noise_var, mean' = mean + var' n/noise_var (xbar - mean) (PRML, eq. 2.141 and 2.142).

        DataError for values that are not finite or whose spread overflows.
        """
        n, centre, _ = sufficient_statistics(data)
        if n == 0:
            return self
        gain = 1 / (1 + self.noise_var / n / self.var)
        var = 1 / (1 / self.var + n / self.noise_var)
        return NormalNormal(self.mean + gain * (centre - self.mean), var, self.noise_var)

    def log_evidence(self, data: Any) -> float:
        """-n/2 ln(2 pi noise) + 1/2 ln(var'/var) - scatter / 2 noise - n (xbar - mean)^2 / 2 (noise + n var), nats.

        DataError also when the squared distance from the prior mean overflows.
        """
        n, centre, scatter = sufficient_statistics(data)
        if n == 0:
            return 0.0
        widening = math.log1p(n * self.var / self.noise_var)
        shift = squared(centre - self.mean) / (self.noise_var / n + self.var)
        return log_normal_from_distance(scatter / self.noise_var + shift, n * math.log(self.noise_var) + widening, n)

    def log_marginal(self, data: Any) -> float:
        """ln N(X | mean 1, noise I + var 11'), nats; TooLargeError for more than MAX_JOINT values."""
        x = as_column(data)
        return log_normal_from_distance(*whitened(x, self.mean, self.noise_var, self.var), len(x))

    def predictive(self) -> Normal:
        """N(mean, var + noise_var): the uncertainty about theta is added to the noise."""
        return Normal(float64_tensor(self.mean), float64_tensor(self.var + self.noise_var))

    def plug_in(self, theta: float) -> Normal:
        """p(x | theta): N(theta, noise_var)."""
        return Normal(float64_tensor(float(theta)), float64_tensor(self.noise_var))

    def map(self, axis: str | None = None) -> float:
        """The mean over theta; mean - var over exp theta (the mode of a log-normal), given as theta."""
        return self.mean - (self.var if self.checked_axis(axis) == "exp theta" else 0.0)

    def mle(self, data: Any) -> float:
        """The mean of the data; NoMaximumError without observations."""
        n, centre, _ = sufficient_statistics(data)
        if n == 0:
            raise NoMaximumError("no observations: every theta is as likely as any other; add an observation")
        return centre

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density over `axis` at the points theta, in their shape."""
        density = Normal(float64_tensor(self.mean), float64_tensor(self.var)).log_prob(theta)
        return density - float64_tensor(theta) if self.checked_axis(axis) == "exp theta" else density

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """ln p(X | theta), nats, at the points theta, in their shape."""
        n, centre, scatter = sufficient_statistics(data)
        distance = n * (float64_tensor(theta) - centre) ** 2 + scatter
        return log_normal_from_distance(distance / self.noise_var, n * math.log(self.noise_var), n)

    def quantile(self, level: Any) -> Tensor:
        """The theta below which the belief has the mass `level` (n,) or a number in (0, 1); (n,)."""
        return self.mean + math.sqrt(self.var) * torch.special.ndtri(float64_tensor(level).reshape(-1))


# Over s2 the density is s2^-(a + 3/2) e^(-...); the Jacobian of another axis lowers that power.
_POWERS: dict[str, float] = {"s2": 1.5, "s": 1.0, "log s2": 0.5}


@dataclass(frozen=True)
class NormalInverseGamma(Belief):
    """mu | s2 ~ N(m, s2 / k), s2 ~ InvGamma(a, b), x ~ N(mu, s2) (PRML, eq. 2.154, with s2 = 1 / lambda).

    m: in the unit of x; k, a, b: positive, ValueError otherwise. The prior mean is worth k observations, the prior
    variance, about b / a, is worth 2a. theta is Estimate(mu, s2). Data: (n,) numbers. axes: s2, s, log s2, each
    together with mu.

    >>> from dgm import bayes
    >>> bayes.NormalInverseGamma(0.0, 1.0, 2.0, 3.0).posterior([2.0, 2.0, 2.0])
    NormalInverseGamma(m=1.5, k=4.0, a=3.5, b=4.5)
    """

    m: float
    k: float
    a: float
    b: float
    axes: ClassVar[tuple[str, ...]] = tuple(_POWERS)

    def __post_init__(self) -> None:
        require_positive(k=self.k, a=self.a, b=self.b)
        require_finite(m=self.m)

    def posterior(self, data: Any) -> "NormalInverseGamma":
        """k + n, a + n/2, b + scatter/2 + k n (xbar - m)^2 / 2 (k + n), m moved by n / (k + n) of the way to xbar.

        DataError for values that are not finite, or whose spread or squared distance from m overflows.
        """
        n, centre, scatter = sufficient_statistics(data)
        if n == 0:
            return self
        share = n / (self.k + n)
        growth = 0.5 * scatter + 0.5 * self.k * share * squared(centre - self.m)
        return NormalInverseGamma(self.m + share * (centre - self.m), self.k + n, self.a + n / 2, self.b + growth)

    def log_evidence(self, data: Any) -> float:
        """ln Gamma(a')/Gamma(a) + a ln b - a' ln b' + 1/2 ln(k/k') - n/2 ln 2 pi, nats."""
        after = self.posterior(data)
        half = after.a - self.a
        sharpened = -self.a * math.log1p((after.b - self.b) / self.b) - half * math.log(after.b)
        return (log_rising(self.a, half) + sharpened - half * LOG_2PI
                - 0.5 * math.log1p((after.k - self.k) / self.k))

    def log_marginal(self, data: Any) -> float:
        """ln density of X under a multivariate Student's t, nats; TooLargeError for more than MAX_JOINT values."""
        x, scale2 = as_column(data), self.b / self.a
        distance, log_det = whitened(x, self.m, scale2, scale2 / self.k)
        tail, n = math.log1p(distance / (2 * self.a)), len(x)
        return (log_rising(self.a, n / 2) - (self.a + n / 2) * tail - 0.5 * log_det
                - 0.5 * n * (LOG_2PI + math.log(self.a)))

    def predictive(self) -> StudentT:
        """Student's t: 2a degrees of freedom, centre m, squared scale b (k + 1) / (a k)."""
        return StudentT(2 * self.a, self.m, self.b / self.a * (1 + 1 / self.k))

    def plug_in(self, theta: tuple[float, float]) -> Normal:
        """p(x | theta): N(mu, s2) with theta = (mu, s2); ValueError when s2 is not positive."""
        require_positive(s2=theta[1])
        return Normal(float64_tensor(theta[0]), float64_tensor(theta[1]))

    def map(self, axis: str | None = None) -> Estimate:
        """mu = m; s2 = b / (a + 3/2) over s2, b / (a + 1) over s, b / (a + 1/2) over log s2."""
        return Estimate(self.m, self.b / (self.a + _POWERS[self.checked_axis(axis)]))

    def mle(self, data: Any) -> Estimate:
        """Mean and 1/n variance; NoMaximumError while all values are equal, for the likelihood is then unbounded."""
        n, centre, scatter = sufficient_statistics(data)
        if n == 0:
            raise NoMaximumError("no observations: every (mu, s2) is as likely as any other; add an observation")
        if scatter == 0:
            raise NoMaximumError("all values are equal: the likelihood grows without bound as s2 goes to 0; "
                                 "add a second, different value")
        return Estimate(centre, scatter / n)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """ln density over (mu, axis) at theta (..., 2) = (mu, s2), (...,)."""
        mu, s2 = float64_tensor(theta).unbind(-1)
        power = self.a + _POWERS[self.checked_axis(axis)]
        norm = self.a * math.log(self.b) - math.lgamma(self.a) + 0.5 * (math.log(self.k) - LOG_2PI)
        double = math.log(2) if axis == "s" else 0.0
        return norm + double - power * s2.log() - (self.b + 0.5 * self.k * (mu - self.m) ** 2) / s2

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """ln p(X | mu, s2), nats, at theta (..., 2) = (mu, s2), (...,)."""
        mu, s2 = float64_tensor(theta).unbind(-1)
        n, centre, scatter = sufficient_statistics(data)
        return log_normal_from_distance((n * (mu - centre) ** 2 + scatter) / s2, n * s2.log(), n)

    def mu_marginal(self) -> StudentT:
        """p(mu) with s2 integrated out: Student's t with 2a degrees of freedom and squared scale b / (a k)."""
        return StudentT(2 * self.a, self.m, self.b / self.a / self.k)

    def s2_quantile(self, level: float) -> float:
        """The s2 below which the inverse gamma has the mass `level`, in (0, 1)."""
        return self.b / float(special.gammainccinv(self.a, level))

"""Numbers around an unknown centre: a normal with known variance, and with both unknown.

    NormalNormal          theta ~ N(mean, var),  x | theta ~ N(theta, noise_var); the predictive is normal.
    NormalInverseGamma    mu | s2 ~ N(m, s2 / k),  s2 ~ InvGamma(a, b),  x ~ N(mu, s2); the predictive is Student's t.
Slides "Bayesian inference" and "Maximum a posteriori". Bishop, PRML, section 2.3.6; Murphy 2007, "Conjugate Bayesian
analysis of the Gaussian distribution".
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import scipy
import torch
from torch import Tensor

from dgm.arguments import as_number, as_vector
from dgm.bayes.base import Belief, NoMaximumError, as_levels, as_places, float64_tensor, require_joint, set_numbers
from dgm.bayes.distributions import Normal, StudentT
from dgm.bayes.log_gamma import log_one_plus, log_rising
from dgm.errors import DataError
from dgm.gaussian import LOG_2PI, log_normal_from_distance

_SUM_MAY_OVERFLOW = 1e300
_SQUARE_OVERFLOWS = 1e150
_SMALLEST = 2.3e-308   # below it a number loses digits
_TOO_FAR = "these values lie too far apart, or from the prior mean, for numbers: divide them by a constant"


class Statistics(NamedTuple):
    """The sufficient statistics of a normal."""

    n: int
    mean: float     # of x_i, from the place from which it is counted
    scatter: float  # sum of ((x_i - mean) / unit)^2


class Estimate(NamedTuple):
    """One (mu, s2)."""

    mu: float
    s2: float


def sufficient_statistics(data: Any, unit: float = 1.0, origin: float = 0.0) -> Statistics:
    """Count, mean counted from `origin`, and scatter in squares of `unit`; the scatter may be infinite.

    With the origin near the data, such as at a prior mean, an offset of the data costs no digits.

    >>> sufficient_statistics([1.0, 3.0], unit=2.0, origin=1.0)
    Statistics(n=2, mean=1.0, scatter=0.5)
    """
    x = as_vector(data, "data")
    if len(x) == 0:
        return Statistics(0, 0.0, 0.0)
    x = x - origin
    mean = float((x / len(x)).sum()) if float(x.abs().max()) > _SUM_MAY_OVERFLOW else float(x.mean())
    return Statistics(len(x), mean, float((((x - mean) / unit) ** 2).sum()))


def finite(distance: float) -> float:
    """A squared distance that is a number; DataError with the remedy when it overflowed."""
    if not math.isfinite(distance):
        raise DataError(_TOO_FAR)
    return distance


def whitened(x: Tensor, centre: float, own: float, shared: float, of: float) -> tuple[float, float]:
    """Mahalanobis distance of x (n,) from centre, n > 0, and the log det, under own (I + shared/of 11').

    In the directions in which the covariance is diagonal: 1 / sqrt n has the variance own (1 + n shared/of), and a
    reflection that turns it into the first axis gives n - 1 others with the variance own. TooLargeError for more than
    MAX_JOINT values.
    """
    n = len(x)
    require_joint(n)
    _, mean, _ = sufficient_statistics(x, origin=centre)
    off_mean = (x - centre - mean) / math.sqrt(own)
    normal = torch.full_like(x, -1 / math.sqrt(n))
    normal[0] += 1
    across = (off_mean - normal * (2 * (normal @ off_mean) / (normal @ normal).clamp(min=_SMALLEST)))[1:]
    along = mean / math.sqrt(own) / math.sqrt(1 / n + shared / of)
    distance = math.hypot(along, *across.tolist())   # without squares that overflow
    return distance, n * math.log(own) + log_one_plus(n * shared, of)


@dataclass(frozen=True)
class NormalNormal(Belief):
    """theta ~ N(mean, var), x | theta ~ N(theta, noise_var) with the noise variance known.

    mean: in the unit of x; var, noise_var: positive, in its square. ArgumentError otherwise.
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
        set_numbers(self, "mean")
        set_numbers(self, "var", "noise_var", above=0)

    def posterior(self, data: Any) -> "NormalNormal":
        """1/var' = 1/var + n/noise_var, mean' = mean + var' n/noise_var (xbar - mean) (PRML, eq. 2.141 and 2.142).

        DataError for values that are not finite.
        """
        n, shift, _ = sufficient_statistics(data, origin=self.mean)
        if n == 0:
            return self
        of_mean = self.noise_var / n   # variance of xbar
        gain = 1 / (1 + of_mean / self.var)
        var = gain * of_mean if of_mean < self.var else self.var / (1 + self.var / of_mean)
        return NormalNormal(self.mean + gain * shift, var, self.noise_var)

    def log_evidence(self, data: Any) -> float:
        """-n/2 log(2 pi noise) + 1/2 log(var'/var) - scatter / 2 noise - n (xbar - mean)^2 / 2 (noise + n var), nats.

        DataError for values that are not finite or whose squared distance from each other or from the prior mean
        overflows.
        """
        n, shift, scatter = sufficient_statistics(data, math.sqrt(self.noise_var), self.mean)
        if n == 0:
            return 0.0
        shift /= math.sqrt(self.noise_var / n + self.var)
        log_det = n * math.log(self.noise_var) + log_one_plus(n * self.var, self.noise_var)
        return log_normal_from_distance(finite(scatter + shift * shift), log_det, n)

    def log_marginal(self, data: Any) -> float:
        """log N(X | mean 1, noise I + var 11'), nats; TooLargeError for more than MAX_JOINT values."""
        x = as_vector(data, "data")
        if len(x) == 0:
            return 0.0
        distance, log_det = whitened(x, self.mean, self.noise_var, self.var, self.noise_var)
        return log_normal_from_distance(finite(distance * distance), log_det, len(x))

    def predictive(self) -> Normal:
        """N(mean, var + noise_var): the uncertainty about theta is added to the noise."""
        return Normal(float64_tensor(self.mean), float64_tensor(self.var + self.noise_var))

    def plug_in(self, theta: float) -> Normal:
        """p(x | theta): N(theta, noise_var)."""
        return Normal(float64_tensor(as_number(theta, "theta")), float64_tensor(self.noise_var))

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
        """log density over `axis` at the points theta, in their shape."""
        theta = as_places(theta)
        density = Normal(float64_tensor(self.mean), float64_tensor(self.var)).log_prob(theta)
        if self.checked_axis(axis) == "theta":
            return density
        return (density - theta).masked_fill(density == -math.inf, -math.inf)

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """log p(X | theta), nats, at the points theta, in their shape."""
        theta, unit = as_places(theta), math.sqrt(self.noise_var)
        n, centre, scatter = sufficient_statistics(data, unit)
        if n == 0:
            return torch.zeros_like(theta)
        return log_normal_from_distance(n * ((theta - centre) / unit) ** 2 + scatter, n * math.log(self.noise_var), n)

    def quantile(self, level: Any) -> Tensor:
        """The theta below which the belief has the mass `level` (n,) or a number in [0, 1]; (n,)."""
        return self.mean + math.sqrt(self.var) * torch.special.ndtri(as_levels(level))


# Over s2 the density is s2^-(a + 3/2) e^(-...); the Jacobian of another axis lowers that power.
_POWERS: dict[str, float] = {"s2": 1.5, "s": 1.0, "log s2": 0.5}


@dataclass(frozen=True)
class NormalInverseGamma(Belief):
    """mu | s2 ~ N(m, s2 / k), s2 ~ InvGamma(a, b), x ~ N(mu, s2) (PRML, eq. 2.154, with s2 = 1 / lambda).

    m: in the unit of x; k, a, b: positive, ArgumentError otherwise. The prior mean is worth k observations, the prior
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
        set_numbers(self, "m")
        set_numbers(self, "k", "a", "b", above=0)

    def posterior(self, data: Any) -> "NormalInverseGamma":
        """k + n, a + n/2, b + scatter/2 + k n (xbar - m)^2 / 2 (k + n), m moved by n / (k + n) of the way to xbar.

        DataError for values that are not finite, or whose spread or squared distance from m overflows.
        """
        n, shift, growth = self._growth(data)
        if n == 0:
            return self
        return NormalInverseGamma(self.m + n / (self.k + n) * shift, self.k + n, self.a + n / 2, self.b + growth)

    def _growth(self, data: Any) -> Statistics:
        """n, xbar - m and b' - b; DataError where the last overflows."""
        x = as_vector(data, "data")
        unit = float((x - self.m).abs().max()) if len(x) else 0.0
        n, shift, scatter = sufficient_statistics(x, unit or 1.0, self.m)
        relative = shift / (unit or 1.0)
        growth = 0.5 * scatter + 0.5 * n * relative * relative * (self.k / (self.k + n))
        return Statistics(n, shift, finite(growth * unit * unit))

    def log_evidence(self, data: Any) -> float:
        """log Gamma(a')/Gamma(a) + a log b - a' log b' + 1/2 log(k/k') - n/2 log 2 pi, nats."""
        n, _, growth = self._growth(data)
        if n == 0:
            return 0.0
        return (log_rising(self.a, n / 2) - (self.a + n / 2) * log_one_plus(growth, self.b)
                - 0.5 * (n * (math.log(self.b) + LOG_2PI) + log_one_plus(n, self.k)))

    def log_marginal(self, data: Any) -> float:
        """log density of X under a multivariate Student's t, nats; TooLargeError for more than MAX_JOINT values."""
        x = as_vector(data, "data")
        n = len(x)
        if n == 0:
            return 0.0
        distance, log_det = whitened(x, self.m, self.b, 1.0, self.k)   # sqrt(2a) times the Student's distance
        tail = 2 * math.log(distance) - math.log(2) if distance > _SQUARE_OVERFLOWS else math.log1p(distance**2 / 2)
        return log_rising(self.a, n / 2) - (self.a + n / 2) * tail - 0.5 * log_det - 0.5 * n * LOG_2PI

    def predictive(self) -> StudentT:
        """Student's t: 2a degrees of freedom, centre m, squared scale b (k + 1) / (a k)."""
        return self._student(1 + 1 / self.k)

    def _student(self, share: float) -> StudentT:
        """Student's t around m with 2a degrees of freedom and squared scale share b / a; DataError beyond numbers."""
        scale2 = self.b / self.a * share
        if not 0 < scale2 < math.inf:
            raise DataError("the spread of this belief is beyond the range of numbers: raise a and k")
        return StudentT(self.m, math.sqrt(scale2), 2 * self.a)

    def plug_in(self, theta: tuple[float, float]) -> Normal:
        """p(x | theta): N(mu, s2) with theta = (mu, s2); ArgumentError when s2 is not positive."""
        mu, s2 = as_vector(_plain(theta), "theta", size=2).tolist()
        return Normal(float64_tensor(mu), float64_tensor(as_number(s2, "s2", above=0)))

    def map(self, axis: str | None = None) -> Estimate:
        """mu = m; s2 = b / (a + 3/2) over s2, b / (a + 1) over s, b / (a + 1/2) over log s2."""
        return Estimate(self.m, self.b / (self.a + _POWERS[self.checked_axis(axis)]))

    def mle(self, data: Any) -> Estimate:
        """Mean and 1/n variance; NoMaximumError while all values are equal, for the likelihood is then unbounded."""
        x = as_vector(data, "data")
        n, centre, scatter = sufficient_statistics(x)
        if n == 0:
            raise NoMaximumError("no observations: every (mu, s2) is as likely as any other; add an observation")
        if bool((x == x[0]).all()):
            raise NoMaximumError("all values are equal: the likelihood grows without bound as s2 goes to 0; "
                                 "add a second, different value")
        if scatter < _SMALLEST * n:
            raise DataError("these values lie too close together for their variance to be a number: "
                            "multiply them by a constant")
        return Estimate(centre, finite(scatter) / n)

    def log_prob(self, theta: Any, axis: str | None = None) -> Tensor:
        """log density over (mu, axis) at theta (..., 2) = (mu, s2), (...,); -inf where s2 is not positive."""
        mu, s2 = as_estimates(theta)
        power = self.a + _POWERS[self.checked_axis(axis)]
        norm = self.a * math.log(self.b) - math.lgamma(self.a) + 0.5 * (math.log(self.k) - LOG_2PI)
        double = math.log(2) if axis == "s" else 0.0
        spread = self.b / s2 + 0.5 * self.k * ((mu - self.m) / s2.sqrt()) ** 2
        return (norm + double - power * s2.log() - spread).masked_fill(outside(mu, s2), -math.inf)

    def log_likelihood(self, theta: Any, data: Any) -> Tensor:
        """log p(X | mu, s2), nats, at theta (..., 2) = (mu, s2), (...,); -inf where s2 is not positive."""
        mu, s2 = as_estimates(theta)
        x = as_vector(data, "data")
        n, centre, scatter = sufficient_statistics(x)
        if n == 0:
            return torch.zeros_like(mu).masked_fill(outside(mu, s2), -math.inf)
        distance = n * ((mu - centre) / s2.sqrt()) ** 2 + finite(scatter) / s2
        return log_normal_from_distance(distance, n * s2.log(), n).masked_fill(outside(mu, s2), -math.inf)

    def mu_marginal(self) -> StudentT:
        """p(mu) with s2 integrated out: Student's t with 2a degrees of freedom and squared scale b / (a k)."""
        return self._student(1 / self.k)

    def s2_quantile(self, level: float) -> float:
        """The s2 below which the inverse gamma has the mass `level`, in (0, 1); infinite where it overflows."""
        quantile = float(scipy.special.gammainccinv(self.a, as_number(level, "level", above=0, below=1)))
        return self.b / quantile if quantile > 0 else math.inf


def _plain(theta: Any) -> Any:
    """An Estimate as a tuple; anything else as it is."""
    return tuple(theta) if isinstance(theta, Estimate) else theta


def as_estimates(theta: Any) -> tuple[Tensor, Tensor]:
    """Pairs (mu, s2) of shape (..., 2), or an Estimate, as mu and s2 of shape (...,); DataError for another shape."""
    points = as_places(_plain(theta))
    if points.ndim == 0 or points.shape[-1] != 2:
        raise DataError(f"theta has the shape {tuple(points.shape)}: give pairs (mu, s2) along its last axis")
    return points[..., 0], points[..., 1]


def outside(mu: Tensor, s2: Tensor) -> Tensor:
    """Where (mu, s2) is no normal distribution, in their shape."""
    return ~((s2 > 0) & (s2 < math.inf) & (mu.abs() < math.inf))

"""Estimators of grad E_q f(z) for q = N(mu, sigma^2 I) (slides "Log-derivative trick", "Reparametrization trick").

One contract: estimator(cost, q, eps) -> one gradient per sample. eps (S,) with a number mu gives (S, 2), columns
(d/dmu, d/dsigma); eps (S, D) with mu a number or (D,) gives (S, D + 1), columns (d/dmu_1 .. d/dmu_D, d/dsigma).
All consume the same noise, z = mu + sigma eps, so a comparison differs in the estimator only. All are unbiased for
a smooth cost. `exact` gives the mean and the variance that the columns have, in closed form or by quadrature.
"""

import math
import zlib
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import torch
from scipy.signal import lfilter
from torch import Tensor

from dgm import runtime
from dgm.gradients import exact_moments
from dgm.gradients.costs import COSTS, Cost, Function, Scalar, as_cost, table_of, tensor
from dgm.gradients.exact_moments import DECAY, Moments
from dgm.gradients.gaussian_moments import Table, together

__all__ = ["CORES", "COSTS", "ESTIMATORS", "EVALUATIONS", "NEEDS_SLOPE", "SEQUENTIAL", "Cost", "Draw", "Estimate",
           "Gaussian", "Moments", "checked", "draw", "estimate", "exact", "known", "noise"]

CHUNK = 16_384                                   # samples whose arrays stay in a core's cache


class Gaussian(NamedTuple):
    """q = N(mu, sigma^2 I)."""

    mu: Any       # a number, or (D,)
    sigma: float  # > 0


Pair = tuple[Tensor, Tensor]                     # d/dmu (..., S) or (S, D), d/dsigma (..., S)


class Draw:
    """One draw eps from q and what estimators share of it, each computed once: z, f(z), f'(z), score.

    One-dimensional: eps (..., S). Vector: eps (S, D), where f is (S,) and the slope (S, D).
    """

    def __init__(self, cost: Cost, mu: Scalar, sigma: Scalar, eps: Tensor, vector: bool = False) -> None:
        self.cost, self.mu, self.sigma, self.eps, self.vector = cost, mu, sigma, eps, vector

    @cached_property
    def z(self) -> Tensor:
        """The reparametrization z = g(eps, phi) = mu + sigma eps."""
        return (self.eps * self.sigma).add_(self.mu)

    @cached_property
    def f(self) -> Tensor:
        return self.cost.of(self.z, self.vector)

    @cached_property
    def slope(self) -> Tensor:
        return self.cost.slope(self.z)

    def part(self, start: int, stop: int) -> "Draw":
        """Samples start .. stop, with the exact baselines of the whole."""
        part = Draw(self.cost, self.mu, self.sigma, self.eps[start:stop], self.vector)
        part.__dict__.update({name: self.__dict__[name] for name in ("laws", "best") if name in self.__dict__})
        return part

    @cached_property
    def mirrored(self) -> "Draw":
        """The same draw with -eps."""
        return Draw(self.cost, self.mu, self.sigma, -self.eps, self.vector)

    @cached_property
    def t(self) -> Tensor:
        """sigma times the score of sigma: eps^2 - 1, summed over coordinates."""
        return self.total(self.eps.square().sub_(1))

    @cached_property
    def where(self) -> Pair:
        """mu (..., 1) and sigma (..., 1) of one-dimensional rows, or mu (D,) and sigma () of vectors, as tensors."""
        if not self.vector:
            return tensor(self.mu), tensor(self.sigma)
        return tensor(self.mu).expand(self.eps.shape[-1]), tensor(self.sigma)

    @cached_property
    def at_mu(self) -> Tensor:
        """f(mu), () or (..., 1) for rows."""
        mu, _ = self.where
        return self.cost.of(mu[None], True)[0] if self.vector else self.cost.of(mu, False)

    @cached_property
    def table(self) -> Table:
        """The exact moments of the cost under q."""
        if self.vector and not self.cost.separable:
            raise ValueError("the exact mean of a function of a whole vector is not known: use a cost from COSTS, "
                             "a formula, or the leave-one-out baseline")
        mu, sigma = self._rows()
        return Table(*together(*table_of(self.cost, mu, sigma[..., None])))

    @cached_property
    def laws(self) -> exact_moments.Sums:
        """E f, Var f and f(mu)."""
        mu, _ = self._rows()
        at_mu = self.cost.value(mu).sum(-1, keepdim=True) + self.cost.offset
        return exact_moments.Sums(*(x[..., 0] for x in exact_moments.sums(self.cost, self.table, at_mu)))

    @cached_property
    def best(self) -> Pair:
        """The best constant baselines b* = E[f S^2] / I of mu and of sigma."""
        rest = exact_moments.best_rest(exact_moments.weighted(self.table))
        mean = self.laws.mean
        b_mu = rest[..., :-1] if self.vector else rest[..., 0]
        return mean - b_mu, mean - rest[..., -1]

    def total(self, x: Tensor) -> Tensor:
        """The sum over a vector's coordinates; x itself in one dimension."""
        return x.sum(-1) if self.vector else x

    def lift(self, x: Tensor) -> Tensor:
        """(S,) -> (S, 1), to multiply coordinates."""
        return x[..., None] if self.vector else x

    def _rows(self) -> Pair:
        mu, sigma = self.where
        return (mu, sigma) if self.vector else (mu[..., None], sigma)


def times_score(d: Draw, f_mu: Tensor, f_sigma: Tensor) -> Pair:
    """(f_mu S_mu, f_sigma S_sigma); f_mu is (S, D) or (S, 1) for a vector."""
    scale = 1 / d.sigma
    return (f_mu * scale).mul_(d.eps) if not d.vector else f_mu * scale * d.eps, (f_sigma * scale).mul_(d.t)


def log_derivative(d: Draw) -> Pair:
    """f(z) grad log q(z): needs f's values only, pays in variance."""
    if d.vector:
        return times_score(d, d.lift(d.f), d.f)
    scaled = d.f * (1 / d.sigma)
    return scaled * d.eps, scaled * d.t


def constant_baseline(d: Draw) -> Pair:
    """(f(z) - f(mu)) grad log q(z): one more evaluation, shared by all samples."""
    f = d.f - d.at_mu
    return times_score(d, d.lift(f), f)


def mean_baseline(d: Draw) -> Pair:
    """(f(z) - E f) grad log q(z), E f exact."""
    f = d.f - d.laws.mean
    return times_score(d, d.lift(f), f)


def best_baseline(d: Draw) -> Pair:
    """(f(z) - b*) grad log q(z), b* = E[f S^2] / I for each parameter."""
    b_mu, b_sigma = d.best
    return times_score(d, d.lift(d.f) - b_mu, d.f - b_sigma)


def moving_average_baseline(d: Draw) -> Pair:
    """(f(z_i) - b_i) grad log q(z_i), b_1 = f(mu), b_i+1 = 0.9 b_i + 0.1 f(z_i): b_i knows earlier samples only."""
    start = d.at_mu
    shifted = torch.cat([torch.zeros_like(d.f[..., :1]), d.f[..., :-1] - start], -1)
    f = d.f - start - torch.as_tensor(lfilter([1 - DECAY], [1, -DECAY], shifted.numpy(), axis=-1))
    return times_score(d, d.lift(f), f)


def leave_one_out(d: Draw) -> Pair:
    """(f(z_i) - mean of the other f) grad log q(z_i); a single sample has no others and no baseline."""
    S = d.f.shape[-1]
    f = d.f if S == 1 else (d.f - d.f.mean(-1, keepdim=True)) * (S / (S - 1))
    return times_score(d, d.lift(f), f)


def log_derivative_antithetic(d: Draw) -> Pair:
    """The mean of the log-derivative at eps and at -eps: f's odd part for mu, its even part for sigma."""
    f, back = d.f, d.mirrored.f
    return times_score(d, d.lift(f - back) / 2, (f + back) / 2)


def reparametrization(d: Draw) -> Pair:
    """f'(z) grad g(eps, phi) = f'(z) (1, eps): needs f differentiable."""
    return d.slope, d.total(d.slope * d.eps)


def reparametrization_antithetic(d: Draw) -> Pair:
    """The mean of the reparametrization at eps and at -eps."""
    ahead, back = d.slope, d.mirrored.slope
    return (ahead + back) / 2, d.total((ahead - back) * d.eps) / 2


def sticking_the_landing(d: Draw) -> Pair:
    """Reparametrization of f - log q through z alone, less the entropy's own gradient (0, D / sigma).

    Equals f'(z) (1, eps) + score: unbiased for any f, without variance where f is log q plus a constant.
    """
    path = d.slope + d.eps * (1 / d.sigma)
    return path, d.total(path * d.eps - 1 / d.sigma)


def measure_valued(d: Draw) -> Pair:
    """Differences of f under coupled pairs: Rayleigh +-w for mu; Maxwell v and eps = v U for sigma.

    w is a function of |eps|; v = sign(eps) sqrt(eps^2 + 2 e) takes an exponential e from a generator seeded by eps.
    """
    e = torch.empty_like(d.eps).exponential_(generator=runtime.generator(_digest(d.eps)))
    w = (-2 * torch.special.log_ndtr(-d.eps.abs()) - 2 * math.log(2)).clamp_(min=0).sqrt_()
    v = torch.copysign((d.eps.square() + 2 * e).sqrt_(), d.eps)
    difference = _differences if d.cost.separable or not d.vector else _differences_one_by_one
    of_mu = difference(d, w, -w) * (1 / (math.sqrt(2 * math.pi) * d.sigma))
    return of_mu, d.total(difference(d, v, d.eps)) / d.sigma


def _differences(d: Draw, ahead: Tensor, behind: Tensor) -> Tensor:
    """f(mu + sigma ahead) - f(mu + sigma behind), coordinate by coordinate."""
    return d.cost.value(d.mu + d.sigma * ahead) - d.cost.value(d.mu + d.sigma * behind)


def _differences_one_by_one(d: Draw, ahead: Tensor, behind: Tensor) -> Tensor:
    """The same for a function of the whole vector: replace one coordinate of z at a time."""
    def at(u: Tensor, j: int) -> Tensor:
        z = d.z.clone()
        z[:, j] = (d.mu + d.sigma * u)[:, j]
        return d.cost.value(z)
    return torch.stack([at(ahead, j) - at(behind, j) for j in range(d.eps.shape[1])], 1)


def _digest(eps: Tensor) -> int:
    return zlib.crc32(eps.contiguous().numpy().tobytes())


CORES: dict[str, Callable[[Draw], Pair]] = {
    "log-derivative": log_derivative,
    "log-derivative + constant baseline": constant_baseline,
    "log-derivative + mean baseline": mean_baseline,
    "log-derivative + best baseline": best_baseline,
    "log-derivative + moving-average baseline": moving_average_baseline,
    "log-derivative + leave-one-out": leave_one_out,
    "log-derivative, antithetic": log_derivative_antithetic,
    "reparametrization": reparametrization,
    "reparametrization, antithetic": reparametrization_antithetic,
    "sticking the landing": sticking_the_landing,
    "measure-valued": measure_valued,
}
# Evaluations of f or of f' that one sample costs (per coordinate for the measure-valued one).
EVALUATIONS: dict[str, int] = {name: 4 if name == "measure-valued" else 2 if "antithetic" in name else 1
                               for name in CORES}
SEQUENTIAL = ("log-derivative + moving-average baseline", "log-derivative + leave-one-out")   # look at other samples
NEEDS_SLOPE = ("reparametrization", "reparametrization, antithetic", "sticking the landing")


def checked(q: Gaussian) -> Gaussian:
    """q with float64 numbers. ValueError for a sigma that is not positive or numbers that are not finite."""
    mu, sigma = tensor(q.mu), float(q.sigma)
    if not (0 < sigma < math.inf):
        raise ValueError(f"sigma must be positive and finite, not {sigma:g}: choose e.g. sigma = 1")
    if not bool(mu.isfinite().all()) or mu.dim() > 1:
        raise ValueError("mu must be a finite number or a vector (D,) of finite numbers")
    return Gaussian(mu, sigma)


def draw(f: Cost | Function, q: Gaussian, eps: Any) -> Draw:
    """eps (S,) or (S, D), of any float type, with f and q checked. ValueError when shapes disagree."""
    q, eps = checked(q), tensor(eps)
    if eps.dim() not in (1, 2) or eps.numel() == 0:
        raise ValueError(f"eps must be (S,) or (S, D) with S >= 1, not {tuple(eps.shape)}")
    vector = eps.dim() == 2
    if q.mu.dim() and q.mu.shape[0] not in ((1, eps.shape[1]) if vector else (1,)):
        raise ValueError(f"mu has {q.mu.shape[0]} coordinates, eps is {tuple(eps.shape)}: "
                         f"give eps (S, {q.mu.shape[0]})")
    mu = q.mu if vector else float(q.mu.reshape(()))
    return Draw(as_cost(f), mu, q.sigma, eps, vector)


def _estimator(name: str) -> Callable[[Cost | Function, Gaussian, Any], Tensor]:
    core = CORES[name]

    def estimator(cost: Cost | Function, q: Gaussian, eps: Any) -> Tensor:
        whole = draw(cost, q, eps)
        S = len(whole.eps)
        out = torch.empty(S, whole.eps.shape[1] + 1 if whole.vector else 2, dtype=torch.float64)
        step = S if name in SEQUENTIAL else max(1, CHUNK * S // whole.eps.numel())
        if name.endswith(("mean baseline", "best baseline")):
            _ = whole.best
        for start in range(0, S, step):
            of_mu, of_sigma = core(whole.part(start, start + step))
            rows = out[start : start + step]
            (rows[:, :-1] if whole.vector else rows[:, 0]).copy_(of_mu)
            rows[:, -1].copy_(of_sigma)
        return out

    estimator.__name__ = core.__name__
    estimator.__doc__ = core.__doc__
    return estimator


ESTIMATORS: dict[str, Callable[[Cost | Function, Gaussian, Any], Tensor]] = {name: _estimator(name) for name in CORES}


def known(name: str) -> str:
    """`name` when it is an estimator's. ValueError with the menu otherwise."""
    if name not in CORES:
        raise ValueError(f"unknown estimator {name!r}: choose one of {', '.join(CORES)}")
    return name


def exact(name: str, cost: Cost | Function, q: Gaussian, samples: int = 1) -> Moments:
    """Mean and variance, (2,) or (D + 1,), of the mean of `samples` gradients of the estimator `name`.

    Closed forms for parabolas, waves and exp(-k x^2), adaptive quadrature for other costs; a moment that does not
    exist is inf. ValueError for an unknown name, samples < 1, or a cost without value near mu.
    """
    q = checked(q)
    if samples < 1:
        raise ValueError(f"samples must be at least 1, not {samples}")
    f = as_cost(cost)
    if q.mu.dim() and not f.separable:
        raise ValueError("exact moments need a cost that is a sum over coordinates: one of COSTS or a formula")
    return exact_moments.moments(known(name), f, q.mu.reshape(-1), tensor(q.sigma), samples)


class Estimate(NamedTuple):
    """Monte Carlo moments of single-sample gradients, columns d/dmu .. d/dsigma, with their standard errors."""

    mean: Tensor            # (D + 1,)
    mean_error: Tensor
    variance: Tensor
    variance_error: Tensor


def estimate(gradients: Tensor) -> Estimate:
    """The sample mean and variance of gradients (S, P) and the standard error of each (from the fourth moment)."""
    S = len(gradients)
    mean = gradients.mean(0)
    square = (gradients - mean).square_()
    second = square.mean(0)
    fourth = square.square_().mean(0)
    variance = second * S / max(S - 1, 1)
    return Estimate(mean, (variance / S).sqrt(), variance, ((fourth - second**2) / S).clamp(min=0).sqrt())


def noise(samples: int, seed: int, dims: int = 0) -> Tensor:
    """eps ~ N(0, I): (samples,), or (samples, dims)."""
    shape = (samples, dims) if dims else (samples,)
    return torch.randn(shape, generator=runtime.generator(seed), dtype=torch.float64)



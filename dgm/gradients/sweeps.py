"""Variance against mu, sigma, k, the dimension or the number of samples: exact curves, Monte Carlo dots, crossings."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from scipy.optimize import brentq
from torch import Tensor

from dgm.gradients.costs import Cost, Function, as_cost, tensor
from dgm.gradients.estimators import CHUNK, CORES, EVALUATIONS, SEQUENTIAL, Draw, Gaussian, draw, exact, known, noise
from dgm.gradients.exact_moments import Moments, moments

AXES = ("mu", "sigma", "k", "dimension", "samples")
ALONE = {"log-derivative + leave-one-out": "log-derivative",   # what is left of them when there is one sample
         "log-derivative + moving-average baseline": "log-derivative + constant baseline"}
TINY = 1e-300
PARAMETERS = ("mu", "sigma")                     # columns of a sweep: d/dmu_1 and d/dsigma


class Setting(NamedTuple):
    """One point of a sweep."""

    cost: Cost
    mu: float
    sigma: float
    dims: int = 1
    samples: int = 1


START = Gaussian(0.5, 1.0)


@dataclass(frozen=True)
class Plan:
    """What moves (`axis` over `values`) and what stays: the cost's constant k, q, the dimension, the samples."""

    axis: str
    values: tuple[float, ...]
    make: Callable[..., Cost]
    k: float = 1.0
    q: Gaussian = START
    dims: int = 1
    samples: int = 1
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.axis not in AXES:
            raise ValueError(f"unknown axis {self.axis!r}: choose one of {', '.join(AXES)}")
        if not self.values:
            raise ValueError("a sweep needs at least one value on its axis")

    def at(self, v: float) -> Setting:
        """The setting where the axis is at v."""
        here = {"mu": float(self.q.mu), "sigma": float(self.q.sigma), "k": self.k, "dimension": float(self.dims),
                "samples": float(self.samples), self.axis: float(v)}
        return Setting(self.make(here["k"]).plus(self.offset), here["mu"], here["sigma"],
                       round(here["dimension"]), round(here["samples"]))

    def curve(self, name: str) -> Moments:
        """Exact moments (V, 2) of d/dmu_1 and d/dsigma along the axis, all values in one go where shapes allow."""
        first = self.at(self.values[0])
        open_ = first.cost.table is None or (name == "measure-valued" and first.cost.pairs is None)
        if self.axis in ("dimension", "samples") or open_:
            each = [exact_at(name, self.at(v)) for v in self.values]
            return Moments(torch.stack([m.mean for m in each]), torch.stack([m.variance for m in each]))
        v = tensor(self.values)
        mu = v if self.axis == "mu" else tensor(self.q.mu).expand(len(v))
        sigma = v if self.axis == "sigma" else tensor(self.q.sigma).expand(len(v))
        cost = self.make(v[:, None]).plus(self.offset) if self.axis == "k" else first.cost
        found = moments(known(name), cost, mu[:, None].expand(-1, self.dims), sigma, self.samples)
        return Moments(found.mean[:, [0, -1]], found.variance[:, [0, -1]])


class Sweep(NamedTuple):
    """E estimators at V values of the axis; the last axis is (d/dmu_1, d/dsigma)."""

    axis: str
    values: Tensor          # (V,)
    names: tuple[str, ...]  # E
    exact: Tensor           # (E, V, 2)  variance of the mean of `samples` gradients
    dots: Tensor            # (E, V, 2)  its Monte Carlo estimate
    error: Tensor           # (E, V, 2)  the standard error of the estimate


def sweep(plan: Plan, names: Sequence[str], draws: int = 100_000, seed: int = 0) -> Sweep:
    """Exact curves and `draws` single-sample gradients per dot; every setting and estimator shares the noise."""
    curves = [plan.curve(name) for name in names]
    means = torch.stack([curve.mean for curve in curves], 1)                    # (V, E, 2)
    shared: dict[int, Tensor] = {}
    found = []
    for point, centres in zip(map(plan.at, plan.values), means, strict=True):
        if point.dims not in shared:
            shared[point.dims] = noise(max(2, draws // point.dims), seed, point.dims if point.dims > 1 else 0)
        found.append(variances(point, names, shared[point.dims], centres))
    dots, error = (torch.stack(parts, 1) for parts in zip(*found, strict=True))
    exact_variances = torch.stack([curve.variance for curve in curves])
    return Sweep(plan.axis, tensor(plan.values), tuple(names), exact_variances, dots, error)


def exact_at(name: str, point: Setting) -> Moments:
    """The exact moments (2,) of d/dmu_1 and d/dsigma at one setting."""
    mu = tensor(point.mu).expand(point.dims)
    found = moments(known(name), point.cost, mu, tensor(point.sigma), point.samples)
    return Moments(found.mean[[0, -1]], found.variance[[0, -1]])


def variances(point: Setting, names: Sequence[str], eps: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Sample variances (E, 2) of the mean of `point.samples` gradients and their standard errors.

    Works in chunks that stay in cache; z, f and f' are computed once for all estimators. The powers are of
    deviations from `centres` (E, 2), the exact means, so that they do not cancel.
    """
    whole, K = draw(point.cost, Gaussian(point.mu, point.sigma), eps), point.samples
    names = [ALONE.get(name, name) for name in names] if K == 1 else names
    if any(name.endswith(("mean baseline", "best baseline")) for name in names):
        _ = whole.best
    centre = centres.reshape(-1, 1)
    step = max(1, CHUNK // (K * eps[0].numel())) * K
    last = len(eps) // K * K
    powers = torch.zeros(2 * len(names), 4, dtype=torch.float64)
    rows = torch.empty(2 * len(names), step // K, dtype=torch.float64)
    for start in range(0, last, step):
        part = whole.part(start, min(start + step, last))
        used = rows[:, : len(part.eps) // K]
        for i, name in enumerate(names):
            used[2 * i], used[2 * i + 1] = _columns(part, name, K)
        _add_powers(powers, used.sub_(centre))
    variance, error = _from_powers(powers, last // K)
    return variance.reshape(-1, 2), error.reshape(-1, 2)


def _columns(part: Draw, name: str, K: int) -> tuple[Tensor, Tensor]:
    """d/dmu_1 and d/dsigma, averaged over groups of K samples."""
    if K > 1 and name in SEQUENTIAL and part.vector:     # the group is all that a sample may look at
        pairs = [CORES[name](part.part(i, i + K)) for i in range(0, len(part.eps), K)]
        return torch.stack([m[:, 0].mean() for m, _ in pairs]), torch.stack([s.mean() for _, s in pairs])
    if K > 1 and name in SEQUENTIAL:
        of_mu, of_sigma = CORES[name](Draw(part.cost, part.mu, part.sigma, part.eps.reshape(-1, K)))
    else:
        of_mu, of_sigma = CORES[name](part)
    of_mu = of_mu[:, 0] if part.vector else of_mu
    return (of_mu, of_sigma) if K == 1 else (of_mu.reshape(-1, K).mean(-1), of_sigma.reshape(-1, K).mean(-1))


def _add_powers(powers: Tensor, g: Tensor) -> None:
    """Add the sums of g^1..4 of each row to `powers` (rows, 4)."""
    square = g * g
    powers[:, 0] += g.sum(1)
    powers[:, 1] += square.sum(1)
    powers[:, 2] += torch.linalg.vecdot(square, g)
    powers[:, 3] += torch.linalg.vecdot(square, square)


def _from_powers(powers: Tensor, count: int) -> tuple[Tensor, Tensor]:
    m1, m2, m3, m4 = (powers / count).unbind(-1)
    square = (m2 - m1**2).clamp(min=0)
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return square * count / max(count - 1, 1), ((fourth - square**2).clamp(min=0) / count).sqrt()


class Crossing(NamedTuple):
    """Where two exact variance curves meet."""

    at: float        # value of the axis
    variance: float
    parameter: str   # "mu" or "sigma"


def crossings(plan: Plan, one: str, other: str) -> list[Crossing]:
    """Roots of log Var(one) - log Var(other) between neighbouring values that differ in sign, by Brent's method."""
    if plan.axis in ("dimension", "samples"):
        return []
    ratios = (plan.curve(one).variance + TINY).log() - (plan.curve(other).variance + TINY).log()
    found = []
    for column, parameter in enumerate(PARAMETERS):
        def apart(v: float, column: int = column) -> float:
            point = plan.at(v)
            first, second = exact_at(one, point).variance[column], exact_at(other, point).variance[column]
            return float(((first + TINY) / (second + TINY)).log())
        for i in range(len(plan.values) - 1):
            if ratios[i, column] * ratios[i + 1, column] < 0:
                root = float(brentq(apart, plan.values[i], plan.values[i + 1], rtol=1e-11))
                found.append(Crossing(root, float(exact_at(one, plan.at(root)).variance[column]), parameter))
    return found


class Price(NamedTuple):
    """What one unit of precision costs: variance times what one sample costs. Lower is better."""

    name: str
    variance: Tensor         # (2,)  of one sample
    evaluations: int         # of f or f'
    seconds: float           # per sample, measured
    per_evaluation: Tensor   # (2,)  variance * evaluations
    per_second: Tensor       # (2,)  variance * seconds


def prices(f: Cost | Function, q: Gaussian, names: Sequence[str], samples: int = 50_000, seed: int = 0,
           repeats: int = 3) -> list[Price]:
    """Cost-normalised variances: the variance left after one evaluation, and after one second, of sampling."""
    cost, eps = as_cost(f), noise(samples, seed)
    found = []
    for name in names:
        variance = exact(name, cost, q, samples if name in SEQUENTIAL else 1).variance
        variance = variance * (samples if name in SEQUENTIAL else 1)
        seconds = min(_seconds(name, cost, q, eps) for _ in range(repeats)) / samples
        count = EVALUATIONS[name]
        found.append(Price(name, variance, count, seconds, variance * count, variance * seconds))
    return found


def _seconds(name: str, cost: Cost, q: Gaussian, eps: Tensor) -> float:
    start = time.perf_counter()
    CORES[name](draw(cost, q, eps))
    return time.perf_counter() - start

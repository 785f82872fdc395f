"""Variance against mu, sigma, k, the dimension or the number of samples: exact curves, sampled values, crossings.

Slides "Log-derivative trick" and "Reparametrization trick": where each of them has the smaller variance, and what a
sample costs.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import scipy
import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_seed, as_tensor, as_vector, require_kind, shown
from dgm.errors import ArgumentError
from dgm.gradients.costs import Cost, as_cost, as_float64
from dgm.gradients.draws import Draw, Gaussian, draw, drawn, noise, of_one_number
from dgm.gradients.estimators import CHUNK, MOST_SAMPLES, Estimator, bias, bias_of, exact, find, find_all
from dgm.gradients.exact_moments import Moments
from dgm.gradients.features import Function, without_copies

AXES = ("mu", "sigma", "k", "dimension", "samples")
MOST_DIMS, MOST_REPEATS = 2**20, 10_000
FINE = 240        # values of a line where a closed form gives all at once
TINY = 1e-300     # so that a ratio of zero variances has a logarithm
PARAMETERS = ("mu", "sigma")                     # columns of a sweep: d/dmu_1 and d/dsigma


class Setting(NamedTuple):
    """One point of a sweep: mu and sigma of all coordinates, and how many samples a gradient is the mean of."""

    cost: Cost
    mu: float
    sigma: float
    dims: int = 1
    samples: int = 1


START = Gaussian(0.5, 1.0)


@dataclass(frozen=True)
class Plan:
    """What varies (`axis` over `values`) and what is fixed: the cost's constant k, q, the dimension, the samples.

    axis: one of `AXES`; make: k -> cost, such as a value of COSTS; q: mu and sigma are numbers; offset is added to f.
    ArgumentError for another axis, no values, or numbers that do not fit: sigma is positive, dimension and samples are
    whole.

    >>> from dgm.gradients import COSTS, sweeps
    >>> plan = sweeps.Plan("sigma", (0.5, 1.0), COSTS["quadratic"])
    >>> plan.curve("reparametrization").variance[:, 0].tolist()     # 4 sigma^2
    [1.0, 4.0]
    """

    axis: str
    values: tuple[float, ...]
    make: Callable[..., Cost]
    k: float = 1.0
    q: Gaussian = START
    dims: int = 1
    samples: int = 1
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.axis, str) or self.axis not in AXES:
            raise ArgumentError(f"unknown axis {shown(self.axis)}: choose one of {', '.join(AXES)}")
        if not callable(self.make) or isinstance(self.make, type):
            raise ArgumentError(f"make has to be a function of k such as COSTS['cosine'], not {shown(self.make)}")
        mu, sigma = of_one_number(self.q)
        checked = {"values": tuple(_on_axis(self.axis, v) for v in _several(self.values)), "q": Gaussian(mu, sigma),
                   "k": as_number(self.k, "k"), "dims": as_integer(self.dims, "dims", 1, MOST_DIMS),
                   "samples": as_integer(self.samples, "samples", 1, MOST_SAMPLES),
                   "offset": as_number(self.offset, "offset")}
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def at(self, v: float) -> Setting:
        """The setting where the axis has the value v. ArgumentError for a v that the axis cannot have."""
        v = _on_axis(self.axis, v)
        here = {"mu": float(self.q.mu), "sigma": float(self.q.sigma), "k": self.k, "dimension": float(self.dims),
                "samples": float(self.samples), self.axis: float(v)}
        return Setting(_made(self.make, here["k"]).plus(self.offset), here["mu"], here["sigma"],
                       round(here["dimension"]), round(here["samples"]))

    def _bias(self, name: str, found: Moments) -> Tensor:
        """Exact mean of an estimator minus the gradient of E f along the axis, (V, 2); found: its `curve`."""
        estimator, points = find(name), [self.at(v) for v in self.values]
        if not estimator.needs_slope or points[0].cost.table is not None:
            return torch.zeros_like(found.mean)
        return torch.stack([bias_of(estimator, point.cost, as_float64(point.mu).reshape(1), as_float64(point.sigma),
                                    Moments(*rows)) for point, *rows in zip(points, *found, strict=True)])

    def _fine(self, count: int = FINE) -> "Plan":
        """The plan with `count` values between its first and its last, where all of them take one closed form.

        The plan itself where each value is a quadrature, or whole.
        """
        v = as_float64(self.values)
        if len(v) < 2 or self.axis in ("dimension", "samples") or self.at(self.values[0]).cost.table is None:
            return self
        steps = torch.linspace(0, 1, count, dtype=torch.float64)
        even = bool(v[0] <= 0) or self.axis == "mu"
        between = v[0] + (v[-1] - v[0]) * steps if even else v[0] * (v[-1] / v[0]) ** steps
        return replace(self, values=tuple(without_copies(torch.cat([v, between[1:-1]])).tolist()))

    def curve(self, name: str) -> Moments:
        """Exact moments (V, 2) of d/dmu_1 and d/dsigma along the axis, all values at once where shapes allow.

        ArgumentError for an unknown estimator or a cost without value.
        """
        first, estimator = self.at(self.values[0]), find(name)
        if self.axis in ("dimension", "samples") or not estimator.in_closed_form(first.cost):
            each = [exact_at(name, self.at(v)) for v in self.values]
            return Moments(torch.stack([m.mean for m in each]), torch.stack([m.variance for m in each]))
        v = as_float64(self.values)
        mu = v if self.axis == "mu" else as_float64(self.q.mu).expand(len(v))
        sigma = v if self.axis == "sigma" else as_float64(self.q.sigma).expand(len(v))
        cost = _made(self.make, v[:, None]).plus(self.offset) if self.axis == "k" else first.cost
        found = estimator.moments(cost, mu[:, None].expand(-1, self.dims), sigma, self.samples)
        return Moments(found.mean[:, [0, -1]], found.variance[:, [0, -1]])


def _several(values: Any) -> list[float]:
    """The values of an axis, at least one."""
    found = as_vector(values, "values").tolist()
    if not found:
        raise ArgumentError("a sweep needs at least one value on its axis")
    return found


def _on_axis(axis: str, v: Any) -> float:
    """A value that the axis can have."""
    if axis in ("dimension", "samples"):
        return float(as_integer(v, axis, 1, MOST_DIMS if axis == "dimension" else MOST_SAMPLES))
    return as_number(v, axis, above=0 if axis == "sigma" else None)


def _made(make: Callable[..., Cost], k: Any) -> Cost:
    """The cost with the constant k."""
    cost = make(k)
    if not isinstance(cost, Cost):
        raise ArgumentError(f"make has to return a cost such as COSTS['cosine'](k), not {shown(cost)}")
    return cost


class Sweep(NamedTuple):
    """E estimators at V values of the axis; the last axis is (d/dmu_1, d/dsigma)."""

    axis: str
    values: Tensor          # (V,)
    names: tuple[str, ...]  # E
    exact: Tensor           # (E, V, 2)  variance of the mean of `samples` gradients
    sampled: Tensor         # (E, V, 2)  its Monte Carlo estimate
    error: Tensor           # (E, V, 2)  the standard error of the estimate
    bias: Tensor            # (E, V, 2)  exact mean minus the gradient of E f: 0 but for estimators that miss a jump
    fine_values: Tensor     # (F,)       values between those of the axis, for lines
    fine_exact: Tensor      # (E, F, 2)  exact variances there

    @property
    def biased(self) -> tuple[str, ...]:
        """Estimators with a bias somewhere: their variance is not their error."""
        return tuple(name for name, found in zip(self.names, self.bias, strict=True) if bool(found.any()))

    @property
    def mean_squared_error(self) -> Tensor:
        """Exact variance plus the square of the bias, (E, V, 2)."""
        return self.exact + self.bias**2


def sweep(plan: Plan, names: Sequence[str], draws: int = 100_000, seed: int = 0) -> Sweep:
    """Exact variances along the axis, and sampled ones from `draws` gradients each, all from the same noise.

    names: of E estimators; draws: coordinates of noise for each sampled variance. Returns fields (E, V, 2).
    ArgumentError for an unknown estimator, a cost without value, or numbers that overflow.

    >>> from dgm.gradients import COSTS, sweeps
    >>> plan = sweeps.Plan("sigma", (0.5, 1.0), COSTS["quadratic"])
    >>> found = sweeps.sweep(plan, ["log-derivative", "reparametrization"], draws=1000)
    >>> tuple(found.exact.shape), tuple(found.sampled.shape)
    ((2, 2, 2), (2, 2, 2))
    """
    names, draws, seed = [e.name for e in find_all(names)], as_integer(draws, "draws", 1), as_seed(seed)
    curves = [_plan(plan).curve(name) for name in names]
    means = torch.stack([curve.mean for curve in curves], 1)                    # (V, E, 2)
    shared: dict[int, Tensor] = {}
    found = []
    for point, centres in zip(map(plan.at, plan.values), means, strict=True):
        if point.dims not in shared:
            shared[point.dims] = noise(max(2, draws // point.dims), seed, point.dims if point.dims > 1 else 0)
        found.append(_variances(point, names, shared[point.dims], centres))
    sampled, error = (torch.stack(parts, 1) for parts in zip(*found, strict=True))
    biases = torch.stack([plan._bias(name, curve) for name, curve in zip(names, curves, strict=True)])
    variance = torch.stack([curve.variance for curve in curves])
    fine = plan._fine()
    lines = variance if fine is plan else torch.stack([fine.curve(name).variance for name in names])
    return Sweep(plan.axis, as_float64(plan.values), tuple(names), variance, sampled, error, biases,
                 as_float64(fine.values), lines)


def _plan(plan: Plan) -> Plan:
    require_kind(plan, "plan", Plan, "a Plan(axis, values, make)")
    return plan


def _setting(point: Setting) -> Setting:
    """The setting, with its fields checked."""
    require_kind(point, "point", Setting, "a Setting(cost, mu, sigma)")
    return Setting(as_cost(point.cost), as_number(point.mu, "mu"), as_number(point.sigma, "sigma", above=0),
                   as_integer(point.dims, "dims", 1, MOST_DIMS), as_integer(point.samples, "samples", 1, MOST_SAMPLES))


def exact_at(name: str, point: Setting) -> Moments:
    """The exact moments (2,) of d/dmu_1 and d/dsigma at one setting. ArgumentError as `exact`.

    >>> from dgm.gradients import COSTS, sweeps
    >>> sweeps.exact_at("reparametrization", sweeps.Setting(COSTS["quadratic"](0.0), 1.0, 1.0, dims=3)).mean.tolist()
    [2.0, 6.0]
    """
    estimator, point = find(name), _setting(point)
    if point.dims > 1 and not point.cost.separable:
        raise ArgumentError("exact moments need a cost that is a sum over coordinates: one of COSTS or a formula")
    mu = as_float64(point.mu).expand(point.dims)
    found = estimator.moments(point.cost, mu, as_float64(point.sigma), point.samples)
    return Moments(found.mean[[0, -1]], found.variance[[0, -1]])


def variances(point: Setting, names: Sequence[str], eps: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Sample variances (E, 2) of the mean of `point.samples` gradients and their standard errors.

    names: of E estimators; eps: (S,), or (S, D) with D = point.dims. Works in chunks that stay in cache; z, f and
    f' are computed once for all estimators. The powers are of deviations from `centres` (E, 2), the exact means, so
    that no digits are lost. Gradients that overflow have an infinite variance. ArgumentError for shapes that disagree.

    >>> from dgm.gradients import COSTS, sweeps
    >>> point, eps = sweeps.Setting(COSTS["quadratic"](0.0), 0.0, 1.0), torch.tensor([-1.0, 1.0])
    >>> variance, _ = sweeps.variances(point, ["reparametrization"], eps, torch.zeros(1, 2))
    >>> variance.tolist()     # of f' = -2, 2 and of f' eps = 2, 2
    [[8.0, 0.0]]
    """
    names, point = [e.name for e in find_all(names)], _setting(point)
    eps, centres = as_tensor(eps, "eps"), as_tensor(centres, "centres")
    if eps.shape[1:] != ((point.dims,) if point.dims > 1 else ()) or len(eps.reshape(-1)) < point.samples:
        raise ArgumentError(f"eps has the shape {tuple(eps.shape)}: give (S,), or (S, {point.dims}) for dims = "
                            f"{point.dims}, with S from {point.samples} on")
    if centres.shape != (len(names), 2):
        raise ArgumentError(f"centres has the shape {tuple(centres.shape)}: give ({len(names)}, 2), the exact means")
    return _variances(point, names, eps, centres)


def _variances(point: Setting, names: Sequence[str], eps: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    whole, K = draw(point.cost, Gaussian(point.mu, point.sigma), eps), point.samples
    estimators = [_for_samples(name, K) for name in names]
    for estimator in estimators:
        estimator.prepared(whole)
    centre = centres.reshape(-1, 1)
    step = max(1, CHUNK // (K * eps[0].numel())) * K
    last = len(eps) // K * K
    powers = torch.zeros(2 * len(names), 4, dtype=torch.float64)
    rows = torch.empty(2 * len(names), step // K, dtype=torch.float64)
    for start in range(0, last, step):
        part = whole.part(start, min(start + step, last))
        used = rows[:, : len(part.eps) // K]
        for i, estimator in enumerate(estimators):
            used[2 * i], used[2 * i + 1] = _columns(part, estimator, K)
        _add_powers(powers, used.sub_(centre))
    variance, error = _from_powers(powers, last // K)
    return variance.reshape(-1, 2), error.reshape(-1, 2)


def _for_samples(name: str, K: int) -> Estimator:
    """The estimator, or the one that it equals when a gradient has one sample."""
    estimator = find(name)
    return find(estimator.for_one_sample) if K == 1 and estimator.for_one_sample else estimator


def _columns(part: Draw, estimator: Estimator, K: int) -> tuple[Tensor, Tensor]:
    """d/dmu_1 and d/dsigma, averaged over groups of K samples."""
    function = estimator.function
    if K > 1 and estimator.sequential and part.vector:     # a sample depends on the others of its group alone
        pairs = [function(part.part(i, i + K)) for i in range(0, len(part.eps), K)]
        return torch.stack([m[:, 0].mean() for m, _ in pairs]), torch.stack([s.mean() for _, s in pairs])
    if K > 1 and estimator.sequential:
        of_mu, of_sigma = function(drawn(part.cost, part.mu, part.sigma, part.eps.reshape(-1, K)))
    else:
        of_mu, of_sigma = function(part)
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
    variance, error = square * count / max(count - 1, 1), ((fourth - square**2).clamp(min=0) / count).sqrt()
    return variance.nan_to_num(torch.inf, torch.inf), error.nan_to_num(torch.inf, torch.inf)


class Crossing(NamedTuple):
    """Where two exact variance curves meet."""

    at: float        # value of the axis
    variance: float
    parameter: str   # "mu" or "sigma"


def crossings(plan: Plan, one: str, other: str) -> list[Crossing]:
    """Roots of log Var(one) - log Var(other) between neighbouring values that differ in sign, by Brent's method.

    one, other: names of estimators. No roots along "dimension" and "samples", which are whole numbers. ArgumentError
    for unknown names.

    >>> from dgm.gradients import COSTS, sweeps
    >>> plan = sweeps.Plan("k", (0.5, 1.0, 2.0, 4.0), COSTS["cosine"])
    >>> [(root.parameter, round(root.at, 3)) for root in sweeps.crossings(plan, "log-derivative", "reparametrization")]
    [('mu', 0.909), ('sigma', 1.432)]
    """
    one, other, plan = find(one).name, find(other).name, _plan(plan)
    if plan.axis in ("dimension", "samples"):
        return []
    ratios = (plan.curve(one).variance + TINY).log() - (plan.curve(other).variance + TINY).log()
    found = []
    for column, parameter in enumerate(PARAMETERS):
        def log_ratio(v: float, column: int = column) -> float:
            point = plan.at(v)
            first, second = exact_at(one, point).variance[column], exact_at(other, point).variance[column]
            return float(((first + TINY) / (second + TINY)).log())
        for i in range(len(plan.values) - 1):
            if ratios[i, column] * ratios[i + 1, column] < 0:
                root = float(scipy.optimize.brentq(log_ratio, plan.values[i], plan.values[i + 1], rtol=1e-11))
                found.append(Crossing(root, float(exact_at(one, plan.at(root)).variance[column]), parameter))
    return found


class WorkNormalised(NamedTuple):
    """Variance times what one sample costs (Glynn and Whitt 1992): the variance after one unit of work."""

    name: str
    variance: Tensor         # (2,)  of one sample, d/dmu and d/dsigma
    evaluations: int         # of f or f'
    seconds: float           # per sample, measured
    per_evaluation: Tensor   # (2,)  variance * evaluations for that parameter
    bias: Tensor             # (2,)  exact mean minus the gradient of E f: no work makes it smaller

    @property
    def biased(self) -> bool:
        """Whether the variance is not the error, so that it has no place in a ranking."""
        return bool(self.bias.any())

    @property
    def mean_squared_error(self) -> Tensor:
        """Of one sample: the variance plus the square of the bias, (2,)."""
        return self.variance + self.bias**2


def work_normalised(f: Cost | Function, q: Gaussian, names: Sequence[str], samples: int = 50_000, seed: int = 0,
                    repeats: int = 3) -> list[WorkNormalised]:
    """The variance that is left after one evaluation of f, and the seconds of one sample; lower is better.

    names: of estimators; seconds are the least of `repeats` runs of `samples` samples. ArgumentError as `exact`.

    >>> from dgm.gradients import COSTS, Gaussian, sweeps
    >>> plain, pairs = sweeps.work_normalised(COSTS["quadratic"](0.0), Gaussian(0.0, 1.0),
    ...                                       ["reparametrization", "reparametrization, antithetic"], 100)
    >>> plain.per_evaluation.tolist(), pairs.per_evaluation.tolist()
    ([4.0, 8.0], [0.0, 16.0])
    """
    cost, samples = as_cost(f), as_integer(samples, "samples", 1)
    repeats = as_integer(repeats, "repeats", 1, MOST_REPEATS)
    mu, sigma = of_one_number(q)
    q, eps, found = Gaussian(mu, sigma), noise(samples, seed), []
    for estimator in find_all(names):
        count = samples if estimator.sequential else 1     # those depend on other samples: as one of many
        variance = exact(estimator.name, cost, q, count).variance * count
        seconds = min(_seconds(estimator, cost, q, eps) for _ in range(repeats)) / samples
        found.append(WorkNormalised(estimator.name, variance, estimator.evaluations, seconds,
                                    variance * (estimator.evaluations_each or estimator.evaluations),
                                    bias(estimator.name, cost, q)))
    return found


def _seconds(estimator: Estimator, cost: Cost, q: Gaussian, eps: Tensor) -> float:
    start = time.perf_counter()
    estimator.function(draw(cost, q, eps))
    return time.perf_counter() - start

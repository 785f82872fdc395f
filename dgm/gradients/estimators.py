"""Estimators of grad E_q f(z) for q = N(mu, sigma^2 I): one record each, in one dict.

`ESTIMATORS[name](cost, q, eps)` gives one gradient per sample: eps (S,) with a number mu gives (S, 2), columns
(d/dmu, d/dsigma); eps (S, D) with mu a number or (D,) gives (S, D + 1), columns (d/dmu_1 .. d/dmu_D, d/dsigma).
`exact` gives the mean and the variance that the columns have, in closed form or by quadrature.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_tensor, require_kind, shown
from dgm.errors import ArgumentError
from dgm.gradients import exact_moments, sample_gradients
from dgm.gradients.costs import Cost, as_cost, as_float64
from dgm.gradients.draws import Draw, Gaussian, Pair, checked, draw
from dgm.gradients.exact_moments import Moments
from dgm.gradients.features import Function

CHUNK = 16_384                     # samples whose arrays stay in a core's cache
MOST_SAMPLES = 2**40
EXACT_BASELINES = ("mean", "best")


@dataclass(frozen=True)
class Estimator:
    """One estimator: its formula, its exact moments, and what they require. Call it to get one gradient per sample.

    >>> from dgm import gradients
    >>> estimator = gradients.ESTIMATORS["reparametrization"]
    >>> estimator(gradients.COSTS["quadratic"](0.0), gradients.Gaussian(1.0, 2.0), [0.0, 1.0]).tolist()
    [[2.0, 0.0], [6.0, 6.0]]
    >>> estimator.family, estimator.needs_slope, estimator.evaluations
    ('reparametrization', True, 1)
    """

    name: str
    function: Callable[[Draw], Pair]
    moments: Callable[[Cost, Tensor, Tensor, int], Moments]   # exact: cost, mu (..., D), sigma (...,), samples
    description: str
    family: str                    # "log-derivative", "reparametrization" or "measure-valued"
    baseline: str = ""             # what is subtracted from f: "constant", "mean", "best", .. or nothing
    evaluations: int = 1           # of f or of f' for one sample; per coordinate for the measure-valued one
    evaluations_each: int = 0      # of those, for the gradient in mu alone or in sigma alone; 0: all
    needs_slope: bool = False      # uses f', so f has to be differentiable
    sequential: bool = False       # a sample's gradient depends on other samples
    for_one_sample: str = ""       # the estimator that a sequential one equals when there is a single sample

    def __call__(self, cost: Cost | Function, q: Gaussian, eps: Any) -> Tensor:
        """One gradient per sample, (S, 2) for eps (S,) and (S, D + 1) for eps (S, D). ArgumentError as `draw`."""
        whole = self.prepared(draw(cost, q, eps))
        S = len(whole.eps)
        out = torch.empty(S, whole.eps.shape[1] + 1 if whole.vector else 2, dtype=torch.float64)
        step = S if self.sequential else max(1, CHUNK * S // whole.eps.numel())
        for start in range(0, S, step):
            of_mu, of_sigma = self.function(whole.part(start, start + step))
            rows = out[start : start + step]
            (rows[:, :-1] if whole.vector else rows[:, 0]).copy_(of_mu)
            rows[:, -1].copy_(of_sigma)
        return out

    def prepared(self, whole: Draw) -> Draw:
        """The draw, with the exact baselines computed where this estimator uses them: its parts share them.

        ArgumentError for anything but a draw, and for a cost whose exact mean is not known.
        """
        require_kind(whole, "whole", Draw, "what draw(f, q, eps) gives")
        if self.baseline in EXACT_BASELINES:
            _ = whole.best_baselines
        return whole

    def in_closed_form(self, cost: Cost) -> bool:
        """Whether the exact moments for this cost need no quadrature. ArgumentError for no cost."""
        cost = as_cost(cost)
        return cost.table is not None and (self.family != "measure-valued" or cost.pairs is not None)


def _log_derivative(name: str, function: Callable[[Draw], Pair], variance: exact_moments.ScaledVariance,
                    description: str, baseline: str = "", **fields: Any) -> Estimator:
    return Estimator(name, function, partial(exact_moments.log_derivative, variance), description, "log-derivative",
                     baseline, **fields)


ESTIMATORS: dict[str, Estimator] = {estimator.name: estimator for estimator in (
    _log_derivative(
        "log-derivative", sample_gradients.log_derivative, exact_moments.no_baseline,
        "f(z) times the score ∇ log q(z)"),
    _log_derivative(
        "log-derivative + constant baseline", sample_gradients.constant_baseline, exact_moments.constant_baseline,
        "f(μ) is taken off f(z) first", "constant"),
    _log_derivative(
        "log-derivative + mean baseline", sample_gradients.mean_baseline, exact_moments.mean_baseline,
        "the exact mean of f is taken off f(z) first", "mean"),
    _log_derivative(
        "log-derivative + best baseline", sample_gradients.best_baseline, exact_moments.best_baseline,
        "the number that leaves the least variance is taken off f(z) first", "best"),
    _log_derivative(
        "log-derivative + moving-average baseline", sample_gradients.moving_average_baseline,
        exact_moments.moving_average_baseline, "a running average of the samples before it is taken off f(z) first",
        "moving average", sequential=True, for_one_sample="log-derivative + constant baseline"),
    _log_derivative(
        "log-derivative + leave-one-out", sample_gradients.leave_one_out, exact_moments.leave_one_out,
        "the mean f of the other samples is taken off f(z) first", "leave-one-out", sequential=True,
        for_one_sample="log-derivative"),
    Estimator(
        "log-derivative, antithetic", sample_gradients.log_derivative_antithetic,
        exact_moments.log_derivative_antithetic, "the mean of the gradients at ε and at its mirror image −ε",
        "log-derivative", evaluations=2),
    Estimator(
        "reparametrization", sample_gradients.reparametrization, exact_moments.reparametrization,
        "the slope of f, followed back through z = g(ξ, ε)", "reparametrization", needs_slope=True),
    Estimator(
        "reparametrization, antithetic", sample_gradients.reparametrization_antithetic,
        exact_moments.reparametrization_antithetic, "the mean of the gradients at ε and at its mirror image −ε",
        "reparametrization", evaluations=2, needs_slope=True),
    Estimator(
        "sticking the landing", sample_gradients.sticking_the_landing, exact_moments.sticking_the_landing,
        "reparametrization plus the score ∇ log q(z): no variance where f is log q plus a constant, or a sampled bound "
        "at its posterior",
        "reparametrization", needs_slope=True),
    Estimator(
        "measure-valued", sample_gradients.measure_valued, exact_moments.measure_valued,
        "differences of f at two coupled places: needs neither slope nor score", "measure-valued", evaluations=4,
        evaluations_each=2),
)}


def find(name: str) -> Estimator:
    """The estimator of that name. ArgumentError with all names otherwise.

    >>> from dgm import gradients
    >>> gradients.find("log-derivative + leave-one-out").sequential
    True
    """
    if not isinstance(name, str) or name not in ESTIMATORS:
        raise ArgumentError(f"unknown estimator {shown(name)}: choose one of {', '.join(ESTIMATORS)}")
    return ESTIMATORS[name]


def find_all(names: Sequence[str]) -> tuple[Estimator, ...]:
    """The estimators of a list of names. ArgumentError for a name alone, no names or unknown ones.

    >>> [estimator.family for estimator in find_all(["log-derivative", "reparametrization"])]
    ['log-derivative', 'reparametrization']
    """
    if not isinstance(names, list | tuple) or not names:
        raise ArgumentError(f"names has to be a list of estimators such as ['log-derivative'], not {shown(names)}")
    return tuple(find(name) for name in names)


def exact(name: str, cost: Cost | Function, q: Gaussian, samples: int = 1) -> Moments:
    """Mean and variance of the mean of `samples` gradients of the estimator `name`.

    Closed forms for parabolas, waves and exp(-k x^2), adaptive quadrature for other costs.

    cost: a cost or a function of a tensor; q with mu a number or (D,). Returns mean and variance, (2,) or (D + 1,),
    columns as in `ESTIMATORS`; a moment that does not exist is inf.
    ArgumentError for an unknown name, samples < 1, a function of a whole vector, or a cost without value near mu.

    >>> from dgm import gradients
    >>> moments = gradients.exact("reparametrization", gradients.COSTS["quadratic"](0.0), gradients.Gaussian(1.0, 0.5))
    >>> moments.mean.tolist(), moments.variance.tolist()   # 2 mu, 2 sigma; 4 sigma^2, 4 mu^2 + 8 sigma^2
    ([2.0, 1.0], [1.0, 6.0])
    """
    estimator, samples = find(name), as_integer(samples, "samples", 1, MOST_SAMPLES)
    return estimator.moments(*_known(cost, q), samples)


def _known(cost: Cost | Function, q: Gaussian) -> tuple[Cost, Tensor, Tensor]:
    """The cost, mu (D,) and sigma () of exact moments. ArgumentError for a function of a whole vector."""
    q, f = checked(q), as_cost(cost)
    if q.mu.dim() and not f.separable:
        raise ArgumentError("exact moments need a cost that is a sum over coordinates: one of COSTS or a formula")
    return f, q.mu.reshape(-1), as_float64(q.sigma)


def bias(name: str, cost: Cost | Function, q: Gaussian) -> Tensor:
    """Exact mean of the estimator `name` minus the gradient of E f: 0 for most, but the slope of f misses its jumps.

    The mean squared error of the mean of K samples is the variance that `exact` gives plus the square of the bias,
    which no number of samples makes smaller. The arguments are those of `exact`. Returns (2,) or (D + 1,); inf where
    the estimator has no mean but E f has a gradient. ArgumentError as `exact`.

    >>> from dgm import gradients
    >>> step, q = gradients.formula("step(x)"), gradients.Gaussian(0.0, 1.0)     # grad E f is the density 0.3989 at 0
    >>> [round(found, 4) for found in gradients.bias("reparametrization", step, q).tolist()]
    [-0.3989, 0.0]
    """
    estimator, (f, mu, sigma) = find(name), _known(cost, q)
    if not estimator.needs_slope:
        return torch.zeros(len(mu) + 1, dtype=torch.float64)
    return bias_of(estimator, f, mu, sigma, estimator.moments(f, mu, sigma, 1))


def bias_of(estimator: Estimator, cost: Cost, mu: Tensor, sigma: Tensor, found: Moments) -> Tensor:
    """The same at mu (..., D) and sigma (...,), from the estimator's exact moments there; (..., D + 1)."""
    if not estimator.needs_slope:
        return torch.zeros_like(found.mean)
    return exact_moments.bias(cost, found, mu, sigma)


class Estimate(NamedTuple):
    """Monte Carlo moments of single-sample gradients, columns d/dmu .. d/dsigma, with their standard errors."""

    mean: Tensor            # (P,)
    mean_error: Tensor
    variance: Tensor
    variance_error: Tensor


def estimate(gradients: Tensor) -> Estimate:
    """The sample mean and variance of gradients and the standard error of each (from the fourth moment).

    gradients: (S, P), one row per sample, S at least 2. Returns four tensors (P,), inf where a gradient is infinite.
    ArgumentError for anything else, such as gradients without value or one sample, which has no variance.

    >>> import torch
    >>> from dgm import gradients
    >>> found = gradients.estimate(torch.tensor([[1.0], [3.0]]))
    >>> found.mean.item(), found.variance.item(), found.mean_error.item()
    (2.0, 2.0, 1.0)
    """
    gradients = as_tensor(gradients, "gradients", finite=False)
    if gradients.dim() != 2 or not gradients.numel() or bool(gradients.isnan().any()):
        raise ArgumentError(f"gradients have the shape {tuple(gradients.shape)}, or hold NaN: give one row (P,) for "
                            "each sample, without missing values")
    S = len(gradients)
    if S < 2:
        raise ArgumentError("one sample gives no variance and no standard error: draw at least 2")
    mean = gradients.mean(0)
    square = (gradients - mean).square_()
    second = square.mean(0)
    fourth = square.square_().mean(0)
    variance = second * S / (S - 1)
    error = ((fourth - second**2) / S).clamp(min=0).sqrt()
    found = (mean, (variance / S).sqrt(), variance, error)
    return Estimate(*(x.nan_to_num(math.inf, math.inf, -math.inf) for x in found))

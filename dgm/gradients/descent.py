"""Stochastic gradient descent on E_q f + KL with different estimators: same start, same noise, many repeats.

The objective is minimised over (mu, log sigma): J(q) = sign * E_q f + kl_weight * KL(q, N(0, 1)); with
f = log p(x | z), sign = -1 and kl_weight = 1 it is minus the bound, whose KL is analytic (slide "Final algorithm").
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import scipy
import torch
from torch import Tensor

from dgm import runtime, vae
from dgm.arguments import as_integer, as_number, as_seed, as_tensor, as_vector, require_kind, shown
from dgm.errors import ArgumentError
from dgm.gaussian import kl_to_standard_normal, kl_to_standard_normal_gradient
from dgm.gradients.costs import Cost, as_cost, as_float64
from dgm.gradients.draws import MOST_NUMBERS, Gaussian, drawn, of_one_number
from dgm.gradients.estimators import Estimator, find, find_all
from dgm.gradients.exact_moments import features_near, mean_cost
from dgm.quadrature import gauss_hermite

OPTIMIZERS = ("SGD", "Adam")
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
LARGEST_STEP = 50.0       # in mu and in log sigma, so that a diverging run stays finite
NODES = 64
MOST_STEPS = 10**7
LARGEST_WEIGHT = 1e100
CORNERS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5))    # of the triangle in (mu, log sigma) that a search begins with
NOWHERE = 1e150             # J where it has no value or no end: a search goes elsewhere


class Objective(NamedTuple):
    """J(q) = sign * E_q f + kl_weight * KL(q, N(0, 1)), in the units of f."""

    cost: Cost
    sign: float = 1.0       # +1 minimises E f, -1 maximises it
    kl_weight: float = 0.0


class Ensemble(NamedTuple):
    """R repeats after `step` updates."""

    step: int
    mu: Tensor                   # (R,)
    log_sigma: Tensor            # (R,)
    state: dict[str, Tensor]     # the optimizer's, e.g. Adam's running mean and square, (2, R)


def objective_value(objective: Objective, mu: Tensor, sigma: Tensor) -> Tensor:
    """J for every (mu, sigma): E f in closed form, or by quadrature to 1e-6 of E |f| where there is none.

    mu, sigma: numbers of one shape, which the result has, sigma positive. Inf where J overflows. ArgumentError for
    shapes that disagree.

    >>> from dgm.gradients import COSTS, descent
    >>> mu, sigma = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0])
    >>> descent.objective_value(descent.Objective(COSTS["quadratic"](0.0)), mu, sigma).tolist()     # mu^2 + sigma^2
    [2.0, 5.0]
    """
    objective, mu, sigma = _checked(objective), as_tensor(mu, "mu"), as_tensor(sigma, "sigma")
    _check_pair(mu, sigma)
    mean = partial(mean_cost, features=features_near(objective.cost, float(mu.median()), float(sigma.max())))
    return _value(objective, mean, mu, sigma).nan_to_num(math.inf, math.inf, -math.inf)


Mean = Callable[[Cost, Tensor, Tensor], Tensor]     # E f for every (mu, sigma)


def _value(objective: Objective, mean: Mean, mu: Tensor, sigma: Tensor) -> Tensor:
    value = objective.sign * mean(objective.cost, mu, sigma)
    if objective.kl_weight:
        value = value + objective.kl_weight * kl_to_standard_normal(mu, 2 * sigma.log())
    return value


def _rough_mean(cost: Cost, mu: Tensor, sigma: Tensor) -> Tensor:
    """E f, without a closed form by a 64-point Gauss-Hermite rule, which misses what is narrower than its nodes."""
    if cost.table is not None:
        return mean_cost(cost, mu, sigma, ())
    u, w = gauss_hermite(NODES)
    return (cost.value(mu[..., None] + sigma[..., None] * u) * w).sum(-1) + cost.offset


def optimum(objective: Objective, start: Gaussian) -> tuple[Gaussian, float]:
    """The best q and its J, by Nelder and Mead's method from several starts near `start`, of which the best goes on.

    start: mu and sigma are numbers. The starts take a rough J, the rest that of `objective_value`. A mu that J cannot
    tell from 0 is 0. ArgumentError where J has no value.

    >>> from dgm.gradients import COSTS, Gaussian, descent
    >>> bound = descent.Objective(COSTS["log-likelihood"](2.0), sign=-1.0, kl_weight=1.0)
    >>> best, _ = descent.optimum(bound, Gaussian(0.0, 1.0))     # the posterior N(1, 1/2)
    >>> round(best.mu, 4), round(best.sigma**2, 4)
    (1.0, 0.5)
    """
    def height(mean: Mean, phi: list[float]) -> float:
        mu, log_sigma = as_float64(phi)
        found = _value(objective, mean, mu, log_sigma.clamp(-12, 6).exp())
        return float(found.nan_to_num(NOWHERE, NOWHERE, -NOWHERE).clamp(-NOWHERE, NOWHERE))

    objective, (mu, sigma) = _checked(objective), of_one_number(start)
    mean = partial(mean_cost, features=features_near(objective.cost, mu, sigma))
    value, near_by, rough = (partial(height, of_cost) for of_cost in (mean, partial(mean, fewest=0), _rough_mean))
    log_sigma = math.log(sigma)
    starts = [(mu + shift, log_sigma + scale) for shift in (-2, 0, 2) for scale in (-1, 0)]
    with np.errstate(invalid="ignore"):     # where J is infinite at every corner, the search takes inf from inf
        near = min((_search(rough, np.add(at, CORNERS), 1e-3, 1e-6) for at in starts), key=lambda found: value(found.x))
        best = _search(near_by, near.final_simplex[0], 1e-7, 1e-12) if near.success else near
    mu, lowest = float(best.x[0]), value(best.x)
    if abs(lowest) >= NOWHERE:
        raise ArgumentError("the objective has no finite least value near the start: choose another cost or start")
    if value([0.0, best.x[1]]) <= lowest + 1e-12 * (1 + abs(lowest)):
        mu = 0.0
    return Gaussian(mu, math.exp(min(max(best.x[1], -12), 6))), lowest


def _search(value: Callable[[list[float]], float], corners: Any, in_phi: float, in_value: float) -> Any:
    """Nelder and Mead's search from a triangle (3, 2) until its corners and their values agree that closely."""
    return scipy.optimize.minimize(value, corners[0], method="Nelder-Mead", options={
        "initial_simplex": corners, "xatol": in_phi, "fatol": in_value})


def gradient(objective: Objective, name: str, mu: Tensor, sigma: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
    """The stochastic gradient of J in (mu, log sigma) for every repeat: the mean over K samples, the KL analytic.

    name: of the estimator; mu, sigma (R,); eps (R, K). Returns d/dmu and d/dlog sigma, (R,) each.
    ArgumentError for an unknown name, shapes that disagree, or gradients that overflow.

    >>> from dgm.gradients import COSTS, descent
    >>> mu, sigma, eps = torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([[0.0, 1.0]])
    >>> [g.item() for g in descent.gradient(descent.Objective(COSTS["quadratic"](0.0)), "reparametrization", mu, sigma,
    ...                                     eps)]
    [4.0, 6.0]
    """
    estimator, objective = find(name), _checked(objective)
    mu, sigma, eps = as_tensor(mu, "mu"), as_tensor(sigma, "sigma"), as_tensor(eps, "eps")
    _check_pair(mu, sigma)
    if mu.dim() != 1 or eps.dim() != 2 or len(eps) != len(mu) or not eps.numel():
        raise ArgumentError(f"mu has the shape {tuple(mu.shape)} and eps {tuple(eps.shape)}: give (R,) and (R, K)")
    found = _gradient(objective, estimator, mu, sigma, eps)
    if any(bool(g.isnan().any()) for g in found):
        raise ArgumentError("the gradient leaves the range of numbers: choose smaller numbers")
    return found


def _gradient(objective: Objective, estimator: Estimator, mu: Tensor, sigma: Tensor,
              eps: Tensor) -> tuple[Tensor, Tensor]:
    """`gradient` of arguments that fit."""
    of_mu, of_sigma = estimator.function(drawn(objective.cost, mu[:, None], sigma[:, None], eps))
    g_mu, g_sigma = objective.sign * of_mu.mean(-1), objective.sign * of_sigma.mean(-1)
    if objective.kl_weight:
        kl_mu, kl_sigma = kl_to_standard_normal_gradient(mu, sigma)
        g_mu, g_sigma = g_mu + objective.kl_weight * kl_mu, g_sigma + objective.kl_weight * kl_sigma
    return g_mu, g_sigma * sigma


def descend(objective: Objective, name: str, start: Gaussian, rate: float = 0.05, samples: int = 1, repeats: int = 200,
            seed: int = 0, optimizer: str = "SGD") -> Iterator[Ensemble]:
    """Endless descent with one estimator; step t draws its noise from (seed, t), whatever the estimator.

    start: mu and sigma are numbers; rate: the step length in (mu, log sigma); samples: K of each gradient; repeats: R.
    Yields the state before the first step, then after each. ArgumentError, at once, for an unknown estimator or
    optimizer, and for numbers that do not fit.

    >>> from dgm.gradients import COSTS, Gaussian, descent
    >>> runs = descent.descend(descent.Objective(COSTS["quadratic"](0.0)), "reparametrization", Gaussian(3.0, 0.5),
    ...                        repeats=10)
    >>> next(runs).mu.mean().item(), next(runs).step
    (3.0, 1)
    """
    objective, estimator, optimizer = _checked(objective), find(name), _optimizer(optimizer)
    (start_mu, start_sigma), rate, seed = of_one_number(start), as_number(rate, "rate", low=0), as_seed(seed)
    samples, repeats = as_integer(samples, "samples", 1), as_integer(repeats, "repeats", 1)
    if samples * repeats > MOST_NUMBERS:
        raise ArgumentError(f"samples = {samples} and repeats = {repeats} need too much memory: choose fewer")
    ones = torch.ones(repeats, dtype=torch.float64)
    mu, log_sigma = start_mu * ones, math.log(start_sigma) * ones
    state = Ensemble(0, mu, log_sigma, vae.OPTIMIZERS[optimizer].init(torch.stack([mu, log_sigma])))
    return _descend(objective, estimator, state, rate, samples, seed, optimizer)


def _descend(objective: Objective, estimator: Estimator, state: Ensemble, rate: float, samples: int, seed: int,
             optimizer: str) -> Iterator[Ensemble]:
    """`descend` of arguments that fit, from `state`."""
    while True:
        yield state
        eps = torch.randn(len(state.mu), samples, generator=runtime.generator(seed, state.step), dtype=torch.float64)
        g = torch.stack(_gradient(objective, estimator, state.mu, state.log_sigma.exp(), eps))
        state = _updated(state, g.nan_to_num(0.0), rate, optimizer)


def update(before: Ensemble, g: Tensor, rate: float, optimizer: str) -> Ensemble:
    """One step of SGD, phi - rate * g, or of Adam (0.9, 0.999), no longer than LARGEST_STEP.

    g: (2, R), the gradient in (mu, log sigma). Returns the new state; `before` is not changed. ArgumentError for an
    unknown optimizer, or a gradient of another shape.

    >>> from dgm.gradients import descent
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> g = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    >>> after = descent.update(descent.Ensemble(0, zero, zero, {}), g, 0.5, "SGD")
    >>> after.mu.item(), after.log_sigma.item()
    (-0.5, 1.0)
    """
    require_kind(before, "before", Ensemble, "an Ensemble, such as descend yields")
    mu, log_sigma = as_vector(before.mu, "mu"), as_vector(before.log_sigma, "log_sigma", size=None)
    g, step = as_tensor(g, "g"), as_integer(before.step, "step", 0)
    if not len(mu) == len(log_sigma) or g.shape != (2, len(mu)):
        raise ArgumentError(f"g has the shape {tuple(g.shape)} for {len(mu)} mu and {len(log_sigma)} log sigma: give "
                            "(2, R)")
    optimizer, rate = _optimizer(optimizer), as_number(rate, "rate", low=0)
    empty = vae.OPTIMIZERS[optimizer].init(torch.stack([mu, log_sigma]))
    state = before.state
    if isinstance(state, dict) and not state:
        state = empty
    if not isinstance(state, dict) or set(state) != set(empty):
        raise ArgumentError(f"the state of {optimizer} holds {', '.join(empty) or 'nothing'}: begin with an empty one")
    state = {name: as_tensor(state[name], name) for name in empty}
    if any(state[name].shape != empty[name].shape for name in empty):
        raise ArgumentError(f"the state of {optimizer} is of other repeats: give an empty one to begin")
    return _updated(Ensemble(step, mu, log_sigma, state), g.contiguous(), rate, optimizer)


def _updated(before: Ensemble, g: Tensor, rate: float, optimizer: str) -> Ensemble:
    """`update` of arguments that fit."""
    phi = torch.stack([before.mu, before.log_sigma])
    target, state = phi.clone(), {name: value.clone() for name, value in before.state.items()}
    vae.OPTIMIZERS[optimizer].update(target, g, state, rate)     # in place
    mu, log_sigma = phi - (phi - target).clamp(-LARGEST_STEP, LARGEST_STEP)
    return Ensemble(before.step + 1, mu.clamp(-1e6, 1e6), log_sigma.clamp(-12, 12), state)


class Trajectory(NamedTuple):
    """One estimator's descent: quantiles over the repeats at each step, Q of `QUANTILES`."""

    name: str
    bands: Tensor          # (Q, T + 1)  of J(q_t) - J*
    mu: Tensor             # (Q, T + 1)
    sigma: Tensor          # (Q, T + 1)
    hitting_time: Tensor   # (R,)  first step with J - J* <= accuracy, inf when there is none
    seconds: float         # per step of all repeats, measured
    final: Tensor          # (R,)  J - J* at the end


class Comparison(NamedTuple):
    """The descents of several estimators to one optimum."""

    best: Gaussian
    accuracy: float
    trajectories: tuple[Trajectory, ...]


def compare(objective: Objective, start: Gaussian, names: Sequence[str], steps: int = 200, rate: float = 0.05,
            samples: int = 1, repeats: int = 200, seed: int = 0, optimizer: str = "SGD",
            accuracy: float = 0.05) -> Comparison:
    """`steps` steps of descent with every estimator, from the same start with the same noise.

    names: of estimators; the other arguments as of `descend`; accuracy: a distance from the best J, in the units of f.
    ArgumentError for an unknown estimator or optimizer, and for numbers that do not fit.

    >>> from dgm.gradients import COSTS, Gaussian, descent
    >>> bound = descent.Objective(COSTS["log-likelihood"](2.0), sign=-1.0, kl_weight=1.0)
    >>> found = descent.compare(bound, Gaussian(0.0, 1.0), ["reparametrization"], steps=20, repeats=10)
    >>> tuple(found.trajectories[0].bands.shape)
    (5, 21)
    """
    objective, names = _checked(objective), [estimator.name for estimator in find_all(names)]
    steps, accuracy = as_integer(steps, "steps", 0, MOST_STEPS), as_number(accuracy, "accuracy", low=0)
    for name in names:     # refuses what does not fit before the optimum is looked for
        descend(objective, name, start, rate, samples, repeats, seed, optimizer)
    best, lowest = optimum(objective, start)
    mean = partial(mean_cost, features=features_near(objective.cost, *of_one_number(start)))
    trajectories = []
    for name in names:
        began = time.perf_counter()
        states = list(islice(descend(objective, name, start, rate, samples, repeats, seed, optimizer), steps + 1))
        seconds = (time.perf_counter() - began) / max(steps, 1)
        trajectories.append(_trajectory(name, objective, mean, lowest, states, accuracy, seconds))
    return Comparison(best, accuracy, tuple(trajectories))


def _trajectory(name: str, objective: Objective, mean: Mean, lowest: float, states: list[Ensemble], accuracy: float,
                seconds: float) -> Trajectory:
    mu, sigma = torch.stack([s.mu for s in states]), torch.stack([s.log_sigma for s in states]).exp()   # (T + 1, R)
    gap = (_value(objective, mean, mu, sigma) - lowest).clamp(min=0).nan_to_num(math.inf)
    levels = as_float64(QUANTILES)
    reached = gap <= accuracy
    hitting_time = torch.where(reached.any(0), reached.double().argmax(0).double(), torch.inf)
    bands = [x.quantile(levels, 1) for x in (gap, mu, sigma)]
    return Trajectory(name, bands[0], bands[1], bands[2], hitting_time, seconds, gap[-1])


def median_hitting_time(trajectory: Trajectory) -> float:
    """Steps until half of the repeats have reached the accuracy; inf when fewer than half do.

    ArgumentError for anything but a trajectory of `compare`.

    >>> from dgm.gradients import descent
    >>> times = torch.tensor([3.0, 7.0, torch.inf])
    >>> descent.median_hitting_time(descent.Trajectory("", times, times, times, times, 0.0, times))
    7.0
    """
    require_kind(trajectory, "trajectory", Trajectory, "one of those of compare")
    times = as_tensor(trajectory.hitting_time, "hitting_time", finite=False)
    if times.dim() != 1 or not len(times) or bool(times.isnan().any()):
        raise ArgumentError(f"hitting_time has the shape {tuple(times.shape)}, or holds NaN: give a step per repeat")
    return float(times.sort().values[(len(times) - 1) // 2])


def _checked(objective: Objective) -> Objective:
    """The objective, with its fields checked."""
    require_kind(objective, "objective", Objective, "an Objective(cost)")
    sign, kl_weight = (as_number(getattr(objective, name), name, -LARGEST_WEIGHT, LARGEST_WEIGHT)
                       for name in ("sign", "kl_weight"))
    return Objective(as_cost(objective.cost), sign, kl_weight)


def _check_pair(mu: Tensor, sigma: Tensor) -> None:
    if mu.shape != sigma.shape or not mu.numel() or not bool((sigma > 0).all()):
        raise ArgumentError(f"mu has the shape {tuple(mu.shape)}, sigma {tuple(sigma.shape)}: give one positive sigma "
                            "for each mu")


def _optimizer(name: str) -> str:
    if not isinstance(name, str) or name not in OPTIMIZERS:
        raise ArgumentError(f"unknown optimizer {shown(name)}: choose one of {', '.join(OPTIMIZERS)}")
    return name


__all__ = ["OPTIMIZERS", "QUANTILES", "Comparison", "Ensemble", "Objective", "Trajectory", "compare", "descend",
           "gradient", "median_hitting_time", "objective_value", "optimum", "update"]

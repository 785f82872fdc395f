"""Stochastic gradient descent on E_q f + KL with different estimators: same start, same noise, many repeats.

The objective is minimised over (mu, log sigma): J(q) = sign * E_q f + kl_weight * KL(q, N(0, 1)); with
f = log p(x | z), sign = -1 and kl_weight = 1 it is minus the bound, whose KL is analytic (slide "Final algorithm").
"""

import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import torch
from scipy.optimize import minimize
from torch import Tensor

from dgm import runtime, vae
from dgm.gaussian import kl_to_standard_normal, kl_to_standard_normal_gradient
from dgm.gradients.costs import Cost, as_float64, table_of
from dgm.gradients.draws import Draw, Gaussian, checked
from dgm.gradients.estimators import find
from dgm.quadrature import gauss_hermite

OPTIMIZERS = ("SGD", "Adam")
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
LARGEST_STEP = 50.0       # in mu and in log sigma, so that a diverging run stays finite
NODES = 64


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
    """J for every (mu, sigma): E f in closed form, or by a 64-point Gauss-Hermite rule where there is none.

    mu, sigma: float64 tensors of one shape, which the result has.

    >>> from dgm.gradients import COSTS, descent
    >>> mu, sigma = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0])
    >>> descent.objective_value(descent.Objective(COSTS["quadratic"](0.0)), mu, sigma).tolist()     # mu^2 + sigma^2
    [2.0, 5.0]
    """
    value = objective.sign * _mean_cost(objective.cost, mu, sigma)
    if objective.kl_weight:
        value = value + objective.kl_weight * kl_to_standard_normal(mu, 2 * sigma.log())
    return value


def _mean_cost(cost: Cost, mu: Tensor, sigma: Tensor) -> Tensor:
    if cost.table:
        t = table_of(cost, mu, sigma)
        return t.value + t.e0 + cost.offset
    u, w = gauss_hermite(NODES)
    return (cost.value(mu[..., None] + sigma[..., None] * u) * w).sum(-1) + cost.offset


def optimum(objective: Objective, start: Gaussian) -> tuple[Gaussian, float]:
    """The best q and its J, by Nelder and Mead's method from several starts near `start`.

    start: mu and sigma are numbers.

    >>> from dgm.gradients import COSTS, Gaussian, descent
    >>> bound = descent.Objective(COSTS["log-likelihood"](2.0), sign=-1.0, kl_weight=1.0)
    >>> best, _ = descent.optimum(bound, Gaussian(0.0, 1.0))     # the posterior N(1, 1/2)
    >>> round(best.mu, 4), round(best.sigma**2, 4)
    (1.0, 0.5)
    """
    def value(phi: list[float]) -> float:
        mu, log_sigma = as_float64(phi)
        return float(objective_value(objective, mu, log_sigma.clamp(-12, 6).exp()))

    mu, log_sigma = float(start.mu), math.log(start.sigma)
    starts = [(mu + shift, log_sigma + scale) for shift in (-2, 0, 2) for scale in (-1, 0)]
    best = min((minimize(value, at, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}) for at in starts),
               key=lambda found: found.fun)
    return Gaussian(float(best.x[0]), math.exp(min(max(best.x[1], -12), 6))), float(best.fun)


def gradient(objective: Objective, name: str, mu: Tensor, sigma: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
    """The stochastic gradient of J in (mu, log sigma) for every repeat: the mean over K samples, the KL analytic.

    name: of the estimator; mu, sigma (R,); eps (R, K). Returns d/dmu and d/dlog sigma, (R,) each.
    ValueError for an unknown name.

    >>> from dgm.gradients import COSTS, descent
    >>> mu, sigma, eps = torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([[0.0, 1.0]])
    >>> [g.item() for g in descent.gradient(descent.Objective(COSTS["quadratic"](0.0)), "reparametrization", mu, sigma,
    ...                                     eps)]
    [4.0, 6.0]
    """
    of_mu, of_sigma = find(name).function(Draw(objective.cost, mu[:, None], sigma[:, None], eps))
    g_mu, g_sigma = objective.sign * of_mu.mean(-1), objective.sign * of_sigma.mean(-1)
    if objective.kl_weight:
        kl_mu, kl_sigma = kl_to_standard_normal_gradient(mu, sigma)
        g_mu, g_sigma = g_mu + objective.kl_weight * kl_mu, g_sigma + objective.kl_weight * kl_sigma
    return g_mu, g_sigma * sigma


def descend(objective: Objective, name: str, start: Gaussian, rate: float = 0.05, samples: int = 1, repeats: int = 200,
            seed: int = 0, optimizer: str = "SGD") -> Iterator[Ensemble]:
    """Endless descent with one estimator; step t draws its noise from (seed, t), whatever the estimator.

    start: mu and sigma are numbers; rate: the step length in (mu, log sigma); samples: K of each gradient; repeats: R.
    Yields the state before the first step, then after each. ValueError for an unknown estimator or optimizer.

    >>> from dgm.gradients import COSTS, Gaussian, descent
    >>> runs = descent.descend(descent.Objective(COSTS["quadratic"](0.0)), "reparametrization", Gaussian(3.0, 0.5),
    ...                        repeats=10)
    >>> next(runs).mu.mean().item(), next(runs).step
    (3.0, 1)
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer {optimizer!r}: choose one of {', '.join(OPTIMIZERS)}")
    find(name)
    q = checked(start)
    ones = torch.ones(repeats, dtype=torch.float64)
    mu, log_sigma = float(q.mu) * ones, math.log(q.sigma) * ones
    state = Ensemble(0, mu, log_sigma, vae.OPTIMIZERS[optimizer].init(torch.stack([mu, log_sigma])))
    while True:
        yield state
        eps = torch.randn(repeats, samples, generator=runtime.generator(seed, state.step), dtype=torch.float64)
        g = torch.stack(gradient(objective, name, state.mu, state.log_sigma.exp(), eps))
        state = update(state, g.nan_to_num(0.0), rate, optimizer)


def update(before: Ensemble, g: Tensor, rate: float, optimizer: str) -> Ensemble:
    """One step of SGD, phi - rate * g, or of Adam (0.9, 0.999), no longer than LARGEST_STEP.

    g: (2, R), the gradient in (mu, log sigma). Returns the new state; `before` is not changed.

    >>> from dgm.gradients import descent
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> g = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    >>> after = descent.update(descent.Ensemble(0, zero, zero, {}), g, 0.5, "SGD")
    >>> after.mu.item(), after.log_sigma.item()
    (-0.5, 1.0)
    """
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
    ValueError for an unknown estimator or optimizer.

    >>> from dgm.gradients import COSTS, Gaussian, descent
    >>> bound = descent.Objective(COSTS["log-likelihood"](2.0), sign=-1.0, kl_weight=1.0)
    >>> found = descent.compare(bound, Gaussian(0.0, 1.0), ["reparametrization"], steps=20, repeats=10)
    >>> tuple(found.trajectories[0].bands.shape)
    (5, 21)
    """
    best, lowest = optimum(objective, start)
    trajectories = []
    for name in names:
        began = time.perf_counter()
        states = list(islice(descend(objective, name, start, rate, samples, repeats, seed, optimizer), steps + 1))
        seconds = (time.perf_counter() - began) / max(steps, 1)
        trajectories.append(_trajectory(name, objective, lowest, states, accuracy, seconds))
    return Comparison(best, accuracy, tuple(trajectories))


def _trajectory(name: str, objective: Objective, lowest: float, states: list[Ensemble], accuracy: float,
                seconds: float) -> Trajectory:
    mu, sigma = torch.stack([s.mu for s in states]), torch.stack([s.log_sigma for s in states]).exp()   # (T + 1, R)
    gap = (objective_value(objective, mu, sigma) - lowest).clamp(min=0).nan_to_num(math.inf)
    levels = as_float64(QUANTILES)
    reached = gap <= accuracy
    hitting_time = torch.where(reached.any(0), reached.double().argmax(0).double(), torch.inf)
    bands = [x.quantile(levels, 1) for x in (gap, mu, sigma)]
    return Trajectory(name, bands[0], bands[1], bands[2], hitting_time, seconds, gap[-1])


def median_hitting_time(trajectory: Trajectory) -> float:
    """Steps until half of the repeats have reached the accuracy; inf when fewer than half do.

    >>> from dgm.gradients import descent
    >>> times = torch.tensor([3.0, 7.0, torch.inf])
    >>> descent.median_hitting_time(descent.Trajectory("", times, times, times, times, 0.0, times))
    7.0
    """
    return float(trajectory.hitting_time.sort().values[(len(trajectory.hitting_time) - 1) // 2])


__all__ = ["OPTIMIZERS", "QUANTILES", "Comparison", "Ensemble", "Objective", "Trajectory", "compare", "descend",
           "gradient", "median_hitting_time", "objective_value", "optimum", "update"]

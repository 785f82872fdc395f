"""Two optimisers with two gradients run to the same optimum: same start, same noise, many repeats.

The objective is minimised over (mu, log sigma): J(q) = side * E_q f + weight * KL(q, N(0, 1)); with f = log p(x | z),
side = -1 and weight = 1 it is minus the bound, whose KL is analytic.
"""

import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import torch
from scipy.optimize import minimize
from torch import Tensor

from dgm import runtime
from dgm.gradients.costs import Cost, table_of, tensor
from dgm.gradients.estimators import CORES, Draw, Gaussian, checked, known
from dgm.gradients.gaussian_moments import hermite

OPTIMISERS = ("SGD", "Adam")
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
CAP = 50.0            # a step moves mu and log sigma by at most this much: a race that explodes stays drawable


class Goal(NamedTuple):
    """J(q) = side * E_q f + weight * KL(q, N(0, 1)), in the units of f."""

    cost: Cost
    side: float = 1.0     # +1 minimises E f, -1 maximises it
    weight: float = 0.0   # of the KL


class Runners(NamedTuple):
    """R repeats after `step` updates."""

    step: int
    mu: Tensor           # (R,)
    log_sigma: Tensor    # (R,)
    moments: Tensor      # (2, 2, R)  Adam's running mean and square


def objective(goal: Goal, mu: Tensor, sigma: Tensor) -> Tensor:
    """J for every (mu, sigma), exact."""
    t = table_of(goal.cost, mu, sigma)
    kl = 0.5 * (mu**2 + sigma**2 - 1) - sigma.log()
    return goal.side * (t.value + t.e0 + goal.cost.offset) + (goal.weight * kl if goal.weight else 0.0)


def kl_gradient(mu: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """grad KL(N(mu, sigma^2), N(0, 1)) = (mu, sigma - 1 / sigma)."""
    return mu, sigma - 1 / sigma


def optimum(goal: Goal, start: Gaussian) -> tuple[Gaussian, float]:
    """The best q and its J, by Nelder and Mead's method on the exact objective from several starts near `start`."""
    def value(phi: list[float]) -> float:
        mu, log_sigma = tensor(phi)
        evaluate = objective if goal.cost.table else _by_rule
        return float(evaluate(goal, mu, log_sigma.clamp(-12, 6).exp()))

    mu, log_sigma = float(start.mu), math.log(start.sigma)
    starts = [(mu + shift, log_sigma + scale) for shift in (-2, 0, 2) for scale in (-1, 0)]
    best = min((minimize(value, at, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}) for at in starts),
               key=lambda found: found.fun)
    return Gaussian(float(best.x[0]), math.exp(min(max(best.x[1], -12), 6))), float(best.fun)


def gradient(goal: Goal, name: str, mu: Tensor, sigma: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
    """The stochastic gradient of J in (mu, log sigma) for every repeat, from eps (R, K)."""
    of_mu, of_sigma = CORES[name](Draw(goal.cost, mu[:, None], sigma[:, None], eps))
    g_mu, g_sigma = goal.side * of_mu.mean(-1), goal.side * of_sigma.mean(-1)
    if goal.weight:
        kl_mu, kl_sigma = kl_gradient(mu, sigma)
        g_mu, g_sigma = g_mu + goal.weight * kl_mu, g_sigma + goal.weight * kl_sigma
    return g_mu, g_sigma * sigma


def runners(goal: Goal, name: str, start: Gaussian, rate: float = 0.05, samples: int = 1, repeats: int = 200,
            seed: int = 0, optimiser: str = "SGD") -> Iterator[Runners]:
    """Endless race of one estimator; step t draws its noise from (seed, t), whatever the estimator."""
    if optimiser not in OPTIMISERS:
        raise ValueError(f"unknown optimiser {optimiser!r}: choose one of {', '.join(OPTIMISERS)}")
    known(name)
    q = checked(start)
    ones = torch.ones(repeats, dtype=torch.float64)
    state = Runners(0, float(q.mu) * ones, math.log(q.sigma) * ones, torch.zeros(2, 2, repeats, dtype=torch.float64))
    while True:
        yield state
        eps = torch.randn(repeats, samples, generator=runtime.generator(seed, state.step), dtype=torch.float64)
        g = torch.stack(gradient(goal, name, state.mu, state.log_sigma.exp(), eps))
        state = update(state, g.nan_to_num(0.0), rate, optimiser)


def update(state: Runners, g: Tensor, rate: float, optimiser: str) -> Runners:
    """One step of SGD or Adam (0.9, 0.999), g (2, R)."""
    step, moments = state.step + 1, state.moments
    if optimiser == "SGD":
        move = rate * g
    else:
        first, square = 0.9 * moments[0] + 0.1 * g, 0.999 * moments[1] + 0.001 * g**2
        moments = torch.stack([first, square])
        move = rate * (first / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    move = move.clamp(-CAP, CAP)
    return Runners(step, (state.mu - move[0]).clamp(-1e6, 1e6), (state.log_sigma - move[1]).clamp(-12, 12), moments)


class Lane(NamedTuple):
    """One estimator's race."""

    name: str
    bands: Tensor          # (Q, T + 1)  quantiles over repeats of J(q_t) - J*
    mu: Tensor             # (Q, T + 1)
    sigma: Tensor          # (Q, T + 1)
    hit: Tensor            # (R,)  first step from which J - J* <= accuracy, inf when never
    seconds: float         # per step of one repeat's batch of samples, measured
    final: Tensor          # (R,)  J - J* at the end


class Race(NamedTuple):
    best: Gaussian
    accuracy: float
    lanes: tuple[Lane, ...]


def race(goal: Goal, start: Gaussian, names: Sequence[str], steps: int = 200, rate: float = 0.05, samples: int = 1,
         repeats: int = 200, seed: int = 0, optimiser: str = "SGD", accuracy: float = 0.05) -> Race:
    """Run every estimator for `steps` from the same start with the same noise."""
    best, floor = optimum(goal, start)
    lanes = []
    for name in names:
        began = time.perf_counter()
        states = list(islice(runners(goal, name, start, rate, samples, repeats, seed, optimiser), steps + 1))
        seconds = (time.perf_counter() - began) / max(steps, 1)
        lanes.append(_lane(name, goal, floor, states, accuracy, seconds))
    return Race(best, accuracy, tuple(lanes))


def _lane(name: str, goal: Goal, floor: float, states: list[Runners], accuracy: float, seconds: float) -> Lane:
    mu, sigma = torch.stack([s.mu for s in states]), torch.stack([s.log_sigma for s in states]).exp()   # (T + 1, R)
    gap = (objective(goal, mu, sigma) if goal.cost.table else _by_rule(goal, mu, sigma)) - floor
    gap = gap.clamp(min=0).nan_to_num(math.inf)
    levels = tensor(QUANTILES)
    reached = gap <= accuracy
    hit = torch.where(reached.any(0), reached.double().argmax(0).double(), torch.inf)
    bands = [x.quantile(levels, 1) for x in (gap, mu, sigma)]
    return Lane(name, bands[0], bands[1], bands[2], hit, seconds, gap[-1])


def _by_rule(goal: Goal, mu: Tensor, sigma: Tensor) -> Tensor:
    """Without a closed form E f comes from a 64-point rule: enough for a curve that is drawn."""
    u, w = hermite()
    mean = (goal.cost.value(mu[..., None] + sigma[..., None] * u) * w).sum(-1) + goal.cost.offset
    kl = 0.5 * (mu**2 + sigma**2 - 1) - sigma.log()
    return goal.side * mean + (goal.weight * kl if goal.weight else 0.0)


def median_hit(lane: Lane) -> float:
    """Steps that half of the repeats need to reach the accuracy; inf when fewer than half do."""
    return float(lane.hit.sort().values[(len(lane.hit) - 1) // 2])


__all__ = ["Goal", "Lane", "Race", "Runners", "kl_gradient", "median_hit", "objective", "optimum",
           "race", "runners", "update"]

"""Exact means and variances of every estimator, for a mean vector mu (..., D) and one sigma (...).

Coordinates are independent, so an estimator's variance is a sum of one-coordinate moments (`gradients_table`).
Score of N(mu, sigma^2 I): S_mu = u / sigma, S_sigma = t / sigma with t = sum (u^2 - 1); Fisher 1/sigma^2, 2 D/sigma^2.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gradients.costs import Cost, Scalar, pairs_of, table_of
from dgm.gradients.gaussian_moments import Table, together, total

DECAY = 0.9   # of the moving-average baseline


class Moments(NamedTuple):
    """Of the mean over the samples: columns d/dmu_1 .. d/dmu_D, d/dsigma."""

    mean: Tensor      # (..., D + 1)
    variance: Tensor  # (..., D + 1)


class Sums(NamedTuple):
    """What the log-derivative's variance needs of the cost as a whole; (..., 1) each."""

    mean: Tensor      # E f
    var: Tensor       # Var f
    at_mu: Tensor     # f(mu)


def spread(t: Table) -> Tensor:
    """Var f of each coordinate."""
    return t.ee0 + t.oo0 - t.e0**2


def sums(cost: Cost, t: Table, at_mu: Tensor) -> Sums:
    return Sums(total(t.value + t.e0) + cost.offset, total(spread(t)), at_mu)


class Weighted(NamedTuple):
    """Moments of (f - E f) with a score, one column per parameter (..., D + 1), everything times sigma."""

    first: Tensor     # E[(f - E f) T] = sigma * eta
    second: Tensor    # E[(f - E f) T^2]
    square: Tensor    # E[(f - E f)^2 T^2]
    fisher: Tensor    # E[T^2]: 1, .., 1, 2 D


def weighted(t: Table, antithetic: bool = False) -> Weighted:
    """T = u_j for mu_j and T = sum_i (u_i^2 - 1) for sigma."""
    var = spread(t)
    g2 = [t.ee0 + t.oo0, t.ee2 + t.oo2, t.ee4 + t.oo4]
    others = var.sum(-1, keepdim=True) - var
    second = t.e2 - t.e0
    square = g2[1] - 2 * t.e0 * t.e2 + t.e0**2 + others
    if antithetic:   # the pair's mean keeps f_odd for mu, f_even for sigma
        odd = t.oo0.sum(-1, keepdim=True) - t.oo0
        second, square = torch.zeros_like(second), t.oo2 + odd
        g2, var = [t.ee0, t.ee2, t.ee4], t.ee0 - t.e0**2
    cut = t.e2 - t.e0                                               # E[g (u^2 - 1)]
    twice = t.e4 - 2 * t.e2 + t.e0 - 2 * t.e0                       # E[(g - E g) (u^2 - 1)^2]
    squares = g2[2] - 2 * g2[1] + g2[0] - 2 * t.e0 * (t.e4 - 2 * t.e2 + t.e0) + 2 * t.e0**2
    D = t.e0.shape[-1]
    all_squares = total(squares) + 2 * (D - 1) * total(var) + 2 * (total(cut) ** 2 - total(cut**2))
    ones = torch.ones_like(t.e0)
    of_mu = torch.zeros_like(ones) if antithetic else ones          # a baseline leaves f_odd
    return Weighted(torch.cat([t.o1, total(cut)], -1), torch.cat([second, total(twice)], -1),
                    torch.cat([square, all_squares], -1), torch.cat([of_mu, total(2 * ones)], -1))


def with_baseline(w: Weighted, rest: Tensor | float, jitter: Tensor | float = 0.0) -> Tensor:
    """sigma^2 Var((f - b) S) for E f - b = rest, b itself varying independently by jitter."""
    return w.square + 2 * rest * w.second + (rest**2 + jitter) * w.fisher - w.first**2


def best_rest(w: Weighted) -> Tensor:
    """E f - b* with b* = E[f S^2] / I."""
    return -w.second / w.fisher


def moving_average(w: Weighted, s: Sums, samples: int) -> Tensor:
    """sigma^2 Var of the mean of `samples`: b_1 = f(mu), b_i+1 = DECAY b_i + (1 - DECAY) f_i, so b_i knows no f_i.

    E f - b_i = DECAY^(i-1) (E f - f(mu)) on average, and Var b_i = Var f (1 - DECAY)^2 sum_{j<i-1} DECAY^2j.
    """
    rest, K = s.mean - s.at_mu, samples
    ones, twos = ((1 - r**K) / (1 - r) for r in (DECAY, DECAY**2))
    jitter = s.var * (1 - DECAY) / (1 + DECAY) * (K - twos)
    whole = K * (w.square - w.first**2) + 2 * ones * rest * w.second + (twos * rest**2 + jitter) * w.fisher
    return whole / K**2


def log_derivative(name: str, w: Weighted, s: Sums, samples: int) -> Tensor:
    """sigma^2 Var of the mean of `samples` log-derivative gradients with the baseline in `name`."""
    kind = name.removeprefix("log-derivative").removeprefix(" + ")
    rest = {"": s.mean, ", antithetic": s.mean, "constant baseline": s.mean - s.at_mu,
            "mean baseline": torch.zeros_like(s.mean), "best baseline": best_rest(w)}
    if kind in rest:
        return with_baseline(w, rest[kind]) / samples
    if kind == "moving-average baseline":
        return moving_average(w, s, samples)
    if samples == 1:   # no other sample: the leave-one-out baseline is 0
        return with_baseline(w, s.mean)
    pairs = (s.var * w.fisher + w.first**2) / (samples * (samples - 1))
    return with_baseline(w, torch.zeros_like(s.mean)) / samples + pairs


def reparametrization(t: Table, antithetic: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and variance of f'(z) and sum_j f'(z_j) u_j."""
    mean = torch.cat([t.slope + t.d0, t.p1.sum(-1, keepdim=True)], -1)
    even, odd = t.dd0 - t.d0**2, t.pp2 - t.p1**2
    if not antithetic:
        even, odd = even + t.pp0, odd + t.slope**2 + 2 * t.slope * t.d2 + t.dd2
    return mean, torch.cat([even, odd.sum(-1, keepdim=True)], -1)


def measure_valued(cost: Cost, mu: Tensor, sigma: Tensor) -> Tensor:
    """sigma^2 Var of the coupled measure-valued gradients: Rayleigh pairs for mu, Maxwell against normal for sigma."""
    t, pairs = pairs_of(cost, mu, sigma)
    of_mu = 2 / math.pi * (math.sqrt(math.pi / 2) * pairs.odd - math.pi / 2 * t.o1**2)
    of_sigma = t.ee2 + t.oo2 + t.ee0 + t.oo0 - 2 * pairs.cross - (t.e2 - t.e0) ** 2
    return torch.cat([of_mu, of_sigma.sum(-1, keepdim=True)], -1)


def moments(name: str, cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """Mean and variance of the mean of `samples` gradients, mu (..., D) and sigma (...) broadcasting."""
    s = sigma[..., None]
    tilt: Scalar = 1 / s if name == "sticking the landing" else 0.0
    t = Table(*together(*table_of(cost, mu, s, tilt)))
    if name.startswith(("reparametrization", "sticking")):
        mean, variance = reparametrization(t, name.endswith("antithetic"))
        if name.startswith("sticking"):   # E[u / sigma] = 0, E[sum u^2 / sigma] = D / sigma is the entropy's own
            mean = mean - torch.cat([torch.zeros_like(t.e0), t.e0.shape[-1] / s + 0 * t.e0[..., :1]], -1)
        return Moments(mean, certain(variance) / samples)
    w = weighted(t, name.endswith("antithetic"))
    if name.startswith("measure-valued"):
        variance = measure_valued(cost, mu, s) / samples
    else:
        at_mu = cost.value(mu).sum(-1, keepdim=True) + cost.offset
        variance = log_derivative(name, w, sums(cost, t, at_mu), samples)
    return Moments(w.first / s, certain(variance) / s**2)


def certain(variance: Tensor) -> Tensor:
    """No variance below zero by rounding; inf - inf is inf."""
    return torch.where(variance.isnan(), torch.inf, variance.clamp(min=0))

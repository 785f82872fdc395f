"""Exact means and variances of every estimator, for a mean vector mu (..., D) and one sigma (...).

Coordinates are independent, so an estimator's variance is a sum of one-coordinate moments (`gaussian_moments.Table`).
The score of N(mu, sigma^2 I) is T / sigma with T = u_j for mu_j and T = sum_i (u_i^2 - 1) for sigma; E[T^2] is 1 and
2 D. For a baseline b that is independent of the sample, Var((f - b) S) = E[(f - b)^2 S^2] - (grad E f)^2, least at
b* = E[f S^2] / E[S^2] (Greensmith, Bartlett and Baxter 2004).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gradients.costs import Cost, Scalar, pairs_of, table_of
from dgm.gradients.gaussian_moments import Table, broadcast_float64, sum_coordinates

DECAY = 0.9   # of the moving-average baseline


class Moments(NamedTuple):
    """Of the mean over the samples: columns d/dmu_1 .. d/dmu_D, d/dsigma.

    >>> import torch
    >>> from dgm import gradients
    >>> gradients.Moments(torch.zeros(2), torch.ones(2)).variance.tolist()
    [1.0, 1.0]
    """

    mean: Tensor      # (..., D + 1)
    variance: Tensor  # (..., D + 1)


class CostMoments(NamedTuple):
    """What the log-derivative's variance requires of the cost as a whole; (..., 1) each."""

    mean: Tensor      # E f
    var: Tensor       # Var f
    at_mu: Tensor     # f(mu)


class ScoreMoments(NamedTuple):
    """Moments of g = f - E f with T = sigma * score, one column per parameter (..., D + 1)."""

    first: Tensor     # E[g T] = sigma grad E f
    second: Tensor    # E[g T^2]
    square: Tensor    # E[g^2 T^2]
    fisher: Tensor    # E[T^2]: 1, .., 1, 2 D


ScaledVariance = Callable[[ScoreMoments, CostMoments, int], Tensor]   # sigma^2 Var of the mean of so many samples


def cost_variance(t: Table) -> Tensor:
    """Var f of each coordinate."""
    return t.ee0 + t.oo0 - t.e0**2


def cost_moments(cost: Cost, t: Table, at_mu: Tensor) -> CostMoments:
    """E f, Var f and f(mu) of the sum over coordinates, (..., 1) each."""
    return CostMoments(sum_coordinates(t.value + t.e0) + cost.offset, sum_coordinates(cost_variance(t)), at_mu)


def score_moments(t: Table, antithetic: bool = False) -> ScoreMoments:
    """The moments of f - E f with the score; for `antithetic` those of its odd part (mu) and its even part (sigma)."""
    var = cost_variance(t)
    g2 = [t.ee0 + t.oo0, t.ee2 + t.oo2, t.ee4 + t.oo4]
    others = var.sum(-1, keepdim=True) - var
    second = t.e2 - t.e0
    square = g2[1] - 2 * t.e0 * t.e2 + t.e0**2 + others
    if antithetic:
        odd = t.oo0.sum(-1, keepdim=True) - t.oo0
        second, square = torch.zeros_like(second), t.oo2 + odd
        g2, var = [t.ee0, t.ee2, t.ee4], t.ee0 - t.e0**2
    single = t.e2 - t.e0                                            # E[g (u^2 - 1)]
    twice = t.e4 - 2 * t.e2 + t.e0 - 2 * t.e0                       # E[(g - E g) (u^2 - 1)^2]
    squares = g2[2] - 2 * g2[1] + g2[0] - 2 * t.e0 * (t.e4 - 2 * t.e2 + t.e0) + 2 * t.e0**2
    D = t.e0.shape[-1]
    all_squares = (sum_coordinates(squares) + 2 * (D - 1) * sum_coordinates(var)
                   + 2 * (sum_coordinates(single) ** 2 - sum_coordinates(single**2)))
    ones = torch.ones_like(t.e0)
    of_mu = torch.zeros_like(ones) if antithetic else ones          # a baseline does not change the odd part
    return ScoreMoments(torch.cat([t.o1, sum_coordinates(single)], -1),
                        torch.cat([second, sum_coordinates(twice)], -1),
                        torch.cat([square, all_squares], -1), torch.cat([of_mu, sum_coordinates(2 * ones)], -1))


def with_baseline(m: ScoreMoments, gap: Tensor | float) -> Tensor:
    """sigma^2 Var((f - b) S) of one sample for a constant b, gap = E f - b."""
    return m.square + 2 * gap * m.second + gap**2 * m.fisher - m.first**2


def best_gap(m: ScoreMoments) -> Tensor:
    """E f - b* with b* = E[f S^2] / E[S^2]."""
    return -m.second / m.fisher


def no_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """sigma^2 Var of the mean of `samples` gradients with b = 0."""
    return with_baseline(m, f.mean) / samples


def constant_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b = f(mu)."""
    return with_baseline(m, f.mean - f.at_mu) / samples


def mean_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b = E f."""
    return with_baseline(m, torch.zeros_like(f.mean)) / samples


def best_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b = b*."""
    return with_baseline(m, best_gap(m)) / samples


def moving_average_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b_1 = f(mu), b_i+1 = DECAY b_i + (1 - DECAY) f_i, which is independent of f_i.

    E f - b_i = DECAY^(i-1) (E f - f(mu)) on average, and Var b_i = Var f (1 - DECAY)^2 sum_{j<i-1} DECAY^2j.
    """
    gap, K = f.mean - f.at_mu, samples
    ones, twos = ((1 - r**K) / (1 - r) for r in (DECAY, DECAY**2))
    baseline_var = f.var * (1 - DECAY) / (1 + DECAY) * (K - twos)
    whole = K * (m.square - m.first**2) + 2 * ones * gap * m.second + (twos * gap**2 + baseline_var) * m.fisher
    return whole / K**2


def leave_one_out(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b_i = the mean of the other f; a single sample has no others and b = 0."""
    if samples == 1:
        return no_baseline(m, f, samples)
    pairs = (f.var * m.fisher + m.first**2) / (samples * (samples - 1))
    return mean_baseline(m, f, samples) + pairs


def log_derivative(variance: ScaledVariance, cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1,
                   antithetic: bool = False) -> Moments:
    """Moments of the mean of `samples` log-derivative gradients.

    variance: one of the functions above, which decides the baseline; mu (..., D) and sigma (...,) broadcast. Returns
    mean and variance, (..., D + 1).

    >>> import torch
    >>> from dgm.gradients import COSTS, exact_moments
    >>> mu, sigma = torch.zeros(1, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    >>> cost = COSTS["quadratic"](0.0)     # Var(u^2 u) = 15, Var(u^2 (u^2 - 1)) = 78 - 4
    >>> exact_moments.log_derivative(exact_moments.no_baseline, cost, mu, sigma).variance.tolist()
    [15.0, 74.0]
    """
    s = sigma[..., None]
    t = Table(*broadcast_float64(*table_of(cost, mu, s)))
    m = score_moments(t, antithetic)
    at_mu = cost.value(mu).sum(-1, keepdim=True) + cost.offset
    return Moments(m.first / s, clip_variance(variance(m, cost_moments(cost, t, at_mu), samples)) / s**2)


def log_derivative_antithetic(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """Moments of the mean of `samples` antithetic pairs."""
    return log_derivative(no_baseline, cost, mu, sigma, samples, antithetic=True)


def slope_moments(t: Table, antithetic: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and variance of f'(z) and sum_j f'(z_j) u_j, (..., D + 1) each."""
    mean = torch.cat([t.slope + t.d0, t.p1.sum(-1, keepdim=True)], -1)
    even, odd = t.dd0 - t.d0**2, t.pp2 - t.p1**2
    if not antithetic:
        even, odd = even + t.pp0, odd + t.slope**2 + 2 * t.slope * t.d2 + t.dd2
    return mean, torch.cat([even, odd.sum(-1, keepdim=True)], -1)


def reparametrization(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1, antithetic: bool = False) -> Moments:
    """Moments of the mean of `samples` reparametrization gradients f'(z) (1, u).

    mu (..., D) and sigma (...,) broadcast. Returns mean and variance, (..., D + 1).

    >>> import torch
    >>> from dgm.gradients import COSTS, exact_moments
    >>> mu, sigma = torch.zeros(1, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    >>> exact_moments.reparametrization(COSTS["quadratic"](0.0), mu, sigma).variance.tolist()
    [4.0, 8.0]
    """
    t = Table(*broadcast_float64(*table_of(cost, mu, sigma[..., None])))
    mean, variance = slope_moments(t, antithetic)
    return Moments(mean, clip_variance(variance) / samples)


def reparametrization_antithetic(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """Moments of the mean of `samples` antithetic pairs."""
    return reparametrization(cost, mu, sigma, samples, antithetic=True)


def sticking_the_landing(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """The slope is f' + u / sigma; E[u / sigma] = 0, and E[sum u^2 / sigma] = D / sigma is the entropy's gradient."""
    s = sigma[..., None]
    tilt: Scalar = 1 / s
    t = Table(*broadcast_float64(*table_of(cost, mu, s, tilt)))
    mean, variance = slope_moments(t)
    mean = mean - torch.cat([torch.zeros_like(t.e0), t.e0.shape[-1] / s + 0 * t.e0[..., :1]], -1)
    return Moments(mean, clip_variance(variance) / samples)


def measure_valued(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """Coupled measure-valued gradients: Rayleigh pairs for mu, Maxwell against normal for sigma."""
    s = sigma[..., None]
    m = score_moments(Table(*broadcast_float64(*table_of(cost, mu, s))))
    t, pairs = pairs_of(cost, mu, s)
    of_mu = 2 / math.pi * (math.sqrt(math.pi / 2) * pairs.odd - math.pi / 2 * t.o1**2)
    of_sigma = t.ee2 + t.oo2 + t.ee0 + t.oo0 - 2 * pairs.cross - (t.e2 - t.e0) ** 2
    variance = torch.cat([of_mu, of_sigma.sum(-1, keepdim=True)], -1)
    return Moments(m.first / s, clip_variance(variance / samples) / s**2)


def clip_variance(variance: Tensor) -> Tensor:
    """No variance below zero by rounding; inf - inf is inf."""
    return torch.where(variance.isnan(), torch.inf, variance.clamp(min=0))

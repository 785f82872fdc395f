"""Exact means and variances of every estimator, for a mean vector mu (..., D) and one sigma (...).

Coordinates are independent, so an estimator's variance is a sum of one-coordinate moments (`gaussian_moments.Table`).
The score of N(mu, sigma^2 I) is T / sigma with T = u_j for mu_j and T = sum_i (u_i^2 - 1) for sigma; E[T^2] is 1 and
2 D. For a baseline b that is independent of the sample, Var((f - b) S) = E[(f - b)^2 S^2] - (grad E f)^2, least at
b* = E[f S^2] / E[S^2] (Greensmith, Bartlett and Baxter 2004).
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm.gradients.costs import Cost, bound_to, pairs_of, table_of, value_at
from dgm.gradients.gaussian_moments import Table, broadcast_float64, sum_coordinates
from dgm.quadrature import legendre_panels, legendre_series

DECAY = 0.9   # of the moving-average baseline
RULE = 16                                          # Gauss-Legendre nodes of a panel of E f
PANELS = (-12.0, -7.0, -3.5, 0.0, 3.5, 7.0, 12.0)  # their first ends, in deviations from mu
CUTS = (-1 / 32, 0.0, 1 / 32)                      # more ends, around a feature: a spike shows in one of the panels
MOST_FEATURES = 16                                 # more belong to an oscillation, which halving follows
CLOSE = 1e-8                                       # of E |f|: a panel whose last coefficients are larger is halved
HALVINGS = 24
LOST = 0.01                                        # of E |f|, where no halving ends: E f does not exist
PAIRS = 512                                        # integrals at a time, whose arrays stay in a core's cache
SMOOTH = 1e-6                                      # of E f: a patch whose last coefficients are larger is left
ORDER = 12                                         # of a patch: E f is analytic in mu / sigma and in log sigma


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
    """What the log-derivative's variance requires of the cost as a whole; (..., 1) each.

    A gap is a difference of E f, or of f's reference where E f does not exist, and a baseline.
    """

    mean: Tensor      # E f
    var: Tensor       # Var f
    gap: Tensor       # to no baseline: E f
    at_mu: Tensor     # gap to f(mu)
    to_mean: Tensor   # gap to E f: 0


class ScoreMoments(NamedTuple):
    """Moments of g = f - E f with T = sigma * score, one column per parameter (..., D + 1).

    Where E f does not exist, g is the increment of f from its reference.
    """

    first: Tensor     # E[g T] = sigma grad E f
    second: Tensor    # E[g T^2]
    square: Tensor    # E[g^2 T^2]
    fisher: Tensor    # E[T^2]: 1, .., 1, 2 D


ScaledVariance = Callable[[ScoreMoments, CostMoments, int], Tensor]   # sigma^2 Var of the mean of so many samples


def mean_cost(cost: Cost, mu: Tensor, sigma: Tensor, features: tuple[float, ...], fewest: int = ORDER**2) -> Tensor:
    """E f(z), z ~ N(mu, sigma^2), for every pair (mu, sigma): in closed form, or by quadrature to 1e-6 of E |f|.

    mu, sigma: float64 tensors of one shape, which the result has; features: x, of `features_near`. E f is smooth,
    whatever f is: where more than `fewest` pairs are close to each other, it is interpolated between ORDER^2 others.

    >>> import torch
    >>> from dgm.gradients import exact_moments, formula
    >>> mu, sigma = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    >>> round(exact_moments.mean_cost(formula("abs(x)"), mu, sigma, (0.0,)).item(), 9)     # sqrt(2 / pi)
    0.797884561
    """
    cost = bound_to(cost, mu, sigma)
    if cost.table is not None:
        t = table_of(cost, mu, sigma)
        return t.value + t.e0 + cost.offset
    flat_mu, flat_sigma = mu.flatten(), sigma.flatten()
    found, alone = torch.empty_like(flat_mu), torch.ones_like(flat_mu, dtype=torch.bool)
    for pairs, patch in _patches(flat_mu, flat_sigma, fewest):
        series = _series(cost, patch, features)
        if series is not None:
            found[pairs] = _interpolated(series, patch, flat_mu[pairs], flat_sigma[pairs])
            alone[pairs] = False
    if bool(alone.any()):
        found[alone] = _integrals(cost, flat_mu[alone], flat_sigma[alone], features)
    return found.reshape(mu.shape) + cost.offset


def features_near(cost: Cost, mu: float, sigma: float) -> tuple[float, ...]:
    """The features x of the cost that are next to mu."""
    found = {*cost.features, *(cost.places(mu, sigma) if cost.places else ())}
    return tuple(sorted(found, key=lambda x: abs(x - mu))[:MOST_FEATURES])


def _integrals(cost: Cost, mu: Tensor, sigma: Tensor, features: tuple[float, ...]) -> Tensor:
    """E f for pairs (P,)."""
    parts = (slice(i, i + PAIRS) for i in range(0, len(mu), PAIRS))
    return torch.cat([_adaptive(cost, mu[part], sigma[part], features) for part in parts])


def _adaptive(cost: Cost, mu: Tensor, sigma: Tensor, features: tuple[float, ...]) -> Tensor:
    """The same by a Gauss-Legendre rule on panels in u = (z - mu) / sigma that are halved until f phi is a polynomial.

    The last two Legendre coefficients on a panel say whether it is.
    """
    pair, left, right = _first_panels(mu, sigma, features)
    total, limit = torch.zeros_like(mu), torch.zeros_like(mu)
    last_two = legendre_series(RULE)[-2:].T
    for halving in range(HALVINGS):
        u, weight = legendre_panels(left, right, RULE)
        f = cost.value(torch.addcmul(mu[pair, None], sigma[pair, None], u)) * (u * u).mul_(-0.5).exp_()
        if not halving:
            limit.index_add_(0, pair, (f.abs() * weight).sum(1) * CLOSE)
        parts = (f * weight).sum(1)     # exact for twice the degree
        opened = (f @ last_two).abs().sum(1) * (right - left) > limit[pair]
        total.index_add_(0, pair[~opened], parts[~opened])
        if not bool(opened.any()):
            return total / math.sqrt(2 * math.pi)
        pair, left, right, parts = pair[opened], left[opened], right[opened], parts[opened]
        middle = (left + right) / 2
        pair, left, right = pair.repeat(2), torch.cat([left, middle]), torch.cat([middle, right])
    rest = torch.zeros_like(mu).index_add_(0, pair, parts.repeat(2) / 2)
    return torch.where(rest.abs() > LOST / CLOSE * limit, torch.inf, total + rest) / math.sqrt(2 * math.pi)


def _first_panels(mu: Tensor, sigma: Tensor, features: tuple[float, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Pair, left and right end of every panel, (panels,) each: those that all pairs have, cut around the features."""
    standard, cuts, x = (torch.tensor(ends, dtype=torch.float64) for ends in (PANELS, CUTS, features))
    at = ((x - mu[:, None]) / sigma[:, None])[..., None] + cuts
    ends = torch.cat([standard.expand(len(mu), -1), at.flatten(1).clamp(PANELS[0], PANELS[-1])], 1).sort(1).values
    wide = ends.diff() > 1e-14
    return wide.nonzero()[:, 0], ends[:, :-1][wide], ends[:, 1:][wide]


Patch = tuple[int, int]     # (i, j): mu in 2 [i, i + 1] 2^j, sigma in [1, 2] 2^j


def _patches(mu: Tensor, sigma: Tensor, fewest: int) -> Iterator[tuple[Tensor, Patch]]:
    """The pairs (P,) in each patch that has more than `fewest` of them."""
    octave = sigma.log2().floor()
    cells = torch.stack([(mu / 2 ** (octave + 1)).floor(), octave])
    patches, numbers, counts = np.unique(cells.numpy(), axis=1, return_inverse=True, return_counts=True)
    for i in (counts > fewest).nonzero()[0]:
        yield torch.from_numpy((numbers.reshape(-1) == i).nonzero()[0]), (int(patches[0, i]), int(patches[1, i]))


@lru_cache(maxsize=512)     # descents to one optimum pass through the same patches
def _series(cost: Cost, patch: Patch, features: tuple[float, ...]) -> Tensor | None:
    """E f on a patch by the Chebyshev polynomial through ORDER^2 of its pairs; inf where all of them are inf.

    mu within a deviation of the middle and sigma within an octave leave less than 1e-7. None where E f changes more, by
    the last coefficients, as that of a cost that grows fast does.
    """
    places, unit = torch.cos(math.pi * (torch.arange(ORDER, dtype=torch.float64) + 0.5) / ORDER), 2.0 ** patch[1]
    mu, sigma = broadcast_float64(((2 * patch[0] + 1 + places) * unit)[:, None], unit * 2 ** ((places + 1) / 2))
    values = _integrals(cost, mu.flatten(), sigma.flatten(), features).reshape(ORDER, ORDER)
    if not bool(values.isfinite().any()):
        return torch.full_like(values, torch.inf)
    basis = torch.linalg.inv(_chebyshev(places))
    series = basis @ values @ basis.T
    last = float(series[-2:].abs().sum() + series[:, -2:].abs().sum())
    return series if last < SMOOTH * float(values.abs().median()) else None


def _interpolated(series: Tensor, patch: Patch, mu: Tensor, sigma: Tensor) -> Tensor:
    """The values of `_series` at pairs (P,) of the patch."""
    unit = 2.0 ** patch[1]
    return (_chebyshev(mu / unit - (2 * patch[0] + 1)) @ series * _chebyshev(2 * (sigma / unit).log2() - 1)).sum(1)


def _chebyshev(x: Tensor) -> Tensor:
    """T_0(x) .. T_(ORDER - 1)(x), (P, ORDER)."""
    return torch.cos(torch.arange(ORDER) * x.clamp(-1, 1).acos()[:, None])


def cost_variance(t: Table) -> Tensor:
    """Var f of each coordinate."""
    return t.ee0 + t.oo0 - t.e0**2


def cost_moments(cost: Cost, t: Table, mu: Tensor, sigma: Tensor) -> CostMoments:
    """E f, Var f and gaps of the sum over coordinates, (..., 1) each; cost: with the parameters of q."""
    gap = sum_coordinates(t.value + centre(t)) + cost.offset
    mean = sum_coordinates(t.value + t.e0) + cost.offset
    at_mu = sum_coordinates(centre(t) + (t.value - value_at(cost, mu, sigma)))     # keeps the digits of E f - f(mu)
    to_mean = sum_coordinates(centre(t) - t.e0).nan_to_num(math.inf)
    return CostMoments(mean, sum_coordinates(cost_variance(t)), gap, at_mu, to_mean)


def centre(t: Table) -> Tensor:
    """E[f] - value of each coordinate, 0 where E f does not exist."""
    return torch.where(t.e0.isfinite(), t.e0, 0.0)


def others(x: Tensor) -> Tensor:
    """The sum over the other coordinates, also where one of them is infinite, (..., D) -> (..., D)."""
    finite = torch.where(x.isfinite(), x, 0.0)
    infinite = (~x.isfinite()).double()
    count = sum_coordinates(infinite) - infinite
    return torch.where(count > 0, math.inf, sum_coordinates(finite) - finite)


def score_moments(t: Table, antithetic: bool = False) -> ScoreMoments:
    """The moments of f - E f with the score; for `antithetic` those of its odd part (mu) and its even part (sigma)."""
    var, e0 = cost_variance(t), centre(t)
    g2 = [t.ee0 + t.oo0, t.ee2 + t.oo2, t.ee4 + t.oo4]
    second = t.e2 - e0
    square = g2[1] - 2 * e0 * t.e2 + e0**2 + others(var)
    if antithetic:
        second, square = torch.zeros_like(second), t.oo2 + others(t.oo0)
        g2, var = [t.ee0, t.ee2, t.ee4], t.ee0 - e0**2
    single = t.e2 - t.e0                                            # E[g (u^2 - 1)]
    twice = t.e4 - 2 * t.e2 + e0 - 2 * e0                           # E[(g - E g) (u^2 - 1)^2]
    squares = g2[2] - 2 * g2[1] + g2[0] - 2 * e0 * (t.e4 - 2 * t.e2 + e0) + 2 * e0**2
    D = t.e0.shape[-1]
    all_squares = sum_coordinates(squares)
    if D > 1:
        all_squares = all_squares + (2 * (D - 1) * sum_coordinates(var)
                                     + 2 * (sum_coordinates(single) ** 2 - sum_coordinates(single**2)))
    ones = torch.ones_like(t.e0)
    of_mu = torch.zeros_like(ones) if antithetic else ones          # a baseline does not change the odd part
    exists = 0 * others(t.e0)                                       # nan where another coordinate has no mean
    return ScoreMoments(torch.cat([t.o1 + exists, sum_coordinates(single)], -1),
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
    return with_baseline(m, f.gap) / samples


def constant_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b = f(mu)."""
    return with_baseline(m, f.at_mu) / samples


def mean_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b = E f."""
    return with_baseline(m, f.to_mean) / samples


def best_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b = b*."""
    return with_baseline(m, best_gap(m)) / samples


def moving_average_baseline(m: ScoreMoments, f: CostMoments, samples: int) -> Tensor:
    """The same with b_1 = f(mu), b_i+1 = DECAY b_i + (1 - DECAY) f_i, which is independent of f_i.

    E f - b_i = DECAY^(i-1) (E f - f(mu)) on average, and Var b_i = Var f (1 - DECAY)^2 sum_{j<i-1} DECAY^2j.
    """
    gap, K = f.at_mu, samples
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
    cost = bound_to(cost, mu, s)
    t = Table(*broadcast_float64(*table_of(cost, mu, s)))
    m = score_moments(t, antithetic)
    return moments(m.first / s, variance(m, cost_moments(cost, t, mu, s), samples) / s**2)


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
    return _path(cost, mu, sigma, cost.log_q, samples, antithetic)


def reparametrization_antithetic(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """Moments of the mean of `samples` antithetic pairs."""
    return reparametrization(cost, mu, sigma, samples, antithetic=True)


def sticking_the_landing(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """The reparametrization plus the score: the score of a cost that contains -log q is taken off and put back."""
    return _path(cost, mu, sigma, cost.log_q + 1, samples)


def _path(cost: Cost, mu: Tensor, sigma: Tensor, scores: float, samples: int, antithetic: bool = False) -> Moments:
    """Moments of f'(z) (1, u) plus `scores` times the score, (u, sum u^2 - D) / sigma."""
    s = sigma[..., None]
    t = Table(*broadcast_float64(*table_of(cost, mu, s, scores / s)))
    mean, variance = slope_moments(t, antithetic)
    if scores:
        mean = mean - scores * torch.cat([torch.zeros_like(t.e0), t.e0.shape[-1] / s + 0 * t.e0[..., :1]], -1)
    return moments(mean, variance / samples)


def measure_valued(cost: Cost, mu: Tensor, sigma: Tensor, samples: int = 1) -> Moments:
    """Coupled measure-valued gradients: Rayleigh pairs for mu, Maxwell against normal for sigma."""
    s = sigma[..., None]
    cost = bound_to(cost, mu, s)
    m = score_moments(Table(*broadcast_float64(*table_of(cost, mu, s))))
    t, pairs = pairs_of(cost, mu, s)
    of_mu = 2 / math.pi * (math.sqrt(math.pi / 2) * pairs.odd - math.pi / 2 * t.o1**2)
    of_sigma = t.ee2 + t.oo2 + t.ee0 + t.oo0 - 2 * pairs.cross - (t.e2 - t.e0) ** 2
    variance = torch.cat([of_mu, of_sigma.sum(-1, keepdim=True)], -1)
    return moments(m.first / s, variance / samples / s**2)


def bias(cost: Cost, found: Moments, mu: Tensor, sigma: Tensor) -> Tensor:
    """E of an estimator that follows the slope minus grad E f, (..., D + 1): 0 unless f jumps.

    found: the estimator's moments at mu (..., D) and sigma (...,). A difference within the rounding of the two is 0;
    inf where the estimator has no mean but E f a gradient.

    >>> import torch
    >>> from dgm.gradients import COSTS, exact_moments
    >>> mu, sigma = torch.zeros(1, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    >>> cost = COSTS["sine"](1.0)
    >>> exact_moments.bias(cost, exact_moments.reparametrization(cost, mu, sigma), mu, sigma).tolist()
    [0.0, 0.0]
    """
    if cost.table is not None:                     # closed forms are those of smooth costs
        return torch.zeros_like(found.mean)
    truth = log_derivative(mean_baseline, cost, mu, sigma)
    size = found.mean.abs() + truth.mean.abs() + torch.where(truth.variance.isfinite(), truth.variance, 0.0).sqrt()
    difference = found.mean - truth.mean
    rounded = torch.where(difference.abs() > 1e-9 * size, difference, 0.0)
    return torch.where(found.mean.isfinite() | truth.mean.isinf(), rounded.nan_to_num(0.0, 0.0, 0.0), torch.inf)


def moments(mean: Tensor, variance: Tensor) -> Moments:
    """No variance below zero by rounding, and inf for what does not exist."""
    finite = mean.isfinite() & variance.isfinite()
    return Moments(torch.where(mean.isfinite(), mean, torch.inf),
                   torch.where(finite, variance.clamp(min=0), torch.inf))

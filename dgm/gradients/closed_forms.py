"""Closed forms of `gradients_table.Table` for parabolas, waves and exp(-k x^2); every field broadcasts.

Each was derived symbolically. Where a closed form would subtract nearly equal numbers (a flat cost), a 64-point
Gauss-Hermite rule on exactly computed increments takes over; its error is rounding.
"""

import math
from functools import lru_cache

import torch
from scipy.special import dawsn
from torch import Tensor

from dgm.gradients.gaussian_moments import Pairs, Table, hermite, together

Scalar = float | Tensor


def parabola_table(value: Tensor, slope: Tensor, a: Scalar, sigma: Tensor, tilt: Scalar) -> Table:
    """f = value + slope * sigma u + a sigma^2 u^2."""
    even, odd, value = together(a * sigma**2, slope * sigma, value)
    d_odd = even * 0 + 2 * a * sigma + tilt
    zero = torch.zeros_like(even)
    ee, oo, pp = even**2, odd**2, d_odd**2
    return Table(value, slope + zero, even, 3 * even, 15 * even, odd, 3 * ee, 15 * ee, 105 * ee, oo, 3 * oo, 15 * oo,
                 zero, zero, d_odd, zero, zero, pp, 3 * pp)


def parabola_pairs(slope: Tensor, a: Scalar, sigma: Tensor) -> Pairs:
    """The pairs of value + slope * sigma u + a sigma^2 u^2."""
    even, odd = together((a * sigma**2) ** 2, (slope * sigma) ** 2)
    return Pairs(2 * math.sqrt(2 / math.pi) * odd, 5 * even + 1.5 * odd)


@lru_cache(maxsize=1)
def rule_weights() -> tuple[Tensor, ...]:
    """Weights (64,) of E[. u^p], p = 0 .. 4."""
    u, w = hermite()
    return tuple(w * u**p for p in range(5))


def by_rule(value: Tensor, slope: Tensor, even: Tensor, odd: Tensor, d_even: Tensor, d_odd: Tensor) -> Table:
    """A table from the increments at the Hermite nodes, each (..., 64)."""
    weights = rule_weights()

    def mean(x: Tensor, p: int = 0) -> Tensor:
        return x @ weights[p]

    ee, oo, dd, pp = even**2, odd**2, d_even**2, d_odd**2
    return Table(value, slope, mean(even), mean(even, 2), mean(even, 4), mean(odd, 1),
                 mean(ee), mean(ee, 2), mean(ee, 4), mean(oo), mean(oo, 2), mean(oo, 4),
                 mean(d_even), mean(d_even, 2), mean(d_odd, 1), mean(dd), mean(dd, 2), mean(pp), mean(pp, 2))


def choose(first: Tensor, one: Table, other: Table) -> Table:
    """`one` where `first` holds, `other` elsewhere."""
    return Table(*(torch.where(first, x, y) for x, y in zip(one, other, strict=True)))


def dip(b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """E[(cos(b u) - 1) u^p] for p = 0, 2, 4: negative sums, never 1 - 1."""
    b2 = b**2
    A, flat = (-b2 / 2).exp(), torch.expm1(-b2 / 2)
    return flat, flat - b2 * A, 3 * flat + (b2**2 - 6 * b2) * A


def wave_table(k: Scalar, C: Tensor, S: Tensor, sigma: Tensor, tilt: Scalar) -> Table:
    """f = C cos(a u) - S sin(a u), a = k sigma: cos(k x) and sin(k x) by the choice of C and S."""
    a, C, S, rate, pull = together(k * sigma, C, S, k, tilt)
    return choose(a.abs() < 1, _wave_rule(rate, a, C, S, pull), _wave_closed(rate, a, C, S, pull))


def _wave_closed(k: Tensor, a: Tensor, C: Tensor, S: Tensor, tilt: Tensor) -> Table:
    one, two = dip(a), dip(2 * a)
    A = (-(a**2) / 2).exp()
    sin1, sin3 = a * A, (3 * a - a**3) * A                                     # E[sin(a u) u], E[sin(a u) u^3]
    cc = [double / 2 - 2 * single for single, double in zip(one, two, strict=True)]  # E[(cos(a u) - 1)^2 u^p]
    ss = [-double / 2 for double in two]                                       # E[sin(a u)^2 u^p]
    dc, ds, C2, S2 = -k * S, -k * C, C**2, S**2
    return Table(C, -k * S, C * one[0], C * one[1], C * one[2], -S * sin1,
                 C2 * cc[0], C2 * cc[1], C2 * cc[2], S2 * ss[0], S2 * ss[1], S2 * ss[2],
                 dc * one[0], dc * one[1], ds * sin1 + tilt, dc**2 * cc[0], dc**2 * cc[1],
                 ds**2 * ss[0] + 2 * tilt * ds * sin1 + tilt**2, ds**2 * ss[1] + 2 * tilt * ds * sin3 + 3 * tilt**2)


def _wave_rule(k: Tensor, a: Tensor, C: Tensor, S: Tensor, tilt: Tensor) -> Table:
    u, _ = hermite()
    k, a, c, s, tilt = (x[..., None] for x in (k, a.clamp(-1, 1), C, S, tilt))
    bend, sine = -2 * (a * u / 2).sin() ** 2, (a * u).sin()
    return by_rule(C, -k[..., 0] * S, c * bend, -s * sine, -k * s * bend, -k * c * sine + tilt * u)


def wave_pairs(k: Scalar, C: Tensor, S: Tensor, sigma: Tensor) -> Pairs:
    """The pairs of C cos(a u) - S sin(a u); E[cos(b u) |u|] holds Dawson's function."""
    a, C, S = together(k * sigma, C, S)
    a = a.abs()
    root = math.sqrt(2) * a
    odd = S**2 * math.sqrt(2 / math.pi) * root * torch.as_tensor(dawsn(root.numpy()))
    A, a2 = (-(a**2) / 2).exp(), a**2
    closed = torch.expm1(-2 * a2) - 2 * torch.expm1(-a2 / 2) + a2 * A          # of the even part: order a^4
    u, w = hermite()
    v = a.clamp(max=1.0)[..., None] * u
    bend, rest = -2 * (v / 2).sin() ** 2, torch.zeros_like(v)                  # rest: (sin v - v) / v, by its series
    for n in range(12, 0, -1):
        rest = -(v**2) / ((2 * n) * (2 * n + 1)) * (1 + rest)
    flat = (w * u**2 * bend * rest).sum(-1)
    even = C**2 * torch.where(a < 1, flat, closed)
    return Pairs(odd, even - S**2 * A * torch.expm1(-1.5 * a2))


def exponential_table(k: Scalar, mu: Tensor, sigma: Tensor, tilt: Scalar) -> Table:
    """f = exp(-k (mu + sigma u)^2)."""
    rate, mu, sigma, pull = together(k, mu, sigma, tilt)
    flat = ((rate * sigma**2).abs() <= 0.05) & ((2 * rate * mu * sigma).abs() <= 1)
    return choose(flat, _exponential_rule(rate, mu, sigma, pull, flat), _exponential_closed(rate, mu, sigma, pull))


def _exponential_rule(k: Tensor, mu: Tensor, sigma: Tensor, tilt: Tensor, flat: Tensor) -> Table:
    u, _ = hermite()
    value = (-k * mu**2).exp()
    kappa = torch.where(flat, k * sigma**2, 0.0)[..., None]
    beta = torch.where(flat, 2 * k * mu * sigma, 0.0)[..., None]
    E = torch.expm1(-kappa * u**2) + 2 * (-kappa * u**2).exp() * (beta * u / 2).sinh() ** 2
    O = -(-kappa * u**2).exp() * (beta * u).sinh()
    c, m, su, pull = (x[..., None] for x in (value, mu, sigma, -2 * k * value))
    su = su * u
    return by_rule(value, -2 * k * mu * value, c * E, c * O, pull * (m * E + su * O),
                   pull * (m * O + su * (1 + E)) + tilt[..., None] * u)


def tower(k: Tensor, mu: Tensor, sigma: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], tuple[Tensor, ...]]:
    """E[exp(-k (mu^2 + sigma^2 u^2)) h(u) u^p], b = 2 k mu sigma, without overflow.

    h = cosh(b u) for p = 0, 2, 4, 6; h = cosh(b u) - 1 likewise; h = sinh(b u) for p = 1, 3, 5.
    """
    a = 1 + 2 * k * sigma**2
    a = torch.where(a > 0, a, torch.nan)
    b = 2 * k * mu * sigma
    y = b**2 / a
    peak, dent = (-k * mu**2 / a).exp() / a.sqrt(), -torch.expm1(-y / 2)        # e^(y/2) - 1 = e^(y/2) dent
    flat = (1.0, 1.0, 3.0, 15.0)
    steep = (torch.zeros_like(y), y, y * (6 + y), y * (45 + y * (15 + y)))
    cosh = tuple(peak * (at_zero + poly) / a**n for n, (at_zero, poly) in enumerate(zip(flat, steep, strict=True)))
    above = tuple(peak * (dent * at_zero + poly) / a**n
                  for n, (at_zero, poly) in enumerate(zip(flat, steep, strict=True)))
    odd = (torch.ones_like(y), 3 + y, 15 + y * (10 + y))
    sinh = tuple(peak * b * poly / a ** (n + 1) for n, poly in enumerate(odd))
    return cosh, above, sinh


def _exponential_closed(k: Tensor, mu: Tensor, sigma: Tensor, tilt: Tensor) -> Table:
    """Centred at 0: f is far from flat, or all but zero."""
    cosh, _, sinh = tower(k, mu, sigma)
    cosh2, above2, sinh2 = tower(2 * k, mu, sigma)                  # of f^2: cosh(2 b u) = 2 cosh^2 - 1
    base = [c - x for c, x in zip(cosh2, above2, strict=True)]      # cosh(0 u)
    ee = [(c + z) / 2 for c, z in zip(cosh2, base, strict=True)]
    oo = [x / 2 for x in above2]
    zero = torch.zeros_like(mu)
    m2, s2, ms, pull = mu**2, sigma**2, 2 * mu * sigma, -2 * k
    d = [pull * (mu * cosh[n] - sigma * sinh[n]) for n in (0, 1)]
    p1, p3 = (pull * (sigma * cosh[n + 1] - mu * sinh[n]) for n in (0, 1))
    dd = [pull**2 * (m2 * ee[n] - ms * sinh2[n] / 2 + s2 * oo[n + 1]) for n in (0, 1)]
    pp = [pull**2 * (m2 * oo[n] - ms * sinh2[n] / 2 + s2 * ee[n + 1]) for n in (0, 1)]
    table = Table(zero, zero, cosh[0], cosh[1], cosh[2], -sinh[0], ee[0], ee[1], ee[2], oo[0], oo[1], oo[2],
                  d[0], d[1], p1 + tilt, dd[0], dd[1],
                  pp[0] + 2 * tilt * p1 + tilt**2, pp[1] + 2 * tilt * p3 + 3 * tilt**2)
    return Table(*(x.nan_to_num(torch.inf) for x in table))

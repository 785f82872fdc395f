"""Closed forms of `gaussian_moments.Table` for parabolas, waves and exp(-k x^2); every field broadcasts.

Each was derived symbolically from E[u^2p] = (2p - 1)!! and E[exp(i b u)] = exp(-b^2 / 2). Where a closed form would
subtract nearly equal numbers (a flat cost), a 64-point Gauss-Hermite rule on exactly computed increments replaces it;
its error is rounding.
"""

import math
from functools import lru_cache

import scipy
import torch
from torch import Tensor

from dgm.gradients.gaussian_moments import Pairs, Table, broadcast_float64
from dgm.quadrature import gauss_hermite

Scalar = float | Tensor
NODES = 64


def parabola_table(value: Tensor, slope: Tensor, a: Scalar, sigma: Tensor, tilt: Scalar) -> Table:
    """f = value + slope * sigma u + a sigma^2 u^2.

    value, slope, sigma: tensors that broadcast with a and tilt.

    >>> value, slope, sigma = torch.zeros(1), torch.zeros(1), torch.ones(1)
    >>> parabola_table(value, slope, 1.0, sigma, 0.0).ee0.item()     # E[u^4]
    3.0
    """
    even, odd, value = broadcast_float64(a * sigma**2, slope * sigma, value)
    d_odd = even * 0 + 2 * a * sigma + tilt
    zero = torch.zeros_like(even)
    ee, oo, pp = even**2, odd**2, d_odd**2
    return Table(value, slope + zero, even, 3 * even, 15 * even, odd, 3 * ee, 15 * ee, 105 * ee, oo, 3 * oo, 15 * oo,
                 zero, zero, d_odd, zero, zero, pp, 3 * pp)


def parabola_pairs(slope: Tensor, a: Scalar, sigma: Tensor) -> Pairs:
    """The pairs of value + slope * sigma u + a sigma^2 u^2."""
    even, odd = broadcast_float64((a * sigma**2) ** 2, (slope * sigma) ** 2)
    return Pairs(2 * math.sqrt(2 / math.pi) * odd, 5 * even + 1.5 * odd)


@lru_cache(maxsize=1)
def power_weights() -> tuple[Tensor, ...]:
    """Weights (NODES,) of E[. u^p], p = 0 .. 4."""
    u, w = gauss_hermite(NODES)
    return tuple(w * u**p for p in range(5))


def table_from_nodes(value: Tensor, slope: Tensor, even: Tensor, odd: Tensor, d_even: Tensor, d_odd: Tensor) -> Table:
    """A table from the increments at the Gauss-Hermite nodes, each (..., NODES)."""
    weights = power_weights()

    def mean(x: Tensor, p: int = 0) -> Tensor:
        return x @ weights[p]

    ee, oo, dd, pp = even**2, odd**2, d_even**2, d_odd**2
    return Table(value, slope, mean(even), mean(even, 2), mean(even, 4), mean(odd, 1),
                 mean(ee), mean(ee, 2), mean(ee, 4), mean(oo), mean(oo, 2), mean(oo, 4),
                 mean(d_even), mean(d_even, 2), mean(d_odd, 1), mean(dd), mean(dd, 2), mean(pp), mean(pp, 2))


def where_table(condition: Tensor, one: Table, other: Table) -> Table:
    """`one` where `condition` is true, `other` elsewhere."""
    return Table(*(torch.where(condition, x, y) for x, y in zip(one, other, strict=True)))


def cosine_minus_one(b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """E[(cos(b u) - 1) u^p] for p = 0, 2, 4: negative sums, never 1 - 1."""
    b2 = b**2
    A, order_0 = (-b2 / 2).exp(), torch.expm1(-b2 / 2)
    return order_0, order_0 - b2 * A, 3 * order_0 + (b2**2 - 6 * b2) * A


def wave_table(k: Scalar, C: Tensor, S: Tensor, sigma: Tensor, tilt: Scalar) -> Table:
    """f = C cos(a u) - S sin(a u), a = k sigma: cos(k x) and sin(k x) by the choice of C and S.

    >>> zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    >>> table = wave_table(2.0, one, zero, one, 0.0)     # E[cos 2 u] = exp(-2)
    >>> round(float(table.value + table.e0), 6)
    0.135335
    """
    a, C, S, rate, tilt = broadcast_float64(k * sigma, C, S, k, tilt)
    return where_table(a.abs() < 1, _wave_rule(rate, a, C, S, tilt), _wave_closed(rate, a, C, S, tilt))


def _wave_closed(k: Tensor, a: Tensor, C: Tensor, S: Tensor, tilt: Tensor) -> Table:
    one, two = cosine_minus_one(a), cosine_minus_one(2 * a)
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
    u, _ = gauss_hermite(NODES)
    k, a, c, s, tilt = (x[..., None] for x in (k, a.clamp(-1, 1), C, S, tilt))
    cosine, sine = -2 * (a * u / 2).sin() ** 2, (a * u).sin()
    return table_from_nodes(C, -k[..., 0] * S, c * cosine, -s * sine, -k * s * cosine, -k * c * sine + tilt * u)


def wave_pairs(k: Scalar, C: Tensor, S: Tensor, sigma: Tensor) -> Pairs:
    """The pairs of C cos(a u) - S sin(a u); E[cos(b u) |u|] contains Dawson's function."""
    a, C, S = broadcast_float64(k * sigma, C, S)
    a = a.abs()
    root = math.sqrt(2) * a
    odd = S**2 * math.sqrt(2 / math.pi) * root * torch.as_tensor(scipy.special.dawsn(root.numpy()))
    A, a2 = (-(a**2) / 2).exp(), a**2
    closed = torch.expm1(-2 * a2) - 2 * torch.expm1(-a2 / 2) + a2 * A          # of the even part: order a^4
    u, w = gauss_hermite(NODES)
    v = a.clamp(max=1.0)[..., None] * u
    cosine, rest = -2 * (v / 2).sin() ** 2, torch.zeros_like(v)        # cos v - 1; (sin v - v) / v, by its series
    for n in range(12, 0, -1):
        rest = -(v**2) / ((2 * n) * (2 * n + 1)) * (1 + rest)
    flat = (w * u**2 * cosine * rest).sum(-1)
    even = C**2 * torch.where(a < 1, flat, closed)
    return Pairs(odd, even - S**2 * A * torch.expm1(-1.5 * a2))


def exponential_table(k: Scalar, mu: Tensor, sigma: Tensor, tilt: Scalar) -> Table:
    """f = exp(-k (mu + sigma u)^2).

    >>> zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    >>> table = exponential_table(1.5, zero, one, 0.0)     # E[exp(-1.5 u^2)] = 1 / sqrt(1 + 3)
    >>> round(float(table.value + table.e0), 6)
    0.5
    """
    rate, mu, sigma, tilt = broadcast_float64(k, mu, sigma, tilt)
    flat = ((rate * sigma**2).abs() <= 0.05) & ((2 * rate * mu * sigma).abs() <= 1)
    return where_table(flat, _exponential_rule(rate, mu, sigma, tilt, flat), _exponential_closed(rate, mu, sigma, tilt))


def _exponential_rule(k: Tensor, mu: Tensor, sigma: Tensor, tilt: Tensor, flat: Tensor) -> Table:
    u, _ = gauss_hermite(NODES)
    value = (-k * mu**2).exp()
    kappa = torch.where(flat, k * sigma**2, 0.0)[..., None]
    beta = torch.where(flat, 2 * k * mu * sigma, 0.0)[..., None]
    E = torch.expm1(-kappa * u**2) + 2 * (-kappa * u**2).exp() * (beta * u / 2).sinh() ** 2
    O = -(-kappa * u**2).exp() * (beta * u).sinh()
    c, m, su, factor = (x[..., None] for x in (value, mu, sigma, -2 * k * value))
    su = su * u
    return table_from_nodes(value, -2 * k * mu * value, c * E, c * O, factor * (m * E + su * O),
                            factor * (m * O + su * (1 + E)) + tilt[..., None] * u)


Series = tuple[Tensor, ...]     # one tensor for each power of u


def hyperbolic_moments(k: Tensor, mu: Tensor, sigma: Tensor) -> tuple[Series, Series, Series]:
    """E[exp(-k (mu^2 + sigma^2 u^2)) h(u) u^p], b = 2 k mu sigma, without overflow.

    h = cosh(b u) for p = 0, 2, 4, 6; h = cosh(b u) - 1 likewise; h = sinh(b u) for p = 1, 3, 5.
    """
    a = 1 + 2 * k * sigma**2
    a = torch.where(a > 0, a, torch.nan)
    b = 2 * k * mu * sigma
    y = b**2 / a
    scale, one_minus = (-k * mu**2 / a).exp() / a.sqrt(), -torch.expm1(-y / 2)        # e^(y/2) - 1 = e^(y/2) one_minus
    moments = (1.0, 1.0, 3.0, 15.0)
    rest = (torch.zeros_like(y), y, y * (6 + y), y * (45 + y * (15 + y)))
    cosh = tuple(scale * (at_zero + poly) / a**n for n, (at_zero, poly) in enumerate(zip(moments, rest, strict=True)))
    above = tuple(scale * (one_minus * at_zero + poly) / a**n
                  for n, (at_zero, poly) in enumerate(zip(moments, rest, strict=True)))
    odd = (torch.ones_like(y), 3 + y, 15 + y * (10 + y))
    sinh = tuple(scale * b * poly / a ** (n + 1) for n, poly in enumerate(odd))
    return cosh, above, sinh


def _exponential_closed(k: Tensor, mu: Tensor, sigma: Tensor, tilt: Tensor) -> Table:
    """value and slope are 0: f is far from flat, or all but zero."""
    cosh, _, sinh = hyperbolic_moments(k, mu, sigma)
    cosh2, above2, sinh2 = hyperbolic_moments(2 * k, mu, sigma)     # of f^2: cosh(2 b u) = 2 cosh^2 - 1
    base = [c - x for c, x in zip(cosh2, above2, strict=True)]      # cosh(0 u)
    ee = [(c + z) / 2 for c, z in zip(cosh2, base, strict=True)]
    oo = [x / 2 for x in above2]
    zero = torch.zeros_like(mu)
    m2, s2, ms, factor = mu**2, sigma**2, 2 * mu * sigma, -2 * k
    d = [factor * (mu * cosh[n] - sigma * sinh[n]) for n in (0, 1)]
    p1, p3 = (factor * (sigma * cosh[n + 1] - mu * sinh[n]) for n in (0, 1))
    dd = [factor**2 * (m2 * ee[n] - ms * sinh2[n] / 2 + s2 * oo[n + 1]) for n in (0, 1)]
    pp = [factor**2 * (m2 * oo[n] - ms * sinh2[n] / 2 + s2 * ee[n + 1]) for n in (0, 1)]
    table = Table(zero, zero, cosh[0], cosh[1], cosh[2], -sinh[0], ee[0], ee[1], ee[2], oo[0], oo[1], oo[2],
                  d[0], d[1], p1 + tilt, dd[0], dd[1],
                  pp[0] + 2 * tilt * p1 + tilt**2, pp[1] + 2 * tilt * p3 + 3 * tilt**2)
    table = Table(*(x.nan_to_num(torch.inf, torch.inf, -torch.inf) for x in table))
    odd = ("oo0", "oo2", "oo4", "dd0", "dd2")                        # at mu = 0 f is even, also where it has no mean
    return table._replace(**{name: torch.where(mu == 0, 0.0, getattr(table, name)) for name in odd})

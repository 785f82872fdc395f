"""The Gaussian expectations that every exact variance consists of, and their quadrature.

A cost f is expanded at mu: with u ~ N(0, 1), g(u) = f(mu + sigma u) - f(mu) and h(u) = f'(mu + sigma u) - f'(mu), each
split in its even and its odd part. Increments instead of values preserve the digits when sigma is tiny; even and odd
parts give the moments of antithetic pairs at no further cost.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.errors import ArgumentError
from dgm.gradients.features import Function, Places
from dgm.gradients.panels import (
    CHUNK,
    EDGES,
    FARTHEST,
    RULE,
    Anchors,
    Integrand,
    Nodes,
    Panels,
    anchors,
    ascending,
    first_panels,
    joined,
    measured,
)
from dgm.quadrature import legendre_antiderivative, legendre_panels

TOLERANCE = 2e-13
ROUNDED = 1e-9              # sigmas from 0: a place that is named as 0
ROUNDS = 44
MOST_PANELS = 24_000
MOST_ANCHORS = 64
OUTSIDE = 10.0             # u beyond which a bounded cost has no share
LIMIT_OF_POWERS = 2e-3     # the accuracy of a measured exponent
ORDER = (1,) * 4 + (2,) * 6 + (1,) * 3 + (2,) * 5                        # in f or f' of each row of `panel_moments`
POWER = (0, 2, 4, 1, 0, 2, 4, 0, 2, 4, 0, 2, 1, 0, 2, 0, 2, 1)           # of u


class Table(NamedTuple):
    """Moments of one coordinate; every field has the shape that mu, sigma and the cost's constants broadcast to."""

    value: Tensor    # f(mu), or 0 where the cost is far from flat and subtracting f(mu) would only lose digits
    slope: Tensor    # f'(mu), or 0 likewise
    e0: Tensor       # E[g_even]
    e2: Tensor       # E[g_even u^2]
    e4: Tensor       # E[g_even u^4]
    o1: Tensor       # E[g_odd u]
    ee0: Tensor      # E[g_even^2], then with u^2 and u^4
    ee2: Tensor
    ee4: Tensor
    oo0: Tensor      # E[g_odd^2], then with u^2 and u^4
    oo2: Tensor
    oo4: Tensor
    d0: Tensor       # E[h_even]
    d2: Tensor       # E[h_even u^2]
    p1: Tensor       # E[h_odd u]
    dd0: Tensor      # E[h_even^2], then with u^2
    dd2: Tensor
    pp0: Tensor      # E[h_odd^2], then with u^2
    pp2: Tensor


def broadcast_float64(*numbers: float | Tensor) -> tuple[Tensor, ...]:
    """Numbers and tensors as float64 tensors of one shape, the one that all broadcast to.

    >>> [tuple(x.shape) for x in broadcast_float64(1.0, torch.zeros(3))]
    [(3,), (3,)]
    """
    tensors = [torch.as_tensor(x, dtype=torch.float64) for x in numbers]
    return tuple(torch.broadcast_tensors(*tensors))  # type: ignore[no-untyped-call]


def sum_coordinates(x: Tensor) -> Tensor:
    """The sum over the last axis, (..., D) -> (..., 1)."""
    return x.sum(-1, keepdim=True)


class Pairs(NamedTuple):
    """What the coupled measure-valued estimator requires besides: u from q, v double-sided Maxwell, |u| <= |v|."""

    odd: Tensor      # E[g_odd^2 |u|]
    cross: Tensor    # E[g(u) g(v)]


def panel_moments(n: Nodes) -> Tensor:
    """Every moment of `Table` after value and slope, and E[g_odd^2 |u|], panel by panel: (18, panels)."""
    density = n.weight * 2 / math.sqrt(2 * math.pi)          # of both halves, without exp(-u^2 / 2)
    u, u2, root = n.u, n.u**2, density * n.root
    e_root, d_root = n.even * root, n.slope_even * root
    # The roots of exp(-u^2 / 2) go in before the square: f^2 alone may overflow where f^2 phi is small.
    ee, oo = n.even * n.even * density, n.odd * n.odd * density
    dd, pp = n.slope_even * n.slope_even * density, n.slope_odd * n.slope_odd * density
    parts = (e_root, e_root * u2, e_root * u2 * u2, n.odd * root * u, ee, ee * u2, ee * u2 * u2,
             oo, oo * u2, oo * u2 * u2, d_root, d_root * u2, n.slope_odd * root * u, dd, dd * u2, pp, pp * u2, oo * u)
    return torch.stack([part.sum(-1) for part in parts])


def rounding_error(sizes: Tensor, value: Tensor, slope: Tensor, of_u: float = 0.0) -> Tensor:
    """The rounding of f and f' themselves, 1e-15 of their size, and of u: no halving improves it. (18, 1)."""
    even, odd, slope_even, slope_odd = (sizes[i] ** 0.5 for i in (4, 7, 13, 15))
    f = 1e-15 * (value.abs() + even + odd) + of_u * (even + odd)
    h = 1e-15 * (slope.abs() + slope_even + slope_odd) + of_u * (slope_even + slope_odd)
    ones = torch.ones(4, dtype=sizes.dtype)
    squares = torch.cat([f * sizes[4:10].sqrt(), ones[:3] * h, h * sizes[13:17].sqrt(), f * sizes[17:].sqrt()])
    return torch.cat([f * ones, squares])[:, None].nan_to_num(0.0)


def refine(integrand: Integrand, panels: Panels, diverging: Tensor) -> tuple[Panels, Tensor]:
    """Halve the panels until halving changes no moment; the panels with ascending u, and their moments (18, P).

    diverging: (18,), moments that do not exist and are not waited for.

    ArgumentError where the cost varies faster than so many panels can follow.
    """
    nodes = integrand(panels)
    _check_domain(integrand, nodes)
    whole = panel_moments(nodes)
    sizes = whole.abs().sum(1)
    of_u = 4e-16 * abs(integrand.mu) / integrand.sigma          # mu + sigma u is rounded
    limit = torch.maximum(TOLERANCE * sizes[:, None], rounding_error(sizes, integrand.value, integrand.slope, of_u))
    done, found = [], []
    for _ in range(ROUNDS):
        halves = panels.halves()
        first, second = (measured(integrand, half, panel_moments) for half in halves)
        change = (first + second - whole).abs()
        rounded = _sizes(whole) * panels.rounding(integrand.at, integrand.sigma)
        open_ = (change > limit + rounded)[~diverging].any(0)
        done.append(panels.part(~open_))
        found.append(whole[:, ~open_])
        panels, whole = panels.part(open_), whole[:, open_]
        if not len(panels.left):
            break
        if len(panels.left) > MOST_PANELS:
            raise ArgumentError("the cost varies too fast for exact moments at this sigma: choose a smaller sigma or a "
                                "smoother cost")
        panels = joined(*(half.part(open_) for half in halves))
        whole = torch.cat([first[:, open_], second[:, open_]], 1)
        limit = torch.maximum(limit, TOLERANCE * whole.abs().sum(1, keepdim=True).nan_to_num(0.0, 0.0))
    panels, moments = joined(*done, panels), torch.cat([*found, whole], 1)
    order = ascending(panels)
    return panels.part(order), moments[:, order]


def _sizes(moments: Tensor) -> Tensor:
    """How large the terms of each moment are, (18, P): f at u and -u may cancel in the even or the odd part."""
    size = moments.abs()
    f, slope = size[4:7] + size[7:10], size[13:15] + size[15:17]
    first = torch.cat([f, f[1:2]]).sqrt(), torch.cat([slope, slope[1:2]]).sqrt()
    return torch.cat([first[0], f, f, first[1], slope, slope, f[:1]])


class Exponents(NamedTuple):
    """a of |g|, |g_even|, |g_odd|, |h|, |h_even|, |h_odd| ~ distance^-a at each anchor, (A,)."""

    f: Tensor
    even: Tensor
    odd: Tensor
    slope: Tensor
    slope_even: Tensor
    slope_odd: Tensor

    @property
    def singular(self) -> Tensor:
        """Whether f or f' is infinite at the anchor, (A,)."""
        return (self.f > 0.01) | (self.slope > 0.01)

    def diverging(self, at_mu: Tensor) -> Tensor:
        """Rows of `panel_moments` whose integral does not exist at an anchor, (18, A)."""
        rows = torch.stack([self.f] * 4 + [self.even] * 3 + [self.odd] * 3 + [self.slope] * 3 + [self.slope_even] * 2
                           + [self.slope_odd] * 2 + [self.odd])
        order, power = torch.tensor(ORDER)[:, None], torch.tensor(POWER)[:, None]
        return order * rows >= 1 + power * at_mu - LIMIT_OF_POWERS


def exponents(integrand: Integrand, at: Anchors) -> Exponents:
    """How fast the cost and its slope grow towards each anchor, from both sides, at distances that have digits."""
    found = [_growth(integrand, at, 1)]
    if len(at.u) > 1:
        other = _growth(integrand, at, -1)
        other[:, 0] = found[0][:, 0]
        found.append(other)
    e, o, d, p = torch.stack(found).amax(0)
    return Exponents(torch.maximum(e, o), e, o, torch.maximum(d, p), d, p)


def _growth(integrand: Integrand, at: Anchors, side: int) -> Tensor:
    """The exponents of the even and the odd parts of f and of f', (4, A); inf where they overflow."""
    distance = at.smallest[:, None] * torch.tensor([1e3, 3e4, 1e6])
    offset = side * distance
    ahead, behind = at.ahead[:, None] + integrand.sigma * offset, at.behind[:, None] - integrand.sigma * offset
    near = torch.zeros_like(offset)                  # the Gaussian's weight does not matter here
    n = integrand.nodes(near, ahead, behind, near)
    parts = torch.stack([n.even, n.odd, n.slope_even, n.slope_odd]).abs()
    steps = -parts.log().diff(dim=-1) / distance.log().diff(dim=-1)
    growth = steps.amin(-1).nan_to_num(0.0, torch.inf, 0.0)
    sizes = torch.stack([integrand.value_size] * 2 + [integrand.slope_size] * 2)[:, None]
    growth = torch.where(parts[..., 0] > 1e-9 * sizes, growth, 0.0)          # rounding has no exponent
    return torch.where(parts.isinf().any(-1), torch.inf, growth)


def quadrature(value: Function, slope: Function, mu: Tensor, sigma: Tensor, tilt: float = 0.0,
               features: tuple[float, ...] = (), places: Places | None = None) -> tuple[Table, Pairs]:
    """All moments by adaptive Gauss-Legendre quadrature in u = (x - mu) / sigma.

    mu, sigma: one number each, (); tilt: h(u) + tilt u takes the place of h; features: places x near which f varies on
    a scale below sigma, or is infinite; places: (mu, sigma) -> more of them. Returns fields of shape (); moments that
    do not exist are inf. ArgumentError where the cost has no value, or varies too fast.

    >>> mu, sigma = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    >>> table, pairs = quadrature(torch.square, lambda x: 2 * x, mu, sigma)   # E[u^2] = 1, E[u^4] = 3
    >>> round(float(table.e0), 9), round(float(table.ee0), 9)
    (1.0, 3.0)
    """
    centre, width = float(mu), float(sigma)
    if places is not None:
        features = (*features, *places(centre, width))
    at = anchors(centre, width, tuple(sorted(set(features), key=lambda x: abs(x - centre))))
    integrand = Integrand(value, slope, centre, width, tilt, at)
    growth = exponents(integrand, at)
    diverging = growth.diverging(at.u == 0).any(1)
    at, deep = _kept(at, growth.singular)
    integrand.at = at
    panels, gaps = first_panels(at, deep)
    panels, moments = refine(integrand, panels, diverging)
    rest = _rest_of_series(integrand, at, gaps)
    tail, far = _tail(integrand, moments)
    sums = moments.sum(1) + rest + tail
    diverging |= _unbounded(integrand) & ((moments.abs().sum(1) > 0) | (torch.tensor(ORDER) == 1))     # of an odd part
    sums = torch.where(diverging, torch.inf, sums).nan_to_num(torch.inf, torch.inf)
    table = Table(integrand.value, integrand.slope, *sums[:17])
    return table, Pairs(sums[17], _cross_moment(integrand, joined(panels, far)))


def _kept(at: Anchors, singular: Tensor) -> tuple[Anchors, Tensor]:
    """The anchors inside the Gaussian: mu, those where f is singular, and of the others those next to mu."""
    rank = torch.arange(len(at.u)) + len(at.u) * (~singular).long()
    rank[0] = -1
    kept = (rank.argsort()[:MOST_ANCHORS]).sort().values
    kept = kept[at.u[kept] < EDGES[-1]]
    return Anchors(*(x[kept] for x in at)), singular[kept]


def _check_domain(integrand: Integrand, nodes: Nodes) -> None:
    """ArgumentError where the cost has no value at x that q draws."""
    inside = nodes.undefined & (nodes.u < 9)
    if (nodes.weight * nodes.root**2)[inside].sum() > 1e-13:
        u = nodes.u[inside].min()
        x = integrand.mu + integrand.sigma * torch.stack([u, -u])
        nan = integrand.values[0].f(x).isnan()
        near = float(x[nan][0] if nan.any() else x[0])
        near = 0.0 if abs(near) < ROUNDED * float(integrand.sigma) else near       # the edge of log, not -5e-41
        raise ArgumentError(f"the cost has no value near x = {near:z.4g}: choose mu and sigma inside its domain")


def _rest_of_series(integrand: Integrand, at: Anchors, gaps: Tensor) -> Tensor:
    """What the gaps at singular anchors hold: the rest of the geometric series of the last two panels, (18,)."""
    rest = torch.zeros(18, dtype=torch.float64)
    for i in torch.nonzero(gaps).flatten().tolist():
        near, far = gaps[i], 4 * gaps[i]
        for side in (1, -1) if i or at.u[i] > 0 else (1,):
            ends = torch.stack([near, far, far, 4 * far]).reshape(2, 2)
            left, right = (ends[:, 0], ends[:, 1]) if side > 0 else (-ends[:, 1], -ends[:, 0])
            last, before = panel_moments(integrand(Panels(torch.full((2,), i), left, right))).unbind(1)
            ratio = (last / before).nan_to_num(0.0)
            ratio = torch.where((ratio > 0) & (ratio < 1), ratio, 0.0)
            rest += last * ratio / (1 - ratio)
    return rest


def _tail(integrand: Integrand, moments: Tensor) -> tuple[Tensor, Panels]:
    """The moments (18,) beyond u = 38, inf where they never end, and the panels there.

    Each interval is twice as far as the one before it. A cost that grows slower than exp(u^2 / 4) ends at once.
    """
    last = len(integrand.at.u) - 1
    tail, start = torch.zeros(18, dtype=torch.float64), EDGES[-1]
    far: list[Panels] = []
    sizes, first_order = moments.abs().sum(1), torch.tensor(ORDER)[:, None] == 1
    while True:
        edges = torch.linspace(start, 2 * start, 33, dtype=torch.float64) - integrand.at.u[last]
        panels = Panels(torch.full((32,), last), edges[:-1], edges[1:])
        part = torch.where(first_order, _first_order(integrand(panels, 0.5)), panel_moments(integrand(panels)))
        size = part.abs().sum(1)
        open_ = (size > 1e-17 * (sizes + tail.abs())) & (part[:, -1].abs() > 1e-12 * size) | ~size.isfinite()
        open_ &= size > 1e-250
        tail = torch.where(size.isfinite(), tail + part.sum(1), torch.inf)
        far.append(panels)
        start *= 2
        if not bool((open_ & tail.isfinite()).any()) or start >= FARTHEST:
            return torch.where(open_, torch.inf, tail), joined(*far)


def _unbounded(integrand: Integrand) -> Tensor:
    """Rows of `panel_moments` of a cost that outgrows the Gaussian, (18,); the tail decides where it is close."""
    of_f, of_slope = (max(side.growth for side in sides) for sides in (integrand.values, integrand.slopes))
    growth = torch.tensor([of_f] * 10 + [of_slope] * 7 + [of_f])
    return growth * torch.tensor(ORDER) > 0.5 + 1e-9


def _first_order(n: Nodes) -> Tensor:
    """`panel_moments` of a cost times exp(-u^2 / 2), of which the rows of first order are right."""
    return panel_moments(n._replace(root=torch.ones_like(n.root)))


def _cross_moment(integrand: Integrand, panels: Panels) -> Tensor:
    """E[g(u) g(v)] with u uniform on (0, v): the integral of v phi(v) g(v) G(v), G the integral of g from 0.

    G is kept times exp(-v^2 / 4), so that a cost that overflows meets the density first.
    """
    before = [0.0, 0.0]
    total = torch.zeros((), dtype=torch.float64)
    for i in range(0, len(panels.left), CHUNK):
        n = integrand(panels.part(slice(i, i + CHUNK)))
        outside = (n.u > OUTSIDE).all(1)
        inner, outer = (Nodes(*(x[chosen] for x in n)) for chosen in (~outside, outside))
        for j, g in enumerate((inner.even, inner.odd)):
            running, before[j] = _antiderivative(inner, g, before[j])
            total = total + (inner.weight * inner.u * g * running).sum()
        if (outer.weight * outer.u * (outer.even**2 + outer.odd**2)).sum() > 1e-15 * total.abs():
            total = total + _outer_cross_moment(integrand, outer)
    return total * 2 / math.sqrt(2 * math.pi)


def _antiderivative(n: Nodes, g: Tensor, before: float) -> tuple[Tensor, float]:
    """G exp(-v^2 / 4) at the nodes (P, RULE), and its value after the last panel; before: its value where u begins."""
    half = n.weight.sum(1, keepdim=True) / 2
    middle = (n.u * n.weight).sum(1, keepdim=True) / (2 * half)
    left, right = (middle - half).clamp(min=0), middle + half
    scaled = g * ((n.u**2 - right**2) / 4).exp()                           # g exp(-right^2 / 4)
    inner = half * (scaled @ legendre_antiderivative(RULE).T) * ((right**2 - n.u**2) / 4).exp()
    shares, decays = (scaled * n.weight).sum(1).tolist(), ((left**2 - right**2) / 4).exp().flatten().tolist()
    starts = []
    for share, decay in zip(shares, decays, strict=True):
        starts.append(before)
        before = before * decay + share
    start = torch.tensor(starts, dtype=torch.float64)[:, None]
    return start * ((left**2 - n.u**2) / 4).exp() + inner, before


def _outer_cross_moment(integrand: Integrand, n: Nodes) -> Tensor:
    """The same integral over nodes far from mu, where only a cost that grows as exp(c u^2) has a share.

    There G(v) exp(-v^2 / 4) is the integral of g(u) exp(-u^2 / 4) exp(-s + s^2 / v^2) 2 / v ds, u = v - 2 s / v.
    """
    edges = torch.tensor([0.0, 2.0, 6.0, 14.0, 28.0, 48.0], dtype=torch.float64)
    s, weight = (x.flatten() for x in legendre_panels(edges[:-1], edges[1:], RULE))
    v = n.u.flatten()[:, None]
    u = (v - 2 * s / v).clamp(min=0)
    mu, step = integrand.mu, integrand.sigma * u
    inner = integrand.nodes(u, mu + step, mu - step, weight.expand_as(u))
    factor = (-s + (s / v) ** 2).exp() * 2 / v * weight
    terms = n.even.flatten() * (inner.even * factor).sum(1) + n.odd.flatten() * (inner.odd * factor).sum(1)
    return (n.weight.flatten() * n.u.flatten() * terms).nan_to_num(0.0, torch.inf).sum()

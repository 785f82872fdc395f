"""The Gaussian expectations that every exact variance consists of, and their quadrature.

A cost f is expanded at mu: with u ~ N(0, 1), g(u) = f(mu + sigma u) - f(mu) and h(u) = f'(mu + sigma u) - f'(mu), each
split in its even and its odd part. Increments instead of values preserve the digits when sigma is tiny; even and odd
parts give the moments of antithetic pairs at no further cost.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.quadrature import legendre_antiderivative, legendre_panels

Function = Callable[[Tensor], Tensor]

RULE = 20                                        # Gauss-Legendre nodes of a panel
EDGES = (*(i / 2 for i in range(21)), 12.0, 15.0, 20.0, 27.0, 38.0)   # exp(-38**2 / 2) is the last float64
TOLERANCE = 2e-13
ROUNDS = 44
MOST_PANELS = 4_000


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


class Nodes(NamedTuple):
    """Points u >= 0 on panels, (panels, RULE), and what the cost does at u and -u."""

    u: Tensor
    weight: Tensor    # of the plain integral du
    even: Tensor      # g
    odd: Tensor
    slope_even: Tensor  # h
    slope_odd: Tensor


def evaluate_panels(left: Tensor, right: Tensor, value: Function, slope: Function, mu: Tensor, sigma: Tensor,
                    tilt: float) -> Nodes:
    """The cost and its slope (plus tilt * u) at the nodes of the panels [left, right], each (panels,)."""
    u, weight = legendre_panels(left, right, RULE)
    ahead, behind = value(mu + sigma * u), value(mu - sigma * u)
    rise, fall = slope(mu + sigma * u), slope(mu - sigma * u)
    return Nodes(u, weight, (ahead + behind) / 2 - value(mu), (ahead - behind) / 2,
                 (rise + fall) / 2 - slope(mu), (rise - fall) / 2 + tilt * u)


def panel_moments(n: Nodes) -> Tensor:
    """Every moment of `Table` after value and slope, and E[g_odd^2 |u|], panel by panel: (18, panels)."""
    root = (n.weight * 2 / (2 * torch.pi) ** 0.5).sqrt() * (-n.u**2 / 4).exp()   # two halves: root^2 = 2 phi(u) du
    u, u2 = n.u, n.u**2
    # The root goes in before the square: f^2 alone may overflow where f^2 phi is small.
    e, o, d, p = (part * root for part in (n.even, n.odd, n.slope_even, n.slope_odd))
    ee, oo, dd, pp = e * e, o * o, d * d, p * p
    e_root, d_root = e * root, d * root
    parts = (e_root, e_root * u2, e_root * u2 * u2, o * root * u, ee, ee * u2, ee * u2 * u2, oo, oo * u2, oo * u2 * u2,
             d_root, d_root * u2, p * root * u, dd, dd * u2, pp, pp * u2, oo * u)
    return torch.stack([part.sum(-1) for part in parts])


def rounding_error(sizes: Tensor, value: Tensor, slope: Tensor) -> Tensor:
    """The rounding of f and f' themselves, 1e-15 of their size: no halving improves it. (18, 1)."""
    f = 1e-15 * (value.abs() + sizes[4] ** 0.5 + sizes[7] ** 0.5)
    h = 1e-15 * (slope.abs() + sizes[13] ** 0.5 + sizes[15] ** 0.5)
    ones = torch.ones(4, dtype=sizes.dtype)
    squares = torch.cat([f * sizes[4:10].sqrt(), ones[:3] * h, h * sizes[13:17].sqrt(), f * sizes[17:].sqrt()])
    return torch.cat([f * ones, squares])[:, None].nan_to_num(0.0)


def refine(evaluate: Callable[[Tensor, Tensor], Nodes], edges: Tensor, value: Tensor, slope: Tensor) -> Tensor:
    """Halve the panels between `edges` until halving changes no moment; the sorted (left, right), (2, panels)."""
    left, right = edges[:-1], edges[1:]
    whole = panel_moments(evaluate(left, right))
    sizes = whole.abs().sum(1)
    limit = torch.maximum(TOLERANCE * sizes[:, None], rounding_error(sizes, value, slope))
    done: list[Tensor] = []
    for _ in range(ROUNDS):
        middle = (left + right) / 2
        first, second = panel_moments(evaluate(left, middle)), panel_moments(evaluate(middle, right))
        open_ = ((first + second - whole).abs() > limit).any(0)
        done.append(torch.stack([left[~open_], right[~open_]]))
        left, middle, right = left[open_], middle[open_], right[open_]
        if not 0 < len(left) < MOST_PANELS:
            break
        left, right = torch.cat([left, middle]), torch.cat([middle, right])
        whole = torch.cat([first[:, open_], second[:, open_]], 1)
        limit = torch.maximum(limit, TOLERANCE * whole.abs().sum(1, keepdim=True).nan_to_num(0.0, 0.0))
    panels = torch.cat([*done, torch.stack([left, right])], 1)
    return panels[:, panels[0].argsort()]


def panel_edges(mu: Tensor, sigma: Tensor, features: tuple[float, ...]) -> Tensor:
    """Panel edges in u >= 0, sorted, with a geometric series of edges towards each place x in `features`.

    >>> edges = panel_edges(torch.tensor(0.0), torch.tensor(1.0), ())
    >>> edges[:3].tolist(), edges[-1].item()
    ([0.0, 0.5, 1.0], 38.0)
    """
    edges = torch.tensor(EDGES, dtype=torch.float64)
    for x in features:
        at = ((x - mu) / sigma).abs()
        towards = at * (1 + torch.tensor([-1, 1])[:, None] * 2.0 ** torch.arange(-40, 0, 2)).flatten()
        edges = torch.cat([edges, at.reshape(1), towards])
    inside = edges[(edges >= 0) & (edges <= EDGES[-1])]
    return torch.unique_consecutive(inside.sort().values)


def quadrature(value: Function, slope: Function, mu: Tensor, sigma: Tensor, tilt: float = 0.0,
               features: tuple[float, ...] = ()) -> tuple[Table, Pairs]:
    """All moments by adaptive Gauss-Legendre quadrature in u = (x - mu) / sigma.

    mu, sigma: one number each, (); tilt: h(u) + tilt u takes the place of h; features: places x near which f varies on
    a scale below sigma. Returns fields of shape (); infinite moments are inf. ValueError where the cost has no value.

    >>> mu, sigma = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    >>> table, pairs = quadrature(torch.square, lambda x: 2 * x, mu, sigma)   # E[u^2] = 1, E[u^4] = 3
    >>> round(float(table.e0), 9), round(float(table.ee0), 9)
    (1.0, 3.0)
    """
    def evaluate(left: Tensor, right: Tensor) -> Nodes:
        return evaluate_panels(left, right, value, slope, mu, sigma, tilt)

    edges = panel_edges(mu, sigma, features)
    first = evaluate(edges[:-1], edges[1:])
    if first.even[first.u < 9].isnan().any():
        at = mu - sigma * first.u[first.even.isnan()].min()
        raise ValueError(f"the cost has no value near x = {float(at):.4g}: choose mu and sigma inside its domain")
    left, right = refine(evaluate, edges, value(mu), slope(mu))
    nodes = evaluate(left, right)
    moments = panel_moments(nodes)
    last = moments[:, left >= 27].abs().sum(1)
    sums = moments.sum(1)
    sums = torch.where((last > 1e-9 * sums.abs()) & (last > 1e-200), torch.inf, sums.nan_to_num(torch.inf))
    table = Table(value(mu), slope(mu), *sums[:17])
    return table, Pairs(sums[17], _cross_moment(nodes))


def _cross_moment(n: Nodes) -> Tensor:
    """E[g(u) g(v)] with u uniform on (0, v): the integral of v phi(v) g(v) G(v), G the integral of g from 0."""
    running = legendre_antiderivative(RULE)
    half = n.weight.sum(1, keepdim=True) / 2

    def antiderivative(g: Tensor) -> Tensor:
        before = torch.cumsum((g * n.weight).sum(1), 0) - (g * n.weight).sum(1)
        return before[:, None] + half * (g @ running.T)

    density = n.weight * 2 * (-n.u**2 / 2).exp() / (2 * torch.pi) ** 0.5 * n.u
    near = n.u < 37   # beyond, a cost that overflows meets a density of zero
    terms = density * (n.even * antiderivative(n.even) + n.odd * antiderivative(n.odd))
    return terms[near].sum()

"""Panels of an adaptive Gauss-Legendre rule in u = |x - mu| / sigma, each measured from an anchor near it.

x near a feature of the cost is computed from the feature, not from mu: a distance of 1e-30 to a pole at x = 0 keeps
its digits. f(mu + sigma u) is multiplied by exp(-u^2 / 4) at once, and where it overflows it is continued by
log |f| = a u^2 + b u + c + d log |x|, so that E exp(c x^2) is exact up to the sigma where it ceases to exist.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm.gradients.features import Function
from dgm.quadrature import legendre_panels

RULE = 20                                        # Gauss-Legendre nodes of a panel
EDGES = (*(i / 2 for i in range(21)), 12.0, 15.0, 20.0, 27.0, 38.0)   # exp(-38**2 / 2) is the last float64
FARTHEST = 38.0 * 2**9                           # a moment that still grows there does not exist
MERGED = 1e-9                                    # distance in u below which two anchors are one
LARGEST = 1e300
CHUNK = 8_192                                    # panels evaluated at a time


class Anchors(NamedTuple):
    """Places u >= 0, ascending, and the x that lies there on either side of mu: a feature exactly, or mu +- sigma u."""

    u: Tensor          # (A,)
    ahead: Tensor      # (A,)  mu + sigma u
    behind: Tensor     # (A,)  mu - sigma u
    smallest: Tensor   # (A,)  distance in u that still has digits


class Panels(NamedTuple):
    """Intervals [left, right] in u - anchor, (P,)."""

    anchor: Tensor     # (P,)  rows of `Anchors`
    left: Tensor
    right: Tensor

    def part(self, chosen: Tensor | slice) -> "Panels":
        return Panels(*(x[chosen] for x in self))

    def rounding(self, at: Anchors, sigma: float) -> Tensor:
        """How far x is rounded, as a share of its distance from the anchor, (P,)."""
        ends = torch.stack([self.left.abs(), self.right.abs()])
        distance = torch.where(ends.amin(0) > 0, ends.amin(0), ends.amax(0))
        grain = 4e-16 / sigma * torch.maximum(at.ahead.abs(), at.behind.abs())
        return grain[self.anchor] / distance

    def halves(self) -> tuple["Panels", "Panels"]:
        middle = (self.left + self.right) / 2
        return Panels(self.anchor, self.left, middle), Panels(self.anchor, middle, self.right)


def joined(*parts: Panels) -> Panels:
    """The panels of all parts, one after the other."""
    return Panels(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


def ascending(panels: Panels) -> Tensor:
    """The order in which u ascends, (P,)."""
    return torch.from_numpy(np.lexsort((panels.left.numpy(), panels.anchor.numpy())))


class Nodes(NamedTuple):
    """Points u >= 0, (P, RULE), and what the cost does at u and -u, times exp(-u^2 / 4)."""

    u: Tensor
    weight: Tensor      # of the plain integral du
    root: Tensor        # exp(-u^2 / 4)
    even: Tensor        # g
    odd: Tensor
    slope_even: Tensor  # h
    slope_odd: Tensor
    undefined: Tensor   # whether f has no value at u or at -u


def anchors(mu: float, sigma: float, features: tuple[float, ...]) -> Anchors:
    """One anchor at mu and one at each feature; a feature at mu takes its place, mirrored features share one.

    >>> found = anchors(1.0, 0.5, (0.0, 2.0, 4.0))
    >>> found.u.tolist(), found.ahead.tolist(), found.behind.tolist()
    ([0.0, 2.0, 6.0], [1.0, 2.0, 4.0], [1.0, 0.0, -2.0])
    """
    rows: list[list[float | None]] = [[0.0, None, None]]
    for place, x in sorted((abs(x - mu) / sigma, x) for x in features):
        last, side = rows[-1], 1 if x > mu else 2
        if place < MERGED:
            rows[0] = rows[0] if rows[0][1] is not None else [0.0, x, x]
        elif place - float(last[0] or 0.0) > MERGED * (1 + place):
            rows.append([place, None, None])
            rows[-1][side] = x
        elif last[side] is None and len(rows) > 1:
            last[side] = x
    given = torch.tensor([[torch.nan if x is None else x for x in row] for row in rows], dtype=torch.float64)
    u, ahead, behind = given.unbind(1)
    exact = given[:, 1:].nan_to_num(0.0).abs().amax(1)
    exact[0] = abs(mu) if rows[0][1] is None else exact[0]
    smallest = torch.where(exact == 0, 1e-40, 1e-13 * exact / sigma)
    return Anchors(u, torch.where(ahead.isnan(), mu + sigma * u, ahead),
                   torch.where(behind.isnan(), mu - sigma * u, behind), smallest)


def first_panels(at: Anchors, deep: Tensor) -> tuple[Panels, Tensor]:
    """Panels up to u = 38 with a geometric series of edges towards each anchor, and the gap left at each anchor.

    deep: (A,) whether the cost is singular there: the series then goes to the last distance that has digits, and the
    gap [0, gap] stays open; elsewhere it is a panel.
    """
    inside = at.u < EDGES[-1]
    middle = torch.cat([torch.zeros(1), (at.u[1:] + at.u[:-1]) / 2, torch.full((1,), torch.inf)]).clamp(max=EDGES[-1])
    standard = torch.tensor(EDGES, dtype=torch.float64)
    found: list[Panels] = []
    gaps = torch.zeros_like(at.u)
    for i in torch.nonzero(inside).flatten().tolist():
        u, low, high = at.u[i], middle[i] - at.u[i], middle[i + 1] - at.u[i]
        plain = standard[(standard > middle[i]) & (standard < middle[i + 1])] - u
        smallest = float(at.smallest[i]) if deep[i] else 2.0**-40
        series = [0.0] if i == 0 and not deep[i] else _series(smallest, float(min(high, -low if i else high)))
        gaps[i] = series[0] if deep[i] and len(series) > 1 else 0.0
        towards = torch.tensor(series, dtype=torch.float64)
        edges = torch.cat([plain, towards, -towards if i else towards, low[None], high[None]])
        if not deep[i]:
            edges = torch.cat([edges, torch.zeros(1, dtype=torch.float64)])
        edges = torch.unique_consecutive(edges[(edges >= low) & (edges <= high)].sort().values)
        panels = Panels(torch.full_like(edges[1:], i, dtype=torch.long), edges[:-1], edges[1:])
        found.append(panels.part((panels.left >= gaps[i]) | (panels.right <= -gaps[i])))
    return joined(*found), gaps


def _series(smallest: float, largest: float) -> list[float]:
    """smallest, 4 smallest, .. below min(largest, 1) / 4."""
    series, at = [], smallest
    while at <= min(largest, 1.0):
        series.append(at)
        at *= 4
    return series or [0.0]


class Integrand:
    """A cost and its slope, plus tilt u, around mu, at panels measured from anchors."""

    def __init__(self, value: Function, slope: Function, mu: float, sigma: float, tilt: float, at: Anchors) -> None:
        self.mu, self.sigma, self.tilt, self.at = mu, sigma, tilt, at
        self.values = [Weighted(value, mu, side * sigma) for side in (1, -1)]
        self.slopes = [Weighted(slope, mu, side * sigma) for side in (1, -1)]
        centre = torch.tensor([mu], dtype=torch.float64)
        self.value, self.value_size = _reference(value, centre, sigma)
        self.slope, self.slope_size = _reference(slope, centre, sigma)

    def __call__(self, panels: Panels, power: float = 0.25) -> Nodes:
        offset, weight = legendre_panels(panels.left, panels.right, RULE)
        u, ahead, behind = (x[panels.anchor][:, None] for x in self.at[:3])
        return self.nodes(u + offset, ahead + self.sigma * offset, behind - self.sigma * offset, weight, power)

    def nodes(self, u: Tensor, ahead: Tensor, behind: Tensor, weight: Tensor, power: float = 0.25) -> Nodes:
        """The cost at x = `ahead` and x = `behind`, which lie u from mu, times exp(-power u^2)."""
        root = (-power * u * u).exp()
        up, down = (f(x, u, power) for f, x in zip(self.values, (ahead, behind), strict=True))
        rise, fall = (f(x, u, power) for f, x in zip(self.slopes, (ahead, behind), strict=True))
        value, slope = (_faded(x, u, power) for x in (self.value, self.slope))
        undefined = up.isnan() | down.isnan()
        up, down = (torch.where(x.isnan(), value, x) for x in (up, down))
        rise, fall = (torch.where(x.isnan(), slope, x) for x in (rise, fall))
        return Nodes(u, weight, root, _half_sum(up, down) - value, _half_sum(up, -down), _half_sum(rise, fall) - slope,
                     _half_sum(rise, -fall) + self.tilt * u * root, undefined)


def _faded(y: Tensor, u: Tensor, power: float) -> Tensor:
    """y exp(-power u^2), rounded alike everywhere: what is constant has increments of exactly 0."""
    factor = (-u * u * (power / 2)).exp()
    return y * factor * factor


def _half_sum(one: Tensor, other: Tensor) -> Tensor:
    """(one + other) / 2, and 0 for opposite infinities: an even cost has no odd part."""
    return torch.where(one == -other, 0.0, (one + other) / 2)


def _reference(f: Function, mu: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """f(mu), or 0 where f has no value there or a far larger one than around it; and the size of f around mu."""
    near = f(mu + sigma * torch.linspace(-2, 2, 16, dtype=torch.float64)).abs().nan_to_num(torch.inf)
    around = mu.new_tensor(sorted(near.tolist())[len(near) // 2])
    at = f(mu)[0]
    usable = bool(at.isfinite()) and bool(at.abs() <= 100 * around)     # else subtracting it would only lose digits
    return at if usable else torch.zeros_like(at), around


class Weighted:
    """f(x) exp(-power u^2) on one side of mu, x = mu + step u, continued where f overflows.

    growth: a of log |f| ~ a u^2 there, inf for a cost that grows faster, 0 for one that does not overflow.
    """

    def __init__(self, f: Function, mu: float, step: float) -> None:
        self.f, self.limit, self.growth = f, torch.inf, 0.0
        u = torch.cat([torch.arange(0, 39, dtype=torch.float64), 38 * 2.0 ** torch.arange(0.25, 9.25, 0.25)])
        over = torch.nonzero(f(mu + step * u).abs() > LARGEST).flatten()
        over = over[over > 0]
        if len(over) and over[-1] == len(u) - 1:
            self._continue(mu, step, float(u[_first_of_run(over) - 1]), float(u[_first_of_run(over)]))

    def _continue(self, mu: float, step: float, low: float, high: float) -> None:
        for _ in range(60):
            middle = torch.tensor([(low + high) / 2], dtype=torch.float64)
            is_over = bool(self.f(mu + step * middle).abs() > LARGEST)
            low, high = (low, float(middle)) if is_over else (float(middle), high)
        shares = torch.linspace(0.35, 1 - 1e-12, 401, dtype=torch.float64)
        u, x = low * shares, mu + step * low * shares
        f = self.f(x)
        size, distance = f.abs().log(), x.abs().log()
        usable = size.isfinite() & distance.isfinite()
        if int(usable.sum()) < 300:
            return
        self.limit, self.sign = low, float(f[-1].sign())
        powers = torch.stack([u * u, u, torch.ones_like(u), distance], -1)
        four = torch.tensor([200, 270, 340, 400])
        exact = torch.linalg.solve(powers[four], size[four]) if bool(usable[four].all()) else torch.zeros(4)
        self.law, self.growth = exact, float(exact[0])
        if not bool((powers[200:] @ exact - size[200:]).abs().amax() < 1e-6):     # another law, or a factor that waves
            early, late = (_fitted(part[usable[part]], powers, size) for part in torch.arange(401).tensor_split(2))
            self.law = late
            faster = late[0] > 1.15 * early[0].abs() and late[0] * low**2 > 50
            self.growth = torch.inf if faster else 0.98 * float(late[0])

    def __call__(self, x: Tensor, u: Tensor, power: float) -> Tensor:
        y = _faded(self.f(x), u, power)
        if self.limit < torch.inf and bool((u > self.limit).any()):
            a, b, c, d = self.law
            far = ((a - power) * u * u + b * u + c + d * x.abs().log()).exp()
            y = torch.where(u > self.limit, self.sign * far, y)
        return y


def _fitted(rows: Tensor, powers: Tensor, size: Tensor) -> Tensor:
    """a, b, c of log |f| ~ a u^2 + b u + c by least squares, and no logarithm, (4,)."""
    law = torch.linalg.lstsq(powers[rows, :3], size[rows, None], driver="gelsd").solution[:, 0]
    return torch.cat([law, torch.zeros(1, dtype=torch.float64)])


def _first_of_run(over: Tensor) -> int:
    """The first index of the last run of consecutive indices."""
    breaks = torch.nonzero(over.diff() > 1).flatten()
    return int(over[breaks[-1] + 1] if len(breaks) else over[0])


Measure = Callable[[Nodes], Tensor]     # (rows, P)


def measured(integrand: Integrand, panels: Panels, measure: Measure) -> Tensor:
    """`measure` of all panels, a chunk at a time."""
    parts = [measure(integrand(panels.part(slice(i, i + CHUNK)))) for i in range(0, len(panels.left), CHUNK)]
    return torch.cat(parts, 1)

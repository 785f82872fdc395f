"""Small clouds with a known truth: a line, a plane, and the shapes that a linear model cannot follow."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dgm import datasets, runtime
from dgm.datasets import synthetic
from dgm.ppca.covariance_spectrum import as_data
from dgm.ppca.model import Params, params, sample


def line_truth(noise: float = 0.4) -> Params:
    """A line in the plane, 30 degrees up, standard deviation 1.5 along it and `noise` around it."""
    return params([0.5, -0.2], [[1.5 * math.cos(math.pi / 6)], [1.5 * math.sin(math.pi / 6)]], noise**2)


def plane_truth(noise: float = 0.3) -> Params:
    """A tilted plane in space, standard deviations 1.6 and 0.9 within it and `noise` around it."""
    return params([0.0, 0.0, 0.0], [[1.4, -0.3], [0.6, 0.8], [0.5, 0.3]], noise**2)


def line(n: int = 200, seed: int = 0) -> Tensor:
    """Points around a line in the plane, (n, 2)."""
    return sample(line_truth(), n, seed).x


def plane(n: int = 300, seed: int = 0) -> Tensor:
    """Points around a plane in space, (n, 3)."""
    return sample(plane_truth(), n, seed).x


def clusters(n: int = 200, seed: int = 0) -> Tensor:
    """Two round clusters, (n, 2): the line through both passes where no data are."""
    return synthetic.two_clusters(runtime.generator(seed))[0][:n]


def curve(n: int = 200, seed: int = 0) -> Tensor:
    """Points along a bend, (n, 2): one coordinate along it would do, no straight line does."""
    return synthetic.curve(runtime.generator(seed), n)[0]


def thin(n: int = 200, seed: int = 0) -> Tensor:
    """A line with hardly any noise, (n, 2): plain EM crawls."""
    return sample(line_truth(0.03), n, seed).x


def ball(n: int = 200, seed: int = 0) -> Tensor:
    """A round cloud, (n, 2): no direction is better than another."""
    return torch.randn(n, 2, generator=runtime.generator(seed), dtype=torch.float64)


def outlier(n: int = 200, seed: int = 0) -> Tensor:
    """The line with one point far off it, (n, 2): squared errors let one point turn the axis."""
    x = line(n, seed)
    x[-1] = torch.tensor([-9.0, 16.0], dtype=torch.float64)
    return x


TOYS: dict[str, Callable[[int, int], Tensor]] = {
    "a line": line, "a plane in space": plane, "hardly any noise": thin, "two clusters": clusters, "a curve": curve,
    "a round cloud": ball, "one outlier": outlier,
}


HANDLES = 12
OWN, GEYSER = "my own points", "Old Faithful"
NAMES = (*TOYS, GEYSER)


def stray(x: Tensor, drawn: Tensor) -> float:
    """The share of `drawn` points that fall where there are no data: further from their nearest data point than 99%
    of the data are from theirs."""
    data, draws = as_data(x), as_data(drawn)
    own = torch.cdist(data, data).fill_diagonal_(math.inf).amin(1)
    return float((torch.cdist(draws, data).amin(1) > own.quantile(0.99)).double().mean())


@dataclass(frozen=True)
class Cloud:
    """Points by name and seed, with what a hand did to them; equal clouds have equal points."""

    name: str
    seed: int = 0
    moved: tuple[tuple[int, float, float], ...] = ()   # point, x, y
    own: tuple[tuple[float, ...], ...] = ()            # the points themselves where the name is OWN

    @property
    def untouched(self) -> Tensor:
        """The points before any was moved, (N, 2) or (N, 3)."""
        if self.name == OWN:
            return torch.tensor(self.own, dtype=torch.float64)
        if self.name == GEYSER:
            x = datasets.load("faithful").x
            return (x - x.mean(0)) / x.std(0)
        return TOYS[self.name](200, self.seed)

    @property
    def x(self) -> Tensor:
        """The points as they are now."""
        points = self.untouched.clone()
        for index, across, up in self.moved:
            if index < len(points):
                points[index] = torch.tensor([across, up], dtype=points.dtype)
        return points

    @property
    def handles(self) -> tuple[int, ...]:
        """The points that a hand can take: a dozen, the last one (which may be an outlier) among them."""
        last = len(self.untouched) - 1
        return tuple(sorted({round(last * share / (HANDLES - 1)) for share in range(HANDLES)}))

    @property
    def key(self) -> str:
        """Another cloud is another figure: what the hand did belongs to it."""
        return f"cloud {self.name} {self.seed} {hash(self.own) % 10**6}"

    @property
    def script(self) -> str:
        """One line of code that makes the same points."""
        edits = (f", moved={self.moved!r}" if self.moved else "") + (f", own={self.own!r}" if self.own else "")
        return f"x = toy_data.Cloud({self.name!r}, {self.seed}{edits}).x"

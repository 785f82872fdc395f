"""Small clouds with a known truth: a line, a plane, and the shapes that a linear model cannot follow."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dgm import runtime
from dgm.ppca_model import Params, params, sample
from dgm.ppca_spectrum import as_data


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
    rng = runtime.generator(seed)
    side = torch.sign(torch.rand(n, generator=rng, dtype=torch.float64) - 0.5)
    return 0.35 * torch.randn(n, 2, generator=rng, dtype=torch.float64) + side[:, None] * torch.tensor([1.6, 0.8])


def curve(n: int = 200, seed: int = 0) -> Tensor:
    """Points along an arc, (n, 2): one coordinate along the bend would do, no straight line does."""
    rng = runtime.generator(seed)
    angle = math.pi * (0.1 + 0.8 * torch.rand(n, generator=rng, dtype=torch.float64))
    arc = 2 * torch.stack([angle.cos(), angle.sin() - 0.6], dim=1)
    return arc + 0.1 * torch.randn(n, 2, generator=rng, dtype=torch.float64)


def ball(n: int = 200, seed: int = 0) -> Tensor:
    """A round cloud, (n, 2): no direction is better than another."""
    return torch.randn(n, 2, generator=runtime.generator(seed), dtype=torch.float64)


def outlier(n: int = 200, seed: int = 0) -> Tensor:
    """The line with one point far off it, (n, 2): squared errors let one point turn the axis."""
    x = line(n, seed)
    x[-1] = torch.tensor([-9.0, 16.0], dtype=torch.float64)
    return x


TOYS: dict[str, Callable[[int, int], Tensor]] = {
    "line": line, "plane in space": plane, "two clusters": clusters, "curve": curve, "round cloud": ball,
    "one outlier": outlier,
}


def stray(x: Tensor, drawn: Tensor) -> float:
    """The share of `drawn` points that fall where there are no data: further from their nearest data point than 99%
    of the data are from theirs."""
    data, draws = as_data(x), as_data(drawn)
    own = torch.cdist(data, data).fill_diagonal_(math.inf).amin(1)
    return float((torch.cdist(draws, data).amin(1) > own.quantile(0.99)).double().mean())

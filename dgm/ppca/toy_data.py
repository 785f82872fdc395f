"""Small data sets with a known truth: a line, a plane, and shapes that a linear model cannot represent."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgm import datasets, runtime
from dgm.arguments import as_integer, as_number, as_seed
from dgm.datasets import synthetic
from dgm.errors import DataError
from dgm.ppca.covariance_spectrum import as_data
from dgm.ppca.model import Params, params, sample
from dgm.ppca.preprocessing import standardise

MOST_POINTS = 10**7
LARGEST_NOISE = 1e100


def _count(n: Any) -> int:
    return as_integer(n, "n", 1, MOST_POINTS)


def line_truth(noise: float = 0.4) -> Params:
    """The model of `line`: 30 degrees up, standard deviation 1.5 along the line and `noise` around it.

    >>> from dgm.ppca import toy_data
    >>> round(float(toy_data.line_truth().W.norm()), 6)
    1.5
    """
    noise = as_number(noise, "noise", 0, LARGEST_NOISE)
    return params([0.5, -0.2], [[1.5 * math.cos(math.pi / 6)], [1.5 * math.sin(math.pi / 6)]], noise**2)


def plane_truth(noise: float = 0.3) -> Params:
    """The model of `plane`: standard deviations 1.6 and 0.9 within the tilted plane and `noise` around it.

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.plane_truth().W.shape)
    (3, 2)
    """
    noise = as_number(noise, "noise", 0, LARGEST_NOISE)
    return params([0.0, 0.0, 0.0], [[1.4, -0.3], [0.6, 0.8], [0.5, 0.3]], noise**2)


def line(n: int = 200, seed: int = 0) -> Tensor:
    """Points around a line in the plane, (n, 2).

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.line(50).shape)
    (50, 2)
    """
    return sample(line_truth(), _count(n), seed).x


def plane(n: int = 300, seed: int = 0) -> Tensor:
    """Points around a plane in space, (n, 3).

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.plane(50).shape)
    (50, 3)
    """
    return sample(plane_truth(), _count(n), seed).x


def clusters(n: int = 200, seed: int = 0) -> Tensor:
    """Two round clusters, (n, 2): the line through both passes where there are no data.

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.clusters(50).shape)
    (50, 2)
    """
    n, seed = _count(n), as_seed(seed)
    parts = [synthetic.two_clusters(runtime.generator(seed))[0]]
    while sum(map(len, parts)) < n:      # each call makes 300 points
        parts.append(synthetic.two_clusters(runtime.generator(seed, len(parts)))[0])
    return torch.cat(parts)[:n]


def curve(n: int = 200, seed: int = 0) -> Tensor:
    """Points along a bend, (n, 2): one coordinate along it would do, no straight line does.

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.curve(50).shape)
    (50, 2)
    """
    return synthetic.curve(runtime.generator(as_seed(seed)), _count(n))[0]


def thin(n: int = 200, seed: int = 0) -> Tensor:
    """A line with hardly any noise, (n, 2): plain EM needs thousands of steps.

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.thin(50).shape)
    (50, 2)
    """
    return sample(line_truth(0.03), _count(n), seed).x


def ball(n: int = 200, seed: int = 0) -> Tensor:
    """Samples of N(0, I), (n, 2): no direction is better than another.

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.ball(50).shape)
    (50, 2)
    """
    return torch.randn(_count(n), 2, generator=runtime.generator(as_seed(seed)), dtype=torch.float64)


def outlier(n: int = 200, seed: int = 0) -> Tensor:
    """The line with one point far off it, (n, 2): with squared errors one point rotates the axis.

    >>> from dgm.ppca import toy_data
    >>> toy_data.outlier(50)[-1].tolist()
    [-9.0, 16.0]
    """
    x = line(n, seed)
    x[-1] = torch.tensor([-9.0, 16.0], dtype=torch.float64)
    return x


def old_faithful() -> Tensor:
    """Old Faithful's eruptions, columns of mean 0 and variance 1 (with 1/N), (272, 2).

    >>> from dgm.ppca import toy_data
    >>> tuple(toy_data.old_faithful().shape)
    (272, 2)
    """
    return standardise(datasets.load("faithful").x)


TOYS: dict[str, Callable[[int, int], Tensor]] = {
    "a line": line, "a plane in space": plane, "hardly any noise": thin, "two clusters": clusters, "a curve": curve,
    "a round cloud": ball, "one outlier": outlier,
}


def share_off_data(x: Any, drawn: Any) -> float:
    """The share of `drawn` points that lie where there are no data, 0..1.

    A point lies there if it is further from its nearest data point than 99% of the data are from theirs.
    x: (N, D), N of at least 2. drawn: (M, D). DataError when one of them is no such table.

    >>> from dgm.ppca import toy_data
    >>> x = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]
    >>> toy_data.share_off_data(x, [[0.5, 0.0], [9.0, 9.0]])
    0.5
    """
    data = as_data(x)
    draws = as_data(drawn, "drawn", columns=data.shape[1])
    if len(data) < 2:
        raise DataError("one point has no neighbour: give at least 2 rows of x")
    size = max(float((data - data[0]).abs().max()), float((draws - data[0]).abs().max())) or 1.0
    data, draws = (data - data[0]) / size, (draws - data[0]) / size      # squares can leave float64
    own = _distances(data, data).fill_diagonal_(math.inf).amin(1)
    return float((_distances(draws, data).amin(1) > _quantile(own, 0.99)).double().mean())


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Without the matrix product, whose differences of squares lose the digits of small distances."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _quantile(values: Tensor, share: float) -> float:
    """As `torch.quantile`, which takes no more than 16 million values."""
    return float(np.quantile(values.numpy(), share))

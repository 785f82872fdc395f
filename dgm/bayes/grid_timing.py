"""What a grid costs as the number of weights grows: measured, dimension after dimension, up to a time budget.

A grid of `size` points per axis has size^D points in D dimensions, and each needs the likelihood of all the data.
Slide "Maximum a posteriori": "intractable evidence (due to multidimensional integral)".
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import torch

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed
from dgm.bayes.logistic import Laplace, LogisticRegression
from dgm.bayes.regression import Pairs

BLOCK = 200_000       # grid points evaluated at once, so that memory does not grow with the grid
ALWAYS_TIMED = 5_000  # points; in smaller grids the call itself takes most of the time
MOST_DIMENSIONS = 100
MOST_PER_AXIS = 5_000
SPREADS = 6.0         # Laplace deviations from the mode to each end of the grid

Result = TypeVar("Result")


class GridCost(NamedTuple):
    """The evidence of a logistic regression with `dimension` weights by a grid and by Laplace, and their seconds."""

    dimension: int
    points: int            # size^D
    seconds: float         # of the grid: measured, or points x the seconds per point measured before
    measured: bool
    log_evidence: float | None   # of the grid, nats; None when it was not run
    newton_seconds: float  # of the MAP and Laplace's Gaussian in the same dimension: always measured
    laplace: float         # Laplace's log evidence, nats


def synthetic_pairs(dimension: int, observations: int = 40, seed: int = 0) -> Pairs:
    """Normal features (observations, D) and labels of a logistic model whose weights are all 2/sqrt(D).

    >>> tuple(synthetic_pairs(3).x.shape)
    (40, 3)
    """
    dimension, observations = as_integer(dimension, "dimension", 1), as_integer(observations, "observations", 0)
    rng = runtime.generator(as_seed(seed), dimension)
    x = torch.randn(observations, dimension, generator=rng, dtype=torch.float64)
    p = torch.sigmoid(2 * x.sum(1) / math.sqrt(dimension))
    return Pairs(x, (torch.rand(observations, generator=rng, dtype=torch.float64) < p).to(torch.float64))


def grid_evidence(model: LogisticRegression, data: Pairs, laplace: Laplace, size: int) -> float:
    """log p(y) by the midpoint rule on size^D points, SPREADS Laplace deviations around the MAP, block by block; nats.

    data: (x (N, D), y (N,)); laplace: of the same model and data.

    >>> model, data = LogisticRegression(1.0), synthetic_pairs(1)
    >>> laplace = model.laplace(data)
    >>> abs(grid_evidence(model, data, laplace, 50) - laplace.log_evidence) < 0.1
    True
    """
    spread = laplace.covariance.diagonal().sqrt()
    steps = ((torch.arange(size, dtype=torch.float64) + 0.5) / size * 2 - 1) * SPREADS
    dimension, total = len(spread), torch.tensor(-math.inf, dtype=torch.float64)
    for start in range(0, size**dimension, BLOCK):
        index = torch.arange(start, min(start + BLOCK, size**dimension))
        w = torch.stack([laplace.mean[d] + spread[d] * steps[(index // size**d) % size] for d in range(dimension)], 1)
        total = torch.logaddexp(total, model.log_joint(w, data).logsumexp(0))
    return float(total) + float((spread * 2 * SPREADS / size).log().sum())


def grid_cost(highest: int = 10, size: int = 12, budget: float = 0.5, alpha: float = 1.0) -> Iterator[GridCost]:
    """One GridCost per dimension 1 .. highest; a grid that would take longer than `budget` is projected, not run.

    highest: up to 100; size: points per axis, 2 to 5000; budget: seconds for one grid; alpha: prior precision.
    ArgumentError for others.

    >>> from dgm import bayes
    >>> [cost.points for cost in bayes.grid_cost(highest=3, size=4)]
    [4, 16, 64]
    """
    highest, size = as_integer(highest, "highest", 1, MOST_DIMENSIONS), as_integer(size, "size", 2, MOST_PER_AXIS)
    return _costs(LogisticRegression(alpha), highest, size, as_number(budget, "budget", 0))


def _costs(model: LogisticRegression, highest: int, size: int, budget: float) -> Iterator[GridCost]:
    per_point = 0.0
    grid_evidence(model, synthetic_pairs(1), model.laplace(synthetic_pairs(1)), size)  # the first call of all is slow
    for dimension in range(1, highest + 1):
        data, points = synthetic_pairs(dimension), size**dimension
        laplace, newton_seconds = _timed(model.laplace, data)
        if points > ALWAYS_TIMED and points * per_point > budget:
            yield GridCost(dimension, points, points * per_point, False, None, newton_seconds, laplace.log_evidence)
            continue
        evidence, seconds = _timed(grid_evidence, model, data, laplace, size)
        per_point = seconds / points
        yield GridCost(dimension, points, seconds, True, evidence, newton_seconds, laplace.log_evidence)


def _timed(function: Callable[..., Result], *args: Any) -> tuple[Result, float]:
    """The result of a call and its seconds."""
    start = time.perf_counter()
    return function(*args), time.perf_counter() - start

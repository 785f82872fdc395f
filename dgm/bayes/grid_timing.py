"""What a grid costs as the number of weights grows: measured, dimension after dimension, until a time budget is spent.

A grid of `size` points per axis has size^D points in D dimensions, and each needs the likelihood of all the data.
Slide "Maximum a posteriori": "intractable evidence (due to multidimensional integral)".
"""

import math
import time
from collections.abc import Iterator
from typing import NamedTuple

import torch

from dgm import runtime
from dgm.bayes.logistic import Laplace, LogisticRegression
from dgm.bayes.regression import Pairs

BLOCK = 200_000  # grid points evaluated at once: the memory of a grid does not have to grow with its size
ALWAYS = 5_000   # grids up to here are always timed: in smaller ones the call itself takes most of the time


class Cost(NamedTuple):
    """The evidence of a logistic regression with `dimension` weights, three ways."""

    dimension: int
    points: int            # size^D
    seconds: float         # of the grid: measured, or points x the seconds per point measured before
    measured: bool
    log_evidence: float | None   # of the grid, nats; None when it was not run
    newton_seconds: float  # of the MAP and Laplace's Gaussian in the same dimension: always measured
    laplace: float         # Laplace's log evidence, nats


def problem(dimension: int, observations: int = 40, seed: int = 0) -> Pairs:
    """Normal features and labels drawn from a logistic model whose weights are all 1/sqrt(D)."""
    rng = runtime.generator(seed, dimension)
    x = torch.randn(observations, dimension, generator=rng, dtype=torch.float64)
    p = torch.sigmoid(2 * x.sum(1) / math.sqrt(dimension))
    return Pairs(x, (torch.rand(observations, generator=rng, dtype=torch.float64) < p).to(torch.float64))


def grid_evidence(model: LogisticRegression, data: Pairs, fit: Laplace, size: int) -> float:
    """ln p(y) by the midpoint rule on size^D points around the MAP (6 Laplace deviations each way), block by block."""
    spread = fit.covariance.diagonal().sqrt()
    steps = ((torch.arange(size, dtype=torch.float64) + 0.5) / size * 2 - 1) * 6.0
    dimension, total = len(spread), torch.tensor(-math.inf, dtype=torch.float64)
    for start in range(0, size**dimension, BLOCK):
        index = torch.arange(start, min(start + BLOCK, size**dimension))
        w = torch.stack([fit.mean[d] + spread[d] * steps[(index // size**d) % size] for d in range(dimension)], 1)
        total = torch.logaddexp(total, model.log_joint(w, data).logsumexp(0))
    return float(total) + float((spread * 12.0 / size).log().sum())


def grid_cost(highest: int = 10, size: int = 12, budget: float = 0.5, alpha: float = 1.0) -> Iterator[Cost]:
    """One Cost per dimension 1 .. highest. Once the next grid would pass `budget` seconds it is only projected."""
    model, per_point = LogisticRegression(alpha), 0.0
    grid_evidence(model, problem(1), model.laplace(problem(1)), size)  # the first call of anything is slow
    for dimension in range(1, highest + 1):
        data, points = problem(dimension), size**dimension
        start = time.perf_counter()
        fit = model.laplace(data)
        newton_seconds = time.perf_counter() - start
        if points > ALWAYS and points * per_point > budget:
            yield Cost(dimension, points, points * per_point, False, None, newton_seconds, fit.log_evidence)
            continue
        start = time.perf_counter()
        evidence = grid_evidence(model, data, fit, size)
        seconds = time.perf_counter() - start
        per_point = seconds / points
        yield Cost(dimension, points, seconds, True, evidence, newton_seconds, fit.log_evidence)


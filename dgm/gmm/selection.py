"""How many components? Criteria that charge for parameters, and the held-out log-likelihood (PRML section 1.3)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.covariances import FLOOR
from dgm.gmm.em_steps import Step, fit
from dgm.gmm.model import aic, bic, log_prob
from dgm.gmm.params import Points, as_points
from dgm.runtime import generator

CRITERIA = ("aic", "bic", "held_out")


class Candidate(NamedTuple):
    """One K of a comparison."""

    k: int
    log_lik: float         # of the points it was fitted to, mean nats per point: rises with K
    aic: float             # mean nats per point, so that all criteria share an axis: -AIC / 2N
    bic: float             # -BIC / 2N
    held_out: float        # mean nats per held-out point, every point held out once
    held_out_error: float  # standard error of `held_out`
    step: Step             # the fit to all points


def folds(n: int, count: int, seed: int = 0) -> list[Tensor]:
    """Disjoint sets of row indices, together all of range(n), for cross-validation (PRML section 1.3).

    count: how many folds. Returns `count` tensors of n / count indices each, rounded up or down.
    ValueError unless 2 <= count <= n.

    >>> from dgm.gmm import selection
    >>> [len(rows) for rows in selection.folds(10, 3)]
    [4, 3, 3]
    """
    if not 2 <= count <= n:
        raise ValueError(f"{count} folds of {n} points: choose 2 to {n}")
    return list(torch.randperm(n, generator=generator(seed, n)).tensor_split(count))


def held_out(x: Points, k: int, covariance: str = "full", count: int = 5, seed: int = 0, *, restarts: int = 1,
             floor: float = FLOOR, tol: float = 1e-6) -> Tensor:
    """log p of each point under the mixture fitted to the folds without it.

    x: (N, D) points. count: folds. k, covariance, restarts, floor, tol: as `dgm.gmm.fit`.
    Returns (N,), nats. ValueError unless 2 <= count <= N; else errors as `dgm.gmm.fit`.

    >>> from dgm import datasets
    >>> from dgm.gmm import selection
    >>> round(float(selection.held_out(datasets.load("faithful").x, 2, tol=1e-4).mean()), 1)
    -4.2
    """
    points = as_points(x)
    values = torch.empty(len(points), dtype=torch.float64)
    for rows in folds(len(points), count, seed):
        fitted = torch.ones(len(points), dtype=torch.bool)
        fitted[rows] = False
        step = fit(points[fitted], k, covariance, restarts, seed, floor=floor, tol=tol)
        values[rows] = log_prob(points[rows], step.params).cpu()
    return values


def candidate(x: Points, k: int, covariance: str = "full", restarts: int = 1, seed: int = 0, *,
              floor: float = FLOOR, count: int = 5, tol: float = 1e-6) -> Candidate:
    """Fit, criteria and held-out log-likelihood for one K. The same seed holds out the same points for every K.

    x: (N, D) points. count: folds. k, covariance, restarts, floor, tol: as `dgm.gmm.fit`.
    Returns a Candidate, all in mean nats per point. Errors as `held_out`.

    >>> from dgm import datasets
    >>> from dgm.gmm import selection
    >>> two = selection.candidate(datasets.load("faithful").x, 2, tol=1e-4)
    >>> two.bic < two.aic < two.log_lik, two.held_out < two.log_lik
    (True, True)
    """
    points = as_points(x)
    n = len(points)
    step = fit(points, k, covariance, restarts, seed, floor=floor, tol=tol)
    values = held_out(points, k, covariance, count, seed, restarts=restarts, floor=floor, tol=tol)
    return Candidate(k, step.log_lik, -aic(points, step.params, covariance) / (2 * n),
                     -bic(points, step.params, covariance) / (2 * n), float(values.mean()),
                     float(values.std()) / math.sqrt(n), step)


def best(candidates: Sequence[Candidate], criterion: str = "bic") -> Candidate:
    """The candidate with the largest value of the criterion, which is in nats per point; of equal ones the first.

    criterion: "aic", "bic" or "held_out". ValueError for another one.

    >>> from dgm import datasets
    >>> from dgm.gmm import selection
    >>> x = datasets.load("faithful").x
    >>> selection.best([selection.candidate(x, k, tol=1e-3) for k in (1, 2)]).k
    2
    """
    if criterion not in CRITERIA:
        raise ValueError(f"unknown criterion {criterion!r}: choose aic, bic or held_out")
    return max(candidates, key=lambda one: getattr(one, criterion))

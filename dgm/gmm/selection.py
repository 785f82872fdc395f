"""How many components? Criteria that charge for parameters, and the held-out log-likelihood (PRML section 1.3)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer, as_seed, shown
from dgm.errors import ArgumentError
from dgm.gmm.covariances import FLOOR
from dgm.gmm.em_steps import Step, fit
from dgm.gmm.model import MOST_POINTS, aic, bic, log_prob
from dgm.gmm.params import Points, as_points
from dgm.runtime import generator

CRITERIA = ("aic_per_point", "bic_per_point", "held_out")


class Candidate(NamedTuple):
    """One K of a comparison."""

    k: int
    log_lik: float         # of the points it was fitted to, mean nats per point; its maximum never falls with K
    aic_per_point: float   # mean nats per point, so that all criteria share an axis: -AIC / 2N
    bic_per_point: float   # -BIC / 2N, about the log evidence of a point; larger is better, unlike `gmm.bic`
    held_out: float        # mean nats per held-out point, every point held out once
    held_out_error: float  # standard error of `held_out`
    step: Step             # the fit to all points


def folds(n: int, count: int, seed: int = 0) -> list[Tensor]:
    """Disjoint sets of row indices, together all of range(n), for cross-validation (PRML section 1.3).

    count: how many folds. Returns `count` tensors of n / count indices each, rounded up or down.
    ArgumentError unless 2 <= count <= n.

    >>> from dgm.gmm import selection
    >>> [len(rows) for rows in selection.folds(10, 3)]
    [4, 3, 3]
    """
    size, parts = as_integer(n, "n", 1, MOST_POINTS), as_integer(count, "count", low=2)
    if parts > size:
        raise ArgumentError(f"{parts} folds of {size} {'point' if size == 1 else 'points'}: "
                            + (f"choose 2 to {size}" if size > 1 else "bring at least 2 points"))
    return list(torch.randperm(size, generator=generator(as_seed(seed), size)).tensor_split(parts))


def most_components(n: int, count: int = 5) -> int:
    """The largest K that `candidate` can fit to n points: as many as are left without the largest of `count` folds.

    ArgumentError unless 2 <= count <= n.

    >>> from dgm.gmm import selection
    >>> selection.most_components(12, 5)
    9
    """
    return as_integer(n, "n", 1, MOST_POINTS) - len(folds(n, count)[0])


def held_out(x: Points, k: int, covariance: str = "full", count: int = 5, seed: int = 0, *, restarts: int = 1,
             floor: float = FLOOR, tol: float = 1e-6) -> Tensor:
    """log p of each point under the mixture fitted to the folds without it.

    x: (N, D) points. count: folds. k, covariance, restarts, floor, tol: as `dgm.gmm.fit`.
    Returns (N,), nats. ArgumentError unless 2 <= count <= N and k is at most `most_components`; else errors as
    `dgm.gmm.fit`.

    >>> from dgm import datasets
    >>> from dgm.gmm import selection
    >>> round(float(selection.held_out(datasets.load("faithful").x, 2, tol=1e-4).mean()), 1)
    -4.2
    """
    points = as_points(x)
    sets, components = folds(len(points), count, seed), as_integer(k, "k", low=1)
    left = len(points) - len(sets[0])
    if components > left:
        raise ArgumentError(f"{components} components for {len(points)} points of which a fold is held out: "
                            f"choose K from 1 to {left}")
    values = torch.empty(len(points), dtype=torch.float64)
    for rows in sets:
        fitted = torch.ones(len(points), dtype=torch.bool)
        fitted[rows] = False
        step = fit(points[fitted], components, covariance, restarts, seed, floor=floor, tol=tol)
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
    >>> two.bic_per_point < two.aic_per_point < two.log_lik, two.held_out < two.log_lik
    (True, True)
    """
    points, components = as_points(x), as_integer(k, "k", low=1)
    n = len(points)
    values = held_out(points, components, covariance, count, seed, restarts=restarts, floor=floor, tol=tol)
    step = fit(points, components, covariance, restarts, seed, floor=floor, tol=tol)
    return Candidate(components, step.log_lik, -aic(points, step.params, covariance) / (2 * n),
                     -bic(points, step.params, covariance) / (2 * n), float(values.mean()),
                     float(values.std()) / math.sqrt(n), step)


def best(candidates: Sequence[Candidate], criterion: str = "bic_per_point") -> Candidate:
    """The candidate with the largest value of the criterion, which is in nats per point; of equal ones the first.

    criterion: "aic_per_point", "bic_per_point" or "held_out". ArgumentError for another one, or without a candidate.

    >>> from dgm import datasets
    >>> from dgm.gmm import selection
    >>> x = datasets.load("faithful").x
    >>> selection.best([selection.candidate(x, k, tol=1e-3) for k in (1, 2)]).k
    2
    """
    chosen = as_choice(criterion, "criterion", CRITERIA)
    if not (isinstance(candidates, (list, tuple)) and candidates
            and all(isinstance(one, Candidate) for one in candidates)):
        raise ArgumentError(f"candidates has to be a list of at least one Candidate, not {shown(candidates)}: "
                            "make them with selection.candidate")
    return max(candidates, key=lambda one: getattr(one, chosen))

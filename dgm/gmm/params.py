"""The parameters of a mixture of Gaussians, and the checks of what callers pass (slide "Latent variable models").

Points, parameters and responsibilities are checked here, once per public call; the rest of the topic trusts them.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dgm.arguments import as_integer, as_matrix, as_tensor, shown
from dgm.errors import ArgumentError

Points: TypeAlias = Tensor | NDArray[np.floating] | Sequence[Sequence[float]]

NOT_ONE = 1e-5      # how far weights or rows of responsibilities may sum from one: float32 has seven digits
ROUNDED = 1e-12     # how far they may sum from one as they are
NOT_SYMMETRIC = 1e-6    # of sqrt(Sigma_ii Sigma_jj)
SMALLEST, LARGEST = 1e-153, 1e153   # standard deviations whose squares, the covariances, float64 can represent


class Params(NamedTuple):
    """theta of p(x | theta) = sum_k pi_k N(x | mu_k, Sigma_k) (Bishop, PRML, eq. 9.7).

    Every function that takes a theta refuses one whose weights do not sum to one, or whose covariances are not
    symmetric and positive definite.

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> round(gmm.score([[0.0]], theta), 4)
    -1.4189
    """

    log_weights: Tensor  # (K,)       log pi
    means: Tensor        # (K, D)     mu
    covs: Tensor         # (K, D, D)  Sigma, symmetric positive definite


def as_points(x: Any, name: str = "x", columns: int | None = None) -> Tensor:
    """x as float64 (N, D) on its own device; a vector is one column. DataError for what is no finite table."""
    points = as_matrix(x, name, columns=columns)
    return points.to(x.device) if isinstance(x, Tensor) else points


def as_params(theta: Any, d: int | None = None) -> Params:
    """theta as float64 tensors on their own device, weights that sum to one exactly and symmetric covariances.

    d: columns of the data. ArgumentError or DataError for parameters that are no mixture in d dimensions; whether the
    covariances are positive definite shows when they are factorised.
    """
    if not isinstance(theta, (tuple, list)) or len(theta) != 3:
        raise ArgumentError(f"params has to be gmm.Params(log_weights, means, covs), not {shown(theta)}")
    log_weights, means, covs = (as_tensor(part, name, finite=name != "log_weights")
                                for part, name in zip(theta, Params._fields, strict=True))
    device = theta[1].device if isinstance(theta[1], Tensor) else means.device
    _check_shapes(log_weights, means, covs, d)
    return Params(_normalised(log_weights).to(device), means.to(device), _symmetric(covs).to(device))


def _check_shapes(log_weights: Tensor, means: Tensor, covs: Tensor, d: int | None) -> None:
    k = len(log_weights) if log_weights.ndim == 1 else 0
    width = d or (means.shape[1] if means.ndim == 2 else 0)
    if not (k and width) or means.shape != (k, width) or covs.shape != (k, width, width):
        fit = f"data of {d} {'column' if d == 1 else 'columns'}" if d else "each other"
        need = f"(K,), (K, {d}), (K, {d}, {d})" if d else "(K,), (K, D), (K, D, D)"
        raise ArgumentError(f"parameters of shapes {tuple(log_weights.shape)}, {tuple(means.shape)}, "
                            f"{tuple(covs.shape)} do not fit {fit}: need {need}")


def _normalised(log_weights: Tensor) -> Tensor:
    total = float(log_weights.logsumexp(0))
    if not abs(total) <= NOT_ONE:
        weights = math.exp(min(total, 700.0))
        likely = "; these look like the weights themselves" if abs(float(log_weights.sum()) - 1) < NOT_ONE else ""
        raise ArgumentError(f"the weights exp(log_weights) sum to {weights:.3g}, not to one{likely}: "
                            "give the logarithms of weights that sum to one")
    return log_weights - total


def _symmetric(covs: Tensor) -> Tensor:
    variances = covs.diagonal(dim1=1, dim2=2)
    if bool((variances <= 0).any()):
        k, j = ((variances <= 0).nonzero()[0] + 1).tolist()
        raise ArgumentError(f"covariance {k} has no positive diagonal: its variance {j} is "
                            f"{float(variances[k - 1, j - 1]):.3g}; every variance has to be above zero")
    deviations = variances.sqrt()
    if not bool(((deviations > SMALLEST) & (deviations < LARGEST)).all()):
        raise ArgumentError("the variances in covs leave float64: divide the data by their scale first")
    if bool(((covs - covs.mT).abs() > NOT_SYMMETRIC * deviations[:, :, None] * deviations[:, None]).any()):
        raise ArgumentError("covs has to be symmetric: give (C + C') / 2")
    return (covs + covs.mT) / 2


def as_responsibilities(resp: Any, n: int, k: int | None = None) -> Tensor:
    """resp as float64 (N, K), rows that sum to one. ArgumentError or DataError unless they are distributions."""
    q = as_tensor(resp, "resp")
    if q.ndim != 2 or len(q) != n or not q.shape[1] or k not in (None, q.shape[1]):
        raise ArgumentError(f"responsibilities of shape {tuple(q.shape)} do not fit {n} points"
                            + ("" if k is None else f" and {k} components") + ": give a row of K numbers for each")
    total = q.sum(1, keepdim=True)
    error = (total - 1).abs().max()
    if not bool((q.min() >= 0) & (error < NOT_ONE)):
        raise ArgumentError("responsibilities must be non-negative and each row must sum to one: divide by the sums")
    return q / total if float(error) > ROUNDED else q


def as_component_count(k: Any, points: Tensor) -> int:
    """k as an int. ArgumentError unless 1 <= k <= N."""
    count, n = as_integer(k, "k", low=1), len(points)
    if count > n:
        raise ArgumentError(f"{count} components for {n} {'point' if n == 1 else 'points'}: choose K from 1 to {n}")
    return count

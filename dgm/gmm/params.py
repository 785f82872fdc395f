"""The parameters of a mixture of Gaussians, and the checks of what callers pass (slide "Latent variable models").

Points, parameters and responsibilities are checked here, once per public call; the rest of the topic trusts them.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.errors import DataError

Points: TypeAlias = Tensor | NDArray[np.floating] | Sequence[Sequence[float]]


class Params(NamedTuple):
    """theta of p(x | theta) = sum_k pi_k N(x | mu_k, Sigma_k) (Bishop, PRML, eq. 9.7).

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> round(gmm.score([[0.0]], theta), 4)
    -1.4189
    """

    log_weights: Tensor  # (K,)       log pi
    means: Tensor        # (K, D)     mu
    covs: Tensor         # (K, D, D)  Sigma, symmetric positive definite


def as_points(x: Points) -> Tensor:
    """x as float64 (N, D); a vector is one column. DataError for an empty table, NaN or infinity."""
    points = x.detach().double() if isinstance(x, Tensor) else torch.from_numpy(np.array(x, dtype=np.float64))
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or points.numel() == 0:
        raise DataError(f"points must be a table (N, D) with rows and columns, not of shape {tuple(points.shape)}")
    if not torch.stack(points.aminmax()).isfinite().all():
        row, column = (~points.isfinite()).nonzero()[0].tolist()
        raise DataError(f"row {row}, column {column} is {float(points[row, column])}: remove or fill in such rows")
    return points


def as_params(theta: Params, d: int) -> Params:
    """theta as float64 tensors. ValueError when its shapes do not fit each other or data of `d` columns."""
    log_weights, means, covs = (torch.as_tensor(part).detach().to(torch.float64) for part in theta)
    k = len(log_weights)
    if means.shape != (k, d) or covs.shape != (k, d, d):
        raise ValueError(f"parameters of shapes {tuple(log_weights.shape)}, {tuple(means.shape)}, "
                         f"{tuple(covs.shape)} do not fit data of {d} columns: need (K,), (K, {d}), (K, {d}, {d})")
    if not (means.isfinite().all() and covs.isfinite().all() and log_weights.logsumexp(0).isfinite()):
        raise ValueError("parameters hold NaN or infinity: start from init(x, k) or from finite values")
    return Params(log_weights, means, covs)


def as_responsibilities(resp: Tensor, n: int, k: int | None = None) -> Tensor:
    """resp as float64 (N, K). ValueError unless its rows are distributions over the components."""
    q = torch.as_tensor(resp).detach().to(torch.float64)
    if q.ndim != 2 or len(q) != n or k not in (None, q.shape[1]):
        raise ValueError(f"responsibilities of shape {tuple(q.shape)} do not fit {n} points"
                         + ("" if k is None else f" and {k} components"))
    if not bool((q >= 0).all() and ((q.sum(1) - 1).abs() < 1e-6).all()):
        raise ValueError("responsibilities must be non-negative and each row must sum to one")
    return q


def check_component_count(points: Tensor, k: int) -> None:
    """ValueError unless 1 <= k <= N."""
    if not 1 <= k <= len(points):
        raise ValueError(f"{k} components for {len(points)} points: choose K from 1 to {len(points)}")

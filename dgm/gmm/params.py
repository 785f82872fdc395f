"""The parameters of a mixture of Gaussians, and the frame in which they are computed.

Sums of squares lose every digit far from the origin and overflow at large scales, so data are centred
and scaled before anything is computed and results are handed out in the data's own units.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.errors import DataError

Points: TypeAlias = Tensor | NDArray[np.floating] | Sequence[Sequence[float]]

SMALLEST, LARGEST = 1e-153, 1e153   # deviations whose squares, the covariances, float64 still holds
FARTHEST = 1e100                    # deviations: how far out one point may lie


class Params(NamedTuple):
    """theta of p(x | theta) = sum_k pi_k N(x | mu_k, Sigma_k)."""

    log_weights: Tensor  # (K,)       log pi
    means: Tensor        # (K, D)     mu
    covs: Tensor         # (K, D, D)  Sigma, symmetric positive definite


class Frame(NamedTuple):
    """Working coordinates z = (x - centre) / scale, column by column."""

    centre: Tensor  # (D,)
    scale: Tensor   # (D,)

    @property
    def log_volume(self) -> float:
        """log p(x) = log p(z) - log_volume, nats."""
        return float(self.scale.log().sum())

    def inward(self, theta: Params) -> Params:
        """theta from the data's units into working coordinates."""
        covs = theta.covs / self.scale[:, None] / self.scale
        return Params(theta.log_weights, (theta.means - self.centre) / self.scale, covs)

    def outward(self, theta: Params) -> Params:
        """theta from working coordinates into the data's units."""
        covs = theta.covs * self.scale[:, None] * self.scale
        return Params(theta.log_weights, self.centre + theta.means * self.scale, covs)

    def points(self, x: Tensor) -> Tensor:
        """x (N, D) as z (D, N): one contiguous row per coordinate is what the block products read."""
        z = x.new_empty(x.shape[1], x.shape[0])
        for j, row in enumerate(z):
            torch.sub(x[:, j], self.centre[j], out=row).div_(self.scale[j])
        return z


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


def frame_of(theta: Params) -> Frame:
    """The frame of a mixture: its mean and its deviations."""
    weights = theta.log_weights.softmax(0)[:, None]
    centre = (weights * theta.means).sum(0)
    variance = (weights * (theta.covs.diagonal(dim1=1, dim2=2) + (theta.means - centre) ** 2)).sum(0)
    if not bool((variance > 0).all()):
        raise ValueError("a covariance has no positive diagonal: every variance must be above zero")
    return Frame(centre, variance.sqrt())


def frame_for(x: Tensor, one_scale: bool = False) -> Frame:
    """The frame of data (N, D): medians and robust deviations, which one far point cannot spoil.

    `one_scale` keeps one scale for all columns, without which spheres would not stay spheres.
    DataError for data that have no density: constant columns, scales or outliers beyond float64.
    """
    columns = [_column(x[:, j], j) for j in range(x.shape[1])]
    centre, scale = (x.new_tensor(part) for part in zip(*columns, strict=True))
    if one_scale:
        largest = scale.max()
        scale = torch.full_like(scale, float(largest * (scale / largest).square().mean().sqrt()))
    return Frame(centre, scale)


def _column(values: Tensor, j: int) -> tuple[float, float]:
    n = len(values)
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise DataError(f"column {j} has the same value in every row ({n}): its density is unbounded; drop the "
                         "column or add points that differ")
    median = float(values.kthvalue((n + 1) // 2).values)
    quarter = (n - 1) // 4                     # symmetric order statistics: unchanged when every row is doubled
    first, last = (float(values.kthvalue(rank).values) for rank in (quarter + 1, n - quarter))
    reach = max(high - median, median - low)
    deviation = reach * float(((values - median) / reach).square().mean().sqrt())
    robust = (last / 2 - first / 2) / 1.349 * 2
    scale = min(robust, deviation) if robust > 0 else deviation
    if not SMALLEST < scale < LARGEST:
        raise DataError(f"column {j} spreads over {scale:.3g}: its variance leaves float64; "
                         f"divide the column by {scale:.0e} first")
    if reach / scale > FARTHEST:
        raise DataError(f"column {j} holds a point {reach / scale:.0e} deviations away: remove or correct it")
    return median, scale

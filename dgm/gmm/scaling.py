"""Working coordinates: data are centred and scaled before anything is computed, results returned in the data's units.

Sums of squares lose every digit far from the origin and overflow at large scales.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.errors import DataError
from dgm.gmm.params import Params

SMALLEST, LARGEST = 1e-153, 1e153   # standard deviations whose squares, the covariances, float64 can represent
FARTHEST = 1e100                    # distance of the farthest point from the median, in standard deviations


class Frame(NamedTuple):
    """Working coordinates z = (x - centre) / scale, column by column."""

    centre: Tensor  # (D,)
    scale: Tensor   # (D,)

    @property
    def log_volume(self) -> float:
        """log p(x) = log p(z) - log_volume, nats."""
        return float(self.scale.log().sum())

    def working_params(self, theta: Params) -> Params:
        """theta from the data's units into working coordinates."""
        covs = theta.covs / self.scale[:, None] / self.scale
        return Params(theta.log_weights, (theta.means - self.centre) / self.scale, covs)

    def data_params(self, theta: Params) -> Params:
        """theta from working coordinates into the data's units."""
        covs = theta.covs * self.scale[:, None] * self.scale
        return Params(theta.log_weights, self.centre + theta.means * self.scale, covs)

    def working_points(self, x: Tensor) -> Tensor:
        """x (N, D) as z (D, N): the products over blocks read one contiguous row per coordinate."""
        z = x.new_empty(x.shape[1], x.shape[0])
        for j, row in enumerate(z):
            torch.sub(x[:, j], self.centre[j], out=row).div_(self.scale[j])
        return z


def frame_of(theta: Params) -> Frame:
    """The frame of a mixture: its mean and its standard deviations. ValueError for a variance that is not positive."""
    weights = theta.log_weights.softmax(0)[:, None]
    centre = (weights * theta.means).sum(0)
    variance = (weights * (theta.covs.diagonal(dim1=1, dim2=2) + (theta.means - centre) ** 2)).sum(0)
    if not bool((variance > 0).all()):
        raise ValueError("a covariance has no positive diagonal: every variance must be above zero")
    return Frame(centre, variance.sqrt())


def frame_for(x: Tensor, one_scale: bool = False) -> Frame:
    """The frame of data (N, D): medians and robust standard deviations, which one far point hardly changes.

    `one_scale` gives all columns the same scale, without which spheres would not stay spheres.
    DataError for data that have no density: constant columns, scales or outliers beyond float64.
    """
    columns = [_centre_and_scale(x[:, j], j) for j in range(x.shape[1])]
    centre, scale = (x.new_tensor(part) for part in zip(*columns, strict=True))
    if one_scale:
        largest = scale.max()
        scale = torch.full_like(scale, float(largest * (scale / largest).square().mean().sqrt()))
    return Frame(centre, scale)


def _centre_and_scale(values: Tensor, j: int) -> tuple[float, float]:
    """Median, and the smaller of standard deviation and interquartile range / 1.349, of column j."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise DataError(f"column {j} has the same value in every row ({len(values)}): its density is unbounded; drop "
                         "the column or add points that differ")
    median, robust = _order_statistics(values)
    reach = max(high - median, median - low)
    deviation = reach * float(((values - median) / reach).square().mean().sqrt())
    scale = min(robust, deviation) if robust > 0 else deviation
    _check_scale(j, scale, reach)
    return median, scale


def _order_statistics(values: Tensor) -> tuple[float, float]:
    """Median and interquartile range / 1.349, which is the standard deviation of a Gaussian."""
    n = len(values)
    median = float(values.kthvalue((n + 1) // 2).values)
    quarter = (n - 1) // 4                     # symmetric order statistics: unchanged when every row is doubled
    first, last = (float(values.kthvalue(rank).values) for rank in (quarter + 1, n - quarter))
    return median, (last / 2 - first / 2) / 1.349 * 2


def _check_scale(j: int, scale: float, reach: float) -> None:
    if not SMALLEST < scale < LARGEST:
        raise DataError(f"column {j} spreads over {scale:.3g}: its variance leaves float64; "
                         f"divide the column by {scale:.0e} first")
    if reach / scale > FARTHEST:
        raise DataError(f"column {j} holds a point {reach / scale:.0e} deviations away: remove or correct it")

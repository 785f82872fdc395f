"""Working coordinates: data are scaled, and centred where that is exact, before anything is computed.

Sums of squares overflow at large scales and lose digits far from the origin. The scales are powers of two and a centre
is subtracted only from numbers near it, so that a point keeps all its digits: what a fit computes in its coordinates
and what another function computes in others are about the same numbers, at any scale and with any far point.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.errors import DataError
from dgm.gmm.params import LARGEST, SMALLEST, Params

FARTHEST = 1e100    # distance of the farthest point from the median, in standard deviations
OFFSET = 16.0       # standard deviations from zero up to which no centre is needed


class Frame(NamedTuple):
    """Working coordinates z = (x - centre) / scale, column by column."""

    centre: Tensor     # (D,)
    scale: Tensor      # (D,)  powers of two, so that scaling is exact
    deviation: Tensor  # (D,)  standard deviations of the data in working coordinates: the same in all units of the data

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
        return Params(theta.log_weights, self.data_means(theta.means), covs)

    def data_means(self, means: Tensor) -> Tensor:
        """Means (K, D) from working coordinates into the data's units."""
        return self.centre + means * self.scale

    def working_points(self, x: Tensor) -> Tensor:
        """x (N, D) as z (D, N): the products over blocks read one contiguous row per coordinate."""
        z = x.new_empty(x.shape[1], x.shape[0])
        for j, row in enumerate(z):
            torch.sub(x[:, j], self.centre[j], out=row).div_(self.scale[j])
        return z

    def standardised(self) -> "Frame":
        """The frame in which each standard deviation is one: distances do not depend on the units, rounding does."""
        return Frame(self.centre, self.scale * self.deviation, torch.ones_like(self.scale))


def frame_of(theta: Params, x: Tensor) -> Frame:
    """A frame of points (N, D) in which the mixture's deviations are near one."""
    deviations = theta.covs.diagonal(dim1=1, dim2=2).sqrt()
    scale = power_of_two_within(deviations.amin(0).sqrt() * deviations.amax(0).sqrt())
    means, order = theta.means.sort(0)
    half = (theta.log_weights.exp()[order].cumsum(0) >= 0.5).double().argmax(0)
    middle, centre = means.gather(0, half[None])[0], torch.zeros_like(scale)
    for j in (middle.abs() > OFFSET * scale).nonzero()[:, 0].tolist():
        low, high = torch.cat([x[:, j], means[:, j]]).aminmax()
        centre[j] = _exact_centre(float(middle[j]), float(scale[j]), float(low), float(high))
    return Frame(centre, scale, torch.ones_like(scale))


def frame_for(x: Tensor, one_scale: bool = False) -> Frame:
    """The frame of data (N, D), with medians and robust standard deviations, which one far point hardly changes.

    `one_scale` gives all columns the same scale, without which spheres would not stay spheres.
    DataError for data that have no density: constant columns, scales or outliers beyond float64.
    """
    low, high = (ends.tolist() for ends in x.aminmax(dim=0))
    columns = [_centre_and_scale(x[:, j], j, low[j], high[j]) for j in range(x.shape[1])]
    middle, deviation = (x.new_tensor(part) for part in zip(*columns, strict=True))
    if one_scale:
        largest = deviation.max()
        deviation = torch.full_like(deviation, float(largest * (deviation / largest).square().mean().sqrt()))
    scale = power_of_two_within(deviation)
    centre = [_exact_centre(*column) for column in zip(middle.tolist(), scale.tolist(), low, high, strict=True)]
    return Frame(x.new_tensor(centre), scale, deviation / scale)


def power_of_two_within(values: Tensor) -> Tensor:
    """The largest powers of two that are at most the values, which are positive."""
    mantissa, exponent = torch.frexp(values)
    return torch.ldexp(torch.full_like(mantissa, 0.5), exponent)


def _exact_centre(middle: float, scale: float, low: float, high: float) -> float:
    """A number near `middle`, or 0 where it is not needed or where numbers from `low` to `high` would lose digits."""
    if abs(middle) <= OFFSET * scale or math.isinf(middle / scale):
        return 0.0
    nearest, farthest = sorted((abs(low), abs(high)))
    exact = low * high > 0 and 2 * nearest >= abs(middle) and farthest <= 2 * abs(middle)   # Sterbenz 1974
    return middle if exact else 0.0


def _centre_and_scale(values: Tensor, j: int, low: float, high: float) -> tuple[float, float]:
    """Median, and the smaller of standard deviation and interquartile range / 1.349, of column j."""
    if low == high:
        raise DataError(f"column {j + 1} has the same value in every row ({len(values)}): its density is unbounded; "
                        "drop the column or add points that differ")
    median, robust = _order_statistics(values)
    reach = max(high - median, median - low)
    deviation = reach * float(((values - median) / reach).square().mean().sqrt()) if math.isfinite(reach) else reach
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
        raise DataError(f"column {j + 1} spreads over {scale:.3g}: its variance leaves float64; "
                        f"divide the column by {min(scale, 1e308):.0e} first")
    if reach / scale > FARTHEST:
        raise DataError(f"column {j + 1} holds a point {reach / scale:.0e} deviations away: remove or correct it")

"""Log densities and sufficient statistics of a mixture, as matrix products over blocks of points.

log pi_k + log N(z | mu_k, Sigma_k) (Bishop, PRML, eq. 2.43) is a quadratic in z, hence linear in its monomials: one
product of coefficients (K, P) with features (P, n), P = (D+1)(D+2)/2, gives all log densities, and one product of
responsibilities with the same features gives all statistics: half the work of whitening, once K is large enough to
pay for the features. Squares around a far origin lose digits, so a mixture with |mean| / deviation above 1e4, or with
few components, is whitened around its own means instead.
All of it in working coordinates (see `dgm.gmm.scaling.Frame`); points are (D, N).
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from dgm.errors import DgmError
from dgm.gaussian import LOG_2PI
from dgm.gmm.params import Params

MAX_SPREAD = 1e8      # (|mean| / deviation)^2 beyond which expanded squares have fewer than 8 correct digits
MAX_REACH = 1e6       # working coordinates beyond which points are whitened
BLOCK = 1 << 19       # numbers per block: they fit into a core's own cache
GPU_BLOCK = 1 << 26
SINGULAR = 8 * 2.0**-52   # share of a variance that the other columns leave unexplained, below which it is rounding


class CollapseError(DgmError):
    """A component's covariance is singular: the likelihood is unbounded there (Bishop, PRML, section 9.2.1).

    >>> from dgm import gmm
    >>> try:
    ...     gmm.fit([[0.0], [1.0], [1.0], [5.0]], 4, floor=0)
    ... except gmm.CollapseError as error:
    ...     print(str(error)[:40])
    component 1 collapsed on a single point
    """


class Density(NamedTuple):
    """A mixture with factorised covariances."""

    means: Tensor     # (K, D)
    whiten: Tensor    # (K, D, D)  inverse Cholesky factors: y = whiten (z - mean) is standard normal
    log_norm: Tensor  # (K,)       log pi_k - D/2 log 2 pi - 1/2 log |Sigma_k|
    spread: float     # largest (|mean|^2 + tr Sigma) tr Sigma^-1: bounds (|mean| / deviation)^2 from above
    diagonal: bool    # covariances have no off-diagonal entries


def factorise(theta: Params, diagonal: bool = False) -> Density:
    """The mixture with inverse Cholesky factors of its covariances. CollapseError names a component that has none."""
    k, d = theta.means.shape
    variances = theta.covs.diagonal(dim1=1, dim2=2)
    if diagonal:
        whiten = variances.rsqrt().diag_embed()
        sound = ((variances > 0) & (variances < torch.inf)).all(1)
    else:
        factor, sound = correlation_factor(theta.covs, variances.sqrt())
        whiten = torch.linalg.solve_triangular(factor, identity(theta.means).expand(k, d, d), upper=False)
        whiten.mul_(variances.rsqrt()[:, None])
    spread = (theta.means.square().sum(1) + variances.sum(1)) * whiten.square().sum((1, 2))
    widest = float(spread.max())
    if not (math.isfinite(widest) and bool(sound.all())):
        sound &= whiten.isfinite().all((1, 2))
        if not bool(sound.all()):
            raise CollapseError(collapse_message(int((~sound).nonzero()[0, 0])))
        widest = math.inf       # the squares of far means overflow
    log_norm = whiten.diagonal(dim1=1, dim2=2).log().sum(1).add_(theta.log_weights).sub_(d / 2 * LOG_2PI)
    return Density(theta.means, whiten, log_norm, widest, diagonal)


def correlation_factor(covs: Tensor, deviations: Tensor) -> tuple[Tensor, Tensor]:
    """Cholesky factors of the correlations (K, D, D), and whether float64 can tell each from a singular one.

    Scaled by the deviations (K, D), columns of any units have the same factor to rounding.
    """
    factor, info = torch.linalg.cholesky_ex(covs / deviations[:, :, None] / deviations[:, None])
    return factor, (info == 0) & (factor.diagonal(dim1=1, dim2=2).square().amin(1) > SINGULAR)


def collapse_message(k: int) -> str:
    """What happened to component k, counted from 0 here and from 1 in the message."""
    return (f"component {k + 1} collapsed on a single point or a flat set, where the likelihood is unbounded: "
            "raise the covariance floor, lower K or choose another start")


class Quadratic(NamedTuple):
    """Coefficients of the log densities on the features of a block. Eight digits up to `MAX_SPREAD`."""

    coefficients: Tensor  # (K, P)
    origin: Tensor        # (K, D)  zeros: statistics are about the origin
    diagonal: bool

    @property
    def rows(self) -> int:
        """Numbers that a block needs for each point, joint log densities included."""
        return sum(self.coefficients.shape)

    def features(self, z: Tensor, out: Tensor) -> Tensor:
        """(P, n): products z_i z_j (i <= j), then z, then 1."""
        d, p = len(z), self.coefficients.shape[1]
        if self.diagonal:
            torch.mul(z, z, out=out[:d])
        else:
            start = 0
            for i in range(d):
                torch.mul(z[i:], z[i], out=out[start:start + d - i])
                start += d - i
        out[p - 1 - d:p - 1] = z
        out[p - 1:p] = 1
        return out[:p]

    def log_joint(self, features: Tensor, _buffer: Tensor, out: Tensor) -> Tensor:
        """(K, n): log pi_k + log N(z_n | mu_k, Sigma_k), nats, in `out`."""
        return torch.mm(self.coefficients, features, out=out)

    def sums(self, features: Tensor, _buffer: Tensor, resp: Tensor) -> Tensor:
        """(K, P): sum over the block of resp times features."""
        return resp @ features.T


class Centred(NamedTuple):
    """Distances from each mean, whitened: twice the products, all digits at any |mean| / deviation.

    Half of a block's buffer holds the distances, half what is computed from them: no thread allocates memory.
    """

    density: Density

    @property
    def origin(self) -> Tensor:
        """(K, D): the means: statistics are about them."""
        return self.density.means

    @property
    def diagonal(self) -> bool:
        """Whether the covariances are diagonal."""
        return self.density.diagonal

    @property
    def rows(self) -> int:
        """Numbers that a block needs for each point."""
        return 2 * self.density.means.numel()

    def features(self, z: Tensor, out: Tensor) -> Tensor:
        """(K, D, n): z - mean_k."""
        k, d = self.density.means.shape
        return torch.sub(z, self.density.means[:, :, None], out=out[:k * d].view(k, d, -1))

    def log_joint(self, features: Tensor, buffer: Tensor, out: Tensor) -> Tensor:
        """(K, n): log pi_k + log N(z_n | mu_k, Sigma_k), nats, in `out`."""
        whiten, y = self.density.whiten, self._scratch(features, buffer)
        if self.diagonal:
            torch.mul(features, whiten.diagonal(dim1=1, dim2=2)[:, :, None], out=y)
        else:
            torch.bmm(whiten, features, out=y)
        torch.sum(y.square_(), 1, out=out)
        return torch.sub(self.density.log_norm[:, None], out, alpha=0.5, out=out)

    def sums(self, features: Tensor, buffer: Tensor, resp: Tensor) -> Tensor:
        """(K, P): sums over the block of resp times products of distances, distances and 1."""
        return centred_sums(features, resp, self.diagonal, self._scratch(features, buffer))

    @staticmethod
    def _scratch(features: Tensor, buffer: Tensor) -> Tensor:
        return buffer[-features.shape[0] * features.shape[1]:].view(features.shape)


Evaluator: TypeAlias = Quadratic | Centred


def centred_sums(distances: Tensor, resp: Tensor, diagonal: bool, scratch: Tensor | None = None) -> Tensor:
    """(K, P): sums of resp (K, n) times products of distances (K, D, n), distances and 1."""
    weighted = torch.mul(distances, resp[:, None], out=scratch)
    if diagonal:
        second = torch.linalg.vecdot(weighted, distances)
    else:
        second = torch.bmm(weighted, distances.mT).flatten(1)[:, pairs(distances.shape[1], resp.device).upper]
    return torch.cat([second, weighted.sum(2), resp.sum(1, keepdim=True)], 1)


@lru_cache(maxsize=32)
def _eye(d: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):
        return torch.eye(d, dtype=torch.float64, device=device)


def identity(means: Tensor) -> Tensor:
    """(D, D) on the device of `means` (K, D), made once."""
    return _eye(means.shape[1], means.device)


class Pairs(NamedTuple):
    """Where the products z_i z_j, i <= j, of the features sit in a flattened (D, D) matrix, and back."""

    upper: Tensor   # (D(D+1)/2,)  positions i D + j
    place: Tensor   # (D D,)       which product belongs at each position
    factor: Tensor  # (D(D+1)/2,)  -1/2 on the diagonal, -1 beside it: both triangles of -1/2 z'Pz


@lru_cache(maxsize=32)
def pairs(d: int, device: torch.device) -> Pairs:
    """The order of the features, row by row of the upper triangle."""
    with torch.inference_mode(False):
        rows, columns = torch.triu_indices(d, d, device=device)
        place = torch.empty(d, d, dtype=torch.long, device=device)
        place[rows, columns] = place[columns, rows] = torch.arange(len(rows), device=device)
        factor = torch.where(rows == columns, -0.5, -1.0).double()
        return Pairs(rows * d + columns, place.flatten(), factor)


def quadratic(density: Density) -> Quadratic:
    """-1/2 (z - mu)' P (z - mu) + log_norm, multiplied out."""
    d = density.means.shape[1]
    shift = torch.bmm(density.whiten, density.means[:, :, None])         # (K, D, 1)
    linear = torch.bmm(density.whiten.mT, shift)[:, :, 0]                # P mu
    constant = density.log_norm[:, None] - shift.square().sum(1) / 2
    if density.diagonal:
        second = density.whiten.diagonal(dim1=1, dim2=2).square() / -2
    else:
        order = pairs(d, density.means.device)
        precisions = torch.bmm(density.whiten.mT, density.whiten)
        second = precisions.flatten(1).index_select(1, order.upper) * order.factor
    return Quadratic(torch.cat([second, linear, constant], 1), torch.zeros_like(density.means), density.diagonal)


def evaluator_for(density: Density, exact: bool = False, reach: float = 0.0) -> Evaluator:
    """The faster evaluator with eight correct digits; `exact` forces the whitened one, `reach` is max |z|."""
    k, d = density.means.shape
    few = not density.diagonal and 2 * k <= d + 3
    centred = exact or few or density.spread > MAX_SPREAD or reach > MAX_REACH
    return Centred(density) if centred else quadratic(density)


def blocks(n: int, rows: int, device: torch.device) -> Iterator[slice]:
    """Slices of range(n), each so short that `rows` numbers per point stay in cache."""
    size = (BLOCK if device.type == "cpu" else GPU_BLOCK) // rows
    size = min(max(size, 256), 1 << 14 if device.type == "cpu" else n)
    yield from (slice(a, min(a + size, n)) for a in range(0, n, size))

"""The covariance S of a data set and its spectrum: all that the PCA model needs of the data.

S = (1/N) sum_i (x_i - mean)(x_i - mean)', eigenvalues lambda_1 >= lambda_2 >= ... (with 1/N, so that the
closed form is maximum likelihood; scikit-learn's `PCA.explained_variance_` has 1/(N-1)). Bishop, PRML, eq. 12.3.
"""

from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 8192       # rows centred at a time: the block stays in cache, S loses no digits to a large offset
SMALLEST, LARGEST = 1e-140, 1e140   # squares of data outside leave the range of float64


class Scatter(NamedTuple):
    """Mean and covariance of N points in D dimensions, without a D x D matrix when N < D."""

    n: int
    mean: Tensor                            # (D,)
    trace: float                            # total variance tr S
    cov: NDArray[np.float64] | None         # (D, D), or None when N < D
    centred: NDArray[np.float64] | None     # (N, D), only when N < D

    def apply(self, W: NDArray[np.float64]) -> NDArray[np.float64]:
        """S W, (D, q) for W (D, q). Gram form when N < D: X'(X W) / N.

        >>> import numpy as np
        >>> from dgm import ppca
        >>> ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).apply(np.eye(2)).tolist()
        [[2.0, 0.0], [0.0, 0.5]]
        """
        if self.cov is not None:
            return self.cov @ W
        assert self.centred is not None
        return self.centred.T @ (self.centred @ W) / self.n


class Spectrum(NamedTuple):
    """Eigenvalues and eigenvectors of S. Eigenvalues below rounding are exactly 0: `rank` counts the others."""

    n: int
    mean: Tensor               # (D,)
    values: Tensor             # (D,) descending
    vectors: Tensor            # (D, min(N, D)) columns, largest entry of each positive

    @property
    def rank(self) -> int:
        """The number of directions in which the data vary at all.

        >>> from dgm import ppca
        >>> ppca.spectrum([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]).rank
        1
        """
        return int((self.values > 0).sum())

    def noise(self, q: int) -> float:
        """sigma^2 of maximum likelihood: the mean of the D - q dropped eigenvalues (Bishop, PRML, eq. 12.46).

        >>> from dgm import ppca
        >>> ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).noise(1)
        0.5
        """
        return float(self.values[q:].mean()) if q < len(self.values) else 0.0


def _as_tensor(rows: NDArray[np.float64]) -> Tensor:
    """The array as a tensor, without a copy where torch accepts it: nothing here writes to data."""
    usable = rows.flags.writeable and all(stride >= 0 for stride in rows.strides)
    return torch.from_numpy(rows if usable else rows.copy())


def as_data(x: Any, missing: bool = False) -> Tensor:
    """`x` as a float64 tensor (N, D) on the CPU.

    With `missing`, NaN stands for a missing value and infinity is refused; else values are checked by `scatter`.
    ValueError unless x has N rows of D numbers, both at least 1.

    >>> from dgm.ppca.covariance_spectrum import as_data
    >>> as_data([[1, 2], [3, 4]]).dtype
    torch.float64
    """
    values = x.detach().cpu() if isinstance(x, Tensor) else _as_tensor(np.asarray(x, dtype=np.float64))
    values = values.to(torch.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"the data have shape {tuple(values.shape)}: give N rows of D numbers, both at least 1")
    if missing and bool(torch.isinf(values).any()):
        raise ValueError("the data contain an infinite value: remove it, or mark it as missing with NaN")
    return values


def _raise_for_values(x: Tensor) -> NoReturn:
    """ValueError: which cell is not a number, or that the numbers are too large or too small to be squared."""
    bad = (~torch.isfinite(x)).nonzero()
    if len(bad):
        row, column = bad[0].tolist()
        raise ValueError(f"{len(bad)} values are NaN or infinite, the first in row {row}, column {column}: "
                         "drop those rows, or use dgm.ppca.missing, which fits with gaps")
    raise ValueError(f"the data spread over a scale outside {SMALLEST:g} to {LARGEST:g}, where squares leave "
                     "float64: change the unit, for example divide by the largest absolute value")


def _moments(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and S in one pass over blocks shifted by a pilot mean (no point is further off than sqrt(N) sd)."""
    pilot = rows[:: max(1, len(rows) // 1024)].mean(0)
    total, product = np.zeros_like(pilot), np.zeros((len(pilot), len(pilot)))
    block = np.empty((min(BLOCK, len(rows)), len(pilot)))
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        y = np.subtract(part, pilot, out=block[: len(part)])
        total += np.ones(len(part)) @ y
        product += y.T @ y      # numpy sees the symmetric product and does half the work
    shift = total / len(rows)
    return pilot + shift, product / len(rows) - np.outer(shift, shift)


def scatter(x: Any) -> Scatter:
    """Mean and covariance of `x` (N, D), in one pass over the data.

    ValueError: not a table, a value NaN or infinite, squares out of the range of float64.

    >>> from dgm import ppca
    >>> ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).trace
    2.5
    """
    data = as_data(x)
    rows = data.numpy()
    n, dim = rows.shape
    cov = centred = None
    with np.errstate(all="ignore"):
        if n >= dim:
            mean, cov = _moments(rows)
            variances = cov.diagonal()
        else:
            mean = rows.mean(0)
            centred = rows - mean
            variances = (centred * centred).mean(0)
        largest = variances.max()
    if not SMALLEST**2 < largest < LARGEST**2 and not (rows == rows[0]).all():
        _raise_for_values(data)
    return Scatter(n, torch.from_numpy(mean), float(np.maximum(variances, 0).sum()), cov, centred)


def _with_sign(vectors: Tensor) -> Tensor:
    """The eigenvectors with the largest entry of each column positive: their sign is arbitrary otherwise."""
    largest = vectors.abs().argmax(0, keepdim=True)
    return vectors * torch.where(vectors.gather(0, largest) < 0, -1.0, 1.0)


def decompose(moments: Scatter) -> Spectrum:
    """Eigenvalues and eigenvectors of S; through the N x N Gram matrix when N < D (Bishop, PRML, section 12.1.4).

    >>> from dgm import ppca
    >>> from dgm.ppca.covariance_spectrum import decompose
    >>> decompose(ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])).values.tolist()
    [2.0, 0.5]
    """
    n, dim = moments.n, len(moments.mean)
    if moments.cov is not None:
        raw, columns = np.linalg.eigh(moments.cov)
    else:
        assert moments.centred is not None
        rows = moments.centred
        raw, weights = np.linalg.eigh(rows @ rows.T / n)
        columns = np.linalg.qr(rows.T @ weights[:, ::-1])[0][:, ::-1]
    values = torch.zeros(dim, dtype=torch.float64)
    values[: len(raw)] = torch.from_numpy(np.maximum(raw[::-1], 0.0).copy())
    # rounding of an exact rank-deficient table stays under 0.2 eps max(D, sqrt(N)) of the largest eigenvalue
    values[values <= values[0] * 4 * max(dim, n**0.5) * torch.finfo(torch.float64).eps] = 0.0
    return Spectrum(n, moments.mean, values, _with_sign(torch.from_numpy(columns[:, ::-1].copy())))


def spectrum(x: Any) -> Spectrum:
    """Eigenvalues and eigenvectors of the covariance of `x` (N, D). Raises as `scatter`.

    >>> from dgm import ppca
    >>> ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).values.tolist()
    [2.0, 0.5]
    """
    return decompose(scatter(x))


def check_q(q: int, most: int) -> None:
    """ValueError unless q is a whole number from 0 to `most`.

    >>> from dgm.ppca.covariance_spectrum import check_q
    >>> check_q(2, 2)
    """
    if int(q) != q or not 0 <= q <= most:
        raise ValueError(f"q = {q} latent dimensions: choose a whole number from 0 to {most} "
                         "(with q = D nothing is left to estimate the noise from)")

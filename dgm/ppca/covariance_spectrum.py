"""The covariance S of a data set and its spectrum: all that the PCA model needs of the data.

S = (1/N) sum_i (x_i - mean)(x_i - mean)', eigenvalues lambda_1 >= lambda_2 >= ... (with 1/N, so that the
closed form is maximum likelihood; scikit-learn's `PCA.explained_variance_` has 1/(N-1)). Bishop, PRML, eq. 12.3.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.arguments import as_integer, as_matrix, as_number, as_tensor, require_kind, shown
from dgm.errors import ArgumentError, DataError

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
        """S W, (D, q) for W (D, q). Gram form when N < D: X'(X W) / N. DataError for a W of other rows.

        >>> import numpy as np
        >>> from dgm import ppca
        >>> ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).apply(np.eye(2)).tolist()
        [[2.0, 0.0], [0.0, 0.5]]
        """
        return times(self, self._columns(W))

    def _columns(self, W: Any) -> NDArray[np.float64]:
        columns = as_tensor(W, "W")
        if columns.ndim != 2 or len(columns) != len(self.mean):
            raise DataError(f"W has the shape {tuple(columns.shape)}: give one row for each of the "
                            f"{len(self.mean)} columns of the data")
        return columns.numpy()


def times(data: Scatter, W: NDArray[np.float64]) -> NDArray[np.float64]:
    """`Scatter.apply` for columns that are known to fit.

    >>> import numpy as np
    >>> from dgm import ppca
    >>> from dgm.ppca.covariance_spectrum import times
    >>> times(ppca.scatter([[-2.0], [2.0]]), np.ones((1, 1))).tolist()
    [[4.0]]
    """
    if data.cov is not None:
        return data.cov @ W
    assert data.centred is not None
    return data.centred.T @ (data.centred @ W) / data.n


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

        q: from 0 on; with D and more nothing is dropped, and the noise is 0.

        >>> from dgm import ppca
        >>> ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).noise(1)
        0.5
        """
        q = q if type(q) is int and q >= 0 else as_integer(q, "q", 0)
        return float(self.values[q:].mean()) if q < len(self.values) else 0.0


def check_spectrum(spec: Any) -> Spectrum:
    """`spec` in float64, if its eigenvalues are finite, descending and not negative, and its shapes fit.

    ArgumentError otherwise.

    >>> from dgm import ppca
    >>> from dgm.ppca.covariance_spectrum import check_spectrum
    >>> check_spectrum(ppca.spectrum([[0.0], [2.0]])).values.tolist()
    [1.0]
    """
    require_kind(spec, "spec", Spectrum, "the spectrum that dgm.ppca.spectrum returns")
    n = as_integer(spec.n, "n of spec", 1)
    mean, values, vectors = (field(getattr(spec, name), f"{name} of spec") for name in ("mean", "values", "vectors"))
    if not (mean.ndim == 1 and len(mean) and values.shape == mean.shape and vectors.ndim == 2
            and len(vectors) == len(mean) and vectors.shape[1] <= len(mean)):
        raise ArgumentError(f"spec has a mean of shape {tuple(mean.shape)}, eigenvalues of shape "
                            f"{tuple(values.shape)} and eigenvectors of shape {tuple(vectors.shape)}, which do not "
                            "fit: use dgm.ppca.spectrum")
    if not bool((values >= 0).all() & (values.diff() <= 0).all() & (values[vectors.shape[1]:] == 0).all()):
        raise ArgumentError("the eigenvalues of spec are negative, not in descending order, or more than its "
                            "eigenvectors: use dgm.ppca.spectrum")
    if not float(values[0]) < LARGEST**2:
        raise ArgumentError(f"the largest eigenvalue of spec is {float(values[0]):.3g}: change the unit of the data")
    return Spectrum(n, mean, values, vectors)


def check_scatter(data: Any) -> Scatter:
    """`data` in float64, if it is what `scatter` returns, else ArgumentError.

    >>> from dgm import ppca
    >>> from dgm.ppca.covariance_spectrum import check_scatter
    >>> check_scatter(ppca.scatter([[0.0], [2.0]])).n
    2
    """
    if not isinstance(data, Scatter) or (data.cov is None and data.centred is None):
        raise ArgumentError(f"data has to be what dgm.ppca.scatter returns, not {shown(data)}: "
                            "call dgm.ppca.scatter with the points")
    n, mean = as_integer(data.n, "n of data", 1), field(data.mean, "mean of data")
    trace = as_number(data.trace, "trace of data", 0, LARGEST**2 * mean.numel())
    cov, centred = (None if part is None else field(part, name).numpy()
                    for part, name in ((data.cov, "cov of data"), (data.centred, "centred of data")))
    dim = len(mean) if mean.ndim == 1 else 0
    if not dim or (cov is not None and cov.shape != (dim, dim)) or (cov is None and centred is not None
                                                                   and centred.shape != (n, dim)):
        raise ArgumentError("mean, cov and centred of data do not fit together: use dgm.ppca.scatter")
    if (variances := _column_variances(cov, centred)).min() < 0 or not math.isclose(
            trace, float(variances.sum()), rel_tol=1e-6):
        raise ArgumentError("trace of data is not the sum of the variances that it holds: use dgm.ppca.scatter")
    return Scatter(n, mean, trace, cov, centred)


def _column_variances(cov: NDArray[np.float64] | None, centred: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Variances of the columns, those that rounding has left below 0 as 0."""
    found = cov.diagonal() if cov is not None else np.square(centred if centred is not None else 0.0).mean(0)
    largest = np.abs(found).max()
    return np.where((found < 0) & (found > -1e-12 * largest), 0.0, found)


def field(value: Any, name: str) -> Tensor:
    """A field of a composed argument as a float64 tensor without NaN or infinity, else ArgumentError.

    >>> from dgm.ppca.covariance_spectrum import field
    >>> field([1, 2], "mean of spec")
    tensor([1., 2.], dtype=torch.float64)
    """
    try:
        return as_tensor(value, name)
    except DataError as error:
        raise ArgumentError(f"{str(error).partition(': ')[0]}: use what a function of dgm.ppca returns") from None


def check_spread(variance: float) -> None:
    """DataError where the largest variance of a column leaves no room for squares in float64.

    >>> from dgm.ppca.covariance_spectrum import check_spread
    >>> check_spread(2.5)
    """
    if not SMALLEST < max(variance, 0.0) ** 0.5 < LARGEST:
        raise DataError(f"the data spread over a scale outside {SMALLEST:g} to {LARGEST:g}, where squares leave "
                        "float64: change the unit, for example divide by the largest absolute value")


def rounding_share(n: int, dim: int) -> float:
    """The share of the largest eigenvalue below which one of S, from n points in `dim` dimensions, is rounding.

    4 eps max(D, sqrt N): rounding of an exact rank-deficient table stays under 0.2 eps max(D, sqrt N).

    >>> from dgm.ppca.covariance_spectrum import rounding_share
    >>> rounding_share(100, 4) < 1e-14
    True
    """
    return 4 * max(dim, n**0.5, 8) * torch.finfo(torch.float64).eps


def as_data(x: Any, name: str = "x", *, columns: int | None = None, missing: bool = False) -> Tensor:
    """`x` as a float64 tensor (N, D) on the CPU; a vector is one column.

    columns: the D that is needed. With `missing`, NaN stands for a missing value.
    DataError as `dgm.arguments.as_matrix`.

    >>> from dgm.ppca.covariance_spectrum import as_data
    >>> as_data([[1, 2], [3, 4]]).dtype
    torch.float64
    """
    return as_matrix(x, name, columns=columns, missing=missing).contiguous()    # its products have the same last bits


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


def as_complete(x: Any) -> Tensor:
    """`as_data` for a model that is fitted to values without gaps: the refusal of NaN names the one that has gaps.

    >>> from dgm.ppca.covariance_spectrum import as_complete
    >>> as_complete([[1, 2], [3, 4]]).shape
    torch.Size([2, 2])
    """
    table = as_data(x, missing=True)
    if bool(table.sum().isnan()) and bool(table.isnan().any()):     # a sum may overflow: look closer
        row, column = (place + 1 for place in table.isnan().nonzero()[0].tolist())
        raise DataError(f"row {row}, column {column} of x is missing (NaN): drop such rows, or use dgm.ppca.missing, "
                        "which fits with gaps")
    return table


def scatter(x: Any) -> Scatter:
    """Mean and covariance of `x` (N, D), in one pass over the data.

    DataError: not a table, a value NaN or infinite, squares out of the range of float64.

    >>> from dgm import ppca
    >>> ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).trace
    2.5
    """
    rows = as_complete(x).numpy()
    n, dim = rows.shape
    cov = centred = None
    with np.errstate(all="ignore"):
        if n >= dim:
            mean, cov = _moments(rows)
            variances = cov.diagonal()
        else:
            mean = rows.mean(0)
            centred = rows - mean
            centred -= centred.mean(0)      # the mean of a constant column far from 0 is off by rounding
            variances = (centred * centred).mean(0)
        largest = variances.max()
    rounding = float(np.finfo(np.float64).eps) * float(np.abs(rows[0]).max())
    if not max(SMALLEST, rounding) < float(largest) ** 0.5 < LARGEST:
        if (rows == rows[0]).all():
            mean, cov, centred, variances = rows[0].copy(), _zeros(cov), _zeros(centred), np.zeros(dim)
        else:
            check_spread(float(largest))
    return Scatter(n, torch.from_numpy(mean), float(np.maximum(variances, 0).sum()), cov, centred)


def _zeros(values: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """The moments of equal points, which rounding may have left at 1e-33 or, far from 0, at NaN."""
    return None if values is None else np.zeros_like(values)


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
    return _decompose(check_scatter(moments))


def _decompose(moments: Scatter) -> Spectrum:
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
    values[values <= values[0] * rounding_share(n, dim)] = 0.0
    return Spectrum(n, moments.mean, values, _with_sign(torch.from_numpy(columns[:, ::-1].copy())))


def spectrum(x: Any) -> Spectrum:
    """Eigenvalues and eigenvectors of the covariance of `x` (N, D). Raises as `scatter`.

    >>> from dgm import ppca
    >>> ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]).values.tolist()
    [2.0, 0.5]
    """
    return _decompose(scatter(x))


def check_q(q: Any, dim: int, *, fixed_noise: bool = False) -> int:
    """q as an int from 0 to D - 1, or to D where the noise is given and need not be estimated.

    ArgumentError otherwise.

    >>> from dgm.ppca.covariance_spectrum import check_q
    >>> check_q(2, 3), check_q(2.0, 2, fixed_noise=True)
    (2, 2)
    """
    most = dim - (not fixed_noise)
    count = as_integer(q, "q")
    if not 0 <= count <= most:
        why = "" if fixed_noise else " (with q = D nothing is left to estimate the noise from)"
        raise ArgumentError(f"q = {count} latent dimensions: choose a whole number from 0 to {most}{why}")
    return count

"""The PCA model with missing values: EM on the observed ones (NaN = missing at random).

Each row has its own posterior, from its observed coordinates only; each coordinate its own regression on z
(Ilin and Raiko 2010). The expanded step also fits the mean and covariance of z and absorbs them into mu and W.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import as_data, check_q
from dgm.ppca.em_steps import check_noise
from dgm.ppca.model import Params


class Step(NamedTuple):
    """theta and its log-likelihood on the observed values, mean nats per row."""

    params: Params
    log_lik: float


class Filled(NamedTuple):
    """The data with the missing values replaced by their conditional mean, and the standard deviation."""

    mean: Tensor      # (N, D)  observed values unchanged
    sd: Tensor        # (N, D)  0 where observed
    z: Tensor         # (N, q)  posterior mean of z from the observed values


class ImputationErrors(NamedTuple):
    """Root mean squared errors over the missing values, in the unit of the data."""

    missing: int          # number of missing values
    model: float          # of the model's conditional mean
    column_mean: float    # of mu, the same for every row
    expected: float       # what the model itself expects: root of its mean variance


class _RowPosteriors(NamedTuple):
    """p(z | observed coordinates) of every row."""

    mean: Tensor      # (N, q)
    cov: Tensor       # (N, q, q)
    log_prob: Tensor  # (N,)  log p(observed coordinates)


def observed(x: Any) -> tuple[Tensor, Tensor]:
    """The data (N, D) and which values are observed, (N, D) bool.

    ValueError: not a table, a column without any value, an infinite value.

    >>> import math
    >>> from dgm.ppca import missing
    >>> missing.observed([[1.0, math.nan], [2.0, 3.0]])[1].tolist()
    [[True, False], [True, True]]
    """
    data = as_data(x, missing=True)
    seen = ~torch.isnan(data)
    empty = (~seen.any(0)).nonzero().flatten().tolist()
    if empty:
        raise ValueError(f"column {empty[0]} has no value at all: drop it, nothing can be learnt about it")
    return data, seen


def _row_posteriors(centred: Tensor, seen: Tensor, theta: Params) -> _RowPosteriors:
    """p(z | observed coordinates) for every row; `centred` is x - mu, 0 where missing."""
    W, sigma2 = theta.W, float(theta.sigma2)
    dim, q = W.shape
    pairs = (W[:, :, None] * W[:, None, :]).reshape(dim, q * q)
    M = (seen.to(W.dtype) @ pairs).reshape(-1, q, q) + sigma2 * torch.eye(q, dtype=W.dtype)
    root = torch.linalg.cholesky(M)
    projected = centred @ W
    mean = torch.cholesky_solve(projected[..., None], root)[..., 0]
    log_det = 2 * root.diagonal(dim1=1, dim2=2).log().sum(1)
    count = seen.sum(1, dtype=W.dtype)
    distance = ((centred**2).sum(1) - (projected * mean).sum(1)) / sigma2
    log_prob = log_normal_from_distance(distance, (count - q) * math.log(sigma2) + log_det, count)
    return _RowPosteriors(mean, sigma2 * torch.cholesky_inverse(root), log_prob)


def _centre(data: Tensor, seen: Tensor, mean: Tensor) -> Tensor:
    return torch.where(seen, data - mean, 0.0)


def _m_step(centred: Tensor, seen: Tensor, rows: _RowPosteriors, theta: Params, expanded: bool) -> Params:
    """Every coordinate's regression on (z, 1) over the rows where it is observed; the noise; the expansion."""
    n, q = rows.mean.shape
    z = torch.cat([rows.mean, torch.ones(n, 1, dtype=centred.dtype)], 1)
    second = z[:, :, None] * z[:, None, :]
    second[:, :q, :q] += rows.cov
    gram = (seen.T.to(z.dtype) @ second.reshape(n, -1)).reshape(-1, q + 1, q + 1)
    cross = centred.T @ z
    weights = torch.linalg.solve(gram, cross[..., None])[..., 0]
    sigma2 = ((centred**2).sum() - (cross * weights).sum()) / seen.sum()
    W, mean = weights[:, :q], theta.mean + weights[:, q]
    if expanded:
        centre = rows.mean.mean(0)
        root = torch.linalg.cholesky(second[:, :q, :q].mean(0) - torch.outer(centre, centre))
        W, mean = W @ root, mean + W @ centre
    return Params(mean, W, sigma2)


def _start(data: Tensor, seen: Tensor, q: int, seed: int) -> tuple[Params, float]:
    """Column means, a random W at the data's scale, and the variance per coordinate."""
    count = seen.sum(0)
    mean = torch.where(seen, data, 0.0).sum(0) / count
    variance = float((_centre(data, seen, mean) ** 2).sum() / count.sum())
    W = torch.randn(len(mean), q, generator=runtime.generator(seed), dtype=torch.float64)
    W = W * math.sqrt(variance / max(1, 2 * q))
    return Params(mean, W, torch.tensor(variance / 2, dtype=torch.float64)), variance


def iterate(x: Any, theta: Params, expanded: bool = True, variance: float = 1.0) -> Iterator[Step]:
    """Endless EM from `theta`: one `Step` per E-step.

    x: (N, D), NaN where missing. variance: per coordinate, the scale of `check_noise`.
    ValueError as `observed`, and when the noise is rounding compared with `variance`.

    >>> import math
    >>> from dgm import ppca
    >>> from dgm.ppca import missing
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> round(next(missing.iterate([[0.0, math.nan], [0.0, 0.0]], theta)).log_lik, 4)
    -1.725
    """
    data, seen = observed(x)
    while True:
        check_noise(float(theta.sigma2), variance, theta.W.shape[1])
        centred = _centre(data, seen, theta.mean)
        rows = _row_posteriors(centred, seen, theta)
        yield Step(theta, float(rows.log_prob.mean()))
        theta = _m_step(centred, seen, rows, theta, expanded)


def em(x: Any, q: int, expanded: bool = True, seed: int = 0) -> Iterator[Step]:
    """Endless EM on data with missing values from a random start; `log_lik` never decreases.

    x: (N, D), NaN where missing; a step costs N x D x q^2. q: 0 .. D - 1.
    ValueError as `observed`, for q out of range, and during the run when no noise is left.

    >>> from itertools import islice
    >>> from dgm.ppca import missing, toy_data
    >>> x = missing.erase(toy_data.plane(100), share=0.2)
    >>> first, *_, last = islice(missing.em(x, 2), 20)
    >>> last.log_lik > first.log_lik
    True
    """
    data, seen = observed(x)
    check_q(q, data.shape[1] - 1)
    theta, variance = _start(data, seen, q, seed)
    return iterate(data, theta, expanded, variance)


def fit(x: Any, q: int, seed: int = 0, tol: float = 1e-9, max_steps: int = 2000) -> Step:
    """The maximum reached by `em`: stops when a step gains less than `tol` nats per row, or after `max_steps`.

    Raises as `em`.

    >>> from dgm import ppca
    >>> from dgm.ppca import missing, toy_data
    >>> x = toy_data.plane(100)      # nothing is missing: the maximum of the closed form
    >>> abs(missing.fit(x, 2).log_lik - ppca.log_likelihood(x, ppca.fit(x, 2)) / 100) < 1e-6
    True
    """
    steps = em(x, q, seed=seed)
    last = next(steps)
    for step in steps:
        gain, last = step.log_lik - last.log_lik, step
        max_steps -= 1
        if gain < tol or max_steps <= 0:
            break
    return last


def impute(x: Any, theta: Params) -> Filled:
    """E[x_missing | x_observed] and its standard deviation, from W p(z | x_observed) plus the noise.

    x: (N, D), NaN where missing; a row without any value gets mu and the model's own standard deviations.
    ValueError when x is no table.

    >>> import math
    >>> from dgm import ppca
    >>> from dgm.ppca import missing
    >>> filled = missing.impute([[2.0, math.nan]], ppca.params([0.0, 0.0], [[1.0], [1.0]], 1.0))
    >>> [round(value, 6) for value in filled.mean[0].tolist()], round(float(filled.sd[0, 1]) ** 2, 6)
    ([2.0, 1.0], 1.5)
    """
    data = as_data(x, missing=True)
    seen = ~torch.isnan(data)
    rows = _row_posteriors(_centre(data, seen, theta.mean), seen, theta)
    variance = torch.einsum("di,nij,dj->nd", theta.W, rows.cov, theta.W) + theta.sigma2
    filled = rows.mean @ theta.W.T + theta.mean
    return Filled(torch.where(seen, data, filled), torch.where(seen, 0.0, variance.sqrt()), rows.mean)


def erase(x: Tensor, share: float, seed: int = 0) -> Tensor:
    """x with a random share of its values missing (NaN), float64.

    x: (M, D). share: probability of each value to be erased, 0..1. Returns (M, D).

    >>> import torch
    >>> from dgm.ppca import missing
    >>> int(missing.erase(torch.zeros(100, 10), share=0.3).isnan().sum())
    317
    """
    draws = torch.rand(x.shape, generator=runtime.generator(seed), dtype=torch.float64)
    return x.double().masked_fill(draws < share, math.nan)


def erase_lower_half(images: Tensor, shape: tuple[int, int]) -> Tensor:
    """The images with their lower half missing (NaN), float64.

    images: (M, D), D = shape[0] * shape[1]. Returns (M, D).

    >>> import torch
    >>> from dgm.ppca import missing
    >>> missing.erase_lower_half(torch.zeros(1, 4), (2, 2)).tolist()
    [[0.0, 0.0, nan, nan]]
    """
    out = images.double().clone().reshape(-1, *shape)
    out[:, shape[0] // 2 :] = math.nan
    return out.reshape(len(images), -1)


def imputation_errors(truth: Tensor, filled: Filled, theta: Params) -> ImputationErrors:
    """How far `filled`, the result of `impute`, is from the true values where they were missing.

    truth: (N, D), complete. ValueError when nothing is missing.

    >>> import math, torch
    >>> from dgm import ppca
    >>> from dgm.ppca import missing
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [1.0]], 1.0)
    >>> errors = missing.imputation_errors(torch.tensor([[2.0, 3.0]]), missing.impute([[2.0, math.nan]], theta), theta)
    >>> errors.missing, round(errors.model, 6), errors.column_mean
    (1, 2.0, 3.0)
    """
    gaps = filled.sd > 0
    if not bool(gaps.any()):
        raise ValueError("no value is missing: raise the share of values to erase")

    def rms(values: Tensor) -> float:
        return float((values[gaps] ** 2).mean().sqrt())

    return ImputationErrors(int(gaps.sum()), rms(filled.mean - truth.double()), rms(theta.mean - truth.double()),
                            rms(filled.sd))

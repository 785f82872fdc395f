"""The PCA model with missing values: EM on the observed ones (NaN = missing at random).

Each row has its own posterior, from its observed coordinates only; each coordinate its own regression on z
(Ilin and Raiko 2010). The expanded step also fits the mean and covariance of z and absorbs them into mu and W.
"""

import math
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_flag, as_integer, as_number, as_seed, as_vector, require_kind
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import as_data, check_q, check_spread, field, rounding_share
from dgm.ppca.em_steps import check_noise
from dgm.ppca.model import Params, check_params


class Step(NamedTuple):
    """theta and its log-likelihood on the observed values, mean nats per row."""

    params: Params
    log_lik: float
    gain: float       # rise of log_lik since the step before (first step: infinite)


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

    DataError: not a table, a column without any value, an infinite value.

    >>> import math
    >>> from dgm.ppca import missing
    >>> missing.observed([[1.0, math.nan], [2.0, 3.0]])[1].tolist()
    [[True, False], [True, True]]
    """
    data = as_data(x, missing=True)
    seen = ~torch.isnan(data)
    empty = (~seen.any(0)).nonzero().flatten().tolist()
    if empty:
        raise DataError(f"column {empty[0] + 1} has no value at all: drop it, nothing can be learnt about it")
    return data, seen


def _row_posteriors(centred: Tensor, seen: Tensor, theta: Params) -> _RowPosteriors:
    """p(z | observed coordinates) for every row; `centred` is x - mu, 0 where missing."""
    W, sigma2 = theta.W, float(theta.sigma2)
    dim, q = W.shape
    pairs = (W[:, :, None] * W[:, None, :]).reshape(dim, q * q)
    weight = seen.to(W.dtype)
    M = (weight @ pairs).reshape(len(seen), q, q) + sigma2 * torch.eye(q, dtype=W.dtype)
    root = _root(M, sigma2)
    projected = centred @ W
    mean = torch.cholesky_solve(projected[..., None], root)[..., 0]
    log_det = 2 * root.diagonal(dim1=1, dim2=2).log().sum(1)
    count = weight.sum(1)
    # of residuals: the difference of |x - mu|^2 and its part along W loses the digits of a fine noise
    off = torch.addmm(centred, mean, W.T, alpha=-1).mul_(weight)
    distance = off.square_().sum(1) / sigma2 + mean.square().sum(1)
    log_prob = log_normal_from_distance(distance, (count - q) * math.log(sigma2) + log_det, count)
    return _RowPosteriors(mean, sigma2 * torch.cholesky_inverse(root), log_prob)


def _root(second: Tensor, sigma2: float) -> Tensor:
    """Cholesky factors of moments of z; ArgumentError where rounding has left none."""
    root, failed = torch.linalg.cholesky_ex(second)
    if bool(failed.any()) or not bool(root.isfinite().all()):
        raise ArgumentError(f"theta, with a noise variance of {sigma2:.3g}, is so far from the data that nothing but "
                            "rounding is left: start nearer to the data, or give more noise")
    return root


def _centre(data: Tensor, seen: Tensor, mean: Tensor) -> Tensor:
    return torch.where(seen, data - mean, 0.0)


def _m_step(centred: Tensor, seen: Tensor, rows: _RowPosteriors, theta: Params, expanded: bool) -> Params:
    """Every coordinate's regression on (z, 1) over the rows where it is observed; the noise; the expansion."""
    n, q = rows.mean.shape
    z = torch.cat([rows.mean, torch.ones(n, 1, dtype=centred.dtype)], 1)
    second = z[:, :, None] * z[:, None, :]
    second[:, :q, :q] += rows.cov
    weight = seen.to(z.dtype)
    gram = (weight.T @ second.reshape(n, -1)).reshape(-1, q + 1, q + 1)
    cross = centred.T @ z
    weights = torch.cholesky_solve(cross[..., None], _root(gram, float(theta.sigma2)))[..., 0]
    W, mean = weights[:, :q], theta.mean + weights[:, q]
    off = torch.addmm(centred, z, weights.T, alpha=-1).mul_(weight)
    spread = (weight.T @ rows.cov.reshape(n, q * q) * (W[:, :, None] * W[:, None]).reshape(len(W), q * q)).sum()
    sigma2 = (off.square_().sum() + spread) / weight.sum()
    if expanded:
        centre = rows.mean.mean(0)
        root = _root(second[:, :q, :q].mean(0) - torch.outer(centre, centre), float(theta.sigma2))
        W, mean = W @ root, mean + W @ centre
    return Params(mean, W, sigma2)


def _column_moments(data: Tensor, seen: Tensor) -> tuple[Tensor, float]:
    """Column means (D,) of the observed values, and their variance per coordinate."""
    count = seen.sum(0)
    pilot = torch.where(seen, data, -math.inf).amax(0)      # sums of what is left lose no digits to an offset
    mean = pilot + _centre(data, seen, pilot).sum(0) / count
    columns = (_centre(data, seen, mean) ** 2).sum(0)
    if float(columns.max()) > 0 or not bool(torch.where(seen, data == pilot, True).all()):
        check_spread(float((columns / count).max()))
    return mean, float(columns.sum() / count.sum())


def _start(mean: Tensor, variance: float, q: int, seed: int) -> Params:
    """Column means and a random W at the data's scale."""
    W = torch.randn(len(mean), q, generator=runtime.generator(seed), dtype=torch.float64)
    W = W * math.sqrt(variance / max(1, 2 * q))
    return Params(mean, W, torch.tensor(variance / 2, dtype=torch.float64))


def iterate(x: Any, theta: Params, expanded: bool = True, variance: float | None = None) -> Iterator[Step]:
    """Endless EM from `theta`: one `Step` per E-step.

    x: (N, D), NaN where missing. variance: per coordinate, the scale beside which the noise is not to be rounding;
    None: that of the observed values.
    DataError as `observed`, and when the noise is rounding compared with `variance`; ArgumentError for a theta that
    has no noise.

    >>> import math
    >>> from dgm import ppca
    >>> from dgm.ppca import missing
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> round(next(missing.iterate([[0.0, math.nan], [0.0, 0.0]], theta)).log_lik, 4)
    -1.725
    """
    data, seen = observed(x)
    theta = check_params(theta, columns=data.shape[1], density=True)
    expanded = as_flag(expanded, "expanded")
    spread = _column_moments(data, seen)[1] if variance is None else as_number(variance, "variance", 0)
    return _iterate(data, seen, theta, expanded, spread)


def _iterate(data: Tensor, seen: Tensor, theta: Params, expanded: bool, variance: float) -> Iterator[Step]:
    share, before = rounding_share(*data.shape), -math.inf
    while True:
        check_noise(float(theta.sigma2), variance, theta.W.shape[1], share)
        centred = _centre(data, seen, theta.mean)
        rows = _row_posteriors(centred, seen, theta)
        log_lik = float(rows.log_prob.mean())
        yield Step(theta, log_lik, log_lik - before)
        before = log_lik
        theta = _m_step(centred, seen, rows, theta, expanded)


def em(x: Any, q: int, expanded: bool = True, seed: int = 0) -> Iterator[Step]:
    """Endless EM on data with missing values from a random start; `log_lik` never decreases.

    x: (N, D), NaN where missing; a step costs N x D x q^2. q: 0 .. D - 1.
    DataError as `observed`, and during the run when no noise is left; ArgumentError for q out of range.

    >>> from itertools import islice
    >>> from dgm.ppca import missing, toy_data
    >>> x = missing.erase(toy_data.plane(100), share=0.2)
    >>> first, *_, last = islice(missing.em(x, 2), 20)
    >>> last.log_lik > first.log_lik
    True
    """
    data, seen = observed(x)
    q, seed, expanded = check_q(q, data.shape[1]), as_seed(seed), as_flag(expanded, "expanded")
    mean, variance = _column_moments(data, seen)
    return _iterate(data, seen, _start(mean, variance, q, seed), expanded, variance)


def fit(x: Any, q: int, seed: int = 0, tol: float = 1e-9, max_steps: int = 1000) -> Step:
    """The last step of `em`: it stops when a step gains at most `tol` nats per row, or after `max_steps` M-steps.

    It has converged where the step's `gain` is at most `tol`; a larger one: the steps were too few.
    x: (N, D), NaN where missing. q: 0 .. D - 1. Raises as `em`.

    >>> from dgm import ppca
    >>> from dgm.ppca import missing, toy_data
    >>> x = toy_data.plane(100)      # nothing is missing: the maximum of the closed form
    >>> abs(missing.fit(x, 2).log_lik - ppca.log_likelihood(x, ppca.fit(x, 2)) / 100) < 1e-6
    True
    """
    tol, max_steps = as_number(tol, "tol"), as_integer(max_steps, "max_steps", 0, sys.maxsize - 1)
    for step in islice(em(x, q, seed=seed), max_steps + 1):
        if step.gain <= tol:
            break
    return step


def impute(x: Any, theta: Params) -> Filled:
    """E[x_missing | x_observed] and its standard deviation, from W p(z | x_observed) plus the noise.

    x: (N, D), NaN where missing; a row without any value gets mu and the model's own standard deviations.
    DataError when x is no table of theta's columns; ArgumentError for a theta that has no noise.

    >>> import math
    >>> from dgm import ppca
    >>> from dgm.ppca import missing
    >>> filled = missing.impute([[2.0, math.nan]], ppca.params([0.0, 0.0], [[1.0], [1.0]], 1.0))
    >>> [round(value, 6) for value in filled.mean[0].tolist()], round(float(filled.sd[0, 1]) ** 2, 6)
    ([2.0, 1.0], 1.5)
    """
    theta = check_params(theta, density=True)
    data = as_data(x, columns=len(theta.mean), missing=True)
    seen = ~torch.isnan(data)
    rows = _row_posteriors(_centre(data, seen, theta.mean), seen, theta)
    variance = torch.einsum("di,nij,dj->nd", theta.W, rows.cov, theta.W) + theta.sigma2
    filled = rows.mean @ theta.W.T + theta.mean
    return Filled(torch.where(seen, data, filled), torch.where(seen, 0.0, variance.sqrt()), rows.mean)


def erase(x: Any, share: float, seed: int = 0) -> Tensor:
    """x with a random share of its values missing (NaN), float64.

    x: (M, D). share: probability of each value to be erased, 0..1. Returns (M, D). Values that are missing stay so.

    >>> import torch
    >>> from dgm.ppca import missing
    >>> int(missing.erase(torch.zeros(100, 10), share=0.3).isnan().sum())
    317
    """
    data, share = as_data(x, missing=True), as_number(share, "share", 0, 1)
    draws = torch.rand(data.shape, generator=runtime.generator(as_seed(seed)), dtype=torch.float64)
    return data.masked_fill(draws < share, math.nan)


def erase_lower_half(images: Any, shape: tuple[int, int]) -> Tensor:
    """The images with their lower half missing (NaN), float64.

    images: (M, D), D = shape[0] * shape[1]. Returns (M, D). ArgumentError for another shape.

    >>> import torch
    >>> from dgm.ppca import missing
    >>> missing.erase_lower_half(torch.zeros(1, 4), (2, 2)).tolist()
    [[0.0, 0.0, nan, nan]]
    """
    sides = [as_integer(side, "a side of shape", 1, 10**6) for side in as_vector(shape, "shape", size=2).tolist()]
    out = as_data(images, "images", columns=math.prod(sides), missing=True).clone().reshape(-1, *sides)
    out[:, sides[0] // 2 :] = math.nan
    return out.reshape(len(out), -1)


def imputation_errors(truth: Any, filled: Filled, theta: Params) -> ImputationErrors:
    """How far `filled`, the result of `impute`, is from the true values where they were missing.

    truth: (N, D), complete. DataError when nothing is missing, or when the shapes differ.

    >>> import math, torch
    >>> from dgm import ppca
    >>> from dgm.ppca import missing
    >>> theta = ppca.params([0.0, 0.0], [[1.0], [1.0]], 1.0)
    >>> errors = missing.imputation_errors(torch.tensor([[2.0, 3.0]]), missing.impute([[2.0, math.nan]], theta), theta)
    >>> errors.missing, round(errors.model, 6), errors.column_mean
    (1, 2.0, 3.0)
    """
    require_kind(filled, "filled", Filled, "what impute returns")
    theta, mean, sd = check_params(theta), field(filled.mean, "mean of filled"), field(filled.sd, "sd of filled")
    exact, gaps = as_data(truth, "truth", columns=len(theta.mean)), sd > 0
    if not exact.shape == mean.shape == sd.shape:
        raise DataError(f"truth has the shape {tuple(exact.shape)} where values of shape {tuple(mean.shape)} and "
                        f"deviations of shape {tuple(sd.shape)} were filled in: give the same rows")
    if not bool(gaps.any()):
        raise DataError("no value is missing: raise the share of values to erase")

    def rms(values: Tensor) -> float:
        size = values[gaps].abs().max().clamp_min(torch.finfo(torch.float64).tiny)      # squares can leave float64
        return float(size * ((values[gaps] / size) ** 2).mean().sqrt())

    return ImputationErrors(int(gaps.sum()), rms(mean - exact), rms(theta.mean - exact), rms(sd))

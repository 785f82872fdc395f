"""The PCA model with gaps in the data: EM on what was observed (NaN = missing at random).

Each row has its own posterior, from its observed coordinates only; each coordinate its own regression on z.
The expanded step also fits the mean and covariance of z and folds them back into mu and W.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.ppca.covariance_spectrum import as_data, check_q
from dgm.ppca.em_steps import LOG_2PI, check_noise
from dgm.ppca.model import Params


class Step(NamedTuple):
    """theta and its log-likelihood on the observed values, mean nats per row."""

    params: Params
    log_lik: float


class Filled(NamedTuple):
    """The data with the gaps filled by their conditional mean, and how sure the model is."""

    mean: Tensor      # (N, D)  observed values untouched
    sd: Tensor        # (N, D)  0 where observed
    z: Tensor         # (N, q)  posterior mean of z from the observed values


class _Rows(NamedTuple):
    """q(z) of every row given its observed coordinates."""

    mean: Tensor      # (N, q)
    cov: Tensor       # (N, q, q)
    log_prob: Tensor  # (N,)  log p(observed part)


def observed(x: Any) -> tuple[Tensor, Tensor]:
    """The data (N, D) and which values are there (N, D) bool. ValueError: a column without any value, Inf."""
    data = as_data(x, missing=True)
    there = ~torch.isnan(data)
    empty = (~there.any(0)).nonzero().flatten().tolist()
    if empty:
        raise ValueError(f"column {empty[0]} has no value at all: drop it, nothing can be learnt about it")
    return data, there


def _rows(centred: Tensor, there: Tensor, theta: Params) -> _Rows:
    """p(z | observed part of x) for every row; `centred` holds x - mu, 0 where missing."""
    W, sigma2 = theta.W, float(theta.sigma2)
    dim, q = W.shape
    pairs = (W[:, :, None] * W[:, None, :]).reshape(dim, q * q)
    M = (there.to(W.dtype) @ pairs).reshape(-1, q, q) + sigma2 * torch.eye(q, dtype=W.dtype)
    root = torch.linalg.cholesky(M)
    projected = centred @ W
    mean = torch.cholesky_solve(projected[..., None], root)[..., 0]
    log_det = 2 * root.diagonal(dim1=1, dim2=2).log().sum(1)
    count = there.sum(1, dtype=W.dtype)
    distance = ((centred**2).sum(1) - (projected * mean).sum(1)) / sigma2
    log_prob = -0.5 * (count * LOG_2PI + (count - q) * math.log(sigma2) + log_det + distance)
    return _Rows(mean, sigma2 * torch.cholesky_inverse(root), log_prob)


def _centre(data: Tensor, there: Tensor, mean: Tensor) -> Tensor:
    return torch.where(there, data - mean, 0.0)


def _m_step(centred: Tensor, there: Tensor, rows: _Rows, theta: Params, expanded: bool) -> Params:
    """Every coordinate's regression on (z, 1) over the rows that have it; then the noise; then the expansion."""
    n, q = rows.mean.shape
    z = torch.cat([rows.mean, torch.ones(n, 1, dtype=centred.dtype)], 1)
    second = z[:, :, None] * z[:, None, :]
    second[:, :q, :q] += rows.cov
    gram = (there.T.to(z.dtype) @ second.reshape(n, -1)).reshape(-1, q + 1, q + 1)
    cross = centred.T @ z
    weights = torch.linalg.solve(gram, cross[..., None])[..., 0]
    sigma2 = ((centred**2).sum() - (cross * weights).sum()) / there.sum()
    W, mean = weights[:, :q], theta.mean + weights[:, q]
    if expanded:
        centre = rows.mean.mean(0)
        root = torch.linalg.cholesky(second[:, :q, :q].mean(0) - torch.outer(centre, centre))
        W, mean = W @ root, mean + W @ centre
    return Params(mean, W, sigma2)


def _start(data: Tensor, there: Tensor, q: int, seed: int) -> tuple[Params, float]:
    """Column means, a random W at the data's scale, and the variance per coordinate."""
    count = there.sum(0)
    mean = torch.where(there, data, 0.0).sum(0) / count
    variance = float((_centre(data, there, mean) ** 2).sum() / count.sum())
    W = torch.randn(len(mean), q, generator=runtime.generator(seed), dtype=torch.float64)
    W = W * math.sqrt(variance / max(1, 2 * q))
    return Params(mean, W, torch.tensor(variance / 2, dtype=torch.float64)), variance


def iterate(x: Any, theta: Params, expanded: bool = True, variance: float = 1.0) -> Iterator[Step]:
    """Endless EM from `theta`. ValueError once the noise is rounding beside `variance`."""
    data, there = observed(x)
    while True:
        check_noise(float(theta.sigma2), variance, theta.W.shape[1])
        centred = _centre(data, there, theta.mean)
        rows = _rows(centred, there, theta)
        yield Step(theta, float(rows.log_prob.mean()))
        theta = _m_step(centred, there, rows, theta, expanded)


def em(x: Any, q: int, expanded: bool = True, seed: int = 0) -> Iterator[Step]:
    """Endless EM on data with gaps (NaN) from a random start; `log_lik` never decreases.

    x: (N, D); a step costs N x D x q^2. ValueError: a column without values, Inf, q outside 0..D-1, no noise left.
    """
    data, there = observed(x)
    check_q(q, data.shape[1] - 1)
    theta, variance = _start(data, there, q, seed)
    return iterate(data, theta, expanded, variance)


def fit(x: Any, q: int, seed: int = 0, tol: float = 1e-9, max_steps: int = 2000) -> Step:
    """The maximum reached by `em`: stops when a step gains less than `tol` nats per row, or after `max_steps`."""
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

    A row without any value is filled with mu and the model's own spread.
    """
    data = as_data(x, missing=True)
    there = ~torch.isnan(data)
    rows = _rows(_centre(data, there, theta.mean), there, theta)
    variance = torch.einsum("di,nij,dj->nd", theta.W, rows.cov, theta.W) + theta.sigma2
    filled = rows.mean @ theta.W.T + theta.mean
    return Filled(torch.where(there, data, filled), torch.where(there, 0.0, variance.sqrt()), rows.mean)

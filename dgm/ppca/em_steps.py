"""EM for the PCA model on the D x D covariance S: no N in the step (Tipping and Bishop 1999, appendix B).

E-step: q(z) = p(z | x, theta), seen through two averages over the data, E[(x - mu) z'] and E[z z'].
M-step: W and sigma^2 maximise L(q, theta). The expanded step also fits the prior's covariance and folds it
back into W (Liu, Rubin and Wu 1998): the same maximum, thousands of steps fewer when the noise is small.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import runtime
from dgm.ppca.covariance_spectrum import Scatter, as_data, check_q, scatter
from dgm.ppca.model import Params

LOG_2PI = math.log(2 * math.pi)
ROUNDING = 1e-13      # noise below this share of the variance per direction is rounding


class Moments(NamedTuple):
    """What the M-step needs of q(z): averages over the data of z's moments under q."""

    cross: Tensor    # (D, q)  E[(x - mu) z']
    second: Tensor   # (q, q)  E[z z']
    cov: Tensor      # (q, q)  covariance of q(z), the same for every x


class Step(NamedTuple):
    """One full EM step: theta that the E-step used and what it found."""

    params: Params
    moments: Moments
    log_lik: float   # mean log p(x | theta), nats per point; equal to L(q, theta) after this E-step


def e_step(data: Scatter, theta: Params) -> tuple[Moments, float]:
    """q(z) = p(z | x, theta) for all x at once, and the mean log-likelihood of theta in nats per point."""
    W, sigma2 = theta.W.numpy(), float(theta.sigma2)    # numpy: these matrices are so small that calls are the cost
    dim, q = W.shape
    SW = data.apply(W)
    M = W.T @ W
    M.flat[:: q + 1] += sigma2
    inverse = np.linalg.inv(M)
    gain = inverse @ (W.T @ SW)                                # M^-1 W'S W
    cov = sigma2 * inverse
    log_det = float(np.linalg.slogdet(M)[1]) + (dim - q) * math.log(sigma2)
    distance = (data.trace - float(gain.trace())) / sigma2     # tr(C^-1 S)
    tensors = (torch.from_numpy(value) for value in (SW @ inverse, cov + gain @ inverse, cov))
    return Moments(*tensors), -0.5 * (dim * LOG_2PI + log_det + distance)


def m_step(data: Scatter, moments: Moments, expanded: bool = False) -> Params:
    """theta = argmax L(q, theta): W = E[(x - mu) z'] E[z z']^-1, sigma^2 = what W leaves over, per direction."""
    cross, second = moments.cross.numpy(), moments.second.numpy()
    W = np.linalg.solve(second, cross.T).T
    sigma2 = (data.trace - float(np.vdot(cross, W))) / len(W)
    if expanded:
        W = W @ np.linalg.cholesky(second)
    return Params(data.mean, torch.from_numpy(W), torch.tensor(sigma2, dtype=torch.float64))


def bound(data: Scatter, moments: Moments, theta: Params) -> float:
    """L(q, theta) in nats per point for the q that `moments` describe: what each half-step raises."""
    dim, q = theta.W.shape
    sigma2 = float(theta.sigma2)
    misfit = data.trace - 2 * (moments.cross * theta.W).sum() + (moments.second * (theta.W.T @ theta.W)).sum()
    kl = 0.5 * (moments.second.trace() - q - torch.logdet(moments.cov))
    return float(-0.5 * (dim * (LOG_2PI + math.log(sigma2)) + misfit / sigma2) - kl)


def start(data: Scatter, q: int, seed: int = 0) -> Params:
    """A random start at the data's scale: W Gaussian, half of the variance left to the noise."""
    dim = len(data.mean)
    variance = data.trace / dim
    W = torch.randn(dim, q, generator=runtime.generator(seed), dtype=torch.float64)
    return Params(data.mean, W * math.sqrt(variance / max(1, 2 * q)), torch.tensor(variance / 2, dtype=torch.float64))


def check_noise(sigma2: float, variance: float, q: int) -> None:
    """ValueError once the noise variance is rounding beside the `variance` per direction."""
    if not sigma2 > ROUNDING * variance:
        raise ValueError(f"the noise variance has fallen to rounding (sigma^2 = {sigma2:.1e}): the data vary in {q} "
                         "directions or fewer, where the likelihood grows without bound; "
                         "choose a smaller q, or give points that differ")


def iterate(data: Scatter, theta: Params, expanded: bool = False) -> Iterator[Step]:
    """Endless EM from `theta`. ValueError once the noise is gone: the data fill no more than q directions."""
    dim, q = theta.W.shape
    while True:
        check_noise(float(theta.sigma2), data.trace / dim, q)
        moments, log_lik = e_step(data, theta)
        yield Step(theta, moments, log_lik)
        theta = m_step(data, moments, expanded)


def em(x: Any, q: int, expanded: bool = False, seed: int = 0) -> Iterator[Step]:
    """Endless EM from a random start; the caller decides when to stop. `log_lik` never decreases.

    x: (N, D), read once: a step costs D x D x q (N x D x q when N < D). `expanded` = parameter-expanded EM.
    Raises ValueError as `dgm.ppca.fit`: at once for bad data or q, during the run when no noise is left.
    """
    table = as_data(x)
    check_q(q, table.shape[1] - 1)
    data = scatter(table)
    return iterate(data, start(data, q, seed), expanded)

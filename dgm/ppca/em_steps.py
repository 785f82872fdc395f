"""EM for the PCA model on the D x D covariance S: no N in the step (Tipping and Bishop 1999, appendix B).

E-step: q(z) = p(z | x, theta), summarised by two averages over the data, E[(x - mu) z'] and E[z z'].
M-step: W and sigma^2 maximise L(q, theta). The expanded step also fits the prior's covariance and absorbs it
into W (Liu, Rubin and Wu 1998): the same maximum, thousands of steps fewer when the noise is small.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import runtime
from dgm.gaussian import log_normal_from_distance
from dgm.ppca.covariance_spectrum import Scatter, as_data, check_q, scatter
from dgm.ppca.model import Params

ROUNDING = 1e-13      # noise below this share of the variance per direction is rounding


class Moments(NamedTuple):
    """Sufficient statistics of the M-step: averages over the data of z's moments under q."""

    cross: Tensor    # (D, q)  E[(x - mu) z']
    second: Tensor   # (q, q)  E[z z']
    cov: Tensor      # (q, q)  covariance of q(z), the same for every x


class Step(NamedTuple):
    """One full EM step: theta that the E-step used and its results."""

    params: Params
    moments: Moments
    log_lik: float   # mean log p(x | theta), nats per point; equal to L(q, theta) after this E-step


def e_step(data: Scatter, theta: Params) -> tuple[Moments, float]:
    """q(z) = p(z | x, theta) for all x at once, and the mean log-likelihood of theta.

    Slide "EM algorithm"; Bishop, PRML, eqs. 12.54 and 12.55. theta with sigma2 > 0.
    Returns the averages that the M-step needs, and nats per point.

    >>> from dgm import ppca
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> moments, log_lik = ppca.e_step(ppca.scatter(x), ppca.fit(x, 1))
    >>> round(log_lik, 4)
    -2.8379
    """
    W, sigma2 = theta.W.numpy(), float(theta.sigma2)    # numpy: these matrices are so small that calls cost most
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
    return Moments(*tensors), log_normal_from_distance(distance, log_det, dim)


def m_step(data: Scatter, moments: Moments, expanded: bool = False) -> Params:
    """theta = argmax L(q, theta): W = E[(x - mu) z'] E[z z']^-1, sigma^2 = the mean residual variance per direction.

    Slide "EM algorithm"; Bishop, PRML, eqs. 12.56 and 12.57. `expanded` = parameter-expanded (Liu et al. 1998).
    At the maximum theta does not change:

    >>> from dgm import ppca
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> data, theta = ppca.scatter(x), ppca.fit(x, 1)
    >>> round(float(ppca.m_step(data, ppca.e_step(data, theta)[0]).sigma2), 6), float(theta.sigma2)
    (0.5, 0.5)
    """
    cross, second = moments.cross.numpy(), moments.second.numpy()
    W = np.linalg.solve(second, cross.T).T
    sigma2 = (data.trace - float(np.vdot(cross, W))) / len(W)
    if expanded:
        W = W @ np.linalg.cholesky(second)
    return Params(data.mean, torch.from_numpy(W), torch.tensor(sigma2, dtype=torch.float64))


def bound(data: Scatter, moments: Moments, theta: Params) -> float:
    """L(q, theta) for the q that `moments` describe, nats per point: each half-step increases it.

    E_q log p(x | z, theta) - KL(q, p(z)), slide "Variational lower bound". theta with sigma2 > 0.

    >>> from dgm import ppca
    >>> from dgm.ppca.em_steps import bound
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> data, theta = ppca.scatter(x), ppca.fit(x, 1)
    >>> round(bound(data, ppca.e_step(data, theta)[0], theta), 4)
    -2.8379
    """
    dim, q = theta.W.shape
    sigma2 = float(theta.sigma2)
    misfit = data.trace - 2 * (moments.cross * theta.W).sum() + (moments.second * (theta.W.T @ theta.W)).sum()
    kl = 0.5 * (moments.second.trace() - q - torch.logdet(moments.cov))
    return float(log_normal_from_distance(misfit / sigma2, dim * math.log(sigma2), dim) - kl)


def init(data: Scatter, q: int, seed: int = 0) -> Params:
    """A random start at the scale of the data: W Gaussian, half of the variance per direction as noise.

    Returns theta with W (D, q).

    >>> from dgm import ppca
    >>> from dgm.ppca.em_steps import init
    >>> theta = init(ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]), 1)
    >>> tuple(theta.W.shape), float(theta.sigma2)
    ((2, 1), 0.625)
    """
    dim = len(data.mean)
    variance = data.trace / dim
    W = torch.randn(dim, q, generator=runtime.generator(seed), dtype=torch.float64)
    return Params(data.mean, W * math.sqrt(variance / max(1, 2 * q)), torch.tensor(variance / 2, dtype=torch.float64))


def check_noise(sigma2: float, variance: float, q: int) -> None:
    """ValueError when the noise variance is rounding compared with the `variance` per direction.

    >>> from dgm.ppca.em_steps import check_noise
    >>> check_noise(1e-3, 1.0, q=1)
    """
    if not sigma2 > ROUNDING * variance:
        raise ValueError(f"the noise variance has fallen to rounding (sigma^2 = {sigma2:.1e}): the data vary in {q} "
                         "directions or fewer, where the likelihood grows without bound; "
                         "choose a smaller q, or give points that differ")


def iterate(data: Scatter, theta: Params, expanded: bool = False) -> Iterator[Step]:
    """Endless EM from `theta`: one `Step` per E-step.

    ValueError, during the run, when no noise is left: the data vary in no more than q directions.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.em_steps import init, iterate
    >>> data = ppca.scatter([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> [round(step.log_lik, 3) for step in islice(iterate(data, init(data, 1)), 40)][-1]
    -2.838
    """
    dim, q = theta.W.shape
    while True:
        check_noise(float(theta.sigma2), data.trace / dim, q)
        moments, log_lik = e_step(data, theta)
        yield Step(theta, moments, log_lik)
        theta = m_step(data, moments, expanded)


def em(x: Any, q: int, expanded: bool = False, seed: int = 0) -> Iterator[Step]:
    """Endless EM from a random start; stop it with `itertools.islice` or a test. `log_lik` never decreases.

    Slide "EM algorithm"; Tipping and Bishop 1999, appendix B. `expanded` = parameter-expanded EM.
    x: (N, D), read once: a step costs D x D x q (N x D x q when N < D). q: 0 .. D - 1.
    ValueError as `dgm.ppca.fit`: at once for bad data or q, during the run when no noise is left.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> steps = list(islice(ppca.em([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]], 1), 40))
    >>> round(steps[-1].log_lik, 3)
    -2.838
    """
    table = as_data(x)
    check_q(q, table.shape[1] - 1)
    data = scatter(table)
    return iterate(data, init(data, q, seed), expanded)

"""What a diagonal q(z) costs in the PCA model: nothing at the right rotation of W, nats at every other one.

The posterior precision is Lambda = I + W'W / sigma^2. The best q with independent coordinates has the same mean
and variances 1 / Lambda_ii, and KL(q, posterior) = 1/2 (sum_i log Lambda_ii - log det Lambda), for every x alike.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.ppca.covariance_spectrum import as_data
from dgm.ppca.model import Params, decode, log_prob, posterior, rotate, rotation


def precision(theta: Params) -> Tensor:
    """Lambda = I + W'W / sigma^2, (q, q). ValueError at sigma2 = 0, where the posterior is a point."""
    if not float(theta.sigma2) > 0:
        raise ValueError("at sigma2 = 0 the posterior is a point and has no precision: give sigma2 > 0")
    return torch.eye(theta.W.shape[1], dtype=torch.float64) + theta.W.T @ theta.W / theta.sigma2


def diagonal_gap(theta: Params) -> float:
    """KL(q, posterior) of the best diagonal q, nats per point: 0 iff W's columns are orthogonal."""
    Lambda = precision(theta)
    return max(0.0, float(0.5 * (Lambda.diagonal().log().sum() - torch.logdet(Lambda))))


def diagonal_bound(x: Any, theta: Params) -> Tensor:
    """max over diagonal q of L(q, theta) at every row of x, (N,) nats."""
    return log_prob(x, theta) - diagonal_gap(theta)


class Terms(NamedTuple):
    """The two terms of the best diagonal q's bound, mean nats per point; L = reconstruction - kl."""

    reconstruction: float   # E_q log p(x | z)
    kl: float               # KL(q || prior)


def terms(x: Any, theta: Params) -> Terms:
    """E_q log p(x | z) and KL(q, prior) of the best diagonal q: the posterior's mean, variances 1 / Lambda_ii."""
    data, mean = as_data(x), posterior(x, theta).mean
    dim, sigma2 = data.shape[1], float(theta.sigma2)
    variance = 1 / precision(theta).diagonal()
    misfit = ((data - decode(mean, theta)) ** 2).sum(1).mean() + (variance * (theta.W**2).sum(0)).sum()
    reconstruction = -0.5 * (dim * math.log(2 * math.pi * sigma2) + misfit / sigma2)
    kl = 0.5 * ((mean**2).mean(0) + variance - 1 - variance.log()).sum()
    return Terms(float(reconstruction), float(kl))


def gap_over_rotation(theta: Params, angles: Tensor, plane: tuple[int, int] = (0, 1)) -> Tensor:
    """`diagonal_gap` of W R(angle) for each of `angles` (A,) radians, while log p(x) does not move."""
    q = theta.W.shape[1]
    return torch.tensor([diagonal_gap(rotate(theta, rotation(float(angle), q, plane))) for angle in angles],
                        dtype=torch.float64)

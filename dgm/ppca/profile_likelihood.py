"""The PCA model's log-likelihood as a curve: over the noise, and over the direction of the plane.

Everything is in mean nats per point and comes from the eigenvalues lambda of S alone.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.ppca.covariance_spectrum import Spectrum

LOG_2PI = math.log(2 * math.pi)


class Turn(NamedTuple):
    """One latent axis turned through the data: what PCA maximises beside what the model maximises."""

    variance: Tensor     # (A,)  u'S u, variance of the projected data
    log_lik: Tensor      # (A,)  nats per point, with the best length and noise for that direction


def log_lik(spec: Spectrum, q: int, sigma2: float | Tensor | None = None) -> Tensor:
    """Mean max over W of log p(x | W, sigma^2), (...,) like `sigma2`; without it at the maximum-likelihood noise.

    -1/2 [D ln 2 pi + sum over kept (ln lambda_j + 1) + sum over dropped (ln sigma^2 + lambda_j / sigma^2)];
    a direction is kept if it is among the top q and lambda_j > sigma^2. -inf where sigma^2 = 0.
    """
    noise = torch.as_tensor(spec.noise(q) if sigma2 is None else sigma2, dtype=torch.float64)[..., None]
    values = spec.values
    kept = (torch.arange(len(values)) < q) & (values > noise)
    inside = values.clamp_min(torch.finfo(torch.float64).tiny).log() + 1
    outside = torch.where(noise > 0, noise.log() + values / noise, math.inf)
    return -0.5 * (len(values) * LOG_2PI + torch.where(kept, inside, outside).sum(-1))


def log_lik_fixed_plane(spec: Spectrum, q: int, sigma2: Tensor) -> Tensor:
    """The same with W held at its maximum-likelihood value while only the noise moves, (...,) like `sigma2`."""
    best = spec.noise(q)
    values = spec.values
    spread = torch.where(torch.arange(len(values)) < q, (values - best).clamp_min(0), 0.0)
    total = spread + torch.as_tensor(sigma2, dtype=torch.float64)[..., None]
    return -0.5 * (len(values) * LOG_2PI + (total.log() + values / total).sum(-1))


def active(spec: Spectrum, q: int, sigma2: float) -> int:
    """How many of q latent dimensions the best model keeps at this noise: #{j <= q: lambda_j > sigma^2}."""
    return int((spec.values[:q] > sigma2).sum())


def turn(spec: Spectrum, angles: Tensor, axes: tuple[int, int] = (0, 1)) -> Turn:
    """One latent dimension (q = 1) turned by `angles` (A,) from one eigenvector towards another.

    Both curves peak at the same angle: the likelihood is an increasing function of the projected variance v
    as long as v exceeds the noise, -1/2 [D ln 2 pi + ln v + (D-1) ln((tr S - v)/(D-1)) + D].
    """
    i, j = axes
    variance = spec.values[i] * torch.cos(angles) ** 2 + spec.values[j] * torch.sin(angles) ** 2
    dim, total = len(spec.values), spec.values.sum()
    length = torch.maximum(variance, total / dim)      # along a thin direction the best column of W is zero
    noise = (total - length) / (dim - 1)
    return Turn(variance, -0.5 * (dim * LOG_2PI + length.log() + (dim - 1) * noise.log() + dim))

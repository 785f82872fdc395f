"""What a trained VAE's latent space holds: pictures on a grid and along a line, neighbours, and how q(z) fits p(z)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.vae import training
from dgm.vae.model import LOG_2PI


class Manifold(NamedTuple):
    """Decoded latents on a grid, as on the page: z_1 grows to the right, z_2 upwards."""

    z: Tensor       # (rows, columns, L)
    images: Tensor  # (rows, columns, D) decoder means


def quantiles(side: int) -> Tensor:
    """The middles of `side` equally probable pieces of N(0, 1): (side,) float64, increasing."""
    return torch.special.ndtri((torch.arange(side, dtype=torch.float64) + 0.5) / side)


def manifold(checkpoint: training.Checkpoint, side: int = 15, axes: tuple[int, int] = (0, 1),
             at: Tensor | None = None) -> Manifold:
    """Decoder means where the prior has equal mass around each: two latents vary, the others stay at `at` (L,) or 0.

    With one latent the grid is one row.
    """
    latent = checkpoint.config.latent
    steps = quantiles(side)
    rows = steps.flip(0) if latent > 1 else steps[:1]
    z = torch.zeros(latent, dtype=torch.float64) if at is None else torch.as_tensor(at, dtype=torch.float64)
    z = z.repeat(len(rows), side, 1)
    if latent > 1:
        z[..., axes[1]] = rows[:, None]
    z[..., axes[0]] = steps
    images = training.decode(checkpoint, z.reshape(-1, latent))
    return Manifold(z, images.reshape(len(rows), side, -1))


def interpolate(checkpoint: training.Checkpoint, start: Tensor, end: Tensor, count: int = 11) -> tuple[Tensor, Tensor]:
    """From one image (D,) to another on a straight line between their latent means: z (count, L), images (count, D)."""
    mean = training.encode(checkpoint, torch.stack([torch.as_tensor(start), torch.as_tensor(end)])).mean
    share = torch.linspace(0, 1, count).to(mean)[:, None]
    z = (1 - share) * mean[0] + share * mean[1]
    return z, training.decode(checkpoint, z)


def density_of_means(means: Tensor, z: Tensor, radius: float = 0.25) -> Tensor:
    """How many latent means (N, L) lie within `radius` of each z (M, L): (M,) whole numbers; 0 is nowhere."""
    z = torch.as_tensor(z)
    return (torch.cdist(z, torch.as_tensor(means).to(z)) <= radius).sum(1)


class Surgery(NamedTuple):
    """mean KL(q(z | x), p(z)) = mutual + marginal (Hoffman and Johnson 2016), nats per image."""

    kl: float        # mean over the images
    mutual: float    # I_q(n; z), which image z came from; at most log N
    marginal: float  # KL(q(z), p(z)) of the aggregate q(z) = mean of q(z | x_n)
    error: float     # standard error of mutual and of marginal


@torch.no_grad()
def surgery(checkpoint: training.Checkpoint, x: Tensor, samples: int = 8, seed: int = 0) -> Surgery:
    """The KL of images x (N, D) taken apart, by `samples` draws z ~ q(z | x_n) of each image."""
    q = training.Posterior(*(part.double().cpu() for part in training.encode(checkpoint, x)))
    g = runtime.generator(seed)
    draws = []
    for _ in range(samples):
        z = q.draw(torch.randn(q.mean.shape, generator=g, dtype=torch.float64))
        draws.append(q.log_prob(z) - aggregate(q, z))
    mutual = torch.stack(draws)
    kl = training.kl_to_prior(q).mean().item()
    return Surgery(kl, mutual.mean().item(), kl - mutual.mean().item(), mutual.std().item() / math.sqrt(mutual.numel()))


def aggregate(q: training.Posterior, z: Tensor) -> Tensor:
    """log q(z) = log 1/N sum_n q(z | x_n) at z (M, L): (M,) nats."""
    # |z - mu|^2 / sigma^2 multiplied out, so that M x N pairs are three matrix products.
    precision = (-q.log_var).exp()
    square = z**2 @ precision.T - 2 * z @ (q.mean * precision).T + (q.mean**2 * precision).sum(1)
    log_prob = -0.5 * (square + (q.log_var + LOG_2PI).sum(1))
    return torch.logsumexp(log_prob, 1) - math.log(len(q.mean))

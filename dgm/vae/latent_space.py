"""The latent space of a trained VAE: decoded grids and lines, and how well the aggregate q(z) fits p(z).

Shapes: N images of D pixels, L latents.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gaussian import log_normal_from_distance
from dgm.vae.inference import decode, encode
from dgm.vae.model import Checkpoint, Posterior, kl_to_prior


class Manifold(NamedTuple):
    """Decoded latents on a grid laid out as in a plot: z_1 grows to the right, z_2 upwards."""

    z: Tensor       # (rows, columns, L) float64
    images: Tensor  # (rows, columns, D) decoder means


def quantiles(side: int) -> Tensor:
    """The medians of `side` equally probable pieces of N(0, 1): (side,) float64, increasing.

    >>> quantiles(3).round(decimals=2).tolist()
    [-0.97, 0.0, 0.97]
    """
    return torch.special.ndtri((torch.arange(side, dtype=torch.float64) + 0.5) / side)


def manifold(checkpoint: Checkpoint, side: int = 15, axes: tuple[int, int] = (0, 1),
             at: Tensor | None = None) -> Manifold:
    """Decoder means at points around each of which the prior has equal mass (slide "Generation objects").

    side: points along each axis. axes: the two latents that vary, counted from 0; the others are fixed at `at` (L,),
    or 0. With one latent the grid is one row. Source: Kingma and Welling 2014, figure 4.

    >>> from dgm import vae
    >>> tuple(vae.manifold(vae.pretrained("digits"), 5).images.shape)
    (5, 5, 64)
    """
    latent = checkpoint.config.latent
    steps = quantiles(side)
    rows = steps.flip(0) if latent > 1 else steps[:1]
    z = torch.zeros(latent, dtype=torch.float64) if at is None else torch.as_tensor(at, dtype=torch.float64)
    z = z.repeat(len(rows), side, 1)
    if latent > 1:
        z[..., axes[1]] = rows[:, None]
    z[..., axes[0]] = steps
    images = decode(checkpoint, z.reshape(-1, latent))
    return Manifold(z, images.reshape(len(rows), side, -1))


def interpolate(checkpoint: Checkpoint, start: Tensor, end: Tensor, count: int = 11) -> tuple[Tensor, Tensor]:
    """Decoder means on the straight line between two images' latent means.

    start, end: images (D,). Returns z (count, L) and images (count, D); the first and the last are the reconstructions.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> z, images = vae.interpolate(vae.pretrained("digits"), x[0], x[1], 7)
    >>> tuple(z.shape), tuple(images.shape)
    ((7, 2), (7, 64))
    """
    mean = encode(checkpoint, torch.stack([torch.as_tensor(start), torch.as_tensor(end)])).mean
    share = torch.linspace(0, 1, count).to(mean)[:, None]
    z = (1 - share) * mean[0] + share * mean[1]
    return z, decode(checkpoint, z)


class ElboSurgery(NamedTuple):
    """mean KL(q(z | x), p(z)) = mutual + marginal (Hoffman and Johnson 2016), nats per image."""

    kl: float        # mean over the images
    mutual: float    # I_q(n; z), information about which image z came from; at most log N
    marginal: float  # KL(q(z), p(z)) of the aggregate q(z) = mean of q(z | x_n)
    error: float     # standard error of mutual and of marginal


@torch.no_grad()
def elbo_surgery(checkpoint: Checkpoint, x: Tensor, samples: int = 8, seed: int = 0) -> ElboSurgery:
    """The mean KL of images x (N, D) split into mutual information and KL of the aggregate posterior.

    samples: draws z ~ q(z | x_n) of each image. Source: Hoffman and Johnson 2016.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> parts = vae.elbo_surgery(vae.pretrained("digits"), x)
    >>> round(parts.kl - parts.mutual - parts.marginal, 9)
    0.0
    """
    q = Posterior(*(part.double().cpu() for part in encode(checkpoint, x)))
    g = runtime.generator(seed)
    draws = []
    for _ in range(samples):
        z = q.draw(torch.randn(q.mean.shape, generator=g, dtype=torch.float64))
        draws.append(q.log_prob(z) - log_aggregate(q, z))
    mutual = torch.stack(draws)
    kl, mean = kl_to_prior(q).mean().item(), mutual.mean().item()
    return ElboSurgery(kl, mean, kl - mean, mutual.std().item() / math.sqrt(mutual.numel()))


def log_aggregate(q: Posterior, z: Tensor) -> Tensor:
    """log q(z) = log 1/N sum_n q(z | x_n), the aggregate posterior, at z (M, L): (M,) nats. q: (N, L) each.

    >>> from dgm import vae
    >>> q = vae.Posterior(torch.zeros(3, 1), torch.zeros(3, 1))
    >>> log_aggregate(q, torch.zeros(1, 1))
    tensor([-0.9189])
    """
    # |z - mu|^2 / sigma^2 multiplied out, so that M x N pairs are three matrix products.
    precision = (-q.log_var).exp()
    distance = z**2 @ precision.T - 2 * z @ (q.mean * precision).T + (q.mean**2 * precision).sum(1)
    log_prob = log_normal_from_distance(distance, q.log_var.sum(1), z.shape[1])
    return torch.logsumexp(log_prob, 1) - math.log(len(q.mean))

"""The latent space of a trained VAE: decoded grids and lines, how far apart codes lie, and how well q(z) fits p(z).

Shapes: N images of D pixels, L latents. Each function raises ArgumentError or DataError for a checkpoint, images or
numbers that do not fit.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_matrix, as_number, as_seed, as_tensor
from dgm.errors import ArgumentError
from dgm.gaussian import log_normal_from_distance
from dgm.vae.borders import MAX_COUNT, as_latent
from dgm.vae.inference import decode, encode
from dgm.vae.model import Checkpoint, Posterior, as_checkpoint, as_posterior, image_for, kl_to_prior

MAX_SIDE = 200       # images along a side of a manifold
SPACING_ROWS = 500   # codes whose nearest neighbours decide the spacing


class Manifold(NamedTuple):
    """Decoded latents on a grid laid out as in a plot: z_1 grows to the right, z_2 upwards."""

    z: Tensor       # (rows, columns, L) float64
    images: Tensor  # (rows, columns, D) decoder means


def quantiles(side: int) -> Tensor:
    """The medians of `side` equally probable pieces of N(0, 1): (side,) float64, increasing.

    >>> quantiles(3).round(decimals=2).tolist()
    [-0.97, 0.0, 0.97]
    """
    side = as_integer(side, "side", 1, MAX_COUNT)
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
    latent = as_checkpoint(checkpoint).config.latent
    side, axes = as_integer(side, "side", 1, MAX_SIDE), _axes(axes, latent)
    steps = quantiles(side)
    rows = steps.flip(0) if latent > 1 else steps[:1]
    z = torch.zeros(latent, dtype=torch.float64) if at is None else as_latent(at, latent, "at")
    z = z.repeat(len(rows), side, 1)
    if latent > 1:
        z[..., axes[1]] = rows[:, None]
    z[..., axes[0]] = steps
    images = decode(checkpoint, z.reshape(-1, latent))
    return Manifold(z, images.reshape(len(rows), side, -1))


def _axes(axes: tuple[int, int], latent: int) -> tuple[int, int]:
    """Two different latents of a model; with one latent, only the first counts."""
    pair = as_tensor(axes, "axes", finite=False)
    if tuple(pair.shape) != (2,):
        raise ArgumentError(f"axes has the shape {tuple(pair.shape)}: give two latents such as (0, 1)")
    if latent == 1:
        return as_integer(pair[0], "the first of axes", 0, 0), 0
    first, second = (as_integer(axis, f"the {place} of axes", 0, latent - 1)
                     for axis, place in zip(pair, ("first", "second"), strict=True))
    if first == second:
        raise ArgumentError(f"axes names latent {first} twice: choose two different latents")
    return first, second


def interpolate(checkpoint: Checkpoint, start: Tensor, end: Tensor, count: int = 11) -> tuple[Tensor, Tensor]:
    """Decoder means on the straight line between two images' latent means.

    start, end: images (D,). count: 2 or more. Returns z (count, L) and images (count, D); the first and the last are
    the reconstructions.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> z, images = vae.interpolate(vae.pretrained("digits"), x[0], x[1], 7)
    >>> tuple(z.shape), tuple(images.shape)
    ((7, 2), (7, 64))
    """
    checkpoint, count = as_checkpoint(checkpoint), as_integer(count, "count", 2, MAX_SIDE**2)
    ends = image_for(checkpoint, start, "start"), image_for(checkpoint, end, "end")
    mean = torch.cat([encode(checkpoint, image).mean for image in ends])
    share = torch.linspace(0, 1, count, dtype=torch.float32).to(mean)[:, None]
    z = (1 - share) * mean[0] + share * mean[1]
    return z, decode(checkpoint, z)


def code_spacing(means: Tensor, share: float = 0.99) -> float:
    """The distance within which a share of codes has another code: it means the same in every dimension.

    A fixed distance does not: among 4,000 draws from N(0, I) the nearest one lies about 0.04 away with 2 latents and
    2 away with 16. means: (N, L) latent means, N >= 2, of which the first 500 are compared with all. share: 0 to 1.

    >>> code_spacing(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    5.0
    """
    means, share = as_matrix(means, "means", rows=2), as_number(share, "share", 0, 1)
    scale = means.abs().max().clamp_min(1e-300)   # so that no square overflows
    distance = torch.cdist(means[:SPACING_ROWS] / scale, means / scale)
    distance.fill_diagonal_(math.inf)
    return (distance.min(dim=1).values.quantile(share) * scale).item()


def code_width(q: Posterior) -> float:
    """How far z ~ q(z | x) lies from the mean of q(z | x): the root mean square over all images.

    >>> code_width(Posterior(torch.zeros(3, 4), torch.zeros(3, 4)))      # of N(0, 1) in four dimensions
    2.0
    """
    return as_posterior(q).log_var.double().exp().sum(1).mean().sqrt().item()


def near_among(q: Posterior) -> float:
    """The latent distance within which the code of one of these images is near, meaning the same for every L.

    It is `code_spacing` of the latent means: 99 of 100 images have another one's mean as near as that. Where q(z | x)
    is wider than the means lie apart, as after posterior collapse, it is `code_width`: the decoder was trained on z as
    far from a mean as that.

    >>> near_among(Posterior(torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.zeros(2, 2)))
    5.0
    """
    q = as_posterior(q)
    return max(code_spacing(q.mean), code_width(q))


class ElboSurgery(NamedTuple):
    """mean KL(q(z | x), p(z)) = mutual + marginal (Hoffman and Johnson 2016), nats per image."""

    kl: float        # mean over the images
    mutual: float    # I_q(n; z), information about which image z came from; at most log N
    marginal: float  # KL(q(z), p(z)) of the aggregate q(z) = mean of q(z | x_n)
    error: float     # standard error of mutual and of marginal over seeds; with one draw of each image at most that


@torch.no_grad()
def elbo_surgery(checkpoint: Checkpoint, x: Tensor, samples: int = 8, seed: int = 0) -> ElboSurgery:
    """The mean KL of images x (N, D) split into mutual information and KL of the aggregate posterior.

    samples: draws z ~ q(z | x_n) of each of the N images, in all at least 2.
    error: the images are fixed, so that only the draws of an image among themselves vary: sqrt(mean_n s_n^2 / (N S)),
    with the variance s_n^2 of image n's S draws. One draw has none: then the variance is that over the images, an upper
    estimate. Source: Hoffman and Johnson 2016.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> parts = vae.elbo_surgery(vae.pretrained("digits"), x)
    >>> round(parts.kl - parts.mutual - parts.marginal, 9)
    0.0
    """
    samples = as_integer(samples, "samples", 1, MAX_COUNT)
    q = Posterior(*(part.double().cpu() for part in encode(checkpoint, x)))
    g = runtime.generator(as_seed(seed))
    draws = []
    for _ in range(samples):
        z = q.draw(torch.randn(q.mean.shape, generator=g, dtype=torch.float64))
        draws.append(q.log_prob(z) - log_aggregate(q, z))
    mutual = torch.stack(draws)
    kl, mean = kl_to_prior(q).mean().item(), mutual.mean().item()
    variance = mutual.var(0).mean() if samples > 1 else mutual.var()
    return ElboSurgery(kl, mean, kl - mean, math.sqrt(variance.item() / mutual.numel()))


def log_aggregate(q: Posterior, z: Tensor) -> Tensor:
    """log q(z) = log 1/N sum_n q(z | x_n), the aggregate posterior, at z (M, L): (M,) nats. q: (N, L) each.

    >>> from dgm import vae
    >>> q = vae.Posterior(torch.zeros(3, 1), torch.zeros(3, 1))
    >>> log_aggregate(q, torch.zeros(1, 1))
    tensor([-0.9189])
    """
    q, z = as_posterior(q), as_matrix(z, "z", columns=as_posterior(q).mean.shape[-1]).to(as_posterior(q).mean)
    # |z - mu|^2 / sigma^2 multiplied out, so that M x N pairs are three matrix products.
    precision = (-q.log_var).exp()
    distance = z**2 @ precision.T - 2 * z @ (q.mean * precision).T + (q.mean**2 * precision).sum(1)
    log_prob = log_normal_from_distance(distance, q.log_var.sum(1), z.shape[1])
    return torch.logsumexp(log_prob, 1) - math.log(len(q.mean))

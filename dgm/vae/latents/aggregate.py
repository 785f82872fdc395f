"""The aggregate posterior q(z) = 1/N sum_n q(z | x_n) of a VAE beside its prior (Hoffman and Johnson 2016).

    mean_n KL(q(z | x_n) || p(z)) = I_q(n; z) + KL(q(z) || p(z)),     0 <= I_q(n; z) <= log N

I_q is what z says about which image it came from. Samples of the model begin with z ~ p(z), but the decoder was trained
on z ~ q(z): the second term is how far these two are apart. Shapes: N images of D pixels, L latents. Float64, nats.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed
from dgm.errors import ArgumentError
from dgm.gaussian import log_standard_normal
from dgm.vae.borders import MAX_COUNT
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS, MAX_SIDE
from dgm.vae.inference import encode
from dgm.vae.latent_space import elbo_surgery, log_aggregate
from dgm.vae.model import Checkpoint, Posterior, as_checkpoint, kl_to_prior

STEP, REACH = 0.4, 7.6    # of the points of an integral, in standard deviations of q(z | x_n)
LEAST = 1e-11        # weight of a point
BLOCK = 4096         # latents whose density is computed at a time
MAX_RADIUS = 100.0


class Surgery(NamedTuple):
    """The mean KL of N images and its two parts, nats."""

    kl: float          # mean over the images, closed form
    mutual: float      # I_q(n; z)
    marginal: float    # KL(q(z) || p(z))
    limit: float       # log N, which I_q does not exceed
    error: float       # |kl - mutual - marginal| of two integrals, or the standard error of either part


class Densities(NamedTuple):
    """Prior and aggregate posterior on a grid of the plane of two latents."""

    z1: Tensor           # (G,)
    z2: Tensor           # (G,)
    prior: Tensor        # (G, G) as [z_2, z_1]
    aggregate: Tensor    # (G, G)


class Draws(NamedTuple):
    """Latents drawn from both, (M, L) each."""

    prior: Tensor
    aggregate: Tensor


@torch.no_grad()
def surgery(checkpoint: Checkpoint, x: Tensor) -> Surgery:
    """The mean KL of images x (N, D) in its two parts.

    With 1 or 2 latents each part is integrated on its own, at different points, so that `error` checks both; the work
    grows with N^2: about two seconds for 300 images. With more latents `vae.elbo_surgery` draws.
    DataError for other images.

    >>> from dgm import vae
    >>> from dgm.vae.latents import aggregate
    >>> parts = aggregate.surgery(vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test[:50])
    >>> parts.error < 1e-6, parts.mutual < parts.limit
    (True, True)
    """
    q = _in_float64(encode(checkpoint, x))
    count, latent = q.mean.shape
    if latent > INTEGRABLE_LATENTS:
        sampled = elbo_surgery(checkpoint, x)
        return Surgery(sampled.kl, sampled.mutual, sampled.marginal, math.log(count), sampled.error)
    kl, mutual, marginal = kl_to_prior(q).mean().item(), _mutual(q), _marginal(q)
    return Surgery(kl, mutual, marginal, math.log(count), abs(kl - mutual - marginal))


def _mutual(q: Posterior) -> float:
    """I_q = mean_n E_q(z | x_n) [log q(z | x_n) - log q(z)]."""
    eps, weight = _lattice(q.mean.shape[1], 0.0)
    return _mean(q, eps, weight, lambda z: q.log_prob(z) - _log_aggregate(q, z))


def _marginal(q: Posterior) -> float:
    """KL(q(z) || p(z)) = mean_n E_q(z | x_n) [log q(z) - log p(z)], at other points than `_mutual`."""
    eps, weight = _lattice(q.mean.shape[1], 0.5)
    return _mean(q, eps, weight, lambda z: _log_aggregate(q, z) - log_standard_normal(z))


def _lattice(latent: int, shift: float) -> tuple[Tensor, Tensor]:
    """Points eps (K, L) and weights (K,) of the trapezoid rule for E f(eps), eps ~ N(0, I).

    For a Gaussian times a smooth f its error falls faster than any power of the step, and log q(z) has bends at which
    Gauss-Hermite quadrature, exact for polynomials, is no better. shift: of the points, in steps.
    """
    steps = torch.arange(-REACH + shift * STEP, REACH + STEP / 2, STEP, dtype=torch.float64)
    eps = torch.cartesian_prod(*[steps] * latent).reshape(-1, latent)
    weight = log_standard_normal(eps).exp() * STEP**latent
    eps, weight = eps[weight > LEAST], weight[weight > LEAST]
    return eps, weight / weight.sum()


def _mean(q: Posterior, eps: Tensor, weight: Tensor, value: Callable[[Tensor], Tensor]) -> float:
    """The mean over images and nodes eps (K, L) of value(z (K, N, L)) (K, N)."""
    return (weight @ value(q.draw(eps[:, None]))).mean().item()


def _log_aggregate(q: Posterior, z: Tensor) -> Tensor:
    """log q(z) at z (..., L)."""
    parts = [log_aggregate(q, block) for block in torch.split(z.reshape(-1, z.shape[-1]), BLOCK)]
    return torch.cat(parts).reshape(z.shape[:-1])


def _in_float64(q: Posterior) -> Posterior:
    return Posterior(*(part.double().cpu() for part in q))


@torch.no_grad()
def densities(checkpoint: Checkpoint, x: Tensor, side: int = 61, radius: float = 4.0) -> Densities:
    """Densities of prior and aggregate posterior of images x (N, D) on `side` by `side` points from -radius to radius.

    ArgumentError unless the model has 2 latents, side is 2 to 1000 and radius above 0, at most 100.

    >>> from dgm import vae
    >>> from dgm.vae.latents import aggregate
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> found = aggregate.densities(vae.pretrained("digits"), x, side=41)
    >>> round((found.aggregate.sum() * 0.2**2).item(), 1)
    1.0
    """
    checkpoint, side = as_checkpoint(checkpoint), as_integer(side, "side", 2, MAX_SIDE)
    radius = as_number(radius, "radius", above=0, high=MAX_RADIUS)
    if checkpoint.config.latent != 2:
        raise ArgumentError(f"a plane has 2 latents and this model has {checkpoint.config.latent}: use a model with 2")
    q = _in_float64(encode(checkpoint, x))
    along = torch.linspace(-radius, radius, side, dtype=torch.float64)
    z = torch.stack(torch.meshgrid(along, along, indexing="xy"), -1)
    return Densities(along, along.clone(), log_standard_normal(z).exp(), _log_aggregate(q, z).exp())


@torch.no_grad()
def draws(checkpoint: Checkpoint, x: Tensor, count: int, seed: int = 0) -> Draws:
    """`count` latents from the prior and from the aggregate posterior of images x (N, D), with the same noise.

    Returns (count, L) each in the model's dtype, for `vae.decode`. ArgumentError for count < 1.

    >>> from dgm import vae
    >>> from dgm.vae.latents import aggregate
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> [tuple(z.shape) for z in aggregate.draws(vae.pretrained("digits"), x, 5)]
    [(5, 2), (5, 2)]
    """
    checkpoint, count = as_checkpoint(checkpoint), as_integer(count, "count", 1, MAX_COUNT)
    q = encode(checkpoint, x)
    g = runtime.generator(as_seed(seed))
    rows = torch.randint(len(q.mean), (count,), generator=g).to(q.mean.device)
    eps = torch.randn(count, q.mean.shape[1], generator=g, dtype=torch.float32).to(q.mean)
    return Draws(eps, Posterior(q.mean[rows], q.log_var[rows]).draw(eps))

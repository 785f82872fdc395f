"""What a trained VAE computes: q(z | x), decoded images, samples, the bound and its importance weighted version.

Shapes: N images of D pixels, L latents. Log-likelihoods in nats per image. Tables, arrays and tensors of any dtype are
accepted; results have the dtype and the device of the model's parameters. No function tracks gradients.
Each raises ArgumentError or DataError for a checkpoint, images or numbers that do not fit.
"""

import math

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_flag, as_integer, as_seed
from dgm.gaussian import log_standard_normal
from dgm.vae.borders import MAX_COUNT, as_latents
from dgm.vae.model import (
    GRADIENTS,
    LIKELIHOODS,
    Checkpoint,
    Posterior,
    as_checkpoint,
    images_for,
    kl_to_prior,
    layers,
    posterior,
    reconstruction,
)


@torch.no_grad()
def encode(checkpoint: Checkpoint, x: Tensor) -> Posterior:
    """q(z | x, phi) (slide "Variational autoencoder (VAE)"). x: (N, D) images; mean and log_var are (N, L).

    >>> import torch
    >>> from dgm import vae
    >>> tuple(vae.encode(vae.pretrained("digits"), torch.zeros(3, 64)).mean.shape)
    (3, 2)
    """
    checkpoint = as_checkpoint(checkpoint)
    return posterior(checkpoint.params, _images(checkpoint, x))


@torch.no_grad()
def decode(checkpoint: Checkpoint, z: Tensor) -> Tensor:
    """E[x | z, theta], for the Bernoulli decoder the probability of ink. z: (..., N, L); the result is (..., N, D).

    >>> import torch
    >>> from dgm import vae
    >>> tuple(vae.decode(vae.pretrained("digits"), torch.zeros(3, 2)).shape)
    (3, 64)
    """
    checkpoint = as_checkpoint(checkpoint)
    latents = as_latents(z, checkpoint.config.latent).to(_like(checkpoint))
    output = layers(checkpoint.params, "decoder", latents)
    return LIKELIHOODS[checkpoint.config.likelihood].mean(output)


@torch.no_grad()
def sample(checkpoint: Checkpoint, count: int, seed: int = 0, pixels: bool = False) -> Tensor:
    """Mean images E[x | z] of draws z ~ N(0, I), or with pixels=True draws x ~ p(x) (slide "Generation objects").

    Returns (count, D). By default the noise of p(x | z) is left out, so that the images are no draws of x.
    pixels: each pixel is drawn from p(x | z): draws of x, as from `gmm.sample` and `ppca.sample`. The same seed gives
    the same z in both.

    >>> from dgm import vae
    >>> vae.sample(vae.pretrained("digits"), 5, pixels=True).unique()
    tensor([0., 1.])
    """
    checkpoint, count = as_checkpoint(checkpoint), as_integer(count, "count", 0, MAX_COUNT)
    g = runtime.generator(as_seed(seed))
    mean = decode(checkpoint, torch.randn(count, checkpoint.config.latent, generator=g, dtype=torch.float32))
    if not as_flag(pixels, "pixels"):
        return mean
    if checkpoint.config.likelihood == "bernoulli":
        return (torch.rand(mean.shape, generator=g, dtype=torch.float32).to(mean) < mean).to(mean)
    return mean + checkpoint.config.sigma2**0.5 * _noise(g, mean)


@torch.no_grad()
def elbo_terms(checkpoint: Checkpoint, x: Tensor, *, samples: int = 1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The two terms of the bound, L = E_q log p(x | z) - KL(q(z | x) || p(z)) (slide "Final algorithm").

    x: (N, D) images. Returns (reconstruction, kl), each (N,) nats per image. The reconstruction is the mean of
    `samples` draws, or exact for a linear Gaussian decoder with gradient="exact"; the KL is exact, without beta.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> recon, kl = vae.elbo_terms(vae.pretrained("digits"), x)
    >>> round((recon - kl).mean().item())
    -20
    """
    checkpoint, samples = as_checkpoint(checkpoint), as_integer(samples, "samples", 1, MAX_COUNT)
    x = _images(checkpoint, x)
    q = posterior(checkpoint.params, x)
    g = runtime.generator(as_seed(seed))
    rounds = 1 if checkpoint.config.gradient == "exact" else samples
    recon = x.new_zeros(len(x))
    for _ in range(rounds):
        eps = _noise(g, q.mean)
        recon += GRADIENTS[checkpoint.config.gradient](checkpoint.params, checkpoint.config, x, q, eps)[0]
    return recon / rounds, kl_to_prior(q)


@torch.no_grad()
def iwae_bound(checkpoint: Checkpoint, x: Tensor, samples: int = 50, seed: int = 0) -> Tensor:
    """The importance weighted bound log 1/K sum_k p(x, z_k) / q(z_k | x), z_k ~ q(z | x), K = `samples`.

    On average it grows with K from the bound L (K = 1) towards log p(x).
    x: (N, D) images. Returns (N,) float64 nats. Source: Burda, Grosse and Salakhutdinov 2016.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> round(vae.iwae_bound(vae.pretrained("digits"), x, 50).mean().item())
    -19
    """
    checkpoint, samples = as_checkpoint(checkpoint), as_integer(samples, "samples", 1, MAX_COUNT)
    x = _images(checkpoint, x)
    q = posterior(checkpoint.params, x)
    g = runtime.generator(as_seed(seed))
    total = torch.full((len(x),), -math.inf, dtype=torch.float64)
    for _ in range(samples):
        z = q.draw(_noise(g, q.mean))
        log_joint = reconstruction(checkpoint.params, checkpoint.config, x, z) + log_standard_normal(z)
        total = torch.logaddexp(total, (log_joint - q.log_prob(z)).double().cpu())
    return total - math.log(samples)


def _like(checkpoint: Checkpoint) -> Tensor:
    """A tensor with the dtype and the device of the model's parameters."""
    return checkpoint.params["decoder.out.bias"]


def _images(checkpoint: Checkpoint, x: Tensor) -> Tensor:
    return images_for(checkpoint, x).to(_like(checkpoint)).contiguous()   # whose products have the same last bits


def _noise(g: torch.Generator, like: Tensor) -> Tensor:
    """eps ~ N(0, I) in float32, whatever torch's default dtype is, then with the dtype and the device of `like`."""
    return torch.randn(like.shape, generator=g, dtype=torch.float32).to(like)

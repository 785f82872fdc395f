"""What a trained VAE computes: q(z | x), decoded images, samples, the bound and its importance weighted version.

Shapes: N images of D pixels, L latents. Log-likelihoods in nats per image. Tensors and numpy arrays of any dtype are
accepted; results have the dtype and the device of the model's parameters. No function tracks gradients.
"""

import math

import torch
from torch import Tensor

from dgm import runtime
from dgm.gaussian import log_standard_normal
from dgm.vae.model import GRADIENTS, LIKELIHOODS, Checkpoint, Posterior, kl_to_prior, layers, posterior, reconstruction


@torch.no_grad()
def encode(checkpoint: Checkpoint, x: Tensor) -> Posterior:
    """q(z | x, phi) (slide "Variational autoencoder (VAE)"). x: (N, D) images; mean and log_var are (N, L).

    >>> import torch
    >>> from dgm import vae
    >>> tuple(vae.encode(vae.pretrained("digits"), torch.zeros(3, 64)).mean.shape)
    (3, 2)
    """
    return posterior(checkpoint.params, _as_params(checkpoint, x))


@torch.no_grad()
def decode(checkpoint: Checkpoint, z: Tensor) -> Tensor:
    """E[x | z, theta], for the Bernoulli decoder the probability of ink. z: (N, L); the result is (N, D).

    >>> import torch
    >>> from dgm import vae
    >>> tuple(vae.decode(vae.pretrained("digits"), torch.zeros(3, 2)).shape)
    (3, 64)
    """
    output = layers(checkpoint.params, "decoder", _as_params(checkpoint, z))
    return LIKELIHOODS[checkpoint.config.likelihood].mean(output)


@torch.no_grad()
def sample(checkpoint: Checkpoint, count: int, seed: int = 0, pixels: bool = False) -> Tensor:
    """Images of the model: z ~ N(0, I), decoded (slide "Generation objects").

    Returns (count, D): E[x | z], or with `pixels` a draw x ~ p(x | z). The same seed gives the same z in both.

    >>> from dgm import vae
    >>> vae.sample(vae.pretrained("digits"), 5, pixels=True).unique()
    tensor([0., 1.])
    """
    g = runtime.generator(seed)
    mean = decode(checkpoint, torch.randn(count, checkpoint.config.latent, generator=g))
    if not pixels:
        return mean
    if checkpoint.config.likelihood == "bernoulli":
        return (torch.rand(mean.shape, generator=g).to(mean) < mean).to(mean)
    return mean + checkpoint.config.sigma2**0.5 * torch.randn(mean.shape, generator=g).to(mean)


@torch.no_grad()
def elbo_terms(checkpoint: Checkpoint, x: Tensor, seed: int = 0, samples: int = 1) -> tuple[Tensor, Tensor]:
    """The two terms of the bound, L = E_q log p(x | z) - KL(q(z | x) || p(z)) (slide "Final algorithm").

    x: (N, D) images. Returns (reconstruction, kl), each (N,) nats per image. The reconstruction is the mean of
    `samples` draws, or exact for a linear Gaussian decoder with gradient="exact"; the KL is exact, without beta.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> recon, kl = vae.elbo_terms(vae.pretrained("digits"), x)
    >>> round((recon - kl).mean().item())
    -20
    """
    x = _as_params(checkpoint, x)
    q = posterior(checkpoint.params, x)
    g = runtime.generator(seed)
    rounds = 1 if checkpoint.config.gradient == "exact" else samples
    recon = torch.zeros(len(x)).to(x)
    for _ in range(rounds):
        eps = torch.randn(q.mean.shape, generator=g).to(x)
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
    x = _as_params(checkpoint, x)
    q = posterior(checkpoint.params, x)
    g = runtime.generator(seed)
    total = torch.full((len(x),), -math.inf, dtype=torch.float64)
    for _ in range(samples):
        z = q.draw(torch.randn(q.mean.shape, generator=g).to(x))
        log_joint = reconstruction(checkpoint.params, checkpoint.config, x, z) + log_standard_normal(z)
        total = torch.logaddexp(total, (log_joint - q.log_prob(z)).double().cpu())
    return total - math.log(samples)


def _as_params(checkpoint: Checkpoint, x: Tensor) -> Tensor:
    """x with the dtype and the device of the model's parameters."""
    return torch.as_tensor(x).to(next(iter(checkpoint.params.values())))

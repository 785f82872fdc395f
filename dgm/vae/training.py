"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm").

    z ~ N(0, I),   x | z ~ Bernoulli(decoder(z)),   q(z | x, phi) = N(mu(x), diag sigma^2(x))
    L(phi, theta) = E_q log p(x | z, theta) - beta KL(q(z | x, phi) || p(z))

Training is a fold: `advance(checkpoint, x, steps) -> checkpoint` is pure, and its random numbers depend on
(seed, step) alone, so the result is the same bit for bit however the steps are cut into calls.
Shapes: N images of D pixels, L latents, H hidden units. Log-likelihoods in nats per image.
"""

import math

import torch
from torch import Tensor

from dgm import runtime
from dgm.errors import DivergedError
from dgm.vae.checkpoint_file import describe, load, pretrained, pretrained_names, pretrained_path, save
from dgm.vae.model import (
    GRADIENTS,
    LIKELIHOODS,
    LOG_2PI,
    LOG_VAR_LIMIT,
    MAX_LATENT,
    Checkpoint,
    Config,
    Params,
    Posterior,
    as_images,
    field_names,
    init,
    kl_to_prior,
    layers,
    posterior,
    reconstruction,
    shapes,
)
from dgm.vae.optimizers import OPTIMIZERS

__all__ = [
    "GRADIENTS", "LIKELIHOODS", "LOG_VAR_LIMIT", "MAX_LATENT", "Checkpoint", "Config", "Params", "Posterior",
    "advance", "decode", "describe", "elbo_terms", "encode", "field_names", "init", "iwae_bound", "kl_to_prior",
    "load", "pretrained", "pretrained_names", "pretrained_path", "reconfigured", "sample", "save", "shapes",
]


# --- training --------------------------------------------------------------------------------------------------

def advance(checkpoint: Checkpoint, x: Tensor, steps: int) -> Checkpoint:
    """`steps` steps of the final algorithm on x (N, D); pure.

    DivergedError when the loss is no longer finite, ValueError for images of another size or steps < 0.
    """
    if steps < 0:
        raise ValueError("steps have to be zero or more: a run only goes forward")
    config = checkpoint.config
    x = as_images(x, len(checkpoint.params["decoder.out.bias"])).to(getattr(torch, config.dtype))
    flat = torch.cat([value.flatten() for value in checkpoint.params.values()])
    grad = torch.zeros_like(flat)
    params = _views(flat, grad, checkpoint.params)
    optimizer = OPTIMIZERS[config.optimizer]
    state = {name: value.clone() for name, value in checkpoint.moments.items()} or optimizer.fresh(flat)
    losses = []
    for step in range(checkpoint.step, checkpoint.step + steps):
        grad.zero_()
        losses.append(_accumulate_gradient(params, config, x, step))
        optimizer.update(flat, grad, state, config.learning_rate)
    # Clones: a window on the one vector would take all of it along whenever a checkpoint travels or is kept.
    trained = {name: value.detach().clone() for name, value in params.items()}
    result = Checkpoint(config, checkpoint.step + steps, trained, state,
                        torch.stack(losses) if losses else checkpoint.losses)
    _require_finite(result)
    return result


def _views(flat: Tensor, grad: Tensor, like: Params) -> Params:
    """Parameters and their gradients as windows on one vector each: one tensor to update, not eight."""
    sizes = [value.numel() for value in like.values()]
    views = {}
    for name, piece, window in zip(like, torch.split(flat, sizes), torch.split(grad, sizes), strict=True):
        views[name] = piece.view(like[name].shape).detach().requires_grad_()
        views[name].grad = window.view(like[name].shape)
    return views


def _accumulate_gradient(params: Params, config: Config, x: Tensor, step: int) -> Tensor:
    """Add an estimate of the gradient of -L to the parameters' gradients; return -L of the batch, nats per image."""
    rows, eps = _noise(config, len(x), step)
    batch = x if rows is None else x.index_select(0, rows.to(x.device))
    q = posterior(params, batch)
    recon, surrogate = GRADIENTS[config.gradient](params, config, batch, q, eps.to(x))
    kl = config.beta * kl_to_prior(q)
    loss = (kl - surrogate).mean()
    torch.autograd.backward(loss)
    return loss.detach() if surrogate is recon else (kl - recon).detach().mean()


def _noise(config: Config, n: int, step: int) -> tuple[Tensor | None, Tensor]:
    """i ~ U[1, n] and eps ~ N(0, I) of one step, always drawn on the CPU: the same on every device."""
    g = runtime.generator(config.seed, 1, step)
    rows = torch.randint(n, (config.batch,), generator=g) if config.batch else None
    return rows, torch.randn(config.batch or n, config.latent, generator=g)


def _require_finite(checkpoint: Checkpoint) -> None:
    lost = (~checkpoint.losses.isfinite()).nonzero()
    if len(lost) or not all(bool(p.isfinite().all()) for p in checkpoint.params.values()):
        first = checkpoint.step - len(checkpoint.losses) + (int(lost[0]) if len(lost) else len(checkpoint.losses))
        raise DivergedError(
            f"the loss stopped being a finite number at step {first}: lower the learning rate "
            f"(now {checkpoint.config.learning_rate:g}) or choose Adam, then go on from the last good step")


def reconfigured(checkpoint: Checkpoint, config: Config) -> Checkpoint:
    """The same weights under another optimizer, rate, batch, beta or gradient. ValueError for another model."""
    for name in ("latent", "hidden", "likelihood", "dtype"):
        if getattr(config, name) != getattr(checkpoint.config, name):
            raise ValueError(f"{name} decides the model's shape: start a new run to change it")
    kept = checkpoint.moments if config.optimizer == checkpoint.config.optimizer else {}
    return checkpoint._replace(config=config, moments=kept)


# --- what a trained model answers ------------------------------------------------------------------------------

def _as_model(checkpoint: Checkpoint, x: Tensor) -> Tensor:
    return torch.as_tensor(x).to(next(iter(checkpoint.params.values())))


@torch.no_grad()
def encode(checkpoint: Checkpoint, x: Tensor) -> Posterior:
    """q(z | x, phi) of images x (N, D)."""
    return posterior(checkpoint.params, _as_model(checkpoint, x))


@torch.no_grad()
def decode(checkpoint: Checkpoint, z: Tensor) -> Tensor:
    """E[x | z, theta] of latents z (N, L): (N, D), for the Bernoulli decoder the probability of ink."""
    output = layers(checkpoint.params, "decoder", _as_model(checkpoint, z))
    return LIKELIHOODS[checkpoint.config.likelihood].mean(output)


@torch.no_grad()
def sample(checkpoint: Checkpoint, count: int, seed: int = 0, pixels: bool = False) -> Tensor:
    """z ~ N(0, I) decoded (slide "Generation objects"): (count, D) decoder means, or pixels x ~ p(x | z)."""
    g = runtime.generator(seed)
    mean = decode(checkpoint, torch.randn(count, checkpoint.config.latent, generator=g))
    if not pixels:
        return mean
    if checkpoint.config.likelihood == "bernoulli":
        return (torch.rand(mean.shape, generator=g).to(mean) < mean).to(mean)
    return mean + checkpoint.config.sigma2**0.5 * torch.randn(mean.shape, generator=g).to(mean)


@torch.no_grad()
def elbo_terms(checkpoint: Checkpoint, x: Tensor, seed: int = 0, samples: int = 1) -> tuple[Tensor, Tensor]:
    """(E_q log p(x | z), KL(q || prior)), each (N,) nats per image; L = first - second.

    The expectation is the mean of `samples` draws, or exact for a linear Gaussian decoder with gradient="exact".
    """
    x = _as_model(checkpoint, x)
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
    """log 1/K sum_k p(x, z_k) / q(z_k | x), z_k ~ q: (N,) nats, between L (K = 1) and log p(x) on average.

    Source: Burda, Grosse and Salakhutdinov 2016.
    """
    x = _as_model(checkpoint, x)
    q = posterior(checkpoint.params, x)
    g = runtime.generator(seed)
    total = torch.full((len(x),), -math.inf, dtype=torch.float64)
    for _ in range(samples):
        z = q.draw(torch.randn(q.mean.shape, generator=g).to(x))
        log_prior = -0.5 * (LOG_2PI + z**2).sum(-1)
        log_weight = reconstruction(checkpoint.params, checkpoint.config, x, z) + log_prior - q.log_prob(z)
        total = torch.logaddexp(total, log_weight.double().cpu())
    return total - math.log(samples)

"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm").

    z ~ N(0, I),   x | z ~ Bernoulli(decoder(z)),   q(z | x, phi) = N(mu(x), diag sigma^2(x))
    L(phi, theta) = E_q log p(x | z, theta) - beta KL(q(z | x, phi) || p(z))

Training is a fold: `advance(checkpoint, x, steps) -> checkpoint` is pure, and its random numbers depend on
(seed, step) alone, so the result is the same bit for bit however the steps are cut into calls.
Shapes: N images of D pixels, L latents, H hidden units. Log-likelihoods in nats per image.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm import runtime
from dgm.errors import DivergedError
from dgm.optimizers import OPTIMIZERS

LOG_2PI = math.log(2 * math.pi)
LOG_VAR_LIMIT = 12.0  # log-variances stay inside (-12, 12), smoothly: q can neither collapse nor explode
MAX_LATENT = 16

Params = dict[str, Tensor]


@dataclass(frozen=True)
class Config:
    """Everything that decides a run. ValueError when a value cannot be used."""

    latent: int = 2                      # L, 1..16
    hidden: int = 200                    # H; 0 makes encoder and decoder linear
    likelihood: str = "bernoulli"        # or "gaussian" with noise variance sigma2
    sigma2: float = 1.0
    beta: float = 1.0                    # weight of the KL; 1 is the bound on log p(x)
    gradient: str = "reparametrization"  # how phi gets its gradient; see GRADIENTS
    optimizer: str = "Adam"              # see OPTIMIZERS
    learning_rate: float = 2e-3
    batch: int = 64                      # images a step, drawn i ~ U[1, n]; 0 takes all of them
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        _require(isinstance(self.latent, int) and 1 <= self.latent <= MAX_LATENT, "latent", f"1 to {MAX_LATENT}")
        _require(isinstance(self.hidden, int) and 0 <= self.hidden <= 4096, "hidden", "0 (linear) to 4096")
        _require(self.likelihood in LIKELIHOODS, "likelihood", " or ".join(LIKELIHOODS))
        _require(math.isfinite(self.sigma2) and self.sigma2 > 0, "sigma2", "a positive number")
        _require(math.isfinite(self.beta) and self.beta >= 0, "beta", "zero or a positive number")
        _require(self.gradient in GRADIENTS, "gradient", " or ".join(GRADIENTS))
        _require(self.optimizer in OPTIMIZERS, "optimizer", " or ".join(OPTIMIZERS))
        _require(math.isfinite(self.learning_rate) and self.learning_rate > 0, "learning_rate", "a positive number")
        _require(isinstance(self.batch, int) and self.batch >= 0, "batch", "0 (all images) or a positive whole number")
        _require(self.dtype in ("float32", "float64"), "dtype", "float32 or float64")
        exact_ok = self.likelihood == "gaussian" and self.hidden == 0
        _require(self.gradient != "exact" or exact_ok, "gradient",
                 "reparametrization or log-derivative: 'exact' needs a Gaussian likelihood and hidden=0")


def _require(ok: bool, name: str, wanted: str) -> None:
    if not ok:
        raise ValueError(f"{name} has to be {wanted}")


class Posterior(NamedTuple):
    """q(z | x, phi) = N(mean, diag exp(log_var))."""

    mean: Tensor     # (N, L)
    log_var: Tensor  # (N, L)

    def draw(self, eps: Tensor) -> Tensor:
        """z = sigma * eps + mu, the reparametrization of the slide; eps (..., N, L)."""
        return self.mean + (0.5 * self.log_var).exp() * eps

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z | x) (..., N), nats."""
        return -0.5 * (LOG_2PI + self.log_var + (z - self.mean) ** 2 / self.log_var.exp()).sum(-1)


class Checkpoint(NamedTuple):
    """A run at one step: enough to go on from anywhere. Its tensors are never written to."""

    config: Config
    step: int
    params: Params   # theta and phi by name: encoder.*, decoder.*
    moments: Params  # the optimizer's state over all parameters laid end to end
    losses: Tensor   # (steps of the last advance,) minus the batch's bound, nats per image


# --- the model ------------------------------------------------------------------------------------------------

def init(config: Config, x: Tensor) -> Checkpoint:
    """A fresh model for images like x (N, D): uniform weights by fan-in, decoder bias at the mean image."""
    dtype = getattr(torch, config.dtype)
    pixels, h, latent = x.shape[1], config.hidden, config.latent
    g = runtime.generator(config.seed)
    sizes = {"encoder.out": (h or pixels, 2 * latent), "decoder.out": (h or latent, pixels)}
    if h:
        sizes |= {"encoder.hidden": (pixels, h), "decoder.hidden": (latent, h)}
    params: Params = {}
    for name, (fan_in, fan_out) in sorted(sizes.items()):
        scale = (6 / (fan_in + fan_out)) ** 0.5  # Glorot and Bengio 2010
        weight = scale * (2 * torch.rand(fan_out, fan_in, generator=g, dtype=torch.float64) - 1)
        params |= {f"{name}.weight": weight.to(dtype), f"{name}.bias": torch.zeros(fan_out, dtype=dtype)}
    params["decoder.out.bias"] = LIKELIHOODS[config.likelihood].start(x.double().mean(0).cpu()).to(dtype)
    on = {name: value.to(x.device) for name, value in params.items()}
    return Checkpoint(config, 0, on, {}, torch.zeros(0, dtype=dtype))


def _layers(params: Params, part: str, h: Tensor) -> Tensor:
    if f"{part}.hidden.weight" in params:
        h = functional.linear(h, params[f"{part}.hidden.weight"], params[f"{part}.hidden.bias"]).tanh()
    return functional.linear(h, params[f"{part}.out.weight"], params[f"{part}.out.bias"])


def _posterior(params: Params, x: Tensor) -> Posterior:
    mean, raw = _layers(params, "encoder", x).chunk(2, dim=-1)
    return Posterior(mean, LOG_VAR_LIMIT * (raw / LOG_VAR_LIMIT).tanh())


def kl_to_prior(q: Posterior) -> Tensor:
    """KL(N(m, diag e^lv) || N(0, I)) = 1/2 sum(m^2 + expm1(lv) - lv), (N,) nats.

    With exp(lv) - 1 in place of expm1 float32 loses all digits near lv = 0 and the KL can turn negative.
    """
    return 0.5 * (q.mean**2 + q.log_var.expm1() - q.log_var).sum(-1)


class Likelihood(NamedTuple):
    """p(x | z, theta) as functions of the decoder's output (logits or means)."""

    log_prob: Callable[[Tensor, Tensor, Config], Tensor]  # output (..., N, D), x (N, D) -> (..., N) nats
    mean: Callable[[Tensor], Tensor]                      # output -> E[x | z]
    start: Callable[[Tensor], Tensor]                     # mean image (D,) -> bias of a fresh decoder


def _bernoulli(logits: Tensor, x: Tensor, _: Config) -> Tensor:
    # log p = x * logit - log(1 + e^logit): from logits, so that a sure pixel is never log 0.
    return (x * logits - functional.softplus(logits)).sum(-1)


def _gaussian(mean: Tensor, x: Tensor, config: Config) -> Tensor:
    return -0.5 * ((x - mean) ** 2 / config.sigma2 + math.log(config.sigma2) + LOG_2PI).sum(-1)


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(_bernoulli, torch.sigmoid, lambda m: m.clamp(0.01, 0.99).logit()),
    "gaussian": Likelihood(_gaussian, lambda output: output, lambda m: m),
}


# --- the bound, and surrogates whose gradient is an estimate of the bound's ------------------------------------

def _reconstruction(params: Params, config: Config, x: Tensor, z: Tensor) -> Tensor:
    return LIKELIHOODS[config.likelihood].log_prob(_layers(params, "decoder", z), x, config)


def _reparametrization(params: Params, config: Config, x: Tensor, q: Posterior, eps: Tensor) -> tuple[Tensor, Tensor]:
    recon = _reconstruction(params, config, x, q.draw(eps))
    return recon, recon


def _log_derivative(params: Params, config: Config, x: Tensor, q: Posterior, eps: Tensor) -> tuple[Tensor, Tensor]:
    z = q.draw(eps).detach()
    recon = _reconstruction(params, config, x, z)
    return recon, recon + recon.detach() * q.log_prob(z)  # gradient in phi: log p(x | z) * grad log q(z | x)


def _exact(params: Params, config: Config, x: Tensor, q: Posterior, _: Tensor) -> tuple[Tensor, Tensor]:
    # A linear Gaussian decoder: E_q |x - Wz - b|^2 = |x - W mu - b|^2 + sum_j var_j |w_j|^2.
    spread = q.log_var.exp() @ (params["decoder.out.weight"] ** 2).sum(0)
    recon = _reconstruction(params, config, x, q.mean) - 0.5 * spread / config.sigma2
    return recon, recon


# name -> (reconstruction (N,), surrogate (N,) whose gradient estimates grad E_q log p(x | z))
GRADIENTS: dict[str, Callable[[Params, Config, Tensor, Posterior, Tensor], tuple[Tensor, Tensor]]] = {
    "reparametrization": _reparametrization,
    "log-derivative": _log_derivative,
    "exact": _exact,
}


# --- training --------------------------------------------------------------------------------------------------

def advance(checkpoint: Checkpoint, x: Tensor, steps: int) -> Checkpoint:
    """`steps` steps of the final algorithm on x (N, D); pure. DivergedError when the loss is no longer finite."""
    config = checkpoint.config
    x = x.to(getattr(torch, config.dtype))
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
    result = Checkpoint(config, checkpoint.step + steps, {name: value.detach() for name, value in params.items()},
                        state, torch.stack(losses) if losses else checkpoint.losses)
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
    q = _posterior(params, batch)
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
    return _posterior(checkpoint.params, _as_model(checkpoint, x))


@torch.no_grad()
def decode(checkpoint: Checkpoint, z: Tensor) -> Tensor:
    """E[x | z, theta] of latents z (N, L): (N, D), for the Bernoulli decoder the probability of ink."""
    output = _layers(checkpoint.params, "decoder", _as_model(checkpoint, z))
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
    q = _posterior(checkpoint.params, x)
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
    q = _posterior(checkpoint.params, x)
    g = runtime.generator(seed)
    total = torch.full((len(x),), -math.inf, dtype=torch.float64)
    for _ in range(samples):
        z = q.draw(torch.randn(q.mean.shape, generator=g).to(x))
        log_prior = -0.5 * (LOG_2PI + z**2).sum(-1)
        log_weight = _reconstruction(checkpoint.params, checkpoint.config, x, z) + log_prior - q.log_prob(z)
        total = torch.logaddexp(total, log_weight.double().cpu())
    return total - math.log(samples)


def field_names() -> list[str]:
    """Names of `Config`'s fields, in order: what a file or a link may carry."""
    return [field.name for field in fields(Config)]

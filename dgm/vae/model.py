"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm").

    z ~ N(0, I),   x | z ~ Bernoulli(decoder(z)),   q(z | x, phi) = N(mu(x), diag sigma^2(x))
    L(phi, theta) = E_q log p(x | z, theta) - beta KL(q(z | x, phi) || p(z))

Here: what a model is (`Config`, `Checkpoint`, `init`), its parts, and the estimates of the bound's gradient. Training
and what a trained model answers are in `dgm.vae`, the module to import.
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
from dgm.vae.optimizers import OPTIMIZERS

LOG_2PI = math.log(2 * math.pi)
LOG_VAR_LIMIT = 12.0  # log-variances stay inside (-12, 12), smoothly: q can neither collapse nor explode
MAX_LATENT = 16
MAX_BATCH = 1 << 16  # a file from anywhere names its batch: it must not fill the memory

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
        _require(_whole(self.latent) and 1 <= self.latent <= MAX_LATENT, "latent", f"1 to {MAX_LATENT}")
        _require(_whole(self.hidden) and 0 <= self.hidden <= 4096, "hidden", "0 (linear) to 4096")
        _require(self.likelihood in list(LIKELIHOODS), "likelihood", " or ".join(LIKELIHOODS))
        _require(_finite(self.sigma2) and self.sigma2 > 0, "sigma2", "a positive number")
        _require(_finite(self.beta) and self.beta >= 0, "beta", "zero or a positive number")
        _require(self.gradient in list(GRADIENTS), "gradient", " or ".join(GRADIENTS))
        _require(self.optimizer in list(OPTIMIZERS), "optimizer", " or ".join(OPTIMIZERS))
        _require(_finite(self.learning_rate) and self.learning_rate > 0, "learning_rate", "a positive number")
        _require(_whole(self.batch) and 0 <= self.batch <= MAX_BATCH, "batch", f"0 (all images) to {MAX_BATCH}")
        _require(_whole(self.seed), "seed", "a whole number")
        _require(self.dtype in ["float32", "float64"], "dtype", "float32 or float64")
        exact_ok = self.likelihood == "gaussian" and self.hidden == 0
        _require(self.gradient != "exact" or exact_ok, "gradient",
                 "reparametrization or log-derivative: 'exact' needs a Gaussian likelihood and hidden=0")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(value: object) -> bool:
    return _whole(value) or (isinstance(value, float) and math.isfinite(value))


def _require(ok: bool, name: str, wanted: str) -> None:
    if not ok:
        raise ValueError(f"{name} has to be {wanted}")


def field_names() -> list[str]:
    """Names of `Config`'s fields, in order: what a file or a link may carry."""
    return [field.name for field in fields(Config)]


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

def shapes(config: Config, pixels: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every parameter of a model for images of `pixels` pixels: encoder.* is phi, decoder.* theta."""
    h, latent = config.hidden, config.latent
    fans = {"decoder.out": (h or latent, pixels), "encoder.out": (h or pixels, 2 * latent)}  # layer -> (in, out)
    if h:
        fans |= {"decoder.hidden": (latent, h), "encoder.hidden": (pixels, h)}
    result: dict[str, tuple[int, ...]] = {}
    for layer, (fan_in, fan_out) in sorted(fans.items()):
        result |= {f"{layer}.weight": (fan_out, fan_in), f"{layer}.bias": (fan_out,)}
    return result


def init(config: Config, x: Tensor) -> Checkpoint:
    """A fresh model for images like x (N, D): weights by Glorot and Bengio 2010, decoder bias at the mean image."""
    x = as_images(x)
    dtype = getattr(torch, config.dtype)
    g = runtime.generator(config.seed)
    params: Params = {}
    for name, shape in shapes(config, x.shape[1]).items():
        scale = (6 / sum(shape)) ** 0.5 if len(shape) == 2 else 0.0  # biases start at zero
        params[name] = scale * (2 * torch.rand(shape, generator=g, dtype=torch.float64) - 1)
    params["decoder.out.bias"] = LIKELIHOODS[config.likelihood].start(x.double().mean(0).cpu())
    on = {name: value.to(x.device, dtype) for name, value in params.items()}
    return Checkpoint(config, 0, on, {}, torch.zeros(0, dtype=dtype))


def as_images(x: Tensor, pixels: int | None = None) -> Tensor:
    """x as a tensor (N, D), N >= 1; numpy arrays are welcome. ValueError for another shape."""
    x = torch.as_tensor(x)
    if x.ndim != 2 or not x.numel() or pixels not in (None, x.shape[1]):
        raise ValueError(f"images have to be a table (N, {pixels or 'D'}) with a row per image, not {tuple(x.shape)}")
    return x


def layers(params: Params, part: str, h: Tensor) -> Tensor:
    """Output of part "encoder" (N, 2 L) or "decoder" (N, D) for rows h."""
    if f"{part}.hidden.weight" in params:
        h = functional.linear(h, params[f"{part}.hidden.weight"], params[f"{part}.hidden.bias"]).tanh()
    return functional.linear(h, params[f"{part}.out.weight"], params[f"{part}.out.bias"])


def posterior(params: Params, x: Tensor) -> Posterior:
    """q(z | x, phi) of images x (N, D)."""
    mean, raw = layers(params, "encoder", x).chunk(2, dim=-1)
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

def reconstruction(params: Params, config: Config, x: Tensor, z: Tensor) -> Tensor:
    """log p(x | z, theta) (..., N) nats of images x (N, D) at latents z (..., N, L)."""
    return LIKELIHOODS[config.likelihood].log_prob(layers(params, "decoder", z), x, config)


def _reparametrization(params: Params, config: Config, x: Tensor, q: Posterior, eps: Tensor) -> tuple[Tensor, Tensor]:
    recon = reconstruction(params, config, x, q.draw(eps))
    return recon, recon


def _log_derivative(params: Params, config: Config, x: Tensor, q: Posterior, eps: Tensor) -> tuple[Tensor, Tensor]:
    z = q.draw(eps).detach()
    recon = reconstruction(params, config, x, z)
    return recon, recon + recon.detach() * q.log_prob(z)  # gradient in phi: log p(x | z) * grad log q(z | x)


def _exact(params: Params, config: Config, x: Tensor, q: Posterior, _: Tensor) -> tuple[Tensor, Tensor]:
    # A linear Gaussian decoder: E_q |x - Wz - b|^2 = |x - W mu - b|^2 + sum_j var_j |w_j|^2.
    spread = q.log_var.exp() @ (params["decoder.out.weight"] ** 2).sum(0)
    recon = reconstruction(params, config, x, q.mean) - 0.5 * spread / config.sigma2
    return recon, recon


# name -> (reconstruction (N,), surrogate (N,) whose gradient estimates grad E_q log p(x | z))
GRADIENTS: dict[str, Callable[[Params, Config, Tensor, Posterior, Tensor], tuple[Tensor, Tensor]]] = {
    "reparametrization": _reparametrization,
    "log-derivative": _log_derivative,
    "exact": _exact,
}

"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm"; Kingma and Welling 2014).

    z ~ N(0, I),   x | z ~ Bernoulli(decoder(z)),   q(z | x, phi) = N(mu(x), diag sigma^2(x))
    L(phi, theta) = E_q log p(x | z, theta) - beta KL(q(z | x, phi) || p(z))

What a model is (`Config`, `Checkpoint`, `init`), its parts, and the estimates of the bound's gradient. Training is in
`training`, the functions that evaluate a model are in `inference`.
Shapes: N images of D pixels, L latents, H hidden units. Log-likelihoods in nats per image.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm import runtime
from dgm.gaussian import kl_to_standard_normal, log_diagonal_normal, log_isotropic_normal
from dgm.vae.optimizers import OPTIMIZERS

LOG_VAR_LIMIT = 12.0  # log-variances stay inside (-12, 12), smoothly: q can neither collapse nor explode
MAX_LATENT = 16
# No latent coordinate of a model is farther from 0. With beta = 0 the latent means reach about 30, and about 1e5 with
# the largest learning rates; the decoder's products in float32 have the same relative precision everywhere.
MAX_Z = 1e6
MAX_HIDDEN = 4096
MAX_BATCH = 1 << 16  # the batch in an uploaded file is not trusted to fit into memory

Params = dict[str, Tensor]


@dataclass(frozen=True)
class Config:
    """Everything that decides a run: the model, the objective, the optimizer and the seed.

    latent: L, 1 to 16. hidden: H, 0 makes encoder and decoder linear. likelihood: a key of LIKELIHOODS; sigma2 is the
    noise variance of "gaussian". beta: weight of the KL, 1 is the bound on log p(x). gradient: a key of GRADIENTS.
    optimizer: "SGD", "Adam" or "RMSProp". batch: images of a step, drawn i ~ U[1, n]; 0 takes all of them.
    ValueError names the field that cannot be used and its range.

    >>> from dgm import vae
    >>> vae.Config(latent=3).beta
    1.0
    >>> vae.Config(latent=99)
    Traceback (most recent call last):
    ValueError: latent has to be 1 to 16
    """

    latent: int = 2
    hidden: int = 200
    likelihood: str = "bernoulli"
    sigma2: float = 1.0
    beta: float = 1.0
    gradient: str = "reparametrization"
    optimizer: str = "Adam"
    learning_rate: float = 2e-3
    batch: int = 64
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        _require(_is_integer(self.latent) and 1 <= self.latent <= MAX_LATENT, "latent", f"1 to {MAX_LATENT}")
        _require(_is_integer(self.hidden) and 0 <= self.hidden <= MAX_HIDDEN, "hidden", f"0 (linear) to {MAX_HIDDEN}")
        _require(self.likelihood in list(LIKELIHOODS), "likelihood", " or ".join(LIKELIHOODS))
        _require(_is_finite(self.sigma2) and self.sigma2 > 0, "sigma2", "a positive number")
        _require(_is_finite(self.beta) and self.beta >= 0, "beta", "zero or a positive number")
        _require(self.gradient in list(GRADIENTS), "gradient", " or ".join(GRADIENTS))
        _require(self.optimizer in list(OPTIMIZERS), "optimizer", " or ".join(OPTIMIZERS))
        _require(_is_finite(self.learning_rate) and self.learning_rate > 0, "learning_rate", "a positive number")
        _require(_is_integer(self.batch) and 0 <= self.batch <= MAX_BATCH, "batch", f"0 (all images) to {MAX_BATCH}")
        _require(_is_integer(self.seed), "seed", "a whole number")
        _require(self.dtype in ["float32", "float64"], "dtype", "float32 or float64")
        exact_ok = self.likelihood == "gaussian" and self.hidden == 0
        _require(self.gradient != "exact" or exact_ok, "gradient",
                 "reparametrization or log-derivative: 'exact' needs a Gaussian likelihood and hidden=0")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _require(ok: bool, name: str, expected: str) -> None:
    if not ok:
        raise ValueError(f"{name} has to be {expected}")


class Posterior(NamedTuple):
    """The encoder's q(z | x, phi) = N(mean, diag exp(log_var)) of N images.

    >>> import torch
    >>> from dgm import vae
    >>> q = vae.Posterior(torch.zeros(1, 2), torch.zeros(1, 2))
    >>> q.draw(torch.ones(1, 2)), q.log_prob(torch.zeros(1, 2))
    (tensor([[1., 1.]]), tensor([-1.8379]))
    """

    mean: Tensor     # (N, L)
    log_var: Tensor  # (N, L)

    def draw(self, eps: Tensor) -> Tensor:
        """z = sigma * eps + mu (slide "Reparametrization trick"). eps: (..., N, L), as is the result."""
        return self.mean + (0.5 * self.log_var).exp() * eps

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z | x), nats. z: (..., N, L); the result is (..., N)."""
        return log_diagonal_normal(z, self.mean, self.log_var)


class Checkpoint(NamedTuple):
    """A run at one step: all that the next step depends on. Its tensors are never written to."""

    config: Config
    step: int
    params: Params   # theta and phi by name: encoder.*, decoder.*
    moments: Params  # the optimizer's state over all parameters, concatenated
    losses: Tensor   # (steps of the last advance,) minus the batch's bound, nats per image


# --- the model ------------------------------------------------------------------------------------------------

def shapes(config: Config, pixels: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every parameter of a model for images of `pixels` pixels.

    Names that begin with "encoder." are phi, with "decoder." theta; weights are (out, in), biases (out,).

    >>> from dgm import vae
    >>> vae.shapes(vae.Config(latent=2, hidden=0), 64)["encoder.out.weight"]   # mean and log-variance
    (4, 64)
    """
    h, latent = config.hidden, config.latent
    fans = {"decoder.out": (h or latent, pixels), "encoder.out": (h or pixels, 2 * latent)}  # layer -> (in, out)
    if h:
        fans |= {"decoder.hidden": (latent, h), "encoder.hidden": (pixels, h)}
    result: dict[str, tuple[int, ...]] = {}
    for layer, (fan_in, fan_out) in sorted(fans.items()):
        result |= {f"{layer}.weight": (fan_out, fan_in), f"{layer}.bias": (fan_out,)}
    return result


def init(config: Config, x: Tensor) -> Checkpoint:
    """A new model at step 0: weights U(-a, a), a^2 = 6 / (in + out), decoder bias at the mean image.

    x: (N, D) images, of which only D, their mean and their device are used. Depends on config.seed alone otherwise.
    ValueError when x is no table of images. Source: Glorot and Bengio 2010.

    >>> import torch
    >>> from dgm import vae
    >>> checkpoint = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> checkpoint.step, tuple(checkpoint.params["decoder.out.weight"].shape)
    (0, (4, 8))
    """
    x = as_images(x)
    dtype = getattr(torch, config.dtype)
    g = runtime.generator(config.seed)
    params: Params = {}
    for name, shape in shapes(config, x.shape[1]).items():
        scale = (6 / sum(shape)) ** 0.5 if len(shape) == 2 else 0.0  # biases start at zero
        params[name] = scale * (2 * torch.rand(shape, generator=g, dtype=torch.float64) - 1)
    params["decoder.out.bias"] = LIKELIHOODS[config.likelihood].initial_bias(x.double().mean(0).cpu())
    on_device = {name: value.to(x.device, dtype) for name, value in params.items()}
    return Checkpoint(config, 0, on_device, {}, torch.zeros(0, dtype=dtype))


def as_images(x: Tensor, pixels: int | None = None) -> Tensor:
    """x, a tensor or a numpy array, as a tensor (N, D), N >= 1. ValueError for another shape or D != pixels.

    >>> import torch
    >>> tuple(as_images(torch.zeros(3, 4), 4).shape)
    (3, 4)
    """
    x = torch.as_tensor(x)
    if x.ndim != 2 or not x.numel() or pixels not in (None, x.shape[1]):
        raise ValueError(f"images have to be a table (N, {pixels or 'D'}) with a row per image, not {tuple(x.shape)}")
    return x


def pixel_count(checkpoint: Checkpoint) -> int:
    """D, the pixels of the images that a model decodes."""
    return len(checkpoint.params["decoder.out.bias"])


def layers(params: Params, part: str, h: Tensor) -> Tensor:
    """Output of part "encoder" (N, 2 L) or "decoder" (N, D) for rows h: one tanh layer, or none, and a linear one."""
    if f"{part}.hidden.weight" in params:
        h = functional.linear(h, params[f"{part}.hidden.weight"], params[f"{part}.hidden.bias"]).tanh()
    return functional.linear(h, params[f"{part}.out.weight"], params[f"{part}.out.bias"])


def posterior(params: Params, x: Tensor) -> Posterior:
    """q(z | x, phi) of images x (N, D), differentiable in the parameters."""
    mean, raw = layers(params, "encoder", x).chunk(2, dim=-1)
    return Posterior(mean, LOG_VAR_LIMIT * (raw / LOG_VAR_LIMIT).tanh())


def kl_to_prior(q: Posterior) -> Tensor:
    """KL(N(m, diag e^lv) || N(0, I)) = 1/2 sum_j [m_j^2 + e^lv_j - 1 - lv_j], (N,) nats per image.

    Source: Kingma and Welling 2014, appendix B; slide "Final algorithm".

    >>> import torch
    >>> from dgm import vae
    >>> vae.kl_to_prior(vae.Posterior(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)))
    tensor([2.5000])
    """
    return kl_to_standard_normal(q.mean, q.log_var).sum(-1)


class Likelihood(NamedTuple):
    """p(x | z, theta) as functions of the decoder's output (logits or means)."""

    log_prob: Callable[[Tensor, Tensor, Config], Tensor]  # output (..., N, D), x (N, D) -> (..., N) nats
    mean: Callable[[Tensor], Tensor]                      # output -> E[x | z]
    initial_bias: Callable[[Tensor], Tensor]              # mean image (D,) -> bias of a new decoder


def _bernoulli(logits: Tensor, x: Tensor, _: Config) -> Tensor:
    # log p = x * logit - log(1 + e^logit): from logits, so that a pixel of probability 1 is never log 0.
    return (x * logits - functional.softplus(logits)).sum(-1)


def _gaussian(mean: Tensor, x: Tensor, config: Config) -> Tensor:
    return log_isotropic_normal(x, mean, config.sigma2)


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(_bernoulli, torch.sigmoid, lambda m: m.clamp(0.01, 0.99).logit()),
    "gaussian": Likelihood(_gaussian, lambda output: output, lambda m: m),
}


# --- the bound, and surrogates whose gradient is an estimate of the bound's ------------------------------------

def reconstruction(params: Params, config: Config, x: Tensor, z: Tensor) -> Tensor:
    """log p(x | z, theta) (..., N) nats of images x (N, D) at latents z (..., N, L), differentiable in both."""
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

"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm"; Kingma and Welling 2014).

    z ~ N(0, I),   x | z ~ Bernoulli(decoder(z)),   q(z | x, phi) = N(mu(x), diag sigma^2(x))
    L_beta(phi, theta) = E_q log p(x | z, theta) - beta KL(q(z | x, phi) || p(z)),   L = L_1 <= log p(x)

Encoder and decoder are one tanh layer and a linear one. Two convolutions in each do not pay on 28 x 28 within a live
run: after 10 s of one core the validation bound of 2 latents on 5,000 images of MNIST was -179.2 nats with convolutions
and -161.8 without, both by autograd at their best rates (375 and 1,425 steps).

What a model is (`Config`, `Checkpoint`, `init`), its parts, and the estimates of the bound's gradient. Training is in
`training`, the functions that evaluate a model are in `inference`.
Shapes: N images of D pixels, L latents, H hidden units. Log-likelihoods in nats per image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm import runtime
from dgm.arguments import as_choice, as_integer, as_number, as_seed, as_tensor, require_kind
from dgm.errors import ArgumentError
from dgm.gaussian import kl_to_standard_normal, log_diagonal_normal, log_isotropic_normal
from dgm.vae import borders
from dgm.vae.optimizers import OPTIMIZERS

LOG_VAR_LIMIT = 12.0  # log-variances stay inside (-12, 12), smoothly: q can neither collapse nor explode
MAX_LATENT = 50
# No latent coordinate of a model is farther from 0. With beta = 0 the latent means reach about 30, and about 1e5 with
# the largest learning rates; the decoder's products in float32 have the same relative precision everywhere.
MAX_Z = 1e6
MAX_HIDDEN = 4096
MAX_STEP = 10**15 - 1  # what a file can hold
MAX_BATCH = 1 << 16  # the batch in an uploaded file is not trusted to fit into memory

Params = dict[str, Tensor]


@dataclass(frozen=True)
class Config:
    """Everything that decides a run: the model, the objective, the optimizer and the seed.

    latent: L, 1 to 50. hidden: H, 0 makes encoder and decoder linear. likelihood: a key of LIKELIHOODS; sigma2 is the
    noise variance of "gaussian". beta: weight of the KL, 1 is the bound on log p(x). gradient: a key of GRADIENTS.
    optimizer: "SGD", "Adam" or "RMSProp". batch: images of a step, drawn i ~ U[1, n]; 0 takes all of them.
    warm_up: steps over which the KL's weight rises to beta (Bowman et al. 2016). decay: steps in which the learning
    rate halves, smoothly; 0 keeps it.
    ArgumentError names the field that cannot be used and its range.

    >>> from dgm import vae
    >>> vae.Config(latent=3).beta
    1.0
    >>> vae.Config(latent=99)
    Traceback (most recent call last):
    dgm.errors.ArgumentError: latent has to be a whole number from 1 to 50, not 99
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
    warm_up: int = 0
    decay: int = 0

    def __post_init__(self) -> None:
        fields = {
            "latent": as_integer(self.latent, "latent", 1, MAX_LATENT),
            "hidden": as_integer(self.hidden, "hidden", 0, MAX_HIDDEN),
            "likelihood": as_choice(self.likelihood, "likelihood", list(LIKELIHOODS)),
            "sigma2": as_number(self.sigma2, "sigma2", above=0),
            "beta": as_number(self.beta, "beta", 0),
            "gradient": as_choice(self.gradient, "gradient", list(GRADIENTS)),
            "optimizer": as_choice(self.optimizer, "optimizer", list(OPTIMIZERS)),
            "learning_rate": as_number(self.learning_rate, "learning_rate", above=0),
            "batch": as_integer(self.batch, "batch", 0, MAX_BATCH),
            "seed": as_seed(self.seed),
            "dtype": as_choice(self.dtype, "dtype", ["float32", "float64"]),
            "warm_up": as_integer(self.warm_up, "warm_up", 0, MAX_STEP),
            "decay": as_integer(self.decay, "decay", 0, MAX_STEP),
        }
        for name, value in fields.items():  # plain Python numbers, whatever they came as
            object.__setattr__(self, name, value)
        if self.gradient == "exact" and not (self.likelihood == "gaussian" and self.hidden == 0):
            raise ArgumentError("gradient has to be reparametrization or log-derivative: 'exact' needs a Gaussian "
                                "likelihood and hidden=0")


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
        """z = sigma * eps + mu (slide "Reparametrization trick"), differentiable in both.

        eps: (..., N, L), as the result; DataError for another shape or values that are not finite.
        """
        return self.mean + (0.5 * self.log_var).exp() * borders.as_like(eps, self.mean, "eps")

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z | x), nats, differentiable in both. z: (..., N, L); the result is (..., N). DataError as `draw`."""
        return log_diagonal_normal(borders.as_like(z, self.mean, "z"), self.mean, self.log_var)


class Checkpoint(NamedTuple):
    """A run at one step: all that the next step depends on. Its tensors are never written to."""

    config: Config
    step: int
    params: Params   # theta and phi by name: encoder.*, decoder.*
    moments: Params  # the optimizer's state over all parameters, concatenated
    losses: Tensor   # (steps of the last advance with any,) minus L_beta of each batch, nats per image


# --- the model ------------------------------------------------------------------------------------------------

def shapes(config: Config, pixels: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every parameter of a model for images of `pixels` pixels.

    Names that begin with "encoder." are phi, with "decoder." theta; weights are (out, in), biases (out,).
    ArgumentError when config is no Config or pixels no whole number from 1 on.

    >>> from dgm import vae
    >>> vae.shapes(vae.Config(latent=2, hidden=0), 64)["encoder.out.weight"]   # mean and log-variance
    (4, 64)
    """
    config, pixels = as_config(config), as_integer(pixels, "pixels", 1)
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
    DataError when x is no table of images, or has pixels outside [0, 1] for a Bernoulli decoder.
    Source: Glorot and Bengio 2010.

    >>> import torch
    >>> from dgm import vae
    >>> checkpoint = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> checkpoint.step, tuple(checkpoint.params["decoder.out.weight"].shape)
    (0, (4, 8))
    """
    config = as_config(config)
    x = borders.as_images(x, None, config.likelihood)
    dtype = getattr(torch, config.dtype)
    g = runtime.generator(config.seed)
    params: Params = {}
    for name, shape in shapes(config, x.shape[1]).items():
        scale = (6 / sum(shape)) ** 0.5 if len(shape) == 2 else 0.0  # biases start at zero
        params[name] = scale * (2 * torch.rand(shape, generator=g, dtype=torch.float64) - 1)
    params["decoder.out.bias"] = LIKELIHOODS[config.likelihood].initial_bias(x.double().mean(0).cpu())
    on_device = {name: value.to(x.device, dtype) for name, value in params.items()}
    return Checkpoint(config, 0, on_device, {}, torch.zeros(0, dtype=dtype))


def as_config(config: Any) -> Config:
    """The configuration, else ArgumentError."""
    require_kind(config, "config", Config, "a vae.Config")
    return config


def as_checkpoint(checkpoint: Any) -> Checkpoint:
    """The checkpoint, whose parameters have the shapes of its configuration; else ArgumentError."""
    require_kind(checkpoint, "checkpoint", Checkpoint, "a vae.Checkpoint as init, advance or load give it")
    config = as_config(checkpoint.config)
    step = as_integer(checkpoint.step, "the step of the checkpoint", 0, MAX_STEP)
    params, moments, losses = checkpoint.params, checkpoint.moments, checkpoint.losses
    pixels = _shapes(params).get("decoder.out.bias", (0,))[0]
    if not pixels or _shapes(params) != shapes(config, pixels):
        raise ArgumentError("the checkpoint's parameters do not have the shapes of its configuration: take it as init, "
                            "advance or load give it")
    size = sum(value.numel() for value in params.values())
    expected = OPTIMIZERS[config.optimizer].shapes((size,))
    if _shapes(moments) not in (expected, {}) or len(_shapes({"": losses}).get("", ())) != 1:
        raise ArgumentError("the checkpoint's moments or losses are not those of its optimizer: take it as init, "
                            "advance or load give it")
    if not all(borders.are_finite(value) for value in (*params.values(), *moments.values(), losses)):
        raise ArgumentError("the checkpoint has numbers that are not finite: take it at an earlier step")
    if any(value.is_inference() for value in params.values()):  # such tensors take part in no gradient
        params = {name: value.clone() for name, value in params.items()}
    same = params is checkpoint.params and type(checkpoint.step) is int
    return checkpoint if same else checkpoint._replace(step=step, params=params)


def _shapes(tensors: Any) -> dict[str, tuple[int, ...]]:
    """Name -> shape of tensors of floats; {"": ()} where there is anything else."""
    if not isinstance(tensors, dict) or not all(borders.is_real(value) and value.is_floating_point()
                                                for value in tensors.values()):
        return {"": ()}
    return {name: tuple(value.shape) for name, value in tensors.items()}


def images_for(checkpoint: Checkpoint, x: Any, name: str = "x") -> Tensor:
    """x as images (N, D) of a model. DataError for another D, or pixels that its likelihood does not allow."""
    return borders.as_images(x, pixel_count(checkpoint), checkpoint.config.likelihood, name)


def image_for(checkpoint: Checkpoint, x: Any, name: str = "x") -> Tensor:
    """One image x of a model, (D,) or (1, D), as (1, D). DataError as `images_for`."""
    return borders.as_image(x, pixel_count(checkpoint), checkpoint.config.likelihood, name)


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

    q: mean and log_var (..., L) of one shape; ArgumentError otherwise.
    Source: Kingma and Welling 2014, appendix B; slide "Final algorithm".

    >>> import torch
    >>> from dgm import vae
    >>> vae.kl_to_prior(vae.Posterior(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)))
    tensor([2.5000])
    """
    mean, log_var = as_posterior(q)
    return kl_to_standard_normal(mean, log_var).sum(-1)


def as_posterior(q: Any) -> Posterior:
    """q, tensors with their gradients as they are; ArgumentError unless mean and log_var have one shape (..., L)."""
    require_kind(q, "q", Posterior, "a vae.Posterior as vae.encode gives it")
    if not all(borders.is_real(part) and part.is_floating_point() for part in q):
        q = Posterior(as_tensor(q.mean, "the mean of q"), as_tensor(q.log_var, "the log_var of q"))
    if q.mean.ndim < 1 or q.mean.shape != q.log_var.shape:
        raise ArgumentError(f"the mean of q has the shape {tuple(q.mean.shape)} and its log_var "
                            f"{tuple(q.log_var.shape)}: give both as (N, L)")
    return q


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

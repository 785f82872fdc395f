"""The bridge: a VAE with linear layers is the PCA model, and its training climbs to a maximum known in closed form.

With noise sigma^2 held and weight beta on the KL, the best linear VAE has (lambda: eigenvalues of S)

    |w_j|^2 = max(0, lambda_j - beta sigma^2),   var q(z_j | x) = min(1, beta sigma^2 / lambda_j),
    mean KL_j = max(0, 1/2 log(lambda_j / (beta sigma^2))),

so a latent is on exactly where lambda_j > beta sigma^2 (Lucas et al. 2019, "Don't blame the ELBO!").
"""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import vae
from dgm.ppca.covariance_spectrum import Spectrum, as_data, spectrum
from dgm.ppca.model import Params, log_prob
from dgm.ppca.profile_likelihood import LOG_2PI, log_lik

EVERY = 50                         # steps between two looks at the gap
FIRST, LARGEST = 0.1, 0.2          # learning rates
FASTER, SLOWER = 1.2, 0.5          # after a look where the loss has fallen all the way, or has not
ON = 0.01                          # nats: a latent with less mean KL than this is off


class Optimum(NamedTuple):
    """The best linear VAE for one noise and beta, (q,) each."""

    length: Tensor     # |w_j|^2
    variance: Tensor   # of q(z_j | x), the same for every x
    kl: Tensor         # mean over the data of KL(q(z_j | x) || prior), nats


class Units(NamedTuple):
    """The same numbers read off a trained one; latents in order of their KL."""

    length: Tensor     # (L,)
    variance: Tensor   # (L,) mean over the data
    kl: Tensor         # (L,)

    @property
    def on(self) -> int:
        """How many latents say anything about x."""
        return int((self.kl > ON).sum())


class Training(NamedTuple):
    """A linear VAE in training and its distance to the exact maximum, every EVERY steps."""

    checkpoint: vae.Checkpoint
    maximum: float                  # of the objective, nats per row
    steps: tuple[int, ...] = ()
    gaps: tuple[float, ...] = ()    # nats per row

    @property
    def step(self) -> int:
        return self.checkpoint.step


def optimum(spec: Spectrum, q: int, sigma2: float, beta: float = 1.0) -> Optimum:
    """Where training has to end, from the top q eigenvalues. ValueError unless sigma2 and beta are positive."""
    if not (sigma2 > 0 and beta > 0):
        raise ValueError(f"sigma2 = {sigma2:g} and beta = {beta:g}: both have to be positive")
    level, values = beta * sigma2, spec.values[:q]
    on = values > level
    share = torch.where(on, level / values.clamp_min(torch.finfo(values.dtype).tiny), 1.0)
    return Optimum((values - level).clamp_min(0), share, torch.where(on, -0.5 * share.log(), 0.0))


def maximum(spec: Spectrum, q: int, sigma2: float, beta: float = 1.0) -> float:
    """max of E_q log p(x | z) - beta KL over all linear VAEs, mean nats per row; PPCA's log-likelihood at beta = 1.

    Dividing by beta turns it into the bound of a model with noise beta sigma^2, but for the normalising constant.
    """
    dim, level = len(spec.values), beta * sigma2
    inner = float(log_lik(spec, q, level)) + dim / 2 * (LOG_2PI + math.log(level))
    return beta * inner - dim / 2 * (LOG_2PI + math.log(sigma2))


def configure(x: Any, latent: int, sigma2: float | None = None, *, beta: float = 1.0, seed: int = 0) -> vae.Config:
    """A linear VAE with exact gradients over all rows; without `sigma2` PPCA's maximum-likelihood noise."""
    noise = spectrum(x).noise(latent) if sigma2 is None else sigma2
    return vae.Config(latent=latent, hidden=0, likelihood="gaussian", sigma2=noise, beta=beta, gradient="exact",
                      dtype="float64", batch=0, learning_rate=FIRST, seed=seed)


def centred(x: Any) -> Tensor:
    """x minus its mean, float64: the encoder then has nothing to unlearn. PPCA's likelihood is the same."""
    data = as_data(x)
    return data - data.mean(0)


def start(x: Any, config: vae.Config) -> Training:
    """A fresh linear VAE for `x` (N, D). ValueError for a configuration that is not linear and Gaussian."""
    if config.hidden or config.likelihood != "gaussian" or config.gradient != "exact" or config.batch:
        raise ValueError("the bridge wants hidden=0, likelihood='gaussian', gradient='exact', batch=0: use `configure`")
    data = as_data(x)
    best = maximum(spectrum(data), config.latent, config.sigma2, config.beta)
    checkpoint = vae.init(config, data)
    return Training(checkpoint, best, (0,), (best - objective(checkpoint, data),))


def objective(checkpoint: vae.Checkpoint, x: Any) -> float:
    """Mean of E_q log p(x | z) - beta KL, exact, nats per row."""
    recon, kl = vae.elbo_terms(checkpoint, as_data(x))
    return float((recon - checkpoint.config.beta * kl).mean())


def gap(checkpoint: vae.Checkpoint, x: Any) -> float:
    """How far the objective still lies below the exact maximum, nats per row; never negative but for rounding."""
    config = checkpoint.config
    return maximum(spectrum(x), config.latent, config.sigma2, config.beta) - objective(checkpoint, x)


def advance(training: Training, x: Tensor, steps: int) -> Training:
    """`steps` gradient steps of `dgm.vae.advance`; pure, and the same however the steps are cut into calls of EVERY.

    The rate grows while the loss falls and is halved when it does not: momentum overshoots in the narrow valley that
    the diagonal q leaves open to rotations of W. DivergedError as `dgm.vae.advance`.
    """
    end = training.step + steps
    while training.step < end:
        due = min(end, (training.step // EVERY + 1) * EVERY)
        checkpoint = vae.advance(training.checkpoint, x, due - training.step)
        training = training._replace(checkpoint=checkpoint)
        if checkpoint.step % EVERY == 0:
            training = _looked(training, x)
    return training


def _looked(training: Training, x: Tensor) -> Training:
    """The gap recorded, and the learning rate set for the next steps."""
    checkpoint = training.checkpoint
    left = training.maximum - objective(checkpoint, x)
    fell = left < min(training.gaps[-3:])
    rate = checkpoint.config.learning_rate * (FASTER if fell else SLOWER)
    config = replace(checkpoint.config, learning_rate=min(rate, LARGEST))
    return training._replace(checkpoint=vae.reconfigured(checkpoint, config),
                             steps=(*training.steps, checkpoint.step), gaps=(*training.gaps, left))


def linear(checkpoint: vae.Checkpoint) -> Params:
    """The decoder as a PCA model: mu its bias, W its weight, sigma^2 its noise."""
    weights = checkpoint.params
    return Params(weights["decoder.out.bias"].double(), weights["decoder.out.weight"].double(),
                  torch.tensor(checkpoint.config.sigma2, dtype=torch.float64))


def evidence(checkpoint: vae.Checkpoint, x: Any) -> float:
    """Mean log p(x | theta) of the decoder, exact, nats per row: above the bound by KL(q, posterior)."""
    return float(log_prob(x, linear(checkpoint)).mean())


def units(checkpoint: vae.Checkpoint, x: Any) -> Units:
    """What every latent does: column length, variance of q, mean KL, most informative first."""
    q = vae.encode(checkpoint, as_data(x))
    kl = 0.5 * (q.mean**2 + q.log_var.expm1() - q.log_var).mean(0)
    order = kl.argsort(descending=True)
    length = (checkpoint.params["decoder.out.weight"] ** 2).sum(0)
    return Units(length[order], q.log_var.exp().mean(0)[order], kl[order])

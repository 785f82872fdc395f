"""Several models of the same held-out images in the same unit: nats per image of a probability of 0 and 1 pixels.

Independent pixels, the logistic model and MADE are exact. A VAE gives a bound; with 2 latents, log p(x) by integration.
A mixture of Gaussians and PPCA have densities, not probabilities: a density of binary images grows without bound as a
variance shrinks, so its logarithm is no number of this table. What can be compared is the probability that a draw y of
the model, rounded at 1/2 in each pixel, is the image: over all images these sum to 1. The models are fitted to the
images as points.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import gmm, ppca, runtime, vae
from dgm.autoregressive.checkpoint_file import pretrained
from dgm.autoregressive.inference import independent, log_prob
from dgm.errors import DataError
from dgm.gaussian import log_standard_normal

SEED = 1
ELBO_SAMPLES = 64
IWAE_SAMPLES = 500
COMPONENTS = 10                     # of the mixture, with diagonal covariances
NOISES = (0.1, 0.15, 0.2, 0.3)      # deviations of the noise that it is fitted with; the validation images choose
SIDE = 120                          # cells along an axis of PPCA's plane of latents
RADIUS = 6.0                        # half a side
ROUNDED = "The probability that a draw, rounded at 1/2, is the image; the density itself is no probability."
KINDS = ("exact", "bound", "integrated")


class Row(NamedTuple):
    """One model's mean over the held-out images, nats per image."""

    model: str
    kind: str        # of KINDS: log p(x) itself, a lower bound on it, or log p(x) by numerical integration
    nats: float
    spread: float    # standard error of the mean over the images
    error: float     # of the mean, by Monte Carlo or integration; 0 for exact
    note: str        # a sentence


def rows(images: vae.Images | None = None) -> tuple[Row, ...]:
    """The models of this package on the test images of 8 x 8 digits; takes some seconds.

    images: vae.Images("digits") with the seed that the pretrained models were trained with, which is the default.
    DataError for images of another size.

    >>> from dgm.autoregressive.checkpoints import rows_file
    >>> [row.kind for row in rows_file.stored()][:3]     # what rows() gave
    ['exact', 'exact', 'exact']
    """
    data = vae.split_images(images if images is not None else vae.Images("digits"))
    if data.test.shape[1] != 64:
        raise DataError(f"images have {data.test.shape[1]} pixels, and the pretrained models 64: choose digits")
    return (*_exact(data), *_of_the_vae(data.test), *_of_densities(data))


def _row(model: str, kind: str, values: Tensor, error: float, note: str) -> Row:
    spread = float(values.std()) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return Row(model, kind, float(values.mean()), spread, error, note)


def _exact(data: vae.ImageSplit) -> Iterator[Row]:
    yield _row("independent pixels", "exact", independent(data.train, data.test), 0.0,
               "Each pixel has one probability, whatever the others are.")
    yield _row("logistic", "exact", log_prob(pretrained("logistic"), data.test), 0.0,
               "Each pixel's logit is linear in the pixels before it.")
    yield _row("MADE", "exact", log_prob(pretrained("made"), data.test), 0.0,
               "Each pixel's logit is a network of the pixels before it.")


def _of_the_vae(test: Tensor) -> Iterator[Row]:
    model = vae.pretrained("digits")
    recon, kl = vae.elbo_terms(model, test, samples=ELBO_SAMPLES, seed=SEED)
    halves = [vae.elbo_terms(model, test, samples=ELBO_SAMPLES, seed=runtime.mix(SEED, half))[0]
              for half in (1, 2)]
    yield _row("VAE with 2 latents, ELBO", "bound", recon.double() - kl.double(), _error_of_mean(*halves),
               f"The bound with {ELBO_SAMPLES} draws of each latent.")
    bounds = [vae.iwae_bound(model, test, IWAE_SAMPLES, runtime.mix(SEED, half)) for half in (1, 2)]
    yield _row("VAE with 2 latents, IW bound", "bound", bounds[0], _error_of_mean(*bounds),
               f"The importance weighted bound with {IWAE_SAMPLES} draws.")
    found = vae.log_evidence(model, test)
    yield _row("VAE with 2 latents, log p", "integrated", found.log_p, float(found.error.mean()),
               "log p(x) itself, by integration over the plane of latents.")


def _error_of_mean(one: Tensor, other: Tensor) -> float:
    """Standard error of the mean over images of one estimate, from two independent ones of each image."""
    return float((one - other).double().square().sum().sqrt()) / math.sqrt(2) / len(one)


def _of_densities(data: vae.ImageSplit) -> Iterator[Row]:
    test = data.test.double()
    mixture = max((_mixture(data.train, noise) for noise in NOISES),
                  key=lambda params: float(_rounded_mixture(params, data.validation.double()).mean()))
    yield _row(f"mixture of {COMPONENTS} Gaussians, rounded", "exact", _rounded_mixture(mixture, test), 0.0, ROUNDED)
    line = ppca.fit(data.train, 2)
    found, coarse = (_rounded_ppca(line, test, side) for side in (SIDE, SIDE // 2))
    yield _row("PPCA with 2 directions, rounded", "integrated", found, float((found - coarse).abs().mean()), ROUNDED)


def _mixture(train: Tensor, noise: float) -> gmm.Params:
    """Fitted to images with Gaussian noise: without it, a pixel that is the same in all images has variance 0."""
    g = runtime.generator(SEED, 2)
    x = train.double() + noise * torch.randn(train.shape, generator=g, dtype=torch.float64)
    return gmm.fit(x, COMPONENTS, covariance="diag", restarts=2, seed=0, tol=1e-4, max_steps=100).params


def _log_rounded(x: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """(N, M): log P(y rounded at 1/2 is x_n) for y ~ N(mean_m, diag deviation_m^2); x (N, D), mean (M, D)."""
    z = (mean - 0.5) / deviation
    return x @ torch.special.log_ndtr(z).T + (1 - x) @ torch.special.log_ndtr(-z).T


def _rounded_mixture(params: gmm.Params, x: Tensor) -> Tensor:
    deviation = params.covs.diagonal(dim1=-2, dim2=-1).sqrt()
    return torch.logsumexp(params.log_weights + _log_rounded(x, params.means, deviation), 1)


def _rounded_ppca(params: ppca.Params, x: Tensor, side: int) -> Tensor:
    """A midpoint sum over the plane of latents: in a cell, the pixels are independent given z."""
    step = 2 * RADIUS / side
    axis = -RADIUS + step * (torch.arange(side, dtype=torch.float64) + 0.5)
    z = torch.cartesian_prod(axis, axis)
    inside = _log_rounded(x, params.mean + z @ params.W.T, torch.as_tensor(params.sigma2).double().sqrt())
    return torch.logsumexp(inside + log_standard_normal(z) + 2 * math.log(step), 1)


__all__ = ["Row", "rows"]

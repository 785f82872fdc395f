"""The gap of a VAE's bound for each image, split in two (Cremer, Li and Duvenaud 2018).

    log p(x) - L(q_phi) = [log p(x) - max_q L(q)]  +  [max_q L(q) - L(q_phi)]
                          approximation: q has to     amortization: the encoder
                          be a Gaussian               does not give the best such q

max_q is over a family: Gaussians with a diagonal covariance, as the encoder's, or with any. L(q) by Gauss-Hermite
quadrature, log p(x) by integration: 1 or 2 latents. Shapes: N images of D pixels, L latents. Float64, nats.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer
from dgm.errors import DataError
from dgm.vae.evidence import best_gaussian
from dgm.vae.evidence.best_gaussian import Gaussians
from dgm.vae.evidence.tiling import Tiling, precise, tiling
from dgm.vae.exact_evidence import IMAGES, TOLERANCE, integrable
from dgm.vae.inference import encode
from dgm.vae.model import MAX_Z, Checkpoint, Posterior, as_posterior, image_for, images_for

FAMILIES = ("diagonal", "full")
NODES = 20       # quadrature nodes along a latent, for the results
MAX_NODES = 64
WIDEST = 100.0   # log-variance of a q, either way: beyond, its draws overflow a decoder
NARROWEST = 1e-8     # variance of a q from which a search starts


class Gap(NamedTuple):
    """The gap between log p(x) and the encoder's bound, nats; log_p = bound + amortization + approximation."""

    log_p: float
    error: float          # of log_p; infinite where it is not known, and neither is the approximation gap
    bound: float          # L(q_phi), the encoder's
    amortization: float   # the gain of a better q of the same form
    approximation: float  # the part that no q of this form can close: KL(best q, posterior)
    best: Posterior       # that best q, (1, L) each


class Gaps(NamedTuple):
    """The gaps of N images, (N,) nats each: log_p = bound + amortization + approximation."""

    log_p: Tensor
    error: Tensor    # of log_p; infinite where it is not known, and neither is the approximation gap
    bound: Tensor    # L(q_phi), the encoder's
    best: Tensor     # max of L(q) over the family
    mean: Tensor     # (N, L) of the best q
    cov: Tensor      # (N, L, L)

    @property
    def approximation(self) -> Tensor:
        """KL(best q, posterior): what no q of the family can close, (N,)."""
        return self.log_p - self.best

    @property
    def amortization(self) -> Tensor:
        """What the best q of the family gains over the encoder's, (N,)."""
        return self.best - self.bound


def gaps(checkpoint: Checkpoint, x: Tensor, family: str = "diagonal") -> Gaps:
    """The gaps of images x (N, D), split. family: of FAMILIES.

    ArgumentError for another family and with more than 2 latents, DataError for images of another size.

    >>> from dgm import vae
    >>> from dgm.vae import inference_gap
    >>> x = vae.split_images(vae.Images("digits")).test[:3]
    >>> split = inference_gap.gaps(vae.pretrained("digits"), x, "full")
    >>> bool((split.amortization >= 0).all()), tuple(split.cov.shape)
    (True, (3, 2, 2))
    """
    checkpoint, diagonal = integrable(checkpoint), as_choice(family, "family", FAMILIES) == "diagonal"
    blocks = torch.split(images_for(checkpoint, x), IMAGES)
    parts = [_gaps(checkpoint, block.double().cpu(), diagonal) for block in blocks]
    return Gaps(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _gaps(checkpoint: Checkpoint, x: Tensor, diagonal: bool) -> Gaps:
    checkpoint, cells = precise(checkpoint), tiling(checkpoint, x, TOLERANCE)
    encoder = _gaussians(encode(checkpoint, x))
    own = best_gaussian.bounds(checkpoint, x, encoder, NODES)
    value, best = own, encoder
    for start in (encoder, _posterior_moments(cells, diagonal)):
        found = best_gaussian.best(checkpoint, x, start, diagonal)
        reached = best_gaussian.bounds(checkpoint, x, found, NODES)
        better = reached > value
        value = torch.maximum(value, reached)
        best = Gaussians(*(torch.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)
                           for new, old in zip(found, best, strict=True)))
    return Gaps(cells.log_p, cells.error, own, value, *best)


def _gaussians(q: Posterior) -> Gaussians:
    return Gaussians(q.mean.double().cpu(), torch.diag_embed(q.log_var.double().cpu().exp()))


def _posterior_moments(cells: Tiling, diagonal: bool) -> Gaussians:
    cov = cells.covariance()
    variance = torch.diag_embed(cov.diagonal(dim1=-2, dim2=-1).clamp_min(NARROWEST))
    least = NARROWEST * torch.eye(cov.shape[-1], dtype=cov.dtype)
    return Gaussians(cells.mean(), variance if diagonal else cov + least)


def gap(checkpoint: Checkpoint, x: Tensor) -> Gap:
    """The gap of one image x (1, D), split, with the best q of the encoder's own family.

    ArgumentError with more than 2 latents, DataError for an image of another size.

    >>> from dgm import vae
    >>> from dgm.vae import inference_gap
    >>> x = vae.split_images(vae.Images("digits")).test[:1]
    >>> split = inference_gap.gap(vae.pretrained("digits"), x)
    >>> round(split.amortization + split.approximation - (split.log_p - split.bound), 9)
    0.0
    """
    checkpoint = integrable(checkpoint)
    found = gaps(checkpoint, image_for(checkpoint, x))
    best = Posterior(found.mean, found.cov.diagonal(dim1=-2, dim2=-1).log())
    return Gap(float(found.log_p), float(found.error), float(found.bound), float(found.amortization),
               float(found.approximation), best)


def bound(model: Checkpoint, image: Tensor, q: Posterior, nodes: int = NODES) -> Tensor:
    """L(q) = E_q log p(x | z) - KL(q || p(z)) for one image: a scalar, nats.

    image: (1, D). q: (1, L) each, L at most 2. nodes: of the quadrature along each latent, 1 to 64.
    ArgumentError or DataError for what does not fit.
    """
    model, nodes = precise(integrable(model)), as_integer(nodes, "nodes", 1, MAX_NODES)
    image = image_for(model, image, "image").double().cpu()
    return best_gaussian.bounds(model, image, _gaussians(_of(model, q)), nodes)[0]


def _of(model: Checkpoint, q: Posterior) -> Posterior:
    q = as_posterior(q)
    if tuple(q.mean.shape) != (1, model.config.latent):
        raise DataError(f"q has the shape {tuple(q.mean.shape)}: give that of one image, (1, {model.config.latent})")
    if not (bool((q.mean.abs() <= MAX_Z).all()) and bool((q.log_var.abs() <= WIDEST).all())):
        raise DataError(f"q has means beyond {MAX_Z:g} or log-variances beyond {WIDEST:g}, which no encoder gives: use "
                        "vae.encode")
    return Posterior(*(part.detach().double().cpu() for part in q))

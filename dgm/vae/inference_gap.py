"""The gap of a VAE's bound for one image, split in two (Cremer, Li and Duvenaud 2018).

    log p(x) - L(q_phi) = [log p(x) - max_q L(q)]  +  [max_q L(q) - L(q_phi)]
                          approximation: q has to     amortisation: the encoder
                          be a diagonal Gaussian      does not give the best such q

L(q) by Gauss-Hermite quadrature in float64, max_q by L-BFGS on q's mean and log-variance; nats.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer
from dgm.errors import DataError
from dgm.quadrature import gauss_hermite_grid
from dgm.vae.exact_evidence import cells, integrable
from dgm.vae.inference import encode
from dgm.vae.model import MAX_Z, Checkpoint, Posterior, as_posterior, image_for, kl_to_prior, reconstruction

SEARCH_NODES, NODES = 8, 24  # quadrature nodes along a latent: during the optimisation, and for the results
MAX_NODES = 64
WIDEST = 100.0  # log-variance of a q, either way: beyond, its draws overflow a decoder
STEPS = 40                   # of L-BFGS


class Gap(NamedTuple):
    """The gap between log p(x) and the encoder's bound, nats; log_p = bound + amortisation + approximation."""

    log_p: float
    error: float          # of log_p
    bound: float          # L(q_phi), the encoder's
    amortisation: float   # the gain of a better q of the same form
    approximation: float  # the part that no q of this form can close: KL(best q, posterior)
    best: Posterior       # that best q, (1, L) each


def gap(checkpoint: Checkpoint, x: Tensor) -> Gap:
    """The gap of one image x (1, D), split.

    ArgumentError with more than 2 latents, DataError for an image of another size.

    >>> from dgm import vae
    >>> from dgm.vae import inference_gap
    >>> x = vae.split_images(vae.Images("digits")).test[:1]
    >>> split = inference_gap.gap(vae.pretrained("digits"), x)
    >>> round(split.amortisation + split.approximation - (split.log_p - split.bound), 9)
    0.0
    """
    checkpoint = integrable(checkpoint)
    image = image_for(checkpoint, x)
    exact = cells(checkpoint, image[0])
    q = Posterior(*(part.double().cpu() for part in encode(checkpoint, image)))
    mean, variance = exact.moments()
    starts = [q, Posterior(mean[None], variance.clamp_min(1e-6).log()[None])]
    with torch.no_grad():
        posteriors = [q, *(best_posterior(checkpoint, image, start) for start in starts)]
        bounds = [float(bound(checkpoint, image, each)) for each in posteriors]
    best, log_p = max(bounds), float(exact.log_p)
    return Gap(log_p, exact.error, bounds[0], best - bounds[0], log_p - best, posteriors[bounds.index(best)])


def bound(model: Checkpoint, image: Tensor, q: Posterior, nodes: int = NODES) -> Tensor:
    """L(q) = E_q log p(x | z) - KL(q || p(z)) for one image: a scalar, nats, differentiable in q.

    image: (1, D). q: (1, L) each, L at most 2. nodes: of the quadrature along each latent, 1 to 64.
    ArgumentError or DataError for what does not fit.
    """
    model, image = _in_float64(model, image)
    return _bound(model, image, _of(model, q), as_integer(nodes, "nodes", 1, MAX_NODES))


def _in_float64(model: Checkpoint, image: Tensor) -> tuple[Checkpoint, Tensor]:
    """The model with parameters, and an image (1, D), in float64 on the CPU."""
    model = integrable(model)
    image = image_for(model, image, "image")
    params = {name: value.double().cpu() for name, value in model.params.items()}
    return model._replace(params=params), image.double().cpu()


def _of(model: Checkpoint, q: Posterior) -> Posterior:
    q = as_posterior(q)
    if tuple(q.mean.shape) != (1, model.config.latent):
        raise DataError(f"q has the shape {tuple(q.mean.shape)}: give that of one image, (1, {model.config.latent})")
    if not (bool((q.mean.abs() <= MAX_Z).all()) and bool((q.log_var.abs() <= WIDEST).all())):
        raise DataError(f"q has means beyond {MAX_Z:g} or log-variances beyond {WIDEST:g}, which no encoder gives: use "
                        "vae.encode")
    return Posterior(*(part.double().cpu() for part in q))


def _bound(model: Checkpoint, image: Tensor, q: Posterior, nodes: int) -> Tensor:
    eps, weight = gauss_hermite_grid(nodes, q.mean.shape[1])
    recon = reconstruction(model.params, model.config, image, q.draw(eps))
    return weight @ recon - kl_to_prior(q).sum()


@torch.inference_mode(False)
@torch.enable_grad()
def best_posterior(model: Checkpoint, image: Tensor, start: Posterior) -> Posterior:
    """The diagonal Gaussian with the highest bound that L-BFGS reaches from `start` (1, L). Arguments as `bound`."""
    model, image = _in_float64(model, image)
    q = Posterior(*(part.detach().clone().requires_grad_() for part in _of(model, start)))
    optimizer = torch.optim.LBFGS(list(q), max_iter=STEPS, tolerance_change=1e-7, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = -_bound(model, image, q, SEARCH_NODES)
        torch.autograd.backward(value)
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return Posterior(*(part.detach() for part in q))

"""The VAE's evidence and posterior by integration, where the latent space has 1 or 2 dimensions.

    log p(x) = log integral of p(x | z) p(z) dz,    log p(x) - L(q) = KL(q, p(z | x))

The sum over cells is that of `evidence.tiling`, in float64; nats per image.
Slides "Variational lower bound", "Variational autoencoder (VAE)".
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number
from dgm.errors import ArgumentError, DataError
from dgm.vae.evidence.tiling import Tiling, log_joint_table, precise, tiling
from dgm.vae.inference import encode
from dgm.vae.model import Checkpoint, Posterior, as_checkpoint, image_for, images_for

TOLERANCE = 1e-4         # nats
IMAGES = 300             # that are integrated together
MAX_SIDE = 1000          # points of a posterior grid along an axis
INTEGRABLE_LATENTS = 2   # with more latents there are too many cells


class Evidence(NamedTuple):
    """log p(x) of N images, and the error of each sum."""

    log_p: Tensor  # (N,) float64 nats
    error: Tensor  # (N,) float64 nats; infinite where log p(x) is not known, and log_p is only a sum over some cells


class PosteriorGrid(NamedTuple):
    """The exact posterior of one image on a grid of the z-plane around its own mass and q's."""

    z1: Tensor       # (G,) float64
    z2: Tensor       # (G,)
    density: Tensor  # (G, G) p(z | x), as [z_2, z_1]


def log_evidence(checkpoint: Checkpoint, x: Tensor, tol: float = TOLERANCE) -> Evidence:
    """log p(x) of images x (N, D) by integration, with its error.

    tol: nats that the error of each sum should have at most. Returns log_p and error, (N,) float64 nats each. The error
    is above tol where the posterior is too narrow for the cells, and infinite where log p(x) is not known: the
    posterior lies beyond |z| of 48, or it is narrow enough for another peak to be missed. Models without a hidden layer
    have one peak, and are then integrated around it.
    ArgumentError with more than 2 latents (use `iwae_bound`), DataError for images of another size and for such that
    log p(x, z) overflows.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[:1]
    >>> evidence = vae.log_evidence(vae.pretrained("digits"), x)
    >>> round(evidence.log_p.item(), 1), evidence.error.item() < 1e-4
    (-22.3, True)
    """
    checkpoint, tol = integrable(checkpoint), as_number(tol, "tol", above=0)
    parts = [tiling(checkpoint, block, tol) for block in torch.split(images_for(checkpoint, x), IMAGES)]
    return Evidence(torch.cat([part.log_p for part in parts]), torch.cat([part.error for part in parts]))


def integrable(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint of a model that can be integrated over. ArgumentError with more than 2 latents."""
    checkpoint = as_checkpoint(checkpoint)
    if checkpoint.config.latent > INTEGRABLE_LATENTS:
        raise ArgumentError(f"{checkpoint.config.latent} latents are too many to integrate over: use the IWAE bound, "
                            "vae.iwae_bound")
    return checkpoint


def posterior_grid(checkpoint: Checkpoint, image: Tensor, side: int = 45) -> PosteriorGrid:
    """p(z | x) = p(x, z) / p(x) of one image (D,) on a grid of `side` by `side` points.

    The grid extends 4 standard deviations around the posterior's mean and the encoder's, so that both can be compared.
    ArgumentError unless the model has 2 latents and side is 2 to 1000, DataError for another image and where p(x) is
    not known (see `log_evidence`).

    >>> from dgm import vae
    >>> image = vae.split_images(vae.Images("digits")).test[0]
    >>> grid = vae.posterior_grid(vae.pretrained("digits"), image)
    >>> cell = (grid.z1[1] - grid.z1[0]) * (grid.z2[1] - grid.z2[0])
    >>> round((grid.density.sum() * cell).item(), 2)
    1.0
    """
    checkpoint, side = as_checkpoint(checkpoint), as_integer(side, "side", 2, MAX_SIDE)
    if checkpoint.config.latent != 2:
        raise ArgumentError(f"a plane has 2 latents and this model has {checkpoint.config.latent}: use a model with 2")
    x = image_for(checkpoint, image, "image")
    cells = tiling(checkpoint, x, TOLERANCE)
    if bool(cells.error.isinf()):
        raise DataError("the posterior of this image is too narrow or too far from the prior to be integrated: use "
                        "vae.iwae_bound for its log p(x)")
    z1, z2 = _axes(cells, Posterior(*(part[0].double().cpu() for part in encode(checkpoint, x))), side)
    z = torch.stack(torch.meshgrid(z1, z2, indexing="xy"), -1).reshape(-1, 2)
    with torch.no_grad():
        density = (log_joint_table(precise(checkpoint), x.double().cpu(), z)[0] - cells.log_p).exp()
    return PosteriorGrid(z1, z2, density.reshape(side, side))


def _axes(cells: Tiling, q: Posterior, side: int) -> tuple[Tensor, Tensor]:
    mean, deviation = cells.mean()[0], cells.covariance()[0].diagonal().sqrt()
    reach = 4 * torch.maximum(deviation, (0.5 * q.log_var).exp())
    low, high = torch.minimum(mean, q.mean) - reach, torch.maximum(mean, q.mean) + reach
    z1, z2 = (torch.linspace(float(low[i]), float(high[i]), side, dtype=torch.float64) for i in (0, 1))
    return z1, z2

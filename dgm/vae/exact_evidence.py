"""The VAE's evidence and posterior by integration, where the latent space has 1 or 2 dimensions.

    log p(x) = log integral of p(x | z) p(z) dz,    log p(x) - L(q) = KL(q, p(z | x))

A midpoint sum over cells of the z-plane: first a coarse grid over the prior's mass, then only cells that carry mass are
split into halves along every axis, until the sum changes by less than a tolerance. Sums are in float64; nats per image.
Slides "Variational lower bound", "Variational autoencoder (VAE)".
"""

import math
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm.arguments import as_integer, as_number
from dgm.errors import ArgumentError
from dgm.gaussian import log_standard_normal
from dgm.vae.inference import encode
from dgm.vae.model import LIKELIHOODS, Checkpoint, Posterior, as_checkpoint, image_for, images_for, layers

RADIUS = 6.0             # half side of the coarse grid: outside, the prior has 4e-9 of its mass
COARSE = 0.375           # side of a coarse cell
# Nats below the best centre down to which a cell is split, level by level: while cells are coarse, the centre of a
# cell with half of a sharp peak may lie far below. At the first level a cell counts as much as its best neighbour.
SLACK = (40.0, 50.0, 25.0, 16.0)
EDGE = 12.0              # nats that the grid's edge has to lie below the best centre
MAX_LEVELS = 12
MAX_SIDE = 1000          # points of a posterior grid along an axis
INTEGRABLE_LATENTS = 2   # with more latents there are too many cells


class Evidence(NamedTuple):
    """log p(x) of N images, and how far each sum changed at the last refinement."""

    log_p: Tensor  # (N,) float64 nats
    error: Tensor  # (N,) float64 nats


class Cells(NamedTuple):
    """p(x, z) of one image as masses of cells that tile the z-plane."""

    z: Tensor         # (M, L) float64 centres
    log_mass: Tensor  # (M,) float64 log of p(x, centre) times the cell's volume, nats
    error: float      # of log_p, nats

    @property
    def log_p(self) -> Tensor:
        """log p(x), a scalar, nats."""
        return torch.logsumexp(self.log_mass, 0)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean (L,) and variance (L,) of each latent under the posterior p(z | x)."""
        weight = torch.softmax(self.log_mass, 0)
        mean = weight @ self.z
        return mean, weight @ (self.z - mean) ** 2


class PosteriorGrid(NamedTuple):
    """The exact posterior of one image on a grid of the z-plane around its own mass and q's."""

    z1: Tensor       # (G,) float64
    z2: Tensor       # (G,)
    density: Tensor  # (G, G) p(z | x), as [z_2, z_1]


def log_evidence(checkpoint: Checkpoint, x: Tensor, tol: float = 1e-4) -> Evidence:
    """Exact log p(x) of images x (N, D).

    tol: nats by which a sum may change at its last refinement. Returns log_p and error, (N,) float64 nats each.
    ArgumentError with more than 2 latents (use `iwae_bound`), DataError for images of another size.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[:1]
    >>> evidence = vae.log_evidence(vae.pretrained("digits"), x)
    >>> round(evidence.log_p.item(), 1), evidence.error.item() < 1e-4
    (-22.7, True)
    """
    checkpoint, tol = integrable(checkpoint), as_number(tol, "tol", above=0)
    results = [cells(checkpoint, row, tol) for row in images_for(checkpoint, x)]
    return Evidence(torch.stack([result.log_p for result in results]),
                    torch.tensor([result.error for result in results], dtype=torch.float64))


def integrable(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint of a model that can be integrated over. ArgumentError with more than 2 latents."""
    checkpoint = as_checkpoint(checkpoint)
    if checkpoint.config.latent > INTEGRABLE_LATENTS:
        raise ArgumentError(f"{checkpoint.config.latent} latents are too many to integrate over: use the IWAE bound, "
                            "vae.iwae_bound")
    return checkpoint


@torch.no_grad()
def log_joint(checkpoint: Checkpoint, image: Tensor, z: Tensor) -> Tensor:
    """log p(x, z) of one image (D,) at latents z (M, L): (M,) float64 nats, the decoder in the model's dtype."""
    weight = checkpoint.params["decoder.out.weight"]
    output = layers(checkpoint.params, "decoder", z.to(weight)).double()
    recon = LIKELIHOODS[checkpoint.config.likelihood].log_prob(output, image.to(output), checkpoint.config).cpu()
    return recon + log_standard_normal(z)


def cells(checkpoint: Checkpoint, image: Tensor, tol: float = 1e-4) -> Cells:
    """The cells of one image (D,), refined at least twice and until log p(x) changes by less than `tol` nats.

    The midpoint sum of a smooth peak converges faster than any power of the side, once cells are as narrow as the
    peak: after a small change the next one is far smaller, so the last change bounds the error.
    """
    z, values = _coarse(checkpoint, image)
    score = _best_neighbour(values, z.shape[1])
    final: list[tuple[Tensor, Tensor]] = []    # cells that are not split again: centres and log masses
    side = COARSE
    total = _log_sum(final, values, side, z.shape[1])
    for level in range(MAX_LEVELS):
        split = score > values.max() - SLACK[min(level, len(SLACK) - 1)]
        final.append((z[~split], values[~split] + z.shape[1] * math.log(side)))
        z = _halves(z[split], side)
        side /= 2
        values = score = log_joint(checkpoint, image, z)
        before, total = total, _log_sum(final, values, side, z.shape[1])
        error = abs(float(total - before))
        if level and error < tol:
            break
    final.append((z, values + z.shape[1] * math.log(side)))
    return Cells(torch.cat([centres for centres, _ in final]), torch.cat([mass for _, mass in final]), error)


def _coarse(checkpoint: Checkpoint, image: Tensor) -> tuple[Tensor, Tensor]:
    """Centres and log p(x, z) of a grid wide enough that its edge carries no mass."""
    radius = RADIUS
    while True:
        steps = torch.arange(-radius + COARSE / 2, radius, COARSE, dtype=torch.float64)
        z = torch.cartesian_prod(*[steps] * checkpoint.config.latent).reshape(-1, checkpoint.config.latent)
        values = log_joint(checkpoint, image, z)
        edge = (z.abs() > radius - COARSE).any(-1)
        if values[edge].max() < values.max() - EDGE or radius >= 8 * RADIUS:
            return z, values
        radius *= 2


def _best_neighbour(values: Tensor, latent: int) -> Tensor:
    side = round(len(values) ** (1 / latent))
    pool = (functional.max_pool1d, functional.max_pool2d)[latent - 1]
    return pool(values.reshape(1, 1, *[side] * latent), 3, stride=1, padding=1).flatten()


def _halves(z: Tensor, side: float) -> Tensor:
    shifts = torch.tensor(list(product((-side / 4, side / 4), repeat=z.shape[1])), dtype=z.dtype)
    return (z[:, None] + shifts).reshape(-1, z.shape[1])


def _log_sum(final: list[tuple[Tensor, Tensor]], values: Tensor, side: float, latent: int) -> Tensor:
    return torch.logsumexp(torch.cat([*(mass for _, mass in final), values + latent * math.log(side)]), 0)


def posterior_grid(checkpoint: Checkpoint, image: Tensor, side: int = 45) -> PosteriorGrid:
    """p(z | x) = p(x, z) / p(x) of one image (D,) on a grid of `side` by `side` points.

    The grid extends 4 standard deviations around the posterior's mean and the encoder's, so that both can be compared.
    ArgumentError unless the model has 2 latents and side is 2 to 1000, DataError for another image.

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
    table = image_for(checkpoint, image, "image")
    image = table[0]
    tiling = cells(checkpoint, image)
    z1, z2 = _axes(tiling, Posterior(*(part[0].double().cpu() for part in encode(checkpoint, table))), side)
    z = torch.stack(torch.meshgrid(z1, z2, indexing="xy"), -1).reshape(-1, 2)
    density = (log_joint(checkpoint, image, z) - tiling.log_p).exp()
    return PosteriorGrid(z1, z2, density.reshape(side, side))


def _axes(tiling: Cells, q: Posterior, side: int) -> tuple[Tensor, Tensor]:
    mean, variance = tiling.moments()
    reach = 4 * torch.maximum(variance.sqrt(), (0.5 * q.log_var).exp())
    low, high = torch.minimum(mean, q.mean) - reach, torch.maximum(mean, q.mean) + reach
    z1, z2 = (torch.linspace(float(low[i]), float(high[i]), side, dtype=torch.float64) for i in (0, 1))
    return z1, z2

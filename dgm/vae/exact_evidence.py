"""The VAE's evidence itself, where the latent space is small enough to integrate over (1 or 2 dimensions).

    log p(x) = log integral of p(x | z) p(z) dz,    log p(x) - L(q) = KL(q, p(z | x))

A midpoint sum over cells of the z-plane: a coarse grid over the prior's mass, then only cells that carry mass are
split, each into halves along every axis, until the sum stands still. Sums are in float64; nats per image.
"""

import math
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm.vae import training
from dgm.vae.model import LIKELIHOODS, LOG_2PI, as_images, layers

RADIUS = 6.0             # half side of the coarse grid: outside, the prior has 4e-9 of its mass
COARSE = 0.375           # side of a coarse cell
# Nats below the best centre down to which a cell is split, level by level: while cells are coarse, the centre of a
# cell with half of a sharp peak may lie far below. At the first level a cell counts as much as its best neighbour.
SLACK = (40.0, 50.0, 25.0, 16.0)
EDGE = 12.0              # nats that the grid's edge has to lie below the best centre
MAX_LEVELS = 12
LATENTS = 2              # with more latents the number of cells is out of reach


class Evidence(NamedTuple):
    """log p(x) and how far the sum still moved at the last refinement."""

    log_p: Tensor  # (N,) float64 nats
    error: Tensor  # (N,) float64 nats


class Cells(NamedTuple):
    """One image's p(x, z) as masses in cells that tile the z-plane."""

    z: Tensor         # (M, L) float64 centres
    log_mass: Tensor  # (M,) float64 log of p(x, centre) times the cell's volume, nats
    error: float      # nats

    @property
    def log_p(self) -> Tensor:
        """log p(x)."""
        return torch.logsumexp(self.log_mass, 0)


class Moments(NamedTuple):
    """Of the exact posterior p(z | x)."""

    mean: Tensor  # (N, L)
    cov: Tensor   # (N, L, L)


def log_evidence(checkpoint: training.Checkpoint, x: Tensor, tol: float = 1e-4) -> Evidence:
    """Exact log p(x) of images x (N, D). ValueError with more than 2 latents (use `training.iwae_bound`)."""
    found = [cells(checkpoint, row, tol) for row in rows(checkpoint, x)]
    return Evidence(torch.stack([one.log_p for one in found]),
                    torch.tensor([one.error for one in found], dtype=torch.float64))


def moments(checkpoint: training.Checkpoint, x: Tensor) -> Moments:
    """Mean and covariance of the exact posterior of images x (N, D). ValueError as `log_evidence`."""
    means, covs = [], []
    for row in rows(checkpoint, x):
        found = cells(checkpoint, row)
        weight = torch.softmax(found.log_mass, 0)
        means.append(weight @ found.z)
        centred = found.z - means[-1]
        covs.append((weight[:, None] * centred).T @ centred)
    return Moments(torch.stack(means), torch.stack(covs))


def density(checkpoint: training.Checkpoint, x: Tensor, axis: Tensor) -> Tensor:
    """p(z | x) of one image x (1, D) at the points of `axis` (G,) along each latent: (G,) or (G, G) as [z_2, z_1]."""
    (row,) = rows(checkpoint, x)
    steps = torch.as_tensor(axis, dtype=torch.float64)
    latent = checkpoint.config.latent
    z = torch.stack(torch.meshgrid(*[steps] * latent, indexing="xy"), -1).reshape(-1, latent)
    return (log_joint(checkpoint, row, z) - cells(checkpoint, row).log_p).exp().reshape([len(steps)] * latent)


def rows(checkpoint: training.Checkpoint, x: Tensor) -> Tensor:
    """x as images (N, D) of this model. ValueError for another size, or for a model with too many latents."""
    if checkpoint.config.latent > LATENTS:
        raise ValueError(f"{checkpoint.config.latent} latents are too many to integrate over: use the IWAE bound")
    return as_images(x, len(checkpoint.params["decoder.out.bias"]))


@torch.no_grad()
def log_joint(checkpoint: training.Checkpoint, image: Tensor, z: Tensor) -> Tensor:
    """log p(x, z) of one image (D,) at latents z (M, L): (M,) float64 nats."""
    weight = checkpoint.params["decoder.out.weight"]
    output = layers(checkpoint.params, "decoder", z.to(weight)).double()
    recon = LIKELIHOODS[checkpoint.config.likelihood].log_prob(output, image.to(output), checkpoint.config).cpu()
    return recon - 0.5 * (LOG_2PI + z**2).sum(-1)


def cells(checkpoint: training.Checkpoint, image: Tensor, tol: float = 1e-4) -> Cells:
    """The cells of one image (D,), refined at least twice and until log p(x) moved less than `tol` nats.

    The midpoint sum of a smooth peak closes in faster than any power of the side, once cells are as narrow as the
    peak: after a small move the next one is far smaller, so the last move bounds the error.
    """
    z, values = _coarse(checkpoint, image)
    worth = _best_neighbour(values, z.shape[1])
    kept: list[tuple[Tensor, Tensor]] = []
    side = COARSE
    total = _log_sum(kept, values, side, z.shape[1])
    for level in range(MAX_LEVELS):
        split = worth > values.max() - SLACK[min(level, len(SLACK) - 1)]
        kept.append((z[~split], values[~split] + z.shape[1] * math.log(side)))
        z = _halves(z[split], side)
        side /= 2
        values = worth = log_joint(checkpoint, image, z)
        before, total = total, _log_sum(kept, values, side, z.shape[1])
        error = abs(float(total - before))
        if level and error < tol:
            break
    kept.append((z, values + z.shape[1] * math.log(side)))
    return Cells(torch.cat([one for one, _ in kept]), torch.cat([one for _, one in kept]), error)


def _coarse(checkpoint: training.Checkpoint, image: Tensor) -> tuple[Tensor, Tensor]:
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


def _log_sum(kept: list[tuple[Tensor, Tensor]], values: Tensor, side: float, latent: int) -> Tensor:
    return torch.logsumexp(torch.cat([*(mass for _, mass in kept), values + latent * math.log(side)]), 0)

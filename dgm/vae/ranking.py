"""How likely a VAE finds one image, beside images that it was never shown, and where on the z-plane it puts it."""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.vae import exact_evidence, training

DRAWS = 20  # of the importance weighted bound: tight enough to rank by, quick enough for hundreds of images


class HeldOut(NamedTuple):
    """The bound and its terms of images held out from training, (N,) nats each."""

    reconstruction: Tensor  # E_q log p(x | z)
    kl: Tensor              # KL(q(z | x) || p(z))
    evidence: Tensor        # the importance weighted bound on log p(x), DRAWS draws


class Place(NamedTuple):
    """The exact posterior of one image on the part of the z-plane where it, or q, has its mass."""

    z1: Tensor       # (G,)
    z2: Tensor       # (G,)
    density: Tensor  # (G, G) p(z | x), as [z_2, z_1]


def held_out(checkpoint: training.Checkpoint, x: Tensor, seed: int = 0) -> HeldOut:
    """The bounds of images x (N, D), nats."""
    reconstruction, kl = training.elbo_terms(checkpoint, x, seed, samples=DRAWS)
    parts = (reconstruction, kl, training.iwae_bound(checkpoint, x, DRAWS, seed))
    return HeldOut(*(part.double().cpu() for part in parts))


def share_below(value: float, others: Tensor) -> float:
    """The quantile of `value` among `others` (N,): the share that is smaller, ties counted half. 0 to 1."""
    return ((others < value).double() + 0.5 * (others == value).double()).mean().item()


def place(checkpoint: training.Checkpoint, image: Tensor, side: int = 45) -> Place:
    """p(z | x) of one image (D,) on a grid around itself and the encoder's q. ValueError unless there are 2 latents."""
    if checkpoint.config.latent != 2:
        raise ValueError(f"a plane has 2 latents and this model has {checkpoint.config.latent}")
    cells = exact_evidence.cells(checkpoint, image)
    weight = torch.softmax(cells.log_mass, 0)
    mean = weight @ cells.z
    spread = (weight @ (cells.z - mean) ** 2).sqrt()
    q = training.Posterior(*(part[0].double().cpu() for part in training.encode(checkpoint, image[None])))
    reach = 4 * torch.maximum(spread, (0.5 * q.log_var).exp())
    low, high = torch.minimum(mean, q.mean) - reach, torch.maximum(mean, q.mean) + reach
    z1, z2 = (torch.linspace(float(low[i]), float(high[i]), side, dtype=torch.float64) for i in (0, 1))
    z = torch.stack(torch.meshgrid(z1, z2, indexing="xy"), -1).reshape(-1, 2)
    density = (exact_evidence.log_joint(checkpoint, image, z) - cells.log_p).exp()
    return Place(z1, z2, density.reshape(side, side))

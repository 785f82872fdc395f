"""Which latents a VAE uses, and how they switch off one after the other as beta grows.

    KL_j = mean over images of KL(q(z_j | x) || p(z_j)),   latent j is active where Var_x E_q z_j > 0.01

Where KL_j is 0 the encoder answers with the prior whatever the image. For the linear VAE both are known in closed form:
`dgm.ppca.linear_vae` (`optimum`, `collapse`, `active_count`). Shapes: L latents. Nats per image.
Source of the threshold: Burda, Grosse and Salakhutdinov 2016.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_vector
from dgm.errors import ArgumentError
from dgm.gaussian import kl_to_standard_normal
from dgm.vae.images import Images, split_images
from dgm.vae.inference import elbo_terms, encode
from dgm.vae.model import Checkpoint, Config, as_config, init
from dgm.vae.training import advance

ACTIVE_VARIANCE = 0.01
MAX_BETAS = 100


class Units(NamedTuple):
    """Every latent of a model, in the model's order."""

    kl: Tensor          # (L,) mean KL to the prior, nats
    variance: Tensor    # (L,) of E_q z_j over the images
    active: Tensor      # (L,) bool

    @property
    def active_count(self) -> int:
        """How many are active."""
        return int(self.active.sum())


def units(checkpoint: Checkpoint, x: Tensor) -> Units:
    """KL, variance of the means and activity of every latent, over images x (N, D).

    >>> from dgm import vae
    >>> from dgm.vae.latents import collapse
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> collapse.units(vae.pretrained("digits"), x).active_count
    2
    """
    q = encode(checkpoint, x)
    mean, log_var = q.mean.double().cpu(), q.log_var.double().cpu()
    variance = mean.var(0, correction=0)
    return Units(kl_to_standard_normal(mean, log_var).mean(0), variance, variance > ACTIVE_VARIANCE)


class Swept(NamedTuple):
    """The model of one beta, and its terms on the validation images."""

    beta: float
    checkpoint: Checkpoint
    recon: float     # mean of E_q log p(x | z), nats
    kl: Tensor       # (L,) nats
    active: int      # number of active latents


def sweep(config: Config, images: Images, betas: Sequence[float], steps: int) -> Iterator[Swept]:
    """One model for each beta, all from the same weights and noise, trained for `steps` steps; as they are done.

    betas: 1 to 100 numbers from 0 on. ArgumentError for others, DataError as `split_images`.

    >>> from dgm import vae
    >>> from dgm.vae.latents import collapse
    >>> found = collapse.sweep(vae.Config(hidden=8), vae.Images("digits"), [0.1, 100.0], 200)
    >>> [swept.active for swept in found]
    [2, 0]
    """
    config, steps = as_config(config), as_integer(steps, "steps", 0)
    values = as_vector(betas, "betas").tolist()
    if not 1 <= len(values) <= MAX_BETAS or min(values) < 0:
        raise ArgumentError(f"betas has to hold 1 to {MAX_BETAS} numbers from 0 on")
    data = split_images(images)
    configs = [replace(config, beta=beta) for beta in values]
    return (_swept(each, data.train, data.validation, steps) for each in configs)


def _swept(config: Config, train: Tensor, validation: Tensor, steps: int) -> Swept:
    checkpoint = advance(init(config, train), train, steps)
    recon = elbo_terms(checkpoint, validation, seed=config.seed)[0]
    found = units(checkpoint, validation)
    return Swept(config.beta, checkpoint, recon.mean(dtype=torch.float64).item(), found.kl, found.active_count)

"""Half-steps of variational EM with gradients (slides "Variational EM-algorithm", "Amortized inference").

    E-step   phi   <- phi + rate * grad_phi L(phi, theta)       theta fixed: log p(x) stays
    M-step   theta <- theta + rate * grad_theta L(phi, theta)   phi fixed: the KL to the prior stays

Each is a run of `vae.advance` that changes one half of the parameters: stochastic gradients of a chosen length, so
that it can also lower L. Nats per image.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer
from dgm.vae.inference import elbo_terms
from dgm.vae.model import Checkpoint, as_checkpoint, images_for
from dgm.vae.training import advanced

SAMPLES = 8              # draws behind each reconstruction
SEED = 1                 # of these draws: the same before and after


class Terms(NamedTuple):
    """The two terms of the bound, means over images, nats."""

    recon: float
    kl: float

    @property
    def bound(self) -> float:
        """L = recon - KL."""
        return self.recon - self.kl


class HalfStep(NamedTuple):
    """A run after steps in one half of its parameters, and the bound's terms on both sides of them."""

    checkpoint: Checkpoint
    before: Terms
    after: Terms


def encoder_step(checkpoint: Checkpoint, x: Tensor, steps: int = 1) -> HalfStep:
    """`steps` gradient steps in phi alone; the decoder stays bit for bit.

    x: (N, D) images, from which the batches are drawn and on which the terms are measured, with the same noise before
    and after. Raises as `vae.advance`.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae.runs import half_steps
    >>> run = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> half = half_steps.encoder_step(run, torch.eye(4), 20)
    >>> bool((half.checkpoint.params["decoder.out.weight"] == run.params["decoder.out.weight"]).all())
    True
    """
    return _half_step(checkpoint, x, steps, "encoder.")


def decoder_step(checkpoint: Checkpoint, x: Tensor, steps: int = 1) -> HalfStep:
    """`steps` gradient steps in theta alone; the encoder stays bit for bit, and with it the KL. As `encoder_step`.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae.runs import half_steps
    >>> half = half_steps.decoder_step(vae.init(vae.Config(hidden=8), torch.eye(4)), torch.eye(4), 20)
    >>> half.before.kl == half.after.kl
    True
    """
    return _half_step(checkpoint, x, steps, "decoder.")


def _half_step(checkpoint: Checkpoint, x: Tensor, steps: int, part: str) -> HalfStep:
    checkpoint, steps = as_checkpoint(checkpoint), as_integer(steps, "steps", 0)
    x = images_for(checkpoint, x)
    after = advanced(checkpoint, x, steps, part)
    return HalfStep(after, _terms(checkpoint, x), _terms(after, x))


def _terms(checkpoint: Checkpoint, x: Tensor) -> Terms:
    recon, kl = elbo_terms(checkpoint, x, samples=SAMPLES, seed=SEED)
    return Terms(recon.mean(dtype=torch.float64).item(), kl.mean(dtype=torch.float64).item())

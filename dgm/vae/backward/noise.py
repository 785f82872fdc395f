"""The random numbers of training steps: i ~ U[1, n] and eps ~ N(0, I), from (seed, step) alone.

They are drawn for BLOCK steps at a time, each latent and the images from a generator of its own, always on the CPU. So
the k-th image of a batch and its eps_j are the same numbers on every device, for every batch and number of latents.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.vae.model import Config

BLOCK = 16     # torch draws normal numbers 16 at a time: a longer row of blocks begins with the shorter one's numbers
_IMAGES, _EPS = 1, 3


class Noise(NamedTuple):
    """The noise of S steps, or of one without the first axis."""

    rows: Tensor | None    # (S, B) which images; None where each step takes all
    eps: Tensor            # (S, B, L) float32


def of_block(config: Config, n: int, index: int) -> Noise:
    """Steps index * BLOCK to (index + 1) * BLOCK - 1 of a run over n images."""
    batch = config.batch or n
    rows = None
    if config.batch:
        g = runtime.generator(config.seed, _IMAGES, index)
        rows = torch.randint(n, (batch, BLOCK), generator=g).t().contiguous()
    if config.gradient == "exact":    # which needs none
        return Noise(rows, torch.zeros(BLOCK, batch, 0, dtype=torch.float32))
    columns = [torch.randn(batch, BLOCK, generator=runtime.generator(config.seed, _EPS, index, latent),
                           dtype=torch.float32) for latent in range(config.latent)]
    return Noise(rows, torch.stack(columns, -1).transpose(0, 1).contiguous())

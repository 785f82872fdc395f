"""Why an importance weighted bound stays below log p(x): how few of its draws count.

    w_k = p(x, z_k) / q(z_k | x),   effective = (sum w)^2 / sum w^2,   E[w^2] / E[w]^2 = 1 + chi^2(posterior, q)

Where q has next to no mass at a mode of the posterior, no draw of K finds it, and log 1/K sum w misses that mode.
`reach` computes both from the exact posterior. Shapes: N images of D pixels. Float64, nats.
Sources: Burda, Grosse and Salakhutdinov 2016; Kong 1992 (effective sample size).
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed
from dgm.gaussian import log_diagonal_normal
from dgm.vae.borders import MAX_COUNT
from dgm.vae.evidence.best_gaussian import log_joint
from dgm.vae.evidence.tiling import Tiling, tiling
from dgm.vae.exact_evidence import IMAGES, TOLERANCE, integrable
from dgm.vae.inference import encode
from dgm.vae.model import Checkpoint, Posterior, as_checkpoint, images_for

BLOCK = 20_000       # draws that are decoded together


class Weights(NamedTuple):
    """The importance weights of K draws for each of N images, summed up; (N,) each."""

    bound: Tensor        # log 1/K sum w, nats
    effective: Tensor    # (sum w)^2 / sum w^2, from 1 to K: how many draws count


class Reach(NamedTuple):
    """What q(z | x) reaches of the exact posterior, (N,) each."""

    log_p: Tensor      # log p(x), nats
    draws: Tensor      # how many of K draws of q are expected in the smallest region with a share of the posterior
    # 1 / (1 + chi^2(posterior, q)), 0 to 1: the limit of effective / K for many K. Near 0 where q's tails end before
    # those of the posterior, however little mass they have.
    overlap: Tensor
    error: Tensor      # of log_p, nats; infinite where it is not known, and the other two are NaN


@torch.no_grad()
def weights(checkpoint: Checkpoint, x: Tensor, samples: int = 500, seed: int = 0) -> Weights:
    """The importance weighted bound of images x (N, D) and its effective sample size, from K = `samples` draws.

    ArgumentError for samples < 1, DataError for images of another size.

    >>> from dgm import vae
    >>> from dgm.vae.evidence import importance
    >>> x = vae.split_images(vae.Images("digits")).test[95:98]
    >>> found = importance.weights(vae.pretrained("digits"), x, 50)
    >>> bool((found.effective >= 1).all() and (found.effective <= 50).all())
    True
    """
    checkpoint, samples = as_checkpoint(checkpoint), as_integer(samples, "samples", 1, MAX_COUNT)
    x = images_for(checkpoint, x)
    q = _in_float64(encode(checkpoint, x))
    g = runtime.generator(as_seed(seed))
    once = torch.full((len(x),), -math.inf, dtype=torch.float64)
    twice = once.clone()
    done = 0
    while done < samples:
        count = min(samples - done, max(1, BLOCK // len(x)))
        eps = torch.randn(count, *q.mean.shape, generator=g, dtype=torch.float64)
        log_w = _log_weights(checkpoint, x.cpu(), q, eps)
        once, twice = torch.logaddexp(once, log_w.logsumexp(0)), torch.logaddexp(twice, (2 * log_w).logsumexp(0))
        done += count
    return Weights(once - math.log(samples), (2 * once - twice).exp().clamp(1, samples))


def _log_weights(checkpoint: Checkpoint, x: Tensor, q: Posterior, eps: Tensor) -> Tensor:
    """log w (K, N) of draws with noise eps (K, N, L)."""
    z = q.draw(eps)
    return log_joint(checkpoint, x, z.transpose(0, 1)).t() - q.log_prob(z)


def reach(checkpoint: Checkpoint, x: Tensor, samples: int = 500, share: float = 0.9) -> Reach:
    """How much of the exact posterior of images x (N, D) the encoder's q reaches; 1 or 2 latents.

    samples: K. share: of the posterior, above 0, at most 1. A bound of K draws can be near log p(x) only
    where `draws` is well above 1. ArgumentError with more latents and for another share or K, DataError for images of
    another size.

    >>> from dgm import vae
    >>> from dgm.vae.evidence import importance
    >>> x = vae.split_images(vae.Images("digits")).test[95:98]
    >>> found = importance.reach(vae.pretrained("digits"), x)
    >>> (found.draws > 1).tolist()        # the third image's posterior is where q is not
    [True, True, False]
    """
    checkpoint, samples = integrable(checkpoint), as_integer(samples, "samples", 1, MAX_COUNT)
    share = as_number(share, "share", above=0, high=1)
    parts = [_reach(checkpoint, block, samples, share) for block in torch.split(images_for(checkpoint, x), IMAGES)]
    return Reach(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _reach(checkpoint: Checkpoint, x: Tensor, samples: int, share: float) -> Reach:
    cells, q = tiling(checkpoint, x, TOLERANCE), _in_float64(encode(checkpoint, x))
    log_q = log_diagonal_normal(cells.z, q.mean[cells.owner], q.log_var[cells.owner])
    log_share = cells.log_mass - cells.log_p[cells.owner]
    # E_q[(posterior / q)^2] = sum of share^2 / (q volume)
    exponent = 2 * log_share - log_q - cells.log_volume
    largest = torch.full_like(cells.log_p, -math.inf).scatter_reduce(0, cells.owner, exponent, "amax")
    second = largest + cells.per_image((exponent - largest[cells.owner]).exp()).log()
    inside = _densest(cells, log_share, share)
    draws = samples * cells.per_image(torch.where(inside, (log_q + cells.log_volume).exp(), 0.0)).clamp(max=1.0)
    overlap, unknown = (-second).exp().clamp(max=1.0), cells.error.isinf()
    return Reach(cells.log_p, draws.masked_fill(unknown, math.nan), overlap.masked_fill(unknown, math.nan), cells.error)


def _densest(cells: Tiling, log_share: Tensor, share: float) -> Tensor:
    """Which cells (M,) make up the smallest region with a share of each image's posterior."""
    order = (cells.log_volume - log_share).argsort(stable=True)              # by density, the highest first
    order = order[cells.owner[order].argsort(stable=True)]                   # image by image
    mass = log_share[order].exp()
    before = mass.cumsum(0) - mass
    first = torch.zeros_like(cells.log_p).scatter_reduce(0, cells.owner[order], before, "amin", include_self=False)
    inside = torch.empty(len(order), dtype=torch.bool)
    inside[order] = before + mass / 2 - first[cells.owner[order]] < share    # the last cell where half of it belongs
    return inside


def _in_float64(q: Posterior) -> Posterior:
    return Posterior(*(part.double().cpu() for part in q))

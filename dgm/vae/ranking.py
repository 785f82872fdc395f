"""How probable an image is under a VAE, compared with images that were held out from its training."""

from typing import NamedTuple

from torch import Tensor

from dgm.arguments import as_number, as_tensor
from dgm.errors import DataError
from dgm.vae.inference import elbo_terms, iwae_bound
from dgm.vae.model import Checkpoint

DRAWS = 20  # of the importance weighted bound: tight enough to rank by, fast enough for hundreds of images


class Bounds(NamedTuple):
    """Bounds on log p(x) of N images, (N,) float64 nats each."""

    reconstruction: Tensor  # E_q log p(x | z)
    kl: Tensor              # KL(q(z | x) || p(z))
    evidence: Tensor        # the importance weighted bound on log p(x) with DRAWS draws


def bounds(checkpoint: Checkpoint, x: Tensor, seed: int = 0) -> Bounds:
    """The bound's two terms and the importance weighted bound of images x (N, D), with DRAWS draws.

    >>> from dgm import vae
    >>> from dgm.vae import ranking
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> tuple(ranking.bounds(vae.pretrained("digits"), x).evidence.shape)
    (297,)
    """
    reconstruction, kl = elbo_terms(checkpoint, x, samples=DRAWS, seed=seed)
    terms = (reconstruction, kl, iwae_bound(checkpoint, x, DRAWS, seed))
    return Bounds(*(term.double().cpu() for term in terms))


def share_below(value: float, others: Tensor) -> float:
    """The quantile of `value` among `others` (N,): the share that is smaller, ties counted half. 0 to 1.

    >>> import torch
    >>> share_below(2.0, torch.tensor([1.0, 2.0, 2.0, 5.0]))
    0.5
    """
    value, others = as_number(value, "value", infinite=True), as_tensor(others, "others", finite=False)
    if others.ndim != 1 or not len(others) or bool(others.isnan().any()):
        raise DataError("others has to hold one number or more, none of them missing")
    return ((others < value).double() + 0.5 * (others == value).double()).mean().item()

"""The bound by samples (slide "Monte-Carlo estimation"), and the importance-weighted bound.

    L ~ 1/S sum_s log p(x, z_s) - log q(z_s),  z_s ~ q
    L_K = E log 1/K sum_k p(x, z_k) / q(z_k),   L_1 = L <= L_2 <= ... <= log p(x)      (Burda et al. 2016)
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_seed
from dgm.elbo.families import Family
from dgm.elbo.lower_bound import Model, require_fit
from dgm.errors import ArgumentError

MOST_SAMPLES = 10**6
MOST_TERMS = 10**7
MOST_COUNT = 1000


class MonteCarlo(NamedTuple):
    """An estimate of the bound, nats."""

    value: float     # mean of the terms: unbiased
    error: float     # its standard error
    terms: Tensor    # (S,)  log p(x, z_s) - log q(z_s)
    latents: Tensor  # (S,)  z_s


class ImportanceWeighted(NamedTuple):
    """Estimates of L_K for K = 1, 2, ..., nats; all K use the same samples."""

    samples: Tensor  # (K,)  1 ... most
    bound: Tensor    # (K,)
    error: Tensor    # (K,)  standard errors


def monte_carlo(model: Model, x: Any, q: Family, samples: int = 100, seed: int = 0) -> MonteCarlo:
    """The bound as a mean over samples of q, with its standard error.

    samples: S, 2 to 10^6. At q = p(z | x) every term is log p(x) and the error is 0.
    ArgumentError for other samples, and as `elbo`.

    >>> from dgm import elbo
    >>> model = elbo.NormalModel()
    >>> run = elbo.monte_carlo(model, 2.0, elbo.Gaussian(1.0, 1.0), samples=1000)
    >>> abs(run.value - elbo.elbo(model, 2.0, elbo.Gaussian(1.0, 1.0)).bound) < 4 * run.error
    True
    """
    require_fit(model, q)
    count = as_integer(samples, "samples", 2, MOST_SAMPLES)
    terms, z = _log_weights(model, x, q, count, seed)
    return MonteCarlo(float(terms.mean()), float(terms.std()) / math.sqrt(count), terms, z)


def importance_weighted(model: Model, x: Any, q: Family, most: int = 100, repeats: int = 1000,
                        seed: int = 0) -> ImportanceWeighted:
    """L_K for K = 1 to `most`, each a mean over `repeats` groups of K samples, with its standard error.

    most: 1 to 1000, repeats: 2 or more; ArgumentError for others or for more than 10^7 samples, and as `elbo`.

    >>> from dgm import elbo
    >>> run = elbo.importance_weighted(elbo.NormalModel(), 2.0, elbo.Gaussian(0.0, 1.0), most=10)
    >>> bool(run.bound[0] < run.bound[9] < -2.2)
    True
    """
    require_fit(model, q)
    largest, groups = as_integer(most, "most", 1, MOST_COUNT), as_integer(repeats, "repeats", 2, MOST_TERMS)
    if largest * groups > MOST_TERMS:
        raise ArgumentError(f"{largest} x {groups} samples are too many: choose at most {MOST_TERMS:g} in all")
    log_weights = _log_weights(model, x, q, largest * groups, seed)[0].reshape(groups, largest)
    count = torch.arange(1, largest + 1, dtype=torch.float64)
    bounds = log_weights.logcumsumexp(1) - count.log()
    return ImportanceWeighted(count, bounds.mean(0), bounds.std(0) / math.sqrt(groups))


def _log_weights(model: Model, x: Any, q: Family, count: int, seed: Any) -> tuple[Tensor, Tensor]:
    z = q.sample(count, as_seed(seed))
    return model.log_joint(x, z) - q.log_prob(z), z

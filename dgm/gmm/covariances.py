"""The four families of covariances, their M-step under the floor, and their number of free parameters.

The floor is a prior: the objective per point is log p(x | theta) - floor/2 sum_k tr(V Sigma_k^-1), where V holds
the data's own (robust) variances, so that it is the identity in working coordinates. Its maximum is the plain
one plus floor/pi_k V: no variance falls below floor V, the objective is bounded above, and because the prior
does not touch the E-step, EM climbs it, as long as float64 can hold the covariances at all. With floor = 0 this
is exact maximum likelihood.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.log_density import Density, identity
from dgm.gmm.params import Params
from dgm.gmm.statistics import TINY, Moments

FLOOR = 1e-6    # of the data's own variances
ROUNDING = 1e-14  # of a covariance's trace: a narrower direction is lost in float64's rounding of the longer ones
ALIVE = 1e-12   # mean responsibility below which a component keeps its shape: it holds no point to estimate it from


def _raised(m: Moments, floor: float) -> Tensor:
    """Scatters plus floor / pi_k on the diagonal, (K, D, D)."""
    if floor == 0:
        return m.scatter
    return m.scatter + (floor / m.weights.clamp(min=ALIVE))[:, None, None] * identity(m.means)


def held(covs: Tensor, floor: float = 1.0) -> Tensor:
    """Covariances that float64 can hold and factorise: no direction below `ROUNDING` of the whole."""
    if floor == 0:
        return covs
    size = covs.diagonal(dim1=1, dim2=2).sum(1)
    return covs + ROUNDING * size[:, None, None] * identity(covs[:, 0])


def full(m: Moments, floor: float) -> Tensor:
    """Sigma_k = S_k + floor / pi_k I."""
    return held(_raised(m, floor), floor)


def tied(m: Moments, floor: float) -> Tensor:
    """Sigma = sum_k pi_k S_k + floor I, the same for every component."""
    pooled = (m.weights[:, None, None] * m.scatter).sum(0, keepdim=True) + floor * identity(m.means)
    return held(pooled, floor).expand_as(m.scatter)


def diag(m: Moments, floor: float) -> Tensor:
    """The diagonal of `full`."""
    return _raised(m, floor).diagonal(dim1=1, dim2=2).diag_embed()


def spherical(m: Moments, floor: float) -> Tensor:
    """Sigma_k = tr(S_k)/D I + floor / pi_k I."""
    variance = _raised(m, floor).diagonal(dim1=1, dim2=2).mean(1)
    return variance[:, None, None] * identity(m.means)


class Family(NamedTuple):
    """One kind of covariance."""

    estimate: Callable[[Moments, float], Tensor]  # the M-step's covariances (K, D, D)
    free: Callable[[int, int], int]               # (K, D) -> free parameters of the covariances
    diagonal: bool = False
    one_scale: bool = False                       # columns keep their proportions in working coordinates
    shared: bool = False


COVARIANCES: dict[str, Family] = {
    "full": Family(full, lambda k, d: k * d * (d + 1) // 2),
    "tied": Family(tied, lambda k, d: d * (d + 1) // 2, shared=True),
    "diag": Family(diag, lambda k, d: k * d, diagonal=True),
    "spherical": Family(spherical, lambda k, d: k, diagonal=True, one_scale=True),
}


def family(covariance: str) -> Family:
    """The family of that name. ValueError names the choices."""
    if covariance not in COVARIANCES:
        raise ValueError(f"unknown covariance {covariance!r}: choose one of {', '.join(COVARIANCES)}")
    return COVARIANCES[covariance]


def free_parameters(k: int, d: int, covariance: str = "full") -> int:
    """K - 1 weights, K D means and the covariances'; full: K - 1 + K D + K D (D+1) / 2."""
    return k - 1 + k * d + family(covariance).free(k, d)


def maximise(m: Moments, old: Params, kind: Family, floor: float) -> Params:
    """theta = argmax of E_q log p(x, z | theta) plus the prior, in working coordinates.

    A component that lost its points (mean responsibility below `ALIVE`) keeps its mean and shape, its weight moves:
    still a step uphill.
    """
    covs = kind.estimate(m, floor)
    if float(m.weights.min()) > ALIVE:
        return Params(m.weights.log(), m.means, covs)
    alive = m.weights > ALIVE
    if not kind.shared:
        covs = torch.where(alive[:, None, None], covs, old.covs)
    return Params(m.weights.clamp(min=TINY).log(), torch.where(alive[:, None], m.means, old.means), covs)


def project(theta: Params, kind: Family) -> Params:
    """The nearest member of the family in the M-step's sense: where a climb within the family can start."""
    weights = theta.log_weights.softmax(0)
    return Params(weights.clamp(min=TINY).log(), theta.means, kind.estimate(Moments(weights, *theta[1:]), 0.0))


def penalty(p: Density, kind: Family, floor: float) -> float:
    """-floor/2 sum_k tr(V Sigma_k^-1), nats per point; a shared covariance counts once."""
    if floor == 0:
        return 0.0
    inverse_traces = p.whiten.square().sum((1, 2))
    return -floor / 2 * float(inverse_traces[0] if kind.shared else inverse_traces.sum())

"""The four families of covariances, their M-step under the floor, and their number of free parameters.

The floor is a prior: the objective per point is log p(x | theta) - floor/2 sum_k tr(V Sigma_k^-1), where V holds the
data's own (robust) variances. Its maximum is the maximum-likelihood
estimate (Bishop, PRML, eq. 9.25) plus floor/pi_k V: no variance falls below floor V, the objective is bounded above,
and because the prior does not change the E-step, EM still raises the objective in every step, as long as float64 can
represent the covariances. With floor = 0 this is exact maximum likelihood.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer
from dgm.gmm.log_density import Density
from dgm.gmm.params import Params
from dgm.gmm.statistics import TINY, Moments

FLOOR = 1e-6        # of the data's own variances
ROUNDING = 1e-14    # of a covariance's trace: a narrower direction is lost in float64's rounding of the longer ones
NEGLIGIBLE = 1e-12  # mean responsibility below which a component's shape is not updated: it has no points


class Prior(NamedTuple):
    """The floor: a share of the data's own variances V, in working coordinates."""

    share: float        # 0: no prior
    variances: Tensor   # (D, D)  V, diagonal


def prior_of(share: float, deviation: Tensor) -> Prior:
    """The prior of data with the standard deviations `deviation` (D,)."""
    return Prior(share, deviation.square().diag())


def _floored_scatter(moments: Moments, prior: Prior) -> Tensor:
    """Scatters plus floor / pi_k V, (K, D, D)."""
    if prior.share == 0:
        return moments.scatter
    return moments.scatter + (prior.share / moments.weights.clamp(min=NEGLIGIBLE))[:, None, None] * prior.variances


def with_jitter(covs: Tensor, prior: Prior) -> Tensor:
    """Covariances that float64 can represent and factorise: no variance below `ROUNDING` times the trace."""
    if prior.share == 0:
        return covs
    size = (covs / prior.variances.diagonal()).diagonal(dim1=1, dim2=2).sum(1)
    return covs + (ROUNDING * size)[:, None, None] * prior.variances


def full(moments: Moments, prior: Prior) -> Tensor:
    """Sigma_k = S_k + floor / pi_k V."""
    return with_jitter(_floored_scatter(moments, prior), prior)


def tied(moments: Moments, prior: Prior) -> Tensor:
    """Sigma = sum_k pi_k S_k + floor V, the same for every component."""
    pooled = (moments.weights[:, None, None] * moments.scatter).sum(0, keepdim=True)
    if prior.share:
        pooled = pooled + prior.share * prior.variances
    return with_jitter(pooled, prior).expand_as(moments.scatter)


def diag(moments: Moments, prior: Prior) -> Tensor:
    """The diagonal of `full`."""
    return _floored_scatter(moments, prior).diagonal(dim1=1, dim2=2).diag_embed()


def spherical(moments: Moments, prior: Prior) -> Tensor:
    """Sigma_k = tr(S_k)/D I + floor / pi_k V; all columns have the same V."""
    variance = _floored_scatter(moments, prior).diagonal(dim1=1, dim2=2).mean(1)
    return variance[:, None].expand_as(moments.means).diag_embed()


class Family(NamedTuple):
    """One kind of covariance."""

    estimate: Callable[[Moments, Prior], Tensor]  # the M-step's covariances (K, D, D)
    free: Callable[[int, int], int]               # (K, D) -> free parameters of the covariances
    diagonal: bool = False
    one_scale: bool = False                       # working coordinates preserve the proportions of the columns
    shared: bool = False


COVARIANCES: dict[str, Family] = {
    "full": Family(full, lambda k, d: k * d * (d + 1) // 2),
    "tied": Family(tied, lambda k, d: d * (d + 1) // 2, shared=True),
    "diag": Family(diag, lambda k, d: k * d, diagonal=True),
    "spherical": Family(spherical, lambda k, d: k, diagonal=True, one_scale=True),
}


def family_of(covariance: Any) -> Family:
    """The family of that name. ArgumentError names the choices."""
    return COVARIANCES[as_choice(covariance, "covariance", tuple(COVARIANCES))]


def free_parameters(k: int, d: int, covariance: str = "full") -> int:
    """Number of free parameters of K components in D dimensions.

    K - 1 weights, K D means and the entries of the covariances; full: K - 1 + K D + K D (D + 1) / 2.

    covariance: a name of `COVARIANCES`. ArgumentError for another name, and unless k and d are whole numbers from 1 on.

    >>> from dgm import gmm
    >>> [gmm.free_parameters(3, 2, name) for name in gmm.COVARIANCES]
    [17, 11, 14, 11]
    """
    count, columns = as_integer(k, "k", low=1), as_integer(d, "d", low=1)
    return count - 1 + count * columns + family_of(covariance).free(count, columns)


def maximise(moments: Moments, old: Params, family: Family, prior: Prior) -> Params:
    """theta = argmax of E_q log p(x, z | theta) plus the prior, in working coordinates (PRML eq. 9.24 to 9.26).

    A component without points (mean responsibility below `NEGLIGIBLE`) keeps its mean and covariance and gets its new
    weight: the objective still rises.
    """
    covs = family.estimate(moments, prior)
    if float(moments.weights.min()) > NEGLIGIBLE:
        return Params(moments.weights.log(), moments.means, covs)
    populated = moments.weights > NEGLIGIBLE
    if not family.shared:
        covs = torch.where(populated[:, None, None], covs, old.covs)
    means = torch.where(populated[:, None], moments.means, old.means)
    return Params(moments.weights.clamp(min=TINY).log(), means, covs)


def project(theta: Params, family: Family) -> Params:
    """The nearest member of the family in the M-step's sense: where EM within the family can start."""
    weights, none = theta.log_weights.softmax(0), prior_of(0.0, torch.ones_like(theta.means[0]))
    covs = family.estimate(Moments(weights, theta.means, theta.covs), none)
    return Params(weights.clamp(min=TINY).log(), theta.means, covs)


def penalty(density: Density, family: Family, prior: Prior) -> float:
    """-floor/2 sum_k tr(V Sigma_k^-1), nats per point; a shared covariance counts once."""
    if prior.share == 0:
        return 0.0
    inverse_traces = (density.whiten.square() @ prior.variances.diagonal()).sum(1)
    return -prior.share / 2 * float(inverse_traces[0] if family.shared else inverse_traces.sum())

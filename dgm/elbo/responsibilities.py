"""The bound of a mixture over the responsibilities of one point, all other points at their posteriors.

    L_n(q) = log p(x_n) - KL(q, p(z_n | x_n)),     KL = s log(s / r) + (1 - s) log((1 - s) / (1 - r))
for a q that puts the share s on one component of posterior r, and the rest on the others in the posterior's ratios. In
other ratios rho_j of the rest, the last term is (1 - s) (log(1 - s) + sum_j rho_j log(rho_j / r_j)).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_vector
from dgm.elbo.one_parameter import Coordinate, log_joint_of
from dgm.errors import ArgumentError, DataError
from dgm.gmm import Params

MOST_SHARES = 20_000


class PointBound(NamedTuple):
    """The bound over the share of one component in the q of one point, nats."""

    share: Tensor      # (S,)  q(z_n = component)
    bound: Tensor      # (S,)  L_n(q) of this point
    gap: Tensor        # (S,)  KL(q, p(z_n | x_n)), 0 at the posterior's share
    total: Tensor      # (S,)  L of all points, mean nats per point
    log_lik: float     # log p(x_n)
    posterior: Tensor  # (K,)  p(z_n | x_n)


def point_bound(x: Any, theta: Params, row: int, component: int, shares: Any, others: Any = None) -> PointBound:
    """L as a function of the responsibility of one component for one point.

    x: (N, D). row: of the point, component: of the mixture, both from 0. shares: (S,) within [0, 1]. others: (K,) the
    ratios in which the other components have the rest, not below 0 and not all 0; without them the posterior's.
    ArgumentError for a row, component, share or ratio that does not exist, else errors as `likelihood_curve`.

    >>> import torch
    >>> from dgm import elbo, gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> found = elbo.point_bound([[0.0], [2.0]], theta, 0, 0, [0.5, 1.0])
    >>> [round(gap, 4) for gap in found.gap.tolist()]       # log 2 for a q that is certain
    [0.0, 0.6931]
    """
    joint, n, k = _as_point(x, theta, row, component)
    share = as_vector(shares, "shares")
    if not 1 <= len(share) <= MOST_SHARES or bool(((share < 0) | (share > 1)).any()):
        raise ArgumentError(f"shares have to be 1 to {MOST_SHARES} numbers from 0 to 1")
    log_liks = joint.logsumexp(1)
    inside, rest = _log_shares(joint[n], k)
    if others is not None:
        rest = _in_ratios(others, joint[n] - log_liks[n], k)
    gap = (torch.xlogy(share, share) - _times(share, inside)
           + torch.xlogy(1 - share, 1 - share) - _times(1 - share, rest)).clamp(min=0)
    if others is None:
        at_posterior = (share - inside.exp()).abs() < 1e-15
        gap = torch.where(at_posterior, 0.0, gap)
    log_lik = float(log_liks[n])
    return PointBound(share, log_lik - gap, gap, float(log_liks.mean()) - gap / len(joint), log_lik,
                      torch.softmax(joint[n], 0))


def responsibilities_with(x: Any, theta: Params, row: int, component: int, share: float) -> Tensor:
    """(N, K): posteriors of all points but one, whose q has `share` on one component; for `bound_curve`.

    Arguments and errors as `point_bound`.

    >>> import torch
    >>> from dgm import elbo, gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> elbo.responsibilities_with([[0.0], [0.0]], theta, 1, 0, 0.25).tolist()
    [[0.5, 0.5], [0.25, 0.75]]
    """
    joint, n, k = _as_point(x, theta, row, component)
    part = as_number(share, "share", 0, 1)
    q = torch.softmax(joint, 1)
    if joint.shape[1] == 1:
        return q
    others = joint[n].clone()
    others[k] = -torch.inf
    q[n] = (1 - part) * torch.softmax(others, 0)
    q[n, k] = part
    return q


def _as_point(x: Any, theta: Any, row: Any, component: Any) -> tuple[Tensor, int, int]:
    """log p(x, z) (N, K), the row and the component."""
    k = as_integer(component, "component", 0, 10**6)
    joint = log_joint_of(x, theta, Coordinate("mean", k))
    if not bool(joint.logsumexp(1).isfinite().all()):
        raise DataError("a log density leaves float64: choose points and means nearer to each other")
    return joint, as_integer(row, "row", 0, len(joint) - 1), k


def _log_shares(joint: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """log p(z = k | x) and log p(z != k | x), both without the rounding of 1 - p."""
    others = torch.cat([joint[:k], joint[k + 1:]])
    total = joint.logsumexp(0)
    return joint[k] - total, others.logsumexp(0) - total


def _in_ratios(others: Any, log_posterior: Tensor, k: int) -> Tensor:
    """sum_j rho_j log(r_j / rho_j) over the components other than k. others: (K,) the rho up to a factor."""
    ratios = as_vector(others, "others").clone()
    if len(ratios) != len(log_posterior):
        raise ArgumentError(f"others have to be {len(log_posterior)} numbers, one for each component")
    ratios[k] = 0.0
    if bool((ratios < 0).any()) or not 0 < float(ratios.sum()) < torch.inf:
        raise ArgumentError("others have to be numbers from 0, and not all 0 beside the component's own")
    ratios = ratios / ratios.sum()
    return _times(ratios, log_posterior).sum() - torch.xlogy(ratios, ratios).sum()


def _times(share: Tensor, log_p: Tensor) -> Tensor:
    """share * log_p, 0 where the share is 0."""
    return torch.where(share > 0, share * log_p, 0.0)

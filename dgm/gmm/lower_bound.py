"""The lower bound of the EM slides for any q, and EM's half-steps as its block-coordinate ascent.

log p(x | theta) = L(q, theta) + KL(q, p(z | x, theta)),  L = E_q log p(x, z | theta) + H(q), nats per point.
The E half-step moves q alone and closes the gap; the M half-step moves theta alone and raises L.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from dgm.gmm.log_density import blocks, density, form
from dgm.gmm.params import Params, Points, as_params, as_points, frame_of

if TYPE_CHECKING:
    from dgm.gmm.em_steps import Step


class Elbo(NamedTuple):
    """The decomposition of log p(x | theta) at some q, each mean nats per point."""

    bound: float     # L(q, theta) = complete + entropy
    gap: float       # KL(q, p(z | x, theta)), summed on its own, not by subtraction
    log_lik: float   # incomplete: log p(x | theta)
    complete: float  # E_q log p(x, z | theta)
    entropy: float   # H(q)
    kl: float        # KL(q, pi): what the components cost against their weights

    @property
    def reconstruction(self) -> float:
        """E_q log p(x | z, theta) = L + KL(q, pi)."""
        return self.bound + self.kl


def elbo(x: Points, resp: Tensor, params: Params) -> Elbo:
    """L(q, theta), KL(q, posterior) and log p(x | theta) for any responsibilities q (N, K).

    One-hot rows make `complete` the log-likelihood log p(x, z | theta) of points with known components.
    ValueError when rows of `resp` are no distributions over the K components.
    """
    points = as_points(x)
    theta = as_params(params, points.shape[1])
    q = as_responsibilities(resp, len(points), len(theta.means))
    frame = frame_of(theta)
    z = frame.points(points)
    how = form(density(frame.inward(theta)), reach=float(z.abs().max()))
    totals, counts = z.new_zeros(4), q.sum(0)
    for cut in blocks(len(points), how.rows + len(theta.means), z.device):
        space = z.new_empty(how.rows, cut.stop - cut.start)
        joint = z.new_empty(len(theta.means), cut.stop - cut.start)
        how.log_joint(how.features(z[:, cut], space), space, joint)
        log_lik, part = joint.logsumexp(0), q[cut].T
        divergence = torch.xlogy(part, part) - part * (joint - log_lik)
        terms = (divergence, log_lik, part * joint, torch.special.entr(part))
        totals += torch.stack([term.sum() for term in terms])
    gap, incomplete, complete, entropy = (totals / len(points)).tolist()
    complete, incomplete = complete - frame.log_volume, incomplete - frame.log_volume
    expected_log_weight = float(torch.where(counts > 0, counts * theta.log_weights, 0.0).sum()) / len(points)
    return Elbo(complete + entropy, gap, incomplete, complete, entropy, -entropy - expected_log_weight)


def as_responsibilities(resp: Tensor, n: int, k: int | None = None) -> Tensor:
    """resp as float64 (N, K). ValueError unless its rows are distributions over the components."""
    q = torch.as_tensor(resp).detach().to(torch.float64)
    if q.ndim != 2 or len(q) != n or k not in (None, q.shape[1]):
        raise ValueError(f"responsibilities of shape {tuple(q.shape)} do not fit {n} points"
                         + ("" if k is None else f" and {k} components"))
    if not bool((q >= 0).all() and ((q.sum(1) - 1).abs() < 1e-6).all()):
        raise ValueError("responsibilities must be non-negative and each row must sum to one")
    return q


class HalfStep(NamedTuple):
    """One state of the block-coordinate ascent: theta, and the theta whose posterior q is."""

    kind: str             # "start", "E" or "M": the half-step that led here
    step: int             # M-steps taken
    params: Params        # theta
    anchor: Params | None  # q(z) = p(z | x, anchor); None: q is uniform
    bound: float          # L(q, theta), mean nats per point
    log_lik: float        # log p(x | theta)

    @property
    def gap(self) -> float:
        """KL(q, p(z | x, theta)) = log p - L, zero after an E half-step."""
        return max(self.log_lik - self.bound, 0.0)


def half_steps(x: Points, steps: Sequence["Step"]) -> tuple[HalfStep, ...]:
    """The path start, E, M, E, M, ... through the steps of one climb; it starts at a uniform q."""
    first = steps[0]
    k = len(first.params.means)
    uniform = torch.full((len(as_points(x)), k), 1 / k, dtype=torch.float64, device=first.params.means.device)
    path = [HalfStep("start", 0, first.params, None, elbo(x, uniform, first.params).bound, first.log_lik)]
    for old, new in zip([None, *steps], steps, strict=False):
        if old is not None:
            path.append(HalfStep("M", new.index, new.params, old.params, new.bound, new.log_lik))
        path.append(HalfStep("E", new.index, new.params, new.params, new.log_lik, new.log_lik))
    return tuple(path)

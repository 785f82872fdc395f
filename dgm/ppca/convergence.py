"""How fast EM closes in on the maximum: predicted from the eigenvalues, measured from a run.

Near the maximum an EM step multiplies the distance to it by the eigenvalues of the map's Jacobian
(Tipping and Bishop's M-step, linearised at W = U_q (Lambda_q - sigma^2 I)^(1/2)).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.ppca.covariance_spectrum import Scatter, Spectrum
from dgm.ppca.em_steps import Moments, Step, bound, e_step, m_step
from dgm.ppca.maximum_likelihood import closed_form
from dgm.ppca.model import Params

SHIFT = 1e-5     # of the central differences, relative: their error is SHIFT^2


class Rates(NamedTuple):
    """Factors by which one EM step shrinks an error; the slowest one decides."""

    direction: float   # lambda_{q+1} / lambda_q: the plane turning into place
    length: Tensor     # (q,)  1 - 2 (lambda_j - sigma^2) sigma^2 / lambda_j^2: columns growing, sigma^2 held
    inside: float      # largest eigenvalue of lengths, angles within the plane and sigma^2 taken together
    slowest: float     # max of direction and inside


class HalfStep(NamedTuple):
    """The bound after one half of a step, nats per point."""

    step: int
    half: str          # "E" or "M"
    bound: float       # L(q, theta)
    log_lik: float     # log p(x | theta); the difference is KL(q, posterior)


def _inside(spec: Spectrum, q: int, expanded: bool) -> Tensor:
    """Moduli of the Jacobian's eigenvalues for W's part within the top q axes and sigma^2, largest first."""
    values, sigma2 = spec.values, spec.noise(q)
    data = Scatter(spec.n, torch.zeros_like(values), float(values.sum()), torch.diag(values).numpy(), None)
    top = torch.zeros(len(values), q, dtype=torch.float64)
    top[:q] = torch.diag((values[:q] - sigma2).clamp_min(0).sqrt())
    at = torch.cat([top[:q].reshape(-1), torch.tensor([sigma2], dtype=torch.float64)])

    def step(flat: Tensor) -> Tensor:
        W = torch.zeros_like(top)
        W[:q] = flat[:-1].reshape(q, q)
        moved = m_step(data, e_step(data, Params(data.mean, W, flat[-1]))[0], expanded)
        return torch.cat([moved.W[:q].reshape(-1), moved.sigma2[None]])

    shift = SHIFT * float(values[0]) ** 0.5
    # sigma^2 can be far smaller than lambda_1: its own difference must not cross zero
    shifts = torch.full_like(at, shift)
    shifts[-1] = SHIFT * sigma2
    columns = [(step(at + by) - step(at - by)) / (2 * by.sum()) for by in torch.diag(shifts)]
    return torch.linalg.eigvals(torch.stack(columns, dim=1)).abs().sort(descending=True).values


def predicted(spec: Spectrum, q: int, expanded: bool = False) -> Rates:
    """The rates of EM on data with this spectrum, q >= 1. ValueError as `dgm.ppca.closed_form`.

    The q (q-1) / 2 rotations of W within the plane change no likelihood: their eigenvalue 1 is left out.
    """
    theta = closed_form(spec, q)
    if q < 1:
        raise ValueError("q = 0 has no W to converge: EM is done after one step; choose q of 1 or more")
    values, sigma2 = spec.values, float(theta.sigma2)
    top = values[:q]
    moduli = _inside(spec, q, expanded)
    direction = float(values[q] / values[q - 1])
    inside = float(moduli[q * (q - 1) // 2])
    return Rates(direction, 1 - 2 * (top - sigma2) * sigma2 / top**2, inside, max(direction, inside))


def distances(steps: Sequence[Step], best: Params) -> Tensor:
    """|C_t - C|, (T,): how far the model covariance W W' + sigma^2 I of every step is from the best one's."""
    identity = torch.eye(len(best.mean), dtype=torch.float64)
    target = best.W @ best.W.T + best.sigma2 * identity
    return torch.stack([(s.params.W @ s.params.W.T + s.params.sigma2 * identity - target).norm() for s in steps])


def measured(distance: Tensor, floor: float = 1e-9) -> float:
    """The rate seen in a run: the last ratio of successive `distances` that stand clear of rounding.

    `floor`: the share of the first distance below which digits are lost. ValueError when fewer than two are left.
    """
    clear = distance[distance > floor * distance[0]]
    if len(clear) < 2:
        raise ValueError("fewer than two steps lie above rounding: start EM further from the maximum")
    return float(clear[-1] / clear[-2])


def _rescaled(moments: Moments) -> Moments:
    """The moments of the same q in the coordinates L^-1 z that the expanded M-step moves to, L L' = E[z z']."""
    undo = torch.linalg.inv(torch.linalg.cholesky(moments.second))
    return Moments(moments.cross @ undo.T, undo @ moments.second @ undo.T, undo @ moments.cov @ undo.T)


def half_steps(data: Scatter, steps: Sequence[Step], expanded: bool = False) -> list[HalfStep]:
    """L(q, theta) and log p after every half-step of a run of `dgm.ppca_em.iterate` on `data`.

    E closes the gap: L = log p at the old theta. M raises L, and at the new theta the gap is open again.
    """
    out = [HalfStep(1, "E", bound(data, steps[0].moments, steps[0].params), steps[0].log_lik)] if steps else []
    for index, (before, after) in enumerate(pairwise(steps), start=1):
        old_q = _rescaled(before.moments) if expanded else before.moments
        out.append(HalfStep(index, "M", bound(data, old_q, after.params), after.log_lik))
        out.append(HalfStep(index + 1, "E", bound(data, after.moments, after.params), after.log_lik))
    return out

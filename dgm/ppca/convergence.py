"""How fast EM approaches the maximum: predicted from the eigenvalues, measured from a run, and shown half by half.

Near the maximum an EM step multiplies the distance to it by the eigenvalues of the map's Jacobian
(Dempster, Laird and Rubin 1977), here of Tipping and Bishop's step at W = U_q (Lambda_q - sigma^2 I)^(1/2).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.ppca.covariance_spectrum import Scatter, Spectrum
from dgm.ppca.em_steps import Moments, Step, bound, e_step, m_step
from dgm.ppca.maximum_likelihood import closed_form
from dgm.ppca.model import Params, decode, posterior

SHIFT = 1e-5     # of the central differences, relative: their error is SHIFT^2


class Rates(NamedTuple):
    """Factors by which one EM step multiplies an error; the largest one decides."""

    direction: float   # lambda_{q+1} / lambda_q: rotation of the plane
    length: Tensor     # (q,)  1 - 2 (lambda_j - sigma^2) sigma^2 / lambda_j^2: column lengths at fixed sigma^2
    inside: float      # largest eigenvalue of lengths, angles within the plane and sigma^2 taken together
    slowest: float     # max of direction and inside


class HalfStep(NamedTuple):
    """The bound after one half of a step, nats per point."""

    step: int
    half: str          # "E" or "M"
    bound: float       # L(q, theta)
    log_lik: float     # log p(x | theta); the difference is KL(q, posterior)


def _moduli_inside(spec: Spectrum, q: int, expanded: bool) -> Tensor:
    """Moduli of the Jacobian's eigenvalues for W's part within the top q axes and sigma^2, largest first."""
    values, sigma2 = spec.values, spec.noise(q)
    data = Scatter(spec.n, torch.zeros_like(values), float(values.sum()), torch.diag(values).numpy(), None)
    top = torch.zeros(len(values), q, dtype=torch.float64)
    top[:q] = torch.diag((values[:q] - sigma2).clamp_min(0).sqrt())
    at = torch.cat([top[:q].reshape(-1), torch.tensor([sigma2], dtype=torch.float64)])

    def step(flat: Tensor) -> Tensor:
        W = torch.zeros_like(top)
        W[:q] = flat[:-1].reshape(q, q)
        after = m_step(data, e_step(data, Params(data.mean, W, flat[-1]))[0], expanded)
        return torch.cat([after.W[:q].reshape(-1), after.sigma2[None]])

    shift = SHIFT * float(values[0]) ** 0.5
    # sigma^2 can be far smaller than lambda_1: its own difference must not cross zero
    shifts = torch.full_like(at, shift)
    shifts[-1] = SHIFT * sigma2
    columns = [(step(at + by) - step(at - by)) / (2 * by.sum()) for by in torch.diag(shifts)]
    return torch.linalg.eigvals(torch.stack(columns, dim=1)).abs().sort(descending=True).values


def predicted_rates(spec: Spectrum, q: int, expanded: bool = False) -> Rates:
    """The rates of EM on data with this spectrum, from the eigenvalues of the step's Jacobian at the maximum.

    The q (q-1) / 2 rotations of W within the plane change no likelihood: their eigenvalue 1 is left out.

    q: 1 .. D - 1. ValueError as `dgm.ppca.closed_form`, and at q = 0.

    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import predicted_rates
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> rates = predicted_rates(spec, 1)
    >>> rates.direction, rates.length.tolist()
    (0.25, [0.625])
    """
    theta = closed_form(spec, q)
    if q < 1:
        raise ValueError("q = 0 has no W to converge: EM is done after one step; choose q of 1 or more")
    values, sigma2 = spec.values, float(theta.sigma2)
    top = values[:q]
    moduli = _moduli_inside(spec, q, expanded)
    direction = float(values[q] / values[q - 1])
    inside = float(moduli[q * (q - 1) // 2])
    return Rates(direction, 1 - 2 * (top - sigma2) * sigma2 / top**2, inside, max(direction, inside))


def covariance_distances(steps: Sequence[Step], best: Params) -> Tensor:
    """|C_t - C|: Frobenius distance of every step's model covariance W W' + sigma^2 I from the best one.

    Returns (T,) for T steps, in the squared unit of the data. It does not change when W is rotated.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import covariance_distances
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> distance = covariance_distances(list(islice(ppca.em(x, 1), 40)), ppca.fit(x, 1))
    >>> bool(distance[-1] < 1e-6 * distance[0])
    True
    """
    identity = torch.eye(len(best.mean), dtype=torch.float64)
    target = best.W @ best.W.T + best.sigma2 * identity
    return torch.stack([(s.params.W @ s.params.W.T + s.params.sigma2 * identity - target).norm() for s in steps])


def measured_rate(distance: Tensor, floor: float = 1e-9) -> float:
    """The rate of a run: the last ratio of successive `covariance_distances` that are larger than rounding.

    distance: (T,). floor: the share of the first distance below which digits are lost.
    ValueError when fewer than two distances are above it.

    >>> import torch
    >>> from dgm.ppca.convergence import measured_rate
    >>> measured_rate(torch.tensor([1.0, 0.5, 0.25, 0.0]))
    0.5
    """
    clear = distance[distance > floor * distance[0]]
    if len(clear) < 2:
        raise ValueError("fewer than two steps lie above rounding: start EM further from the maximum")
    return float(clear[-1] / clear[-2])


def first_step_within(log_liks: Sequence[float], best: float, within: float) -> int | None:
    """The first step whose log-likelihood is less than `within` nats below `best`; None if there is none.

    >>> from dgm.ppca.convergence import first_step_within
    >>> first_step_within([-9.0, -5.0, -4.01], best=-4.0, within=0.1)
    2
    """
    return next((step for step, value in enumerate(log_liks) if best - value < within), None)


def _rescaled(moments: Moments) -> Moments:
    """The moments of the same q in the coordinates L^-1 z of the expanded M-step, L L' = E[z z']."""
    undo = torch.linalg.inv(torch.linalg.cholesky(moments.second))
    return Moments(moments.cross @ undo.T, undo @ moments.second @ undo.T, undo @ moments.cov @ undo.T)


def half_steps(data: Scatter, steps: Sequence[Step], expanded: bool = False) -> list[HalfStep]:
    """L(q, theta) and log p after every half-step of a run of `dgm.ppca.em_steps.iterate` on `data`.

    Slide "EM algorithm". E makes the gap zero: L = log p at the old theta. M increases L, and at the new theta the
    gap is positive again. `expanded` as in the run. Returns 2 T - 1 values for T steps, nats per point.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import half_steps
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> [half.half for half in half_steps(ppca.scatter(x), list(islice(ppca.em(x, 1), 3)))]
    ['E', 'M', 'E', 'M', 'E']
    """
    out = [HalfStep(1, "E", bound(data, steps[0].moments, steps[0].params), steps[0].log_lik)] if steps else []
    for index, (before, after) in enumerate(pairwise(steps), start=1):
        old_q = _rescaled(before.moments) if expanded else before.moments
        out.append(HalfStep(index, "M", bound(data, old_q, after.params), after.log_lik))
        out.append(HalfStep(index + 1, "E", bound(data, after.moments, after.params), after.log_lik))
    return out


def projected_means(x: Tensor, steps: Sequence[Step], expanded: bool = False) -> list[tuple[Params, Tensor]]:
    """theta and the decoded posterior means W E[z | x] + mu after every half-step of a run of EM.

    E changes the means at fixed theta, M changes theta at fixed means. x: (N, D). `expanded` as in the run.
    Returns 2 T - 1 pairs (theta, (N, D)) for T steps.

    >>> from itertools import islice
    >>> import torch
    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import projected_means
    >>> x = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> states = projected_means(x, list(islice(ppca.em(x, 1), 3)))
    >>> len(states), tuple(states[0][1].shape)
    (5, (4, 2))
    """
    out: list[tuple[Params, Tensor]] = []
    for before, after in pairwise(steps):
        z = posterior(x, before.params).mean
        out.append((before.params, decode(z, before.params)))
        if expanded:     # the M half changes to the coordinates L^-1 z, L L' = E[z z']
            z = torch.linalg.solve_triangular(torch.linalg.cholesky(before.moments.second), z.T, upper=False).T
        out.append((after.params, decode(z, after.params)))
    last = steps[-1].params
    return [*out, (last, decode(posterior(x, last).mean, last))]


def axis_angle(a: Params, b: Params) -> float:
    """Angle between the first columns of W of two models, degrees, 0..90; 0 where one of them is zero.

    >>> from dgm import ppca
    >>> a = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> b = ppca.params([0.0, 0.0], [[-1.0], [1.0]], 1.0)
    >>> round(ppca.axis_angle(a, b), 6)
    45.0
    """
    first, second = a.W[:, 0], b.W[:, 0]
    size = float(first.norm() * second.norm())
    return math.degrees(math.acos(min(1.0, abs(float(first @ second)) / size))) if size else 0.0

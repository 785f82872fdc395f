"""How fast EM approaches the maximum: predicted from the eigenvalues, measured from a run, and shown half by half.

Near the maximum an EM step multiplies the distance to it by the eigenvalues of the map's Jacobian
(Dempster, Laird and Rubin 1977), here of Tipping and Bishop's step at W = U_q (Lambda_q - sigma^2 I)^(1/2).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_flag, as_number, as_vector, shown
from dgm.errors import ArgumentError
from dgm.ppca.covariance_spectrum import Scatter, Spectrum, as_data, check_q, check_scatter, check_spectrum
from dgm.ppca.em_steps import Moments, Step, bound, e_step, m_step
from dgm.ppca.maximum_likelihood import closed_form
from dgm.ppca.model import Params, check_params, decode, posterior

SAME = 1e-6      # within which a log-likelihood of the same data comes out again
ROUNDED = 1e-7   # share of W's largest axis below which an axis is the root of a rounded variance
SHIFT = 1e-5     # of the central differences, relative: their error is SHIFT^2


class Rates(NamedTuple):
    """Factors by which one EM step multiplies an error; the largest one decides."""

    direction: float   # lambda_{q+1} / lambda_q: rotation of the plane
    length: Tensor     # (q,)  1 - 2 (lambda_j - sigma^2) sigma^2 / lambda_j^2: column lengths at fixed sigma^2
    inside: float      # largest eigenvalue of lengths, angles within the plane and sigma^2 taken together
    slowest: float     # max of direction and inside


class HalfStep(NamedTuple):
    """The bound after one half of a step, nats per point."""

    kind: str          # "E" or "M"
    step: int
    bound: float       # L(q, theta)
    log_lik: float     # log p(x | theta); the difference is KL(q, posterior)

    @property
    def gap(self) -> float:
        """KL(q, posterior), never negative.

        >>> from dgm.ppca.convergence import HalfStep
        >>> HalfStep("E", 1, -2.0, -2.0000000000000004).gap, HalfStep("M", 1, -2.5, -2.0).gap
        (0.0, 0.5)
        """
        return max(self.log_lik - self.bound, 0.0)


def _moduli_inside(spec: Spectrum, q: int, expanded: bool) -> Tensor:
    """Moduli of the Jacobian's eigenvalues for W's part within the top q axes and sigma^2, largest first."""
    values, sigma2 = spec.values / spec.values[0], spec.noise(q) / float(spec.values[0])    # rates have no unit
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

    q: 1 .. D - 1. Raises as `dgm.ppca.closed_form`; ArgumentError at q = 0.

    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import predicted_rates
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> rates = predicted_rates(spec, 1)
    >>> rates.direction, rates.length.tolist()
    (0.25, [0.625])
    """
    spec = check_spectrum(spec)
    q, expanded = check_q(q, len(spec.values)), as_flag(expanded, "expanded")
    if q < 1:
        raise ArgumentError("q = 0 has no W to converge: EM is done after one step; choose q of 1 or more")
    values = spec.values / spec.values[0].clamp_min(torch.finfo(torch.float64).tiny)
    sigma2 = float(closed_form(spec, q).sigma2) / float(spec.values[0])
    top = values[:q]
    moduli = _moduli_inside(spec, q, expanded)
    direction = float(values[q] / values[q - 1])
    inside = float(moduli[q * (q - 1) // 2])
    return Rates(direction, 1 - 2 * (top - sigma2) * sigma2 / top**2, inside, max(direction, inside))


def covariance_distances(steps: Sequence[Step], best: Params) -> Tensor:
    """|C_t - C|: Frobenius distance of every step's model covariance W W' + sigma^2 I from the best one.

    Returns (T,) for T steps, in the squared unit of the data. It does not change when W is rotated.
    ArgumentError when `steps` are not those of EM, DataError when they have other columns than `best`.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import covariance_distances
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> distance = covariance_distances(list(islice(ppca.em(x, 1), 40)), ppca.fit(x, 1))
    >>> bool(distance[-1] < 1e-6 * distance[0])
    True
    """
    best, dim = check_params(best), len(best.mean)
    path = [check_params(step.params, columns=dim) for step in _checked_steps(steps)]
    identity = torch.eye(dim, dtype=torch.float64)
    unit = torch.maximum(best.sigma2.sqrt(), best.W.abs().max() if best.W.numel() else best.sigma2)
    unit = torch.where(unit > 0, unit, 1.0)      # squares of a distance alone can leave float64

    def covariance(theta: Params) -> Tensor:
        W = theta.W / unit
        return W @ W.T + theta.sigma2 / unit / unit * identity

    target = covariance(best)
    found = [(covariance(theta) - target).norm() for theta in path]
    return torch.stack(found) * unit * unit if found else torch.zeros(0, dtype=torch.float64)


def _checked_steps(steps: Any) -> list[Step]:
    """The steps of a run of EM as a list, ArgumentError for anything else."""
    found = list(steps) if isinstance(steps, Sequence) else None
    if found is None or not all(isinstance(step, Step) for step in found):
        raise ArgumentError(f"steps have to be a list of the steps that dgm.ppca.em yields, not {shown(steps)}")
    return found


def measured_rate(distance: Any, floor: float = 1e-9) -> float:
    """The rate of a run: the last ratio of successive `covariance_distances` that are larger than rounding.

    distance: (T,). floor: the share of the first distance below which digits are lost.
    ArgumentError when fewer than two distances are above it.

    >>> import torch
    >>> from dgm.ppca.convergence import measured_rate
    >>> measured_rate(torch.tensor([1.0, 0.5, 0.25, 0.0]))
    0.5
    """
    found, floor = as_vector(distance, "distance"), as_number(floor, "floor", 0)
    clear = found[found > floor * found[:1]]
    if len(clear) < 2:
        raise ArgumentError("fewer than two steps lie above rounding: start EM further from the maximum")
    return float(clear[-1] / clear[-2])


def first_step_within(log_liks: Sequence[float], best: float, within: float) -> int | None:
    """The first step whose log-likelihood is less than `within` nats below `best`; None if there is none.

    log_liks: (T,) nats.

    >>> from dgm.ppca.convergence import first_step_within
    >>> first_step_within([-9.0, -5.0, -4.01], best=-4.0, within=0.1)
    2
    """
    best, within = as_number(best, "best"), as_number(within, "within")
    values = as_vector(log_liks, "log_liks").tolist()
    return next((step for step, value in enumerate(values) if best - value < within), None)


def _rescaled(moments: Moments) -> Moments:
    """The moments of the same q in the coordinates L^-1 z of the expanded M-step, L L' = E[z z']."""
    undo = torch.linalg.inv(torch.linalg.cholesky(moments.second))
    return Moments(moments.cross @ undo.T, undo @ moments.second @ undo.T, undo @ moments.cov @ undo.T)


def half_steps(data: Scatter, steps: Sequence[Step], expanded: bool = False) -> list[HalfStep]:
    """L(q, theta) and log p after every half-step of a run of `dgm.ppca.em_steps.iterate` on `data`.

    Slide "EM algorithm". E makes the gap zero: L = log p at the old theta. M increases L, and at the new theta the
    gap is positive again. `expanded` as in the run. Returns 2 T - 1 values for T steps, nats per point.
    ArgumentError when `data` is no `Scatter` or `steps` are not those of EM on it, DataError for other columns.

    >>> from itertools import islice
    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import half_steps
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> [half.kind for half in half_steps(ppca.scatter(x), list(islice(ppca.em(x, 1), 3)))]
    ['E', 'M', 'E', 'M', 'E']
    """
    data, steps, expanded = check_scatter(data), _checked_steps(steps), as_flag(expanded, "expanded")
    for step in steps:
        if not math.isclose(e_step(data, step.params)[1], step.log_lik, rel_tol=SAME, abs_tol=SAME):
            raise ArgumentError("steps were computed from other data: give the scatter of the same points")
    out = [_half_step("E", 1, data, steps[0].moments, steps[0])] if steps else []
    for index, (before, after) in enumerate(pairwise(steps), start=1):
        old_q = _rescaled(before.moments) if expanded else before.moments
        out.append(_half_step("M", index, data, old_q, after))
        out.append(_half_step("E", index + 1, data, after.moments, after))
    return out


def _half_step(kind: str, step: int, data: Scatter, moments: Moments, at: Step) -> HalfStep:
    """The bound of `moments` at theta; log p where the two differ by their rounding alone."""
    found = bound(data, moments, at.params)
    # both hold differences of variances, divided by the noise
    rounding = 32 * torch.finfo(torch.float64).eps * (abs(at.log_lik) + data.trace / float(at.params.sigma2))
    return HalfStep(kind, step, at.log_lik if found > at.log_lik - rounding else found, at.log_lik)


def projected_means(x: Any, steps: Sequence[Step], expanded: bool = False) -> list[tuple[Params, Tensor]]:
    """theta and the decoded posterior means W E[z | x] + mu after every half-step of a run of EM.

    E changes the means at fixed theta, M changes theta at fixed means. x: (N, D). `expanded` as in the run.
    Returns 2 T - 1 pairs (theta, (N, D)) for T steps. ArgumentError when `steps` are none of EM;
    DataError when x is no table of their columns.

    >>> from itertools import islice
    >>> import torch
    >>> from dgm import ppca
    >>> from dgm.ppca.convergence import projected_means
    >>> x = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> states = projected_means(x, list(islice(ppca.em(x, 1), 3)))
    >>> len(states), tuple(states[0][1].shape)
    (5, (4, 2))
    """
    x, steps, expanded = as_data(x), _checked_steps(steps), as_flag(expanded, "expanded")
    if not steps:
        return []
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
    """The largest principal angle between the column spaces of W of two models, degrees, 0..90.

    It does not change when W is rotated. 90 where one space has more dimensions than the other; NaN where a W is zero,
    which has no direction. ArgumentError unless both have as many columns and at least one latent dimension.

    >>> from dgm import ppca
    >>> a = ppca.params([0.0, 0.0], [[1.0], [0.0]], 1.0)
    >>> b = ppca.params([0.0, 0.0], [[-1.0], [1.0]], 1.0)
    >>> round(ppca.axis_angle(a, b), 6)
    45.0
    """
    a, b = check_params(a), check_params(b)
    if 0 in (a.W.shape[1], b.W.shape[1]) or len(a.W) != len(b.W):
        raise ArgumentError(f"W of shapes {tuple(a.W.shape)} and {tuple(b.W.shape)} have no angle: give models of the "
                            "same columns with at least one latent dimension")
    first, second = _basis(a.W), _basis(b.W)
    if 0 in (first.shape[1], second.shape[1]):
        return math.nan
    if first.shape[1] != second.shape[1]:
        return 90.0
    along = first.T @ second
    # arccos of the cosine would lose half of the digits of a small angle
    sine = float(torch.linalg.matrix_norm(second - first @ along, 2))
    return math.degrees(math.atan2(sine, float(torch.linalg.svdvals(along)[-1])))


def _basis(W: Tensor) -> Tensor:
    """Orthonormal columns (D, r) that span W's, whose squares may leave float64; r = 0 for W = 0."""
    largest = W.abs().max()
    if not largest > 0:
        return W[:, :0]
    vectors, sizes, _ = torch.linalg.svd(W / largest, full_matrices=False)
    return vectors[:, sizes > ROUNDED * sizes[0]]

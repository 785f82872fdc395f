"""EM for a mixture of Gaussians (slide "EM algorithm"; Dempster, Laird and Rubin 1977; Bishop, PRML, section 9.2.2).

E-step: q(z) = p(z | x, theta). M-step: theta = argmax L(q, theta). Both are block-coordinate ascent on the lower bound
(Neal and Hinton 1998): the E half-step changes q alone and closes the gap, the M half-step changes theta alone and
raises L. `em` yields one state per step and never stops; the caller decides when to.
N points, D columns, K components; log-likelihoods in mean nats per point.
"""

import itertools
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer, as_number, as_seed
from dgm.environment import MOST_THREADS
from dgm.errors import ArgumentError
from dgm.gmm.covariances import FLOOR, Family, Prior, family_of, maximise, penalty, prior_of, project
from dgm.gmm.log_density import (
    MAX_SPREAD,
    CollapseError,
    Density,
    Evaluator,
    collapse_message,
    evaluator_for,
    factorise,
)
from dgm.gmm.lower_bound import without_rounding
from dgm.gmm.params import Params, Points, as_component_count, as_params, as_points, as_responsibilities
from dgm.gmm.scaling import Frame, frame_for
from dgm.gmm.starts import STARTS, init
from dgm.gmm.statistics import (
    Moments,
    expected_complete_log_lik,
    representable,
    responsibilities,
    sufficient_statistics,
    sufficient_statistics_about,
    weighted_moments,
)
from dgm.runtime import mix

RESOLUTION = 4 * 2.0**-52   # of a mean: a standard deviation below it is the rounding of one value
MOST_RESTARTS = 10**6
NARROW = 1e8                # 1 / variance, in the data's variances: statistics have lost half of their digits
FALL = 1e-9                 # of 1 + |objective|, nats per point: a larger fall is no rounding of sound covariances


@dataclass(frozen=True, eq=False)
class Step:
    """One state of EM: theta, and the result of the E-step at theta.

    All steps of a run share the points, so that a history of steps stays small.
    """

    params: Params       # theta, in the data's units
    log_lik: float       # log p(x | theta), mean nats per point: also the bound right after the E half-step
    bound: float         # L(q of the step before, theta): the bound after the M half-step (first step: log_lik)
    complete: float      # E_q log p(x, z | theta), q the posterior at theta
    objective: float     # log_lik plus the prior's penalty: never falls (equal to log_lik at floor = 0)
    gain: float          # rise of the objective since the step before (first step: infinite)
    rate: float          # |theta - theta'| / |theta' - theta''|: EM's linear rate, nan for the first two steps
    index: int           # M-steps taken
    points: Tensor = field(repr=False)     # (D, N) working coordinates, shared by all steps of a run
    density: Density = field(repr=False)   # theta in working coordinates

    @property
    def resp(self) -> Tensor:
        """(N, K): q(z) = p(z | x, theta), computed at each access, never stored."""
        return responsibilities(self.points, evaluator_for(self.density))

    @property
    def gap(self) -> float:
        """KL(q of the step before, posterior at theta): what the E half-step closed."""
        return without_rounding(self.log_lik - self.bound, self.log_lik)

    @property
    def entropy(self) -> float:
        """H(q) = log p(x) - E_q log p(x, z): incomplete minus complete log-likelihood."""
        return self.log_lik - self.complete

    def remaining(self, tol: float = 1e-7) -> float:
        """Predicted M-steps until the gain falls below `tol` > 0: each gain is rate^2 times the gain before.

        >>> from dgm import datasets, gmm
        >>> x = datasets.load("faithful").x
        >>> gmm.fit(x, 2, tol=1e-7).remaining(1e-7)
        0
        """
        small = as_number(tol, "tol", above=0)
        if self.gain <= small:
            return 0
        if not self.rate < 1 or math.isinf(self.gain):
            return math.inf
        return max(math.ceil(math.log(small / self.gain) / (2 * math.log(max(self.rate, 1e-300)))), 1)


class Trace(NamedTuple):
    """A run of EM from its first step to its last."""

    steps: tuple[Step, ...]
    end: str      # "converged", "collapsed" or "stopped" at max_steps
    message: str  # what the end means


class _Problem(NamedTuple):
    z: Tensor       # (D, N)
    frame: Frame
    family: Family
    prior: Prior
    threads: int


class _EStep(NamedTuple):
    evaluator: Evaluator
    log_lik: float
    moments: Moments
    complete: float


class _MStep(NamedTuple):
    theta: Params
    density: Density
    bound: float
    distance: float


def em(x: Points, params: Params, covariance: str = "full", floor: float = FLOOR, threads: int = 1) -> Iterator[Step]:
    """Endless EM from `params` (slide "EM algorithm"): the first step is the start, projected onto the family.

    The objective log p(x | theta) - floor/2 sum_k tr(V Sigma_k^-1), V the data's variances, never falls; floor = 0 is
    exact maximum likelihood, whose log_lik never falls.

    x: (N, D) points. params: K components. covariance: a name of `COVARIANCES`. floor: smallest variance, as a share
    of the data's. threads: how many share the points, 1 to 1024.
    Yields one Step per M-step. DataError for points that are no finite table or have no density, ArgumentError for
    other arguments that do not fit, CollapseError when a component becomes singular.

    >>> from itertools import islice
    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> [round(step.log_lik, 2) for step in islice(gmm.em(x, gmm.init(x, 2)), 3)]
    [-5.19, -4.2, -4.16]
    """
    points, family = as_points(x), family_of(covariance)
    theta = as_params(params, points.shape[1])
    share, count = as_number(floor, "floor", low=0, below=1), as_integer(threads, "threads", 1, MOST_THREADS)
    frame = frame_for(points, family.one_scale)
    factorise(theta)    # a singular start is refused, even where the family would not see it
    start = project(frame.working_params(Params(*(part.to(points.device) for part in theta))), family)
    problem = _Problem(frame.working_points(points), frame, family, prior_of(share, frame.deviation), count)
    return _steps(problem, start, factorise(start, family.diagonal))


def _steps(problem: _Problem, theta: Params, density: Density) -> Iterator[Step]:
    z, frame, family, prior, _ = problem
    shift, bound, last, distance, rate = frame.log_volume, math.nan, -math.inf, math.nan, math.nan
    for index in itertools.count():
        e = _e_step(problem, density)
        objective = e.log_lik + penalty(density, family, prior)
        yield Step(frame.data_params(theta), e.log_lik - shift, (bound if index else e.log_lik) - shift,
                   e.complete - shift, objective - shift, objective - last, rate, index, z, density)
        last, before = objective, distance
        theta, density, bound, distance = _m_step(problem, e, theta, density)
        rate = distance / before if before > 0 else math.nan


@torch.inference_mode()
def _e_step(problem: _Problem, density: Density) -> _EStep:
    """Log-likelihood and sufficient statistics, in working coordinates."""
    evaluator = evaluator_for(density)
    log_lik, moments = sufficient_statistics(problem.z, evaluator, problem.threads)
    if not math.isfinite(log_lik):
        raise ArgumentError("a point is so far from every component that its log density leaves float64: "
                            "start from means that are nearer to the points")
    return _EStep(evaluator, log_lik, moments, expected_complete_log_lik(moments, density))


@torch.inference_mode()
def _m_step(problem: _Problem, e: _EStep, theta: Params, density: Density) -> _MStep:
    """The new theta and the bound after it; statistics that lost digits to a far origin are computed again."""
    family, frame, moments = problem.family, problem.frame, representable(e.moments, problem.frame)
    new = maximise(moments, theta, family, problem.prior)
    new_density = _try_factorise(new, family.diagonal)
    if new_density is None or _loses_digits(new_density, e.evaluator.origin):
        moments = sufficient_statistics_about(problem.z, evaluator_for(density, exact=True), moments.means)
        moments = representable(moments, frame)
        new = maximise(moments, theta, family, problem.prior)
        new_density = factorise(new, family.diagonal)
    if problem.prior.share == 0:
        _check_resolution(new, frame)
    bound = expected_complete_log_lik(moments, new_density) + e.log_lik - e.complete
    return _MStep(new, new_density, bound, _distance(theta, new, frame.deviation))


def _check_resolution(theta: Params, frame: Frame) -> None:
    """CollapseError for a component narrower than float64's rounding of its mean: one value, not a spread."""
    rounding = RESOLUTION * frame.data_means(theta.means) / frame.scale
    narrow = (theta.covs.diagonal(dim1=1, dim2=2) <= rounding.square()).any(1)
    if bool(narrow.any()):
        raise CollapseError(collapse_message(int(narrow.nonzero()[0, 0])))


def _try_factorise(theta: Params, diagonal: bool) -> Density | None:
    try:
        return factorise(theta, diagonal)
    except CollapseError:
        return None


def _loses_digits(density: Density, origin: Tensor) -> bool:
    """Whether scatters summed about `origin` have fewer than eight correct digits."""
    away = (density.means - origin).square().sum(1) * density.whiten.square().sum((1, 2))
    return bool(away.max() > MAX_SPREAD)


def _distance(a: Params, b: Params, deviation: Tensor) -> float:
    """Distance of two thetas, in deviations of the data."""
    weights = b.log_weights.exp() - a.log_weights.exp()
    means, covs = (b.means - a.means) / deviation, (b.covs - a.covs) / deviation[:, None] / deviation
    return float(torch.linalg.vector_norm(torch.cat([weights, means.flatten(), covs.flatten()])))


def trace(x: Points, params: Params, covariance: str = "full", floor: float = FLOOR, *, tol: float = 1e-7,
          max_steps: int = 1000, threads: int = 1) -> Trace:
    """The steps of `em` until a gain is at most `tol`, a component collapses, or `max_steps` M-steps are done.

    Arguments as `em`; tol: nats per point. A step after which the objective is lower than rounding explains is left
    out: with floor = 0 a component has collapsed there. CollapseError only when the start itself is singular; else
    errors as `em`.

    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> steps, end, message = gmm.trace(x, gmm.init(x, 2))
    >>> end, round(steps[-1].log_lik, 4)
    ('converged', -4.1554)
    """
    small, most = as_number(tol, "tol", low=0), as_integer(max_steps, "max_steps", low=0)
    steps: list[Step] = []
    try:
        for step in _until_end(em(x, params, covariance, floor, threads), small, most):
            steps.append(step)
    except CollapseError as error:
        if not steps:
            raise
        return Trace(tuple(steps), "collapsed", str(error))
    return Trace(tuple(steps), *_ending(steps[-1], small, most))


def _until_end(steps: Iterator[Step], tol: float, max_steps: int) -> Iterator[Step]:
    """The steps until one gains at most `tol` or is number `max_steps`; a fall beyond rounding ends them before it.

    CollapseError where a fall shows that a component has become singular.
    """
    last: Step | None = None
    for step in steps:
        if last is not None and step.gain < -FALL * (1 + abs(step.objective)):
            narrowest, k = step.density.whiten.square().sum((1, 2)).max(0)
            if step.objective == step.log_lik and float(narrowest) > NARROW:
                raise CollapseError(collapse_message(int(k)))
            return
        yield step
        if step.gain <= tol or step.index >= max_steps:
            return
        last = step


def _ending(last: Step, tol: float, max_steps: int) -> tuple[str, str]:
    """How a run ended and what that means."""
    if last.gain <= tol:
        return "converged", f"gained no more than {_plain(tol)} nats per point in step {last.index}"
    if last.index < max_steps:
        return "converged", f"gained no more than rounding allows after step {last.index}"
    gain = "" if math.isinf(last.gain) else f": the last one gained {_plain(float(f'{last.gain:.2g}'))} nats per point"
    return "stopped", f"did not converge within {max_steps} {'step' if max_steps == 1 else 'steps'}{gain}"


def _plain(value: float) -> str:
    """1e-07 as 1e-7."""
    return f"{value:g}".replace("e-0", "e-")


def fit(x: Points, k: int, covariance: str = "full", restarts: int = 1, seed: int = 0, *, tol: float = 1e-7,
        max_steps: int = 1000, floor: float = FLOOR, method: str = "k-means++", threads: int = 1) -> Step:
    """The best last step of `restarts` runs of EM, by the objective.

    x: (N, D) points. k: components. method: of `STARTS` but "given". A run ends as that of `trace`; it has not
    converged where the step's `index` is `max_steps` and its `gain` more than `tol`. The other arguments as `em`.
    CollapseError when every run (floor = 0) ends in a singularity; else errors as `init` and `em`. `score` of the
    points under the step's params is its log_lik.

    >>> from dgm import datasets, gmm
    >>> step = gmm.fit(datasets.load("faithful").x, 2)
    >>> round(step.log_lik, 4), tuple(step.params.means.shape)
    (-4.1554, (2, 2))
    """
    runs, most = as_integer(restarts, "restarts", 1, MOST_RESTARTS), as_integer(max_steps, "max_steps", low=1)
    first, small = as_seed(seed), as_number(tol, "tol", low=0)
    points = as_points(x)
    count = as_component_count(k, points)
    as_choice(method, "method", STARTS[:-1])
    best, collapse = None, None
    for restart in range(runs):
        start = init(points, count, mix(first, restart) if restart else first, method)
        try:
            step = deque(_until_end(em(points, start, covariance, floor, threads), small, most), maxlen=1)[0]
        except CollapseError as error:
            collapse = error
            continue
        if best is None or step.objective > best.objective:
            best = step
    if best is None:
        assert collapse is not None
        raise collapse
    return best


def m_step(x: Points, resp: Tensor, covariance: str = "full", floor: float = FLOOR) -> Params:
    """theta = argmax over theta of L(q, theta) + prior, for any responsibilities q (PRML eq. 9.24 to 9.26).

    mu_k = sum_n q_nk x_n / N_k,  Sigma_k = sum_n q_nk (x_n - mu_k)(x_n - mu_k)' / N_k,  pi_k = N_k / N

    x: (N, D) points. resp: (N, K), rows sum to 1; one-hot rows give the closed-form fit of points with known
    components. covariance, floor: as `em`.
    Returns K components. DataError for points that are no finite table or have no density, ArgumentError for a
    component without points or responsibilities that do not fit, CollapseError when floor = 0 and a component's points
    have no density.

    >>> import torch
    >>> from dgm import gmm
    >>> theta = gmm.m_step([[0.0], [2.0], [7.0], [9.0]], torch.eye(2)[[0, 0, 1, 1]], floor=0)
    >>> theta.means.tolist(), [round(value, 9) for value in theta.covs.flatten().tolist()]
    ([[1.0], [8.0]], [1.0, 1.0])
    """
    points, family = as_points(x), family_of(covariance)
    share = as_number(floor, "floor", low=0, below=1)
    q = as_responsibilities(resp, len(points)).to(points.device)
    empty = (q.sum(0) <= 0).nonzero()
    if len(empty):
        raise ArgumentError(f"component {int(empty[0, 0]) + 1} is responsible for no point: leave it out")
    frame = frame_for(points, family.one_scale)
    moments = representable(weighted_moments(frame.working_points(points), q.T, family.diagonal), frame)
    theta = maximise(moments, Params(*moments), family, prior_of(share, frame.deviation))
    factorise(theta, family.diagonal)
    if share == 0:
        _check_resolution(theta, frame)
    return frame.data_params(theta)

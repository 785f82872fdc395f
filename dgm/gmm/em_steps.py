"""Mixture of Gaussians fitted by EM (slides "Latent variable models", "Incomplete likelihood", "EM algorithm").

p(x | theta) = sum_k pi_k N(x | mu_k, Sigma_k): z is the component, q(z) its responsibility.
E-step: q(z) = p(z | x, theta). M-step: theta = argmax L(q, theta). `em` yields a state per step and never stops;
whoever asks for states decides when to. N points, D columns, K components; log-likelihoods in mean nats per point.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.covariances import COVARIANCES, FLOOR, Family, family, free_parameters, maximise, penalty, project
from dgm.gmm.log_density import PRECISE, CollapseError, Density, Form, density, form
from dgm.gmm.lower_bound import Elbo, HalfStep, as_responsibilities, elbo, half_steps
from dgm.gmm.params import Frame, Params, Points, as_params, as_points, frame_for, frame_of
from dgm.gmm.starts import STARTS, check_k, init
from dgm.gmm.statistics import Moments, collect, collect_about, complete, moments_of, walk
from dgm.runtime import generator, mix

__all__ = ["COVARIANCES", "FLOOR", "STARTS", "CollapseError", "Elbo", "Expectation", "HalfStep", "Params", "Sample",
           "Step", "Trace", "aic", "bic", "e_step", "elbo", "em", "fit", "free_parameters", "half_steps", "init",
           "log_prob", "m_step", "sample", "score", "trace"]


@dataclass(frozen=True, eq=False)
class Step:
    """One state of EM: theta, and what the E-step found there. Nothing of size N is kept."""

    params: Params       # theta, in the data's units
    log_lik: float       # log p(x | theta), mean nats per point: also the bound right after the E half-step
    bound: float         # L(q of the step before, theta): the bound after the M half-step (first step: log_lik)
    complete: float      # E_q log p(x, z | theta), q the posterior at theta
    objective: float     # log_lik plus the prior's penalty: never falls (equal to log_lik at floor = 0)
    gain: float          # rise of the objective since the step before (first step: infinite)
    rate: float          # |theta - theta'| / |theta' - theta''|: EM's linear rate, nan for the first two steps
    index: int           # M-steps taken
    points: Tensor = field(repr=False)     # (D, N) working coordinates, shared by all steps of a climb
    density: Density = field(repr=False)   # theta in working coordinates

    @property
    def resp(self) -> Tensor:
        """(N, K): q(z) = p(z | x, theta). Computed when asked for, so that a history of steps stays small."""
        return _posterior(self.points, form(self.density))

    @property
    def gap(self) -> float:
        """KL(q of the step before, posterior at theta): what the E half-step closed."""
        return max(self.log_lik - self.bound, 0.0)

    @property
    def entropy(self) -> float:
        """H(q) = log p(x) - E_q log p(x, z): incomplete minus complete log-likelihood."""
        return self.log_lik - self.complete

    def remaining(self, tol: float = 1e-7) -> float:
        """Predicted M-steps until the gain falls below `tol`: gains shrink by rate^2 a step."""
        if self.gain <= tol:
            return 0
        if not self.rate < 1 or math.isinf(self.gain):
            return math.inf
        return max(math.ceil(math.log(tol / self.gain) / (2 * math.log(max(self.rate, 1e-300)))), 1)


class Expectation(NamedTuple):
    """The E-step's answer."""

    resp: Tensor    # (N, K)  p(z | x, theta)
    log_lik: float  # log p(x | theta), mean nats per point


class Sample(NamedTuple):
    """Points drawn from a mixture, and the components they came from."""

    x: Tensor  # (n, D)
    z: Tensor  # (n,)


class Trace(NamedTuple):
    """A climb from start to end."""

    steps: tuple[Step, ...]
    end: str      # "converged", "collapsed" or "stopped" at max_steps
    message: str  # what the end means


class _Climb(NamedTuple):
    z: Tensor       # (D, N)
    frame: Frame
    kind: Family
    floor: float
    threads: int


def em(x: Points, params: Params, covariance: str = "full", floor: float = FLOOR, threads: int = 1) -> Iterator[Step]:
    """Endless EM from `params`: the first step is the start itself (projected onto the covariance family).

    The objective log p(x | theta) - floor/2 sum_k tr(V Sigma_k^-1), V the data's variances, never falls;
    floor=0 is exact maximum likelihood, whose log_lik never falls. `threads` shares out the points.
    ValueError for points or parameters that do not fit; CollapseError when a component becomes singular.
    """
    points, kind = as_points(x), family(covariance)
    theta = as_params(params, points.shape[1])
    if not 0 <= floor < 1 or threads < 1:
        raise ValueError(f"floor must lie in [0, 1) and threads be at least 1, not {floor} and {threads}")
    frame = frame_for(points, kind.one_scale)
    start = project(frame.inward(Params(*(part.to(points.device) for part in theta))), kind)
    climb = _Climb(frame.points(points), frame, kind, floor, threads)
    return _steps(climb, start, density(start, kind.diagonal))


def _steps(climb: _Climb, theta: Params, p: Density) -> Iterator[Step]:
    z, frame, kind, floor, _ = climb
    shift, bound, last, moved, rate = frame.log_volume, math.nan, -math.inf, math.nan, math.nan
    for index in itertools.count():
        seen = _look(climb, p)
        objective = seen.log_lik + penalty(p, kind, floor)
        yield Step(frame.outward(theta), seen.log_lik - shift, (bound if index else seen.log_lik) - shift,
                   seen.complete - shift, objective - shift, objective - last, rate, index, z, p)
        before = moved
        theta, p, bound, moved = _move(climb, seen, theta, p)
        rate = moved / before if before > 0 else math.nan
        last = objective


class _Seen(NamedTuple):
    how: Form
    log_lik: float
    found: Moments
    complete: float


class _Moved(NamedTuple):
    theta: Params
    density: Density
    bound: float
    distance: float


@torch.inference_mode()
def _look(climb: _Climb, p: Density) -> _Seen:
    """The E-step: log-likelihood and moments, in working coordinates."""
    how = form(p)
    log_lik, found = collect(climb.z, how, climb.threads)
    return _Seen(how, log_lik, found, complete(found, p))


@torch.inference_mode()
def _move(climb: _Climb, seen: _Seen, theta: Params, p: Density) -> _Moved:
    """The M-step and the bound after it; statistics that lost digits to a far origin are taken anew."""
    kind, found = climb.kind, seen.found
    new = maximise(found, theta, kind, climb.floor)
    p_new = _try_density(new, kind.diagonal)
    if p_new is None or _lost(p_new, seen.how.origin):
        exact = form(p, exact=True)
        found = collect_about(climb.z, exact, found.means)
        new = maximise(found, theta, kind, climb.floor)
        p_new = density(new, kind.diagonal)
    return _Moved(new, p_new, complete(found, p_new) + seen.log_lik - seen.complete, _distance(theta, new))


def _try_density(theta: Params, diagonal: bool) -> Density | None:
    try:
        return density(theta, diagonal)
    except CollapseError:
        return None


def _lost(p: Density, origin: Tensor) -> bool:
    """Whether scatters summed about `origin` keep fewer than eight digits."""
    away = (p.means - origin).square().sum(1) * p.whiten.square().sum((1, 2))
    return bool(away.max() > PRECISE)


def _distance(a: Params, b: Params) -> float:
    one, other = (torch.cat([theta.log_weights.exp(), theta.means.flatten(), theta.covs.flatten()]) for theta in (a, b))
    return float(torch.linalg.vector_norm(one - other))


def trace(x: Points, params: Params, covariance: str = "full", floor: float = FLOOR, *, tol: float = 1e-7,
          max_steps: int = 500, threads: int = 1) -> Trace:
    """The steps of `em` until a gain is at most `tol`, a component collapses, or `max_steps` M-steps are done."""
    steps: list[Step] = []
    try:
        for step in em(x, params, covariance, floor, threads):
            steps.append(step)
            if step.gain <= tol:
                return Trace(tuple(steps), "converged", f"gained no more than {_plain(tol)} nats per "
                                                        f"point in step {step.index}")
            if step.index >= max_steps:
                break
    except CollapseError as error:
        if not steps:
            raise
        return Trace(tuple(steps), "collapsed", str(error))
    return Trace(tuple(steps), "stopped", f"still climbing after {max_steps} steps")


def _plain(value: float) -> str:
    """1e-07 as 1e-7."""
    return f"{value:g}".replace("e-0", "e-")


def fit(x: Points, k: int, covariance: str = "full", restarts: int = 1, seed: int = 0, *, tol: float = 1e-7,
        max_steps: int = 1000, floor: float = FLOOR, method: str = "k-means++", threads: int = 1) -> Step:
    """The best last step of `restarts` climbs, by the objective.

    Stops each when a step gains at most `tol` nats per point. CollapseError when every climb (floor = 0) ends in a
    singularity; ValueError as `init` and `em`.
    """
    if restarts < 1 or max_steps < 1:
        raise ValueError(f"restarts and max_steps must be at least 1, not {restarts} and {max_steps}")
    points = as_points(x)
    check_k(points, k)
    best, collapse = None, None
    for restart in range(restarts):
        start = init(points, k, mix(seed, restart) if restart else seed, method)
        try:
            step = _last(em(points, start, covariance, floor, threads), tol, max_steps)
        except CollapseError as error:
            collapse = error
            continue
        if best is None or step.objective > best.objective:
            best = step
    if best is None:
        assert collapse is not None
        raise collapse
    return best


def _last(steps: Iterator[Step], tol: float, max_steps: int) -> Step:
    return next(step for step in steps if step.gain <= tol or step.index >= max_steps)


def e_step(x: Points, params: Params) -> Expectation:
    """q(z) = p(z | x, theta) (N, K), which closes the gap of the bound, and log p(x | theta)."""
    z, how, frame = _evaluate(x, params)
    return Expectation(_posterior(z, how), float(_log_prob(z, how).mean()) - frame.log_volume)


def m_step(x: Points, resp: Tensor, covariance: str = "full", floor: float = FLOOR) -> Params:
    """theta = argmax over theta of L(q, theta) + prior, for any responsibilities q (N, K).

    One-hot rows give the closed-form fit of points with known components. ValueError for a component without points.
    """
    points, kind = as_points(x), family(covariance)
    q = as_responsibilities(resp, len(points)).to(points.device)
    empty = (q.sum(0) <= 0).nonzero()
    if len(empty):
        raise ValueError(f"component {int(empty[0, 0])} is responsible for no point: leave it out")
    frame = frame_for(points, kind.one_scale)
    found = moments_of(frame.points(points), q.T, kind.diagonal)
    return frame.outward(maximise(found, Params(*found), kind, floor))


def log_prob(x: Points, params: Params) -> Tensor:
    """(N,): log p(x_n | theta), nats. CollapseError when a covariance is singular."""
    z, how, frame = _evaluate(x, params)
    return _log_prob(z, how) - frame.log_volume


def score(x: Points, params: Params) -> float:
    """Mean of log p(x_n | theta): nats per point. Of held-out points: the held-out log-likelihood."""
    return float(log_prob(x, params).mean())


def aic(x: Points, params: Params, covariance: str = "full") -> float:
    """2 P - 2 log p(X | theta), nats; P free parameters. Lower is better."""
    free = free_parameters(*_shape(params), covariance)
    return 2 * free - 2 * len(as_points(x)) * score(x, params)


def bic(x: Points, params: Params, covariance: str = "full") -> float:
    """P log N - 2 log p(X | theta), nats. Lower is better; -BIC/2 approximates the log evidence of K."""
    n = len(as_points(x))
    return free_parameters(*_shape(params), covariance) * math.log(n) - 2 * n * score(x, params)


def _shape(params: Params) -> tuple[int, int]:
    k, d = params.means.shape
    return k, d


def sample(params: Params, n: int, seed: int = 0) -> Sample:
    """n points: z ~ pi, then x ~ N(mu_z, Sigma_z). The same seed gives the same points on any device."""
    theta = as_params(params, params.means.shape[1])
    frame = frame_of(theta)
    inner, rng = frame.inward(theta), generator(seed)
    cumulative = theta.log_weights.softmax(0).cumsum(0)
    u = torch.rand(n, generator=rng, dtype=torch.float64).to(cumulative) * cumulative[-1]
    z = torch.searchsorted(cumulative, u, right=True).clamp(max=len(cumulative) - 1)
    x = torch.randn(n, len(frame.scale), generator=rng, dtype=torch.float64).to(cumulative)
    for k, (mean, root) in enumerate(zip(inner.means, torch.linalg.cholesky(inner.covs), strict=True)):
        drawn = z == k
        x[drawn] = frame.centre + (mean + x[drawn] @ root.T) * frame.scale
    return Sample(x, z)


def _evaluate(x: Points, params: Params) -> tuple[Tensor, Form, Frame]:
    points = as_points(x)
    theta = Params(*(part.to(points.device) for part in as_params(params, points.shape[1])))
    frame = frame_of(theta)
    z = frame.points(points)
    return z, form(density(frame.inward(theta)), reach=float(z.abs().max())), frame


def _posterior(z: Tensor, how: Form) -> Tensor:
    resp = z.new_empty(z.shape[1], len(how.origin))
    for block in walk(z, how):
        resp[block.at] = block.resp.T
    return resp


def _log_prob(z: Tensor, how: Form) -> Tensor:
    return torch.cat([block.log_lik for block in walk(z, how)])

"""What the mixture page computes from its controls: points, a run of EM, its half-steps as frames, criteria over K.

A part calls one of `em` and `run`, and passes pieces of the result on. Results are cached by their plain arguments.
Arguments that begin with an underscore are not part of the cache key, as the setting names what they hold.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import datasets, gmm
from dgm.errors import DataError
from dgm.gmm import selection
from dgm.runtime import generator, mix
from pages.gmm.figures import em_history, plane
from pages.gmm.figures.bound_along import Along
from pages.gmm.figures.components import number, small
from pages.gmm.figures.em_history import Frame, thin
from pages.gmm.state import GIVEN
from ui import cache
from ui.components.live_figure import Packed
from ui.figures.encoding import Bytewise, bytewise
from ui.figures.theme import DARK, LIGHT

OWN = "own"
MOST_POINTS, FEWEST_POINTS = 1000, 150   # that are drawn, of larger data
MOST_PAIRS, FEWEST_PAIRS = 28, 5         # EM steps that have frames, of longer runs
TABLE = 60_000                   # responsibilities that are sent with the frames
ALONG_WORK = 60_000              # numbers of q and x, times places, of the figure along a step
WORK = 4e9                       # multiplications that one run of EM may take
MOST_STEPS, FEWEST_STEPS = 400, 15
TOL = 1e-7                       # nats per point: EM ends when a step gains less
SEARCHED = 8                     # largest K of the comparison
SEARCHED_POINTS, FOLDS, SEARCH_TOL = 2000, 5, 1e-5
Axes = tuple[int, int]


class Setting(NamedTuple):
    """Everything that a run of EM depends on."""

    data: str             # a data set of the registry, or OWN
    own: str              # digest of a person's own points, empty for a data set of the registry
    k: int
    covariance: str
    start: str
    seed: int
    floor: float
    restarts: int = 1
    means: tuple[tuple[float, ...], ...] = ()


class Points(NamedTuple):
    """The points of a page."""

    x: Tensor              # (N, D)
    labels: Tensor | None  # (N,) known components or classes
    columns: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A text that is the same for equal numbers, labels and names of columns."""
        labels = b"" if self.labels is None else self.labels.numpy().tobytes()
        content = repr((self.columns, labels)).encode() + self.x.numpy().tobytes()
        return hashlib.blake2b(content, digest_size=16).hexdigest()


@cache.shared()
def registry_points(data: str) -> Points:
    """The points of a data set of the registry."""
    found = datasets.load(data)
    return Points(found.x, found.labels, found.columns or tuple(f"x{i + 1}" for i in range(found.x.shape[1])))


# One run of EM --------------------------------------------------------------------------------------------------------


class EmRun(NamedTuple):
    """The best of a setting's restarts."""

    points: Points
    trace: gmm.Trace
    halves: tuple[gmm.HalfStep, ...]   # in whole pairs: start, E, M, ..., M
    max_steps: int
    tol: float                         # nats per point: EM ends when a step gains less

    @property
    def last(self) -> gmm.Step:
        """The last step."""
        return self.trace.steps[-1]


@cache.shared(spinner="EM is running")
def run(setting: Setting, _points: Points, tol: float = TOL) -> EmRun:
    """EM from each restart; the one with the best last objective. `_points`: those that the setting names.

    tol: nats per point that the last step gains at most.
    """
    x = _points.x
    steps = max_steps(x, setting.k)
    traces = [gmm.trace(x, _start(setting, x, restart), setting.covariance, setting.floor, tol=tol, max_steps=steps)
              for restart in range(1 if setting.start == GIVEN else setting.restarts)]
    best = max(traces, key=lambda trace: trace.steps[-1].objective)
    halves = gmm.half_steps(x, best.steps)
    return EmRun(_points, best, halves[:-1] if len(halves) > 2 else halves, steps, tol)


def max_steps(x: Tensor, k: int) -> int:
    """Steps that a run may take: fewer for large data."""
    n, d = x.shape
    return int(min(max(WORK / (n * k * (d + 3) ** 2), FEWEST_STEPS), MOST_STEPS))


def _start(setting: Setting, x: Tensor, restart: int) -> gmm.Params:
    """theta_0 of one restart; given means have the covariance of the k-means++ start, so a drag changes no shape."""
    if setting.start == GIVEN:
        given = gmm.init(x, setting.k, means=setting.means)
        return _before_drag(setting, x)._replace(means=given.means)
    return gmm.init(x, setting.k, mix(setting.seed, restart) if restart else setting.seed, setting.start)


def _before_drag(setting: Setting, x: Tensor) -> gmm.Params:
    """The start whose means are dragged or typed over."""
    return gmm.init(x, setting.k, setting.seed)


def responsibilities(x: Tensor, half: gmm.HalfStep) -> np.ndarray:
    """q (n, K) of a half-step for points x (n, D)."""
    return _responsibilities(x, half).numpy()


def _responsibilities(x: Tensor, half: gmm.HalfStep) -> Tensor:
    if half.anchor is None:
        k = len(half.params.means)
        return torch.full((len(x), k), 1 / k, dtype=torch.float64)
    return gmm.e_step(x, half.anchor).resp


def caption(half: gmm.HalfStep) -> str:
    """A half-step in words."""
    what = {"start": "Start, q uniform", "E": f"Step {half.step + 1}, after E", "M": f"Step {half.step}, after M"}
    return (f"{what[half.kind]}. log p(x) = {number(half.log_lik)}, bound {number(half.bound)}, gap {small(half.gap)} "
            "nats per point")


@cache.shared()
def bound_terms_at(setting: Setting, at: int, _run: EmRun) -> gmm.Elbo:
    """The decomposition of log p(x) at half-step `at` of the setting's run."""
    x, half = _run.points.x, _run.halves[at]
    return gmm.elbo(x, _responsibilities(x, half), half.params)


def along_step(setting: Setting, half: int, run: EmRun) -> Along | None:
    """log p and the bound on the line through the mixtures before and after M of the current step, with its q.

    half: the half-step that is shown. None where the run has no step.
    """
    after_m = half > 0 and half % 2 == 0
    found = _along_step(setting, half - after_m, run)      # M leaves q as it is, and so the curves
    return None if found is None else found._replace(now=int(after_m))


@cache.shared()
def _along_step(setting: Setting, half: int, _run: EmRun) -> Along | None:
    """The curves at the start or after E."""
    step = half // 2
    if 2 * step + 2 >= len(_run.halves):
        return None
    before, after = _run.halves[2 * step], _run.halves[2 * step + 2]
    x, q = _run.points.x, _responsibilities(_run.points.x, _run.halves[half])
    count = int(min(max(ALONG_WORK / q.numel() / x.shape[1], 9), 41))
    places = np.union1d(np.linspace(-0.4, 1.6, count), [0.0, 1.0])
    found = [(at, _elbo_between(x, q, before.params, after.params, float(at))) for at in places]
    at, parts = zip(*((at, part) for at, part in found if part is not None), strict=True)
    return Along(np.array(at), np.array([part.log_lik for part in parts]), np.array([part.bound for part in parts]),
                 0, step + 1)


def _elbo_between(x: Tensor, q: Tensor, one: gmm.Params, other: gmm.Params, at: float) -> gmm.Elbo | None:
    """The terms at a mixture on the line through two of them, None where the line leaves the mixtures."""
    if at in (0.0, 1.0):
        return gmm.elbo(x, q, other if at else one)
    log_weights, means, covs = (torch.lerp(a, b, at) for a, b in zip(one, other, strict=True))
    try:
        return gmm.elbo(x, q, gmm.Params(log_weights.log_softmax(0), means, covs))
    except ValueError:
        return None


# What is drawn of it --------------------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    """The points that are drawn, and the two columns on which they are."""

    axes: Axes
    columns: tuple[str, str]
    rows: Tensor            # (n,) indices among all points
    x: Tensor               # (n, D)

    @property
    def places(self) -> np.ndarray:
        """(n, 2): on the two columns."""
        places: np.ndarray = self.x[:, list(self.axes)].numpy()
        return places


def drawn(points: Points, axes: Axes, k: int) -> Drawn:
    """All points, or a fixed sample of many: fewer for many components."""
    rows = sample_rows(len(points.x), min(MOST_POINTS, max(TABLE // (5 * k), FEWEST_POINTS)))
    return Drawn(axes, (points.columns[axes[0]], points.columns[axes[1]]), rows, points.x[rows])


def sample_rows(n: int, most: int) -> Tensor:
    """Indices of all n points, or of a fixed sample of `most`."""
    return torch.arange(n) if n <= most else torch.randperm(n, generator=generator(0, n))[:most].sort().values


class Playback(NamedTuple):
    """The half-steps that have frames."""

    drawn: Drawn
    frames: list[Frame]
    at: tuple[int, ...]         # (frames,) the half-step of each
    captions: list[str]
    table: Bytewise             # (frames, n, K) responsibilities


class Figures(NamedTuple):
    """Two figures with a frame for each half-step."""

    plane: Packed
    curves: Packed


class EmView(NamedTuple):
    """What the part "EM" shows."""

    run: EmRun
    playback: Playback
    figures: Figures


@cache.shared()
def em(setting: Setting, axes: Axes, dark: bool, known: bool, centre: int, _run: EmRun) -> EmView:
    """A run of EM with its frames, figures and curves. axes: the columns that are drawn. dark: the theme.

    known: whether the fit with the true components is drawn too. centre: the EM step around which no frame is left
    out. _run: the setting's.
    """
    shown = _playback(setting, axes, centre, _run)
    log_lik, bound = (np.array([getattr(half, name) for half in _run.halves]) for name in ("log_lik", "bound"))
    palette = DARK if dark else LIGHT
    truth = _known_fit(setting, _run.points, axes) if known else None
    before_drag = []
    if setting.start == GIVEN:
        steps = run(setting._replace(start=gmm.STARTS[0], means=()), _run.points, _run.tol).trace.steps
        before_drag = [plane.marginal(step.params, axes) for step in (steps[0], steps[-1])]
    figures = Figures(
        Packed(em_history.plane(shown.drawn.places, shown.frames, shown.drawn.columns, palette, truth=truth,
                                before_drag=before_drag)),
        Packed(em_history.curves(shown.frames, log_lik, bound, palette, at=np.array(shown.at))))
    return EmView(_run, shown, figures)


@cache.shared()
def _playback(setting: Setting, axes: Axes, centre: int, _run: EmRun) -> Playback:
    """Frames of the start and of pairs of E and M."""
    shown = drawn(_run.points, axes, setting.k)
    at = half_steps_with_frames(setting, _run, centre)
    halves = [_run.halves[t] for t in at]
    frames = [Frame(plane.marginal(half.params, axes), resp, half.bound, half.log_lik)
              for half, resp in zip(halves, _responsibilities_along(shown.x, halves), strict=True)]
    captions = [caption(half) + omitted(before, place)
                for half, before, place in zip(halves, (0, *at), at, strict=False)]
    return Playback(shown, frames, at, captions, bytewise(np.stack([frame.resp for frame in frames])))


def omitted(before: int, place: int) -> str:
    """A sentence about the EM steps between two frames that are not shown, "" where there are none."""
    first, last = before // 2 + 1, (place - 1) // 2
    if last < first:
        return ""
    return f". Step {first} is not shown" if first == last else f". Steps {first} to {last} are not shown"


def half_steps_with_frames(setting: Setting, em_run: EmRun, centre: int) -> tuple[int, ...]:
    """Indices of half-steps: the start, and pairs of E and M; all pairs near step `centre`, fewer elsewhere."""
    pairs, limit = len(em_run.halves) // 2, _most_pairs(setting, em_run)
    shown: Sequence[int] = range(pairs)
    if pairs > limit:
        near = range(max(centre - _reach(limit), 0), min(centre + _reach(limit) + 1, pairs))
        shown = sorted({*near, *thin(pairs, limit - len(near))})
    return tuple([0] + [half for pair in shown for half in (2 * pair + 1, 2 * pair + 2) if half < len(em_run.halves)])


def _most_pairs(setting: Setting, em_run: EmRun) -> int:
    """How many EM steps have frames, so that the responsibilities fit into TABLE."""
    size = len(drawn(em_run.points, (0, 1), setting.k).x) * setting.k
    return max(min(MOST_PAIRS, TABLE // (2 * size)), FEWEST_PAIRS)


def _reach(limit: int) -> int:
    """How many EM steps before and after the centre have frames."""
    return max(limit // 4, 1)


def centre_for(half: int, before: int, setting: Setting, em_run: EmRun) -> int:
    """The centre of the frames for a half-step: `before` while all its neighbours have frames."""
    pairs, limit = len(em_run.halves) // 2, _most_pairs(setting, em_run)
    if pairs <= limit:
        return 0
    return before if abs(half // 2 - before) <= _reach(limit) // 2 else min(half // 2, pairs - 1)


def _responsibilities_along(x: Tensor, halves: Sequence[gmm.HalfStep]) -> list[np.ndarray]:
    """q of each half-step; M leaves it as E made it."""
    made: list[np.ndarray] = []
    for before, half in zip([None, *halves], halves, strict=False):
        same = before is not None and before.anchor is half.anchor
        made.append(made[-1] if same else responsibilities(x, half))
    return made


def _known_fit(setting: Setting, points: Points, axes: Axes) -> plane.Theta | None:
    """One M-step with the true components as responsibilities; None where they are unknown."""
    if points.labels is None:
        return None
    one_hot = torch.nn.functional.one_hot(points.labels).double()
    return plane.marginal(gmm.m_step(points.x, one_hot, setting.covariance, setting.floor or gmm.FLOOR), axes)


# How many components --------------------------------------------------------------------------------------------------


def compared_ks(n: int) -> range:
    """The K that are compared for n points: with a few points to each component."""
    return range(1, max(min(SEARCHED, n // 4), 1) + 1)


def folds(n: int) -> int:
    """How many times a part of n points is held out."""
    return min(FOLDS, n)


def fits(setting: Setting, points: Points) -> list[float]:
    """log p(x) of the fitted points for K = 1, 2, ..., nats per point, as in `candidates`."""
    return _fits(setting.data, setting.own, setting.covariance, setting.floor or gmm.FLOOR, setting.seed, points.x)


@cache.copied(spinner="Fitting every K")
def _fits(data: str, own: str, covariance: str, floor: float, seed: int, _x: Tensor) -> list[float]:
    x = _x[sample_rows(len(_x), SEARCHED_POINTS)]
    return [gmm.fit(x, k, covariance, 1, seed, floor=floor, tol=SEARCH_TOL).log_lik for k in compared_ks(len(_x))]


def candidates(setting: Setting, points: Points) -> list[selection.Candidate] | str:
    """K = 1, 2, ...: criteria and held-out log-likelihood, from the setting's data and covariances.

    A sentence where the points cannot be divided: a column has one value in all but one part of them.
    """
    return _candidates(setting.data, setting.own, setting.covariance, setting.floor or gmm.FLOOR, setting.seed,
                       points.x)


@cache.copied(spinner="Fitting every K to every part of the points")
def _candidates(data: str, own: str, covariance: str, floor: float, seed: int, _x: Tensor
                ) -> list[selection.Candidate] | str:
    """Without K, start and restarts in the cache key: the comparison does not depend on them."""
    x = _x[sample_rows(len(_x), SEARCHED_POINTS)]
    try:
        return [selection.candidate(x, k, covariance, 1, seed, floor=floor, count=folds(len(x)), tol=SEARCH_TOL)
                for k in compared_ks(len(_x))]
    except DataError as error:
        return f"no held-out comparison is possible, because without one part of the points {error}"

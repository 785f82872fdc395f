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
from dgm.gmm import selection
from dgm.runtime import generator, mix
from pages.gmm.figures import em_history, plane
from pages.gmm.figures.em_history import Frame, thin
from pages.gmm.state import GIVEN
from ui import cache
from ui.components.live_figure import Packed
from ui.figures.encoding import Bytewise, bytewise
from ui.figures.theme import DARK, LIGHT

OWN = "own"
MOST_POINTS, FEWEST_POINTS = 1000, 150   # that are drawn, of larger data
MOST_PAIRS, FEWEST_PAIRS = 28, 4         # EM steps that have frames, of longer runs
TABLE = 60_000                   # responsibilities that are sent with the frames
WORK = 4e9                       # multiplications that one run of EM may take
MOST_STEPS, FEWEST_STEPS = 400, 15
TOL = 1e-7                       # nats per point: EM ends when a step gains less
SEARCHED = 8                     # largest K of the comparison
SEARCHED_POINTS, FOLDS, SEARCH_TOL = 2000, 5, 1e-4
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


@cache.shared(entries=8)
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

    @property
    def last(self) -> gmm.Step:
        """The last step."""
        return self.trace.steps[-1]


@cache.shared(entries=12, spinner="EM is climbing")
def run(setting: Setting, _points: Points) -> EmRun:
    """EM from each restart; the one with the best last objective. `_points`: those that the setting names."""
    x = _points.x
    steps = max_steps(x, setting.k)
    traces = [gmm.trace(x, _start(setting, x, restart), setting.covariance, setting.floor, tol=TOL, max_steps=steps)
              for restart in range(1 if setting.start == GIVEN else setting.restarts)]
    best = max(traces, key=lambda trace: trace.steps[-1].objective)
    halves = gmm.half_steps(x, best.steps)
    return EmRun(_points, best, halves[:-1] if len(halves) > 2 else halves, steps)


def max_steps(x: Tensor, k: int) -> int:
    """Steps that a run may take: fewer for large data."""
    n, d = x.shape
    return int(min(max(WORK / (n * k * (d + 3) ** 2), FEWEST_STEPS), MOST_STEPS))


def _start(setting: Setting, x: Tensor, restart: int) -> gmm.Params:
    """theta_0 of one restart."""
    if setting.start == GIVEN:
        return gmm.init(x, setting.k, method=GIVEN, means=setting.means)
    return gmm.init(x, setting.k, mix(setting.seed, restart) if restart else setting.seed, setting.start)


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
    state = f"log p(x) = {half.log_lik:.4f}, bound {half.bound:.4f}, gap {half.gap:.2g} nats per point"
    what = {"start": "start, q uniform", "E": f"step {half.step + 1}: after E", "M": f"step {half.step}: after M"}
    return f"{what[half.kind]}. {state}"


@cache.shared(entries=64)
def bound_terms_at(setting: Setting, at: int, _run: EmRun) -> gmm.Elbo:
    """The decomposition of log p(x) at half-step `at` of the setting's run."""
    x, half = _run.points.x, _run.halves[at]
    return gmm.elbo(x, _responsibilities(x, half), half.params)


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
    at: np.ndarray              # (frames,) the half-step of each
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
    log_lik: np.ndarray     # (T,) log p(x) at all half-steps, with a frame or without, nats per point
    bound: np.ndarray       # (T,) the lower bound there


@cache.shared(entries=12)
def em(setting: Setting, axes: Axes, dark: bool, known: bool, _points: Points) -> EmView:
    """A run of EM with its frames, figures and curves. axes: the columns that are drawn. dark: the theme.

    known: whether the fit with the true components is drawn too. _points: those that the setting names.
    """
    em_run = run(setting, _points)
    shown = _playback(setting, axes, em_run)
    log_lik, bound = (np.array([getattr(half, name) for half in em_run.halves]) for name in ("log_lik", "bound"))
    palette, truth = DARK if dark else LIGHT, _known_fit(setting, _points, axes) if known else None
    figures = Figures(
        Packed(em_history.plane(shown.drawn.places, shown.frames, shown.drawn.columns, palette, truth=truth)),
        Packed(em_history.curves(shown.frames, log_lik, bound, palette, at=shown.at)))
    return EmView(em_run, shown, figures, log_lik, bound)


@cache.shared(entries=12)
def _playback(setting: Setting, axes: Axes, _run: EmRun) -> Playback:
    """Frames of the start and of pairs of E and M."""
    shown = drawn(_run.points, axes, setting.k)
    at = _half_steps_with_frames(len(_run.halves), len(shown.x) * setting.k)
    halves = [_run.halves[t] for t in at]
    frames = [Frame(plane.marginal(half.params, axes), resp, half.bound, half.log_lik)
              for half, resp in zip(halves, _responsibilities_along(shown.x, halves), strict=True)]
    return Playback(shown, frames, at, [caption(half) for half in halves],
                    bytewise(np.stack([frame.resp for frame in frames])))


def _half_steps_with_frames(count: int, size: int) -> np.ndarray:
    """Indices among `count` half-steps: the start, and pairs of E and M. size: responsibilities of one half-step."""
    pairs = thin(count // 2, max(min(MOST_PAIRS, TABLE // (2 * size)), FEWEST_PAIRS))
    return np.array([0] + [half for pair in pairs for half in (2 * pair + 1, 2 * pair + 2) if half < count])


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


def candidates(setting: Setting, points: Points) -> list[selection.Candidate]:
    """K = 1, 2, ...: criteria and held-out log-likelihood, from the setting's data and covariances."""
    return _candidates(setting.data, setting.own, setting.covariance, setting.floor or gmm.FLOOR, setting.seed,
                       points.x)


@cache.copied(entries=4, spinner="Fitting every K to every fold")
def _candidates(data: str, own: str, covariance: str, floor: float, seed: int, _x: Tensor) -> list[selection.Candidate]:
    """Without K, start and restarts in the cache key: the comparison does not depend on them."""
    x = _x[sample_rows(len(_x), SEARCHED_POINTS)]
    return [selection.candidate(x, k, covariance, 1, seed, floor=floor, count=folds(len(x)), tol=SEARCH_TOL)
            for k in compared_ks(len(_x))]

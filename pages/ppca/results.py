"""What the PCA page computes from its controls and remembers: EM, saddles, images, choices of q."""

import math
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import datasets, ppca
from dgm.ppca import missing
from dgm.ppca.convergence import (
    HalfStep,
    Rates,
    covariance_distances,
    first_step_within,
    half_steps,
    measured_rate,
    predicted_rates,
    projected_means,
)
from dgm.ppca.covariance_spectrum import decompose
from dgm.ppca.em_steps import init, iterate
from dgm.ppca.lower_bound import gap_over_rotation
from dgm.ppca.preprocessing import dequantise
from dgm.ppca.profile_likelihood import profile_log_lik
from dgm.ppca.saddles import growth_factor, perturbed_em, stationary_log_lik
from dgm.ppca.selection import Choice, choose
from pages.ppca.cloud import Cloud
from pages.ppca.figures import histories
from ui import cache
from ui.components.live_figure import Packed
from ui.figures.theme import Palette

MAX_STEPS = 10_000     # of one run of EM
PLAYED = 16            # of them, the first ones, are played
TOLERANCE = 1e-6       # nats per point: EM has reached the maximum
ROUNDING = 1e-13       # nats per point: a further step changes nothing
ESCAPE_STEPS = 120
GAP_IMAGES = 600       # training images that lose pixels


class EmRun(NamedTuple):
    """One run of EM on a cloud, q = 1: its first steps, and the log-likelihood of all of them."""

    steps: list[ppca.Step]       # the start and PLAYED steps
    log_liks: list[float]        # nats per point
    best: float                  # their maximum
    rates: Rates
    measured: float | None       # rate, None where there were too few steps
    reached: int | None          # the first step within TOLERANCE

    @property
    def needed(self) -> float:
        """Steps to within TOLERANCE: counted, or extrapolated at the rate (the gap of log p shrinks at its square)."""
        if self.reached is not None:
            return float(self.reached)
        left = math.log(TOLERANCE / (self.best - self.log_liks[-1])) / (2 * math.log(self.rates.slowest))
        return float(len(self.log_liks) - 1 + math.ceil(left))

    @property
    def gaps(self) -> list[float]:
        """Nats per point below the maximum, of every step."""
        return [max(self.best - value, 0.0) for value in self.log_liks]


class EmRuns(NamedTuple):
    """Both kinds of EM from the same start."""

    plain: EmRun
    expanded: EmRun


@cache.shared()
def em_runs(cloud: Cloud, seed: int) -> EmRuns:
    """EM on a cloud from the random start of a seed, until rounding stops it or for MAX_STEPS steps."""
    data = ppca.scatter(cloud.x)
    return EmRuns(_em_run(data, False, seed), _em_run(data, True, seed))


def _em_run(data: ppca.Scatter, expanded: bool, seed: int) -> EmRun:
    spec = decompose(data)
    best = float(profile_log_lik(spec, 1))
    steps: list[ppca.Step] = []
    for step in islice(iterate(data, init(data, 1, seed), expanded), MAX_STEPS):
        steps.append(step)
        if best - step.log_lik < ROUNDING and len(steps) > PLAYED:
            break
    log_liks = [step.log_lik for step in steps]
    return EmRun(steps[: PLAYED + 1], log_liks, best, predicted_rates(spec, 1, expanded),
                 _measured_rate(steps, ppca.closed_form(spec, 1)), first_step_within(log_liks, best, TOLERANCE))


def _measured_rate(steps: list[ppca.Step], best: ppca.Params) -> float | None:
    try:
        return measured_rate(covariance_distances(steps, best), 1e-10)
    except ValueError:
        return None


class EmFrames(NamedTuple):
    """The playback of a run of EM, half-step by half-step."""

    figures: list[Packed]
    alts: list[str]
    captions: list[str]
    halves: list[HalfStep]       # of every frame


@cache.shared()
def em_frames(cloud: Cloud, seed: int, expanded: bool, palette: Palette, _run: EmRun) -> EmFrames:
    """The staircase of the bound, beside the cloud where it lies in a plane. `_run`: the run of these settings."""
    x = cloud.x
    halves = half_steps(ppca.scatter(x), _run.steps, expanded)
    figures, alts = [Packed(histories.staircase(halves, palette))], [histories.staircase_alt(halves)]
    if x.shape[1] == 2:
        states = projected_means(x, _run.steps, expanded)
        figures.insert(0, Packed(histories.cloud_frames(x, states, palette, axes=cloud.axes)))
        alts.insert(0, histories.cloud_frames_alt(x, [step.params for step in _run.steps]))
    return EmFrames(figures, alts, histories.captions(halves), halves)


class Escape(NamedTuple):
    """EM that starts beside a stationary point, nats per row."""

    log_liks: list[float]   # of the start and every step
    saddle: float
    maximum: float
    growth: float           # factor of a step on the distance to the saddle

    def share(self, step: int) -> float:
        """How much of the difference between saddle and maximum is gained; 1 where there is none."""
        height = self.maximum - self.saddle
        return (self.log_liks[step] - self.saddle) / height if height > 1e-12 else 1.0


@cache.shared()
def escape(axes: tuple[int, ...], push: float, seed: int) -> Escape:
    """EM on the wines, columns of unit variance, from the stationary point with these eigenvectors, pushed a little."""
    data = ppca.scatter(ppca.standardise(datasets.load("wine").x))
    spec = decompose(data)
    log_liks = [step.log_lik for step in islice(perturbed_em(data, axes, push, seed), ESCAPE_STEPS + 1)]
    return Escape(log_liks, stationary_log_lik(spec, axes), float(profile_log_lik(spec, len(axes))),
                  growth_factor(spec, axes))


class RotationGaps(NamedTuple):
    """What a diagonal q loses when W is rotated in its first two columns."""

    degrees: Tensor   # (A,)
    gaps: Tensor      # (A,) nats per point


@cache.shared()
def rotation_gaps(theta: ppca.Params) -> RotationGaps:
    """The gap of the best diagonal q at every degree from 0 to 90."""
    degrees = torch.linspace(0, 90, 91, dtype=torch.float64)
    return RotationGaps(degrees, gap_over_rotation(theta, degrees.deg2rad()))


table_choice = cache.shared()(choose)


class Images(NamedTuple):
    """A data set of images, split, and the spectrum of its training part."""

    name: str
    train: Tensor           # (N, D)
    test: Tensor            # (M, D)
    labels: Tensor          # (M,) of the test images
    shape: tuple[int, int]
    spec: ppca.Spectrum


@cache.shared()
def images(name: str) -> Images:
    """A data set of images by its name in the registry."""
    data = datasets.load(name)
    split = data.split()
    assert data.labels is not None
    assert data.image_shape is not None
    train, test = data.x[split.train].double(), data.x[split.test].double()
    return Images(name, train, test, data.labels[split.test], data.image_shape, ppca.spectrum(train))


@cache.shared(spinner="Comparing all values of q …")
def image_choice(name: str, _data: Images) -> Choice:
    """All criteria for q on a set of images, the grey levels made continuous. `_data`: the images of this name."""
    levels = datasets.SOURCES[name].peak
    return choose(dequantise(_data.train, levels, 0), dequantise(_data.test, levels, 1))


@cache.shared()
def fit_with_gaps(name: str, q: int, share: float, _data: Images) -> ppca.Params:
    """A model of q latents, by EM on GAP_IMAGES images of which a share of the pixels is missing. `_data`: as above."""
    return missing.fit(missing.erase(_data.train[:GAP_IMAGES], share, 1), q, tol=1e-4, max_steps=60).params

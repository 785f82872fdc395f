"""What the lesson computes from its controls, cached by their values."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dgm import datasets, gradients, vae
from dgm.gradients import (
    ESTIMATORS,
    Estimate,
    Gaussian,
    batch_noise,
    categorical,
    descent,
    sweeps,
    variance_terms,
)
from dgm.gradients.batch_noise import VarianceSplit
from dgm.gradients.categorical import Categorical
from dgm.gradients.sweeps import PARAMETERS
from dgm.gradients.variance_terms import Expansion
from dgm.vae.gradient_noise import Record
from pages.gradients.notation import ONE_OF
from pages.gradients.setting import COLUMNS, Setting
from pages.gradients.state import ESTIMATOR_SETS, PLAIN_PAIR, RANGES
from ui import cache

REPEATS, LONGEST = 10, 2_000         # running means: repeats, and samples of each
SWEEP_SAMPLES = 10_000               # coordinates of noise for each sampled variance
DESCENT_STEPS, DESCENTS = 150, 100   # steps of each descent, descents with each gradient
LOGITS = (0.6, -0.4, 0.1)            # of the categorical q
SIGMAS = (-1.5, 0.0, 1.5)            # from mu to the places that a categorical z takes
GUMBEL_SOFTMAX = "Gumbel-softmax (biased)"
IMAGES = vae.Images("digits")
CONFIG = vae.Config(hidden=64, latent=2)
VAE_STEPS = 600
REFERENCE = Path(__file__).parent / "reference_run.json"


class Moments(NamedTuple):
    """Exact mean and variance of one sample's gradient in one parameter."""

    mean: float
    variance: float

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return self.variance**0.5


def moments(setting: Setting, parameter: str, names: Iterable[str]) -> dict[str, Moments]:
    """The moments of the named estimators in `parameter`, "mu" (of the first coordinate) or "sigma"."""
    column = PARAMETERS.index(parameter)
    return {name: _moments(setting, name)[column] for name in dict.fromkeys(names)}


@cache.copied()
def _moments(setting: Setting, name: str) -> tuple[Moments, Moments]:
    """In mu and in sigma."""
    samples = samples_of(name)
    exact = gradients.exact(name, setting.cost, setting.q, samples)
    mu, sigma = (_rounded(float(exact.mean[i]), float(exact.variance[i]) * samples) for i in COLUMNS.values())
    return mu, sigma


def samples_of(name: str) -> int:
    """Of how many samples one gradient is one: of many, where it depends on the others."""
    return ONE_OF if ESTIMATORS[name].sequential else 1


def _rounded(mean: float, variance: float) -> Moments:
    """A variance that is nothing but the rounding of the mean's square is 0."""
    return Moments(mean, 0.0 if variance <= 1e-14 * mean**2 + 1e-20 else variance)


@cache.copied()
def biased(setting: Setting, parameter: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the named estimators whose mean is not the gradient in `parameter`."""
    column = COLUMNS[parameter]
    return tuple(name for name in dict.fromkeys(names)
                 if float(gradients.bias(name, setting.cost, setting.q)[column]) != 0)


def variance_ratio(one: Moments, other: Moments) -> float:
    """How many times larger the first variance is; nan when both are infinite, or both zero."""
    if other.variance == 0 or one.variance == other.variance == inf:
        return inf if one.variance > other.variance else nan
    return one.variance / other.variance


@cache.copied()
def single_gradients(setting: Setting, parameter: str, names: tuple[str, ...], samples: int,
                     seed: int) -> dict[str, np.ndarray]:
    """Single-sample gradients (samples,) of every estimator from the same noise."""
    return _sample(setting, parameter, names, samples, seed)


def _sample(setting: Setting, parameter: str, names: tuple[str, ...], samples: int, seed: int) -> dict[str, np.ndarray]:
    cost, q, column = setting.cost, setting.q, COLUMNS[parameter]
    eps = _noise(setting, samples, seed)
    return {name: ESTIMATORS[name](cost, q, eps)[:, column].numpy() for name in dict.fromkeys(names)}


def _noise(setting: Setting, samples: int, seed: int) -> torch.Tensor:
    return gradients.noise(samples, seed, setting.dims if setting.dims > 1 else 0)


@cache.copied()
def running_errors(setting: Setting, parameter: str, names: tuple[str, ...], seed: int,
                   exact: float) -> dict[str, np.ndarray]:
    """|mean of the first K samples - exact gradient| for K = 1, 2, .., REPEATS times for every estimator."""
    samples, column = running_samples(setting), COLUMNS[parameter]
    repeats = [_noise(setting, samples, seed * 1000 + 1 + repeat) for repeat in range(REPEATS)]
    count = np.arange(1, samples + 1)

    def gradients_of(name: str) -> np.ndarray:
        """(REPEATS, samples): in one call, except where a sample's gradient depends on those before it."""
        calls = repeats if ESTIMATORS[name].sequential else [torch.cat(repeats)]
        found = [ESTIMATORS[name](setting.cost, setting.q, eps)[:, column] for eps in calls]
        return torch.cat(found).reshape(REPEATS, samples).numpy()

    return {name: np.abs(np.cumsum(gradients_of(name), 1) / count - exact) for name in dict.fromkeys(names)}


def running_samples(setting: Setting) -> int:
    """Samples of a running mean: fewer where each has many coordinates."""
    return max(200, LONGEST // setting.dims)


@cache.copied()
def expansion(setting: Setting, parameter: str) -> Expansion:
    """The terms of the log-derivative's gradient, in one dimension."""
    return variance_terms.expand(setting.cost, setting.q_of_coordinate, parameter)


@cache.copied()
def sweep_ends(setting: Setting, parameter: str, axis: str, samples: int) -> dict[str, float]:
    """The plain estimators' exact variances where the sweep begins and ends, by the names that the script prints."""
    plan, column = _plan(setting, axis, RANGES[axis], samples), PARAMETERS.index(parameter)
    return {f"{name} at {axis} = {at:g}": float(variance) for name in PLAIN_PAIR
            for at, variance in zip(plan.values, plan.curve(name).variance[:, column], strict=True)}


@cache.copied()
def sweep(setting: Setting, axis: str, names: tuple[str, ...], samples: int,
          seed: int) -> tuple[sweeps.Sweep, list[sweeps.Crossing]]:
    """The sweep along `axis`, and where the plain log-derivative and reparametrization cross."""
    plan = _plan(setting, axis, _axis_values(setting, axis), samples)
    return sweeps.sweep(plan, names, SWEEP_SAMPLES, seed), sweeps.crossings(plan, *PLAIN_PAIR)


def _axis_values(setting: Setting, axis: str) -> tuple[float, ...]:
    """Values along the axis: fewer where each is a quadrature."""
    spaced = np.linspace if axis == "mu" else np.geomspace
    values = spaced(*RANGES[axis], 24 if setting.cost.table else 14)
    if axis in ("dimension", "samples"):
        values = np.unique(np.round(values))
    return tuple(values.tolist())


def _plan(setting: Setting, axis: str, values: tuple[float, ...], samples: int) -> sweeps.Plan:
    return sweeps.Plan(axis, values, setting.cost_at, setting.k, setting.q_of_coordinate, setting.dims, samples,
                       setting.offset)


@cache.copied()
def losing_frequency(setting: Setting, parameter: str) -> float:
    """The k from which reparametrization of a wave is the noisier one for good; nan when there is none below 100."""
    plan = _plan(setting, "k", tuple(np.geomspace(0.05, 100.0, 80).tolist()), 1)
    roots = [root.at for root in sweeps.crossings(plan, *PLAIN_PAIR) if root.parameter == parameter]
    return max(roots, default=nan)


def work_normalised(setting: Setting) -> list[sweeps.WorkNormalised]:
    """Variance times evaluations of every estimator, in one dimension."""
    return _work_normalised(replace(setting, dims=1))


@cache.copied()
def _work_normalised(setting: Setting) -> list[sweeps.WorkNormalised]:
    return sweeps.work_normalised(setting.cost, setting.q, ESTIMATOR_SETS["All"], ONE_OF, repeats=1)


class DescentSettings(NamedTuple):
    """How the descents are run."""

    optimizer: str
    rate: float
    samples: int      # per step
    accuracy: float   # a distance from the best J
    seed: int


def descent_start(setting: Setting) -> Gaussian:
    """The q that all descents start from."""
    return setting.q_of_coordinate


@cache.copied(spinner="Gradient descent is running")
def descents(setting: Setting, names: tuple[str, ...], chosen: DescentSettings) -> descent.Comparison:
    """Descents of J(q) = ±E f + KL with each named estimator, from the same start on the same noise.

    J is -E f for the sampled bound, which contains the KL.
    """
    objective = descent.Objective(setting.cost, -1.0 if setting.maximised else 1.0, setting.kl_weight)
    return descent.compare(objective, descent_start(setting), names, DESCENT_STEPS, chosen.rate, chosen.samples,
                           DESCENTS, chosen.seed, chosen.optimizer, chosen.accuracy)


def categorical_q(setting: Setting) -> Categorical:
    """Three places around mu."""
    return Categorical(torch.tensor(LOGITS), setting.mu + setting.sigma * torch.tensor(SIGMAS))


@cache.copied()
def categorical_gradients(setting: Setting, temperature: float, samples: int,
                          seed: int) -> tuple[dict[str, Estimate], np.ndarray]:
    """Every categorical estimator from the same Gumbel noise, and the exact gradient (C,)."""
    q, cost = categorical_q(setting), setting.cost
    noise = categorical.gumbel(q, samples, seed)
    functions = categorical.ESTIMATORS | {
        GUMBEL_SOFTMAX: partial(categorical.gumbel_softmax, temperature=temperature)}
    found = {name: gradients.estimate(function(cost, q, noise)) for name, function in functions.items()}
    return found, categorical.enumeration(cost, q).numpy()


@cache.copied()
def variance_splits(size: float) -> dict[str, VarianceSplit]:
    """Exact parts of the variance for the linear VAE on iris, `size` away from the maximum likelihood."""
    x = datasets.load("iris").x
    model = batch_noise.perturbed(batch_noise.at_maximum_likelihood(x, 2), size)
    return {name: split(model, x) for name, split in batch_noise.SPLITS.items()}


class Curves(NamedTuple):
    """What the records of the two VAEs' training say, at T steps."""

    steps: np.ndarray     # (T,)
    bounds: np.ndarray    # (T, 2)  of the log-derivative and of reparametrization, in nats
    ratios: np.ndarray    # (T, 2, layers)  signal to noise

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Curves":
        """The curves of a run's records."""
        return cls(np.array([record.step for record in records]), np.array([record.bounds for record in records]),
                   np.stack([record.signal.ratio.numpy() for record in records]))


@cache.copied()
def reference_curves() -> Curves:
    """The run of VAE_STEPS steps that the page brings with it: what `gradient_noise.advance` gives from its start."""
    stored = json.loads(REFERENCE.read_text())
    return Curves(*(np.array(stored[name]) for name in Curves._fields))

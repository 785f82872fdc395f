"""Polynomial regression in the units of the data: fitted on x in [-1, 1] and y of deviation 1, answered in the units.

    u = (x - x_mid) / x_half,  v = (y - y_mean) / y_std,  log p(y) = log p(v) - n log y_std
Slide "Bayesian inference"; Bishop, PRML, sections 3.3 to 3.5.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_seed, as_tensor, as_vector, require_kind
from dgm.bayes.distributions import Normal, as_variances
from dgm.bayes.regression import MAX_DEGREE, LinearRegression, Pairs, as_pairs, polynomial_features
from dgm.errors import DataError

POINTS = 161   # of the grid along x
MARGIN = 0.25  # by which that grid passes the data, in their half-range

_LARGEST = 1e150   # of a deviation: its square is a variance

Columns = tuple[Tensor, Tensor]


class DegreeScore(NamedTuple):
    """How well one degree explains the data. All numbers are nats per observation."""

    degree: int
    log_evidence: float     # log p(y) / N of the training data
    held_out: float | None  # mean log p(y* | x*, data) of held-out points, w integrated out; None without any
    plug_in: float | None   # the same with the MAP in place of the posterior


def iter_degree_scores(train: Any, held_out: Any, alpha: float, beta: float,
                       highest: int = 12) -> Iterator[DegreeScore]:
    """Evidence of the training data alone beside held-out scores, for degree 0 .. highest (PRML, section 3.4).

    train, held_out: (x, y), (N,) each, x in [-1, 1]; alpha, beta: precisions of weights and noise; highest: up to 30.
    DataError for pairs that do not fit, ArgumentError for a precision or degree out of range.

    >>> from dgm import bayes
    >>> line = ([-1.0, -0.5, 0.5, 1.0], [-2.0, -1.0, 1.0, 2.0])
    >>> scores = list(bayes.iter_degree_scores(line, line, 1.0, 100.0, 3))
    >>> max(scores, key=lambda s: s.log_evidence).degree
    1
    """
    train, held_out, prior = as_pairs(train), as_pairs(held_out), LinearRegression(alpha, beta)
    return _degree_scores(train, held_out, prior, as_integer(highest, "highest", 0, MAX_DEGREE))


def _degree_scores(train: Pairs, held_out: Pairs, prior: LinearRegression, highest: int) -> Iterator[DegreeScore]:
    (x, y), (x_new, y_new) = train, held_out
    for degree in range(highest + 1):
        data, rows = (polynomial_features(x, degree), y), polynomial_features(x_new, degree)
        after = prior.posterior(data)
        yield DegreeScore(degree, prior.log_evidence(data) / max(len(y), 1), _mean(after.predictive(rows), y_new),
                          _mean(after.plug_in(after.map(), rows), y_new))


def _mean(answer: Normal, y: Tensor) -> float | None:
    return float(answer.log_prob(y).mean()) if len(y) else None


class Scaling(NamedTuple):
    """x = x_mid + x_half u with u in [-1, 1]; y = y_mean + y_std v with v of mean 0 and deviation 1.

    >>> import torch
    >>> from dgm import bayes
    >>> bayes.Scaling.of(torch.tensor([1.0, 3.0]), torch.tensor([10.0, 30.0]))
    Scaling(x_mid=2.0, x_half=1.0, y_mean=20.0, y_std=10.0)
    """

    x_mid: float
    x_half: float
    y_mean: float
    y_std: float

    @classmethod
    def of(cls, x: Any, y: Any) -> Self:
        """From the range of x (N,) and the mean and deviation of y (N,); a unit of 1 where there is no spread.

        DataError for columns that do not fit, or whose deviation is beyond 1e-150 .. 1e150.
        """
        x, y = _as_columns((x, y))
        if len(x) == 0:
            return cls(0.0, 1.0, 0.0, 1.0)
        low, high = float(x.min()), float(x.max())
        half = high / 2 - low / 2
        return cls(low / 2 + high / 2, half if half > 0 else 1.0, *_mean_and_deviation(y, "y"))

    def to_standard(self, data: Any) -> Columns:
        """(x, y) -> (u, v), (N,) each."""
        x, y = _as_columns(data)
        return (x - self.x_mid) / self.x_half, (y - self.y_mean) / self.y_std

    def to_units(self, band: Normal) -> Normal:
        """A distribution of v as one of y."""
        require_kind(band, "band", Normal, "a Normal")
        band = Normal(as_tensor(band.mean, "mean"), as_variances(band.variance, "variance"))
        return Normal(self.y_mean + self.y_std * band.mean, self.y_std**2 * band.variance)


class Standardised(NamedTuple):
    """A feature of mean 0 and deviation 1, and what it takes to do the same to other values of it."""

    values: Tensor    # (N,)
    mean: float
    deviation: float


def standard_units(x: Any) -> Standardised:
    """(x - mean) / deviation of one feature (N,), with the 1/N deviation; a deviation of 1 where there is no spread.

    DataError for a deviation beyond 1e-150 .. 1e150.

    >>> from dgm import bayes
    >>> bayes.standard_units([1.0, 3.0])
    Standardised(values=tensor([-1.,  1.], dtype=torch.float64), mean=2.0, deviation=1.0)
    """
    x = as_vector(x)
    mean, deviation = _mean_and_deviation(x, "x") if len(x) else (0.0, 1.0)
    return Standardised((x - mean) / deviation, mean, deviation)


def _mean_and_deviation(x: Tensor, name: str) -> tuple[float, float]:
    """Mean and 1/N deviation of x (N,), N > 0; equal values have their own mean and the deviation 1."""
    first = float(x[0])
    if bool((x == first).all()):
        return first, 1.0
    unit = float(x.abs().max())
    mean = float((x / unit).mean()) * unit
    largest = float((x - mean).abs().max())
    deviation = float(((x - mean) / largest).square().mean().sqrt()) * largest
    if not 1 / _LARGEST < deviation < _LARGEST:
        raise DataError(f"the deviation of {name} is {deviation:g}, beyond the range of numbers when squared: "
                        "multiply it by a constant")
    return mean, deviation


class PolynomialFit(NamedTuple):
    """One polynomial's predictions along x, in the units of the data."""

    x: Tensor               # (G,), from MARGIN before the data to MARGIN after them
    posterior: Normal       # predictive at each x, w integrated out
    plug_in: Normal         # predictive of the MAP at each x
    draws: Tensor           # (S, G) curves of weights drawn from the posterior
    log_evidence: float     # log p(y), nats, all training points
    held_out: float | None  # mean log p(y*) of held-out points, nats; None where there are none
    held_out_plug_in: float | None


def fit_polynomial(train: Columns, held_out: Columns, prior: LinearRegression, degree: int, draws: int = 0,
                   seed: int = 0) -> PolynomialFit:
    """The posterior over the weights of a polynomial after `train`, and its predictions along x.

    train, held_out: (x, y), (N,) each, either may be empty; prior: for standardised x and y; degree: 0 to 30;
    draws: curves to draw with `seed`. DataError for columns that do not fit, ArgumentError for the rest.

    >>> import torch
    >>> from dgm import bayes
    >>> x, none = torch.tensor([0.0, 1.0, 2.0, 3.0]), torch.zeros(0)
    >>> fit = bayes.fit_polynomial((x, 60 * x), (none, none), bayes.LinearRegression(0.1, 100.0), 1, draws=2)
    >>> tuple(fit.draws.shape), round(float(fit.posterior.mean[80]), 6), fit.held_out
    ((2, 161), 90.0, None)
    """
    degree, seed = as_integer(degree, "degree", 0, MAX_DEGREE), as_seed(seed)
    require_kind(prior, "prior", LinearRegression, "a LinearRegression")
    train, held_out = _as_columns(train), _as_columns(held_out)
    scaling = Scaling.of(*train)
    u, v = scaling.to_standard(train)
    data = (polynomial_features(u, degree), v)
    after = prior.posterior(data)
    along = torch.linspace(-1 - MARGIN, 1 + MARGIN, POINTS, dtype=torch.float64)
    phi = polynomial_features(along, degree)
    curves = scaling.y_mean + scaling.y_std * after.sample(draws, seed) @ phi.T
    return PolynomialFit(scaling.x_mid + scaling.x_half * along, scaling.to_units(after.predictive(phi)),
                         scaling.to_units(after.plug_in(after.map(), phi)), curves,
                         prior.log_evidence(data) - len(v) * math.log(scaling.y_std),
                         *_held_out_scores(after, scaling, held_out, degree))


def _held_out_scores(after: LinearRegression, scaling: Scaling, held_out: Columns,
                     degree: int) -> tuple[float | None, float | None]:
    """Mean log p(y*) of the posterior predictive and of the plug-in; None without held-out points."""
    phi, y = polynomial_features(scaling.to_standard(held_out)[0], degree), held_out[1]
    if len(y) == 0:
        return None, None
    posterior, plug_in = (float(scaling.to_units(band).log_prob(y).mean())
                          for band in (after.predictive(phi), after.plug_in(after.map(), phi)))
    return posterior, plug_in


def degree_scores(train: Columns, held_out: Columns, prior: LinearRegression, highest: int = 10) -> list[DegreeScore]:
    """`iter_degree_scores` in the units of y, for degree 0 .. highest; nats per observation.

    train, held_out: (x, y), (N,) each, either may be empty; prior: for standardised x and y.
    DataError for columns that do not fit, ArgumentError for a degree above 30.

    >>> import torch
    >>> from dgm import bayes
    >>> x = torch.linspace(0, 10, 11)
    >>> scores = bayes.degree_scores((x, 3 * x), (x, 3 * x), bayes.LinearRegression(1.0, 100.0), 3)
    >>> max(scores, key=lambda s: s.log_evidence).degree
    1
    """
    highest = as_integer(highest, "highest", 0, MAX_DEGREE)
    require_kind(prior, "prior", LinearRegression, "a LinearRegression")
    train, held_out = _as_columns(train), _as_columns(held_out)
    scaling = Scaling.of(*train)
    shift = math.log(scaling.y_std)
    rows = iter_degree_scores(scaling.to_standard(train), scaling.to_standard(held_out), prior.alpha, prior.beta,
                              highest)
    return [DegreeScore(row.degree, row.log_evidence - (shift if len(train[1]) else 0),
                        _shifted(row.held_out, shift), _shifted(row.plug_in, shift)) for row in rows]


def _shifted(score: float | None, shift: float) -> float | None:
    return None if score is None else score - shift


def _as_columns(data: Any) -> Columns:
    """x (N,) and y (N,), checked."""
    x, y = as_pairs(data)
    return as_vector(x, "x"), y

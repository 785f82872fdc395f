"""Regression in a person's own units: fitted on x in [-1, 1] and y of deviation 1, answered in minutes or metres."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.bayes.distributions import Normal
from dgm.bayes.regression import DegreeScore, LinearRegression, degrees, pairs, polynomial

POINTS = 161  # of a band along x
AHEAD = 0.25  # how far a band goes past the data, in their half-range


class Scale(NamedTuple):
    """x = x_mid + x_half u with u in [-1, 1]; y = y_mid + y_unit v."""

    x_mid: float
    x_half: float
    y_mid: float
    y_unit: float

    def inside(self, data: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """(x, y) -> (u, v)."""
        return (data[0] - self.x_mid) / self.x_half, (data[1] - self.y_mid) / self.y_unit

    def outside(self, band: Normal) -> Normal:
        """A distribution of v as one of y."""
        return Normal(self.y_mid + self.y_unit * band.mean, self.y_unit**2 * band.variance)


def scale(x: Tensor, y: Tensor) -> Scale:
    """From the range of x and the mean and deviation of y; the units themselves where there is nothing to measure."""
    if len(x) == 0:
        return Scale(0.0, 1.0, 0.0, 1.0)
    half = float(x.max() - x.min()) / 2
    unit = float(y.std(correction=0))
    return Scale(float(x.max() + x.min()) / 2, half if half > 0 else 1.0, float(y.mean()), unit if unit > 0 else 1.0)


def standard(x: Tensor) -> tuple[float, float]:
    """Mean and deviation of one feature, (0, 1) where there is nothing to measure."""
    if len(x) == 0:
        return 0.0, 1.0
    unit = float(x.std(correction=0))
    return float(x.mean()), unit if unit > 0 else 1.0


class Fit(NamedTuple):
    """One polynomial's answers along x, in the units of the data."""

    x: Tensor               # (G,)
    posterior: Normal       # predictive band, w integrated out
    plug_in: Normal         # band of the MAP
    draws: Tensor           # (S, G) curves drawn from the posterior
    log_evidence: float     # ln p(y), nats, all training points
    held_out: float | None  # mean ln p(y*) of held-out points, nats; None where there are none
    held_out_plug_in: float | None


def fit(train: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], prior: LinearRegression, degree: int,
        draws: int = 0, seed: int = 0) -> Fit:
    """The posterior over w after `train`, answered along x."""
    units = scale(*pairs_of(train))
    u, v = units.inside(train)
    data = (polynomial(u, degree), v)
    after = prior.posterior(data)
    along = torch.linspace(-1 - AHEAD, 1 + AHEAD, POINTS, dtype=torch.float64)
    phi = polynomial(along, degree)
    curves = units.y_mid + units.y_unit * after.draws(draws, runtime.generator(seed)) @ phi.T
    new, seen = polynomial(units.inside(held_out)[0], degree), held_out[1]
    scores = [float(units.outside(answer).log_prob(seen).mean()) if len(seen) else None
              for answer in (after.predictive(new), after.plug_in(after.map(), new))]
    return Fit(units.x_mid + units.x_half * along, units.outside(after.predictive(phi)),
               units.outside(after.plug_in(after.map(), phi)), curves,
               prior.log_evidence(data) - len(v) * math.log(units.y_unit), *scores)


def degree_scores(train: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], prior: LinearRegression,
                  highest: int = 10) -> list[DegreeScore]:
    """Evidence and held-out scores over the degree, nats per observation in the units of y."""
    units = scale(*pairs_of(train))
    shift = math.log(units.y_unit)
    rows = degrees(units.inside(train), units.inside(held_out), prior.alpha, prior.beta, highest)
    return [DegreeScore(row.degree, row.log_evidence - (shift if len(train[1]) else 0), _less(row.held_out, shift),
                        _less(row.plug_in, shift)) for row in rows]


def _less(score: float | None, shift: float) -> float | None:
    return None if score is None else score - shift


def pairs_of(data: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """x (N,) and y (N,), checked."""
    x, y = pairs(data)
    return x[:, 0], y

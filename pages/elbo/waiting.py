"""The mixture of the parts "EM" and "Complete and incomplete": two Gaussians for the waiting times of Old Faithful.

All parameters stand at their most likely values but one, which moves.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm import datasets, elbo, gmm
from pages.elbo.figures.touching import HalfStep, Mixture, Run
from pages.elbo.state import MEAN, WEIGHT
from ui import cache

Array = NDArray[np.floating]
COMPONENT = 0           # the one with the longer waits
COLUMN = 1              # of the data set: waiting times
MEANS, WEIGHTS = (45.0, 100.0), (0.02, 0.98)
PLACES = 221
MOST = 81               # half-steps, the start among them
SMALLEST = 1e-7         # gain of an EM step, nats per observation, that ends the run
BINS = np.arange(40.0, 101.0, 3.0)


class Moving(NamedTuple):
    """Which parameter moves, and its range."""

    coordinate: elbo.Coordinate
    low: float
    high: float
    what: str
    unit: str = ""

    @property
    def name(self) -> str:
        """For an axis."""
        return f"{self.what}, {self.unit}" if self.unit else self.what

    @property
    def values(self) -> Tensor:
        return torch.linspace(self.low, self.high, PLACES, dtype=torch.float64)

    def start(self, share: float) -> float:
        """The parameter at a share of its range."""
        return self.low + share * (self.high - self.low)


MOVING = {MEAN: Moving(elbo.Coordinate("mean", COMPONENT), *MEANS, "mean of component 1", "minutes"),
          WEIGHT: Moving(elbo.Coordinate("weight", COMPONENT), *WEIGHTS, "weight of component 1")}


@cache.shared()
def minutes() -> Tensor:
    """(N, 1) the waiting times."""
    return datasets.load("faithful").x[:, COLUMN:COLUMN + 1].double()


@cache.shared()
def best() -> gmm.Params:
    """The most likely mixture."""
    return gmm.fit(minutes(), 2).params


@cache.shared()
def run(moves: str, share: float) -> Run:
    """EM over one parameter from a place in its range, and log p over it."""
    moving, x = MOVING[moves], minutes()
    begin = moving.coordinate.moved(best(), moving.start(share))
    steps = _until_end(elbo.one_parameter_em(x, begin, moving.coordinate))
    halves = tuple(HalfStep(half.kind, half.step + (half.kind == "E"), half.value, half.anchor, half.bound,
                            half.log_lik, half.gap, _bound(moving, half.anchor)) for half in steps)
    log_lik = elbo.likelihood_curve(x, best(), moving.coordinate, moving.values)
    return Run(moving.values.numpy(), log_lik.numpy(), halves)


def _until_end(steps: Iterator[elbo.HalfStep]) -> list[elbo.HalfStep]:
    found: list[elbo.HalfStep] = []
    for half in islice(steps, MOST):
        found.append(half)
        if half.kind == "M" and len(found) > 3 and half.log_lik - found[-3].log_lik < SMALLEST:
            break
    return found


@cache.copied()
def _bound(moving: Moving, anchor: float | None) -> Array:
    x, coordinate = minutes(), moving.coordinate
    resp = elbo.responsibilities_at(x, best(), coordinate, anchor)
    return elbo.bound_curve(x, best(), coordinate, resp, moving.values).numpy()


@cache.shared()
def mixture(moves: str, share: float) -> Mixture:
    """The data, and the mixture's parts at each half-step."""
    moving, x = MOVING[moves], torch.linspace(BINS[0], BINS[-1], 121, dtype=torch.float64)
    density, edges = np.histogram(minutes().numpy(), BINS, density=True)
    parts = [_parts(x[:, None], moving.coordinate.moved(best(), half.value)) for half in run(moves, share).halves]
    return Mixture(edges, density, x.numpy(), parts)


def widened(times: float) -> gmm.Params:
    """The most likely mixture with its deviations multiplied, so that the components overlap more."""
    return best()._replace(covs=best().covs * times**2)


def parts_at(x: Array, mean: float, times: float) -> Array:
    """p(x, z) over x (M,), with the deviations multiplied and the first component's mean moved: (K, M)."""
    return _parts(torch.from_numpy(x)[:, None], MOVING[MEAN].coordinate.moved(widened(times), mean))


def _parts(x: Tensor, theta: gmm.Params) -> Array:
    """p(x, z) of each component, (K, M)."""
    return (gmm.e_step(x, theta).resp * gmm.log_prob(x, theta).exp()[:, None]).T.numpy()


__all__ = ["MOVING", "best", "minutes", "mixture", "parts_at", "run", "widened"]

"""A density that is moved over points: a shape of its family at a location and a scale, and the tables of the browser.

The browser looks up the log density of the shape at location 0 and scale 1; everything else is computed here.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm import likelihood
from dgm.errors import DataError, DivergedError
from pages.autoregressive.state import MIXTURE, STUDENT
from ui import cache

Array = NDArray[np.floating]
REACH, STEP = 45.0, 0.01         # of the table, in scales: more than the axes show
NARROWEST, WIDEST = 0.4, 3.0     # scales that can be reached, by the most likely one
GRID = (61, 41)                  # places of the surface: locations, scales


class Question(NamedTuple):
    """What is fitted: the points, by column and number, and the family."""

    column: str
    points: int
    family: str
    dof: float


class Place(NamedTuple):
    """Where the density is, in the unit of the data."""

    location: float
    scale: float


class Setting(NamedTuple):
    """Everything that a part needs of the points and the family, without the place."""

    question: Question
    x: Tensor                   # (n,) in the order of the table
    unit: str
    shape: likelihood.Density     # at location 0 and scale 1
    best: Place                 # the most likely place of this shape
    most: float                 # the log-likelihood there, nats
    axis: tuple[float, float]   # of x

    @property
    def scales(self) -> tuple[float, float]:
        """The smallest and the largest scale that can be reached."""
        return NARROWEST * self.best.scale, WIDEST * self.best.scale

    @property
    def start(self) -> Place:
        """Where the density begins: too far left and too wide, so that there is something to do."""
        return Place(self.best.location - 0.8 * self.best.scale, 1.5 * self.best.scale)

    def clipped(self, place: Place) -> Place:
        """The nearest place on the axes."""
        (left, right), (narrow, wide) = self.axis, self.scales
        return Place(min(max(place.location, left), right), min(max(place.scale, narrow), wide))

    def model(self, place: Place) -> likelihood.Density:
        """The density at a place."""
        return self.shape.moved(place.location, place.scale)


@cache.shared()
def setting(question: Question) -> Setting:
    """The points of a question, the shape of its family, and where that shape is most likely.

    DataError where the likelihood of these points has no maximum.
    """
    column = likelihood.COLUMNS[question.column]
    x = likelihood.load_column(question.column)[:question.points]
    shape, best = _most_likely(question, x)
    most = float(shape.moved(*best).log_prob(x).sum())
    low, high = float(x.min()), float(x.max())
    margin = 0.25 * max(high - low, best.scale)
    return Setting(question, x, column.unit, shape, best, most, (low - margin, high + margin))


class Asked(NamedTuple):
    """A question with a maximum."""

    question: Question
    problem: str        # why the number of points that was asked for has none; "" where it has


@cache.copied()
def answerable(question: Question) -> Asked:
    """The question itself, or, where its points have no maximum, that of the nearest number of points which have one.

    DataError where no number of points has one.
    """
    try:
        setting(question)
        return Asked(question, "")
    except DataError as error:
        every = len(likelihood.load_column(question.column))
        others = sorted(set(range(2, every + 1)) - {question.points}, key=lambda n: abs(n - question.points))
        found = next((other for n in others if _has_maximum(other := question._replace(points=n))), None)
        if found is None:
            raise
        return Asked(found, str(error))


def _has_maximum(question: Question) -> bool:
    try:
        setting(question)
    except DataError:
        return False
    return True


def _most_likely(question: Question, x: Tensor) -> tuple[likelihood.Density, Place]:
    """The shape of a family, and its most likely place."""
    fitted = likelihood.fit(question.family, x, dof=question.dof if question.family == STUDENT else None)
    if question.family == MIXTURE:
        return _standard(fitted)
    place = Place(*fitted.theta[:2].tolist())       # the fields of the other families begin with these two
    return fitted.moved(-place.location / place.scale, 1 / place.scale), place


def _standard(fitted: likelihood.Density) -> tuple[likelihood.Density, Place]:
    """A density as a shape with mean 0 and deviation 1, and the place that gives the density back."""
    mean, deviation = likelihood.moments(fitted)
    return fitted.moved(-mean / deviation, 1 / deviation), Place(mean, deviation)


# What the browser looks up --------------------------------------------------------------------------------------------


class Lookup(NamedTuple):
    """The log density of a shape at equal steps of u = (x - location) / scale, and its highest point."""

    values: Array               # (M,) float32, from -REACH to REACH
    top: tuple[float, float]    # u and the log density there
    error: float                # the largest error of a term that is interpolated, nats


@cache.shared()
def lookup(question: Question) -> Lookup:
    """The table of a question's shape, and how exact the interpolated terms of its points are."""
    found = setting(question)
    u = torch.arange(-REACH, REACH + STEP / 2, STEP, dtype=torch.float64)
    exact = found.shape.log_prob(u)
    values = exact.float().numpy()
    best = int(exact.argmax())
    between = torch.linspace(-6.0, 6.0, 4001, dtype=torch.float64)
    error = np.abs(np.interp(between, u, values) - found.shape.log_prob(between).numpy()).max()
    return Lookup(values, (float(u[best]), float(exact[best])), float(error))


class Surface(NamedTuple):
    """The log-likelihood over locations (A,) and scales (B,)."""

    locations: Array
    scales: Array
    log_lik: Array      # (B, A)


@cache.shared()
def surface(question: Question) -> Surface:
    """The log-likelihood of a question's shape over all places that can be reached."""
    found = setting(question)
    locations = torch.linspace(*found.axis, GRID[0], dtype=torch.float64)
    scales = torch.linspace(*found.scales, GRID[1], dtype=torch.float64)
    values = likelihood.moved_surface(found.shape, found.x, locations, scales)
    return Surface(locations.numpy(), scales.numpy(), values.numpy())


@cache.copied()
def ascent(question: Question, place: Place, rate: float, steps: int) -> list[tuple[float, float, float]]:
    """Location, scale and log-likelihood of gradient ascent from a place; fewer where it diverges.

    None of the mixture's: its ascent leaves the places that are drawn.
    """
    found = setting(question)
    if question.family == MIXTURE:
        return []
    walk = likelihood.ascend(found.x, found.model(place), rate)
    states: list[tuple[float, float, float]] = []
    try:
        for step, _ in zip(walk, range(steps + 1), strict=False):
            location, scale = step.model.theta[:2].tolist()
            states.append((location, scale, step.log_likelihood))
    except DivergedError:
        pass
    return states


__all__ = ["Asked", "Lookup", "Place", "Question", "Setting", "Surface", "answerable", "ascent", "lookup", "setting",
           "surface"]

"""The family of two Gaussians with one deviation as q: its control, its edits, and the table of what it adds."""

import math
from collections.abc import Callable

import numpy as np

from dgm import elbo
from pages.elbo.figures.two_gaussians import FEWEST, MOST, PEAK, Information, Two
from pages.elbo.q_handle import HIGH, LOW, NARROW, WIDE, numbers
from ui import cache, controls
from ui.components.edits import Edits
from ui.control_types import Parameter, plain
from ui.figures.lookup import Axis

START = Two(-1.5, 1.0, 0.6, 0.5)
SHARES = Axis(math.asin(math.sqrt(FEWEST)), math.asin(math.sqrt(MOST)), 25)     # of asin(sqrt(weight))
DISTANCES = Axis(0.0, 10.0, 41)     # farther apart, the information is that of the weights to 1e-6 nats
SAME = 1e-6                         # nats of KL and less: the posterior is such a q


def parameter() -> Parameter:
    """The control, for the page's table."""
    return Parameter(START, _read, lambda q: "_".join(f"{value:g}" for value in q), within=True)


def _read(raw: str) -> tuple[Two, str]:
    values = numbers(raw)
    if len(values) == 4 and tuple(values) == _inside(Two(*values)):
        return Two(*values), ""
    return START, (f"The link's q `{plain(raw)}` is not first_second_deviation_weight, with means from {LOW:g} to "
                   f"{HIGH:g}, a deviation from {NARROW:g} to {WIDE:g} and a weight from {FEWEST:g} to {MOST:g}.")


def _inside(q: Two) -> Two:
    """The nearest q inside the limits."""
    def between(value: float, low: float, high: float) -> float:
        return min(max(value, low), high) + 0.0

    return Two(between(q.first, LOW, HIGH), between(q.second, LOW, HIGH), between(q.deviation, NARROW, WIDE),
               between(q.weight, FEWEST, MOST))


def current() -> Two:
    """The q of two Gaussians."""
    return Two(*controls.value("two"))


def choose(q: Two) -> None:
    """Set q, rounded and inside the limits."""
    controls.set_value("two", _inside(Two(*(round(value, 3) for value in q))))


def fold(before: Two) -> Callable[[Edits], None]:
    """The callback of a drag: markers 0 and 1 are the tops of both parts, marker 2 lies a deviation from the first."""
    def keep(edits: Edits) -> None:
        places = {marker: (x, y) for marker, x, y in edits.moved}
        choose(moved(before, places))

    return keep


def moved(q: Two, places: dict[int, tuple[float, float]]) -> Two:
    """q after its markers were moved. places: (x, y) of each moved marker."""
    whole = PEAK / q.deviation
    if 1 in places:
        q = q._replace(second=places[1][0], weight=1 - places[1][1] / whole)
    if 0 in places:
        q = q._replace(first=min(max(places[0][0], LOW), HIGH), weight=places[0][1] / whole)
    return q._replace(deviation=abs(places[2][0] - q.first)) if 2 in places else q


@cache.shared(entries=1)
def information() -> Information:
    """I(k; z) of every such q."""
    found = elbo.mixture_information(np.sin(SHARES.nodes) ** 2, DISTANCES.nodes)
    return Information((SHARES, DISTANCES), found.numpy())


def posterior(model: elbo.NormalModel, x: float) -> Two | None:
    """The posterior as such a q, None where it is none or lies outside the limits."""
    found = model.posterior(x)
    if not isinstance(found, elbo.Mixture) or len(found.means) != 2 or len(set(found.sds)) > 1:
        return None
    q = Two(*found.means, found.sds[0], found.weights[0])
    return q if q == _inside(q) else None


__all__ = ["START", "choose", "current", "fold", "information", "moved", "parameter", "posterior"]

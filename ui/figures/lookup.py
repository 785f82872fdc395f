"""Tables that the browser reads between their nodes, and how wrong it is there; the counterpart of `tables.js`.

A table is a function on a regular grid. Between the nodes both sides use the cubic through the four nearest nodes of
each axis (Lagrange).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui.figures.spec import Json

Array = NDArray[np.floating]
DEGREE = 3


class Axis(NamedTuple):
    """Equally spaced nodes."""

    low: float
    high: float
    size: int       # at least DEGREE + 1

    @property
    def nodes(self) -> Array:
        return np.linspace(self.low, self.high, self.size)


EDGE = 1e-5                 # the smallest probability of a table over one probability
SHARE_AXIS = Axis(float(np.arcsin(np.sqrt(EDGE))), float(np.arcsin(np.sqrt(1 - EDGE))), 401)   # of asin(sqrt(share))
SHARES = np.sin(SHARE_AXIS.nodes) ** 2      # denser near 0 and 1, where q log q is steep


def _weights(axis: Axis, at: Array) -> Array:
    """(M, size): what each node counts at each place."""
    place = ((at - axis.low) / (axis.high - axis.low)).clip(0, 1) * (axis.size - 1)
    first = (np.floor(place).astype(int) - 1).clip(0, axis.size - 1 - DEGREE)
    found = np.zeros((len(at), axis.size))
    for j in range(DEGREE + 1):
        others = [k for k in range(DEGREE + 1) if k != j]
        weight = np.prod([(place - first - k) / (j - k) for k in others], axis=0)
        found[np.arange(len(at)), first + j] = weight
    return found


def read(values: Array, axes: Sequence[Axis], places: Sequence[Array]) -> Array:
    """A table (A, B, ...) read on the grid of `places`, one array for each axis; outside the axes at their ends."""
    found: Any = values
    for axis, at in zip(axes, places, strict=True):     # each turn moves the next axis to the front
        found = np.moveaxis(np.tensordot(_weights(axis, np.asarray(at, float)), found, (1, 0)), 0, -1)
    return np.asarray(found)


def sent(values: Mapping[str, Array], axes: Sequence[Axis]) -> Json:
    """The tables as `tables.js` reads them, in single precision."""
    return {"axes": [list(axis) for axis in axes],
            "values": {name: np.float32(table).ravel() for name, table in values.items()}}


__all__ = ["DEGREE", "SHARES", "SHARE_AXIS", "Axis", "read", "sent"]

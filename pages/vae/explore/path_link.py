"""A path through the latent plane in the link: `x,y;x,y`."""

import math
from collections.abc import Sequence

import numpy as np

from ui.components.latent_pad import Places
from ui.control_types import Parameter

MOST = 40           # places of a path
FAR = 1e4           # of a coordinate


def parameter() -> Parameter:
    """The control: the places of the path, `x,y;x,y` in the link."""
    return Parameter((), read, write, within=True)


def write(places: Places) -> str:
    """The path as the text of a link."""
    return ";".join(f"{x:.6g},{y:.6g}" for x, y in places)


def read(raw: str) -> tuple[Places, str]:
    """The path of a link's text, and "" or the sentence that says what is wrong."""
    try:
        places = tuple((float(x), float(y)) for x, y in (pair.split(",") for pair in raw.split(";") if raw))
    except ValueError:
        places = ((math.nan, 0.0),)
    if len(places) > MOST or not all(abs(value) <= FAR for place in places for value in place):
        return (), f"The link's path is not up to {MOST} places like 0.5,-1;1,0; no path is shown."
    return places, ""


def resampled(places: Sequence[Sequence[float]], count: int) -> Places:
    """`count` places at equal distances along a path; the path itself where it has no length.

    >>> resampled([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], 3)
    ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    """
    line = np.array(places, float)
    along = np.concatenate([[0.0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
    if len(line) < 2 or along[-1] == 0:
        return tuple((float(x), float(y)) for x, y in line[:1])
    at = np.linspace(0, along[-1], count)
    return tuple(zip(*(np.interp(at, along, column).tolist() for column in line.T), strict=True))

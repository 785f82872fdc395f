"""Arrays that know a shorter way to travel than their numbers; `plot.js` makes the numbers again.

They are arrays like any other. What is computed from one, a slice too, is a plain array on its journey.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ANGLE = np.linspace(0, 2 * np.pi, 49)
SHARE = 1 / 255      # of one: finer than a pixel of a bar, and than an eye sees in a shade


class Bytewise(np.ndarray):
    """Whole multiples of a step: one byte each."""

    whole: NDArray[np.integer] | None = None
    step: float = 1.0


class Turn(np.ndarray):
    """centre + cos * cos(t) + sin * sin(t) over one turn: three numbers."""

    three: tuple[float, float, float] | None = None


def bytewise(values: ArrayLike, step: float = SHARE) -> Bytewise:
    """Values rounded to whole steps: from 0 to 255 of them, or from -128 to 127 where some are negative."""
    counts = np.rint(np.asarray(values) / step)
    kind = np.int8 if (counts < 0).any() else np.uint8
    whole = counts.clip(np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    made = (whole * step).astype(np.float32).view(Bytewise)
    made.whole, made.step = whole, step
    return made


def turn(centre: float, cos: float, sin: float) -> Turn:
    """49 places along one coordinate of an ellipse, the last one the first."""
    three = float(f"{centre:.7g}"), float(f"{cos:.7g}"), float(f"{sin:.7g}")
    made = (three[0] + three[1] * np.cos(_ANGLE) + three[2] * np.sin(_ANGLE)).astype(np.float32).view(Turn)
    made.three = three
    return made


__all__ = ["SHARE", "Bytewise", "Turn", "bytewise", "turn"]

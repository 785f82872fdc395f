"""Arrays that are sent in fewer bytes than their numbers; `arrays.js` makes the numbers again.

They are arrays like any other. What is computed from one, a slice too, is sent as a plain array.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ANGLE = np.linspace(0, 2 * np.pi, 49)
SHARE = 1 / 255      # of one: finer than a pixel of a bar, and than an eye sees in a shade


class Bytewise(np.ndarray):
    """Whole multiples of a step: one byte each."""

    whole: NDArray[np.integer] | None = None
    step: float = 1.0


class EllipseAxis(np.ndarray):
    """One coordinate along an ellipse, centre + cos * cos(t) + sin * sin(t) with t from 0 to 2 pi: three numbers."""

    terms: tuple[float, float, float] | None = None


def bytewise(values: ArrayLike, step: float = SHARE) -> Bytewise:
    """Values rounded to whole steps: from 0 to 255 of them, or from -128 to 127 where some are negative."""
    counts = np.rint(np.asarray(values) / step)
    kind = np.int8 if (counts < 0).any() else np.uint8
    whole = counts.clip(np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    made = (whole * step).astype(np.float32).view(Bytewise)
    made.whole, made.step = whole, step
    return made


def ellipse_axis(centre: float, cos: float, sin: float) -> EllipseAxis:
    """49 places along one coordinate of an ellipse, the last one the first."""
    terms = float(f"{centre:.7g}"), float(f"{cos:.7g}"), float(f"{sin:.7g}")
    made = (terms[0] + terms[1] * np.cos(_ANGLE) + terms[2] * np.sin(_ANGLE)).astype(np.float32).view(EllipseAxis)
    made.terms = terms
    return made


__all__ = ["SHARE", "Bytewise", "EllipseAxis", "bytewise", "ellipse_axis"]

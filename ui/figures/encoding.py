"""Arrays with a compact encoding for the message to the browser, where `arrays.js` decodes them.

In Python they are ordinary arrays. An array computed from one of them, a slice included, is sent without the encoding.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ANGLE = np.linspace(0, 2 * np.pi, 49)
SHARE = 1 / 255      # step of values in 0..1: less than a pixel of a bar, and no visible difference of opacity


class Bytewise(np.ndarray):
    """Whole multiples of a step: one byte each."""

    whole: NDArray[np.integer] | None = None
    step: float = 1.0


class EllipseAxis(np.ndarray):
    """One coordinate along an ellipse, centre + cos * cos(t) + sin * sin(t) with t from 0 to 2 pi: three numbers."""

    terms: tuple[float, float, float] | None = None


def bytewise(values: ArrayLike, step: float = SHARE) -> Bytewise:
    """Values rounded to multiples of `step` and clipped to 0..255 steps, or -128..127 where some are negative."""
    counts = np.rint(np.asarray(values) / step)
    kind = np.int8 if (counts < 0).any() else np.uint8
    whole = counts.clip(np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    made = (whole * step).astype(np.float32).view(Bytewise)
    made.whole, made.step = whole, step
    return made


def ellipse_axis(centre: float, cos: float, sin: float) -> EllipseAxis:
    """One coordinate of 49 points on an ellipse, the last point equal to the first; arguments as in `EllipseAxis`."""
    terms = float(f"{centre:.7g}"), float(f"{cos:.7g}"), float(f"{sin:.7g}")
    made = (terms[0] + terms[1] * np.cos(_ANGLE) + terms[2] * np.sin(_ANGLE)).astype(np.float32).view(EllipseAxis)
    made.terms = terms
    return made


__all__ = ["SHARE", "Bytewise", "EllipseAxis", "bytewise", "ellipse_axis"]

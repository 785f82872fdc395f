"""Arrays with a compact encoding for the message to the browser, where `arrays.js` decodes them.

In Python they are ordinary arrays. An array computed from one of them, a slice included, is sent without the encoding.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ANGLE = np.linspace(0, 2 * np.pi, 49)
SMALLEST = 1e-6      # of the spread of some numbers: less than a pixel, and six digits of a saved one
SHARE = 1 / 255      # step of values in 0..1: less than a pixel of a bar, and no visible difference of opacity


def numbers(values: Any) -> NDArray[Any]:
    """Any array or tensor as float32, half of the bytes for the browser; as float64 where float32 would move points.

    It would where they lie far from 0 beside their spread, or outside of its range.

    >>> numbers([43.0, 96.0]).dtype.name, numbers([691605.95, 691601.08]).dtype.name
    ('float32', 'float64')
    """
    exact = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore"):
        short = exact.astype(np.float32)
    if exact.ndim > 1:      # columns are shown on different axes
        far = any(numbers(column).dtype == np.float64 for column in exact.T)
        return exact if far else short
    finite = np.isfinite(exact)
    if not finite.any():
        return short
    known = exact[finite]
    moved, spread = np.abs(short[finite] - known).max(), np.ptp(known) or np.abs(known).max()
    return short if moved <= SMALLEST * spread else exact


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
    # As `numbers`, at a fifth of its time: a history of EM has hundreds of them.
    far = abs(centre) * np.finfo(np.float32).eps > SMALLEST * 2 * math.hypot(cos, sin) > 0
    terms = ((float(centre), float(cos), float(sin)) if far else
             (float(f"{centre:.7g}"), float(f"{cos:.7g}"), float(f"{sin:.7g}")))
    along = terms[0] + terms[1] * np.cos(_ANGLE) + terms[2] * np.sin(_ANGLE)
    made = along.astype(np.float64 if far else np.float32).view(EllipseAxis)
    made.terms = terms
    return made


__all__ = ["SHARE", "Bytewise", "EllipseAxis", "bytewise", "ellipse_axis", "numbers"]

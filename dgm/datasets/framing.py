"""A drawn digit framed as the data sets' digits are, by arithmetic that a browser can repeat line by line.

    image = R @ ink @ C' / max,   R, C: shares of the drawing's rows and columns that each pixel of the frame covers

As MNIST's digits: the longer side of the ink is 20 of 28 pixels (all of the frame at 8 x 8), and its centre of mass
is the middle of the frame, as far as no ink is cut off. A drawing has no paper and no light that must be judged, so
`dgm.datasets.picture`, for photographs, is not needed. Shapes: drawing (h, w), frame (H, W).
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.arguments import as_integer, as_number
from dgm.datasets.borders import as_grey, as_shape
from dgm.errors import ArgumentError, DataError

FAINT = 0.12         # fainter ink than this is outside the digit
SMALL = 8            # frames up to this size are filled by their digit (as in scikit-learn's digits),
INK_SHARE = 20 / 28  # larger ones have a margin (as in MNIST)
MOST = 4096          # pixels along a side of a drawing
EMPTY = "the drawing is empty: write one digit"
Array = NDArray[np.float64]


class Window(NamedTuple):
    """Where the frame lies on the drawing, in the drawing's pixels; parts of it may lie outside."""

    top: float
    left: float
    size: float     # side of one pixel of the frame


def window(ink: Array, shape: tuple[int, int] = (28, 28)) -> Window:
    """The frame of a drawing: its pixel (i, j) covers the rows top + i size to top + (i + 1) size, columns likewise.

    ink: (h, w) in [0, 1], 0 is no ink. shape: (H, W). DataError when there is no ink.

    >>> import numpy as np
    >>> from dgm.datasets import framing
    >>> ink = np.zeros((56, 56))
    >>> ink[10:50, 20:24] = 1.0
    >>> framing.window(ink)
    Window(top=2.0, left=-6.0, size=2.0)
    """
    ink, shape = as_grey(ink), as_shape(shape)
    box = [_extent(ink.max(1 - axis)) for axis in (0, 1)]
    share = 1.0 if min(shape) <= SMALL else INK_SHARE
    size = max(end - start for start, end in box) / (share * min(shape))
    rows, columns = (slice(*edges) for edges in box)
    inside = ink[rows, columns]
    top, left = (box[axis][0] + _start(inside.sum(1 - axis), shape[axis] * size) for axis in (0, 1))
    return Window(top, left, size)


def _extent(strongest: Array) -> tuple[int, int]:
    """First and one after the last row, or column, with ink. strongest: of each."""
    found = np.nonzero(strongest > FAINT)[0]
    if not len(found):
        raise DataError(EMPTY)
    return int(found[0]), int(found[-1]) + 1


def _start(mass: Array, length: float) -> float:
    """Where a frame begins along one axis: its middle is the centre of mass, unless ink would be cut off."""
    middle = float(mass @ (np.arange(len(mass)) + 0.5)) / float(mass.sum())
    return min(max(middle - length / 2, len(mass) - length), 0.0)


def overlaps(start: float, size: float, count: int, length: int) -> Array:
    """The share of each of `count` pixels of a frame that lies on each of `length` pixels: (count, length).

    Pixel i covers start + i size to start + (i + 1) size.

    >>> from dgm.datasets import framing
    >>> framing.overlaps(0.5, 1.5, 2, 4).tolist()
    [[0.3333333333333333, 0.6666666666666666, 0.0, 0.0], [0.0, 0.0, 0.6666666666666666, 0.3333333333333333]]
    """
    start, size = as_number(start, "start", -1e9, 1e9), as_number(size, "size", above=0, high=1e9)
    count, length = as_integer(count, "count", 1, MOST), as_integer(length, "length", 1, MOST)
    low = start + size * np.arange(count)[:, None]
    pixel = np.arange(length)[None, :]
    return np.clip(np.minimum(pixel + 1, low + size) - np.maximum(pixel, low), 0, None) / size


def frame(ink: Array, shape: tuple[int, int] = (28, 28)) -> Tensor:
    """A drawing as a flat image (H * W,), float32 in [0, 1]: framed, its strongest pixel 1.

    ink: (h, w) in [0, 1], 0 is no ink, each side at most 4096. shape: (H, W). DataError when there is no ink.

    >>> import numpy as np
    >>> from dgm.datasets import framing
    >>> ink = np.zeros((56, 56))
    >>> ink[10:50, 20:24] = 1.0
    >>> x = framing.frame(ink)
    >>> x.shape, float(x.sum())
    (torch.Size([784]), 40.0)
    """
    ink, (height, width) = as_grey(ink), as_shape(shape)
    if max(ink.shape) > MOST:
        raise ArgumentError(f"ink has {ink.shape[0]} x {ink.shape[1]} pixels: give at most {MOST} along a side")
    inside = np.where(_box(ink), ink, 0.0)
    found = window(ink, (height, width))
    rows = overlaps(found.top, found.size, height, ink.shape[0])
    columns = overlaps(found.left, found.size, width, ink.shape[1])
    image = rows @ inside @ columns.T
    return torch.from_numpy((image / image.max()).reshape(-1)).float()


def _box(ink: Array) -> NDArray[np.bool_]:
    """Where the box around the ink is: faint ink outside of it does not count."""
    inside = np.zeros(ink.shape, dtype=bool)
    inside[tuple(slice(*_extent(ink.max(1 - axis))) for axis in (0, 1))] = True
    return inside


__all__ = ["EMPTY", "FAINT", "INK_SHARE", "SMALL", "Window", "frame", "overlaps", "window"]

"""Where a curve that is known at some places has its top."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def top(x: Array, y: Array) -> tuple[float, float]:
    """Place and height of the top: of the parabola through the highest node and both beside it.

    x (M,): evenly spaced. y (M,). At an end of the nodes, or beside one that is not finite, the node itself.

    >>> top(np.array([0.0, 1.0, 2.0, 3.0]), -(np.array([0.0, 1.0, 2.0, 3.0]) - 1.25) ** 2)
    (1.25, 0.0)
    """
    at = int(y.argmax())
    if 0 < at < len(y) - 1:
        left, middle, right = (float(value) for value in y[at - 1:at + 2])
        bend = left - 2 * middle + right
        if np.isfinite(bend) and bend < 0:
            move = 0.5 * (left - right) / bend
            return float(x[at] + move * (x[1] - x[0])), middle - 0.25 * (left - right) * move
    return float(x[at]), float(y[at])


__all__ = ["top"]

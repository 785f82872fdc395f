"""Numbers on their way to the browser and to a reader."""

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

LARGEST = 1e30  # float32 has not much more


def float32(values: Tensor) -> NDArray[np.float32]:
    """What a figure sends, of the same shape: infinities become +-LARGEST, and nan becomes 0.

    >>> import torch
    >>> float32(torch.tensor([1.5, float("nan")])).tolist()
    [1.5, 0.0]
    """
    return np.nan_to_num(values.numpy(), nan=0.0, posinf=LARGEST).clip(-LARGEST, LARGEST).astype(np.float32)


def format_nats(value: float | None) -> str:
    """A log score to three decimals; None is the score of a MAP that does not exist.

    >>> format_nats(-1234.5), format_nats(-0.0), format_nats(-math.inf), format_nats(None)
    ('−1,234.500 nats', '0.000 nats', 'minus infinity', 'no MAP')
    """
    if value is None:
        return "no MAP"
    return "minus infinity" if value == -math.inf else f"{value:z,.3f} nats".replace("-", "−")


def format_exp(log_value: float) -> str:
    """e^log_value in a figure's text, also where it underflows.

    >>> format_exp(math.log(0.25)), format_exp(-1000.0)
    ('0.25', '5.08 × 10<sup>−435</sup>')
    """
    if log_value == -math.inf:
        return "0"
    if log_value > math.log(1e-3):
        return f"{math.exp(log_value):.4g}"
    exponent = math.floor(log_value / math.log(10))
    return f"{math.exp(log_value - exponent * math.log(10)):.2f} × 10<sup>{exponent:,}</sup>".replace("-", "−")


def peak(theta: NDArray[np.float32], density: NDArray[np.float32]) -> float:
    """The highest density (G,) over theta (G,) if it lies inside; if at an edge, the one exceeded on 1% of theta.

    A density may go to infinity at an edge, and would leave no height for the rest.

    >>> theta = np.linspace(0.0, 1.0, 101, dtype=np.float32)
    >>> peak(theta, 1 - theta**2) < 1.0 == peak(theta, 1 - (theta - 0.5) ** 2)
    True
    """
    best, margin = int(density.argmax()), len(density) // 50
    if margin <= best < len(density) - margin:
        return float(density[best])
    order = density.argsort()[::-1]
    width = np.gradient(theta.astype(np.float64))[order].cumsum()
    return float(max(density[order][np.searchsorted(width, 0.01 * width[-1])], 1 / width[-1]))

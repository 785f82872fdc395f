"""Numbers on their way to the browser and to a reader."""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dgm.bayes.summaries import TheoremTerms
from ui.figures import encoding
from ui.figures.written import written

LARGEST = 1e30  # float32 has not much more
CLOSE = (1e-7, 1e-5)   # distances to an end between which a density is tried for going to infinity
STEEP = 0.02           # power of the distance to an end, from which on a density is drawn as one that goes to infinity


def float32(values: Tensor) -> NDArray[np.float32]:
    """What a figure sends, of the same shape: infinities become +-LARGEST, and nan becomes 0.

    >>> import torch
    >>> float32(torch.tensor([1.5, float("nan")])).tolist()
    [1.5, 0.0]
    """
    return np.nan_to_num(values.numpy(), nan=0.0, posinf=LARGEST).clip(-LARGEST, LARGEST).astype(np.float32)


def on_axis(values: Tensor) -> NDArray[Any]:
    """As `float32`, for places on an axis: as float64 where these lie far from 0 beside their spread.

    >>> import torch
    >>> on_axis(torch.tensor([691605.95, 691601.08], dtype=torch.float64)).tolist()
    [691605.95, 691601.08]
    """
    return encoding.numbers(np.nan_to_num(values.numpy(), nan=0.0, posinf=LARGEST).clip(-LARGEST, LARGEST))


def format_nats(value: float | None) -> str:
    """A log score to three decimals; None is the score of a MAP that does not exist.

    >>> format_nats(-1234.5), format_nats(-0.0), format_nats(-math.inf), format_nats(None)
    ('−1,234.500 nats', '0.000 nats', 'minus infinity', 'no MAP')
    """
    if value is None:
        return "no MAP"
    return "minus infinity" if value == -math.inf else f"{value:z,.3f} nats".replace("-", "−")


def format_score(value: float | None) -> str:
    """`format_nats` without the unit, for a table.

    >>> format_score(-0.6931), format_score(-math.inf), format_score(None)
    ('−0.693', '−∞', 'no MAP')
    """
    return "−∞" if value == -math.inf else format_nats(value).removesuffix(" nats")


def spelled(count: int) -> str:
    """A number of things: in words up to ten.

    >>> spelled(3), spelled(12)
    ('three', '12')
    """
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else f"{count:,}"


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


def scale_of_ten(log_top: float) -> int:
    """The power k of ten by which values up to e^log_top are multiplied to be drawn: 0, or their top is 1 to 10.

    >>> scale_of_ten(math.log(0.3)), scale_of_ten(math.log(2e-5))
    (0, 5)
    """
    if not math.isfinite(log_top) or abs(log_top) < math.log(100):
        return 0
    return -math.floor(log_top / math.log(10))


def latex(value: float | None) -> str:
    """A number in a formula, to four digits; None is a value that does not exist.

    >>> latex(-0.0), latex(-1.5e-9), latex(-math.inf), latex(None)
    ('0', '-1.5\\\\times 10^{-9}', '-\\\\infty', '\\\\text{none}')
    """
    if value is None:
        return r"\text{none}"
    if math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    mantissa, _, exponent = f"{value:z.4g}".partition("e")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}" if exponent else mantissa


def format_mean(value: float) -> str:
    """A mean to five digits; a probability just below 1 by what it lacks.

    >>> format_mean(0.66667), format_mean(1 - 2e-9), format_mean(2e-9), format_mean(1.0)
    ('0.66667', '1 − 2 × 10⁻⁹', '2 × 10⁻⁹', '1')
    """
    text = written(value, ".5g")
    return f"1 − {written(1 - value, '.2g')}" if text == "1" and value < 1 else text


def log_posterior(terms: TheoremTerms) -> float:
    """The log posterior as a reader finds it who adds up the other terms with three decimals.

    >>> round(log_posterior(TheoremTerms(0.7, 1.0513, -4.6304, 0.2877, -5.3940)), 9)
    1.052
    """
    added = [round(value, 3) for value in (terms.log_likelihood, terms.log_prior, -terms.log_evidence)]
    return math.fsum(added) if all(map(math.isfinite, added)) else terms.log_posterior


def latex_exp(log_value: float) -> str:
    """e^log_value in a formula, also where it underflows.

    >>> latex_exp(math.log(0.25)), latex_exp(-1000.0)
    ('0.25', '5.08 \\\\times 10^{-435}')
    """
    return re.sub(r"<sup>(.*)</sup>", r"^{\1}", format_exp(log_value)).replace("−", "-").replace(
        "×", r"\times").replace(",", "{,}")


def latex_nats(value: float) -> str:
    """A logarithm in a formula, to three decimals.

    >>> latex_nats(-1234.5), latex_nats(-math.inf)
    ('-1{,}234.500', '-\\\\infty')
    """
    return latex(value) if math.isinf(value) else f"{value:z,.3f}".replace(",", "{,}")


def peak(theta: NDArray[np.float32], density: NDArray[np.float32]) -> float:
    """The highest density (G,) over theta (G,); where it goes to infinity at 0 or 1, what 1% of theta exceed.

    >>> theta = np.geomspace(1e-9, 0.999, 999).astype(np.float32)      # a grid that comes close to the end
    >>> peak(theta, 2 * (1 - theta)) > 1.99, peak(theta, 0.05 * theta**-0.95) < 5
    (True, True)
    """
    if not goes_to_infinity(theta, density):
        return float(density.max())
    order = density.argsort()[::-1]
    width = np.gradient(theta.astype(np.float64))[order].cumsum()
    return float(max(density[order][np.searchsorted(width, 0.01 * width[-1])], 1 / width[-1]))


def goes_to_infinity(theta: NDArray[np.float32], density: NDArray[np.float32]) -> bool:
    """Whether the density is highest at an end, 0 or 1, and rises there as a power of the distance to it."""
    best, last = int(density.argmax()), len(density) - 1
    margin = max(1, len(density) // 50)
    if margin <= best <= last - margin:
        return False
    low = best < margin
    at = theta.astype(np.float64) if low else (1 - theta.astype(np.float64))[::-1]
    values = (density if low else density[::-1]).astype(np.float64)
    first, last = np.searchsorted(at, CLOSE)
    if not (at[0] >= 0 and first < last < len(at) and values[last] > 0):
        return False
    return bool(math.log(values[first] / values[last]) > STEEP * math.log(at[last] / at[first]))

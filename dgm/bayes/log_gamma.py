"""Differences of log-gammas without cancellation when the counts are large.

lgamma(1e9) is 2e10, so a difference of two of them is wrong in the sixth decimal. In Stirling's series
    lgamma(x) = (x - 1/2) log x - x + 1/2 log 2 pi + remainder(x)          (Abramowitz and Stegun, 6.1.40)
the large terms cancel by algebra, before anything is rounded.
"""

import math

from dgm.gaussian import LOG_2PI

LARGE = 10.0  # from here on six terms of Stirling's series are exact to 1e-15
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def stirling_remainder(x: float) -> float:
    """lgamma(x) minus Stirling's formula, for x >= 10.

    >>> round(stirling_remainder(10.0), 6)
    0.008331
    """
    total, power = 0.0, 1 / x
    for term in _SERIES:
        total += term * power
        power /= x * x
    return total


def log_rising(a: float, h: float) -> float:
    """log Gamma(a + h) - log Gamma(a) for a > 0, h >= 0.

    >>> round(log_rising(1e9, 1.0) - math.log(1e9), 12)   # Gamma(a + 1) = a Gamma(a)
    0.0
    """
    if a < LARGE:
        return math.lgamma(a + h) - math.lgamma(a)
    remainder = stirling_remainder(a + h) - stirling_remainder(a)
    return h * math.log(a) + (a + h - 0.5) * math.log1p(h / a) - h + remainder


def log_beta(a: float, b: float) -> float:
    """log B(a, b) = log Gamma(a) Gamma(b) / Gamma(a + b) for a, b > 0.

    >>> round(math.exp(log_beta(2.0, 3.0)), 12)   # 1! 2! / 4!
    0.083333333333
    """
    a, b = min(a, b), max(a, b)
    if b < LARGE:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    if a < LARGE:
        return math.lgamma(a) - log_rising(b, a)
    remainder = stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(a + b)
    return ((a - 0.5) * math.log(a / (a + b)) - b * math.log1p(a / b) - 0.5 * math.log(b)
            + 0.5 * LOG_2PI + remainder)


def log_beta_ratio(a: float, b: float, h: float, t: float) -> float:
    """log B(a + h, b + t) - log B(a, b) for a, b > 0: the log evidence of h heads and t tails in one given order, nats.

    >>> round(math.exp(log_beta_ratio(1.0, 1.0, 2.0, 0.0)), 12)   # two heads under a flat prior
    0.333333333333
    """
    s, n = a + b, h + t
    if min(a, b) < LARGE or n > s:
        return log_beta(a + h, b + t) - log_beta(a, b)
    growth = ((a + h - 0.5) * math.log1p(h / a) + (b + t - 0.5) * math.log1p(t / b)
              - (s + n - 0.5) * math.log1p(n / s))
    remainder = (stirling_remainder(a + h) - stirling_remainder(a) + stirling_remainder(b + t) - stirling_remainder(b)
                 - stirling_remainder(s + n) + stirling_remainder(s))
    return h * math.log(a / s) + t * math.log(b / s) + growth + remainder


def log_one_plus(share: float, whole: float) -> float:
    """log(1 + share / whole) for share >= 0 and whole > 0, also where the ratio overflows.

    >>> round(log_one_plus(1e200, 1e-200) / math.log(10), 9)
    400.0
    """
    ratio = share / whole
    return math.log1p(ratio) if math.isfinite(ratio) else math.log(share) - math.log(whole)

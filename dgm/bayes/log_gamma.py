"""Differences of log-gammas that keep their digits when the counts are large.

lgamma(1e9) is 2e10, so a difference of two of them is wrong in the sixth decimal. Stirling's series lets the
large parts cancel on paper instead: lgamma(x) = (x - 1/2) ln x - x + ln(2 pi)/2 + rest(x).
"""

import math

LARGE = 10.0  # from here on six terms of Stirling's series are exact to 1e-15
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def rest(x: float) -> float:
    """What Stirling's formula leaves over at x >= 10."""
    total, power = 0.0, 1 / x
    for term in _SERIES:
        total += term * power
        power /= x * x
    return total


def log_rising(a: float, h: float) -> float:
    """ln Gamma(a + h) - ln Gamma(a) for a > 0, h >= 0."""
    if a < LARGE:
        return math.lgamma(a + h) - math.lgamma(a)
    return h * math.log(a) + (a + h - 0.5) * math.log1p(h / a) - h + rest(a + h) - rest(a)


def log_beta(a: float, b: float) -> float:
    """ln B(a, b) = ln Gamma(a) Gamma(b) / Gamma(a + b)."""
    a, b = min(a, b), max(a, b)
    if b < LARGE:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    if a < LARGE:
        return math.lgamma(a) - log_rising(b, a)
    return ((a - 0.5) * math.log(a / (a + b)) - b * math.log1p(a / b) - 0.5 * math.log(b)
            + _HALF_LOG_TAU + rest(a) + rest(b) - rest(a + b))


def log_beta_ratio(a: float, b: float, h: float, t: float) -> float:
    """ln B(a + h, b + t) - ln B(a, b): the log evidence of h heads and t tails in one given order."""
    s, n = a + b, h + t
    if min(a, b) < LARGE or n > s:
        return log_beta(a + h, b + t) - log_beta(a, b)
    bend = ((a + h - 0.5) * math.log1p(h / a) + (b + t - 0.5) * math.log1p(t / b)
            - (s + n - 0.5) * math.log1p(n / s))
    return (h * math.log(a / s) + t * math.log(b / s) + bend
            + rest(a + h) - rest(a) + rest(b + t) - rest(b) - rest(s + n) + rest(s))

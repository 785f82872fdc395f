"""Numbers as texts of a page or of a figure."""

import math
from collections.abc import Sequence

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(value: float, form: str = ".4g") -> str:
    """A number with a true minus, never -0, and with a power of ten in place of "e-07". form: Python's, without "z".

    >>> written(-2.35), written(-1e-9, ".2f"), written(1.08e6, ".3g"), written(float("-inf")), written(0.0, ".1e")
    ('−2.35', '0.00', '1.08 × 10⁶', '−∞', '0.0')
    """
    mantissa, _, power = f"{value:z{form}}".replace("inf", "∞").partition("e")
    if power and int(power):
        mantissa += f" × 10{raised(int(power))}"
    return mantissa.replace("-", "−")


def placed(value: float, spread: float) -> str:
    """A place among others to three digits, or to as many as tell it from others that spread so far.

    >>> placed(43.21, 53.0), placed(691605.95, 5.2), placed(-1e8 - 2.25, 4.0)
    ('43.2', '691,605.95', '−100,000,002.25')
    """
    if not 0 < spread < 0.1 * abs(value):
        return written(value, ".3g")
    return f"{value:z,.{max(2 - math.floor(math.log10(spread)), 0)}f}".replace("-", "−")


def raised(power: int) -> str:
    """An integer as an exponent.

    >>> f"10{raised(-12)}"
    '10⁻¹²'
    """
    return str(power).translate(_RAISED)


def latex(value: float, digits: int = 4, zero: float = 0.0) -> str:
    r"""A number as LaTeX, very small and very large ones with a power of ten. zero: sizes up to it are rounding: 0.

    >>> print(latex(3.21e-35), latex(0.0), latex(-12.5), latex(2e-5), latex(4e-16, zero=1e-12), latex(23456.7))
    3.21 \cdot 10^{-35} 0 -12.5 2 \cdot 10^{-5} 0 23{,}457
    """
    if not math.isfinite(value):
        return r"-\infty" if value < 0 else r"\infty"
    if abs(value) <= zero:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:z.{digits}g}" if abs(value) < 10**digits - 0.5 else f"{value:,.0f}".replace(",", "{,}")
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return rf"{mantissa.rstrip('0').rstrip('.')} \cdot 10^{{{int(power)}}}"


def percent(share: float) -> str:
    """A share from 0 to 1 in whole percent; 0% and 100% only where it is exactly that.

    >>> percent(0.504), percent(0.9987), percent(1e-6), percent(1.0)
    ('50%', 'more than 99%', 'less than 1%', '100%')
    """
    text = f"{share:.0%}"
    if text == "100%" and share < 1:
        return "more than 99%"
    return "less than 1%" if text == "0%" and share > 0 else text


def difference(end: float, start: float, digits: int) -> float:
    """`end` - `start` as both are rounded to so many digits after the point: the three numbers written together add up.

    >>> difference(-3.314, -86.789, 2), difference(0.004, -1.006, 2)
    (83.48, 1.01)
    """
    return round(round(end, digits) - round(start, digits), digits) + 0.0


def latex_gap(gap: float, evidence: float, bound: float, digits: int, zero: float = 0.0) -> str:
    r"""A gap as LaTeX: `evidence` - `bound` as both are written with `digits`; where they are written alike, by itself.

    zero: gaps up to it are rounding: 0.

    >>> print(latex_gap(0.50134, -9.84426, -10.3456, 4), latex_gap(2.3e-8, -1.5, -1.5, 4))
    0.5013 2.3 \cdot 10^{-8}
    """
    shown = difference(evidence, bound, digits)
    return f"{shown:.{digits}f}" if shown > 0 else latex(gap, 2, zero)


def shares(values: Sequence[float], digits: int = 2) -> list[str]:
    """Shares of one whole, rounded so that they add up to 1 as written: the largest remainders are rounded up.

    >>> shares([0.206, 0.487, 0.307]), shares([1 / 3, 1 / 3, 1 / 3])
    (['0.20', '0.49', '0.31'], ['0.34', '0.33', '0.33'])
    """
    unit = 10**digits
    counts = [math.floor(value * unit + 1e-9) for value in values]
    most = sorted(range(len(counts)), key=lambda i: counts[i] - values[i] * unit)
    for i in most[:max(round(sum(values) * unit) - sum(counts), 0)]:
        counts[i] += 1
    return [f"{count / unit:.{digits}f}" for count in counts]


__all__ = ["difference", "latex", "latex_gap", "percent", "placed", "raised", "shares", "written"]

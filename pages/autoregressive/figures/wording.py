"""Numbers as the lesson writes them: true minus signs, powers of ten, no negative zero."""

import math


def number(value: float, digits: int = 2) -> str:
    """A number with `digits` decimals.

    >>> number(-1.234), number(-0.0001)
    ('−1.23', '0.00')
    """
    return f"{value:z.{digits}f}".replace("-", "−") if math.isfinite(value) else ("−∞" if value < 0 else "∞")


def short(value: float, digits: int = 4) -> str:
    """A number with `digits` significant digits, without an exponent where it is near 1.

    >>> short(-0.00012), short(1234.5)
    ('−0.00012', '1234')
    """
    return f"{value:z.{digits}g}".replace("-", "−") if math.isfinite(value) else number(value)


def latex(value: float, digits: int = 4) -> str:
    r"""A number as LaTeX, very small and very large ones with a power of ten; 0 is exactly 0.

    >>> print(latex(3.21e-35), latex(0.0), latex(-12.5))
    3.21 \cdot 10^{-35} 0 -12.5
    """
    if not math.isfinite(value):
        return r"-\infty" if value < 0 else r"\infty"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:z.{digits}g}"
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return rf"{mantissa.rstrip('0').rstrip('.')} \cdot 10^{{{int(power)}}}"


__all__ = ["latex", "number", "short"]

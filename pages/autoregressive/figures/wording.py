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


__all__ = ["number", "short"]

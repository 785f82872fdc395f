"""Numbers as the lesson writes them: true minus signs, powers of ten, no negative zero."""

import math

from ui.figures.written import written


def number(value: float, digits: int = 2) -> str:
    """A number with `digits` decimals.

    >>> number(-1.234), number(-0.0001)
    ('−1.23', '0.00')
    """
    return f"{value:z.{digits}f}".replace("-", "−") if math.isfinite(value) else ("−∞" if value < 0 else "∞")


def short(value: float, digits: int = 4) -> str:
    """A number with `digits` significant digits, with a power of ten where it is far from 1.

    >>> short(-0.00012), short(1234.5), short(5.64e-14)
    ('−0.00012', '1234', '5.64 × 10⁻¹⁴')
    """
    return written(value, f".{digits}g")


__all__ = ["number", "short"]

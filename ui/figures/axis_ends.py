"""Ends of axes that stand still while what they show changes a little: a figure is compared with the one before it."""

import bisect
import math
from collections.abc import Iterable
from typing import Any

FAR = 1e-3     # the length of an axis beside its numbers, below which these have digits in common that fill its labels
# Series R20 of ISO 3.
PREFERRED = (1.0, 1.12, 1.25, 1.4, 1.6, 1.8, 2.0, 2.24, 2.5, 2.8,
             3.15, 3.55, 4.0, 4.5, 5.0, 5.6, 6.3, 7.1, 8.0, 9.0, 10.0)


def steady_top(value: float) -> float:
    """The smallest preferred number, times a power of ten, that is not below a positive value.

    >>> steady_top(0.77), steady_top(3.2), steady_top(800.0)
    (0.8, 3.55, 800.0)
    """
    unit = 10.0 ** math.floor(math.log10(value))
    place = bisect.bisect_left(PREFERRED, value / unit * (1 - 1e-9))
    return PREFERRED[place] * unit


def kept_top(before: float, top: float) -> float:
    """The top that an axis had before, where what is shown now, up to `top`, fits below it and is not small there.

    >>> kept_top(4.0, 3.15), kept_top(4.0, 4.5), kept_top(4.0, 1.0), kept_top(0.0, 3.15)
    (4.0, 4.5, 1.0, 3.15)
    """
    return before if before / 2 <= top <= before else top


def steady_span(low: float, high: float, parts: int = 8) -> tuple[float, float]:
    """Ends outside of `low` and `high`, at multiples of about one of so many parts of the way between them.

    >>> steady_span(-7.87, 0.13), steady_span(-7.98, 0.02)
    ((-8.0, 1.0), (-8.0, 1.0))
    """
    step = steady_top((high - low) / parts)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def far_ticks(low: float, high: float) -> dict[str, Any]:
    """How the numbers of an axis are written that lie far from 0 beside its length: whole, and few, as they are long.

    >>> far_ticks(0.0, 5.0), far_ticks(691600.0, 691610.0)["nticks"]
    ({}, 3)
    """
    return {"exponentformat": "none", "separatethousands": True, "nticks": 3} if _is_far(low, high) else {}


def round_start(low: float, high: float) -> float:
    """A round number near the start of an axis that lies far from 0 beside its length, to be subtracted; 0 of another.

    For figures in space, which the browser draws in single precision.

    >>> round_start(0.0, 5.0), round_start(691601.1, 691605.9), round_start(-1e8 - 3, -1e8)
    (0.0, 691600.0, -100000010.0)
    """
    if not _is_far(low, high):
        return 0.0
    step = 10.0 ** math.ceil(math.log10(high - low))
    return math.floor(low / step) * step


def less(name: str, start: float) -> str:
    """The name of an axis less `round_start`.

    >>> less("easting [m]", 691600.0), less("x", 0.0)
    ('easting [m] − 691,600', 'x')
    """
    return name if start == 0 else f"{name} {'−' if start > 0 else '+'} {abs(start):,.10g}"


def _is_far(low: float, high: float) -> bool:
    return 0 < high - low < FAR * max(abs(low), abs(high))


def doubled_span(span: tuple[float, float], about: float, ends: Iterable[float]) -> tuple[float, float]:
    """The span, both sides of `about` doubled until every finite end lies inside: `about` keeps its place on the axis.

    `doubledSpan` in follow_q.js is its counterpart.

    >>> doubled_span((-8.0, 1.0), -2.0, [-7.0, -2.0]), doubled_span((0.0, 4.0), 0.0, [12.6, math.inf])
    ((-8.0, 1.0), (0.0, 16.0))
    """
    left, right = about - span[0], span[1] - about
    reach = [(about - end) / left if end < about else (end - about) / right for end in ends
             if math.isfinite(end) and (left if end < about else right) > 0]
    times = 2.0 ** max(0, math.ceil(math.log2(max([1.0, *reach]))))
    return (about - times * left, about + times * right) if times > 1 else span


__all__ = ["doubled_span", "far_ticks", "kept_top", "less", "round_start", "steady_span", "steady_top"]

"""Numbers as people write them: decimal points and commas, grouped thousands, typographic signs, percent."""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np

POINT, COMMA = ".", ","
_MISSING = frozenset({"", "-", ".", "..", "...", "?", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil",
                      "#value!", "#div/0!"})
_INFINITE = frozenset({"inf", "infinity", "∞"})
# Minus signs and dashes; fullwidth signs; zero-width characters, which copied text has.
_PLAIN = {**dict.fromkeys(map(ord, "−–—‐‑‒﹣－"), "-"), ord("＋"): "+", ord("．"): ".", ord("，"): ",", ord("％"): "%",
          ord("’"): "'", **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"), None)}
_FAST = {POINT: re.compile(r"[-+0-9.eE]*"), COMMA: re.compile(r"[-+0-9,eE]*")}


def plain(cell: str) -> str:
    """The cell with ASCII digits, signs and blanks, stripped.

    >>> plain(" −1\\u202f234 ")
    '-1 234'
    """
    if cell.isascii():
        return cell.strip()
    text = cell.translate(_PLAIN)
    return "".join(_plain_character(c) for c in text).strip()


def _plain_character(c: str) -> str:
    if c.isascii():
        return c
    kind = unicodedata.category(c)
    return str(unicodedata.decimal(c)) if kind == "Nd" else " " if kind == "Zs" else c


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or says that there is no value."""
    return plain(cell).lower() in _MISSING


@cache
def _pattern(decimal: str) -> re.Pattern[str]:
    group = COMMA if decimal == POINT else POINT
    grouped = "|".join(rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+" for mark in (re.escape(group), "[ ]", "'"))
    fraction = r"\.([0-9]*)" if decimal == POINT else ",([0-9]+)"     # "1." is written, "1," is a list
    return re.compile(rf"([+-]?)((?:{grouped}|[0-9]+)?)(?:{fraction})?(?:[eE]([+-]?[0-9]{{1,9}}))?( ?%)?")


def number(cell: str, decimal: str = POINT) -> float | None:
    """The number that a cell holds, infinite where it is beyond float64; None where it holds none.

    decimal: the decimal mark, "." or ","; the other one may group thousands. 45% is 0.45.

    >>> number("1.234,5", ","), number("1,234.5"), number("12_3"), number("−7 %")
    (1234.5, 1234.5, None, -0.07)
    """
    text = plain(cell)
    found = _pattern(decimal).fullmatch(text)
    if found is None:
        return _infinite(text)
    sign, whole, fraction, exponent, percent = found.groups()
    if not whole and not fraction:
        return None
    digits = re.sub(r"[^0-9]", "", whole)
    return float(f"{sign}{digits or 0}.{fraction or 0}e{int(exponent or 0) - (2 if percent else 0)}")


def _infinite(text: str) -> float | None:
    sign, word = ("", text) if text[:1] not in ("-", "+") else (text[0], text[1:])
    return (-math.inf if sign == "-" else math.inf) if word.lower() in _INFINITE else None


def numbers(cells: Sequence[str], decimal: str = POINT) -> np.ndarray:
    """The numbers of a column's cells, (N,) float64, NaN where a cell holds none.

    Where some cells have a percent sign and others not, those with it hold no number.

    >>> numbers(["1.5", "x", "2"]).tolist()
    [1.5, nan, 2.0]
    """
    if _FAST[decimal].fullmatch("".join(cells)):
        try:
            return np.array(list(map(float, cells if decimal == POINT else
                                     "\n".join(cells).replace(COMMA, POINT).split("\n"))))
        except ValueError:
            pass
    values = np.array([math.nan if (value := number(cell, decimal)) is None else value for cell in cells])
    percent = np.array([plain(cell).endswith("%") for cell in cells], dtype=bool)
    if percent.any() and (~percent & ~np.isnan(values)).any():
        values[percent] = math.nan
    return values


class Ambiguous(Exception):  # noqa: N818  (no error of the caller: it is caught where the cell's place is known)
    """A comma that may be the decimal mark or group thousands in all cells that have one. args: (cell,)."""


def judge_decimal(cells: Sequence[str], delimiter: str) -> str:
    """The decimal mark under which most cells are numbers.

    delimiter: between the cells; a semicolon says that the comma is the decimal mark where both are possible. Ambiguous
    where both are possible otherwise, and differ.

    >>> judge_decimal(["1,5", "2"], ";"), judge_decimal(["1,234.5"], ",")
    (',', '.')
    """
    marked = [cell for cell in cells if COMMA in cell or POINT in cell]
    with_comma = [cell for cell in marked if COMMA in cell]
    if not with_comma:
        return COMMA if _only_grouped(marked, POINT) else POINT
    if len(with_comma) == len(marked) and not any(cell.count(COMMA) > 1 for cell in marked) and any(
            number(cell, POINT) is None and number(cell, COMMA) is not None for cell in marked):
        return COMMA     # most tables end here, at their first cells
    as_point, as_comma = (sum(number(cell, mark) is not None for cell in marked) for mark in (POINT, COMMA))
    if as_point != as_comma:
        return POINT if as_point > as_comma else COMMA
    differing = next((cell for cell in with_comma if number(cell, POINT) != number(cell, COMMA)), None)
    if differing is None:
        return POINT
    if delimiter == ";" and len(with_comma) == len(marked):
        return COMMA
    raise Ambiguous(differing)


def _only_grouped(marked: Sequence[str], mark: str) -> bool:
    """Whether a mark groups thousands, as in 1.234.567, which is no number with a decimal point."""
    other = COMMA if mark == POINT else POINT
    return any(cell.count(mark) > 1 and number(cell, mark) is None and number(cell, other) is not None
               for cell in marked)


__all__ = ["COMMA", "POINT", "Ambiguous", "is_missing", "judge_decimal", "number", "numbers", "plain"]

"""Observations as a line of text, which a visitor types, a click changes and a link carries.

    coin      "H H T 3H" or, for very many, "600000000H 400000000T"
    die       "1 4 6 2"
    numbers   "71 52.5 83"
    points    "0.1:2 0.5:2.4"      (x and y of each)
"""

import math
import re
from collections.abc import Sequence

import torch
from torch import Tensor

from dgm.bayes import Counts
from dgm.errors import DataError

MAX_OBSERVATIONS = 400   # stored one by one
MAX_TOSSES = 10**12
MAX_MAGNITUDE = 1e150    # whose square is still a number
_RUN = re.compile(r"\s*[,;]?\s*(\d*)\s*([HhTt])")   # of equal tosses
_BETWEEN = re.compile(r"[\s,;]+")


def parse_tosses(text: str) -> Tensor | Counts:
    """(n,) of 0 and 1, or Counts when there are more than MAX_OBSERVATIONS.

    DataError names the first character that is no toss, or the limit.

    >>> parse_tosses("3H, t 2T").tolist()
    [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    """
    runs = _runs(text)
    total = sum(count for count, _ in runs)
    if total > MAX_TOSSES:
        raise DataError("that is more than a million million tosses: take fewer")
    if total > MAX_OBSERVATIONS:
        return Counts(sum(count for count, side in runs if side), sum(count for count, side in runs if not side))
    return torch.tensor([side for count, side in runs for _ in range(count)], dtype=torch.float64)


def _runs(text: str) -> list[tuple[int, float]]:
    """Length and side (1 is heads) of each run of equal tosses."""
    runs, place = [], 0
    while text[place:].strip(" ,;\n\t"):
        found = _RUN.match(text, place)
        if not found:
            raise DataError(f"{text[place:].strip()[:12]!r} is no toss: write H for heads, T for tails, 3H for three")
        runs.append((int(found[1] or 1), 1.0 if found[2] in "Hh" else 0.0))
        place = found.end()
    return runs


def format_tosses(x: Sequence[float] | Tensor) -> str:
    """Tosses as text.

    >>> format_tosses([1, 1, 0])
    'HHT'
    """
    return "".join("H" if value else "T" for value in x)


def parse_numbers(text: str, name: str = "number") -> Tensor:
    """(n,) float64; DataError names the first cell that is no finite number, or the limit.

    name: what a cell is called in the error.

    >>> parse_numbers("71, 52.5;-1e3").tolist()
    [71.0, 52.5, -1000.0]
    """
    cells = [cell for cell in _BETWEEN.split(text) if cell]
    if len(cells) > MAX_OBSERVATIONS:
        raise DataError(f"there are {len(cells)} observations and the page takes {MAX_OBSERVATIONS}: leave some out")
    return torch.tensor([_finite(cell, i + 1, name) for i, cell in enumerate(cells)], dtype=torch.float64)


def parse_faces(text: str, sides: int) -> Tensor:
    """(n,) classes 0 .. sides - 1 from faces 1 .. sides; DataError names the first other number.

    >>> parse_faces("6 1", 6).tolist()
    [5.0, 0.0]
    """
    x = parse_numbers(text, "face")
    bad = ((x < 1) | (x > sides) | (x != x.floor())).nonzero()
    if len(bad):
        raise DataError(f"observation {int(bad[0]) + 1} is {float(x[bad[0]]):g}: the faces are 1 to {sides}")
    return x - 1


def parse_points(text: str) -> tuple[Tensor, Tensor]:
    """x and y, (n,) each, of "x:y" pairs; DataError names the first that is not of this form, or the limit.

    >>> x, y = parse_points("0.1:2 0.5:2.4")
    >>> x.tolist(), y.tolist()
    ([0.1, 0.5], [2.0, 2.4])
    """
    cells = [cell.split(":") for cell in _BETWEEN.split(text) if cell]
    if len(cells) > MAX_OBSERVATIONS:
        raise DataError(f"there are {len(cells)} points and the page takes {MAX_OBSERVATIONS}: leave some out")
    for i, cell in enumerate(cells):
        if len(cell) != 2:
            raise DataError(f"point {i + 1} ({':'.join(cell)[:16]!r}) is not of the form x:y")
    pairs = [[_finite(part, i + 1, "point") for part in cell] for i, cell in enumerate(cells)]
    both = torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def format_numbers(values: Sequence[float] | Tensor) -> str:
    """Numbers as text, to four digits.

    >>> format_numbers([71.0, 52.534])
    '71 52.53'
    """
    return " ".join(f"{float(value):.4g}" for value in values)


def format_points(pairs: Sequence[tuple[float, float]]) -> str:
    """Points as text, to four digits.

    >>> format_points([(0.1, 2.0), (0.5, 2.4)])
    '0.1:2 0.5:2.4'
    """
    return " ".join(f"{x:.4g}:{y:.4g}" for x, y in pairs)


def _finite(cell: str, place: int, name: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{name} {place} ({cell[:16]!r}) is not a finite number: correct it or take it out")
    if abs(value) > MAX_MAGNITUDE:
        raise DataError(f"{name} {place} ({cell[:16]!r}) is beyond {MAX_MAGNITUDE:g}: measure in another unit")
    return value

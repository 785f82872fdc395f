"""Observations as a line of text: what a link carries, what a person types, what a click adds and removes.

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

from dgm.bayes.discrete import Counts
from dgm.errors import DataError

MOST = 400            # observations that are kept one by one
LARGEST = 1e150       # whose square is still a number
_TOKEN = re.compile(r"\s*[,;]?\s*(\d*)\s*([HhTt])")
_BETWEEN = re.compile(r"[\s,;]+")


def tosses(text: str) -> Tensor | Counts:
    """(n,) of 0 and 1, or Counts when there are more than MOST; DataError names the first sign that is no toss."""
    runs, place = [], 0
    while text[place:].strip(" ,;\n\t"):
        found = _TOKEN.match(text, place)
        if not found:
            raise DataError(f"{text[place:].strip()[:12]!r} is no toss: write H for heads, T for tails, 3H for three")
        runs.append((int(found[1] or 1), 1.0 if found[2] in "Hh" else 0.0))
        place = found.end()
    total = sum(count for count, _ in runs)
    if total > 10**12:
        raise DataError("that is more than a million million tosses: take fewer")
    if total > MOST:
        return Counts(sum(c for c, side in runs if side), sum(c for c, side in runs if not side))
    return torch.tensor([side for count, side in runs for _ in range(count)], dtype=torch.float64)


def spelled_tosses(x: Sequence[float] | Tensor) -> str:
    """ "HHT" for (1, 1, 0)."""
    return "".join("H" if value else "T" for value in x)


def numbers(text: str, name: str = "number") -> Tensor:
    """(n,) float64; DataError names the first cell that is no finite number, or the limit."""
    cells = [cell for cell in _BETWEEN.split(text) if cell]
    if len(cells) > MOST:
        raise DataError(f"there are {len(cells)} observations and the page takes {MOST}: leave some out")
    return torch.tensor([_finite(cell, i + 1, name) for i, cell in enumerate(cells)], dtype=torch.float64)


def faces(text: str, sides: int) -> Tensor:
    """(n,) classes 0 .. sides - 1 from faces 1 .. sides."""
    x = numbers(text, "face")
    bad = ((x < 1) | (x > sides) | (x != x.floor())).nonzero()
    if len(bad):
        raise DataError(f"observation {int(bad[0]) + 1} is {float(x[bad[0]]):g}: the faces are 1 to {sides}")
    return x - 1


def points(text: str) -> tuple[Tensor, Tensor]:
    """x and y, (n,) each, of "x:y" pairs."""
    cells = [cell.split(":") for cell in _BETWEEN.split(text) if cell]
    if len(cells) > MOST:
        raise DataError(f"there are {len(cells)} points and the page takes {MOST}: leave some out")
    for i, cell in enumerate(cells):
        if len(cell) != 2:
            raise DataError(f"point {i + 1} ({':'.join(cell)[:16]!r}) is not of the form x:y")
    pairs = [[_finite(part, i + 1, "point") for part in cell] for i, cell in enumerate(cells)]
    both = torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def spelled(values: Sequence[float] | Tensor) -> str:
    """Numbers as text, to four digits."""
    return " ".join(f"{float(value):.4g}" for value in values)


def spelled_points(pairs: Sequence[tuple[float, float]]) -> str:
    """Points as text, to four digits."""
    return " ".join(f"{x:.4g}:{y:.4g}" for x, y in pairs)


def _finite(cell: str, place: int, name: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{name} {place} ({cell[:16]!r}) is not a finite number: correct it or take it out")
    if abs(value) > LARGEST:
        raise DataError(f"{name} {place} ({cell[:16]!r}) is beyond {LARGEST:g}: measure in another unit")
    return value

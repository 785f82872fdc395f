"""Observations as a line of text, which a visitor types, a click changes and a link carries.

    coin      "H H T 3H" or, for very many, "600000000H 400000000T"
    die       "1 4 6 2"
    numbers   "71 52.5 83"
    points    "0.1:2 0.5:2.4"      (x and y of each)

Between two of them stand blanks, semicolons or commas. A comma between two digits may be a decimal mark: where each of
several numbers has one, as in "71,5 83,2", it is; where that is open, the text is refused.
"""

import math
import re
from collections.abc import Sequence

import torch
from torch import Tensor

from dgm.bayes import Counts
from dgm.datasets import number_text
from dgm.errors import DataError

MAX_OBSERVATIONS = 400   # stored one by one
MAX_TOSSES = 10**12
MAX_MAGNITUDE = 1e150    # whose square is still a number
_RUN = re.compile(r"\s*[,;]?\s*(\d*)\s*([HhTt])")   # of equal tosses
_BLANKS = re.compile(r"[ \t\r\n\f\v;]+")             # without those that group thousands
_DECIMAL = re.compile(r"[-+−–]?\d+,\d+(?:[eE][-+]?\d+)?")   # one number with a decimal comma, or two numbers


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
    """(n,) float64; DataError names the first cell that is no finite number, a comma with two meanings, or the limit.

    name: what a cell is called in the error.

    >>> parse_numbers("71, 52.5;-1e3").tolist(), parse_numbers("71,5 83,2").tolist()
    ([71.0, 52.5, -1000.0], [71.5, 83.2])
    """
    cells, decimal = _cells(text)
    if len(cells) > MAX_OBSERVATIONS:
        raise DataError(f"there are {len(cells)} observations and the page takes {MAX_OBSERVATIONS}: leave some out")
    return torch.tensor([_finite(cell, i + 1, name, decimal) for i, cell in enumerate(cells)], dtype=torch.float64)


def _cells(text: str) -> tuple[list[str], str]:
    """The cells of numbers, and their decimal mark. DataError where a comma has two meanings."""
    pieces = [piece for piece in _BLANKS.split(text.strip()) if piece.strip(",")]
    if len(pieces) == 1:    # the only blanks are those that group thousands elsewhere
        pieces = text.split()
    if not any("," in piece for piece in pieces):
        return pieces, number_text.POINT
    if len(pieces) > 1 and all(_DECIMAL.fullmatch(piece) for piece in pieces):
        return pieces, number_text.COMMA
    open_ones = [piece for piece in pieces if _DECIMAL.fullmatch(piece.strip(","))]
    if open_ones and not any(piece.strip(",").count(",") > 1 or "." in piece for piece in pieces):
        raise DataError(f"the comma in {open_ones[0]!r} can be a decimal mark or stand between two numbers: write "
                        f"{open_ones[0].strip(',').replace(',', '.')}, or a blank after the comma")
    return _between_commas(text), number_text.POINT


def _between_commas(text: str) -> list[str]:
    return [cell for cell in re.split(r"[\s,;]+", text) if cell]


def parse_faces(text: str, sides: int) -> Tensor:
    """(n,) classes 0 .. sides - 1 from faces 1 .. sides; DataError names the first other number.

    >>> parse_faces("6 1", 6).tolist()
    [5.0, 0.0]
    """
    x = parse_numbers(" ".join(_between_commas(text)), "face")   # no face has a decimal mark
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
    cells = [cell.split(":") for cell in _pairs(text)]
    if len(cells) > MAX_OBSERVATIONS:
        raise DataError(f"there are {len(cells)} points and the page takes {MAX_OBSERVATIONS}: leave some out")
    for i, cell in enumerate(cells):
        if len(cell) != 2:
            raise DataError(f"point {i + 1} ({':'.join(cell)[:16]!r}) is not of the form x:y")
    pairs = [[_finite(part, i + 1, "point", number_text.COMMA if "," in part else number_text.POINT) for part in cell]
             for i, cell in enumerate(cells)]
    both = torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def parse_labelled(text: str) -> tuple[Tensor, Tensor]:
    """x and labels 0 or 1, (n,) each, of "x:label" pairs; DataError also names the first other label.

    >>> parse_labelled("0.1:0 0.5:1")[1].tolist()
    [0.0, 1.0]
    """
    x, labels = parse_points(text)
    bad = ((labels != 0) & (labels != 1)).nonzero()
    if len(bad):
        raise DataError(f"the label of point {int(bad[0]) + 1} is {format_number(float(labels[bad[0]]))}: labels are 0 "
                        "and 1")
    return x, labels


def _pairs(text: str) -> list[str]:
    """The texts of points. A comma between two colons stands between two points, any other one is a decimal mark."""
    pieces = [piece.strip(",") for piece in re.split(r"[\s;]+", text)]
    return [cell for piece in pieces for cell in (piece.split(",") if piece.count(":") > 1 else [piece]) if cell]


def format_number(value: float) -> str:
    """A number as the shortest text that is read as the same number.

    >>> format_number(71.0), format_number(1234567.8)
    ('71', '1234567.8')
    """
    return repr(float(value) + 0.0).removesuffix(".0")


def format_numbers(values: Sequence[float] | Tensor) -> str:
    """Numbers as text, none of them rounded.

    >>> format_numbers([71.0, 52.534])
    '71 52.534'
    """
    return " ".join(format_number(value) for value in values)


def format_points(pairs: Sequence[tuple[float, float]]) -> str:
    """Points as text, none of them rounded.

    >>> format_points([(0.1, 2.0), (0.5, 2.4)])
    '0.1:2 0.5:2.4'
    """
    return " ".join(f"{format_number(x)}:{format_number(y)}" for x, y in pairs)


def _finite(cell: str, place: int, name: str, decimal: str = number_text.POINT) -> float:
    found = number_text.number(cell, decimal)
    value = math.nan if found is None or cell.endswith("%") else found
    if not math.isfinite(value):
        raise DataError(f"{name} {place} ({cell[:16]!r}) is not a finite number: correct it or take it out")
    if abs(value) > MAX_MAGNITUDE:
        raise DataError(f"{name} {place} ({cell[:16]!r}) is beyond {MAX_MAGNITUDE:g}: measure in another unit")
    return value

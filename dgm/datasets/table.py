"""CSV text as checked float64 columns, or one sentence that names the row and column to correct."""

import csv
import io
import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm.errors import DataError

DELIMITERS = (",", ";", "\t", " ")


class Limits(NamedTuple):
    """The largest table that `parse` accepts; a script may give it higher ones."""

    rows: int = 100_000
    columns: int = 32
    megabytes: float = 5.0


class Table(NamedTuple):
    """Named numeric columns."""

    columns: tuple[str, ...]  # D names
    x: Tensor                 # (N, D) float64, finite

    def select(self, names: list[str]) -> "Table":
        """The columns `names`, in that order. ValueError for a name that is none.

        >>> from dgm.datasets import table
        >>> table.parse("a,b,c\\n1,2,3").select(["c", "a"]).x.tolist()
        [[3.0, 1.0]]
        """
        return Table(tuple(names), self.x[:, [self.columns.index(name) for name in names]])


def parse(content: str | bytes, limits: Limits = Limits()) -> Table:  # noqa: B008  (a constant)
    """The table of a CSV text: comma, semicolon, tab or blanks between cells, one optional line of names.

    Bytes are UTF-8. Returns x (N, D), float64 and finite, and D names, "column 1" and so on where the text has none.
    DataError names the row and column of a cell that is no number, or the limit that is exceeded.

    >>> from dgm.datasets import table
    >>> points = table.parse("height, weight\\n1.72, 68\\n1.80, 77")
    >>> points.columns, points.x.tolist()
    (('height', 'weight'), [[1.72, 68.0], [1.8, 77.0]])
    """
    lines = _lines(content, limits)
    delimiter = _delimiter(lines[0])
    first = _cells(lines[0], delimiter)
    names = tuple(first) if not any(_is_number(cell) for cell in first) else ()
    body = lines[1:] if names else lines
    _check_size(len(body), len(first), limits)
    values = _numbers(body, delimiter, len(first), header=bool(names))
    return Table(_unique(names or tuple(f"column {i + 1}" for i in range(len(first)))), torch.from_numpy(values))


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if not rows:
        raise DataError("there are names but no rows of numbers: add at least one row below the names")
    if rows > limits.rows:
        raise DataError(f"the table has {rows:,} rows and the limit is {limits.rows:,}: "
                        "take a sample of the rows, or fit it in Python with dgm")
    if columns > limits.columns:
        raise DataError(f"the table has {columns} columns and the limit is {limits.columns}: "
                        "leave out columns, or fit it in Python with dgm")


def _lines(content: str | bytes, limits: Limits) -> list[str]:
    size = len(content) / 1e6
    if size > limits.megabytes:
        raise DataError(f"the data are {size:.1f} MB and the limit is {limits.megabytes:g} MB: "
                        "leave out rows or columns")
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError("this is not a text file: save the table as CSV (UTF-8) and try again") from None
    if "\0" in content:
        raise DataError("this is not a text file: save the table as CSV (UTF-8) and try again")
    lines = [line for line in content.splitlines() if line.strip()]
    if not lines:
        raise DataError("there is nothing in it: give one row of numbers a line, with commas between the columns")
    return lines


def _delimiter(line: str) -> str:
    return next((d for d in DELIMITERS if d in line.strip()), ",")


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(body: list[str], delimiter: str, width: int, header: bool) -> np.ndarray:
    try:
        # One call where every cell is a number; otherwise the cells are read one by one, to name the first that is not.
        separator = None if delimiter == " " else delimiter
        values = np.loadtxt(io.StringIO("\n".join(body)), delimiter=separator, comments=None, ndmin=2, quotechar='"')
        if values.shape[1] == width and np.isfinite(values).all():
            return values
    except ValueError:
        pass
    return np.array([_row(line, delimiter, width, number + 1 + header) for number, line in enumerate(body)])


def _row(line: str, delimiter: str, width: int, number: int) -> list[float]:
    cells = _cells(line, delimiter)
    if len(cells) != width:
        raise DataError(f"row {number} has {len(cells)} cells and the first row has {width}: "
                        "give every row the same number")
    return [_number(cell, number, column + 1) for column, cell in enumerate(cells)]


def _number(cell: str, row: int, column: int) -> float:
    if not cell:
        raise DataError(f"the cell in row {row}, column {column} is empty: fill it or delete the row")
    if not _is_number(cell):
        raise DataError(f"the cell in row {row}, column {column} is not a number ({_quoted(cell)}): "
                        "correct it, or leave the column out")
    value = float(cell)
    if not math.isfinite(value):
        raise DataError(f"the cell in row {row}, column {column} is {_quoted(cell)}: give a finite number")
    return value


def _quoted(cell: str) -> str:
    safe = "".join(c for c in cell[:20] if c.isalnum() or c in " .,-+_%")
    return f"'{safe}'"


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    plain = [("".join(c for c in name[:24] if c.isalnum() or c in " .,-+_%()[]/") or f"column {i + 1}")
             for i, name in enumerate(names)]
    return tuple(name if plain.index(name) == i else f"{name} ({i + 1})" for i, name in enumerate(plain))

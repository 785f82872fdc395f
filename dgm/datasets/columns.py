"""The columns of a table: their names, what each of them holds, and the first cell that is no number."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from dgm.datasets import dialect as dialects
from dgm.datasets import number_text
from dgm.datasets.borders import as_names
from dgm.errors import DataError

NAME_LENGTH = 40         # characters
MOST_CLASSES = 50        # of a column of text that gives labels
# What would format a page or a figure, or make a link, and what is shown in its place.
_LIKE = str.maketrans({"<": "‹", ">": "›", "*": "∗", ":": "∶", "!": "ǃ", "|": "ǀ", "`": "ˋ", "~": "∼", "#": "♯",
                       "\\": "∖", "$": "S̸", "@": "(at)", "{": "❴", "}": "❵", "^": "ˆ"})
Kind = Literal["numbers", "text", "row names", "empty"]
_IN_NAMES = frozenset(" .,-+_%()[]/°'=·′″&?;\"")


class Column(NamedTuple):
    """One column of a sheet."""

    name: str
    place: int                               # in the file, counted from 1; 0 for names of rows without a name
    kind: Kind
    values: np.ndarray                       # (N,) float64, NaN where a cell holds no number; (0,) of another kind
    missing: np.ndarray                      # (N,) bool
    problem: tuple[int, str] | None = None   # row number and content of the first cell that is no finite number
    labels: np.ndarray | None = None         # (N,) numbers of `classes`, of a column of text with few values
    classes: tuple[str, ...] = ()


def columns(names: Sequence[str], cells: Sequence[Sequence[str]], values: Sequence[np.ndarray]) -> tuple[Column, ...]:
    """The columns of a table from its names ("" for none), its rows of cells and the numbers of each column.

    DataError where there is no column of numbers.
    """
    by_column = enumerate(zip(_unique(names), zip(*cells, strict=True), values, strict=True))
    found = [_column(name, place, column, numbers) for place, (name, column, numbers) in by_column]
    if not names[0] and any(names[1:]) and (found[0].kind == "text" or dialects.counts_rows([row[0] for row in cells])):
        found[0] = found[0]._replace(name=_unlike("row names", names), kind="row names")
    if not any(column.kind == "numbers" for column in found):
        first = next((column for column in found if column.problem), None)
        where = f": column {first.place} has {quoted(first.problem[1])}" if first and first.problem else ""
        raise DataError(f"there is no column of numbers{where}; give numbers, or another delimiter or decimal mark")
    return tuple(found)


def _column(name: str, place: int, cells: Sequence[str], values: np.ndarray) -> Column:
    odd = np.flatnonzero(~np.isfinite(values)).tolist()
    missing = np.zeros(len(values), dtype=bool)
    missing[[row for row in odd if number_text.is_missing(cells[row])]] = True
    problem = (odd[0], cells[odd[0]]) if len(odd) else None
    present = int((~missing).sum())
    if not present:
        kind: Kind = "empty"
    else:
        kind = "numbers" if 2 * int((~np.isnan(values) & ~missing).sum()) >= present else "text"
    none = np.zeros(0)
    if kind != "text":
        return Column(name, place + 1, kind, values if kind == "numbers" else none, missing, problem)
    classes = tuple(dict.fromkeys(cells))
    if len(classes) > MOST_CLASSES:
        return Column(name, place + 1, kind, none, missing, problem)
    number = {value: code for code, value in enumerate(classes)}
    return Column(name, place + 1, kind, none, missing, problem, np.array([number[cell] for cell in cells]),
                  tuple(_plain(value) or "(none)" for value in classes))


def quoted(cell: str) -> str:
    """A cell as it was typed, cut where it is long."""
    (cell,) = as_names([cell], "cell")
    words = " ".join(cell.split())
    return f"'{words[:20]}{'…' if len(words) > 20 else ''}'"


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for place, name in enumerate(names):
        found.append(_unlike(_plain_name(name, place), found))
    return tuple(found)


def _unlike(name: str, others: Sequence[str]) -> str:
    """The name, with a number where another column has it."""
    count, made = 1, name
    while made in others:
        count += 1
        made = f"{name} ({count})"
    return made


def _plain_name(name: str, place: int) -> str:
    return _plain(name) or f"column {place + 1}"


def _plain(name: str) -> str:
    """A name in which nothing formats a page or a figure: < and > become ‹ and ›, and others what looks like them."""
    letters = " ".join(name.split()).translate(_LIKE)
    kept = (c for c in letters if c.isalnum() or c in _IN_NAMES or (c.isprintable() and not c.isascii()))
    return "".join(kept)[:NAME_LENGTH].strip()


__all__ = ["Column", "Kind", "columns", "quoted"]

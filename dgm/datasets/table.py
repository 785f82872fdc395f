"""A table of one's own as checked float64 columns, or one sentence that names the row and column to correct.

    sheet = table.read(content)                    # what was understood: columns, names, how it is written
    table = sheet.select(["height", "weight"])     # their numbers
    table = table.parse(content)                   # all columns of numbers at once
"""

import io
import re
from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from dgm.arguments import as_choice, as_flag, as_integer, as_number, shown
from dgm.datasets import columns as column_kinds
from dgm.datasets import dialect as dialects
from dgm.datasets import number_text, text_encoding
from dgm.datasets.borders import as_codec, as_content, as_names, as_settings
from dgm.datasets.columns import Column, Kind, quoted
from dgm.datasets.dialect import Dialect, Row
from dgm.errors import ArgumentError, DataError

LONG = 100_000           # characters: from here on most rows of plain numbers are read at once
MOST_COLUMNS = 1000      # of a file of which some columns are chosen
_MARKUP = re.compile(r"\s*<(!doctype|!--|\?xml|html|head|body|table|svg)\b", re.IGNORECASE)
FIRST_ROWS = 5           # that a sheet keeps as they are typed


class Limits(NamedTuple):
    """The largest table that `read` accepts; a script may give it higher ones."""

    rows: int = 100_000
    columns: int = 32        # that are chosen
    megabytes: float = 5.0


class Table(NamedTuple):
    """Named numeric columns."""

    columns: tuple[str, ...]        # D names
    x: Tensor                       # (N, D) float64, finite
    labels: Tensor | None = None    # (N,) int64, numbers of `classes`
    classes: tuple[str, ...] = ()   # the values of a column of text, in the order in which they come

    def select(self, names: Sequence[str]) -> "Table":
        """The columns `names`, in that order. DataError for a name that is none, ArgumentError for what is no name.

        >>> from dgm.datasets import table
        >>> table.parse("a,b,c\\n1,2,3").select(["c", "a"]).x.tolist()
        [[3.0, 1.0]]
        """
        names = as_names(names)
        return self._replace(columns=names, x=self.x[:, [_place(name, self.columns) for name in names]])


class Sheet(NamedTuple):
    """What was understood of a text."""

    dialect: Dialect                         # without None
    columns: tuple[Column, ...]
    lines: np.ndarray                        # (N,) line of each row in the text, from 1
    first_rows: tuple[tuple[str, ...], ...]  # the first rows as they are typed
    limits: Limits = Limits()

    def names(self, kind: Kind = "numbers") -> tuple[str, ...]:
        """Names of the columns of one kind: "numbers", "text", "row names" or "empty"."""
        asked = as_choice(kind, "kind", get_args(Kind))
        return tuple(column.name for column in self.columns if column.kind == asked)

    def _all_names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(column.name for column in self.columns)

    def incomplete(self, names: Sequence[str]) -> int:
        """How many rows miss a value in one of the columns `names`."""
        return int(self._missing(as_names(names)).sum())

    def select(self, names: Sequence[str], labels: str | None = None, complete: bool = False) -> Table:
        """The columns `names` as a table, in that order.

        labels: name of a column of text. complete: leave out the rows that miss a value. DataError names the first cell
        that is no finite number.

        >>> from dgm.datasets import table
        >>> sheet = table.read("size,species\\n1.5,setosa\\n,virginica\\n2,setosa")
        >>> found = sheet.select(["size"], labels="species", complete=True)
        >>> found.x.tolist(), found.labels.tolist(), found.classes
        ([[1.5], [2.0]], [0, 0], ('setosa', 'virginica'))
        """
        names, complete = as_names(names), as_flag(complete, "complete")
        if labels is not None:
            (labels,) = as_names([labels], "labels")
        if len(names) > self.limits.columns:
            raise DataError(f"the table has {len(names)} columns and the limit is {self.limits.columns}: "
                            "leave out columns, or fit it in Python with dgm")
        used = ~self._missing(names) if complete else np.ones(len(self.lines), dtype=bool)
        for name in names:
            self._check(self._column(name), used)
        values = [self._column(name).values[used] for name in names]
        x = torch.from_numpy(np.stack(values, 1) if values else np.zeros((int(used.sum()), 0)))
        if labels is None:
            return Table(tuple(names), x)
        given = self._column(labels)
        codes = given.labels if given.labels is not None else np.zeros(len(self.lines), dtype=np.int64)
        return Table(tuple(names), x, torch.from_numpy(codes[used]), given.classes)

    def _column(self, name: str) -> Column:
        return self.columns[_place(name, self._all_names())]

    def _missing(self, names: Sequence[str]) -> np.ndarray:
        missing = np.zeros(len(self.lines), dtype=bool)
        for name in names:
            missing |= self._column(name).missing
        return missing

    def _check(self, column: Column, used: np.ndarray) -> None:
        """DataError for the first of the used cells that is no finite number."""
        if column.kind != "numbers":
            raise DataError(f"column {column.place} ({column.name}) holds no numbers: choose another one")
        bad = np.flatnonzero(~np.isfinite(column.values) & used)
        if not len(bad):
            return
        row = int(bad[0])
        problem = column.problem[1] if column.problem and column.problem[0] == row else ""
        where = f"the cell in row {int(self.lines[row])}, column {column.place}"
        out = f"leave column {column.name.removeprefix('column ')} out"
        if column.missing[row] and not problem:
            raise DataError(f"{where} is empty: fill it or delete the row, or {out}")
        if column.missing[row] or np.isinf(column.values[row]):
            raise DataError(f"{where} is {quoted(problem)}: give a finite number, or {out}")
        typed = f" ({quoted(problem)})" if problem else ""
        raise DataError(f"{where} is not a number{typed}: correct it, or {out}")


def _place(name: str, names: Sequence[str]) -> int:
    if name not in names:
        raise DataError(f"there is no column {quoted(name)}: choose one of {', '.join(names)}")
    return list(names).index(name)


def parse(content: str | bytes, limits: Limits = Limits()) -> Table:  # noqa: B008  (a constant)
    """The columns of numbers of a text: comma, semicolon, tab, bar or blanks between cells, an optional line of names.

    Columns of text and names of rows are left out; `read` tells which. Returns x (N, D), float64 and finite, and D
    names, "column 1" and so on where the text has none. DataError names the row and column of a cell that is no number,
    or the limit that is exceeded.

    >>> from dgm.datasets import table
    >>> points = table.parse("height; weight\\n1,72; 68\\n1,80; 77")
    >>> points.columns, points.x.tolist()
    (('height', 'weight'), [[1.72, 68.0], [1.8, 77.0]])
    """
    sheet = read(content, limits)
    return sheet.select(sheet.names())


def read(content: str | bytes, limits: Limits = Limits(), dialect: Dialect = Dialect()) -> Sheet:  # noqa: B008
    """What a text holds, and how it is written.

    dialect: what is known of it; the rest is judged on the whole text. DataError where there is no column of numbers,
    rows differ in length, or a limit is exceeded.

    >>> from dgm.datasets import table
    >>> sheet = table.read("species;size\\nsetosa;1,5\\nvirginica;2,25")
    >>> sheet.dialect.decimal, sheet.names(), sheet.names("text")
    (',', ('size',), ('species',))
    """
    content, limits, dialect = as_content(content), _checked_limits(limits), _checked_dialect(dialect)
    text, codec = _text(content, limits, dialect.encoding)
    if _MARKUP.match(text):
        raise DataError("this is a web page or XML, not a table: save the table as a text file (CSV)")
    text, declared = dialects.declared(text)
    delimiter = dialect.delimiter if dialect.delimiter is not None else declared
    if delimiter is None:
        delimiter = dialects.judge_delimiter(text)
    dialect = dialect._replace(delimiter=delimiter, encoding=codec)
    return _long(text, limits, dialect) or _sheet(text, limits, dialect)


def _long(text: str, limits: Limits, dialect: Dialect) -> Sheet | None:
    """The sheet of a long table of plain numbers, whose rows after the first ones are read at once; None of another."""
    start = text.find("\n", LONG // 10) + 1
    body = text[start:].rstrip("\n")
    if len(text) < LONG or not start or "\n\n" in body:
        return None
    try:
        head = _sheet(text[:start], limits, dialect)
        decimal = str(head.dialect.decimal)
        mark = f"{dialect.delimiter}{'' if decimal == dialect.delimiter else decimal}"
        if not re.fullmatch(rf"[-+0-9eE\n{re.escape(mark)}]*", body) or any(
                column.problem or column.kind != "numbers" for column in head.columns):
            return None
        if decimal == number_text.COMMA:
            body = body.replace(decimal, number_text.POINT)
        blank = dialect.delimiter in {dialects.BLANKS, dialects.ONE_COLUMN}
        values = np.loadtxt(io.StringIO(body), delimiter=None if blank else dialect.delimiter, comments=None, ndmin=2)
    except ValueError:     # read as other tables are, which names the cell
        return None
    if values.shape[1] != len(head.columns) or not np.isfinite(values).all():
        return None
    _check_size(len(head.lines) + len(values), len(head.columns), limits)
    columns = tuple(column._replace(values=np.append(column.values, more), missing=np.zeros(
        len(head.lines) + len(values), dtype=bool)) for column, more in zip(head.columns, values.T, strict=True))
    first = text.count("\n", 0, start) + 1
    return head._replace(columns=columns, lines=np.append(head.lines, np.arange(first, first + len(values))))


def _sheet(text: str, limits: Limits, dialect: Dialect) -> Sheet:
    """The sheet of a text whose delimiter is known."""
    delimiter, codec = str(dialect.delimiter), dialect.encoding
    found = dialects.rows(text, delimiter)
    if not found:
        raise DataError("there is nothing in it: give one row of numbers a line, with commas between the columns")
    found = _without_comments(found)
    cells, lines = _even(found)
    decimal = dialect.decimal or _decimal(found, delimiter)
    values = [number_text.numbers(column, decimal) for column in zip(*(cells[1:] or cells), strict=True)]
    header = _has_names(cells, values, decimal) if dialect.header is None else dialect.header
    _check_size(len(cells) - header, len(cells[0]), limits)
    if header:
        names, cells, lines = cells[0], cells[1:], lines[1:]
    else:
        names = [""] * len(cells[0])
        values = [number_text.numbers(column, decimal) for column in zip(*cells, strict=True)]
    columns = column_kinds.columns(names, cells, values)
    return Sheet(Dialect(delimiter, decimal, header, codec), columns, np.array(lines),
                 tuple(tuple(row) for row in cells[:FIRST_ROWS]), limits)


def _checked_limits(limits: Limits) -> Limits:
    rows, columns, megabytes = as_settings(limits, Limits, "limits")
    return Limits(as_integer(rows, "limits.rows", 1), as_integer(columns, "limits.columns", 1),
                  as_number(megabytes, "limits.megabytes", above=0, infinite=True))


def _checked_dialect(dialect: Dialect) -> Dialect:
    delimiter, decimal, header, encoding = as_settings(dialect, Dialect, "dialect")
    if delimiter is not None and not (isinstance(delimiter, str) and delimiter in dialects.DELIMITERS):
        raise ArgumentError(f"dialect.delimiter has to be one of {', '.join(map(repr, dialects.DELIMITERS))} or None, "
                            f"not {shown(delimiter)}")
    return Dialect(delimiter,
                   None if decimal is None else as_choice(decimal, "dialect.decimal", (".", ",")),
                   None if header is None else as_flag(header, "dialect.header"), as_codec(encoding))


def _text(content: str | bytes, limits: Limits, encoding: str | None) -> tuple[str, str]:
    """The text, its lines ending with a line feed, and its codec."""
    size = len(content) / 1e6
    if size > limits.megabytes:
        raise DataError(f"the data are {size:.1f} MB and the limit is {limits.megabytes:g} MB: "
                        "leave out rows or columns")
    if isinstance(content, str):
        if not text_encoding.is_text(content):
            raise DataError(text_encoding.NO_TEXT)
        text, codec = content.removeprefix("\ufeff"), "utf-8"
    else:
        text, codec = text_encoding.decode(content, encoding)
    for end in ("\r\n", "\r", "\f", "\v", "\u0085", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return text.rstrip("\x1a"), codec      # the mark of DOS for the end of a file


def _without_comments(found: list[Row]) -> list[Row]:
    """The rows without lines at the top that begin with #; the last of them is kept where it holds names."""
    top = next((place for place, row in enumerate(found) if not row.cells[0].startswith("#")), len(found))
    body = found[top:]
    if not top or not body:
        return found
    last = Row(found[top - 1].line, [found[top - 1].cells[0].lstrip("# "), *found[top - 1].cells[1:]])
    if not last.cells[0]:
        last.cells.pop(0)
    return [last, *body] if len(last.cells) == dialects.width(body) else body


def _even(found: list[Row]) -> tuple[list[list[str]], list[int]]:
    """Cells and line numbers of the rows, all of the same length: without columns that are empty everywhere."""
    columns = dialects.width(found)
    if dialects.row_names(found, width := dialects.width(found[1:])):
        columns = width
        found = [Row(found[0].line, ["", *found[0].cells]), *found[1:]]
    for row in found:
        if not dialects.fits(row, columns):
            one = "the first row has" if len(found[0].cells) == columns and row is not found[0] else "the others have"
            raise DataError(f"row {row.line} has {len(row.cells)} cell{'' if len(row.cells) == 1 else 's'} and {one} "
                            f"{columns}: give every row the same number")
    return [row.cells[:columns] for row in found], [row.line for row in found]


def _decimal(found: Sequence[Row], delimiter: str) -> str:
    try:
        return number_text.judge_decimal([cell for row in found[1:] or found for cell in row.cells], delimiter)
    except number_text.Ambiguous as error:
        cell = error.args[0]
        row = next(row for row in found if cell in row.cells)
        point, comma = (number_text.number(cell, mark) for mark in (number_text.POINT, number_text.COMMA))
        raise DataError(f"the cell {quoted(cell)} in row {row.line}, column {row.cells.index(cell) + 1} can be "
                        f"{comma:.10g} or {point:.10g}: choose the decimal mark, or write the numbers without commas"
                        ) from None


def _has_names(cells: Sequence[Sequence[str]], values: Sequence[np.ndarray], decimal: str) -> bool:
    """Whether the first row holds names: no number stands above a column of numbers, and something else does."""
    above = [first for first, column in zip(cells[0], values, strict=True) if _is_numeric(column)]
    if len(cells) == 1 or not above:
        above = list(cells[0])
        return not any(number_text.number(first, decimal) is not None for first in above)
    named = [first for first in above if not number_text.is_missing(first)]
    return bool(named) and (all(number_text.number(first, decimal) is None for first in named)
                            or _are_years(named, [column for column in values if _is_numeric(column)]))


def _are_years(named: Sequence[str], columns: Sequence[np.ndarray]) -> bool:
    """Whether the first row counts years, and nothing below is one."""
    if len(named) < 2 or not all(len(first) == 4 and first.isdecimal() and 1800 <= int(first) <= 2100
                                 for first in named):
        return False
    steps = np.diff([int(first) for first in named])
    below = np.concatenate(columns)
    return bool((steps == steps[0]).all() and steps[0] != 0 and not ((below >= 1800) & (below <= 2100)).any())


def _is_numeric(values: np.ndarray) -> bool:
    """Whether a column is one of numbers: half of its cells are."""
    return bool(2 * np.isfinite(values).sum() >= len(values)) and len(values) > 0


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if not rows:
        raise DataError("there are names but no rows of numbers: add at least one row below the names")
    if rows > limits.rows:
        raise DataError(f"the table has {rows:,} rows and the limit is {limits.rows:,}: "
                        "take a sample of the rows, or fit it in Python with dgm")
    if columns > MOST_COLUMNS:
        raise DataError(f"the table has {columns:,} columns and the limit is {MOST_COLUMNS:,}: "
                        "leave out columns, or fit it in Python with dgm")


__all__ = ["FIRST_ROWS", "Column", "Dialect", "Limits", "Sheet", "Table", "parse", "quoted", "read"]

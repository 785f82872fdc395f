"""A visitor's text as a table: what was understood of it, corrections, and the columns that the page uses."""

import hashlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from dgm.datasets import dialect as dialects
from dgm.datasets import table as tables
from dgm.datasets import text_encoding
from dgm.datasets.table import Dialect, Sheet, Table
from dgm.errors import DataError
from ui import cache
from ui.components.edits import widget_value
from ui.figures.written import written
from ui.messages import escaped, show_error

MEANWHILE = "The page shows its own data meanwhile."
MAX_ABS = 1e9      # larger numbers cost precision in squares and products
MOST_SHOWN = 8     # columns of the preview
AS_FOUND = "as found"
NO_LABELS = "none"
MOST_TYPED = 30    # characters of a cell in the preview
DECIMALS = {".": "point", ",": "comma"}
HEADERS = {True: "names", False: "numbers"}


class Requirements(NamedTuple):
    """The tables that a page can use."""

    limits: tables.Limits
    min_columns: int
    max_columns: int | None
    min_rows: int
    labels: bool = False    # whether the page can use labels of the rows

    def columns(self) -> str:
        """The allowed number of columns, as text."""
        least, most = self.min_columns, self.max_columns
        if least == most:
            return f"{least} column{'' if least == 1 else 's'}"
        return f"{least} or more columns" if most is None else f"{least} to {most} columns"

    @property
    def most_columns(self) -> int:
        """The largest number of columns that can be chosen."""
        return min(self.max_columns or self.limits.columns, self.limits.columns)


def table(name: str, content: str | bytes, required: Requirements) -> Table | None:
    """Draw what was understood of a text and what can be chosen of it. Returns the chosen table, None after a message.

    name: prefix of the widgets' keys.
    """
    key = f"{name}:{_digest(content)}"
    found = _read_once(content, required.limits, _correction(key))
    if isinstance(found, str):
        show_error(found, MEANWHILE)
        _corrections(key, isinstance(content, bytes))
        return None
    _understood(key, found, isinstance(content, bytes))
    if problem := size_problem(found, required):
        show_error(problem, MEANWHILE)
        return None
    try:
        return _chosen(key, found, required)
    except DataError as error:
        show_error(error, MEANWHILE)
        return None


def _digest(content: str | bytes) -> str:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, digest_size=6).hexdigest()


def read(content: str | bytes, limits: tables.Limits, dialect: Dialect) -> Sheet | str:
    """What was understood of a text, or an error message."""
    try:
        return tables.read(content, limits, dialect)
    except DataError as error:
        return str(error)


@cache.own()   # error messages are cached too
def _read_once(content: str | bytes, limits: tables.Limits, dialect: Dialect) -> Sheet | str:
    return read(content, limits, dialect)


# What was understood, and its correction ------------------------------------------------------------------------------


def _correction(key: str) -> Dialect:
    """What the visitor chose of how the text is written."""
    chosen = (widget_value(f"{key}:{field}") for field in Dialect._fields)
    return Dialect(*(None if value == AS_FOUND else value for value in chosen))


def _corrections(key: str, bytewise: bool) -> None:
    """A popover to correct how the text was read. bytewise: whether it has an encoding."""
    with st.popover("Read it differently", icon=":material/tune:"):
        _selectbox(key, "delimiter", "Between the cells", dialects.DELIMITER_NAMES)
        _selectbox(key, "decimal", "Decimal mark", DECIMALS)
        _selectbox(key, "header", "The first row holds", HEADERS)
        if bytewise:
            titles = {codec: title for title, codec in text_encoding.ENCODINGS.items()}
            _selectbox(key, "encoding", "Encoding of the letters", titles)


def _selectbox(key: str, field: str, label: str, titles: dict[Any, str]) -> None:
    st.selectbox(label, [AS_FOUND, *titles], format_func=lambda value: titles.get(value, AS_FOUND),
                 key=f"{key}:{field}")


def _understood(key: str, found: Sheet, bytewise: bool) -> None:
    """How the text was read, its first rows, and the corrections."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Understood: {', '.join(_parts(found, bytewise))}.", width="stretch")
        _corrections(key, bytewise)
    shown = found.columns[:MOST_SHOWN]
    st.table(_first_rows(found, shown), hide_index=True, alt=f"The first {len(found.first_rows)} rows as they were "
             f"understood, with {len(shown)} of {len(found.columns)} columns.")
    hidden = len(found.columns) - len(shown)
    other = [f"{escaped(column.name)} ({column.kind})" for column in found.columns if column.kind != "numbers"]
    notes = [f"{hidden} more column{'s' * (hidden > 1)}, not shown here"] if hidden else []
    notes += [f"no numbers, and left out: {', '.join(other[:MOST_SHOWN])}{' ..' * (len(other) > MOST_SHOWN)}"
              ] if other else []
    if notes:
        text = "; ".join(notes)
        st.caption(f"{text[:1].upper()}{text[1:]}.")


def _parts(found: Sheet, bytewise: bool) -> list[str]:
    dialect, rows = found.dialect, len(found.lines)
    parts = [f"{rows:,} row{'' if rows == 1 else 's'}",
             f"{dialects.DELIMITER_NAMES[str(dialect.delimiter)]} between the cells",
             f"a decimal {DECIMALS[str(dialect.decimal)]}",
             "names in the first row" if dialect.header else "no row of names"]
    return [*parts, text_encoding.title(str(dialect.encoding))] if bytewise else parts


def _first_rows(found: Sheet, shown: Sequence[tables.Column]) -> dict[str, list[str]]:
    """The first rows by column: numbers as they were read, other cells as they were typed."""
    rows = range(len(found.first_rows))
    cells: dict[str, list[str]] = {"row": [str(found.lines[row]) for row in rows]}
    for place, column in enumerate(shown):
        typed = [found.first_rows[row][place] for row in rows]
        cells[escaped(f" {column.name}" if column.name == "row" else column.name)] = [
            _number(column.values[row], cell) if column.kind == "numbers" else escaped(cell[:MOST_TYPED])
            for row, cell in zip(rows, typed, strict=True)]
    return cells


def _number(value: float, typed: str) -> str:
    """A number to 15 digits; what was typed where it is none."""
    return f"{value:.15g}" if math.isfinite(value) else f"{escaped(typed[:MOST_TYPED])} ?"


# What the page uses ---------------------------------------------------------------------------------------------------


def size_problem(found: Sheet, required: Requirements) -> str:
    """Why the page cannot use the table, whatever is chosen of it; "" where it can."""
    rows, columns = len(found.lines), len(found.names())
    if columns < required.min_columns:
        text = next((column for column in found.columns if column.kind == "text" and column.problem), None)
        other = "" if text is None or text.problem is None else (
            f" (column {text.place} holds text, {tables.quoted(text.problem[1])} in row "
            f"{int(found.lines[text.problem[0]])})")
        return (f"the table has {columns} column{'' if columns == 1 else 's'} of numbers{other} and this page needs "
                f"{required.columns()}: put one number for each column in every row")
    if rows < required.min_rows:
        return (f"the table has {rows} row{'' if rows == 1 else 's'} and this page needs at least "
                f"{required.min_rows}: add rows, one a line")
    return ""


def _chosen(key: str, found: Sheet, required: Requirements) -> Table:
    """The columns that the visitor chose; DataError where the page cannot use them."""
    names = _pick(key, found.names(), required)
    labels = _labels(key, found) if required.labels else None
    complete = _complete(key, found.incomplete(names), len(found.lines))
    if len(names) < required.min_columns:
        raise DataError(f"this page needs {required.columns()} and {len(names)} are chosen: choose more")
    table = found.select(names, labels, complete)
    if len(table.x) < required.min_rows:
        raise DataError(f"only {len(table.x)} rows are complete and this page needs at least {required.min_rows}: "
                        "fill in cells, or choose other columns")
    if problem := value_problem(table):
        raise DataError(problem)
    return table


def _pick(key: str, columns: tuple[str, ...], required: Requirements) -> list[str]:
    if len(columns) == required.min_columns == required.max_columns:
        return list(columns)
    most = required.most_columns
    return st.multiselect(f"Columns, in the order in which the page uses them ({required.columns()})", columns,
                          default=list(columns[:most]), max_selections=most,
                          key=f"{key}:columns:{hash((columns, most)):x}")


def _labels(key: str, found: Sheet) -> str | None:
    """The column of text that the visitor chose to label the rows with; the first one until then."""
    columns = [column.name for column in found.columns if column.kind == "text" and len(column.classes) > 1]
    if not columns:
        return None
    chosen = st.selectbox("Labels of the rows, which no fit sees", [NO_LABELS, *columns], index=1, key=f"{key}:labels")
    return None if chosen == NO_LABELS else str(chosen)


def _complete(key: str, incomplete: int, rows: int) -> bool:
    """Whether to leave out the rows that miss a value."""
    if not 0 < incomplete < rows:
        return False
    return st.toggle(f"Leave out the {incomplete} row{'' if incomplete == 1 else 's'} with an empty cell",
                     key=f"{key}:complete")


def value_problem(table: Table) -> str:
    """Why the page cannot use the numbers; "" where it can."""
    peak, column = table.x.abs().amax(0).max(0)
    if float(peak) <= MAX_ABS:
        return ""
    return (f"column {table.columns[int(column)]} holds a number of size {written(float(peak), '.2g')} and the "
            f"page takes up to {written(MAX_ABS, '.0e')}: give the column in a larger unit, or leave it out")


__all__ = ["MEANWHILE", "Requirements", "read", "size_problem", "table", "value_problem"]

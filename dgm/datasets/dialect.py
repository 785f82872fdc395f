"""How a table is written: delimiter, decimal mark, names; judged on the whole table."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dgm.datasets import number_text
from dgm.errors import DataError

ONE_COLUMN, BLANKS = "", " "
DELIMITERS = ("\t", ";", ",", "|", BLANKS, ONE_COLUMN)   # of equally good ones the first is taken
DELIMITER_NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "vertical bars", BLANKS: "blanks",
                   ONE_COLUMN: "nothing (one column)"}
_NEVER = "\x1f"                # a delimiter that no text has: such texts are refused before
_JUDGED = 50_000              # characters that decide the delimiter
_DECLARED = re.compile(r'"?sep=(\\t|.)"?[\t,;| ]*\n', re.IGNORECASE)   # the first line that Excel reads and writes


class Dialect(NamedTuple):
    """How a table is written; None where it is to be judged."""

    delimiter: str | None = None   # one of DELIMITERS
    decimal: str | None = None     # "." or ","
    header: bool | None = None     # whether the first row holds names
    encoding: str | None = None    # a Python codec, of bytes


class Row(NamedTuple):
    """One row of cells, stripped."""

    line: int          # of the text, counted from 1, where the row begins
    cells: list[str]


def declared(text: str) -> tuple[str, str | None]:
    """The text with an empty line for a first line such as `sep=;`, and the delimiter that this line declares."""
    found = _DECLARED.match(text)
    if found is None:
        return text, None
    mark = "\t" if found[1] == r"\t" else found[1]
    return text[found.end() - 1 :], mark if mark in DELIMITERS else None


def rows(text: str, delimiter: str) -> list[Row]:
    """The rows of a text whose lines end with a line feed; rows without any content are left out.

    DataError where a quotation mark is not closed or a cell is too long.

    >>> [row.cells for row in rows('a;"b, c"\\n\\n1;2;', ";")]
    [['a', 'b, c'], ['1', '2', '']]
    """
    found: list[Row] = []
    lines = text.split("\n")
    reader = csv.reader(_prepared(lines, delimiter), delimiter={ONE_COLUMN: _NEVER}.get(delimiter, delimiter),
                        skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return found
        except csv.Error as cause:
            raise DataError(f"a cell that begins in row {line} has more than {csv.field_size_limit():,} characters: "
                            "shorten it, or close its quotation marks") from cause
        if reader.line_num == len(lines) > line and text.count('"') % 2:
            raise DataError(f"the quotation mark that opens in row {line} is not closed: close it or take it out")
        cells = [cell.strip() for cell in cells]
        if any(cells):
            found.append(Row(line, cells))


def _prepared(lines: Sequence[str], delimiter: str) -> Iterator[str]:
    """The lines with their ends; of a table with blanks between its cells without those around the cells."""
    for line in lines:
        yield (line.replace("\t", " ").strip(" ") if delimiter == BLANKS else line) + "\n"


def width(found: Sequence[Row]) -> int:
    """Number of columns: the most frequent number of cells, without those that are empty at the end of every row.

    Of two equally frequent numbers that of the earlier row.
    """
    counts = Counter(len(row.cells) for row in found)
    used = max((place + 1 for row in found for place, cell in enumerate(row.cells) if cell), default=0)
    return min(counts.most_common(1)[0][0], used) if counts else 0


def fits(row: Row, columns: int) -> bool:
    """Whether a row has `columns` cells, not counting empty ones after them."""
    return len(row.cells) >= columns and not any(row.cells[columns:])


def judge_delimiter(text: str) -> str:
    """The delimiter that gives the most numbers in rows of equal length; DataError where no delimiter gives rows.

    >>> judge_delimiter("height, cm;weight, kg\\n1,72;68,5"), judge_delimiter("waiting time\\n79\\n54")
    (';', '')
    """
    sample, best, highest, problem = _sample(text), None, -1.0, None
    for delimiter in DELIMITERS:
        if delimiter != ONE_COLUMN and delimiter not in sample and not (delimiter == BLANKS and "\t" in sample):
            continue
        try:
            score = _score(rows(sample, delimiter), delimiter)
        except DataError as error:
            problem = problem or error
            continue
        if score > highest:
            best, highest = delimiter, score
    if best is None or (best == ONE_COLUMN and problem is not None):
        raise problem or DataError("there is nothing in it")
    return best


def _sample(text: str) -> str:
    """The first lines of a text, up to one where all quotation marks are closed."""
    end = text.rfind("\n", 0, _JUDGED) if len(text) > _JUDGED else -1
    while end > 0 and text.count('"', 0, end) % 2:
        end = text.rfind("\n", 0, end)
    return text[:end] if end > 0 else text


def _score(found: Sequence[Row], delimiter: str) -> float:
    """Share of the rows that are of equal length, times the share of numbers in them, less where the first row differs.

    A text without numbers is one column.
    """
    if not found:
        return 0.0
    body = found[1:] or found
    named_rows = row_names(found, width(body))
    columns = width(body if named_rows else found)
    even = [row for row in body if fits(row, columns)] or [row for row in found if fits(row, columns)]
    cells = [cell for row in even for cell in row.cells if cell]
    numeric = _share_of_numbers(cells) if cells else 0.0
    first = named_rows or fits(found[0], columns)
    if delimiter == ONE_COLUMN and any("," in cell for cell in cells):
        # Decimal commas under one name. Other texts of this form are rows of different length.
        first = "," not in found[0].cells[0] and number_text.number(found[0].cells[0]) is None
    return len(even) / len(body) * (numeric or 0.01 * (delimiter == ONE_COLUMN)) * (1.0 if first else 0.4)


def _share_of_numbers(cells: Sequence[str]) -> float:
    found = (number_text.numbers(cells, mark) for mark in (number_text.POINT, number_text.COMMA))
    return max(1 - float(np.isnan(values).mean()) for values in found)


def row_names(found: Sequence[Row], columns: int) -> bool:
    """Whether the first row has a name less than the others have cells, as R writes a table with names of the rows."""
    if len(found) < 2 or len(found[0].cells) != columns - 1 or columns < 2:
        return False
    return counts_rows([row.cells[0] for row in found[1:]]) or not any(
        number_text.number(row.cells[0], mark) is not None for row in found[1:]
        for mark in (number_text.POINT, number_text.COMMA))


def counts_rows(cells: Sequence[str]) -> bool:
    """Whether the cells are 1, 2, 3, .. or 0, 1, 2, ..."""
    return any(all(cell == str(start + place) for place, cell in enumerate(cells)) for start in (0, 1))


__all__ = ["BLANKS", "DELIMITERS", "DELIMITER_NAMES", "ONE_COLUMN", "Dialect", "Row", "counts_rows", "declared", "fits",
           "judge_delimiter", "row_names", "rows", "width"]

"""The comparison's rows as a table beside the weights, so that a page shows them at once."""

import csv
from functools import cache
from pathlib import Path

from dgm.autoregressive.comparison import Row

NAME = "comparison.csv"


@cache
def stored() -> tuple[Row, ...]:
    """The rows that `comparison.rows()` gave when the weights were made.

    >>> from dgm.autoregressive.checkpoints import rows_file
    >>> rows_file.stored()[0].model
    'independent pixels'
    """
    with (Path(__file__).parent / NAME).open(encoding="utf-8", newline="") as lines:
        _, *rows = csv.reader(lines)
    return tuple(Row(model, kind, float(nats), float(spread), float(error), note)
                 for model, kind, nats, spread, error, note in rows)


def write(rows: tuple[Row, ...], folder: Path) -> None:
    """Store the rows in the folder of the weights."""
    with (folder / NAME).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows([*row[:2], *(f"{value:.5f}" for value in row[2:5]), row.note] for row in rows)

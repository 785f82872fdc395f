"""The CSV of a figure, as a browser makes it, and the check that every number of every trace is in it."""

import csv
import json
import math
from io import StringIO
from typing import Any

import numpy as np

from tests.ui.take_home.node import script
from ui.components.live_figure import payload
from ui.figures.spec import Figure

FILES = ("live_figure/arrays.js", "take_home/numbers.js")
CALL = """(figures) => csv(figureNumbers(figures.map((figure) => {
  const { data, layout = {} } = decode(figure);
  return { data, layout };
})))"""

Row = dict[str, str]


def rows(*figures: Figure) -> list[Row]:
    """The rows of the CSV of some figures."""
    sent = [json.loads(payload.encode(fig.to_dict())) for fig in figures]
    text = script(CALL, *FILES)(sent)
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def assert_every_number_is_saved(fig: Figure) -> None:
    """Each trace's rows hold its lists, in order, each in one column."""
    left = rows(fig)
    for number, trace in enumerate(fig.data):
        if trace.get("meta") == "handle":
            continue
        lists = _lists(trace)
        count = max((len(values) for values in lists.values()), default=0)
        block, left = left[:count], left[count:]
        columns = list(zip(*(row.values() for row in block), strict=True))
        for name, values in lists.items():
            assert any(_same(column, values) for column in columns), f"{name} of trace {number} is not in the CSV"
    assert {row["trace"] for row in left} <= _shape_names(fig), "no row without a trace"


def _shape_names(fig: Figure) -> set[str]:
    return {"line", "band"} | {str(shape.get("name") or shape["label"]["text"])
                               for shape in fig.layout.get("shapes", ()) if shape.get("name") or shape.get("label")}


def _lists(trace: dict[str, Any]) -> dict[str, list[Any]]:
    """The lists of a trace, by property; of a grid one value for each cell."""
    grid = np.ndim(trace.get("z")) > 1
    if grid:
        return {"z": list(np.asarray(trace["z"]).ravel())}
    if trace.get("meta") == "words":
        return {"text": list(trace["text"])}
    found = {name: trace.get(name) for name in ("x", "y", "z")}
    if trace.get("meta") == "clamped":
        found["y"] = trace["customdata"]
    found |= {name: None for name, values in found.items() if values is not None and _is_only_name(trace, values)}
    found |= {f"error_{axis}": trace.get(f"error_{axis}", {}).get("array") for axis in "xy"}
    meta = trace.get("meta")
    columns = meta.get("columns", {}) if isinstance(meta, dict) else {}
    found |= {name: values[:len(trace["x"])] for name, values in columns.items()}
    return {name: list(values) for name, values in found.items() if np.ndim(values) == 1 and len(values)}


def _is_only_name(trace: dict[str, Any], values: Any) -> bool:
    """Whether the values say only what the trace is called, with its number or without."""
    name = trace.get("name")
    return bool(name) and len(values) == 1 and f"{next(iter(values))} ".startswith(f"{name} ")


def _same(cells: tuple[str, ...], values: list[Any]) -> bool:
    return all(_equal(cell, value) for cell, value in zip(cells, values, strict=False)) and not any(cells[len(values):])


def _equal(cell: str, value: Any) -> bool:
    """Whether a cell holds the value: a number of single precision comes back exactly, in single precision."""
    if value is None or (isinstance(value, float | np.floating) and not math.isfinite(value)):
        return cell == ""
    if isinstance(value, str):
        return bool(cell) or not value
    try:
        found = float(cell)
    except ValueError:
        return False
    kind = value.dtype.type if isinstance(value, np.floating) else float
    return bool(kind(found) == kind(value))


__all__ = ["assert_every_number_is_saved", "rows"]

"""A visitor's own points on any page that has point data: drawn, pasted or uploaded.

    table = points.points(min_columns=2, max_columns=2, start=data.x)
    x = data.x if table is None else table.x
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st
import torch

from dgm.datasets import table as tables
from dgm.errors import DataError
from ui import cache, controls
from ui.messages import show_error
from ui.own_data import drawing
from ui.own_data.drawing import Point

PAGE, DRAW, PASTE, UPLOAD = "The page's data", "Draw points", "Paste a table", "Upload a CSV file"
MAX_ABS = 1e9      # larger numbers cost precision in squares and products
MEANWHILE = "The page shows its own data meanwhile."
EXAMPLE = "height, weight\n1.72, 68\n1.80, 77\n1.65, 59"


class Requirements(NamedTuple):
    """The tables that a page can use."""

    limits: tables.Limits
    min_columns: int
    max_columns: int | None
    min_rows: int

    def columns(self) -> str:
        """The allowed number of columns, as text."""
        least, most = self.min_columns, self.max_columns
        if least == most:
            return f"{least} column{'' if least == 1 else 's'}"
        return f"{least} or more columns" if most is None else f"{least} to {most} columns"


def points(name: str = "own", *, limits: tables.Limits = tables.Limits(),  # noqa: B008  (a constant)
           start: Any = None, min_columns: int = 1, max_columns: int | None = None, draw: bool = True,
           min_rows: int = 2) -> tables.Table | None:
    """Draw the section "Your own data". Returns the table, None while the page's data are chosen or none is usable.

    name: of the control of the drawn points (`drawing.parameter`). limits: of pasted and uploaded tables. start (N, D):
    the page's points, which set the axes of a drawing and can be copied into it. min_columns, max_columns, min_rows:
    what the page needs. draw: whether points may be drawn, where the page takes two columns. Drawn points are in the
    link as `?own=x_y_x_y`; pasted and uploaded tables stay in this session.
    """
    required = Requirements(limits, min_columns, max_columns, min_rows)
    sources = [PAGE, *([DRAW] if draw and min_columns <= 2 and max_columns != 1 else []), PASTE, UPLOAD]
    _follow_link(name, DRAW in sources)
    if name in controls.hidden():
        return _hidden_table(name, required)
    # Open at first when the link has points; afterwards only the visitor opens and closes it, because setting
    # `expanded` again would remount the figure inside.
    opened = st.session_state.setdefault(f"{name}:opened", _source(name) != PAGE)
    with st.expander("Your own data", key=f"{name}:section", icon=":material/table:", expanded=opened):
        return _section(name, sources, required, start)


def _source(name: str) -> str:
    return str(st.session_state.get(f"{name}:way", PAGE))


def _drawn(name: str) -> tuple[Point, ...]:
    """The points drawn in this session."""
    points: tuple[Point, ...] = st.session_state.get(f"{name}:points", ())
    return points


def _choose(name: str, source: str, points: Sequence[Point] | None = None) -> None:
    """Choose where the points come from. Drawn points are in the link while the page shows them."""
    st.session_state[f"{name}:way"] = source
    if points is not None:
        st.session_state[f"{name}:points"] = tuple(points)
    _write_link(name)


def _write_link(name: str) -> None:
    if _source(name) == DRAW:
        controls.set_value(name, _drawn(name) or None)
    elif controls.value(name):
        controls.set_value(name, None)


def _follow_link(name: str, drawable: bool) -> None:
    """Use the points of the link or of a preset where they differ from those drawn in this session."""
    linked = controls.value(name)
    if linked and not drawable:
        controls.set_value(name, None)
        controls.note("This page cannot show drawn points.")
    elif drawable and linked != (_drawn(name) if _source(name) == DRAW else ()):
        _choose(name, DRAW if linked else PAGE, linked or None)
        if linked:
            st.session_state[f"{name}:opened"] = True


def _hidden_table(name: str, required: Requirements) -> tables.Table | None:
    drawn = _drawn(name)
    return _table(drawn) if _source(name) == DRAW and len(drawn) >= required.min_rows else None


def _first_points(start: Any) -> list[Point]:
    """The first two columns of the page's points; empty where it has fewer."""
    if start is None:
        return []
    x = torch.as_tensor(start, dtype=torch.float64)
    return [] if x.ndim != 2 or x.shape[1] < 2 or not len(x) else [(a, b) for a, b in x[:, :2].tolist()]


def _section(name: str, sources: Sequence[str], required: Requirements, start: Any) -> tables.Table | None:
    st.session_state[f"{name}:way"] = _source(name)  # as a link or a button chose, else the page's data
    source = st.segmented_control("Where the points come from", sources, required=True, key=f"{name}:way",
                               on_change=_write_link, args=(name,),
                               persist_state="page")  # because some parts of a page do not draw this section
    if source == PAGE:
        st.caption(f"Bring your own: {required.columns()} of numbers, at least {required.min_rows} rows. "
                   "What you draw goes into the link; a pasted or uploaded table stays in this session.")
        return None
    readers: dict[str, Callable[[], tables.Table | None]] = {
        DRAW: lambda: _draw(name, required, _first_points(start)),
        PASTE: lambda: _selected(name, _paste(name, required.limits), required),
        UPLOAD: lambda: _selected(name, _upload(name, required.limits), required),
    }
    table = readers[str(source)]()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back to the page's data", key=f"{name}:back", on_click=_choose, args=(name, PAGE))
        if table is not None:
            st.caption(f"In use: {len(table.x):,} rows of {', '.join(map(_plain, table.columns))}.", width="stretch")
    return table


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in " .,-+%()/")


# Drawing


def _draw(name: str, required: Requirements, start: list[Point]) -> tables.Table | None:
    st.caption(f"Click to add a point, click a point to take it away; up to {drawing.MAX_POINTS}. They are in the "
               "link: copy it to send them.")
    if start:
        st.button("Begin with the page's points", key=f"{name}:begin", on_click=_copy_points, args=(name, start),
                  help=f"Puts them on the plane, or {drawing.MAX_POINTS} of them where there are more.")
    drawn = _drawn(name)
    drawing.canvas(f"{name}:plane", f"{name}_axes", drawn, start, ("x", "y"),
                   on_change=lambda points: _choose(name, DRAW, points))
    if len(drawn) < required.min_rows:
        st.info(f"Draw at least {required.min_rows} points. {MEANWHILE}", icon=":material/draw:")
        return None
    return _table(drawn)


def _copy_points(name: str, start: list[Point]) -> None:
    _choose(name, DRAW, drawing.snapped(drawing.thinned(start), drawing.around(start)))


def _table(drawn: Sequence[Point]) -> tables.Table:
    return tables.Table(("x", "y"), torch.tensor(drawn, dtype=torch.float64))


# Tables


def _paste(name: str, limits: tables.Limits) -> str | bytes | None:
    text = st.text_area("One row a line; commas, semicolons, tabs or blanks between the cells", key=f"{name}:text",
                        height=180, placeholder=EXAMPLE, persist_state="session")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Use these rows", key=f"{name}:use")  # a press moves the focus, which commits the text
        st.caption(_allowed(limits), width="stretch")
    return text or None


def _upload(name: str, limits: tables.Limits) -> str | bytes | None:
    key, stored = f"{name}:file", f"{name}:stored"

    def store() -> None:  # called for the visitor's choice, not when a part of the page without the uploader is shown
        file: Any = st.session_state.get(key)
        st.session_state[stored] = None if file is None else (file.name, file.getvalue())

    file = st.file_uploader("A text file of numbers (CSV)", type=["csv", "tsv", "txt"], key=key, on_change=store)
    st.caption(_allowed(limits))
    found = st.session_state.get(stored)
    if found is None:
        return None
    if file is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Take the file out", key=f"{name}:out", on_click=st.session_state.pop, args=(stored, None))
            st.caption(f"Still in use: {_plain(found[0])[:60]}.", width="stretch")
    content: bytes = found[1]
    return content


def _allowed(limits: tables.Limits) -> str:
    return (f"Up to {limits.rows:,} rows, {limits.columns} columns, {limits.megabytes:g} MB; the first line may hold "
            "names. It stays in this session: a link does not carry it.")


@cache.shared(entries=16)   # error messages are cached too
def _parsed(content: str | bytes, limits: tables.Limits) -> tables.Table | str:
    try:
        return tables.parse(content, limits)
    except DataError as error:
        return str(error)


def _selected(name: str, content: str | bytes | None, required: Requirements) -> tables.Table | None:
    """The columns that the visitor chose, or None after an error message."""
    if content is None:
        return None
    parsed = _parsed(content, required.limits)
    problem = parsed if isinstance(parsed, str) else _size_problem(parsed, required)
    if isinstance(parsed, str) or problem:
        show_error(str(problem), MEANWHILE)
        return None
    names = _pick(name, parsed.columns, required)
    if len(names) < required.min_columns:
        show_error(f"this page needs {required.columns()} and {len(names)} are chosen: choose more", MEANWHILE)
        return None
    table = parsed.select(names)
    if problem := _value_problem(table):
        show_error(problem, MEANWHILE)
        return None
    return table


def _size_problem(table: tables.Table, required: Requirements) -> str:
    rows, columns = table.x.shape
    if columns < required.min_columns:
        return (f"the table has {columns} column{'' if columns == 1 else 's'} and this page needs "
                f"{required.columns()}: put one number for each column in every row")
    if rows < required.min_rows:
        return (f"the table has {rows} row{'' if rows == 1 else 's'} and this page needs at least "
                f"{required.min_rows}: add rows, one a line")
    return ""


def _value_problem(table: tables.Table) -> str:
    peak, column = table.x.abs().amax(0).max(0)
    if float(peak) <= MAX_ABS:
        return ""
    return (f"column {table.columns[int(column)]} holds a number of size {float(peak):.2g} and the page takes up to "
            f"{MAX_ABS:.0e}: give the column in a larger unit, or leave it out")


def _pick(name: str, columns: tuple[str, ...], required: Requirements) -> list[str]:
    if len(columns) == required.min_columns == required.max_columns:
        return list(columns)
    most = required.max_columns or len(columns)
    return st.multiselect(f"Columns, in the order in which the page uses them ({required.columns()})", columns,
                          default=list(columns[:most]), max_selections=most,
                          key=f"{name}:columns:{hash((columns, most)):x}")

"""A person's own points on any page that has point data: drawn, pasted or uploaded.

    table = owndata.points(min_columns=2, max_columns=2, start=data.x)
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
LARGEST = 1e9      # squares and products of larger numbers drown the rest
MEANWHILE = "The page shows its own data meanwhile."
EXAMPLE = "height, weight\n1.72, 68\n1.80, 77\n1.65, 59"


class Wanted(NamedTuple):
    """What a page can take."""

    limits: tables.Limits
    min_columns: int
    max_columns: int | None
    min_rows: int

    def columns(self) -> str:
        """The number of columns in words."""
        least, most = self.min_columns, self.max_columns
        if least == most:
            return f"{least} column{'' if least == 1 else 's'}"
        return f"{least} or more columns" if most is None else f"{least} to {most} columns"


def points(name: str = "own", *, limits: tables.Limits = tables.Limits(),  # noqa: B008  (a constant)
           start: Any = None, min_columns: int = 1, max_columns: int | None = None, draw: bool = True,
           min_rows: int = 2) -> tables.Table | None:
    """The section "Your own data": the chosen table, or None while the page's own data are wanted or none is usable.

    `start` (N, D): the page's points; a drawing has their axes, and may begin with them. `min_columns`, `max_columns`:
    what the page can use, chosen by the person in order. `draw`: whether points may be drawn (on pages that take 2).
    Drawn points are in the link as `?own=x_y_x_y`; pasted and uploaded tables stay in this session.
    """
    wanted = Wanted(limits, min_columns, max_columns, min_rows)
    ways = [PAGE, *([DRAW] if draw and min_columns <= 2 and max_columns != 1 else []), PASTE, UPLOAD]
    _follow_link(name, DRAW in ways)
    if name in controls.hidden():
        return _linked(name, wanted)
    # Open where a link brought points; afterwards only the visitor opens and closes it, as a section that is opened by
    # code while it is open takes its figure down and puts it up again.
    opened = st.session_state.setdefault(f"{name}:opened", _way(name) != PAGE)
    with st.expander("Your own data", key=f"{name}:section", icon=":material/table:", expanded=opened):
        return _section(name, ways, wanted, start)


def _way(name: str) -> str:
    return str(st.session_state.get(f"{name}:way", PAGE))


def _drawn(name: str) -> tuple[Point, ...]:
    """The points drawn so far in this session."""
    points: tuple[Point, ...] = st.session_state.get(f"{name}:points", ())
    return points


def _choose(name: str, way: str, points: Sequence[Point] | None = None) -> None:
    """Choose where the points come from. Drawn points are part of the link while they are what the page shows."""
    st.session_state[f"{name}:way"] = way
    if points is not None:
        st.session_state[f"{name}:points"] = tuple(points)
    _write_link(name)


def _write_link(name: str) -> None:
    if _way(name) == DRAW:
        controls.set_value(name, _drawn(name) or None)
    elif controls.value(name):
        controls.set_value(name, None)


def _follow_link(name: str, drawable: bool) -> None:
    """Take over what a link or a preset says: points that are not those drawn here, or none any more."""
    linked = controls.value(name)
    if linked and not drawable:
        controls.set_value(name, None)
        controls.note("This page cannot show drawn points.")
    elif drawable and linked != (_drawn(name) if _way(name) == DRAW else ()):
        _choose(name, DRAW if linked else PAGE, linked or None)
        if linked:
            st.session_state[f"{name}:opened"] = True


def _linked(name: str, wanted: Wanted) -> tables.Table | None:
    drawn = _drawn(name)
    return _table(drawn) if _way(name) == DRAW and len(drawn) >= wanted.min_rows else None


def _starting(start: Any) -> list[Point]:
    """The first two columns of the page's points, a few of them."""
    if start is None:
        return []
    x = torch.as_tensor(start, dtype=torch.float64)
    return [] if x.ndim != 2 or x.shape[1] < 2 or not len(x) else [(a, b) for a, b in x[:, :2].tolist()]


def _section(name: str, ways: Sequence[str], wanted: Wanted, start: Any) -> tables.Table | None:
    st.session_state[f"{name}:way"] = _way(name)  # a way that a link or a button chose, else the first
    way = st.segmented_control("Where the points come from", ways, required=True, key=f"{name}:way",
                               on_change=_write_link, args=(name,),
                               persist_state="page")  # a part of the page may do without the points for a while
    if way == PAGE:
        st.caption(f"Bring your own: {wanted.columns()} of numbers, at least {wanted.min_rows} rows. "
                   "What you draw goes into the link; a pasted or uploaded table stays in this session.")
        return None
    taken: dict[str, Callable[[], tables.Table | None]] = {
        DRAW: lambda: _draw(name, wanted, _starting(start)),
        PASTE: lambda: _chosen(name, _paste(name, wanted.limits), wanted),
        UPLOAD: lambda: _chosen(name, _upload(name, wanted.limits), wanted),
    }
    table = taken[str(way)]()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back to the page's data", key=f"{name}:back", on_click=_choose, args=(name, PAGE))
        if table is not None:
            st.caption(f"In use: {len(table.x):,} rows of {', '.join(map(_plain, table.columns))}.", width="stretch")
    return table


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in " .,-+%()/")


# Drawing


def _draw(name: str, wanted: Wanted, start: list[Point]) -> tables.Table | None:
    st.caption(f"Click to add a point, click a point to take it away; up to {drawing.MOST}. They are in the link: "
               "copy it to send them.")
    if start:
        st.button("Begin with the page's points", key=f"{name}:begin", on_click=_begin, args=(name, start),
                  help=f"Puts them on the plane, or {drawing.MOST} of them where there are more.")
    drawn = _drawn(name)
    drawing.canvas(f"{name}:plane", f"{name}_axes", drawn, start, ("x", "y"),
                   on_change=lambda points: _choose(name, DRAW, points))
    if len(drawn) < wanted.min_rows:
        st.info(f"Draw at least {wanted.min_rows} points. {MEANWHILE}", icon=":material/draw:")
        return None
    return _table(drawn)


def _begin(name: str, start: list[Point]) -> None:
    _choose(name, DRAW, drawing.snapped(drawing.thinned(start), drawing.around(start)))


def _table(drawn: Sequence[Point]) -> tables.Table:
    return tables.Table(("x", "y"), torch.tensor(drawn, dtype=torch.float64))


# Tables


def _paste(name: str, limits: tables.Limits) -> str | bytes | None:
    text = st.text_area("One row a line; commas, semicolons, tabs or blanks between the cells", key=f"{name}:text",
                        height=180, placeholder=EXAMPLE, persist_state="session")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Use these rows", key=f"{name}:use")  # pressing it takes the focus from the text, which sends it
        st.caption(_allowed(limits), width="stretch")
    return text or None


def _upload(name: str, limits: tables.Limits) -> str | bytes | None:
    key, stored = f"{name}:file", f"{name}:stored"

    def chosen() -> None:  # by the visitor: a part of the page that takes the uploader down changes nothing
        file: Any = st.session_state.get(key)
        st.session_state[stored] = None if file is None else (file.name, file.getvalue())

    file = st.file_uploader("A text file of numbers (CSV)", type=["csv", "tsv", "txt"], key=key, on_change=chosen)
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


@cache.shared(entries=16)   # error messages too
def _parsed(content: str | bytes, limits: tables.Limits) -> tables.Table | str:
    try:
        return tables.parse(content, limits)
    except DataError as error:
        return str(error)


def _chosen(name: str, content: str | bytes | None, wanted: Wanted) -> tables.Table | None:
    """The columns that the person chose of what they brought, or a refusal shown here."""
    if content is None:
        return None
    parsed = _parsed(content, wanted.limits)
    complaint = parsed if isinstance(parsed, str) else _unfit(parsed, wanted)
    if isinstance(parsed, str) or complaint:
        show_error(str(complaint), MEANWHILE)
        return None
    names = _pick(name, parsed.columns, wanted)
    if len(names) < wanted.min_columns:
        show_error(f"this page needs {wanted.columns()} and {len(names)} are chosen: choose more", MEANWHILE)
        return None
    table = parsed.select(names)
    complaint = _too_large(table)
    if complaint:
        show_error(complaint, MEANWHILE)
        return None
    return table


def _unfit(table: tables.Table, wanted: Wanted) -> str:
    rows, columns = table.x.shape
    if columns < wanted.min_columns:
        return (f"the table has {columns} column{'' if columns == 1 else 's'} and this page needs {wanted.columns()}: "
                "put one number for each column in every row")
    if rows < wanted.min_rows:
        return (f"the table has {rows} row{'' if rows == 1 else 's'} and this page needs at least {wanted.min_rows}: "
                "add rows, one a line")
    return ""


def _too_large(table: tables.Table) -> str:
    peak, column = table.x.abs().amax(0).max(0)
    if float(peak) <= LARGEST:
        return ""
    return (f"column {table.columns[int(column)]} holds a number of size {float(peak):.2g} and the page takes up to "
            f"{LARGEST:.0e}: give the column in a larger unit, or leave it out")


def _pick(name: str, columns: tuple[str, ...], wanted: Wanted) -> list[str]:
    if len(columns) == wanted.min_columns == wanted.max_columns:
        return list(columns)
    most = wanted.max_columns or len(columns)
    return st.multiselect(f"Columns, in the order in which the page uses them ({wanted.columns()})", columns,
                          default=list(columns[:most]), max_selections=most,
                          key=f"{name}:columns:{hash((columns, most)):x}")

"""A visitor's own points on any page that has point data: drawn, pasted or uploaded.

    table = points.points(min_columns=2, max_columns=2, start=data.x)
    x = data.x if table is None else table.x
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
import torch

from dgm.datasets import table as tables
from ui import cache, contents, controls
from ui.components import share_link
from ui.kept_work.stored import Stored
from ui.messages import escaped, show_error
from ui.own_data import drawing, reading
from ui.own_data.drawing import Point
from ui.own_data.image import LONGEST_FILE, still_in_use
from ui.own_data.reading import MEANWHILE, Requirements

PAGE, DRAW, PASTE, UPLOAD = "The page's data", "Draw points", "Paste a table", "Upload a CSV file"
NAMES = "x", "y"     # of the columns of drawn points
EXAMPLE = "height, weight\n1.72, 68\n1.80, 77\n1.65, 59"


Check = Callable[[tables.Table], object]


def points(name: str = "own", *, limits: tables.Limits = tables.Limits(),  # noqa: B008  (a constant)
           start: Any = None, min_columns: int = 1, max_columns: int | None = None, draw: bool = True,
           min_rows: int = 2, labels: bool = False, check: Check | None = None,
           names: tuple[str, str] = NAMES, by_control: bool = False) -> tables.Table | None:
    """Draw the section "Your own data". Returns the table, None while the page's data are chosen or none is usable.

    name: of the control of the drawn points (`drawing.parameter`). limits: of pasted and uploaded tables. start (N, D):
    the page's points, which set the axes of a drawing and can be copied into it. min_columns, max_columns, min_rows:
    what the page needs. draw: whether points may be drawn, where the page takes two columns. labels: whether the page
    can use labels of the rows. check: called with the table; a ValueError says why the page cannot use it. names: of
    the columns that drawn points have on the axes of the page's data. by_control: whether a control of the page chooses
    own data: a situation sets that control, and when it is set back the table is there again. Drawn points are in the
    link as `?own=x_y_x_y`; pasted and uploaded tables stay in this session.
    """
    required = Requirements(limits, min_columns, max_columns, min_rows, labels)
    sources = [PAGE, *([DRAW] if draw and min_columns <= 2 and max_columns != 1 else []), PASTE, UPLOAD]
    _follow_link(name, DRAW in sources)
    if name in controls.hidden():
        return _checked(_hidden_table(name, required, names), check)
    # Open at first when the link has points; afterwards only the visitor opens and closes it, because setting
    # `expanded` again would remount the figure inside.
    opened = st.session_state.setdefault(f"{name}:opened", _source(name) != PAGE)
    with st.expander("Your own data", key=f"{name}:section", icon=":material/table:", expanded=opened):
        table = _section(name, sources, required, start, check, names)
    if table is not None and not by_control and _source(name) != DRAW:      # drawn points are a control's
        controls.shows_own_data(lambda: _choose(name, PAGE))
    return table


def chosen(*names: str) -> bool:
    """Whether a pasted or uploaded table is chosen in one of these sections, usable or not. names: as for `points`."""
    return any(_source(name) in (PASTE, UPLOAD) for name in names)


def _checked(table: tables.Table | None, check: Check | None) -> tables.Table | None:
    """The table, or None after a message where the page cannot use it."""
    if table is None or check is None:
        return table
    try:
        check(table)
    except ValueError as error:
        show_error(_by_name(str(error), table.columns), MEANWHILE)
        return None
    return table


def _by_name(problem: str, columns: Sequence[str]) -> str:
    """A sentence of `dgm`, which numbers the columns that it gets, with their names in the visitor's file."""
    def name(found: re.Match[str]) -> str:
        number = int(found[1]) - 1
        return f"column {columns[number].removeprefix('column ')}" if number < len(columns) else found[0]

    return re.sub(r"\bcolumn (\d+)\b", name, problem)


def _source(name: str) -> str:
    return str(st.session_state.get(f"{name}:way") or _stored(name, "source").value or PAGE)


def _stored(name: str, what: str) -> Stored:
    """What the visitor brought, kept over a reload: the "source", the pasted "text" or the "file"."""
    place = f"{controls.page()} " if what == "source" else ""    # the others may be used on another page too
    return cache.of_session(f"{place}{name}:stored {what}", Stored)


def _drawn(name: str) -> tuple[Point, ...]:
    """The points drawn in this session."""
    points: tuple[Point, ...] = st.session_state.get(f"{name}:points", ())
    return points


def _choose(name: str, source: str, points: Sequence[Point] | None = None) -> None:
    """Choose where the points come from. Drawn points are in the link while the page shows them."""
    st.session_state[f"{name}:way"] = source
    _stored(name, "source").put(source)
    if points is not None:
        st.session_state[f"{name}:points"] = tuple(points)
    _write_link(name)


def _write_link(name: str) -> None:
    _stored(name, "source").put(_source(name))
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


def _hidden_table(name: str, required: Requirements, names: tuple[str, str]) -> tables.Table | None:
    drawn = _drawn(name)
    return _table(drawn, _names(name, names)) if _source(name) == DRAW and len(drawn) >= required.min_rows else None


def _first_points(start: Any) -> list[Point]:
    """The first two columns of the page's points; empty where it has fewer."""
    if start is None:
        return []
    x = torch.as_tensor(start, dtype=torch.float64)
    return [] if x.ndim != 2 or x.shape[1] < 2 or not len(x) else [(a, b) for a, b in x[:, :2].tolist()]


def _section(name: str, sources: Sequence[str], required: Requirements, start: Any, check: Check | None,
             names: tuple[str, str]) -> tables.Table | None:
    st.session_state[f"{name}:way"] = _source(name)  # as a link or a button chose, else the page's data
    source = st.segmented_control("Where the points come from", sources, required=True, key=f"{name}:way",
                               on_change=_write_link, args=(name,),
                               persist_state="page")  # because some parts of a page do not draw this section
    if source == PAGE:
        drawing_goes = "What you draw goes into the link; a" if DRAW in sources else "A"
        st.caption(f"Bring your own: {required.columns()} of numbers, at least {required.min_rows} rows. "
                   f"{drawing_goes} pasted or uploaded table stays in this tab.")
        return None
    readers: dict[str, Callable[[], tables.Table | None]] = {
        DRAW: lambda: _draw(name, required, _first_points(start), names),
        PASTE: lambda: _read(name, _paste(name, required), required),
        UPLOAD: lambda: _read(name, _upload(name, required), required),
    }
    table = _checked(readers[str(source)](), check)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back to the page's data", key=f"{name}:back", on_click=_choose, args=(name, PAGE))
        if table is not None:
            with st.container() if source == DRAW else share_link.not_in_link("table", name):
                st.caption(f"In use: {len(table.x):,} rows of {escaped(', '.join(table.columns))}.", width="stretch")
    return table


# Drawing


def _draw(name: str, required: Requirements, start: list[Point], names: tuple[str, str]) -> tables.Table | None:
    drawn, board = _drawn(name), st.container()    # the board is above its settings, near what is fitted to the points
    st.caption(f"Click to add a point, click a point to take it away; up to {drawing.MAX_POINTS}. They are in the "
               "link: copy it to send them.")
    if start:
        st.button("Begin with the page's points", key=f"{name}:begin", on_click=_copy_points, args=(name, start, names),
                  help=f"Puts them on the plane, or {drawing.MAX_POINTS} of them where there are more.")
    named, names = names != NAMES, _names(name, names) if start else NAMES
    drawing.canvas(f"{name}:plane", f"{name}_axes", drawn, start, names, board, named,
                   on_change=lambda points: _choose(name, DRAW, points))
    if len(drawn) < required.min_rows:
        st.info(f"Draw at least {required.min_rows} points. {MEANWHILE}", icon=":material/draw:")
        return None
    return _table(drawn, names)


def _names(name: str, names: tuple[str, str]) -> tuple[str, str]:
    """Names of the columns of drawn points: the page's where the visitor chose its units."""
    return names if names != NAMES and drawing.on_page_axes(f"{name}_axes") else NAMES


def _copy_points(name: str, start: list[Point], names: tuple[str, str]) -> None:
    if names != NAMES:
        controls.set_value(f"{name}_axes", drawing.PAGE_AXES)
    _choose(name, DRAW, drawing.snapped(drawing.thinned(start), drawing.around(start)))


def _table(drawn: Sequence[Point], names: tuple[str, str]) -> tables.Table:
    return tables.Table(names, torch.tensor(drawn, dtype=torch.float64))


# Tables


def _read(name: str, content: str | bytes | None, required: Requirements) -> tables.Table | None:
    return None if content is None else reading.table(name, content, required)


def _paste(name: str, required: Requirements) -> str | bytes | None:
    key, stored = f"{name}:text", _stored(name, "text")
    if st.session_state.get(f"{key} of") != stored.name:    # the first run, or one after "Start afresh"
        st.session_state[f"{key} of"] = stored.name
        if stored.value or st.session_state.get(key):
            st.session_state[key] = stored.value or ""
    text = st.text_area("One row a line; commas, semicolons, tabs or blanks between the cells", key=key,
                        height=180, placeholder=EXAMPLE, persist_state="session")
    if text != (stored.value or ""):
        stored.put(text, contents.of_page("your pasted table", controls.page()) if text else "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Use these rows", key=f"{name}:use")  # a press moves the focus, which commits the text
        st.caption(_allowed(required), width="stretch")
    return text or None


def _upload(name: str, required: Requirements) -> str | bytes | None:
    stored = _stored(name, "file")
    key = f"{name}:file:{stored.name}"

    def store() -> None:  # called for the visitor's choice, not when a part of the page without the uploader is shown
        file: Any = st.session_state.get(key)
        stored.put(None) if file is None else stored.put((file.name, file.getvalue()), contents.of_page(
            f"your table {file.name[:LONGEST_FILE]}", controls.page()))

    file = st.file_uploader("A text file of numbers (CSV)", type=["csv", "tsv", "txt"], key=key, on_change=store,
                            max_upload_size=math.ceil(required.limits.megabytes))
    st.caption(_allowed(required))
    found = stored.value
    if found is None:
        return None
    if file is None:
        still_in_use(name, stored)
    content: bytes = found[1]
    return content


def _allowed(required: Requirements) -> str:
    limits, most = required.limits, required.most_columns
    used = required.columns() if required.min_columns == most else f"up to {most} columns"
    return (f"Up to {limits.rows:,} rows and {limits.megabytes:g} MB, of which the page uses {used}; the first line "
            "may hold names. It stays in this tab, over a reload too: a link does not carry it.")

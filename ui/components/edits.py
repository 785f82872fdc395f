"""The protocol for edits in the browser: dragged markers, drawn points, a click, a frame, a point z.

What Python shows is the *base*, and its *version* is sent to the browser. The browser returns the version with every
commit, and an increasing number. Edits with another version are dropped. A page uses edits in one of two ways:

    moved = edits.read("cloud", (name, seed)).moved          # accumulate: they are valid while the base is the same
    live_figure(fig, key="means", base=text, on_edit=fold)   # fold in: a callback turns the edit into a control's value

A fold changes the base but not the version, because the browser shows the result already. So a commit that was sent
before the answer arrived is still valid: its content is absolute (positions, the whole list of points), and its number
shows that it has not been folded in. Any other change of the base gives a new version.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

MAX_ABS = 1e12      # of a coordinate
MAX_ITEMS = 2000    # of any list
MAX_LATENT = 20     # dimensions of z
MAX_STROKES = 6000  # numbers of a drawing's strokes together
STROKE_UNITS = 1000     # of a drawing's side
STATE = "edit"      # name of the component's state, its last commit
Fold = Callable[["Edits"], None]
Point = tuple[float, float]
Strokes = tuple[tuple[int, ...], ...]


class Moved(NamedTuple):
    """The last position of a marker that was dragged."""

    marker: int
    x: float
    y: float


class Clicked(NamedTuple):
    """The point that was clicked last: numbers of figure, trace and point (row-major in a heatmap)."""

    figure: int
    trace: int
    point: int


class Edits(NamedTuple):
    """A visitor's edits since the base got its version; empty or None where there are none."""

    moved: tuple[Moved, ...] = ()
    points: tuple[tuple[float, float], ...] | None = None   # all drawn points
    clicked: Clicked | None = None
    frame: int | None = None                    # the current frame of the playback
    z: tuple[float, ...] | None = None          # a point of a latent space
    image: str | None = None                    # a drawing, base64
    strokes: Strokes | None = None              # the same as lines x, y, x, y, ... in STROKE_UNITS of its side
    version: str = ""

    @property
    def changed(self) -> bool:
        """Whether there is an edit to fold in; a frame is none."""
        return bool(self.moved) or any(part is not None for part in (self.points, self.clicked, self.z, self.image))


class Base(NamedTuple):
    """A base's version, and what belongs to it."""

    version: str
    number: int     # of the last commit that was folded in
    start: Any      # the base's value when it got this version

    @property
    def sent(self) -> dict[str, Any]:
        """The part of the component's message that `edits.js` receives."""
        return {"version": self.version, "number": self.number}


class _Record(NamedTuple):
    """The state of a component's edits between two runs of the script."""

    base: Base
    digest: str                 # of the base's value, after the folds
    folded: bool = False        # since the last run: the next value of the base is the fold's result
    commit: Mapping[str, Any] = {}


def base(key: str, value: Any = None) -> Base:
    """The base of a component, for its message. key: of the component. value: what it shows, any value with a repr."""
    return _record(key, value).base


def read(key: str, value: Any = None, **limits: Any) -> Edits:
    """The valid edits of a component, also before it is drawn. key, value: as for `base`. limits: as for `parse`."""
    return parse(_record(key, value).commit, **limits)


def drawn(key: str, state: Mapping[str, Any], **limits: Any) -> Edits:
    """The valid edits of a component that was drawn after `base`. state: what it returned. limits: as for `parse`."""
    record: _Record = st.session_state[_state_key(key)]
    if found := _valid(state, record):
        record = record._replace(commit=found)
        st.session_state[_state_key(key)] = record
    return parse(record.commit, **limits)


def listener(key: str, fold: Fold | None) -> Callable[[], None]:
    """The callback of a component's commits, which calls `fold` once per commit, before the script reruns.

    key: of the component. fold: turns the edits into a control's value; None where edits accumulate.
    """

    def commit() -> None:
        record: _Record | None = st.session_state.get(_state_key(key))
        found = {} if record is None else _commit(key, record)
        number = _index(found.get("number"), 2**53) or 0
        if record is None or fold is None or number <= record.base.number:
            return
        edits = parse(found)
        if edits.changed:
            st.session_state[_state_key(key)] = record._replace(base=record.base._replace(number=number), folded=True)
            fold(edits)

    return commit


def unrounded(points: Sequence[Point], before: Sequence[Point], places: Sequence[int]) -> list[Point]:
    """The points of an edit with those that were not edited exactly as they were.

    points: from the browser, which rounds all of them; they are in the order of `before`, new ones at the end. before:
    the points that the browser was sent. places: decimals to which x and y of a new point are rounded.

    >>> unrounded([(1.23457, 2.0), (3.14159, 1.0)], [(0.5, 0.5), (1.23456789, 2.0)], (2, 2))
    [(1.23456789, 2.0), (3.14, 1.0)]
    """
    found: list[Point] = []
    start = 0
    for point in points:
        same = next((i for i in range(start, len(before)) if _same(point, before[i])), None)
        if same is None:
            found.append((round(point[0], places[0]) + 0.0, round(point[1], places[1]) + 0.0))
        else:
            found.append((float(before[same][0]), float(before[same][1])))
            start = same + 1
    return found


def _same(point: Point, before: Point) -> bool:
    """Whether two points differ by no more than what float32 and six digits take away."""
    return all(abs(a - b) <= 1e-5 * abs(b) for a, b in zip(point, before, strict=True))


def places(values: Sequence[float]) -> int:
    """Decimals that are finer than a pixel where `values` fill a figure.

    >>> places([0.0, 1.5]), places([40.0, 100.0])
    (3, 2)
    """
    span = max(values, default=1.0) - min(values, default=0.0)
    return min(max(0, 4 - math.ceil(math.log10(span))), 12) if span > 0 else 3


def widget_value(key: str) -> Any:
    """The value of a Streamlit widget before it is drawn, None where it has none. key: of the widget."""
    return st.session_state.get(key)


def _state_key(key: str) -> str:
    return f"edits of {key}"


def _record(key: str, value: Any) -> _Record:
    """The component's record, with a new version when the base changed without a fold."""
    digest = hashlib.blake2b(repr(value).encode(), digest_size=6).hexdigest()
    record: _Record | None = st.session_state.get(_state_key(key))
    if record is None or (record.digest != digest and not record.folded):
        count = 0 if record is None else int(record.base.version.partition(".")[2]) + 1
        record = _Record(Base(f"{digest}.{count}", 0 if record is None else record.base.number, value), digest)
    record = record._replace(digest=digest, folded=False)
    record = record._replace(commit=_commit(key, record) or record.commit)
    st.session_state[_state_key(key)] = record
    return record


def _commit(key: str, record: _Record) -> Mapping[str, Any]:
    """The browser's last commit if it was made against this version, else nothing."""
    return _valid(st.session_state.get(key), record)


def _valid(state: Any, record: _Record) -> Mapping[str, Any]:
    commit = state.get(STATE) if isinstance(state, Mapping) else None
    return commit if isinstance(commit, Mapping) and commit.get("version") == record.base.version else {}


# Validation of what the browser sent: every number is finite and in range. ------------------------------------------


def parse(commit: Mapping[str, Any], *, frames: int = MAX_ITEMS, max_points: int = MAX_ITEMS,
          markers: int = MAX_ITEMS, traces: tuple[int, ...] = (MAX_ITEMS,) * 4) -> Edits:
    """A commit as edits; an invalid part counts as not edited.

    frames, max_points, markers: their numbers. traces: the number of traces of each figure.
    """
    version, image = commit.get("version"), commit.get("image")
    return Edits(
        moved=_items(commit.get("moved"), lambda raw: _moved(raw, markers), markers) or (),
        points=_items(commit.get("points"), _point, max_points),
        clicked=_clicked(commit.get("clicked"), traces),
        frame=_index(commit.get("frame"), frames),
        z=_latent_point(commit.get("z")),
        image=image if isinstance(image, str) else None,
        strokes=_strokes(commit.get("strokes")),
        version=version if isinstance(version, str) else "")


def _index(raw: Any, count: int) -> int | None:
    is_integer = isinstance(raw, int) and not isinstance(raw, bool)
    return raw if is_integer and 0 <= raw < count else None


def _finite(raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return float(raw) if abs(raw) <= MAX_ABS else None     # not of NaN; an integer may be beyond all floats


def _coordinate(raw: Any) -> float | None:
    """A finite number to twelve digits, more than the browser sends of a place; None for anything else."""
    value = _finite(raw)
    return None if value is None else float(f"{value:.12g}")


def _point(raw: Any) -> tuple[float, float] | None:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        return None
    x, y = _coordinate(raw[0]), _coordinate(raw[1])
    return None if x is None or y is None else (x, y)


def _moved(raw: Any, markers: int) -> Moved | None:
    if not isinstance(raw, list | tuple) or len(raw) != 3:
        return None
    index, point = _index(raw[0], markers), _point(raw[1:])
    return None if index is None or point is None else Moved(index, *point)


def _items(raw: Any, parse_item: Callable[[Any], Any], limit: int) -> Any:
    if not isinstance(raw, list | tuple):
        return None
    return tuple(item for item in map(parse_item, raw[:limit]) if item is not None)


def _clicked(raw: Any, traces: tuple[int, ...]) -> Clicked | None:
    if not isinstance(raw, Mapping):
        return None
    figure = _index(raw.get("figure"), len(traces))
    if figure is None:
        return None
    trace, point = _index(raw.get("trace"), traces[figure]), _index(raw.get("point"), 2**31)
    return None if trace is None or point is None else Clicked(figure, trace, point)


def _strokes(raw: Any) -> Strokes | None:
    """The lines of a drawing; None where one is invalid or all have more than MAX_STROKES numbers."""
    if not isinstance(raw, list | tuple) or not all(isinstance(line, list | tuple) for line in raw):
        return None
    if not all(line and len(line) % 2 == 0 for line in raw) or sum(map(len, raw)) > MAX_STROKES:
        return None
    found = tuple(tuple(value for number in line if (value := _index(number, STROKE_UNITS + 1)) is not None)
                  for line in raw)
    return found if list(map(len, found)) == list(map(len, raw)) else None


def _latent_point(raw: Any) -> tuple[float, ...] | None:
    """A point of a latent space, not rounded; None where any of its numbers is invalid."""
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= MAX_LATENT:
        return None
    found = tuple(value for value in map(_finite, raw) if value is not None)
    return found if len(found) == len(raw) else None


__all__ = ["MAX_ITEMS", "Base", "Clicked", "Edits", "Fold", "Moved", "base", "drawn", "listener", "parse", "places",
           "read", "unrounded", "widget_value"]

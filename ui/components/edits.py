"""One protocol for what a visitor edits in the browser: dragged markers, drawn points, a click, a frame, a place z.

Python believes something, the *base*, and sends the browser its *version*. The browser returns the version with every
commit, and a number that grows. Edits made against another version are dropped. A page uses them in one of two ways:

    moved = edits.read("cloud", (name, seed)).moved          # accumulate: they hold as long as the base is the same
    live_figure(fig, key="means", base=text, on_edit=fold)   # fold in: a callback turns the edit into a control's value

After a fold the base is another value of the same version, because it came from the browser, which shows it already. So
a commit that was on its way meanwhile still fits: what it says is absolute (places, the whole list of points), and its
number tells that it was not taken in yet. A base that changed in any other way gets a new version.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import streamlit as st

LARGEST = 1e12      # of a coordinate
MOST_POINTS = 2000  # of anything
MOST_Z = 16         # dimensions of z
STATE = "edit"      # the component's state: its last commit
Fold = Callable[["Edits"], None]


class Moved(NamedTuple):
    """The last place of a marker that was dragged."""

    marker: int
    x: float
    y: float


class Clicked(NamedTuple):
    """The point that was clicked last: which figure, which trace, which point (row-major in a heatmap)."""

    figure: int
    trace: int
    point: int


class Edits(NamedTuple):
    """What a visitor edited since the base got its version; empty or None where nothing was."""

    moved: tuple[Moved, ...] = ()
    points: tuple[tuple[float, float], ...] | None = None   # all points that are drawn
    clicked: Clicked | None = None
    frame: int | None = None                    # the frame where the playback was left
    z: tuple[float, ...] | None = None          # a place in a latent space
    image: str | None = None                    # a drawing, base64
    version: str = ""

    @property
    def changed(self) -> bool:
        """Whether there is anything to fold in; a frame alone is not."""
        return bool(self.moved) or any(part is not None for part in (self.points, self.clicked, self.z, self.image))


class Base(NamedTuple):
    """What the browser is told of the base."""

    version: str
    number: int     # of the last commit that was folded in
    start: Any      # the base when it got its version

    @property
    def sent(self) -> dict[str, Any]:
        """What `edits.js` needs of it."""
        return {"version": self.version, "number": self.number}


class _Line(NamedTuple):
    """A version's history between two runs of the script."""

    base: Base
    now: str                    # digest of the base as it is after the folds
    folding: bool = False       # a fold was made: the next base is its result
    commit: Mapping[str, Any] = {}


def base(key: str, value: Any = None) -> Base:
    """The base of a component as the browser is told it; `value` is any plain value."""
    return _line(key, value).base


def read(key: str, value: Any = None, **limits: Any) -> Edits:
    """The edits of a component's visitor that hold for this base; `limits` as in `parse`. Call it at any time."""
    return parse(_line(key, value).commit, **limits)


def listener(key: str, fold: Fold | None) -> Callable[[], None]:
    """The callback of a component's commits. It hands a commit to `fold` once, before the script runs again."""

    def commit() -> None:
        line: _Line | None = st.session_state.get(_place(key))
        found = {} if line is None else _commit(key, line)
        number = _index(found.get("number"), 2**53) or 0
        if line is None or fold is None or number <= line.base.number:
            return
        edits = parse(found)
        if edits.changed:
            st.session_state[_place(key)] = line._replace(base=line.base._replace(number=number), folding=True)
            fold(edits)

    return commit


def widget_value(key: str) -> Any:
    """What a widget of Streamlit holds, for its callback."""
    return st.session_state.get(key)


def _place(key: str) -> str:
    return f"edits of {key}"


def _line(key: str, value: Any) -> _Line:
    """The history of this base's version: the one so far, or a new one when the base changed without a fold."""
    digest = hashlib.blake2b(repr(value).encode(), digest_size=6).hexdigest()
    line: _Line | None = st.session_state.get(_place(key))
    if line is None or (line.now != digest and not line.folding):
        count = 0 if line is None else int(line.base.version.partition(".")[2]) + 1
        line = _Line(Base(f"{digest}.{count}", 0 if line is None else line.base.number, value), digest)
    line = line._replace(now=digest, folding=False)
    line = line._replace(commit=_commit(key, line) or line.commit)
    st.session_state[_place(key)] = line
    return line


def _commit(key: str, line: _Line) -> Mapping[str, Any]:
    """The browser's last commit if it was made against this version, else nothing."""
    state = st.session_state.get(key)
    commit = state.get(STATE) if isinstance(state, Mapping) else None
    return commit if isinstance(commit, Mapping) and commit.get("version") == line.base.version else {}


# What the browser sent, checked: nothing in it is believed before it is finite, in range and of the right kind. ------


def parse(commit: Mapping[str, Any], *, frames: int = MOST_POINTS, max_points: int = MOST_POINTS,
          markers: int = MOST_POINTS, traces: tuple[int, ...] = (MOST_POINTS,) * 4) -> Edits:
    """A commit as edits; what is not what it should be counts as not edited.

    frames, max_points, markers: how many there are at most. traces: of each figure.
    """
    version, image = commit.get("version"), commit.get("image")
    return Edits(
        moved=_listed(commit.get("moved"), lambda raw: _moved(raw, markers), markers) or (),
        points=_listed(commit.get("points"), _point, max_points),
        clicked=_clicked(commit.get("clicked"), traces),
        frame=_index(commit.get("frame"), frames),
        z=_place_of(commit.get("z")),
        image=image if isinstance(image, str) else None,
        version=version if isinstance(version, str) else "")


def _index(raw: Any, count: int) -> int | None:
    whole = isinstance(raw, int) and not isinstance(raw, bool)
    return raw if whole and 0 <= raw < count else None


def _finite(raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return float(raw) if math.isfinite(raw) and abs(raw) <= LARGEST else None


def _number(raw: Any) -> float | None:
    """To six digits, as finer is below a pixel."""
    value = _finite(raw)
    return None if value is None else float(f"{value:.6g}")


def _point(raw: Any) -> tuple[float, float] | None:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        return None
    x, y = _number(raw[0]), _number(raw[1])
    return None if x is None or y is None else (x, y)


def _moved(raw: Any, markers: int) -> Moved | None:
    if not isinstance(raw, list | tuple) or len(raw) != 3:
        return None
    index, place = _index(raw[0], markers), _point(raw[1:])
    return None if index is None or place is None else Moved(index, *place)


def _listed(raw: Any, one: Callable[[Any], Any], most: int) -> Any:
    if not isinstance(raw, list | tuple):
        return None
    return tuple(item for item in map(one, raw[:most]) if item is not None)


def _clicked(raw: Any, traces: tuple[int, ...]) -> Clicked | None:
    if not isinstance(raw, Mapping):
        return None
    figure = _index(raw.get("figure"), len(traces))
    if figure is None:
        return None
    trace, point = _index(raw.get("trace"), traces[figure]), _index(raw.get("point"), 2**31)
    return None if trace is None or point is None else Clicked(figure, trace, point)


def _place_of(raw: Any) -> tuple[float, ...] | None:
    """A place in a latent space, as it was sent: all of its numbers or none of it."""
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= MOST_Z:
        return None
    found = tuple(value for value in map(_finite, raw) if value is not None)
    return found if len(found) == len(raw) else None


__all__ = ["MOST_POINTS", "Base", "Clicked", "Edits", "Fold", "Moved", "base", "listener", "parse", "read",
           "widget_value"]

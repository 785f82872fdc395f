"""What the browser said, checked: nothing in it is believed before it is finite, in range and of the right kind."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

LARGEST = 1e12     # of a coordinate
MOST_POINTS = 2000  # of anything


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


class LiveEvents(NamedTuple):
    """What a hand did to a live figure; None where it did nothing yet."""

    frame: int | None = None                              # the frame where the hand left the playback
    points: tuple[tuple[float, float], ...] | None = None  # the drawn points
    moved: tuple[Moved, ...] | None = None                # every marker moved under this key, at its last place
    clicked: Clicked | None = None


def read(state: Mapping[str, Any], *, frames: int = 0, max_points: int = MOST_POINTS, markers: int = MOST_POINTS,
         traces: tuple[int, ...] = ()) -> LiveEvents:
    """The events in a component's raw state. What is not what it should be counts as not said."""
    return LiveEvents(
        frame=_index(state.get("frame"), frames),
        points=_listed(_field(state, "points", "points"), _point, max_points),
        moved=_listed(_field(state, "moved", "moved"), lambda said: _moved(said, markers), markers),
        clicked=_clicked(state.get("clicked"), traces),
    )


def under(key: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a slot's component said, that which was said of `key`."""
    said = {name: part for name, part in state.items() if isinstance(part, Mapping) and part.get("of") == key}
    return said | {"frame": _field(said, "frame", "frame")}


def turn(state: Mapping[str, Any], *names: str) -> int:
    """The number of the browser's last commit that Python has seen."""
    return max((_index(_field(state, name, "turn"), 2**53) or 0 for name in names), default=0)


def _field(state: Mapping[str, Any], name: str, part: str) -> Any:
    said = state.get(name)
    return said.get(part) if isinstance(said, Mapping) else None


def _index(said: Any, count: int) -> int | None:
    whole = isinstance(said, int) and not isinstance(said, bool)
    return said if whole and 0 <= said < count else None


def _number(said: Any) -> float | None:
    """To six digits, as finer is below a pixel."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    if not math.isfinite(said) or abs(said) > LARGEST:
        return None
    return float(f"{said:.6g}")


def _point(said: Any) -> tuple[float, float] | None:
    if not isinstance(said, list | tuple) or len(said) != 2:
        return None
    x, y = _number(said[0]), _number(said[1])
    return None if x is None or y is None else (x, y)


def _moved(said: Any, markers: int) -> Moved | None:
    if not isinstance(said, list | tuple) or len(said) != 3:
        return None
    index, place = _index(said[0], markers), _point(said[1:])
    return None if index is None or place is None else Moved(index, *place)


def _listed(said: Any, one: Callable[[Any], Any], most: int) -> Any:
    if not isinstance(said, list | tuple):
        return None
    return tuple(item for item in map(one, said[:most]) if item is not None)


def _clicked(said: Any, traces: tuple[int, ...]) -> Clicked | None:
    if not isinstance(said, Mapping):
        return None
    figure = _index(said.get("figure"), len(traces))
    if figure is None:
        return None
    trace, point = _index(said.get("trace"), traces[figure]), _index(said.get("point"), 2**31)
    return None if trace is None or point is None else Clicked(figure, trace, point)

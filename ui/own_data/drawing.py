"""Points that a visitor draws on a plane: as a figure that can be edited, and as text in the link."""

import math
from collections.abc import Callable, Sequence

from streamlit.delta_generator import DeltaGenerator

from ui import controls, page
from ui.components import edits as edits_of_figures
from ui.components.edits import Edits
from ui.components.live_figure import live_figure
from ui.control_types import Parameter
from ui.figures import drawing_plane
from ui.figures.drawing_plane import Range
from ui.figures.written import written

Point = tuple[float, float]
MAX_POINTS = 60    # so that a link is short enough to be sent
MAX_ABS = 1e9      # of a coordinate in a link
AXES: dict[str, Range] = {"-5 to 5": (-5, 5), "-1 to 1": (-1, 1), "0 to 1": (0, 1), "0 to 10": (0, 10),
                          "0 to 100": (0, 100)}
NEAR_PAGE, PAGE_AXES = "around the page's data", "those of the page's data"    # the second with its names and units


def encode(points: Sequence[Point]) -> str:
    """Points as the text of a link.

    >>> encode([(1.2, 3.0), (-0.5, 4.0)])
    '1.2_3_-0.5_4'
    """
    return "_".join(repr(float(value) + 0.0).removesuffix(".0") for point in points for value in point)


def decode(raw: str) -> tuple[Point, ...] | None:
    """The points of a link's text, the inverse of `encode`; None where it is no list of points, of whatever size."""
    if len(raw) > 40 * MAX_POINTS:
        return None
    try:
        values = [float(part) for part in raw.split("_")]
    except ValueError:
        return None
    if not all(map(math.isfinite, values)) or len(values) % 2 or len(values) > 2 * MAX_POINTS:
        return None
    return tuple(zip(values[::2], values[1::2], strict=True))


def snapped(points: Sequence[Point], axes: tuple[Range, Range]) -> tuple[Point, ...]:
    """The points rounded to about a thousandth of each axis, for a short link. axes: (low, high) of x and y."""
    places = _places(axes)
    return tuple((round(x, places[0]), round(y, places[1])) for x, y in points)


def _places(axes: tuple[Range, Range]) -> list[int]:
    """Decimals of x and y that make about a thousandth of each axis."""
    return [max(0, 3 - math.ceil(math.log10(high - low))) for low, high in axes]


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most MAX_POINTS of the points, evenly spaced in their order."""
    step = max(1, math.ceil(len(points) / MAX_POINTS))
    return list(points)[::step]


def parse(raw: str) -> tuple[tuple[Point, ...], str]:
    """The points of a link's text, and "" or the sentence that says what is wrong with it. For `Parameter`."""
    found = decode(raw) if raw else ()
    if found is not None:
        largest = max((abs(value) for point in found for value in point), default=0.0)
        if largest <= MAX_ABS:
            return found, ""
        return (), (f"The link's points hold a number of size {written(largest, '.2g')} and the page takes up to "
                    f"{written(MAX_ABS, '.0e')}; the page shows its own data.")
    return (), (f"The link's points are not pairs of numbers x_y_x_y, at most {MAX_POINTS} of them; the page shows "
                "its own data.")


def parameter() -> Parameter:
    """The control of the drawn points, for a page's table: `"own": drawing.parameter()`."""
    return Parameter((), parse, encode)


def canvas(key: str, axes_name: str, points: Sequence[Point], start: Sequence[Point], names: tuple[str, str],
           place: DeltaGenerator, named: bool, on_change: Callable[[tuple[Point, ...]], None]) -> None:
    """Draw the plane with the points, in `place`; a click adds or removes one. The menu of axes is drawn here.

    key: of the component. axes_name: of the control that chooses the axes. start: the page's points, which may set the
    axes. names: of the axes. named: whether those of the page's data have names of their own. on_change: called
    with all points after an edit.
    """
    axes = _axes(axes_name, points, start, named)
    fig = drawing_plane.plane(points, axes, names, page.palette())

    def fold(edits: Edits) -> None:
        if edits.points is not None:
            on_change(tuple(edits_of_figures.unrounded(edits.points, points, _places(axes))))

    with place:
        live_figure(fig, key=key, base=(tuple(points), axes), on_edit=fold, alt=drawing_plane.plane_alt(points, axes),
                    draw=True, max_points=MAX_POINTS)


def _axes(name: str, points: Sequence[Point], start: Sequence[Point], named: bool) -> tuple[Range, Range]:
    """The axes that the visitor chose, widened to points of the link that lie outside."""
    chosen = controls.draw(name, options=(*_of_page(start, named), *AXES))
    wide = (AXES[chosen], AXES[chosen]) if chosen in AXES else around(start)
    x, y = (_widened(wide[axis], [p[axis] for p in points]) for axis in (0, 1))
    return x, y


def _of_page(start: Sequence[Point], named: bool) -> tuple[str, ...]:
    return () if not start else (NEAR_PAGE, PAGE_AXES) if named else (NEAR_PAGE,)


def on_page_axes(axes_name: str) -> bool:
    """Whether drawn points are in the units of the page's data. axes_name: of the control that chooses the axes."""
    return bool(controls.value(axes_name, options=(NEAR_PAGE, PAGE_AXES, *AXES)) == PAGE_AXES)


def around(points: Sequence[Point]) -> tuple[Range, Range]:
    """Axes with round ends that contain the points."""
    return drawing_plane.around([p[0] for p in points]), drawing_plane.around([p[1] for p in points])


def _widened(axis: Range, values: Sequence[float]) -> Range:
    outside = [value for value in values if not axis[0] <= value <= axis[1]]
    return drawing_plane.around([*axis, *outside]) if outside else axis


__all__ = ["AXES", "MAX_POINTS", "Point", "around", "canvas", "decode", "encode", "on_page_axes", "parameter", "parse",
           "snapped", "thinned"]

"""Points that a visitor draws on a plane: as a figure that can be edited, and as text in the link."""

import math
from collections.abc import Callable, Sequence

from ui import controls, page
from ui.components.edits import Edits
from ui.components.live_figure import live_figure
from ui.control_types import Parameter
from ui.figures import drawing_plane
from ui.figures.drawing_plane import Range

Point = tuple[float, float]
MOST = 60          # points, so that a link stays short enough to be sent
LARGEST = 1e9      # of a coordinate in a link
AXES: dict[str, Range] = {"-5 to 5": (-5, 5), "-1 to 1": (-1, 1), "0 to 1": (0, 1), "0 to 10": (0, 10),
                          "0 to 100": (0, 100)}
AS_THE_PAGE = "as the page's data"


def encode(points: Sequence[Point]) -> str:
    """Points as a link names them: "1.2_3_-0.5_4" is (1.2, 3) and (-0.5, 4)."""
    return "_".join(f"{value + 0.0:.12g}" for point in points for value in point)


def decode(raw: str) -> tuple[Point, ...] | None:
    """The points that a link names; None when it names none."""
    if len(raw) > 40 * MOST:
        return None
    try:
        values = [float(part) for part in raw.split("_")]
    except ValueError:
        return None
    good = all(math.isfinite(value) and abs(value) <= LARGEST for value in values)
    if not good or len(values) % 2 or len(values) > 2 * MOST:
        return None
    return tuple(zip(values[::2], values[1::2], strict=True))


def snapped(points: Sequence[Point], axes: tuple[Range, Range]) -> tuple[Point, ...]:
    """The points on a grid of about a thousandth of each axis, so that their link is short and names all of them."""
    places = [max(0, 3 - math.ceil(math.log10(high - low))) for low, high in axes]
    return tuple((round(x, places[0]), round(y, places[1])) for x, y in points)


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most MOST of the points, evenly spread over their order."""
    step = max(1, math.ceil(len(points) / MOST))
    return list(points)[::step]


def parse(raw: str) -> tuple[tuple[Point, ...], str]:
    """The points that a link names, and what is wrong with it."""
    found = decode(raw) if raw else ()
    if found is not None:
        return found, ""
    return (), (f"The link's points are not pairs of numbers x_y_x_y, at most {MOST} of them; the page shows its own "
                "data.")


def parameter() -> Parameter:
    """The control of a page's drawn points: `"own": drawing.parameter()` in its table."""
    return Parameter((), parse, encode)


def canvas(key: str, axes_name: str, points: Sequence[Point], start: Sequence[Point], names: tuple[str, str],
           on_change: Callable[[tuple[Point, ...]], None]) -> None:
    """The plane with the points, to which clicks add some and from which they take some."""
    axes = _axes(axes_name, points, start)
    fig = drawing_plane.plane(points, axes, names, page.palette())

    def fold(edits: Edits) -> None:
        if edits.points is not None:
            on_change(snapped(edits.points, axes))

    live_figure(fig, key=key, base=(tuple(points), axes), on_edit=fold, alt=drawing_plane.plane_alt(points, axes),
                draw=True, max_points=MOST)


def _axes(name: str, points: Sequence[Point], start: Sequence[Point]) -> tuple[Range, Range]:
    """The axes that the person chose, widened where a point of the link lies outside."""
    chosen = controls.draw(name, options=(AS_THE_PAGE, *AXES) if start else tuple(AXES))
    wide = (AXES[chosen], AXES[chosen]) if chosen in AXES else around(start)
    x, y = (_holding(wide[axis], [p[axis] for p in points]) for axis in (0, 1))
    return x, y


def around(points: Sequence[Point]) -> tuple[Range, Range]:
    """Axes with round ends that hold the points."""
    return drawing_plane.around([p[0] for p in points]), drawing_plane.around([p[1] for p in points])


def _holding(axis: Range, values: Sequence[float]) -> Range:
    outside = [value for value in values if not axis[0] <= value <= axis[1]]
    return drawing_plane.around([*axis, *outside]) if outside else axis


__all__ = ["AXES", "MOST", "Point", "around", "canvas", "decode", "encode", "parameter", "parse", "snapped", "thinned"]

"""The points of a cloud that were dragged, and the z of the strip, as controls of the page: both are in the link.

In the link stand a digest of the cloud and the places, `?moved=a1b2_3_9_-9`: index of the point, x, y. Places of
another cloud are dropped.
"""

from dataclasses import replace

from pages.ppca.cloud import Cloud, Place
from pages.ppca.figures.line_and_strip import Z_RANGE
from ui import controls
from ui.components.edits import Edits
from ui.control_types import Parameter, plain, short_digest

LIMIT = 1e9         # of a coordinate in a link
LARGEST_Z = Z_RANGE     # the strip's end: there the diamond stays when it is released
START_Z = 1.0
Moved = tuple[str, tuple[Place, ...]]    # digest of the cloud, places


def parameter() -> Parameter:
    """The control of the dragged points, for the page's table."""
    return Parameter(("", ()), _read, _write, within=True)


def strip_parameter() -> Parameter:
    """The control of the strip's z."""
    return Parameter(START_Z, _read_z, lambda z: f"{z:g}", within=True)


def _read(raw: str) -> tuple[Moved, str]:
    digest, *texts = raw.split("_")
    try:
        values = [float(text) for text in texts]
        places = [(int(index), x, y) for index, x, y in zip(values[::3], values[1::3], values[2::3], strict=True)]
    except (ValueError, OverflowError):
        places = []
    if places and all(index >= 0 and max(abs(x), abs(y)) <= LIMIT for index, x, y in places):
        return (digest, tuple(places)), ""
    return ("", ()), (f"The link's moved points `{plain(raw)}` are not of the form cloud_number_x_y; the points stay "
                      "where they were.")


def _write(moved: Moved) -> str:
    digest, places = moved
    return "_".join([digest, *(f"{value:.12g}" for place in places for value in place)])


def _read_z(raw: str) -> tuple[float, str]:
    try:
        z = float(raw)
    except ValueError:
        z = LARGEST_Z + 1
    if abs(z) <= LARGEST_Z:
        return z, ""
    return START_Z, (f"The link asks for z = `{plain(raw)}`, which is not a number from {-LARGEST_Z:g} to "
                     f"{LARGEST_Z:g}; it is {START_Z:g}.")


def _digest(cloud: Cloud) -> str:
    return short_digest(repr(replace(cloud, moved=())))


def applied(cloud: Cloud) -> Cloud:
    """The cloud with its points where they were dragged to; places of another cloud leave the link."""
    digest, places = controls.value("moved")
    if not places:
        return cloud
    if digest != _digest(cloud):
        controls.set_value("moved", None)
        return cloud
    return replace(cloud, moved=places)


def keep(cloud: Cloud, edits: Edits) -> None:
    """Write what was dragged into the controls; the marker after the cloud's is the z of the strip."""
    indices = cloud.draggable
    places = {place[0]: place for place in cloud.moved}
    for marker, x, y in edits.moved:
        if marker < len(indices):
            places[indices[marker]] = (indices[marker], x, y)
        elif marker == len(indices):
            controls.set_value("line_z", round(min(max(x, -LARGEST_Z), LARGEST_Z), 2) + 0.0)
    if places:
        controls.set_value("moved", (_digest(cloud), tuple(places[index] for index in sorted(places))))


def start_over() -> None:
    """Put the points and z back to where they were. A button's callback."""
    controls.set_value("moved", None)
    controls.set_value("line_z", None)

"""plotly's own figure of one of ours, and the check that plotly corrected nothing.

plotly's constructors accept `margin_b`, `title="a text"` and None; plotly.js in the browser does not. So the figure
that we send and the one that plotly would send have to be equal, property by property.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tests.ui.take_home.saved_numbers import assert_every_number_is_saved
from ui.components.live_figure import payload
from ui.figures.spec import Figure, Json
from ui.figures.theme import DARK, LIGHT, Palette


def checked(fig: Figure) -> go.Figure:
    """plotly's figure of `fig`. ValueError when a property is invalid, AssertionError when plotly corrects one.

    AssertionError too when the CSV that a visitor saves does not have every number of it.
    """
    theirs = fig.plotly()
    sent, meant = opened(payload.encode(_complete(fig))), opened(theirs.to_json())
    found = list(differences(sent, meant))
    assert not found, "\n".join(found)
    assert_every_number_is_saved(fig)
    return theirs


def size(fig: Figure) -> int:
    """The number of bytes of the message to the browser."""
    return len(payload.encode(fig.to_dict()))


def _complete(fig: Figure) -> Json:
    """What plotly adds by itself: its bare template, and in frames the type that a trace has already."""
    def typed(frame: Json) -> list[Json]:
        return [{"type": fig.data[t]["type"], **part} for t, part in zip(frame["traces"], frame["data"], strict=True)]

    bare = {"data": {"scatter": [{"type": "scatter"}]}}
    frames = [frame | {"data": typed(frame)} for frame in fig.frames]
    return {"data": fig.data, "layout": {"template": bare, **fig.layout}, **({"frames": frames} if frames else {})}


def opened(text: str | bytes) -> Any:
    """The JSON of a figure with base64 read as arrays. ValueError at NaN, which a browser cannot parse."""
    def reject(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=reject, object_hook=_array)


def _array(value: Json) -> Any:
    if "ellipse" in value:
        (centre, cos, sin), angle = value["ellipse"], np.linspace(0, 2 * np.pi, value["count"])
        return (centre + cos * np.cos(angle) + sin * np.sin(angle)).astype(value.get("dtype", "f4"))
    if "bdata" not in value:
        return value
    flat = np.frombuffer(b64decode(value["bdata"]), value["dtype"])
    if "step" in value:
        flat = (flat * value["step"]).astype("f4")
    return flat.reshape([int(size) for size in value["shape"].split(",")]) if "shape" in value else flat


def assert_themes_and_size(draw: Callable[[Palette], Figure], limit: int = 300_000) -> None:
    """The figure is valid in both themes, its text has another colour in each, and it is less than `limit` bytes."""
    light, dark = checked(draw(LIGHT)), checked(draw(DARK))
    assert light.layout.font.color != dark.layout.font.color
    assert size(draw(LIGHT)) < limit


def differences(sent: Any, meant: Any, where: str = "figure") -> Iterator[str]:
    """Where two opened figures differ. An empty list equals none: plotly omits it."""
    if isinstance(sent, dict) and isinstance(meant, dict):
        for name in sorted(sent.keys() | meant.keys()):
            yield from differences(sent.get(name, []), meant.get(name, []), f"{where}.{name}")
    elif _holds_dicts(sent) and _holds_dicts(meant) and len(sent) == len(meant):
        for i, (ours, theirs) in enumerate(zip(sent, meant, strict=True)):
            yield from differences(ours, theirs, f"{where}[{i}]")
    elif not _equal(sent, meant):
        yield f"{where}: {sent!r:.80} is sent, {meant!r:.80} is meant"


def _holds_dicts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, dict) for part in value)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    listed = [value.tolist() if isinstance(value, np.ndarray) else value for value in (one, other)]
    return bool(listed[0] == listed[1])

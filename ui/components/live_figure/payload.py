"""The message to the browser: one JSON text with every array as base64, which is sent and parsed once."""

import json
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ui.figures import encoding
from ui.figures.spec import Figure, Json

INTERVAL = 400         # milliseconds a frame at speed 1
MAX_DURATION = 12_000  # milliseconds of a playback at speed 1
_CODES = {"float32": ("f4", np.float32), "float16": ("f4", np.float32), "int8": ("i1", np.int8),
          "uint8": ("u1", np.uint8), "int16": ("i2", np.int16), "uint16": ("u2", np.uint16), "int32": ("i4", np.int32),
          "uint32": ("u4", np.uint32)}


class HoverLink(NamedTuple):
    """A link between points and items: hovering over one shows its relation to the other.

    Hovering over point i of trace `source` sets the bars of trace `bars` to row i of `table`; hovering over bar k, or
    over the outline drawn by trace `items[k]`, gives the points of `source` the opacity of column k. `figure` and
    `bars_figure` number the figures of `live_figures`. With playback, `table` may have one (N, K) per frame. While a
    point is pointed at, trace `mark` lies on it, and the annotation `title[0]` of the bars' figure reads `title[1]`,
    with the point's number, from 1, in place of "#". The saved numbers of the points have the table's columns, where
    they have `names`.
    """

    source: int
    table: npt.ArrayLike            # (N, K) or (frames, N, K), values in 0..1
    bars: int | None = None
    items: Sequence[int] = ()
    figure: int = 0
    bars_figure: int = 0
    mark: int | None = None
    title: tuple[int, str] | None = None
    names: Sequence[str] = ()


class Text(str):
    """A value that is JSON text already."""


class Packed(Figure):
    """A figure that is shown repeatedly: its JSON is encoded once, so it must not change."""

    def __init__(self, fig: Figure) -> None:
        super().__init__(fig.layout)
        self.data, self.frames = fig.data, fig.frames
        self.text = _text(fig.to_dict())


def encode(payload: Mapping[str, Any]) -> bytes:
    """The payload as JSON, arrays as base64. NaN, which is no JSON and would break the component, becomes null."""
    parts = (f"{json.dumps(name)}:{part if isinstance(part, Text) else _text(part)}" for name, part in payload.items())
    return f"{{{','.join(parts)}}}".encode()


def figures(drawn: Sequence[Figure], height: int | None) -> Text:
    """The figures as JSON. height: of each, CSS pixels; None: their own."""
    return Text(f"[{','.join(_figure(fig, height) for fig in drawn)}]")


def _figure(fig: Figure, height: int | None) -> Text:
    if height is None and isinstance(fig, Packed):
        return fig.text
    figure: Json = fig.to_dict()
    return _text(figure if height is None else figure | {"layout": figure.get("layout", {}) | {"height": height}})


def _text(value: Any) -> Text:
    try:
        return Text(_ENCODER.encode(value))
    except ValueError:     # a number that is not finite, outside of an array
        return Text(_ENCODER.encode(_plain(value)))


def _plain(value: Any) -> Any:
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return _numbers(value)
    return value if math.isfinite(value) else None


def _numbers(values: Any) -> Any:
    if isinstance(values, encoding.Bytewise) and values.whole is not None:
        return {**array(values.whole), "step": values.step}
    if isinstance(values, encoding.EllipseAxis) and values.terms is not None:
        wide = {"dtype": "f8"} if values.dtype == np.float64 else {}
        return {"ellipse": values.terms, "count": len(values), **wide}
    if isinstance(values, np.ndarray) and values.ndim and values.dtype.kind in "fiu":
        return array(values)
    return _plain(values.tolist())


# Without a look at each part in Python, which takes five times as long; circles cannot occur.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False,
                            default=_plain)


def array(values: npt.NDArray[Any]) -> dict[str, Any]:
    """An array as plotly.js reads it: base64 with type and shape, float64 where it needs 64 bits. NaN stays NaN."""
    code, kind = _CODES.get(values.dtype.name, ("f8", np.float64))
    numbers = np.ascontiguousarray(values, kind)
    shape = {} if values.ndim == 1 else {"shape": ", ".join(map(str, numbers.shape))}
    return {"dtype": code, "bdata": b64encode(numbers.tobytes()).decode(), **shape}


def playback(figures: Sequence[Figure], captions: Sequence[str] | None, *, start: int, halves: bool | Sequence[str],
             commit: bool, places: Sequence[int] | None = None, run: str = "") -> dict[str, Any] | None:
    """The settings of the playback, None without frames. ValueError when figures, captions or places differ in length.
    """
    counts = {len(fig.frames) for fig in figures if fig.frames}
    if not counts:
        return None
    if len(counts) > 1:
        raise ValueError(f"figures that play together need equally many frames, not {sorted(counts)}")
    count = counts.pop()
    named = [frame["name"] for frame in next(fig for fig in figures if fig.frames).frames]
    texts = list(named if captions is None else captions)
    if len(texts) != count:
        raise ValueError(f"{count} frames need {count} captions, not {len(texts)}")
    if places is not None and len(places) != count:
        raise ValueError(f"{count} frames need {count} places, not {len(places)}")
    return {"count": count, "captions": texts, "places": None if places is None else [int(place) for place in places],
            "run": run, "start": min(max(start, 0), count - 1),
            "halves": halves if isinstance(halves, bool) else list(halves),
            "commit": commit, "interval": min(INTERVAL, MAX_DURATION / count)}


def hover(link: HoverLink | None, figures: Sequence[Figure], frames: int) -> dict[str, Any] | None:
    """The hover link's settings and its table. ValueError when the table or the traces do not fit."""
    if link is None:
        return None
    given = link.table
    table = given if isinstance(given, encoding.Bytewise) else np.nan_to_num(np.asarray(given, np.float32))
    if table.ndim not in (2, 3) or (table.ndim == 3 and len(table) != frames):
        raise ValueError(f"the table of a hover link is (N, K), or (frames, N, K) with {frames} frames here, "
                         f"not {table.shape}")
    for what, many in (("links as many items", len(link.items)), ("has as many names", len(link.names))):
        if many not in (0, table.shape[-1]):
            raise ValueError(f"a table of {table.shape[-1]} columns {what}, not {many}")
    check_traces(figures[link.figure], link.source, *link.items)
    if link.bars is not None:
        check_traces(figures[link.bars_figure], link.bars)
    if link.mark is not None:
        check_traces(figures[link.figure], link.mark)
    return {"source": link.source, "figure": link.figure, "bars": link.bars, "targetFigure": link.bars_figure,
            "items": list(link.items), "perFrame": table.ndim == 3, "table": table,
            "mark": link.mark, "title": link.title and list(link.title), "names": list(link.names)}


def check_traces(fig: Figure, *traces: int) -> None:
    """ValueError unless the figure has these traces."""
    for trace in traces:
        if not 0 <= trace < len(fig.data):
            raise ValueError(f"trace {trace} does not exist: the figure has {len(fig.data)}")


def editing(fig: Figure, draw_trace: int | None, max_points: int, drag: Mapping[str, Any] | None
            ) -> dict[str, Any] | None:
    """The settings of drawing and dragging, None without either. ValueError when a trace does not exist."""
    if draw_trace is None and drag is None:
        return None
    check_traces(fig, *([] if draw_trace is None else [draw_trace]), *_dragged(drag))
    return {"draw": None if draw_trace is None else {"trace": draw_trace, "limit": max_points},
            "drag": None if drag is None else dict(drag) | {"names": list(drag.get("names") or ())}}


def marker_count(fig: Figure, drag: Mapping[str, Any] | None) -> int:
    """The number of markers that can be dragged."""
    found = [fig.data[trace].get("x") for trace in _dragged(drag)]
    return sum(len(x) for x in found if x is not None)


def _dragged(drag: Mapping[str, Any] | None) -> list[int]:
    """The traces whose markers can be dragged."""
    return [] if drag is None else [drag["trace"], *drag.get("more", ())]


__all__ = ["HoverLink", "Packed", "array", "check_traces", "editing", "encode", "figures", "hover", "marker_count",
           "playback"]

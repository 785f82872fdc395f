"""A small figure as an SVG image: the lines, points, areas and bars of its traces, without axes.

The home page shows a dozen small pictures at once. plotly.js would take longer for them than for all other elements of
the page, so a picture is an image.
"""

from base64 import b64encode
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from ui.figures.spec import Figure, Json

WIDTH, HEIGHT = 220, 124     # of the box in which it is drawn; the page scales it


def uri(fig: Figure) -> str:
    """The figure as a data URI. Its axes have ranges, and its traces are scatter or bar."""
    return "data:image/svg+xml;base64," + b64encode(svg(fig).encode()).decode()


def svg(fig: Figure) -> str:
    """The figure as the text of an SVG file."""
    axes = [fig.layout[name]["range"] for name in ("xaxis", "yaxis")]
    body = "".join(_trace(trace, axes) for trace in fig.data)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}">{body}</svg>')


def _trace(trace: Json, axes: list[Any]) -> str:
    if trace["type"] == "bar":
        return _bars(trace, axes)
    points = _pixels(trace["x"], trace["y"], axes)
    mode = trace.get("mode", "lines")
    return (_line(trace, points) if "lines" in mode else "") + (_dots(trace, points) if "markers" in mode else "")


def _pixels(x: Any, y: Any, axes: list[Any]) -> np.ndarray:
    """Data (N,) and (N,) as positions (N, 2) in the box."""
    (left, right), (low, high) = axes
    share = np.stack([(np.asarray(x, float) - left) / (right - left),
                      1 - (np.asarray(y, float) - low) / (high - low)], 1)
    found: np.ndarray = share * [WIDTH, HEIGHT]
    return found


def _line(trace: Json, points: np.ndarray) -> str:
    line = trace.get("line", {})
    fill = trace.get("fillcolor", "none") if trace.get("fill") == "toself" else "none"
    dash = {"dot": "2 4", "dash": "7 4", "dashdot": "7 3 2 3"}.get(line.get("dash", "solid"))
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    path = "".join(f"{'L' if i and np.isfinite(points[i - 1]).all() else 'M'}{x:.1f} {y:.1f}"
                   for i, (x, y) in enumerate(points) if np.isfinite(x + y))
    return (f'<path d="{path}" fill={quoteattr(fill)} stroke={quoteattr(line["color"])} '
            f'stroke-width="{line.get("width", 2):g}" stroke-linejoin="round"{dashes}/>')


def _dots(trace: Json, points: np.ndarray) -> str:
    marker = trace["marker"]
    colours = marker["color"] if isinstance(marker["color"], list) else [marker["color"]] * len(points)
    opacity = marker.get("opacity", 1)
    return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{marker["size"] / 2:g}" fill={quoteattr(colour)} '
                   f'opacity="{opacity:g}"/>' for (x, y), colour in zip(points, colours, strict=True))


def _bars(trace: Json, axes: list[Any]) -> str:
    half = trace["width"] / 2
    x = np.asarray(trace["x"], float)
    tops, zeros = _pixels(x - half, trace["y"], axes), _pixels(x + half, np.zeros(len(x)), axes)
    return "".join(f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
                   f'fill={quoteattr(trace["marker"]["color"])}/>'
                   for (left, top), (right, bottom) in zip(tops, zeros, strict=True))


__all__ = ["HEIGHT", "WIDTH", "svg", "uri"]

"""Figures as plain plotly JSON, which plotly.js in the browser draws without a check in Python.

plotly's own Python objects validate every property of every trace when a figure is made, which takes half of a page's
rerun. A page makes its figures at every change of a control, so here a figure is dictionaries, lists and arrays.
`Figure.plotly()` gives plotly's own, validated object; the tests do so with every figure.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import plotly.graph_objects as go

Json = dict[str, Any]


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """`base` updated by `over`, recursively: dictionaries are merged, other values replaced. Neither is changed."""
    both = dict(base)
    for name, value in over.items():
        before = both.get(name)
        both[name] = merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return both


def scatter(**properties: Any) -> Json:
    """A trace of points or lines."""
    return {"type": "scatter", **properties}


def scattergl(**properties: Any) -> Json:
    """A trace of thousands of points, drawn by WebGL."""
    return {"type": "scattergl", **properties}


def dots(**properties: Any) -> Json:
    """A trace of hundreds of points, circles or triangles of one size, drawn as a few paths by `dots.js`.

    They are below the figure's lines, on axes whose range is set, and have no hover label.
    """
    return {"type": "scatter", "mode": "markers", "meta": "dots", "hoverinfo": "skip", **properties}


def frame(data: Sequence[Mapping[str, Any]], traces: Sequence[int], name: str = "") -> Json:
    """One frame of a playback. data: the properties that change. traces: the traces' numbers. name: its caption."""
    return {"data": list(data), "traces": list(traces), "name": name}


def on(panel: int) -> Json:
    """The axes of a panel as properties of a trace: `fig.add_scatter(..., **on(2))`."""
    return {} if panel == 1 else {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}


def _axis(stem: str, panel: int) -> str:
    """The name of a panel's axis. stem: "x" in shapes and annotations, "xaxis" in the layout."""
    return stem if panel == 1 else f"{stem}{panel}"


def inside(panel: int) -> Json:
    """References of an annotation in shares of a panel: (0, 0) is its lower left corner, (1, 1) its upper right."""
    return {"xref": f"{_axis('x', panel)} domain", "yref": f"{_axis('y', panel)} domain"}


class Figure:
    """Traces, a layout and the frames of a playback; `add_*` and `update_*` are plotly's methods of the same names."""

    def __init__(self, layout: Mapping[str, Any] | None = None) -> None:
        self.data: list[Json] = []
        self.layout: Json = dict(layout or {})
        self.frames: list[Json] = []

    def to_dict(self) -> Json:
        """The JSON object that plotly.js takes, with numpy's arrays."""
        return {"data": self.data, "layout": self.layout, **({"frames": self.frames} if self.frames else {})}

    def plotly(self) -> go.Figure:
        """plotly's own figure, for a notebook. ValueError when a property is wrong."""
        return go.Figure(self.to_dict() | {"layout": {"template": "none", **self.layout}})

    def add_trace(self, trace: Json) -> Self:
        self.data.append(trace)
        return self

    def add_traces(self, traces: Sequence[Json]) -> Self:
        self.data.extend(traces)
        return self

    def add_scatter(self, **properties: Any) -> Self:
        return self.add_trace(scatter(**properties))

    def add_scattergl(self, **properties: Any) -> Self:
        return self.add_trace(scattergl(**properties))

    def add_scatter3d(self, **properties: Any) -> Self:
        return self.add_trace({"type": "scatter3d", **properties})

    def add_bar(self, **properties: Any) -> Self:
        return self.add_trace({"type": "bar", **properties})

    def add_heatmap(self, **properties: Any) -> Self:
        return self.add_trace({"type": "heatmap", **properties})

    def add_contour(self, **properties: Any) -> Self:
        return self.add_trace({"type": "contour", **properties})

    def add_surface(self, **properties: Any) -> Self:
        return self.add_trace({"type": "surface", **properties})

    def update_layout(self, **properties: Any) -> Self:
        self.layout = merged(self.layout, properties)
        return self

    def update_saved(self, *, room: int = 0, **layout: Any) -> Self:
        """What a saved picture has instead, without the page around it. room: how much higher it is, CSS pixels."""
        return self.update_layout(meta={"saved": {"room": room, "layout": layout}})

    def update_xaxes(self, *, panel: int | None = None, **properties: Any) -> Self:
        """Change the x axes of all panels, or of one."""
        return self._update_axes("x", panel, properties)

    def update_yaxes(self, *, panel: int | None = None, **properties: Any) -> Self:
        """Change the y axes of all panels, or of one."""
        return self._update_axes("y", panel, properties)

    def _update_axes(self, letter: str, panel: int | None, properties: Json) -> Self:
        stem = f"{letter}axis"
        names = [_axis(stem, panel)] if panel else [n for n in self.layout if n.startswith(stem)]
        return self.update_layout(**dict.fromkeys(names or [stem], properties))

    def split(self, widths: Sequence[float], *, gap: float, shared_y: bool = False, titles: Sequence[str] = ()) -> Self:
        """Split into panels side by side, with the first one's style. widths: relative. gap: a share of the figure."""
        x, y = self.layout.get("xaxis", {}), self.layout.get("yaxis", {})
        unit, left = (1 - gap * (len(widths) - 1)) / sum(widths), 0.0
        for panel, width in enumerate(widths, 1):
            right = min(1.0, left + unit * width)
            number = "" if panel == 1 else str(panel)
            shared = {"matches": "y", "showticklabels": False} if shared_y and panel > 1 else {}
            untitled = {name: value for name, value in y.items() if name != "title"} if panel > 1 and shared_y else y
            self.update_layout(**{f"xaxis{number}": {**x, "domain": [left, right], "anchor": f"y{number}"},
                                  f"yaxis{number}": {**untitled, **shared, "anchor": f"x{number}"}})
            if titles:
                self.add_annotation(text=titles[panel - 1], x=(left + right) / 2, y=1, xref="paper", yref="paper",
                                    xanchor="center", yanchor="bottom", showarrow=False)
            left = right + gap
        return self

    def add_shape(self, **properties: Any) -> Self:
        self.layout["shapes"] = [*self.layout.get("shapes", ()), properties]
        return self

    def add_annotation(self, **properties: Any) -> Self:
        self.layout["annotations"] = [*self.layout.get("annotations", ()), properties]
        return self

    def add_vline(self, x: float, *, panel: int = 1, **properties: Any) -> Self:
        """A line from the bottom to the top of a panel."""
        return self.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, xref=_axis("x", panel),
                              yref=f"{_axis('y', panel)} domain", **properties)

    def add_hline(self, y: float, *, panel: int = 1, text: str = "", right: bool = True, **properties: Any) -> Self:
        """A line from side to side of a panel, with `text` under its right or left end.

        Set the axis type first: on a logarithmic axis plotly places lines by value and texts by exponent.
        """
        if text:
            logarithmic = self.layout.get(_axis("yaxis", panel), {}).get("type") == "log"
            height = math.log10(y) if logarithmic else y
            self.add_annotation(text=text, x=1 if right else 0, y=height, xref=f"{_axis('x', panel)} domain",
                                yref=_axis("y", panel), xanchor="right" if right else "left", yanchor="top",
                                showarrow=False)
        return self.add_shape(type="line", x0=0, x1=1, y0=y, y1=y, xref=f"{_axis('x', panel)} domain",
                              yref=_axis("y", panel), **properties)

    def add_hrect(self, low: float, high: float, *, panel: int = 1, **properties: Any) -> Self:
        """A band from side to side of a panel."""
        return self.add_shape(type="rect", x0=0, x1=1, y0=low, y1=high, xref=f"{_axis('x', panel)} domain",
                              yref=_axis("y", panel), **properties)


__all__ = ["Figure", "Json", "dots", "frame", "inside", "merged", "on", "scatter", "scattergl"]

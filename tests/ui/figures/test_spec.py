"""ui.figures.spec: its methods give the same JSON as plotly's methods of the same names."""

import copy
import math
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from tests.ui.figures.checked import checked
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
PANELS = pytest.mark.parametrize("panel", [1, 2])
DASHED = {"color": "#123456", "dash": "dash", "width": 2}


def two_panels() -> tuple[Figure, go.Figure]:
    """Ours and plotly's, with a trace in each panel: plotly draws no line where there is none."""
    ours, theirs = Figure().split((1, 1), gap=0.1), make_subplots(cols=2, horizontal_spacing=0.1)
    for panel in (1, 2):
        ours.add_scatter(y=[1, 2], **spec.on(panel))
        theirs.add_scatter(y=[1, 2], row=1, col=panel)
    return ours.update_yaxes(domain=[0, 1]), theirs


def layout(fig: go.Figure, *left_out: str) -> dict[str, Any]:
    """A figure's layout without plotly's default template."""
    properties = fig.layout.to_plotly_json()
    return {name: value for name, value in properties.items() if name not in {"template", *left_out}}


def test_merging_is_recursive_and_changes_neither() -> None:
    base: dict[str, Any] = {"xaxis": {"title": {"text": "x", "standoff": 8}, "range": [0, 1]}, "height": 380}
    over: dict[str, Any] = {"xaxis": {"title": {"text": "z"}, "range": [2]}, "margin": {"t": 40}}
    before = copy.deepcopy((base, over))
    both = spec.merged(base, over)
    assert both == {"xaxis": {"title": {"text": "z", "standoff": 8}, "range": [2]}, "height": 380, "margin": {"t": 40}}
    spec.merged(both, {"margin": {"t": 0}, "xaxis": {"title": {"text": "again"}}})
    assert (base, over) == before
    assert spec.merged({"a": {"b": 1}}, {"a": 2}) == {"a": 2}
    assert spec.merged({"a": 2}, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_a_figure_made_from_anothers_layout_leaves_it_alone() -> None:
    first = theme.figure(x="x").add_vline(1.0).add_annotation(text="one", x=0, y=0)
    before = copy.deepcopy(first.to_dict())
    second = Figure(first.layout).add_vline(2.0).add_annotation(text="two", x=0, y=0)
    second.update_xaxes(range=[0, 1], title={"text": "z"}).update_layout(margin={"t": 99})
    second.split((1, 1), gap=0.1, titles=("left", "right")).add_scatter(y=[1])
    assert first.to_dict() == before
    assert [len(fig.layout["shapes"]) for fig in (first, second)] == [1, 2]


@PALETTES
def test_the_common_layout_is_valid_and_arguments_are_merged_into_it(palette: Palette) -> None:
    fig = checked(theme.figure(palette, x="x", y="y", title="Title", margin={"t": 60}, xaxis={"title": {"text": "z"}}))
    assert fig.layout.margin.to_plotly_json() == {"l": 8, "r": 8, "t": 60, "b": 8}
    assert fig.layout.xaxis.title.text == "z"
    assert fig.layout.xaxis.title.standoff == fig.layout.yaxis.title.standoff
    assert fig.layout.xaxis.gridcolor == palette.grid
    assert fig.layout.title.text == "Title"


def test_in_a_notebook_a_figure_looks_as_on_its_page() -> None:
    template = checked(theme.figure()).layout.template
    assert template.layout.to_plotly_json() == {}


@pytest.mark.parametrize(("kind", "properties"), [
    ("scatter", {"x": [1, 2], "y": np.array([1.5, np.nan]), "line": DASHED, "name": "curve"}),
    ("scattergl", {"x": np.arange(3), "y": np.arange(3), "mode": "markers"}),
    ("scatter3d", {"x": [1], "y": [2], "z": [3]}),
    ("bar", {"x": ["a", "b"], "y": [1, 2], "error_y": {"array": [0.1, 0.2]}}),
    ("heatmap", {"z": np.eye(3), "colorscale": theme.scale(LIGHT)}),
    ("contour", {"z": np.eye(3), "contours": {"start": 0, "end": 1, "size": 0.5}}),
    ("surface", {"z": np.eye(3), "showscale": False}),
])
def test_traces_are_plotlys(kind: str, properties: dict[str, Any]) -> None:
    ours, theirs = Figure(), go.Figure()
    for fig in (ours, theirs):
        assert getattr(fig, f"add_{kind}")(**properties) is fig
    assert checked(ours).to_plotly_json()["data"] == theirs.to_plotly_json()["data"]


def test_traces_keep_their_order() -> None:
    fig = Figure().add_trace(spec.scatter(name="a")).add_traces([spec.scattergl(name="b"), spec.scatter(name="c")])
    assert [(trace.type, trace.name) for trace in checked(fig).data] == [("scatter", "a"), ("scattergl", "b"),
                                                                         ("scatter", "c")]


def test_updates_are_plotlys() -> None:
    ours, theirs = two_panels()
    for fig in (ours, theirs):
        fig.update_layout(height=300, margin={"t": 7}, legend={"orientation": "h"})
        fig.update_layout(margin={"b": 9})
        fig.update_xaxes(title={"text": "both"}, showgrid=False)
        fig.update_yaxes(type="log")
    ours.update_yaxes(panel=2, range=[0, 1])
    theirs.update_yaxes(range=[0, 1], row=1, col=2)
    assert layout(checked(ours)) == layout(theirs)


def test_axes_are_made_where_there_are_none() -> None:
    fig = checked(Figure().update_xaxes(range=[0, 1]).update_yaxes(type="log"))
    assert layout(fig) == {"xaxis": {"range": [0, 1]}, "yaxis": {"type": "log"}}


@PALETTES
@pytest.mark.parametrize("widths", [(1,), (1, 1), (0.74, 0.26), (3, 1, 2)])
@pytest.mark.parametrize("gap", [0, 0.04])
@pytest.mark.parametrize("shared_y", [False, True])
def test_split_panels_are_where_plotlys_subplots_are(palette: Palette, widths: tuple[float, ...], gap: float,
                                                     shared_y: bool) -> None:
    titles = [f"panel {i}" for i in range(len(widths))]
    fig = checked(theme.figure(palette, x="x", y="y").split(widths, gap=gap, shared_y=shared_y, titles=titles)).layout
    theirs = make_subplots(cols=len(widths), column_widths=list(widths), horizontal_spacing=gap, shared_yaxes=shared_y,
                           subplot_titles=titles).layout
    for panel in range(1, len(widths) + 1):
        number = "" if panel == 1 else panel
        x, y, expected = fig[f"xaxis{number}"], fig[f"yaxis{number}"], theirs[f"xaxis{number}"]
        assert x.domain == pytest.approx(expected.domain)
        assert (x.anchor, y.anchor) == (f"y{number}", f"x{number}")
        assert (x.gridcolor, y.gridcolor, x.tickfont.color) == (palette.grid, palette.grid, palette.ink)
        assert (y.matches, y.showticklabels) == (("y", False) if shared_y and panel > 1 else (None, None))
        assert x.title.text == "x"
        assert y.title.text == (None if shared_y and panel > 1 else "y")
    for ours, expected in zip(fig.annotations, theirs.annotations, strict=True):
        assert (ours.text, ours.y, ours.yanchor, ours.xref, ours.yref) == (
            expected.text, expected.y, expected.yanchor, expected.xref, expected.yref)
        assert ours.x == pytest.approx(expected.x)


@pytest.mark.parametrize("widths", [(1, 1), (0.1, 0.2, 0.7), (1,) * 7])
def test_split_panels_cover_the_width_and_keep_their_shares(widths: tuple[float, ...]) -> None:
    fig = Figure().split(widths, gap=0.02)
    domains = [fig.layout[f"xaxis{panel or ''}"]["domain"] for panel in (0, *range(2, len(widths) + 1))]
    assert domains[0][0] == 0
    assert domains[-1][1] == pytest.approx(1)
    assert all(0 <= left < right <= 1 for left, right in domains)
    assert np.diff(domains)[:, 0] / np.diff(domains)[0, 0] == pytest.approx(np.array(widths) / widths[0])
    assert [after[0] - before[1] for before, after in pairwise(domains)] == pytest.approx(
        [0.02] * (len(widths) - 1))


def test_a_split_figure_without_titles_has_none() -> None:
    assert "annotations" not in Figure().split((1, 2), gap=0.1).layout


@PANELS
def test_lines_and_bands_are_where_plotly_puts_them(panel: int) -> None:
    ours, theirs = two_panels()
    ours.add_vline(1.5, panel=panel, line=DASHED).add_hline(2.5, panel=panel, line=DASHED, layer="below")
    ours.add_hrect(0.5, 1.0, panel=panel, line={"width": 0}, fillcolor="rgba(1,2,3,0.5)")
    theirs.add_vline(1.5, row=1, col=panel, line=DASHED)
    theirs.add_hline(2.5, row=1, col=panel, line=DASHED, layer="below")
    theirs.add_hrect(0.5, 1.0, row=1, col=panel, line={"width": 0}, fillcolor="rgba(1,2,3,0.5)")
    assert len(theirs.layout.shapes) == 3
    assert layout(checked(ours)) == layout(theirs)


@PANELS
@pytest.mark.parametrize(("right", "position"), [(True, "bottom right"), (False, "bottom left")])
def test_texts_of_a_line_are_where_plotly_puts_them(panel: int, right: bool, position: str) -> None:
    ours, theirs = two_panels()
    ours.add_hline(2.5, panel=panel, text="words", right=right)
    theirs.add_hline(2.5, row=1, col=panel, annotation_text="words", annotation_position=position)
    assert len(theirs.layout.annotations) == 1
    assert layout(checked(ours)) == layout(theirs)


def test_texts_of_a_line_on_a_logarithmic_axis_are_on_the_line() -> None:
    fig = two_panels()[0].update_yaxes(panel=2, type="log")
    fig.add_hline(100.0, panel=1, text="linear").add_hline(100.0, panel=2, text="logarithmic")
    shown = checked(fig).layout
    assert [line.y0 for line in shown.shapes] == [100, 100]
    assert [words.y for words in shown.annotations] == [100, pytest.approx(math.log10(100))]


@PANELS
def test_annotations_and_shapes_are_plotlys(panel: int) -> None:
    ours, theirs = two_panels()
    ours.add_annotation(text="corner", x=1, y=1, showarrow=False, **spec.inside(panel))
    theirs.add_annotation(text="corner", x=1, y=1, showarrow=False, row=1, col=panel, xref="x domain", yref="y domain")
    for fig in (ours, theirs):
        fig.add_shape(type="rect", x0=0, x1=1, y0=0, y1=1, xref="paper", yref="paper", line=DASHED)
    assert layout(checked(ours)) == layout(theirs)


@PANELS
def test_a_trace_on_a_panel_is_on_its_axes(panel: int) -> None:
    ours, theirs = two_panels()
    on = [trace for trace in checked(ours).data if (trace.xaxis or "x") == theirs.data[panel - 1].xaxis]
    assert [trace.yaxis or "y" for trace in on] == [theirs.data[panel - 1].yaxis]


def test_frames_are_sent_only_where_there_are_some() -> None:
    fig = Figure().add_scatter(y=[0, 1])
    assert set(fig.to_dict()) == {"data", "layout"}
    fig.frames = [spec.frame(({"y": [i, 1]},), range(1), f"step {i}") for i in range(3)]
    assert [frame.name for frame in checked(fig).frames] == ["step 0", "step 1", "step 2"]
    assert fig.frames[2] == {"data": [{"y": [2, 1]}], "traces": [0], "name": "step 2"}
    assert spec.frame([], [])["name"] == ""


@pytest.mark.parametrize("fig", [
    Figure().add_scatter(y=[1], colour="red"),
    Figure().add_scatter(y=[1], line={"color": "no colour"}),
    Figure().add_scatter(y=[1], mode="dots"),
    Figure({"heigth": 300}),
    Figure().update_xaxes(type="logarithmic"),
    Figure().add_vline(1.0, lines={}),
    Figure().add_annotation(text="a", xanchor="rigth"),
])
def test_plotly_names_what_is_wrong(fig: Figure) -> None:
    with pytest.raises(ValueError, match="Invalid"):
        fig.plotly()

"""The CSV of a figure: columns with the axes' names, full precision, one row a point."""

import numpy as np

from tests.ui.take_home.saved_numbers import assert_every_number_is_saved, rows
from ui.figures import spec, theme


def test_columns_have_the_names_of_the_axes_with_their_units() -> None:
    fig = theme.figure(x="step", y="log p(x), nats<br>per <b>point</b>")
    fig.add_scatter(x=[0, 1], y=np.float64([0.1, 1 / 3]), name="EM")
    fig.add_scatter(x=[2], y=[-1e-9])
    assert rows(fig) == [{"trace": "EM", "step": "0", "log p(x), nats per point": "0.1"},
                         {"trace": "EM", "step": "1", "log p(x), nats per point": "0.3333333333333333"},
                         {"trace": "trace 2", "step": "2", "log p(x), nats per point": "-1e-9"}]


def test_single_precision_is_written_as_short_as_it_was() -> None:
    fig = theme.figure().add_scatter(x=np.float32([0.1, 1 / 3, 16777216, np.nan]), y=np.float32([1, 2, 3, 4]))
    assert [row["x"] for row in rows(fig)] == ["0.1", "0.33333334", "16777216", ""]


def test_axes_of_one_name_are_told_apart_and_panels_are_numbered() -> None:
    fig = theme.figure(x="z", y="z").split([1, 1], gap=0.1)
    fig.add_scatter(x=[1], y=[2]).add_scatter(x=[3], y=[4], **spec.on(2))
    assert [next(iter(row.values())) for row in rows(fig)] == ["1", "2"]
    assert rows(fig)[0] == {"panel": "1", "trace": "trace 1", "z": "1", "z (vertical)": "2"}


def test_panels_that_share_an_axis_have_its_name() -> None:
    fig = theme.figure(x="x", y="waiting").split([1, 1], gap=0.1, shared_y=True)
    fig.add_scatter(x=[1], y=[2]).add_scatter(x=[3], y=[4], **spec.on(2))
    assert [row["waiting"] for row in rows(fig)] == ["2", "4"]


def test_a_grid_has_a_row_for_each_cell() -> None:
    fig = theme.figure(x="mean", y="deviation")
    fig.add_heatmap(x=[0.5, 1.5], y=[7, 8], z=np.float32([[1, 2], [3, 4]]), colorbar={"title": {"text": "nats"}})
    assert [tuple(row.values())[1:] for row in rows(fig)] == [
        ("0.5", "7", "1"), ("1.5", "7", "2"), ("0.5", "8", "3"), ("1.5", "8", "4")]
    assert list(rows(fig)[0]) == ["trace", "mean", "deviation", "nats"]


def test_exact_values_drawn_as_lines_are_saved() -> None:
    fig = theme.figure(x="step", y="nats").add_scatter(x=[1], y=[2]).add_hline(-3.5)
    assert rows(fig)[1:] == [{"trace": "line", "step": "", "nats": "-3.5"}]
    fig = theme.figure(x="step", y="nats").add_scatter(x=[1], y=[2]).add_hline(-3.5, name="the maximum").add_hrect(1, 2)
    assert [(row["trace"], row["nats"]) for row in rows(fig)[1:]] == [("the maximum", "-3.5"), ("band", "1"),
                                                                      ("band", "2")]


def test_what_is_only_drawn_is_not_saved() -> None:
    """A ring to drag on has another trace's numbers, the place of a lying bar is its name, and 0 has no logarithm."""
    fig = theme.figure(x="nats", y="gap").add_bar(y=["gap 2"], x=[2], base=[-3], orientation="h", name="gap 2")
    fig.add_scatter(x=[0], y=[1], name="drag me", meta="handle")
    fig.add_bar(x=[1, 2], y=[0.5, 1e-9], customdata=[0.5, 0.0], name="gaps", meta="clamped")
    assert [{name: value for name, value in row.items() if value} for row in rows(fig)] == [
        {"trace": "gap 2", "nats": "2", "base": "-3"}, {"trace": "gaps", "nats": "1", "gap": "0.5"},
        {"trace": "gaps", "nats": "2", "gap": "0"}]


def test_a_name_that_a_spreadsheet_would_compute_is_a_text() -> None:
    fig = theme.figure().add_scatter(x=["=1+1", '-"a", b', "-3", "＝1"], y=[1, 2, 3, 4])
    assert [row["x"] for row in rows(fig)] == ["'=1+1", "'-\"a\", b", "-3", "'＝1"]


def test_errors_are_saved() -> None:
    fig = theme.figure(y="nats").add_scatter(x=[1, 2], y=[3, 4], error_y={"type": "data", "array": [0.1, 0.2]},
                                             text=["a<br>b", ""])
    assert rows(fig)[0] == {"trace": "trace 1", "x": "1", "nats": "3", "± nats": "0.1", "label": "a b"}
    assert_every_number_is_saved(fig)


def test_colours_and_opacities_are_saved_as_what_they_stand_for() -> None:
    look = {"color": [0, 1], "opacity": [0.25, 1.0], "size": [8, 13], "angle": [0, 90], "symbol": ["x", "circle"]}
    fig = theme.figure(y="nats").add_scatter(x=[1, 2], y=[3, 4], marker=look)
    assert rows(fig)[0] == {"trace": "trace 1", "x": "1", "nats": "3"}
    fig.data[0]["meta"] = {"columns": {"z": [2, 1, 1], "q(z)": np.float32([0.6, 0.9, 1])}}    # the third is drawn later
    assert rows(fig) == [{"trace": "trace 1", "x": "1", "nats": "3", "z": "2", "q(z)": "0.6"},
                         {"trace": "trace 1", "x": "2", "nats": "4", "z": "1", "q(z)": "0.9"}]
    assert_every_number_is_saved(fig)

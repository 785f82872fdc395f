"""Figures of the lesson on the bound: valid plotly, unchanged numbers, a sentence for each; and the tables are read."""

import math

import numpy as np
import pytest

from pages.elbo.figures import (
    amortized,
    coins,
    densities,
    families,
    landscape,
    more_samples,
    ruler,
    touching,
    two_gaussians,
    two_likelihoods,
)
from pages.elbo.figures.densities import LOG_UNIT, Q, Scene, Tables, U
from pages.elbo.figures.ruler import Bound, Directions, Estimate
from tests.ui.figures.checked import checked, size
from tests.ui.take_home.node import script
from ui.figures import lookup, theme
from ui.figures.lookup import Axis

PALETTES = pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
Z = np.linspace(-4.5, 4.5, 101)
NORMAL = np.exp(-Z**2 / 2) / math.sqrt(2 * math.pi)
SCENE = Scene(Z, NORMAL, NORMAL, NORMAL)
MEANS, ROOTS, OVER_Z = Axis(-4.5, 4.5, 37), Axis(math.sqrt(0.15), math.sqrt(2.5), 41), Axis(-18, 18, 721)


def kl_to_standard(mean: np.ndarray, root: np.ndarray) -> np.ndarray:
    return 0.5 * (mean[:, None]**2 + root**4 - 1) - 2 * np.log(root)


KL = kl_to_standard(MEANS.nodes, ROOTS.nodes)
TABLES = Tables((MEANS, ROOTS), {"reconstruction": -KL, "kl": KL}, -OVER_Z.nodes**2 / 2 - 0.5 * math.log(2 * math.pi),
                OVER_Z, -1.5, 3e-4)


# Reading between the nodes ------------------------------------------------------------------------------------------


def test_a_table_is_read_as_the_cubic_through_the_nearest_nodes() -> None:
    means, roots = np.linspace(-4.4, 4.4, 53), np.linspace(0.4, 1.5, 47)
    read = lookup.read(KL, (MEANS, ROOTS), (means, roots))
    assert read.shape == (53, 47)
    assert np.abs(read - kl_to_standard(means, roots)).max() < 1e-3


def test_a_cubic_is_read_exactly_and_a_place_outside_at_the_end() -> None:
    axis = Axis(-1.0, 2.0, 7)
    at = np.array([-1.0, -0.77, 0.1, 1.99, 2.0])
    np.testing.assert_allclose(lookup.read(axis.nodes**3, [axis], [at]), at**3, atol=1e-12)
    np.testing.assert_allclose(lookup.read(axis.nodes**3, [axis], [np.array([-9.0, 9.0])]), [-1.0, 8.0])


def test_tables_are_sent_flat_with_the_last_axis_running_fastest() -> None:
    sent = lookup.sent({"kl": KL}, (MEANS, ROOTS))
    assert sent["axes"] == [list(MEANS), list(ROOTS)]
    assert sent["values"]["kl"][41 * 3 + 7] == np.float32(KL[3, 7])


# q over the posterior -----------------------------------------------------------------------------------------------


@PALETTES
@pytest.mark.parametrize("integrand", [False, True])
def test_q_is_drawn_as_the_gaussian_that_the_markers_give(palette: theme.Palette, integrand: bool) -> None:
    q = Q(0.8, 0.5)
    drawn = densities.densities(SCENE, q, TABLES, palette, integrand=integrand, fits={"best": Q(0.0, 1.0)},
                                ruler=ruler.directions_moving(1e-3))
    fig, at = checked(drawn.figure), drawn.drag["follow"]["at"]
    curve = fig.data[at["q"]]
    x, y = np.array(curve.x), np.array(curve.y)
    np.testing.assert_allclose(y, np.exp(-0.5 * ((x - 0.8) / 0.5) ** 2) / 0.5 / math.sqrt(2 * math.pi), rtol=1e-6)
    assert list(fig.data[at["centre"]].x) == [0.8]
    assert list(fig.data[at["width"]].x) == [1.3] == [drawn.drag["follow"]["edge"]]
    assert drawn.drag["trace"] == at["centre"]
    assert drawn.drag["more"] == [at["width"]]
    assert ("positive" in at) == integrand
    assert size(drawn.figure) < 60_000
    assert "0.80" in densities.densities_alt(SCENE, q)


def test_the_shaded_areas_add_up_to_kl() -> None:
    q = Q(0.8, 0.5)
    drawn = densities.densities(SCENE, q, TABLES, integrand=True)
    at, data = drawn.drag["follow"]["at"], drawn.figure.data
    z = q.mean + q.deviation * U
    areas = [np.trapezoid(np.float64(data[at[name]]["y"]), z) for name in ("positive", "negative")]
    exact = 0.5 * (0.8**2 + 0.5**2 - 1) - math.log(0.5)
    assert areas[0] > 0 > areas[1]
    assert sum(areas) == pytest.approx(exact, abs=2e-3)


def test_the_integrand_is_zero_everywhere_where_q_is_p() -> None:
    drawn = densities.densities(SCENE, Q(0.0, 1.0), TABLES, integrand=True)
    at, data = drawn.drag["follow"]["at"], drawn.figure.data
    assert max(np.abs(data[at[name]]["y"]).max() for name in ("positive", "negative")) < 1e-6


@pytest.mark.parametrize("q", [Q(3.0, 0.15), Q(-0.5, 1.0), Q(-4.5, 0.15)])
def test_q_and_the_integrand_lie_inside_their_axes(q: Q) -> None:
    drawn = densities.densities(SCENE, q, TABLES, integrand=True)
    at, data, layout = drawn.drag["follow"]["at"], drawn.figure.data, drawn.figure.layout
    assert max(data[at["q"]]["y"]) < layout["yaxis"]["range"][1]
    assert max(data[at["positive"]]["y"]) < layout["yaxis2"]["range"][1]
    assert min(data[at["negative"]]["y"]) > layout["yaxis2"]["range"][0]


def test_the_unit_curve_is_the_standard_normal() -> None:
    assert np.trapezoid(np.exp(LOG_UNIT), U) == pytest.approx(1, abs=1e-4)


def test_the_shown_error_is_above_the_error() -> None:
    assert TABLES.shown_error == pytest.approx(1e-3)
    assert TABLES._replace(error=0.0).shown_error == pytest.approx(1e-6)


# Two Gaussians as q -------------------------------------------------------------------------------------------------

TWO = two_gaussians.Two(-1.2, 0.9, 0.4, 0.3)
INFORMATION = two_gaussians.Information((Axis(0.1, 1.4, 5), Axis(0.0, 10.0, 5)), np.zeros((5, 5)))


@PALETTES
def test_the_tops_of_two_gaussians_lie_on_their_parts(palette: theme.Palette) -> None:
    rows = ruler.moving((-8.0, 0.0), None, 1e-3)
    drawn = two_gaussians.densities(SCENE, TWO, TABLES, INFORMATION, palette, ruler=rows)
    fig, at = checked(drawn.figure), drawn.drag["follow"]["at"]
    for name, mean, weight in (("centre", -1.2, 0.3), ("second", 0.9, 0.7)):
        marker = fig.data[at[name]]
        assert marker.x[0] == mean
        assert marker.y[0] == pytest.approx(weight / 0.4 / math.sqrt(2 * math.pi))
        assert marker.y[0] < fig.layout.yaxis.range[1]
    exact = sum(w * np.exp(-0.5 * ((Z - m) / 0.4)**2) / 0.4 for m, w in ((-1.2, 0.3), (0.9, 0.7)))
    np.testing.assert_allclose(fig.data[at["q"]].y, exact / math.sqrt(2 * math.pi), atol=2e-5)
    assert drawn.drag["trace"] == at["centre"]
    assert drawn.drag["more"] == [at["second"], at["width"]]
    assert size(drawn.figure) < 60_000
    assert "0.30 of a Gaussian at −1.20" in two_gaussians.densities_alt(SCENE, TWO)


# The ruler ----------------------------------------------------------------------------------------------------------

BOUND = Bound(-1.42, 1.8, -4.64, -2.27)


@PALETTES
@pytest.mark.parametrize("estimate", [None, Estimate(20, -3.0, 0.4)])
def test_both_forms_of_the_bound_end_at_the_same_place(palette: theme.Palette, estimate: Estimate | None) -> None:
    fig = checked(ruler.ruler(BOUND, estimate, (-8.0, 0.0), palette))
    kl, gap, entropy = fig.data[1], fig.data[2], fig.data[4]
    assert kl.base[0] == pytest.approx(BOUND.value)
    assert kl.base[0] + kl.x[0] == pytest.approx(BOUND.reconstruction)
    assert entropy.base[0] + entropy.x[0] == pytest.approx(BOUND.value)
    assert gap.base[0] == pytest.approx(BOUND.value)
    assert gap.base[0] + gap.x[0] == pytest.approx(BOUND.evidence)
    assert tuple(fig.layout.xaxis.range) == (-8.0, 0.0)
    assert len(fig.data) == (5 if estimate is None else 6)
    assert "−3.220" in ruler.ruler_alt(BOUND, estimate)
    assert "-" not in ruler.ruler_alt(BOUND, estimate).replace("Log-evidence", "")


@pytest.mark.parametrize("estimate", [None, Estimate(20, -3.0, 0.4)])
def test_the_moving_rows_are_the_drawn_ones(estimate: Estimate | None) -> None:
    fig = ruler.ruler(BOUND, estimate, (-8.0, 0.0))
    rows = ruler.moving((-8.0, 0.0), None if estimate is None else estimate.samples, 1e-3)["rows"]
    names = fig.layout["yaxis"]["categoryarray"][::-1]
    assert len(rows) == len(names)
    for row, name in zip(rows, names, strict=True):
        assert name.startswith(row["label"])
        assert fig.data[row["trace"]]["y"] == [name]
        assert (fig.data[row["trace"]]["type"] == "bar") == (row["from"] is not None)


def test_an_infinite_kl_is_named_and_fills_the_axis() -> None:
    fig = ruler.directions(Directions(0.31, math.inf, -2.31, -2.0))
    checked(fig)
    assert "∞" in fig.data[1]["y"][0]
    assert math.isfinite(fig.data[1]["x"][0])
    assert fig.data[1]["x"][0] > ruler.KL_SPAN[1]
    (note,) = fig.layout["annotations"]
    assert "without end" in note["text"]
    assert (note["x"], fig.layout["yaxis"]["categoryarray"][note["y"]]) == (ruler.KL_SPAN[1], "KL(p‖q) ∞")
    assert ruler.directions_moving(1e-3)["endless"].items() <= note.items()


def test_the_axis_doubles_where_a_row_would_leave_it_and_log_p_keeps_its_place() -> None:
    bound, span = Bound(-25.92, 4.5, -31.84, -5.27), (-11.0, -2.0)
    low, high = checked(ruler.ruler(bound, Estimate(20, -30.2, 2.0), span)).layout.xaxis.range
    assert low < min(bound.complete, bound.value, -32.2) < high
    assert (high - low) / (span[1] - span[0]) == 8
    assert (bound.evidence - low) / (high - low) == pytest.approx((bound.evidence - span[0]) / (span[1] - span[0]))
    near = bound._replace(reconstruction=-3.0, complete=-8.0)
    assert tuple(checked(ruler.ruler(near, None, span)).layout.xaxis.range) == span
    moving = ruler.moving(span, 20, 1e-3)
    assert (moving["span"], moving["about"]) == (list(span), "evidence")


@pytest.mark.parametrize(("values", "end"), [((0.3, 3.9), 4.0), ((25.15, 12.6), 32.0), ((300.0, 4000.0), 4096.0)])
def test_both_directions_of_kl_are_to_scale(values: tuple[float, float], end: float) -> None:
    fig = checked(ruler.directions(Directions(*values, -2.0 - values[0], -2.0)))
    assert tuple(fig.layout.xaxis.range) == (0.0, end)
    assert tuple(trace.x[0] for trace in fig.data) == values
    assert not fig.layout.annotations


# Two coins ----------------------------------------------------------------------------------------------------------


@PALETTES
def test_bars_of_two_coins(palette: theme.Palette) -> None:
    q = lookup.SHARES
    tables = coins.CoinTables({"reverse": q * np.log(q / 0.3) + (1 - q) * np.log((1 - q) / 0.7)}, {"evidence": -1.0})
    drawn = coins.bars(0.5, 0.3, 0.2, tables, palette)
    fig = checked(drawn.figure)
    assert list(fig.data[2].y) == [0.2, 0.8]
    assert list(fig.data[drawn.drag["trace"]].y) == [0.2]
    assert list(fig.data[drawn.drag["trace"]].x) == [fig.data[2].x[0]]
    assert "0.200" in coins.bars_alt(0.5, 0.3, 0.2)


def test_the_coins_table_is_within_a_thousandth_of_a_nat() -> None:
    q = np.linspace(1e-3, 1 - 1e-3, 333)
    exact = lambda share: share * np.log(share / 0.3) + (1 - share) * np.log((1 - share) / 0.7)  # noqa: E731
    read = lookup.read(exact(lookup.SHARES), [lookup.SHARE_AXIS], [np.arcsin(np.sqrt(q))])
    assert np.abs(read - exact(q)).max() < 1e-3


# The other figures --------------------------------------------------------------------------------------------------


@PALETTES
def test_more_samples(palette: theme.Palette) -> None:
    count = np.arange(1, 101)
    found = more_samples.Curve(count, -2.0 - 1.0 / count, 0.02 + 0 * count, -3.0, -2.0)
    fig = checked(more_samples.curve(found, palette))
    assert list(fig.data[2].y) == [-2.0, -2.0]
    assert "−3.000" in more_samples.curve_alt(found)


@PALETTES
def test_the_families(palette: theme.Palette) -> None:
    cells = families.Cells(-4.5, 4.5, np.array([0.2, 0.5, 0.3]))
    fig = checked(families.families(SCENE, Q(0.0, 1.0), cells, palette))
    np.testing.assert_allclose(np.array(fig.data[1].y)[:3] * cells.width, cells.masses, rtol=1e-6)
    assert "Gaussian 0.250 nats" in families.families_alt({"Gaussian": 0.25}, 3)


VALUES = np.linspace(45.0, 100.0, 51)
HALVES = tuple(touching.HalfStep(kind, step, value, anchor, -4.0 + 0.1 * i, -3.9 + 0.1 * i, 0.1,
                                 -4.0 - (VALUES - 70)**2)
               for i, (kind, step, value, anchor) in enumerate((
                   ("start", 0, 50.0, None), ("E", 1, 50.0, 50.0), ("M", 1, 60.0, 50.0), ("E", 2, 60.0, 60.0))))
RUN = touching.Run(VALUES, -3.5 - 0.001 * (VALUES - 80)**2, HALVES)


@PALETTES
def test_the_bound_under_log_p_has_a_frame_for_each_half_step(palette: theme.Palette) -> None:
    fig = touching.curves(RUN, "mean", 2, palette)
    checked(fig)
    assert len(fig.frames) == len(HALVES)
    assert fig.frames[3]["data"][3]["x"] == [60.0]
    assert "step 2: after E" in touching.caption(HALVES[3])
    assert "uniform" in touching.caption(HALVES[0])
    assert "50" in touching.curves_alt(HALVES[1], "mean")
    parts = [np.array([NORMAL, 2 * NORMAL])] * 4
    mixture = touching.Mixture(np.linspace(-5, 5, 11), np.full(10, 0.1), Z, parts)
    data = touching.data(mixture, HALVES, "x", 1, palette)
    checked(data)
    np.testing.assert_allclose(data.frames[0]["data"][2]["y"], np.float32(3 * NORMAL), rtol=1e-6)
    assert "272" in touching.data_alt(HALVES[0], 272)


PATH = tuple(landscape.Move(kind, step, q, t, bound, -1.5, -1.5 - bound) for kind, step, q, t, bound in (
    ("start", 0, 0.9, 0.2, -2.5), ("E", 1, 0.3, 0.2, -1.7), ("M", 1, 0.3, 0.5, -1.5)))


@PALETTES
def test_the_landscape_and_its_path(palette: theme.Palette) -> None:
    q = np.linspace(0.01, 0.99, 9)
    found = landscape.Landscape(q, q, -np.add.outer((q - 0.6)**2, (q - 0.3)**2) - 1.5, 0 * q + 0.3, 0 * q - 1.5,
                                ("q", "theta"))
    fig = landscape.contours(found, PATH, 1, palette)
    checked(fig)
    by_name = {trace.get("name"): trace for trace in fig.data}
    assert by_name["path"]["x"] == [0.9, 0.3]
    assert fig.frames[2]["data"][1]["y"] == [0.2, 0.2, 0.5]
    for line in ("path", "ridge: L = log p(x)"):        # both stand out from every colour of the scale by an edge
        edge = by_name[f"edge of the {line.split(':')[0]}"]
        assert list(edge["x"]) == list(by_name[line]["x"])
        assert edge["line"]["width"] > by_name[line]["line"]["width"]
        assert edge["line"]["color"] == palette.paper
    assert fig.frames[2]["data"][0] == fig.frames[2]["data"][1]
    heights = landscape.heights(PATH, -1.4, 2, palette)
    checked(heights)
    assert heights.data[1]["y"] == [-2.5, -1.7, -1.5]
    surface = checked(landscape.surface(found, PATH, palette))
    assert [trace.name for trace in surface.data[1:]] == ["ridge: L = log p(x)", "path"]
    assert surface.layout.showlegend is None, "with a legend, on the page and saved"
    assert landscape.caption(PATH[1]._replace(bound=-1.5 - 2.5e-7)).endswith("L = −1.5000, gap 2.5 × 10⁻⁷")
    assert "0.300" in landscape.contours_alt(PATH, 2)
    assert "−1.5000" in landscape.heights_alt(PATH, 2)


@PALETTES
def test_complete_and_incomplete(palette: theme.Palette) -> None:
    found = two_likelihoods.Likelihoods(VALUES, -4.5 - 0.01 * (VALUES - 80)**2, -3.5 - 0.01 * (VALUES - 78)**2)
    shown = checked(two_likelihoods.curves(found, 70.0, "mean", palette))
    stars = [trace for trace in shown.data if trace.marker.symbol == "star"]
    assert [trace.x[0] for trace in stars] == [found.best(True)[0], found.best(False)[0]]
    assert [trace.name for trace in stars if trace.showlegend] == ["maximum"]
    for at in (45.0, 100.0):
        fig = checked(two_likelihoods.curves(found, at, "mean", palette))
        assert all(low < y for low, y in zip([fig.layout.yaxis.range[0]] * 2, fig.data[-1].y, strict=True))
    assert found.best(True)[0] == pytest.approx(80, abs=0.6)
    assert found.at(70.0)[1] > found.at(70.0)[0]
    assert "70" in two_likelihoods.curves_alt(found, 70.0)
    x, labels = np.array([50.0, 60.0, 80.0]), np.array([1, 1, 0])
    fig = checked(two_likelihoods.data(x, labels, palette, parts=np.array([NORMAL, NORMAL]), grid=Z))
    assert list(fig.data[1].x) == [50.0, 60.0]
    assert "3 observations" in two_likelihoods.data_alt(x, labels, 70.0)


@PALETTES
def test_the_encoder(palette: theme.Palette) -> None:
    x = np.linspace(-4.0, 6.0, 11)
    ones = np.ones_like(x)
    swept = amortized.Swept(x, 0.5 * x, 0.7 * ones, 0.6 * x, 0.7 * ones, 0.1 * ones, 0.2 * ones)
    exact = amortized.Exact(x, Z, np.tile(NORMAL[:, None], (1, 11)))
    sweep = checked(amortized.sweep(exact, swept, 2.0, palette))
    assert (sweep.data[0].name, sweep.data[0].showlegend) == ("posterior p(z|x)", True)
    gaps = checked(amortized.gaps(swept, 2.0, palette))
    assert gaps.data[1].y[0] == pytest.approx(0.3)
    large = swept._replace(amortization=20.0 * ones)
    assert amortized.gaps(large, 2.0, palette).layout["yaxis"]["range"][1] > 20.1
    assert "0.200" in amortized.gaps_alt(swept)
    assert "20 steps" in amortized.sweep_alt(swept, 20)


MOVED = """(ruler, now, traces, layout) => {
  followRuler(traces, null, { ruler, now }, layout);
  return [layout.yaxis.categoryarray.toReversed(), layout.annotations.map(({ text }) => text)];
}"""
SCRIPTS = tuple(f"live_figure/{name}.js" for name in ("placed", "tables", "follow_q"))


@pytest.mark.parametrize("bound", [
    BOUND, Bound(-4.5439, 0.125, -6.0879, -2.2655), Bound(-1.2938, 0.2217, -2.588, -1.5155 + 2.3e-8),
    Bound(-1.049, 1.933, -2.098, -1.516), Bound(-158.1214, 6.6395, -170.0, -160.0)])
def test_the_browser_writes_the_moved_rows_as_python_does(bound: Bound) -> None:
    estimate = Estimate(20, -3.0, 9e-6)
    fig, rows = ruler.ruler(bound, estimate, (-8.0, 0.0)), ruler.moving((-8.0, 0.0), 20, 0.0)
    now = {"reconstruction": bound.reconstruction, "bound": bound.value, "evidence": bound.evidence,
           "complete": bound.complete, "sampled": -3.0, "spread": 9e-6, "zero": 0.0}
    layout = {"yaxis": {}, "xaxis": {}, "shapes": [{}, {}], "annotations": [{}, {}]}
    names, marks = script(MOVED, *SCRIPTS)(rows, now, [{} for _ in rows["rows"]], layout)
    assert names == fig.layout["yaxis"]["categoryarray"][::-1]
    assert marks == [mark["text"] for mark in fig.layout["annotations"]]
    assert names[-1].endswith("± 9 × 10⁻⁶")


def test_what_the_tables_cannot_tell_from_0_is_named_with_a_power_of_ten() -> None:
    now = {"zero": 0.0, "reverse": 2e-8, "forward": 0.3, "bound": -1.5 - 2e-8, "evidence": -1.5}
    names, _ = script(MOVED, *SCRIPTS)({**ruler.directions_moving(4e-5), "endless": None}, now, [{}, {}],
                                       {"yaxis": {}, "xaxis": {}, "annotations": []})
    assert names == ["KL(q‖p) below 4 × 10⁻⁵", "KL(p‖q) 0.300"]


def test_the_posterior_of_the_alt_text_is_highest_where_it_is_not_at_a_node() -> None:
    z = np.linspace(-4.5, 4.5, 301)
    scene = Scene(z, NORMAL, np.exp(-(z - 1) ** 2), NORMAL)
    assert scene.mode == pytest.approx(1.0)
    assert abs(z[int(scene.posterior.argmax())] - 1.0) > 5e-3
    assert "highest at 1.00," in densities.densities_alt(scene, Q(-0.5, 1.0))

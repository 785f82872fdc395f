"""Figures of the mixture page: the numbers unchanged, the right colours, a small message, a sentence for each."""

import itertools

import numpy as np
import pytest
import torch

from dgm import gmm
from dgm.datasets import load
from dgm.gmm import continuous_mixture, selection
from pages.gmm.figures import (
    components,
    convergence,
    criteria,
    density,
    drawing,
    em_history,
    groupings,
    plane,
    thumbnails,
)
from tests.ui.figures.checked import checked, size
from tests.ui.take_home.saved_numbers import rows
from ui.figures import theme
from ui.figures.spec import Figure, Json

X = load("faithful").x
STEPS = list(itertools.islice(gmm.em(X, gmm.init(X, 3)), 5))
LAST = STEPS[-1]
THETA = plane.marginal(LAST.params)
POINTS, RESP = X.numpy(), LAST.resp.numpy()
PALETTES = pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def test_ellipse_is_the_contour_of_the_gaussian() -> None:
    cov = np.array([[2.0, 0.7], [0.7, 0.5]])
    path = plane.ellipse(np.array([1.0, -1.0]), cov, 2.0) - np.array([1.0, -1.0])
    np.testing.assert_allclose(np.einsum("ni,ij,nj->n", path, np.linalg.inv(cov), path), 4.0, rtol=1e-4)


def test_theta_is_the_marginal_on_two_columns() -> None:
    iris = gmm.fit(load("iris").x, 2).params
    at = plane.marginal(iris, (2, 0))
    assert at.means.tolist() == iris.means[:, [2, 0]].tolist()
    assert at.covs[1, 0, 1] == float(iris.covs[1, 2, 0])
    assert at.covs[0, 0, 0] == float(iris.covs[0, 2, 2])


@PALETTES
@pytest.mark.parametrize("pies", [False, True])
def test_clusters(palette: theme.Palette, pies: bool) -> None:
    drawn = plane.clusters(POINTS, RESP, THETA, ("eruption", "waiting"), palette, pies=pies)
    fig = checked(drawn)
    groups = [trace for trace in fig.data if trace.name in ("component 1", "component 2", "component 3")]
    assert sorted(np.concatenate([trace.customdata for trace in groups]).tolist()) == list(range(len(X)))
    assert len({(trace.marker.color, trace.marker.symbol) for trace in groups}) == 3
    assert fig.layout.xaxis.title.text == "eruption"
    assert size(drawn) < 300_000
    strongest = RESP.argmax(1)
    for k, trace in enumerate(groups):
        assert (strongest[trace.customdata] == k).all()
        if not pies:
            opacity = np.asarray(trace.marker.opacity)
            sure = RESP[trace.customdata].max(1)
            assert np.corrcoef(opacity, sure)[0, 1] > 0.999


def test_one_component_brought_out_fades_the_points_of_others() -> None:
    fig = checked(plane.clusters(POINTS, RESP, THETA, component=1))
    for k in range(3):
        opacity = np.asarray(fig.data[k].marker.opacity)
        np.testing.assert_allclose(opacity, 0.15 + 0.85 * RESP[fig.data[k].customdata, 1], rtol=1e-5)


def test_pie_slices_have_the_area_of_the_responsibility() -> None:
    x = np.array([[0.0, 0.0], [10.0, 10.0]])
    resp = np.array([[0.25, 0.75], [1.0, 0.0]])
    one, two = plane._pies(x, resp, theme.LIGHT, (np.array([0.0, 0.0]), np.array([10.0, 10.0])))

    def area(trace: Json, point: np.ndarray) -> float:
        path = np.stack([trace["x"], trace["y"]], 1).astype(float)
        cut = [part for part in np.split(path, np.flatnonzero(np.isnan(path[:, 0]))) if np.isfinite(part).any()]
        near = [part[np.isfinite(part[:, 0])] for part in cut]
        mine = next(part for part in near if np.abs(part[0] - point).max() < 1e-6)
        u, v = mine[:, 0], mine[:, 1]
        return abs(float(np.dot(u, np.roll(v, 1)) - np.dot(v, np.roll(u, 1)))) / 2

    assert area(two, x[0]) / area(one, x[0]) == pytest.approx(3, rel=0.03)   # arcs are polygons
    assert np.isfinite(two["x"]).sum() == 15         # the second point has no second slice


def test_many_points_make_a_small_message() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 2))
    resp = np.tile([0.5, 0.5], (100_000, 1))
    fig = plane.clusters(x, resp, THETA._replace(weights=THETA.weights[:2], means=THETA.means[:2],
                                                 covs=THETA.covs[:2]))
    assert all(trace.type == "scattergl" for trace in checked(fig).data[:2])
    assert size(fig) < 4_000_000


def history() -> tuple[list[em_history.Frame], np.ndarray, np.ndarray]:
    halves = gmm.half_steps(X, STEPS)
    frames = [em_history.Frame(plane.marginal(half.params), np.full((len(X), 3), 1 / 3) if half.anchor is None else
                               gmm.e_step(X, half.anchor).resp.numpy(), half.bound, half.log_lik) for half in halves]
    return frames, np.array([half.log_lik for half in halves]), np.array([half.bound for half in halves])


def test_the_axes_stay_where_they_are_when_a_mean_is_released() -> None:
    frames, _, _ = history()
    before = frames[0].theta
    run, smaller = (before, frames[-1].theta), frames[-1].theta._replace(covs=frames[-1].theta.covs / 9)
    ranges = [axis["range"] for axis in axes_of(em_history.plane(POINTS, frames))]
    for x in np.linspace(ranges[0][0], ranges[0][1], 4):
        means = before.means.copy()
        means[0] = x, ranges[1][1]
        moved = [frames[0]._replace(theta=before._replace(means=means)), *frames[1:]]
        for last in (frames[-1], frames[-1]._replace(theta=smaller)):      # the run may end in another optimum
            shown = em_history.plane(POINTS, [*moved[:-1], last], before_drag=run)
            assert [axis["range"] for axis in axes_of(shown)] == ranges
    means[0] = POINTS.max(0) + 0.3 * np.ptp(POINTS, 0)        # typed
    low, high = axes_of(em_history.plane(POINTS, moved, before_drag=run))[0]["range"]
    assert low < means[0, 0] < high


def axes_of(fig: Figure) -> list[Json]:
    return [fig.layout["xaxis"], fig.layout["yaxis"]]


@PALETTES
def test_history_moves_both_figures_frame_by_frame(palette: theme.Palette) -> None:
    frames, log_lik, bound = history()
    drawn = em_history.plane(POINTS, frames, palette=palette, truth=THETA)
    left, right = checked(drawn), checked(em_history.curves(frames, log_lik, bound, palette))
    assert len(left.frames) == len(right.frames) == len(frames) == 10
    assert left.data[em_history.means_trace(3)].name == "means"
    for number, frame in enumerate(left.frames):
        assert list(frame.traces) == [0, 1, 2, 3, 4]
        np.testing.assert_allclose(frame.data[4].x, frames[number].theta.means[:, 0], rtol=1e-6)
        strongest = frames[number].resp.argmax(1) if number else np.full(len(X), 3)     # none at the uniform start
        assert (np.asarray(frame.data[0].marker.color) == strongest).all()
        assert right.frames[number].data[0].type == "bar"
        assert right.frames[number].data[1].x[-1] == number      # nothing after the current half-step
        assert len(right.frames[number].data[1].x) == min(number, em_history.PAST) + 1
        assert len(set(zip(frame.data[0].marker.color, frame.data[0].marker.angle, strict=True))) <= 3
        np.testing.assert_allclose(right.frames[number].data[0].y, frames[number].resp.mean(0), rtol=1e-5)
        np.testing.assert_allclose(right.frames[number].data[3].y, [bound[number], log_lik[number]], rtol=1e-6)
    first = frames[0].theta
    np.testing.assert_allclose(left.data[1].x, plane.ellipse(first.means[0], first.covs[0], 2.0)[:, 0])
    assert left.data[-1].line.dash == "dot"
    assert size(drawn) < 300_000
    assert "can be dragged" in em_history.plane_alt(272, first, 0)
    assert "can be dragged" not in em_history.plane_alt(272, first, 1)
    assert "half-step 2: −4.2000 and −4.3000" in em_history.curves_alt(2, -4.3, -4.2, 0.1)
    assert "the bound touches" in em_history.curves_alt(1, -4.2, -4.2, 0.0)


@PALETTES
def test_no_two_components_and_no_component_and_term_share_a_colour(palette: theme.Palette) -> None:
    used = components.colours(12, palette)
    assert len(set(used)) == len({components.marker(j) for j in range(12)}) == 12
    assert not {palette[meaning] for meaning in ("evidence", "q", "gap", "data", "held-out")} & set(used)
    assert components.number(-0.00001) == "0.0000"
    assert components.number(-4.5) == "−4.5000"


def test_points_without_a_most_responsible_component_are_grey() -> None:
    fig = checked(plane.clusters(POINTS, np.full_like(RESP, 1 / 3), THETA, component=1))
    assert [len(trace.x) for trace in fig.data[:4]] == [0, 0, 0, len(X)]
    assert fig.data[3].marker.color == theme.LIGHT["data"]


@PALETTES
@pytest.mark.parametrize("hidden", [False, True])
def test_a_point_is_drawn_in_two_half_steps_and_hiding_z_hides_every_colour(palette: theme.Palette, hidden: bool
                                                                            ) -> None:
    x, z = gmm.sample(LAST.params, 6)
    bounds = plane.bounds_of(POINTS, THETA)
    left = checked(drawing.plane(x.numpy(), z.numpy(), THETA, bounds, palette=palette, hidden=hidden))
    right = checked(drawing.weights(z.numpy(), THETA, palette, hidden=hidden))
    assert len(left.frames) == len(right.frames) == 13
    for number, (frame, bars) in enumerate(zip(left.frames, right.frames, strict=True)):
        assert len(frame.data[0].x) == number // 2
        wide = [j for j in range(3) if frame.data[1 + j].line.width > 2]
        assert wide == ([] if hidden or not number else [int(z[(number - 1) // 2])])
        assert float(np.sum(bars.data[0].y)) == pytest.approx(1.0 if number else 0.0)
        assert len(set(frame.data[0].marker.color)) == (len(set(z[:number // 2].tolist())) if not hidden else
                                                        min(number // 2, 1))
    assert all(trace.opacity == (0 if hidden else 1) for trace in left.data[1:])
    assert list(right.layout.xaxis.ticktext) == [f"{j + 1} <br>π = {weight:.2f}" for j, weight in
                                                 enumerate(THETA.weights)]
    assert all(trace.text is None for trace in right.data)      # a bar can be as high as any number above it
    assert "hidden" in drawing.plane_alt(6, 3, True)
    assert drawing.weights_alt(z.numpy(), THETA).count("drawn") == 3


def test_the_probabilities_of_many_components_stand_upright() -> None:
    many = plane.Theta(np.full(12, 1 / 12), np.zeros((12, 2)), np.tile(np.eye(2), (12, 1, 1)))
    axis = checked(drawing.weights(np.arange(12), many)).layout.xaxis
    assert axis.tickangle == -90
    assert axis.ticktext[11] == "12: 0.08"


def test_a_thumbnail_has_an_ellipse_for_each_component() -> None:
    fig = checked(thumbnails.clusters(POINTS, RESP, THETA))
    assert len(fig.data) == 4
    assert fig.layout.xaxis.showticklabels is not False


@PALETTES
def test_the_layers_of_the_joint_density_add_up(palette: theme.Palette) -> None:
    u, v = np.linspace(1, 6, 20), np.linspace(40, 100, 30)
    parts = np.random.default_rng(0).random((3, 30, 20))
    fig = checked(density.joint(u, v, np.stack([*parts, parts.sum(0)]), names=[1, 2, 3], palette=palette))
    assert len(fig.data) == 4
    np.testing.assert_allclose(sum(np.asarray(trace.z) for trace in fig.data[:3]), fig.data[3].z, rtol=1e-5)
    assert {trace.zmax for trace in fig.data} == {float(parts.sum(0).max())}
    assert "0.25" in density.joint_alt(np.array([0.25, 0.75]))


def test_the_axes_include_the_ellipses_unless_they_are_very_large() -> None:
    low, high = plane.bounds_of(POINTS, THETA)
    for mean, cov in zip(THETA.means, THETA.covs, strict=True):
        rim = plane.ellipse(mean, cov, 2.0)
        assert (low <= rim.min(0)).all()
        assert (high >= rim.max(0)).all()
    near = plane.bounds_of(POINTS)
    assert (low <= near[0]).all()
    assert (high >= near[1]).all()
    far = plane.bounds_of(POINTS, THETA._replace(covs=1e6 * THETA.covs))
    span = POINTS.max(0) - POINTS.min(0)
    np.testing.assert_allclose(far[1] - far[0], 2 * span)


def test_the_legend_names_every_component_with_its_weight() -> None:
    uniform = np.full_like(RESP, 1 / 3)      # argmax gives all points to the first component
    fig = checked(plane.clusters(POINTS, uniform, THETA, pies=True))
    assert [trace.name for trace in fig.data if trace.showlegend] == [
        f"{k + 1}: weight {weight:.2f}" for k, weight in enumerate(THETA.weights)]


def test_thinning_includes_both_ends_and_is_denser_at_the_start() -> None:
    shown = em_history.thin(1000, 30)
    assert shown[0] == 0
    assert shown[-1] == 999
    assert len(shown) <= 30
    assert shown[1] - shown[0] < shown[-1] - shown[-2]
    assert em_history.thin(5, 30) == [0, 1, 2, 3, 4]


@PALETTES
def test_speed_shows_gains_and_rates(palette: theme.Palette) -> None:
    gains, rates = [step.gain for step in STEPS], [step.rate for step in STEPS]
    fig = checked(convergence.speed(gains, rates, palette))
    np.testing.assert_allclose(fig.data[0].y, gains[1:], rtol=1e-6)
    np.testing.assert_allclose(fig.data[1].y, rates[1:], rtol=1e-6)
    assert fig.layout.yaxis.type == "log"
    assert fig.layout.yaxis2.type is None
    assert fig.layout.xaxis.range[1] > fig.data[1].x[-1]        # the curve ends before the numbers of its axis
    assert "Gains of 4 EM steps" in convergence.speed_alt(STEPS)
    grown = checked(convergence.speed(gains, [1.72, *rates[1:]][:len(rates)], palette))
    assert grown.layout.yaxis2.range[1] > 1.72
    assert fig.layout.yaxis2.range[1] == convergence.ABOVE


def test_criteria_mark_the_best_k_and_cover_only_the_answer() -> None:
    found = [selection.candidate(X, k, tol=1e-3) for k in (1, 2)]
    fits = [one.log_lik for one in found]
    covered = checked(criteria.criteria(fits, None, now=2))
    assert [trace.name for trace in covered.data] == ["fitted points"]
    np.testing.assert_allclose(covered.data[0].y, fits, rtol=1e-6)
    fig = checked(criteria.criteria(fits, found))
    assert [trace.x[0] for trace in fig.data[-3:]] == [selection.best(found, key).k for key in
                                                       ("aic_per_point", "bic_per_point", "held_out")]
    np.testing.assert_allclose(fig.data[2].y, [one.bic_per_point for one in found], rtol=1e-6)
    assert f"BIC K = {selection.best(found).k}" in criteria.criteria_alt(fits, found)
    assert "BIC" not in criteria.criteria_alt(fits, None)


def test_groupings_have_a_colour_for_each_group_once_the_answer_is_shown() -> None:
    groups = gmm.kmeans(X, LAST.params.means)
    labels = LAST.resp.argmax(1)
    fig = checked(groupings.side_by_side(POINTS, THETA, labels.numpy(), groups.labels.numpy(), groups.means.numpy()))
    assert [len(trace.x) for trace in fig.data[:3]] == torch.bincount(labels, minlength=3).tolist()
    assert [len(trace.x) for trace in fig.data[3:6]] == torch.bincount(groups.labels, minlength=3).tolist()
    covered = checked(groupings.side_by_side(POINTS, THETA, labels.numpy(), None, groups.means.numpy()))
    assert covered.data[3].marker.color == theme.LIGHT["data"]
    assert len(covered.data[3].x) == len(X)
    half = checked(groupings.side_by_side(POINTS, THETA, labels.numpy(), None, groups.means.numpy(),
                                          soft=np.full(len(X), 0.5)))
    assert covered.data[3].marker.opacity is None
    assert max(half.data[3].marker.opacity) < 1                                     # σ is seen before the answer
    assert "3 points change group, adjusted Rand index 0.50" in groupings.side_by_side_alt(3, 0.5, 272, 4)
    assert "change" not in groupings.side_by_side_alt(None, 0.5, 272, 4)


def test_saved_numbers_have_what_colours_and_opacities_stand_for() -> None:
    def saved(fig: Figure, column: str) -> list[float]:
        return [float(row[column]) for row in rows(fig) if row.get(column)]

    of_the_strongest = np.concatenate([RESP.max(1)[RESP.argmax(1) == k] for k in range(3)])
    np.testing.assert_allclose(saved(plane.clusters(POINTS, RESP, THETA), "largest responsibility"), of_the_strongest,
                               rtol=1e-6)
    of_one = np.concatenate([RESP[RESP.argmax(1) == k, 1] for k in range(3)])
    np.testing.assert_allclose(saved(plane.clusters(POINTS, RESP, THETA, component=1), "q(z=2)"), of_one, rtol=1e-6)
    groups = groupings.side_by_side(POINTS, THETA, RESP.argmax(1), None, POINTS[:3], soft=RESP.max(1))
    np.testing.assert_allclose(saved(groups, "largest responsibility"), RESP.max(1), rtol=1e-6)
    z = np.array([2, 0, 1])
    for hidden, columns in ((False, {"z": [3, 1, 2]}), (True, {})):
        drawn = drawing.plane(POINTS[:3], z, THETA, plane.bounds_of(POINTS, THETA), hidden=hidden)
        assert drawn.data[0]["meta"].get("columns", {}) == columns
    asked = drawing.plane(POINTS[:3], z, THETA, plane.bounds_of(POINTS, THETA), uncoloured=1)
    assert asked.data[0]["meta"]["columns"] == {"z": [3, None, 2]}


@PALETTES
def test_density_figures(palette: theme.Palette) -> None:
    u, v = np.linspace(1, 6, 40), np.linspace(40, 100, 50)
    grid = torch.cartesian_prod(torch.from_numpy(v), torch.from_numpy(u)).flip(1)
    log_p = gmm.log_prob(grid, LAST.params).reshape(50, 40).numpy()
    drawn = density.contour(POINTS, u, v, log_p, palette=palette)
    flat, raised = checked(drawn), checked(density.surface(u, v, log_p, palette=palette))
    assert np.asarray(flat.data[0].z).shape == (50, 40)
    assert float(np.max(flat.data[0].z)) == 0
    np.testing.assert_allclose(raised.data[0].z, np.exp(log_p), rtol=1e-5)
    named = checked(density.surface(u, v, log_p, columns=("eruption [min]", "waiting [min]"), palette=palette))
    assert named.layout.scene.zaxis.title.text == "p(x) [1/min²]"
    assert size(drawn) < 300_000
    assert "mixture of 3 Gaussians" in density.density_alt(3, (4.3, 80.0))


@PALETTES
def test_faint_gaussians_sum_to_the_estimate(palette: theme.Palette) -> None:
    x = torch.linspace(-6, 6, 200, dtype=torch.float64)
    curve = continuous_mixture.Curve()
    exact = continuous_mixture.evidence(x, curve).exp().numpy()
    run = continuous_mixture.monte_carlo(x, curve, 40)
    drawn = density.faint(x.numpy(), exact, run.pieces.numpy(), run.value.numpy(), run.error.numpy(), at=1.0,
                          palette=palette)
    fig = checked(drawn)
    np.testing.assert_allclose(fig.data[2].y, run.value, rtol=1e-5)
    np.testing.assert_allclose(fig.data[3].y, exact, rtol=1e-5)
    assert np.isnan(fig.data[0].y).sum() == 40
    assert size(drawn) < 300_000
    assert "standard error 0.1" in density.faint_alt(40, 1.0, 0.2, 0.3, 0.1)
    assert "3 points" in plane.clusters_alt(RESP[:3], THETA)


def test_numbers_of_a_thumbnail_do_not_touch() -> None:
    means = np.array([[0.0, 0.0], [0.05, 0.02], [0.5, 0.0], [0.52, 0.5]])
    assert thumbnails.numbered(means, np.ones(2)) == [0, 2, 3]


def test_points_far_from_0_are_sent_as_they_are() -> None:
    """Metres of a survey: in single precision they would lie on stripes, half a metre apart."""
    x = torch.tensor([691605.95, 5335835.43]) + torch.randn(60, 2, generator=torch.Generator().manual_seed(1)).double()
    points = x.numpy().round(2)
    x = torch.from_numpy(points)
    steps = list(itertools.islice(gmm.em(x, gmm.init(x, 2)), 3))
    theta, resp = plane.marginal(steps[-1].params), steps[-1].resp.numpy()
    frames = [em_history.Frame(plane.marginal(step.params), step.resp.numpy(), -2.0, -1.9) for step in steps]
    for fig in (plane.clusters(points, resp, theta, pies=True), em_history.plane(points, frames),
                groupings.side_by_side(points, theta, resp.argmax(1), resp.argmax(1), theta.means)):
        checked(fig)
        sent = np.concatenate([np.stack([trace["x"], trace["y"]], 1) for trace in fig.data if len(trace["x"]) > 2])
        assert {*map(tuple, points.tolist())} <= {*map(tuple, sent.tolist())}
        assert fig.layout["xaxis"]["nticks"] == 3
        around = sent[np.isfinite(sent).all(1)] - theta.means.mean(0)
        assert len(np.unique(around.round(6), axis=0)) > len(points)     # the outlines are no steps either
    u, v = np.linspace(points[:, 0].min(), points[:, 0].max(), 9), np.linspace(0, 1, 9)
    space = density.surface(u, v, np.zeros((9, 9)))
    np.testing.assert_allclose(np.diff(space.data[0]["x"]), np.diff(u), rtol=1e-6)
    assert space.layout["scene"]["xaxis"]["title"]["text"] == "x − 691,600"


def test_a_frame_far_from_0_has_room_for_its_numbers() -> None:
    fig = plane.framed(theme.figure(), (np.array([0.0, 5335835.0]), np.array([5.0, 5335845.0])))
    checked(fig)
    assert fig.layout["xaxis"]["range"] == [0.0, 5.0]
    assert "nticks" not in fig.layout["xaxis"]
    assert (fig.layout["yaxis"]["nticks"], fig.layout["yaxis"]["separatethousands"]) == (3, True)

"""The figures of the PCA page: both themes, their numbers, their sentences, and float32 arrays alone."""

import math
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
import torch

from dgm import ppca
from dgm.ppca.convergence import half_steps, projected_means
from dgm.ppca.covariance_spectrum import decompose, scatter
from dgm.ppca.em_steps import init, iterate, m_step
from dgm.ppca.lower_bound import gap_over_rotation
from dgm.ppca.missing import impute
from dgm.ppca.profile_likelihood import likelihood_over_angle, log_lik_fixed_plane, profile_log_lik
from dgm.ppca.selection import choose
from dgm.ppca.toy_data import TOYS, line, line_truth, plane, plane_truth
from pages.ppca.cloud import Cloud
from pages.ppca.figures import curves, geometry, histories, image_sheets, line_and_strip, point_clouds, two_likelihoods
from tests.ui.figures.checked import checked, size
from tests.ui.take_home.saved_numbers import rows
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette
from ui.figures.written import written

X, SPACE = line(80), plane(90)
THETA, PLANE = ppca.fit(X, 1), ppca.fit(SPACE, 2)
SPEC = decompose(scatter(SPACE))
STEPS = list(islice(iterate(scatter(X), init(scatter(X), 1)), 6))
HALVES = half_steps(scatter(X), STEPS)
DRAWS = ppca.sample(line_truth(), 5)
NOISES = torch.logspace(-2, 1, 40, dtype=torch.float64)
ANGLES = torch.linspace(0, math.pi / 2, 31, dtype=torch.float64)
IMAGES = torch.rand(6, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
CHOICE = choose(SPACE, plane(50, 9))
LABELS = torch.arange(90) % 3
PATH = [-5.0, -4.9, -3.2, -3.0]



def strip(theta: ppca.Params = THETA, z: float = 1.0, palette: Palette = LIGHT) -> line_and_strip.Drawn:
    """The figure of the model with six new points and two points that can be dragged."""
    return line_and_strip.draw(X, theta, ppca.sample(theta, 6), z, palette, shown=X[:9], draggable=(0, 5))


FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "cloud": lambda p: point_clouds.cloud(X, THETA, p),
    "line and strip": lambda p: strip(palette=p).figure,
    "complete": lambda p: two_likelihoods.complete(DRAWS, THETA, p),
    "incomplete": lambda p: two_likelihoods.incomplete(X, THETA, p),
    "variance over angle": lambda p: curves.over_angle(ANGLES.rad2deg(), *likelihood_over_angle(SPEC, ANGLES), 20, p,
                                                       likelihood=False),
    "space": lambda p: point_clouds.space(SPACE, PLANE, ppca.sample(plane_truth(), 4), p),
    "space with a line": lambda p: point_clouds.space(SPACE, ppca.fit(SPACE, 1), None, p),
    "latent": lambda p: point_clouds.latent(ppca.posterior(SPACE, PLANE), 4, ppca.posterior(SPACE, PLANE).mean
                                            / ppca.shrinkage(PLANE), p, labels=LABELS, classes=("a", "b", "c")),
    "model samples": lambda p: point_clouds.model_samples(X, THETA, DRAWS.x, 0.25, p),
    "gaussians": lambda p: point_clouds.gaussians(line_truth(), DRAWS.decoded, X[0], p),
    "over noise": lambda p: curves.over_noise(NOISES, profile_log_lik(SPEC, 2, NOISES),
                                              log_lik_fixed_plane(SPEC, 2, NOISES), 0.5, 0.1,
                                              eigenvalues=SPEC.values.tolist(), palette=p),
    "rotation": lambda p: curves.rotation(ANGLES.rad2deg(), -3.2, gap_over_rotation(PLANE, ANGLES), 30, p),
    "spectrum": lambda p: curves.spectrum(SPEC.values, 2, SPEC.noise(2), p),
    "choice": lambda p: curves.choice(CHOICE, "row", p),
    "over angle": lambda p: curves.over_angle(ANGLES.rad2deg(), *likelihood_over_angle(SPEC, ANGLES), 20, p),
    "collapse": lambda p: curves.collapse(NOISES, NOISES[:, None] * torch.ones(3), NOISES[:, None] * torch.ones(3),
                                          1.0, "σ²", palette=p),
    "gaps": lambda p: histories.gaps([1, 1e-2, 1e-4, 0], [1, 1e-6, 0], 0.1, p),
    "staircase": lambda p: histories.staircase(HALVES, p),
    "cloud frames": lambda p: histories.cloud_frames(X, projected_means(X, STEPS), p),
    "escape": lambda p: histories.escape(PATH, -5.0, -3.0, 1.4, p),
    "training gap": lambda p: histories.training_gap([0, 100, 200], [1.0, 1e-4, 1e-8], palette=p),
    "eigen": lambda p: image_sheets.eigen_images(IMAGES.T, (3, 4), 4, p),
    "eigen, q = 0": lambda p: image_sheets.eigen_images(IMAGES.T[:, :0], (3, 4), 4, p),
    "reconstructions": lambda p: image_sheets.reconstructions(IMAGES, [("q = 1", IMAGES), ("q = 2", IMAGES)], (3, 4),
                                                             p),
    "filled": lambda p: image_sheets.filled(IMAGES[:2], IMAGES[:2], IMAGES[:2], IMAGES[:2], (3, 4), palette=p),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_only_float32_arrays(name: str) -> None:
    fig = FIGURES[name](LIGHT)
    light, dark = checked(fig), checked(FIGURES[name](DARK))
    assert light.layout.font.color == LIGHT.ink
    assert dark.layout.font.color == DARK.ink
    assert light.to_json() != dark.to_json()
    assert size(fig) < 300_000
    for trace in fig.data:
        for axis in ("x", "y", "z"):
            values = trace.get(axis)
            if isinstance(values, np.ndarray) and values.dtype.kind == "f":
                assert values.dtype == np.float32
        assert trace.get("name") or trace["type"] == "heatmap"


ALTS: dict[str, tuple[str, list[str]]] = {
    "cloud": (point_clouds.cloud_alt(X, THETA, DRAWS), ["80 points", "degrees", "5 new points"]),
    "space": (point_clouds.space_alt(SPACE, PLANE), ["90 points", "plane"]),
    "latent": (point_clouds.latent_alt(ppca.posterior(SPACE, PLANE), 4), ["90 rows", "row 5", "prior has 1"]),
    "model samples": (point_clouds.model_samples_alt(X, DRAWS.x, 0.25), ["25%"]),
    "gaussians": (point_clouds.gaussians_alt(DRAWS.decoded, -2.5, -2.4, 0.05), ["−2.500", "−2.400 ± 0.050"]),
    "over noise": (curves.over_noise_alt(0.5, -4.2, 0.1, -3.1), ["−3.100", "0.5", "−4.200"]),
    "rotation": (curves.rotation_alt(30, -3.2, 0.5), ["−3.200", "30 degrees", "0.5000"]),
    "spectrum": (curves.spectrum_alt(SPEC.values, 2, 0.09), ["3 eigenvalues", "first 2", "0.09"]),
    "choice": (curves.choice_alt(CHOICE), ["held-out", "BIC", "evidence"]),
    "over angle": (curves.over_angle_alt(ANGLES.rad2deg(), *likelihood_over_angle(SPEC, ANGLES), 20),
                   ["0 degrees", "20 degrees", "likelihood"]),
    "line and strip": (line_and_strip.alt(X, THETA, DRAWS, -0.5), ["z = −0.50", "80 points", "5 new points"]),
    "complete": (two_likelihoods.complete_alt(200, -3.5), ["200 points", "−3.500"]),
    "incomplete": (two_likelihoods.incomplete_alt(200, -2.5), ["200 points", "−2.500"]),
    "at a half-step": (histories.alts_at(["EM."], HALVES[3])[0], ["M-step 2", written(HALVES[3].bound, ".4f")]),
    "collapse": (curves.collapse_alt("σ²", 1.0, 2, 3), ["3 latents", "2 of them"]),
    "gaps": (histories.gaps_alt([1, 1e-2, 0], [1, 1e-6]), ["after 2 steps", "1.0 × 10⁻⁶"]),
    "staircase": (histories.staircase_alt(HALVES[:4]), ["At the start", "M half of step 2", "gap of"]),
    "cloud frames": (histories.cloud_frames_alt(X, [s.params for s in STEPS]), ["5 steps"]),
    "escape": (histories.escape_alt(PATH, -5.0, -3.0), ["after 2 steps", "−3.0000"]),
    "stuck": (histories.escape_alt([-5.0, -5.0], -5.0, -3.0), ["has not left it after 1 steps"]),
    "training gap": (histories.training_gap_alt([0, 100], [1.0, 1e-4]), ["100 gradient steps", "0.0001 nats"]),
    "no training": (histories.training_gap_alt([], []), ["not been trained"]),
    "eigen": (image_sheets.eigen_images_alt(IMAGES.T), ["6 eigen-images"]),
    "no eigen": (image_sheets.eigen_images_alt(IMAGES.T[:, :0]), ["q is 0"]),
    "reconstructions": (image_sheets.reconstructions_alt([("q = 2", 0.01)]), ["q = 2: 0.0100"]),
    "filled": (image_sheets.filled_alt(40, 0.1, 0.3, 0.12), ["40 missing", "0.100", "0.300", "0.120"]),
}


def test_a_long_box_in_space_is_seen_from_farther_away() -> None:
    def far(x: torch.Tensor) -> float:
        eye = checked(point_clouds.space(x, ppca.fit(x, 2))).layout.scene.camera.eye
        return math.hypot(eye.x, eye.y, eye.z)

    usual = math.hypot(*point_clouds.EYE.values())
    cube = torch.tensor(np.random.default_rng(0).uniform(size=(60, 3)))
    assert far(cube) == pytest.approx(usual, rel=0.1)
    assert far(cube * torch.tensor([1.0, 8.0, 1.0])) > 2 * usual


@pytest.mark.parametrize("name", ALTS)
def test_sentences_have_the_numbers(name: str) -> None:
    sentence, parts = ALTS[name]
    for part in parts:
        assert part in sentence
    assert sentence.endswith(".")


def test_the_line_its_band_and_the_contour_are_those_of_the_model() -> None:
    fig = checked(point_clouds.cloud(X, THETA))
    traces = {trace.name: trace for trace in fig.data}
    along = np.stack([traces["Wz + μ"].x, traces["Wz + μ"].y], 1) - THETA.mean.numpy()
    cross = along[:, 0] * float(THETA.W[1, 0]) - along[:, 1] * float(THETA.W[0, 0])
    np.testing.assert_allclose(cross, 0, atol=1e-5)
    band = np.stack([traces["noise, ±2σ"].x, traces["noise, ±2σ"].y], 1)
    width = np.linalg.norm(band[0] - band[3])
    assert width == pytest.approx(4 * float(THETA.sigma2) ** 0.5, rel=1e-5)
    ring = np.stack([traces["p(x), 2 deviations"].x, traces["p(x), 2 deviations"].y], 1) - THETA.mean.numpy()
    precision = np.linalg.inv(geometry.model_cov(THETA))
    np.testing.assert_allclose(np.einsum("ni,ij,nj->n", ring, precision, ring), 4.0, rtol=1e-4)


def test_frames_are_the_half_steps() -> None:
    states = projected_means(X, STEPS)
    fig, stair = checked(histories.cloud_frames(X, states)), checked(histories.staircase(HALVES))
    assert len(fig.frames) == len(stair.frames) == len(HALVES) == len(histories.captions(HALVES)) == 11
    for frame, (theta, ends) in zip(fig.frames, states, strict=True):
        for trace, expected in zip(frame.data[:3], point_clouds.model_traces(X, theta), strict=True):
            np.testing.assert_array_equal(trace.x, expected["x"])
        np.testing.assert_allclose(frame.data[3].x[1::3], ends[:, 0], rtol=1e-6)
        # every projection lies on the line
        along = np.stack([frame.data[3].x[1::3], frame.data[3].y[1::3]], 1) - theta.mean.numpy()
        off = along[:, 0] * float(theta.W[1, 0]) - along[:, 1] * float(theta.W[0, 0])
        np.testing.assert_allclose(off, 0, atol=1e-5)
    for half, frame in zip(HALVES, stair.frames, strict=True):
        assert frame.data[0].y[0] == pytest.approx(half.bound, rel=1e-6)


@pytest.mark.parametrize("expanded", [False, True])
def test_projected_means_of_the_m_half_are_the_new_w_times_the_old_z(expanded: bool) -> None:
    data = scatter(X)
    run = list(islice(iterate(data, init(data, 1), expanded), 5))
    states = projected_means(X, run, expanded)
    assert len(states) == 9
    for before, (_, ends) in zip(run, states[1::2], strict=False):
        plain = m_step(data, before.moments)      # expanding re-scales z and W against each other
        torch.testing.assert_close(ends, ppca.decode(ppca.posterior(X, before.params).mean, plain))


def test_sheet_places_every_image() -> None:
    picture = geometry.sheet(IMAGES[:5], (3, 4), 2)
    assert picture.shape == (11, 9)
    np.testing.assert_allclose(picture[4:7, 5:9], IMAGES[3].reshape(3, 4), rtol=1e-6)
    assert np.isnan(picture[3]).all()
    assert np.isnan(picture[8:, 5:]).all()


def test_a_model_without_a_direction_is_drawn() -> None:
    off = ppca.fit(X, 1, sigma2=50.0)
    assert len(checked(point_clouds.cloud(X, off)).data) == 4
    assert "W is 0, so the model has no line" in point_clouds.cloud_alt(X, off)
    assert np.ptp(geometry.line(off, 2.0), axis=0).tolist() == [0.0, 0.0]
    assert "mean alone" in point_clouds.space_alt(SPACE, ppca.fit(SPACE, 2, sigma2=500.0))
    assert geometry.direction(off).tolist() == [1.0, 0.0]


def test_filled_uses_the_sd_of_the_model() -> None:
    gappy = SPACE.clone()
    gappy[0, 1] = math.nan
    filled = impute(gappy, PLANE)
    fig = checked(image_sheets.filled(SPACE[:1], SPACE[:1], filled.mean[:1], filled.sd[:1], (1, 3)))
    np.testing.assert_allclose(fig.data[1].z, filled.sd[:1].float(), rtol=1e-6)


def test_every_toy_cloud_is_drawn() -> None:
    for name, draw in TOYS.items():
        x = draw(60, 1)
        fig = point_clouds.cloud(x, ppca.fit(x, 1)) if x.shape[1] == 2 else point_clouds.space(x, ppca.fit(x, 2))
        assert len(checked(fig).data) >= 2, name


@pytest.mark.parametrize("z", [-3.0, 0.0, 1.3])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 4.0, 50.0])
def test_the_diamond_and_its_disc_are_those_of_z(z: float, share: float) -> None:
    theta = ppca.fit(X, 1, sigma2=share * float(THETA.sigma2))
    drawn = strip(theta, z)
    traces = checked(drawn.figure).data
    centre = (theta.mean + theta.W[:, 0] * z).numpy()
    place, disc = traces[drawn.at["place"]], traces[drawn.at["disc"]]
    np.testing.assert_allclose([place.x[0], place.y[0]], centre, rtol=1e-5, atol=1e-6)
    radius = np.hypot(disc.x - centre[0], disc.y - centre[1])
    np.testing.assert_allclose(radius, 2 * float(theta.sigma2) ** 0.5, rtol=1e-4, atol=1e-5)
    assert traces[drawn.at["z"]].x[0] == z
    text = traces[drawn.at["text"]].text[0]
    assert ("−∞" if share == 0 else f"{float(ppca.log_prob(X, theta).mean()):.4g}".replace("-", "−")) in text


def test_the_strip_shows_the_density_of_the_prior_to_scale() -> None:
    prior = strip().figure.data[strip().at["prior"]]
    assert float(np.trapezoid(prior["y"], prior["x"])) == pytest.approx(1.0, abs=2e-3)
    low, high = strip().figure.layout["yaxis2"]["range"]
    assert low == 0
    assert high > float(prior["y"].max())


@pytest.mark.parametrize("half", [0, 1])
def test_the_sentence_of_a_half_step_is_about_that_half(half: int) -> None:
    at = HALVES[2 + half]
    assert histories.in_words(at).startswith(f"{at.kind}-step {at.step}")
    assert ("log p has not moved" in histories.in_words(at)) == (at.kind == "E")


def test_both_axes_have_one_unit_and_hold_every_point() -> None:
    shown = torch.tensor([[0.0, 5.0], [4.0, 5.5]], dtype=torch.float64)
    fig = point_clouds.same_unit(Figure(), point_clouds.ranges(shown))
    assert fig.layout["yaxis"]["scaleanchor"] == "x"
    for axis, values in (("xaxis", shown[:, 0]), ("yaxis", shown[:, 1])):
        low, high = fig.layout[axis]["range"]
        assert low < float(values.min())
        assert high > float(values.max())


@pytest.mark.parametrize("share", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("name", ["a line", "two clusters", "one outlier"])
def test_the_axes_hold_data_contour_samples_and_moved_points_and_little_else(name: str, share: float) -> None:
    cloud = Cloud(name, moved=((0, 8.0, -5.0),))
    theta = ppca.fit(cloud.base, 1, sigma2=share * float(ppca.fit(cloud.base, 1).sigma2))
    draws = ppca.sample(theta, 30, 0)
    shown = line_and_strip.draw(cloud.x, theta, draws, 1.0, shown=cloud.base, draggable=cloud.draggable, share=share)
    inside = np.concatenate([cloud.x.numpy(), draws.x.numpy(), geometry.ellipse(theta.mean, geometry.model_cov(theta))])
    for axis, values in (("xaxis", inside[:, 0]), ("yaxis", inside[:, 1])):
        low, high = shown.figure.layout[axis]["range"]
        assert low <= values.min() + 1e-9
        assert high >= values.max() - 1e-9
        assert high - low < 2.3 * np.ptp(values)     # the centre is that of the points before any was moved


def test_no_noise_has_no_line_on_a_logarithmic_axis() -> None:
    held = profile_log_lik(SPEC, 2, NOISES), log_lik_fixed_plane(SPEC, 2, NOISES)
    lines = {at: checked(curves.over_noise(NOISES, *held, at, 0.1)) for at in (0.0, 0.5)}
    assert [shape.name for shape in lines[0.5].layout.shapes] == ["maximum likelihood", "chosen noise"]
    assert [shape.name for shape in lines[0.0].layout.shapes] == ["maximum likelihood"]
    assert lines[0.0].layout.annotations[-1].text == "← your noise: 0"
    assert "at the chosen 0 it is −∞" in curves.over_noise_alt(0.0, -math.inf, 0.1, -3.1)



def test_the_spectrum_counts_in_whole_numbers_and_saves_the_level_once() -> None:
    fig = curves.spectrum(SPEC.values, 2, SPEC.noise(2))
    assert fig.layout["xaxis"]["dtick"] == 1
    assert checked(fig).layout.shapes[0].showlegend
    saved = rows(fig)
    assert [row["eigenvalue number"] for row in saved] == ["1", "2", "3", ""]
    assert saved[-1]["trace"] == "noise level σ²"
    assert float(saved[-1]["variance"]) == pytest.approx(SPEC.noise(2))


def test_a_text_is_saved_without_its_place() -> None:
    z = line_and_strip.draw(X, THETA, DRAWS, 0.5, shown=X, draggable=(1,))
    text = next(row for row in rows(z.figure) if row["trace"] == "log p")
    assert {name for name, cell in text.items() if cell} == {"panel", "trace", "label"}


def test_a_cloud_in_space_far_from_0_keeps_its_shape() -> None:
    """The browser draws in single precision there, so a round number is subtracted, which the axis names."""
    far = SPACE + torch.tensor([1e8, 0.0, -5e6])
    theta = ppca.fit(far, 2)
    near, moved = (point_clouds.space(x, ppca.fit(x, 2), ppca.sample(ppca.fit(x, 2), 3)) for x in (SPACE, far))
    checked(moved)
    for one, other in zip(near.data, moved.data, strict=True):
        for axis in "xyz":
            a, b = (np.asarray(trace[axis], float).ravel() for trace in (one, other))
            np.testing.assert_allclose(np.diff(b), np.diff(a), atol=1e-3)
            assert np.nanmax(np.abs(b), initial=0) < 30
    titles = [moved.layout["scene"][f"{axis}axis"]["title"]["text"] for axis in "xyz"]
    assert titles == ["x₁ − 99,999,990", "x₂", "x₃ + 5,000,010"]
    assert theta.mean[0] > 9e7


@pytest.mark.parametrize(("columns", "top", "left"), [
    (8, [str(number) for number in range(1, 7)], []), (4, [], ["1 to 4", "5 to 6"]), (5, [], ["1 to 5", "6"])])
def test_each_eigen_image_is_numbered_by_its_place_among_all(columns: int, top: list[str], left: list[str]) -> None:
    layout = checked(image_sheets.eigen_images(IMAGES.T, (3, 4), columns)).layout
    assert list(layout.xaxis.ticktext) == top
    assert list(layout.yaxis.ticktext) == left

"""The VAE's figures show the numbers they were given."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from dgm import vae
from dgm.vae.live_training import Record, Snapshot
from pages.vae import own_run
from pages.vae.figures import (
    clouds,
    collapse,
    gaps,
    half_steps,
    image_sheet,
    latent_space,
    network,
    printed_rule,
    runs,
    training_curves,
)
from tests.ui.figures.checked import assert_themes_and_size, checked
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

RECORDS = [Record(0, -40.0, 1.0, -41.0, 2.0), Record(10, -20.0, 3.0, -21.0, 4.0), Record(20, -19.0, 3.5, -20.0, 4.5)]
SNAPSHOTS = [Snapshot(step, torch.full((20, 2), float(step))) for step in (0, 10)]
DIGITS = np.arange(20) % 10
GRID = np.linspace(-3, 3, 25)
DENSITY = np.exp(-(GRID**2 + GRID[:, None] ** 2) / 2)

STAGES = [("", -40.0, 1.0), ("E", -39.0, 2.0), ("M", -30.0, 2.0)]
LINES = [runs.Line(f"run {i}", [0.0, 10.0, 20.0], [-40.0, -30.0 - i, -29.0], [1.0, 2.0, 3.0]) for i in range(8)]
PATH = np.array([[0.0, 1.0], [1.0, 0.5]])

FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "curves": lambda p: training_curves.curves(RECORDS, p),
    "curves with another run and a change": lambda p: training_curves.curves(
        RECORDS, p, height=292, behind=RECORDS[:2], changes=[own_run.Change(10, "Adam → SGD")]),
    "scatter": lambda p: latent_space.scatter(np.eye(20, 3), DIGITS, p, dims=(0, 2)),
    "latent history": lambda p: latent_space.latent_history(SNAPSHOTS, DIGITS, p),
    "posterior": lambda p: latent_space.posterior_map(GRID, GRID, DENSITY, (np.zeros(2), np.ones(2)), p),
    "posterior and best q": lambda p: latent_space.posterior_map(GRID, GRID, DENSITY, (np.zeros(2), np.ones(2)), p,
                                                                 best=(np.ones(2), np.ones(2))),
    "half-steps": lambda p: half_steps.terms(STAGES, p),
    "runs": lambda p: runs.overlay(LINES, p),
    "printed rule": lambda p: printed_rule.paths(PATH, PATH, ((1.8, 0.1), (1.0, 0.5)), 10, p),
    "exact collapse": lambda p: collapse.latents(GRID + 4, np.ones((25, 3)), 1.0, p),
    "trained collapse": lambda p: collapse.trained([0.5, 1.0], [[0.1, 2.0], [0.0, 1.0]], p),
    "gaps": lambda p: gaps.many([1.0, 9.0, 2.0], [0.1, 0.2, 0.3], p),
    "cloud": lambda p: clouds.cloud(np.eye(20, 2), (GRID, GRID, DENSITY), "prior", p),
    "cloud of many latents": lambda p: clouds.cloud(np.eye(20, 5), None, "q", p),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name])


def test_curves_are_the_records_and_the_elbo_their_difference() -> None:
    shown = {(trace.name, trace.line.dash): list(trace.y) for trace in checked(training_curves.curves(RECORDS)).data}
    assert shown["bound, training", "solid"] == [record.train_recon - record.train_kl for record in RECORDS]
    assert shown["KL, validation", "dot"] == [record.held_out_kl for record in RECORDS]
    assert "−24.50" in training_curves.curves_alt(RECORDS)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_sheet_has_each_image_in_its_place(palette: Palette) -> None:
    images = np.zeros((3, 4), np.float32)
    images[2, 1] = 1.0  # third image, first row, second column: second row of a sheet two wide
    picture = np.asarray(Image.open(io.BytesIO(image_sheet.png(images, (2, 2), 2, palette))))
    assert picture.shape == (6, 6, 3)
    paper = picture[0, 0]
    assert np.argwhere((picture != paper).any(-1)).tolist() == [[3, 1]]


def test_the_history_moves_every_point_and_no_axis() -> None:
    fig = checked(latent_space.latent_history(SNAPSHOTS, DIGITS))
    assert [frame.name for frame in fig.frames] == ["step 0", "step 10"]
    assert len(fig.frames[1].data) == 10
    assert all(set(trace.x) == {10.0} for trace in fig.frames[1].data)
    assert fig.layout.xaxis.range[1] > 10


def test_the_posterior_map_has_the_density_and_two_ellipses_of_q() -> None:
    density, inner, outer = checked(latent_space.posterior_map(GRID, GRID, DENSITY, (np.ones(2), np.full(2, 0.5)))).data
    np.testing.assert_allclose(density.z, DENSITY, rtol=1e-6)
    for ellipse, radius in ((inner, 0.5), (outer, 1.0)):
        np.testing.assert_allclose(np.hypot(ellipse.x - 1, ellipse.y - 1), radius, rtol=1e-5)
    text = latent_space.posterior_map_alt(GRID, GRID, DENSITY, (np.ones(2), np.full(2, 0.5)))
    assert "z = (0.00, 0.00)" in text
    assert "(1.00, 1.00)" in text


def test_a_change_of_a_setting_is_marked_at_its_step_and_only_where_the_curve_has_come_to_it() -> None:
    changes = [own_run.Change(10, "Adam → SGD"), own_run.Change(400, "later")]
    fig = checked(training_curves.curves(RECORDS, behind=RECORDS[:2], changes=changes))
    assert [line.x0 for line in fig.layout.shapes] == [10]
    marks, names = [words.text for words in fig.layout.annotations]
    assert marks == "Adam → SGD"
    for name in ("solid: training", "dotted: validation", "grey: other run"):
        assert name in names
    lower, upper = fig.layout.yaxis2.domain, fig.layout.yaxis.domain
    assert lower[1] < fig.layout.annotations[1].y < upper[0], "it covers no curve"
    assert fig.layout.meta["saved"]["layout"]["showlegend"]
    assert list(fig.data[0].y) == [RECORDS[0].held_out_recon - 2.0, RECORDS[1].held_out_recon - 4.0]
    assert fig.data[0].line.color != fig.data[2].line.color


@pytest.mark.parametrize("seed", [0, 7])
def test_the_network_shows_the_numbers_of_one_draw(seed: int) -> None:
    model, x = vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test[5]
    way = vae.one_pass(model, x, seed)
    line = network.network(way, x.tolist(), (8, 8), "image 5", LIGHT)
    q = vae.encode(model, x[None])
    z = q.mean[0] + (0.5 * q.log_var[0]).exp() * way.noise
    for vector in (q.mean[0], (0.5 * q.log_var[0]).exp(), way.noise, z):
        assert "(" + ", ".join(f"{value:.2f}" for value in vector.tolist()).replace("-", "−") + ")" in line
    assert f"{vae.log_likelihood_at(model, x, z.tolist()):.1f} nats".replace("-", "−") in line
    assert line.count("<img") == 2


def test_no_number_of_the_network_is_minus_zero() -> None:
    way = vae.OnePass(*(torch.full((5,), -1e-9) for _ in range(4)), torch.zeros(4), -1e-9)
    line = network.network(way, [0.0] * 4, (2, 2), "an image", LIGHT)
    assert "−0.0" not in line
    assert "(0.00, 0.00, 0.00, …)" in line


def test_the_best_q_is_drawn_solid_beside_the_encoders() -> None:
    zero, one = np.zeros(2), np.ones(2)
    fig = checked(latent_space.posterior_map(GRID, GRID, DENSITY, (zero, one), best=(one, one)))
    assert [trace.line.dash for trace in fig.data[1:]] == ["dash", "dash", "solid", "solid"]
    np.testing.assert_allclose(np.hypot(fig.data[3].x - 1, fig.data[3].y - 1), 1, rtol=1e-5)


def test_half_steps_have_the_bound_and_a_letter_at_each_press() -> None:
    fig = checked(half_steps.terms(STAGES))
    shown = {trace.name: list(trace.y) for trace in fig.data}
    assert shown["bound"] == [recon - kl for _, recon, kl in STAGES]
    assert [note.text for note in fig.layout.annotations] == ["E", "M"]
    assert list(fig.data[0].marker.symbol) == ["diamond", "circle", "square"]
    start = "After 2 half-steps (EM) the reconstruction went from −40.00 to −30.00"
    assert half_steps.terms_alt(STAGES).startswith(start)


def test_runs_have_a_colour_each_that_no_term_of_the_bound_has() -> None:
    for palette in (LIGHT, DARK):
        colours = [runs.colour(number, palette) for number in range(8)]
        assert len(set(colours)) == 8
        assert not set(colours) & {palette[meaning] for meaning in ("q", "reconstruction", "kl", "evidence", "gap")}
    fig = checked(runs.overlay(LINES))
    assert [list(trace.y) for trace in fig.data[:3]] == [[-41.0, -32.0, -32.0], [-40.0, -30.0, -29.0], [1.0, 2.0, 3.0]]
    assert "8 runs" in runs.overlay_alt(LINES)
    assert "run 1 −32.0 (KL 3.0) at step 20" in runs.overlay_alt(LINES)


def test_trained_latents_are_ranked_at_each_beta() -> None:
    fig = checked(collapse.trained([0.5, 1.0], [[0.1, 2.0], [0.0, 1.0]]))
    assert [list(trace.y) for trace in fig.data] == [pytest.approx([2.0, 1.0]), pytest.approx([0.1, 0.0])]
    assert "2 at β = 0.5, 1 at β = 1" in collapse.trained_alt([0.5, 1.0], [2, 1])


def test_a_cloud_has_fixed_axes_and_its_density_only_on_a_plane() -> None:
    plane = checked(clouds.cloud(np.eye(20, 2), (GRID, GRID, DENSITY), "prior"))
    assert [trace.type for trace in plane.data] == ["heatmap", "scatter"]
    assert plane.layout.xaxis.range == (-clouds.REACH, clouds.REACH)
    assert [trace.type for trace in checked(clouds.cloud(np.eye(20, 5), None, "q")).data] == ["scatter"]
    assert "20 codes of the prior" in clouds.cloud_alt(np.eye(20, 2), "prior")


def test_the_printed_rule_has_both_ends() -> None:
    ends = (1.8, 0.1), (1.0, 0.5)
    fig = checked(printed_rule.paths(PATH, PATH, ends, 10))
    assert [(trace.x[0], trace.y[0]) for trace in fig.data[3:]] == list(ends)
    assert "mean 1.80 and variance 0.1000" in printed_rule.paths_alt(ends, 10)


def test_gaps_are_stacked_in_the_order_of_their_sum() -> None:
    lost, shape = checked(gaps.many([1.0, 9.0, 2.0], [0.1, 0.2, 0.3])).data
    assert list(lost.y) == [9.0, 2.0, 1.0]
    assert list(shape.y) == pytest.approx([0.2, 0.3, 0.1])
    assert "the largest gap is 9.20 nats" in gaps.many_alt([1.0, 9.0, 2.0], [0.1, 0.2, 0.3])

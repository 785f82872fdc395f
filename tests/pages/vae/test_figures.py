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
from pages.vae.figures import image_sheet, latent_space, network, training_curves
from tests.ui.figures.checked import assert_themes_and_size, checked
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

RECORDS = [Record(0, -40.0, 1.0, -41.0, 2.0), Record(10, -20.0, 3.0, -21.0, 4.0), Record(20, -19.0, 3.5, -20.0, 4.5)]
SNAPSHOTS = [Snapshot(step, torch.full((20, 2), float(step))) for step in (0, 10)]
DIGITS = np.arange(20) % 10
GRID = np.linspace(-3, 3, 25)
DENSITY = np.exp(-(GRID**2 + GRID[:, None] ** 2) / 2)

FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "curves": lambda p: training_curves.curves(RECORDS, p),
    "curves with another run and a change": lambda p: training_curves.curves(
        RECORDS, p, height=292, behind=RECORDS[:2], changes=[own_run.Change(10, "Adam → SGD")]),
    "scatter": lambda p: latent_space.scatter(np.eye(20, 3), DIGITS, p, dims=(0, 2)),
    "latent history": lambda p: latent_space.latent_history(SNAPSHOTS, DIGITS, p),
    "posterior": lambda p: latent_space.posterior_map(GRID, GRID, DENSITY, (np.zeros(2), np.ones(2)), p),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name])


def test_curves_are_the_records_and_the_elbo_their_difference() -> None:
    shown = {(trace.name, trace.line.dash): list(trace.y) for trace in checked(training_curves.curves(RECORDS)).data}
    assert shown["bound", "solid"] == [record.train_recon - record.train_kl for record in RECORDS]
    assert shown["KL", "dot"] == [record.held_out_kl for record in RECORDS]
    assert "-24.5" in training_curves.curves_alt(RECORDS)


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
    assert [words.text for words in fig.layout.annotations] == ["Adam → SGD"]
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

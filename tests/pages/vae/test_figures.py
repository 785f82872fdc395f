"""The VAE's figures, the ruler and the zoo show the numbers they were given."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from dgm.vae.live_training import Record, Snapshot
from pages.home import zoo
from pages.home.figures import tree as zoo_figures
from pages.vae.figures import latent_space
from tests.ui.figures.checked import checked, size
from ui.figures import bound_ruler, drawing_plane
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

RECORDS = [Record(0, -40.0, 1.0, -41.0, 2.0), Record(10, -20.0, 3.0, -21.0, 4.0), Record(20, -19.0, 3.5, -20.0, 4.5)]
FILM = [Snapshot(step, torch.full((20, 2), float(step))) for step in (0, 10)]
DIGITS = np.arange(20) % 10
AXES = ((-4.0, 4.0), (0.0, 2.0))
GRID = np.linspace(-3, 3, 25)
DENSITY = np.exp(-(GRID**2 + GRID[:, None] ** 2) / 2)

FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "ruler": lambda p: bound_ruler.ruler(bound_ruler.Terms(-165.55, 6.28, -165.11, 0.2), p),
    "ruler of a closed gap": lambda p: bound_ruler.ruler(bound_ruler.Terms(3.5, 0.0, 3.5), p, unit="bits"),
    "curves": lambda p: latent_space.curves(RECORDS, p),
    "scatter": lambda p: latent_space.scatter(np.eye(20, 3), DIGITS, p, dims=(0, 2)),
    "film": lambda p: latent_space.film(FILM, DIGITS, p),
    "posterior": lambda p: latent_space.posterior_map(GRID, GRID, DENSITY, (np.zeros(2), np.ones(2)), p),
    "tree": lambda p: zoo_figures.tree("PCA model", p),
    "drawing": lambda p: drawing_plane.plane([(1.0, 2.0), (0.5, 0.25)], AXES, palette=p),
    "empty drawing": lambda p: drawing_plane.plane([], AXES, palette=p),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    fig = FIGURES[name](LIGHT)
    light, dark = checked(fig), checked(FIGURES[name](DARK))
    assert light.layout.font.color != dark.layout.font.color
    assert size(fig) < 300_000


@pytest.mark.parametrize("terms", [bound_ruler.Terms(-165.55, 6.28, -165.11, 0.2), bound_ruler.Terms(3.5, 0.0, 3.5)])
def test_the_rulers_bars_lead_from_the_reconstruction_to_log_p(terms: bound_ruler.Terms) -> None:
    fig = checked(bound_ruler.ruler(terms))
    reconstruction, kl, gap = fig.data
    ends = [bar.base[0] + bar.x[0] for bar in (reconstruction, kl, gap)]
    assert ends == pytest.approx([terms.reconstruction, terms.bound, terms.evidence])
    assert [bar.error_x.visible for bar in fig.data] == [bool(terms.error), False, False]
    assert [line.x0 for line in fig.layout.shapes] == [words.x for words in fig.layout.annotations]
    assert (kl.base[0], gap.base[0]) == pytest.approx((terms.reconstruction, terms.bound))
    assert f"{terms.evidence:.2f}" in bound_ruler.ruler_alt(terms)


def test_curves_are_the_records_and_the_elbo_their_difference() -> None:
    shown = {trace.name: list(trace.y) for trace in checked(latent_space.curves(RECORDS)).data}
    assert shown["ELBO, training"] == [record.train_recon - record.train_kl for record in RECORDS]
    assert shown["KL, held out"] == [record.held_out_kl for record in RECORDS]
    assert "-24.5" in latent_space.curves_alt(RECORDS)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_sheet_has_each_image_in_its_place(palette: object) -> None:
    images = np.zeros((3, 4), np.float32)
    images[2, 1] = 1.0  # third image, first row, second column: second row of a sheet two wide
    picture = np.asarray(Image.open(io.BytesIO(latent_space.sheet(images, (2, 2), 2, palette))))  # type: ignore[arg-type]
    assert picture.shape == (6, 6, 3)
    paper = picture[0, 0]
    assert np.argwhere((picture != paper).any(-1)).tolist() == [[3, 1]]


def test_the_film_moves_every_point_and_no_axis() -> None:
    film = checked(latent_space.film(FILM, DIGITS))
    assert [frame.name for frame in film.frames] == ["step 0", "step 10"]
    assert len(film.frames[1].data) == 10
    assert all(set(trace.x) == {10.0} for trace in film.frames[1].data)
    assert film.layout.xaxis.range[1] > 10


def test_the_posterior_map_holds_the_density_and_two_rings_of_q() -> None:
    density, inner, outer = checked(latent_space.posterior_map(GRID, GRID, DENSITY, (np.ones(2), np.full(2, 0.5)))).data
    np.testing.assert_allclose(density.z, DENSITY, rtol=1e-6)
    for ring, radius in ((inner, 0.5), (outer, 1.0)):
        np.testing.assert_allclose(np.hypot(ring.x - 1, ring.y - 1), radius, rtol=1e-5)


def test_a_drawing_holds_its_points_and_its_axes() -> None:
    fig = checked(drawing_plane.plane([(1.0, 2.0), (0.5, 0.25)], AXES))
    assert (fig.data[0].x.tolist(), fig.data[0].y.tolist()) == ([1.0, 0.5], [2.0, 0.25])
    assert (fig.layout.xaxis.range, fig.layout.yaxis.range) == AXES
    assert "1 drawn point, x from -4 to 4" in drawing_plane.plane_alt([(1.0, 2.0)], AXES)


def test_a_click_in_the_tree_finds_each_family_once() -> None:
    fig = checked(zoo_figures.tree("PCA model"))
    found = [zoo_figures.clicked(trace, point) for trace in range(1, 4) for point in range(len(fig.data[trace].x))]
    assert sorted(filter(None, found)) == sorted(family.name for family in zoo.FAMILIES)
    assert zoo_figures.clicked(0, 0) is None
    assert zoo_figures.clicked(1, 99) is None

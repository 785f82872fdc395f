"""The VAE's figures, the ruler and the zoo show the numbers they were given."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from dgm import zoo
from dgm.figures import ruler, vae
from dgm.figures import zoo as zoo_figures
from dgm.figures.theme import DARK, LIGHT
from dgm.vae_run import Frame, Record


@pytest.mark.parametrize("terms", [ruler.Terms(-165.55, 6.28, -165.11, 0.2), ruler.Terms(3.5, 0.0, 3.5)])
def test_the_rulers_bars_lead_from_the_reconstruction_to_log_p(terms: ruler.Terms) -> None:
    reconstruction, kl, gap = ruler.ruler(terms).data
    ends = [bar.base[0] + bar.x[0] for bar in (reconstruction, kl, gap)]
    assert ends == pytest.approx([terms.reconstruction, terms.bound, terms.evidence])
    assert (kl.base[0], gap.base[0]) == pytest.approx((terms.reconstruction, terms.bound))
    assert f"{terms.evidence:.2f}" in ruler.ruler_alt(terms)


def test_curves_are_the_records_and_the_elbo_their_difference() -> None:
    records = [Record(0, -40.0, 1.0, -41.0, 2.0), Record(10, -20.0, 3.0, -21.0, 4.0),
               Record(20, -19.0, 3.5, -20.0, 4.5)]
    shown = {trace.name: list(trace.y) for trace in vae.curves(records).data}
    assert shown["ELBO, training"] == [record.train_recon - record.train_kl for record in records]
    assert shown["KL, held out"] == [record.held_kl for record in records]
    assert "-24.5" in vae.curves_alt(records)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_sheet_has_each_image_in_its_place(palette: object) -> None:
    images = np.zeros((3, 4), np.float32)
    images[2, 1] = 1.0  # third image, first row, second column: second row of a sheet two wide
    picture = np.asarray(Image.open(io.BytesIO(vae.sheet(images, (2, 2), 2, palette))))  # type: ignore[arg-type]
    assert picture.shape == (6, 6, 3)
    paper = picture[0, 0]
    assert np.argwhere((picture != paper).any(-1)).tolist() == [[3, 1]]


def test_the_film_moves_every_point_and_no_axis() -> None:
    frames = [Frame(step, torch.full((20, 2), float(step))) for step in (0, 10)]
    film = vae.film(frames, np.arange(20) % 10)
    assert [frame.name for frame in film.frames] == ["step 0", "step 10"]
    assert len(film.frames[1].data) == 10
    assert all(set(trace.x) == {10.0} for trace in film.frames[1].data)
    assert film.layout.xaxis.range[1] > 10


def test_a_click_in_the_tree_finds_each_family_once() -> None:
    fig = zoo_figures.tree("PCA model")
    found = [zoo_figures.clicked(trace, point) for trace in range(1, 4) for point in range(len(fig.data[trace].x))]
    assert sorted(filter(None, found)) == sorted(family.name for family in zoo.FAMILIES)
    assert zoo_figures.clicked(0, 0) is None
    assert zoo_figures.clicked(1, 99) is None

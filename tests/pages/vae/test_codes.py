"""The codes of images in figures: what is off the axes is counted, and pictures without a class have none."""

import numpy as np
import pytest

from pages.vae import own_pictures
from pages.vae.figures import clouds, latent_space
from pages.vae.state import GENERATION, SCATTER
from tests.pages.vae.test_own_pictures import given, zipped
from tests.pages.visitor import Visitor, figures

pytestmark = pytest.mark.usefixtures("worker")


def test_codes_off_the_axes_are_counted() -> None:
    z = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, -4.5]])
    assert clouds.outside(z) == 2
    assert "2 of them are off the axes" in clouds.cloud_alt(z, "prior p(z)")
    assert "off" not in clouds.cloud_alt(z[:1], "prior p(z)")


def test_the_scatters_sentence_follows_the_means() -> None:
    means = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, -3.0]])
    alt = latent_space.scatter_alt(means, [1, 2], dims=(0, 2))
    assert "latents 1 and 3, by digit: centre (2.00, 0.00), deviations (1.00, 3.00)" in alt
    assert "digit" not in latent_space.scatter_alt(means, [own_pictures.MINE] * 2)


def test_ones_own_pictures_have_no_digits_in_the_scatter() -> None:
    page = given(Visitor("vae"), "own zip", zipped(), "digits.zip")
    page.set("part", GENERATION).set("view", SCATTER)
    (scatter,) = [figure for figure in figures(page.at) if figure["alt"].startswith("Latent means")]
    assert "by digit" not in scatter["alt"]
    assert {trace.get("name") for trace in scatter["data"]} == {"prior, 1 to 3 σ", "yours"}

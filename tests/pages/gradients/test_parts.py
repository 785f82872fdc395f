"""The later parts of the gradient lab: gradient descent, discrete z, the VAE, and older links to them."""

import numpy as np
import pytest

from dgm import gradients
from dgm.vae import gradient_noise
from pages.gradients import discrete, results, vae
from pages.gradients.setting import Setting
from tests.pages.gradients.test_page import all_text, opened
from tests.pages.visitor import Visitor, figures


def test_the_reference_run_is_what_training_gives() -> None:
    curves = results.reference_curves()
    start = gradient_noise.start(results.CONFIG, results.IMAGES, every=50)
    found = results.Curves.of(gradient_noise.advance(start, results.IMAGES, 100).records)
    at = np.searchsorted(curves.steps, found.steps)
    assert curves.bounds[at] == pytest.approx(found.bounds, abs=0.02)
    assert curves.steps[-1] == results.VAE_STEPS
    one, other = curves.bounds[-1]
    assert other > one + 1
    assert vae.winner(one, other) == "reparametrization"
    assert vae.winner(-20.0, -20.5) == "the same, within 1 nat"


def test_the_bounds_are_covered_until_they_are_asked_for() -> None:
    asking, answered = (figures(opened(reveal=reveal, part="The VAE")) for reveal in (False, True))
    assert "Empty axes" in asking[1]["alt"]
    assert not asking[1]["data"]
    assert len(answered[1]["data"]) == 2


def test_the_two_vaes_can_be_trained() -> None:
    page = opened(part="The VAE")
    assert any(button.label == "Train" for button in page.button)
    assert any("press Train" in caption.value for caption in page.caption)


@pytest.mark.parametrize(("link", "part"), [({"part": "Race"}, "Gradient descent"),
                                            ({"part": "Discrete"}, "Discrete z"),
                                            ({"part": "The VAE", "n": "100"}, "Mini-batches")])
def test_older_links_open_the_part_of_today(link: dict[str, str], part: str) -> None:
    page = Visitor("gradients", link)
    assert page.values["part"] == part
    assert not page.at.info


def test_gradient_descent_starts_at_the_q_of_the_sliders() -> None:
    setting = Setting(mu=0.7, sigma=0.3)
    assert results.descent_start(setting) == gradients.Gaussian(0.7, 0.3)


def test_a_high_temperature_shows_the_bias() -> None:
    assert "bias of Gumbel-softmax is visible" in all_text(Visitor("gradients").choose("A high temperature").at)
    assert "hidden by its noise" in discrete.verdict(1.5, 500)


def test_the_descent_of_a_sampled_bound_samples_all_of_it() -> None:
    """At the posterior sticking the landing has no variance left, which an exact KL would hide."""
    names = ("reparametrization", "sticking the landing")
    chosen = results.DescentSettings("SGD", 0.05, 1, 0.1, 0)
    found = results.descents(Setting(kind="sampled bound", k=2.0), names, chosen)
    assert found.best.mu == pytest.approx(1.0, abs=1e-4)
    assert found.best.sigma**2 == pytest.approx(0.5, abs=1e-4)
    path, landing = (float(trajectory.bands[2, -1]) for trajectory in found.trajectories)
    assert landing < 1e-9
    assert path > 1e-4
    page = opened(part="Gradient descent", cost="sampled bound", mu="0.5")
    assert "no exact KL is added" in all_text(page)
    assert "minus the mean of f" in all_text(page)

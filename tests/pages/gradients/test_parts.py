"""The later parts of the gradient lab: gradient descent, discrete z, the VAE, and older links to them."""

import re

import numpy as np
import pytest

from dgm import gradients
from dgm.vae import gradient_noise
from pages.gradients import discrete, results, state, vae
from pages.gradients.setting import Setting
from tests.pages.gradients.test_page import all_text, opened
from tests.pages.visitor import Visitor, figures
from ui.control_types import Choice


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


def test_probabilities_on_the_page_add_up_to_one() -> None:
    (caption,) = [one.value for one in opened(reveal=False, part="Discrete z").caption if "probabilities" in one.value]
    named = re.findall(r"0\.\d{4}", caption)
    assert len(named) == len(results.LOGITS)
    assert sum(map(float, named)) == pytest.approx(1, abs=1e-9)


def test_a_part_of_the_variance_that_is_only_rounding_is_written_as_zero() -> None:
    split = figures(opened(reveal=False, part="Mini-batches", away="0"))[0]
    assert split["alt"].count("batch part 0,") == 2
    assert "10⁻" not in split["alt"]


def test_no_text_names_a_colour_that_changes_with_the_theme() -> None:
    for note in state.NOTES.values():
        assert not re.search(r"\b(black|white|dark|light|blue|orange|green)\b", note)


def test_all_baselines_says_which_one_lowers_nothing_and_the_menu_is_never_cut() -> None:
    swept, _ = results.sweep(Setting(), "sigma", state.ESTIMATOR_SETS["Baselines"], 1, 0)
    plain = swept.exact[swept.names.index("log-derivative"), :, 0]
    lower = {name for row, name in zip(swept.exact[:, :, 0], swept.names, strict=True) if bool((row < plain).all())}
    assert set(swept.names) - lower == {"log-derivative", "log-derivative + leave-one-out"}
    assert "but leave-one-out" in state.NOTES["All baselines"]
    choice = state.CONTROLS["set"]
    assert isinstance(choice, Choice)
    assert choice.menu

"""The VAE page's view of a visitor's own digit: its numbers, its rank, and the way to its place on the pad."""

import pytest
from streamlit.testing.v1 import AppTest
from torch import Tensor

from dgm import datasets, vae
from dgm.datasets import picture
from dgm.vae import inference_gap, ranking
from pages.vae import shown_model
from pages.vae.image import own_digit
from tests.pages.visitor import open_app
from tests.ui.own_data.sheet import ONE, write


@pytest.fixture(scope="module")
def model() -> vae.Checkpoint:
    return vae.pretrained("digits")


@pytest.fixture(scope="module")
def image() -> Tensor:
    """(64,) the digit that the tests write, as the model gets it."""
    return datasets.binarise(picture.normalise(ONE / 255, (8, 8))[None])[0]


@pytest.fixture(scope="module")
def page() -> AppTest:
    at = open_app("vae")
    at.query_params["data"] = "digits"
    at.query_params["view"] = "your own digit"
    assert not at.run().exception
    return at


def test_the_page_waits_for_a_digit_and_then_shows_its_numbers(page: AppTest, model: vae.Checkpoint,
                                                               image: Tensor) -> None:
    assert any("Write a digit" in info.value for info in page.info)
    assert not write(page, ONE).exception
    gap = inference_gap.gap(model, image[None])
    kl = float(vae.kl_to_prior(vae.encode(model, image[None])))
    text = "\n".join(block.value for block in page.markdown)
    for number in (gap.bound + kl, kl, gap.bound, gap.log_p):
        assert f"{number:.1f}".replace("-", "−") in text
    others = ranking.bounds(model, vae.split_images(vae.Images("digits")).test[:shown_model.RANKED]).evidence
    assert own_digit.verdict(ranking.share_below(gap.log_p, others)) in text


def test_the_point_goes_to_the_digits_place(page: AppTest, model: vae.Checkpoint, image: Tensor) -> None:
    write(page, ONE)
    next(button for button in page.button if button.label == "Move the point there").click()
    assert not page.run().exception
    linked = page.query_params["z"]
    z = [float(v) for v in (linked if isinstance(linked, str) else linked[0]).split(",")]
    assert z == pytest.approx(vae.encode(model, image[None]).mean[0].tolist(), abs=6e-4)


@pytest.mark.parametrize(("share", "words"), [(0.0, "Unlikely"), (0.1, "Less likely"),
                                              (0.5, "As likely"), (1.0, "Likelier")])
def test_the_verdict_names_the_share(share: float, words: str) -> None:
    assert own_digit.verdict(share).startswith(f"**{words}")
    assert f"{100 * share:.0f} of 100" in own_digit.verdict(share)

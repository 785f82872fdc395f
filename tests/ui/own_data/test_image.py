"""A person's own digit: written or uploaded, refused in place, and what the VAE page says of it."""

import base64
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from dgm import datasets, vae
from dgm.vae import exact_evidence, ranking
from pages.vae import own_digit
from tests.pages.visitor import open_app
from tests.ui.components.messages import commit
from ui.components.draw_digit import SIDE
from ui.own_data import image as own_image

ROOT = Path(__file__).parents[3]
ONE = np.zeros((SIDE, SIDE), np.uint8)
ONE[8:48, 25:31] = 255


def write(at: AppTest, grey: np.ndarray) -> AppTest:
    """Write on the sheet."""
    return commit(at, "digit:sheet", image=base64.b64encode(grey.tobytes()).decode())


def png(grey: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    return out.getvalue()


def huge_png(side: int) -> bytes:
    """A small file that claims side x side pixels."""
    content = bytearray(png(ONE))
    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


def page() -> None:
    import streamlit as st

    from ui.own_data import image as own_image

    x = own_image.own_digit((28, 28))
    st.text("none" if x is None else f"{tuple(x.shape)} {float(x.max()):.0f} {int(x.reshape(28, 28).argmax(1).max())}")
    st.slider("The rest of the page", 0, 9, 4)


def opened(way: str = own_image.WRITE) -> AppTest:
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["digit:way"] = way
    return checked(at.run())


def checked(at: AppTest) -> AppTest:
    assert not at.exception, at.exception[0].message
    assert [slider.value for slider in at.slider] == [4]
    return at


def uploaded(content: bytes, name: str = "one.png") -> AppTest:
    at = opened(own_image.UPLOAD)
    at.file_uploader[0].set_value((name, content, "image/png"))
    return checked(at.run())


def test_an_empty_sheet_is_no_image() -> None:
    assert opened().text[0].value == "none"


def test_a_written_digit_becomes_an_image_like_the_data() -> None:
    at = opened()
    write(at, ONE)
    assert checked(at.run()).text[0].value.startswith("(784,) 1 ")


def test_a_sheet_all_black_is_refused_in_place() -> None:
    at = opened()
    write(at, np.full((SIDE, SIDE), 255, np.uint8))
    assert checked(at.run()).text[0].value == "none"
    assert "no ink" in at.error[0].value


@pytest.mark.parametrize("ink", [0, 255])
def test_a_picture_is_read_dark_on_light_or_light_on_dark(ink: int) -> None:
    at = uploaded(png(ONE if ink else 255 - ONE))
    assert at.text[0].value.startswith("(784,) 1 ")
    assert not at.error


@pytest.mark.parametrize(("content", "words"), [
    (b"", "empty"), (b"GIF? no, text", "not a picture"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "not a picture"),
    (png(ONE)[:60], "not a picture"), (b"\xff" * 5_100_000, "5.1 MB"), (huge_png(7_000), "7000 × 7000"),
    (huge_png(90_000), "million pixels"),
    (png(np.full((40, 40), 200, np.uint8)), "no ink"), (b"1,2\n3,4", "not a picture")])
def test_what_is_no_picture_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    at = uploaded(content)
    assert at.text[0].value == "none"
    (error,) = at.error
    assert words in error.value.replace("\\", "")


# --- how likely -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> vae.Checkpoint:
    return vae.pretrained("digits")


def test_the_share_below_is_the_quantile() -> None:
    others = torch.tensor([1.0, 2.0, 2.0, 5.0])
    assert [ranking.share_below(v, others) for v in (0.0, 2.0, 3.0, 9.0)] == [0.0, 0.5, 0.75, 1.0]


def test_held_out_bounds_are_ordered_and_reach_the_exact_evidence(model: vae.Checkpoint) -> None:
    x = vae.split_images(vae.Images("digits")).test[:6]
    found, exact = ranking.bounds(model, x), vae.log_evidence(model, x).log_p
    bound = found.reconstruction - found.kl
    assert found.evidence.mean() >= bound.mean()
    # exp(bound - log p) has mean 1: above by log(1 / 0.001) once in a thousand at the most (Markov), six images
    assert (found.evidence < exact + np.log(6 / 0.001)).all()
    assert (exact - found.evidence).median() < 2.0


def test_an_image_of_noise_is_less_likely_than_a_digit(model: vae.Checkpoint) -> None:
    others = ranking.bounds(model, vae.split_images(vae.Images("digits")).test[:100]).evidence
    board = (torch.arange(64) + torch.arange(64) // 8) % 2
    noise = vae.image_terms(model, board.float()).evidence
    assert ranking.share_below(noise, others) == 0.0
    assert own_digit.verdict(0.0, 100).startswith("**Unlikely")


def test_the_place_of_an_image_holds_its_posterior(model: vae.Checkpoint) -> None:
    image = vae.split_images(vae.Images("digits")).test[5]
    place = vae.posterior_grid(model, image, side=121)
    step = float(place.z1[1] - place.z1[0]) * float(place.z2[1] - place.z2[0])
    assert float(place.density.sum() * step) == pytest.approx(1.0, abs=0.02)
    exact = exact_evidence.cells(model, image).moments()[0]
    z1 = float((place.density.sum(0) * place.z1).sum() * step)
    z2 = float((place.density.sum(1) * place.z2).sum() * step)
    assert (z1, z2) == pytest.approx(exact.tolist(), abs=0.02)


@pytest.mark.parametrize("latent", [1, 3])
def test_other_latent_spaces_have_no_plane(latent: int) -> None:
    one = vae.init(vae.Config(latent=latent, hidden=10), torch.zeros(4, 64))
    with pytest.raises(ValueError, match="2 latents"):
        vae.posterior_grid(one, torch.zeros(64))


# --- the page ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson() -> AppTest:
    at = open_app("vae")
    at.query_params["data"] = "digits"
    at.query_params["view"] = "your own digit"
    assert not at.run().exception
    return at


def test_the_page_waits_for_a_digit_and_then_shows_its_numbers(lesson: AppTest, model: vae.Checkpoint) -> None:
    assert any("Write a digit" in info.value for info in lesson.info)
    assert not write(lesson, ONE).exception
    image = datasets.binarise(own_image.picture.normalise(ONE / 255, (8, 8))[None])[0]
    terms = vae.image_terms(model, image)
    said = "\n".join(block.value for block in lesson.markdown)
    for number in (terms.reconstruction, terms.kl, terms.reconstruction - terms.kl, terms.evidence):
        assert f"{number:.1f}" in said
    held_out = vae.split_images(vae.Images("digits")).test[:own_digit.HELD_OUT]
    others = ranking.bounds(model, held_out).evidence
    assert own_digit.verdict(ranking.share_below(terms.evidence, others), len(others)) in said


def test_the_point_goes_to_the_digits_place(lesson: AppTest, model: vae.Checkpoint) -> None:
    write(lesson, ONE)
    next(button for button in lesson.button if button.label == "Move the point there").click()
    assert not lesson.run().exception
    image = datasets.binarise(own_image.picture.normalise(ONE / 255, (8, 8))[None])
    linked = lesson.query_params["z"]
    z = [float(v) for v in (linked if isinstance(linked, str) else linked[0]).split(",")]
    assert z == pytest.approx(vae.encode(model, image).mean[0].tolist(), abs=6e-4)

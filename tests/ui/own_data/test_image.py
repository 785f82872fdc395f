"""ui.own_data.image: a visitor's own digit, drawn or uploaded, and the error messages."""

import struct
import zlib

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.image_files import png
from tests.ui.own_data.sheet import ONE, write
from tests.ui.own_data.whole_page import checked
from ui.components.draw_digit import SIDE
from ui.own_data import image as own_image


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


def opened(source: str = own_image.WRITE) -> AppTest:
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["digit:way"] = source
    return checked(at.run())


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


def test_a_black_sheet_gives_an_error() -> None:
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
def test_invalid_pictures_give_one_sentence(content: bytes, words: str) -> None:
    at = uploaded(content)
    assert at.text[0].value == "none"
    (error,) = at.error
    assert words in error.value.replace("\\", "")

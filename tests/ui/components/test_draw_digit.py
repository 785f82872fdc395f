"""ui.components.draw_digit: any message of the browser is a small grey image or an empty sheet."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from ui.components.draw_digit import SIDE, grey_values

GREY = np.arange(SIDE * SIDE, dtype=np.uint32).astype(np.uint8).reshape(SIDE, SIDE)


def coded(grey: bytes) -> str:
    return base64.b64encode(grey).decode()


def page() -> None:
    import streamlit as st

    from ui.components.draw_digit import draw_digit

    if st.toggle("Sheet", True):
        grey = draw_digit("sheet")
        st.text("empty" if grey is None else f"{grey.shape} {grey.sum():.3f}")


def run(at: AppTest) -> AppTest:
    assert not at.run().exception, at.exception
    return at


def write(at: AppTest, image: str, number: int) -> None:
    version = json.loads(at.get("bidi_component")[0].proto.json)["base"]["version"]
    at.session_state["sheet"] = {"edit": {"version": version, "number": number, "image": image}}


def test_a_drawing_arrives_as_grey_values() -> None:
    grey = grey_values(coded(GREY.tobytes()))
    assert grey is not None
    np.testing.assert_allclose(grey, GREY / 255)


@pytest.mark.parametrize("image", [
    None, "", "grey", "%%%", "é" * 40, coded(b""), coded(bytes(SIDE * SIDE)), coded(bytes([9]) * (SIDE * SIDE - 1)),
    coded(bytes([9]) * (SIDE * SIDE + 1)), coded(bytes([9]) * 10_000_000)])
def test_anything_else_is_an_empty_sheet(image: str | None) -> None:
    assert grey_values(image) is None


@given(some.binary(max_size=64).map(coded) | some.text(max_size=64))
def test_any_other_text_of_the_browser_is_an_empty_sheet(image: str) -> None:
    assert grey_values(image) is None


@given(some.binary(min_size=SIDE * SIDE, max_size=SIDE * SIDE))
def test_grey_values_lie_between_paper_and_ink(raw: bytes) -> None:
    grey = grey_values(coded(raw))
    assert (grey is None) == (not any(raw))
    assert grey is None or (grey.min() >= 0 and grey.max() <= 1 and np.isfinite(grey).all())


def test_a_sheet_that_is_shown_again_has_its_drawing_until_it_is_cleared() -> None:
    at = run(AppTest.from_function(page, default_timeout=60))
    assert at.text[0].value == "empty"
    write(at, coded(GREY.tobytes()), 1)
    written = run(at).text[0].value
    assert written == f"({SIDE}, {SIDE}) {GREY.sum() / 255:.3f}"
    at.toggle[0].set_value(False)
    run(at)
    at.toggle[0].set_value(True)
    assert run(at).text[0].value == written
    write(at, "", 2)
    assert run(at).text[0].value == "empty"

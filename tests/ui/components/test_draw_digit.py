"""The Python half of the sheet: a drawing is a small grey picture or nothing, whatever the browser says."""

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from ui.components.draw_digit import SIDE, read

GREY = np.arange(SIDE * SIDE, dtype=np.uint32).astype(np.uint8).reshape(SIDE, SIDE)


def said(grey: bytes) -> dict[str, Any]:
    return {"grey": base64.b64encode(grey).decode(), "turn": 1}


def page() -> None:
    import streamlit as st

    from ui.components.draw_digit import draw_digit

    if st.toggle("Sheet", True):
        grey = draw_digit("sheet")
        st.text("empty" if grey is None else f"{grey.shape} {grey.sum():.3f}")


def run(at: AppTest) -> AppTest:
    assert not at.run().exception, at.exception
    return at


def test_a_drawing_arrives_as_grey_values() -> None:
    grey = read(said(GREY.tobytes()))
    assert grey is not None
    np.testing.assert_allclose(grey, GREY / 255)


@pytest.mark.parametrize("word", [
    None, {}, [], "grey", 7, {"grey": None}, {"grey": 3}, {"grey": [0] * SIDE * SIDE}, {"grey": "%%%"},
    {"grey": "é" * 40}, {"grey": ""}, said(b""), said(bytes(SIDE * SIDE)), said(bytes([9]) * (SIDE * SIDE - 1)),
    said(bytes([9]) * (SIDE * SIDE + 1)), said(bytes([9]) * 10_000_000)])
def test_anything_else_is_an_empty_sheet(word: object) -> None:
    assert read(word) is None


@given(some.binary(max_size=64) | some.text(max_size=64) | some.none() | some.integers() | some.lists(some.floats()))
def test_no_word_of_the_browser_breaks_the_page(word: object) -> None:
    assert read({"grey": word}) is None
    assert read(word) is None


@given(some.binary(min_size=SIDE * SIDE, max_size=SIDE * SIDE))
def test_grey_values_lie_between_paper_and_ink(raw: bytes) -> None:
    grey = read(said(raw))
    assert (grey is None) == (not any(raw))
    assert grey is None or (grey.min() >= 0 and grey.max() <= 1 and np.isfinite(grey).all())


def test_what_was_written_stays_when_the_sheet_is_put_up_again_until_it_is_cleared() -> None:
    at = run(AppTest.from_function(page, default_timeout=60))
    assert at.text[0].value == "empty"
    at.session_state["sheet"] = {"drawing": said(GREY.tobytes())}
    written = run(at).text[0].value
    assert written == f"({SIDE}, {SIDE}) {GREY.sum() / 255:.3f}"
    at.toggle[0].set_value(False)
    run(at)
    at.toggle[0].set_value(True)
    assert run(at).text[0].value == written
    at.session_state["sheet"] = {"drawing": {"grey": "", "turn": 2}}
    assert run(at).text[0].value == "empty"

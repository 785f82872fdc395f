"""ui.components.draw_digit: any message of the browser is a small grey image or an empty sheet."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from tests.ui.components.messages import unpack
from ui.components.draw_digit import SIDE, Answering, grey_values
from ui.components.draw_digit.answering import packed

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


def test_a_drawing_is_kept_with_its_strokes() -> None:
    at = run(AppTest.from_function(page, default_timeout=60))
    proto = at.get("bidi_component")[0].proto
    base = json.loads(proto.json)["base"]["version"]
    at.session_state["sheet"] = {"edit": {"version": base, "number": 1, "image": coded(GREY.tobytes()),
                                          "strokes": [[1, 2, 3, 4]]}}
    run(at)
    kept = at.session_state["drawing sheet"]
    assert (kept.value, kept.described()) == ((coded(GREY.tobytes()), ((1, 2, 3, 4),)), "your drawn digit")
    assert json.loads(at.get("bidi_component")[0].proto.json)["strokes"] == []    # this browser has drawn it
    write(at, "", 2)
    run(at)
    assert kept.described() == ""


@pytest.mark.parametrize("forged", ["x" * 5000, "A" * 10_000_000, coded(b"7")])
def test_what_is_no_drawing_is_not_kept(forged: str) -> None:
    at = run(AppTest.from_function(page, default_timeout=60))
    version = json.loads(at.get("bidi_component")[0].proto.json)["base"]["version"]
    at.session_state["sheet"] = {"edit": {"version": version, "number": 1, "image": forged, "strokes": []}}
    assert run(at).text[0].value == "empty"
    assert at.session_state["drawing sheet"].value is None


# A sheet with a model behind it ---------------------------------------------------------------------------------------

def model(**changes: object) -> Answering:
    encoder = [(np.ones((3, 4)), np.zeros(3)), (np.ones((4, 3)), np.zeros(4))]
    decoder = [(np.ones((3, 2)), np.zeros(3)), (np.ones((4, 3)), np.zeros(4))]
    return Answering(encoder, decoder, 12.0, (2, 2), 2, np.zeros((5, 2)), np.arange(5), 0.1, 0.7)._replace(**changes)


def test_the_message_has_both_networks_and_the_map() -> None:
    header, arrays = unpack(packed({"key": "sheet", "side": SIDE}, model()))
    assert (header["key"], header["side"]) == ("sheet", SIDE)
    assert (header["encoders"], header["depth"], header["latent"]) == (2, 2, 2)
    assert (header["limit"], header["faint"], header["share"]) == (12.0, 0.1, 0.7)
    assert {name: array.size for name, array in arrays.items()} == {
        "encoder_weight0": 12, "encoder_bias0": 3, "encoder_weight1": 12, "encoder_bias1": 4, "weight0": 6, "bias0": 3,
        "weight1": 12, "bias1": 4, "means": 10, "labels": 5}


@pytest.mark.parametrize("changes", [
    {"latent": 3}, {"image_shape": (3, 3)}, {"means": np.zeros((5, 3))}, {"labels": np.arange(4)},
    {"encoder": [(np.full((4, 4), np.nan), np.zeros(4))]}])
def test_a_model_that_does_not_fit_is_an_error(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"shape|layer|expected|label|finite|pixels"):
        packed({}, model(**changes))

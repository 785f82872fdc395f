"""dgm.datasets.picture: any picture becomes an image like the data, or one sentence says why not."""

import io
import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dgm import datasets
from dgm.datasets import picture
from dgm.errors import DataError, DgmError


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, kind)
    return out.getvalue()


def digit(index: int = 0) -> np.ndarray:
    return datasets.load("mnist-5k").x[index].reshape(28, 28).numpy()


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("place", [(0, 0), (150, 40)])
def test_a_digit_is_found_at_any_size_place_and_polarity(inverted: bool, place: tuple[int, int]) -> None:
    big = np.kron(digit(), np.ones((5, 5)))
    canvas = np.zeros((400, 300))
    canvas[10 + place[0] : 150 + place[0], 10 + place[1] : 150 + place[1]] = big
    pixels = 255 * (1 - canvas if inverted else canvas)
    found = picture.read(encoded(pixels), (28, 28)).reshape(28, 28).numpy()
    shifted = [np.roll(digit(), (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    assert max(np.corrcoef(found.ravel(), other.ravel())[0, 1] for other in shifted) > 0.95  # within a pixel
    assert (found.min(), found.max()) == (0, 1)


def test_a_jpeg_is_read_in_both_shapes() -> None:
    big = 255 * np.kron(digit(600), np.ones((9, 9)))
    for shape in ((8, 8), (28, 28)):
        x = picture.read(encoded(big, "JPEG"), shape)
        assert x.shape == (shape[0] * shape[1],)
        assert x.dtype == torch.float32


@pytest.mark.parametrize(("content", "says"), [
    (b"", "empty"), (b"hello, world", "not a picture"), (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "not a picture"),
    (b"0" * 6_000_000, "6.0 MB and the limit is 5 MB"), (encoded(np.zeros((50, 50))), "no ink"),
    (encoded(np.full((50, 50), 255)), "no ink"), (encoded(np.zeros((8000, 8000))), "8000 × 8000"),
    (encoded(np.random.default_rng(0).integers(0, 255, (40, 40)))[:200], "not a picture"),
], ids=["empty", "text", "fake", "huge file", "black", "white", "huge picture", "truncated"])
def test_an_error_names_its_cause(content: bytes, says: str) -> None:
    with pytest.raises(DataError) as caught:
        picture.read(content, (28, 28))
    assert says in str(caught.value)


@given(st.binary(max_size=400))
def test_random_bytes_raise_a_data_error(content: bytes) -> None:
    with pytest.raises(DataError):
        picture.read(content, (28, 28))


@pytest.mark.parametrize(("grey", "shape", "problem"), [
    (None, (8, 8), "grey is None"), (np.ones(4), (8, 8), "grey has the shape (4,)"),
    (np.full((4, 4), np.nan), (8, 8), "row 1, column 1 of grey is missing"), ([["a"]], (8, 8), "grey holds text"),
    (np.arange(16.0).reshape(4, 4), (8, 8), "grey holds values from 0 to 15: give 0 (black) to 1 (white)"),
    (np.ones((4, 4)), 8, "two whole numbers (height, width), not 8"),
    (np.ones((4, 4)), (8, 8, 1), "shape has to be two whole numbers"),
    (np.ones((4, 4)), (8.5, 8), "the height has to be a whole number from 2 to 256, not 8.5"),
    (np.ones((4, 4)), (8, 10**6), "the width has to be a whole number from 2 to 256")])
def test_what_is_no_picture_and_no_shape(grey: Any, shape: Any, problem: str) -> None:
    with pytest.raises(DgmError, match=re.escape(problem)):
        picture.normalise(grey, shape)


def test_bytes_of_every_kind_and_no_text() -> None:
    for content in (b"no picture", bytearray(b"no picture"), memoryview(b"no picture")):
        with pytest.raises(DataError, match="not a picture"):
            picture.read(content, (8, 8))
    with pytest.raises(DataError, match="give the bytes of a file"):
        picture.read("digit.png", (8, 8))

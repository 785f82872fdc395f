"""A path through the codes: resampled by length, in the link, decoded frame by frame."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from dgm import vae
from pages.vae.explore import path
from pages.vae.explore.path_link import MOST, read, resampled, write
from pages.vae.figures import image_sheet
from tests.pages.visitor import Visitor
from tests.ui.components.messages import commit, unpack
from ui.figures.theme import LIGHT

CORNER = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0))


def test_places_lie_at_equal_distances_on_the_path() -> None:
    places = np.array(resampled(CORNER, 9))
    steps = np.abs(np.diff(places, axis=0)).sum(1)      # no place jumps the corner
    np.testing.assert_allclose(steps, 0.5)
    assert places[0].tolist() == [0.0, 0.0]
    assert places[-1].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("places", [((1.0, 2.0),), ((1.0, 2.0), (1.0, 2.0))])
def test_a_path_without_length_is_one_place(places: tuple[tuple[float, float], ...]) -> None:
    assert resampled(places, 9) == ((1.0, 2.0),)


@given(some.lists(some.tuples(some.integers(-400, 400), some.integers(-400, 400)), max_size=MOST))
def test_a_link_has_the_path(hundredths: list[tuple[int, int]]) -> None:
    places = tuple((x / 100, y / 100) for x, y in hundredths)
    assert read(write(places)) == (places, "")


@pytest.mark.parametrize("raw", ["1", "a,b", "1,2,3", "nan,0", "1e9,0", ";".join(["1,1"] * (MOST + 1)), "1,1;inf,0"])
def test_another_text_is_one_sentence(raw: str) -> None:
    places, problem = read(raw)
    assert places == ()
    assert problem.startswith("The link's path")


def test_each_frame_is_one_image() -> None:
    images = np.linspace(0, 1, 5)[:, None] * np.ones((5, 4), np.float32)
    picture = Image.open(io.BytesIO(image_sheet.animation(images, (2, 2), LIGHT, side=8, milliseconds=50)))
    assert picture.n_frames == 5        # type: ignore[attr-defined]
    assert picture.size == (8, 8)
    shades = []
    for frame in range(5):
        picture.seek(frame)
        shades.append(int(np.asarray(picture.convert("L")).mean()))
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == 5


def test_a_drag_that_is_recorded_is_decoded_and_in_the_link() -> None:
    page = Visitor("vae", {"data": "digits", "record": "true"})
    commit(page.at, "pad", z=[1.0, 1.0], points=[[0.0, 0.0], [0.5, 1.0], [1.0, 1.0]])
    places, problem = read(page.link["path"])
    assert problem == ""
    assert len(places) == MOST
    assert places[0] == (0.0, 0.0)
    assert places[-1] == (1.0, 1.0)
    assert any("path through 40 places" in alt for alt in page.alts())
    (pad,) = [part for part in page.at.get("bidi_component") if part.proto.component_name == "dgm_latent_pad"]
    assert len(unpack(pad.proto.bytes)[0]["path"]) == MOST
    strip, _ = path.decoded(vae.pretrained("digits"), places, (8, 8), False)
    frames = vae.decode(vae.pretrained("digits"), torch.tensor(resampled(places, path.FRAMES)))
    expected = image_sheet.png(frames[[0, path.FRAMES - 1]].numpy(), (8, 8), 2)
    first = np.asarray(Image.open(io.BytesIO(expected)))[:8, :8]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(strip)))[:8, :8], first)
    page.press("remove path")
    assert "path" not in page.link

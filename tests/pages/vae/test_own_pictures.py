"""A visitor's own pictures: a zip or a sheet becomes the data of page and run; other files change nothing."""

import base64
import io
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dgm import datasets, runtime, vae
from dgm.datasets import own_images
from pages.vae import own_pictures
from pages.vae.own_pictures import SHAPE
from pages.vae.state import GENERATION, HALVES, ONE, PARTS, RECONSTRUCTIONS
from tests.image_files import png
from tests.pages.notebooks import notebook_agrees
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import unpack
from ui.kept_work import saved_tree

COUNT = 30
pytestmark = pytest.mark.usefixtures("worker")


def drawing(number: int, side: int = 60) -> np.ndarray:
    """A dark stroke on light paper, another one for each number."""
    grey = np.full((side, side), 255, np.uint8)
    grey[10:50, 20 + number % 9:25 + number % 9] = 0
    grey[20 + number % 7:24 + number % 7, 12:48] = 0
    return grey


def zipped(count: int = COUNT) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"digits/{number}.png", png(drawing(number)))
    return out.getvalue()


def given(page: Visitor, key: str, content: bytes, name: str) -> Visitor:
    page.at.file_uploader(key=key).set_value((name, content, ""))
    return page.run()


def stepped(page: Visitor) -> None:
    """Press "20 steps" and wait until the page shows them: they are computed beside it."""
    page.press("vae step")
    for _ in range(100):
        if "step 20 " in page.run().at.get("progress")[0].proto.text:
            return
        time.sleep(0.05)
    raise AssertionError("the steps have not ended")


def test_a_zip_becomes_the_data_of_every_part_and_of_the_run() -> None:
    page = given(Visitor("vae"), "own zip", zipped(), "digits.zip")
    assert f"{COUNT} pictures are in use" in page.texts()
    assert page.values["model"] == "my run"
    assert any(f"your {COUNT} pictures" in alt for alt in page.alts())
    assert page.widget("data").disabled
    assert f"$n$ = {round(0.7 * COUNT)}" in page.texts()
    stepped(page)
    for part in PARTS:
        page.set("part", part)
        assert notebook_agrees(page), part
    page.set("part", PARTS[0])
    page.press("own pictures off")
    assert not page.widget("data").disabled
    assert "kept at step" in page.texts()
    page.press("vae back")
    assert page.widget("data").disabled, "the run comes back with its pictures"


def test_own_pictures_stand_beside_those_of_mnist() -> None:
    page = given(Visitor("vae"), "own zip", zipped(), "digits.zip")
    page.set("own pictures beside own", own_pictures.WITH)
    train = len(vae.split_images(vae.Images("mnist-5k")).train) + round(0.7 * COUNT)
    assert f"$n$ = {train:,}" in page.texts()
    assert any(alt.startswith("15 of your pictures") for alt in page.alts())
    page.set("model", "pretrained")
    drawn = datasets.binarise(own_images.from_zip(zipped()).x)
    torch.testing.assert_close(torch.tensor(marks(page)), vae.encode(vae.pretrained("mnist-5k"), drawn).mean)
    page.set("part", "Generation")
    page.set("view", "latent scatter")
    (scatter,) = [figure for figure in figures(page.at) if figure["alt"].startswith("Latent means")]
    (mine,) = [trace for trace in scatter["data"] if trace.get("name") == "yours"]
    assert len(base64.b64decode(mine["x"]["bdata"])) == 4 * (COUNT - round(0.8 * COUNT))     # float32
    page.set("view", "interpolation")
    page.set("to", len(vae.split_images(vae.Images("mnist-5k")).test))
    assert "(yours)" in page.texts()
    for part in PARTS:
        page.set("part", part)
        assert page.script()
    page.set("part", "Explore")
    page.set("own pictures beside own beside MNIST", own_pictures.ALONE)
    assert not len(marks(page))
    assert page.values["model"] == "my run"


def test_a_situation_is_of_the_menus_data_and_the_pictures_come_back() -> None:
    page = given(Visitor("vae"), "own zip", zipped(), "digits.zip")
    page.press("preset 8 × 8 digits")
    assert (page.values["data"], page.widget("data").disabled) == ("digits", False)
    page.press("own pictures on")
    assert f"{COUNT} pictures are in use" in page.texts()
    assert "This is no longer the situation *8 × 8 digits*." in page.texts()


def marks(page: Visitor) -> np.ndarray:
    """The rings of the first pad, (M, 2)."""
    (sent,) = [part.proto.bytes for part in page.at.get("bidi_component")
               if part.proto.component_name == "dgm_latent_pad"]
    return np.asarray(unpack(sent)[1]["marks"], np.float32).reshape(-1, 2)


def test_a_sheet_is_cut_by_its_grid() -> None:
    page = Visitor("vae")
    page.set("own pictures kind", "one sheet, cut by a grid")
    sheet = np.block([[drawing(10 * row + column) for column in range(10)] for row in range(5)])
    given(page, "own sheet 5 10", png(sheet), "sheet.png")
    assert "50 pictures are in use" in page.texts()


@pytest.mark.parametrize("content", [b"no zip", b"", zipped(3), zipped()[:500]])
def test_another_file_is_one_sentence_and_changes_nothing(content: bytes) -> None:
    page = Visitor("vae")
    before = page.printed()
    given(page, "own zip", content, "x.zip")
    assert len(page.at.error) == 1
    assert page.printed() == before


def test_pictures_from_their_file_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    brought, again = own_pictures._Brought(), own_pictures._Brought()
    monkeypatch.setattr(own_pictures, "_brought", lambda: brought)
    assert (brought.version(), brought.described()) == (brought.EMPTY, "")
    x = torch.rand(COUNT, 784, generator=runtime.generator(1))
    own_pictures._take(own_images.Pictures(x, ("a",) * COUNT, ("One file was no picture.",)))
    alone = own_pictures.current()
    assert alone is not None
    for use in (alone.images, alone.other, None):
        own_pictures.use(use)
        saved_tree.write(tmp_path / "pictures.safetensors", brought.to_saved())
        again.from_saved(saved_tree.read(tmp_path / "pictures.safetensors"))
        described = f"your {COUNT} pictures (“Variational autoencoder”)" if use else ""
        assert (again.version(), again.described()) == (brought.version(), described)
        assert (again.used and again.used.images) == use
    for images, own in brought.known.items():
        assert torch.equal(own.data.x, again.known[images].data.x)
        assert own.unused == again.known[images].unused == ("One file was no picture.",)


def test_with_the_fewest_pictures_the_page_counts_those_that_there_are() -> None:
    """Of 20 pictures 14 are for training, 2 for validation, 4 held out: fewer than a row shows or a mean takes."""
    page = given(Visitor("vae"), "own zip", zipped(own_images.LEAST), "digits.zip")
    parts = vae.split_images(vae.own_images(own_images.from_zip(zipped(own_images.LEAST), SHAPE).x))
    train, validation, test = map(len, parts)
    stepped(page)
    assert f"over the first {validation} validation images" in page.texts()
    page.set("part", HALVES)
    assert f"over the first {train} training images" in page.texts()
    assert any(alt.startswith(f"{test} test images, and their") for alt in page.alts())
    page.set("part", GENERATION).set("view", RECONSTRUCTIONS)
    assert f"Test images 0 to {test - 1} and their reconstructions." in page.alts()
    page.set("part", ONE).set("many", True)
    assert f"over the first {test} test images" in page.texts()
    assert f"of the {test} images, fewer than one" in page.texts()


def place(block: Any, label: str) -> list[int]:
    """Where an expander is among the elements of a block, level by level; [] where it is not."""
    for number, child in block.children.items():
        if getattr(child, "type", "") == "expander" and child.label == label:
            return [number]
        if found := place(child, label) if hasattr(child, "children") else []:
            return [number, *found]
    return []


def test_the_section_keeps_its_place_when_a_run_has_a_history() -> None:
    """An expander at another place is a new one for the browser, which is closed."""
    page = Visitor("vae", {"data": "digits"})
    before = place(page.at.main, "Train on your own pictures")
    stepped(page)
    assert "Play back how the codes moved" in page.names()
    assert before
    assert place(page.at.main, "Train on your own pictures") == before


def test_the_words_of_the_lecture_hall_come_before_the_figures() -> None:
    written = [element.value for element in Visitor("vae", {"present": "1"}).at.markdown]
    words, numbers = (next(i for i, text in enumerate(written) if part in text)
                      for part in ("nobody observes", "Pretrained"))
    assert words < numbers
    assert not any(header.value == "What is trained" for header in Visitor("vae", {"present": "1"}).at.header)

"""The pictures that a visitor brought: from their file they are the same, and so is the run on them."""

from pathlib import Path

import pytest
import torch

from dgm import datasets, runtime, vae
from dgm.datasets.own_images import Pictures
from pages.vae import own_pictures
from ui.kept_work import saved_tree


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> own_pictures._Brought:
    found = own_pictures._Brought()
    monkeypatch.setattr(own_pictures, "_brought", lambda: found)
    return found


def test_pictures_from_their_file_are_the_same(brought: own_pictures._Brought, tmp_path: Path) -> None:
    assert (brought.version(), brought.described()) == (brought.EMPTY, "")
    x = torch.rand(30, 784, generator=runtime.generator(1))
    own_pictures._take(Pictures(x, ("a",) * 30, ("One file was no picture.",)))
    assert brought.version() != brought.EMPTY
    assert brought.described() == "your 30 pictures"
    saved_tree.write(tmp_path / "pictures.safetensors", brought.to_saved())
    again = own_pictures._Brought()
    again.from_saved(saved_tree.read(tmp_path / "pictures.safetensors"))
    one, other = brought.used, again.used
    assert one is not None
    assert other is not None
    assert (one.images, one.unused) == (other.images, other.unused) == (
        vae.own_images(x, name=own_pictures.NAME), ("One file was no picture.",))
    assert torch.equal(other.data.x, datasets.binarise(x))
    assert again.version() == brought.version()


def test_pictures_that_are_not_in_use_are_not_named_and_come_back(brought: own_pictures._Brought) -> None:
    own_pictures._take(Pictures(torch.eye(30, 784), ("a",) * 30, ()))
    images = own_pictures.current().images  # type: ignore[union-attr]
    own_pictures.use(None)
    assert (own_pictures.current(), brought.described()) == (None, "")
    own_pictures.use(vae.Images("digits"))
    assert own_pictures.current() is None
    own_pictures.use(images)
    assert brought.described() == "your 30 pictures"

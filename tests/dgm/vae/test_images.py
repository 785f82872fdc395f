"""images: the three parts are black and white, disjoint and fixed by the seed."""

import pytest
import torch

from dgm import datasets, vae
from dgm.errors import DataError

DIGITS = vae.Images("digits")


def test_parts_are_black_and_white_disjoint_and_fixed() -> None:
    data, whole = vae.split_images(DIGITS), datasets.load("digits")
    assert data is vae.split_images(vae.Images("digits"))
    assert [len(part) for part in data] == [1350, 150, 297]
    assert all(set(part.unique().tolist()) == {0.0, 1.0} for part in data)
    assert torch.equal(data.test, datasets.binarise(whole.x)[whole.split().test])
    assert not torch.equal(data.test, vae.split_images(vae.Images("digits", 1)).test)


def test_names_without_images_are_errors() -> None:
    with pytest.raises(DataError, match="has no images: choose one of digits"):
        vae.split_images(vae.Images("iris"))
    with pytest.raises(DataError, match="no data set 'cats'"):
        vae.split_images(vae.Images("cats"))

"""The animated picture of a training: a frame for each kept checkpoint, the last one is the newest model."""

from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from dgm import vae
from pages.vae.explore import training_picture
from ui.figures.theme import DARK, LIGHT, Palette


def kept(count: int) -> list[vae.Checkpoint]:
    begin = vae.init(vae.Config(hidden=8), torch.eye(16))
    return [begin._replace(step=10 * i, params={name: value * (1 + i) for name, value in begin.params.items()})
            for i in range(count)]


def frames(checkpoints: list[vae.Checkpoint], palette: Palette) -> list[np.ndarray]:
    picture = Image.open(BytesIO(training_picture.animated(checkpoints, (4, 4), palette)))
    return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]


def test_each_checkpoint_is_a_frame_with_its_step_in_the_page_s_theme() -> None:
    light, dark = frames(kept(3), LIGHT), frames(kept(3), DARK)
    assert len(light) == len(dark) == 3
    assert all((one != other).any() for one, other in pairwise(light))
    side = training_picture.ACROSS
    assert light[0].shape[1] == side
    assert light[0][-1].mean() > 250
    assert dark[0][-1].mean() < 40
    assert (light[0][side:] != light[1][side:]).any(), "the captions differ"


@pytest.mark.parametrize("count", [2, 5, 3 * training_picture.FRAMES])
def test_a_picture_of_any_length_can_be_followed(count: int) -> None:
    picture = Image.open(BytesIO(training_picture.animated(kept(count), (4, 4), LIGHT, "A title")))
    *each, last = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
    assert last == training_picture.LAST
    assert min(each) >= 80
    assert sum(each) >= 800
    without = frames(kept(2), LIGHT)[0]
    assert picture.height > without.shape[0], "the title has a line of its own"


def test_a_long_training_leaves_frames_out_and_keeps_both_ends() -> None:
    many = kept(3 * training_picture.FRAMES)
    shown = frames(many, LIGHT)
    assert len(shown) == training_picture.FRAMES
    ends = frames([many[0], many[-1]], LIGHT)
    assert [(one == other).all() for one, other in zip((shown[0], shown[-1]), ends, strict=True)] == [True, True]

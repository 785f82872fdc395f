"""The image that the page looks at: a held-out digit, pixels that are clicked or typed, or a drawing."""

import re

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from dgm import datasets
from pages.autoregressive import network
from pages.autoregressive.figures import pixels
from pages.autoregressive.network import SHAPE
from pages.autoregressive.state import CLICK, DRAW, PICK
from ui import controls, page
from ui.components.edits import Edits
from ui.components.live_figure import live_figure
from ui.figures import picture_sheet
from ui.own_data import image as own_image

WRONG = "An image is eight rows of eight characters 0 or 1, such as 00111100. Until then held-out image {} is shown."


def spell(image: Tensor) -> str:
    """An image (64,) as the text of the link: eight rows of 0 and 1."""
    digits = "".join(str(int(value)) for value in image.tolist())
    return " ".join(digits[i:i + 8] for i in range(0, 64, 8))


def parse(text: str) -> Tensor | None:
    """The image (64,) of a text, None where it is none: 64 characters 0 or 1, blanks and commas do not count."""
    digits = re.sub(r"[\s,;]", "", text)
    return torch.tensor([float(digit) for digit in digits]) if re.fullmatch(r"[01]{64}", digits) else None


def current() -> Tensor:
    """The image (64,) that the controls say, without drawing them: that of the text, or a held-out one."""
    test = network.parts().test
    typed = None if controls.value("way") == PICK else parse(controls.value("rows"))
    return test[_held()] if typed is None else typed


def _held() -> int:
    """The number of the held-out image."""
    return int(controls.value("held", high=len(network.parts().test) - 1))


def _set_rows(text: str) -> None:
    """Another image was picked or drawn: the next click changes that one, and not the one of an earlier text."""
    if controls.value("rows") != text:
        controls.set_value("rows", text)


def choose(key: str) -> Tensor:
    """Draw the controls of the image, and return it. key: prefix of the components."""
    way = controls.draw("way")
    if way == PICK:
        controls.draw("held", high=len(network.parts().test) - 1)
        _set_rows("")
    image = current()
    if way == CLICK:
        image = _clicked(image, key)
    elif way == DRAW:
        image = _drawn(image)
    if way != CLICK:
        page.picture(picture_sheet.png(image[None].numpy(), SHAPE, 1), width=200,
                     alt=f"The image, {int(image.sum())} of its {len(image)} pixels black.")
    return image


def _clicked(image: Tensor, key: str) -> Tensor:
    """A board whose pixels change at a click, and the same image as a text that can be edited."""
    def fold(edits: Edits) -> None:
        if edits.clicked is not None and edits.clicked.point < len(image):
            changed = image.clone()
            changed[edits.clicked.point] = 1 - changed[edits.clicked.point]
            controls.set_value("rows", spell(changed))

    grid = image.numpy().reshape(SHAPE)
    live_figure(pixels.board(grid, page.palette()), key=f"{key} board", base=spell(image), select=True, on_edit=fold,
                alt=f"The image, {int(image.sum())} of 64 pixels black. A click on a pixel changes it; with the "
                "keyboard, arrows move a cross and Enter presses.")
    text = controls.draw("rows")
    if text and parse(text) is None:
        controls.note(WRONG.format(_held()))
    return image


def _drawn(image: Tensor) -> Tensor:
    """A sheet for drawing; the image becomes black and white."""
    grey = own_image.own_digit(SHAPE, "autoregressive digit")
    if grey is None:
        st.caption("The image below is shown until you draw one.")
        return image
    found: Tensor = datasets.binarise(grey[None])[0]
    _set_rows(spell(found))
    return found


def lit(image: Tensor) -> np.ndarray:
    """The image as rows and columns."""
    found: np.ndarray = image.numpy().reshape(SHAPE)
    return found


__all__ = ["choose", "current", "lit", "parse", "spell"]

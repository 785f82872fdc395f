"""A half-drawn digit: the first pixels are given, the model draws the others."""

import streamlit as st
import torch

from pages.autoregressive import board, network
from pages.autoregressive.figures.wording import number
from pages.autoregressive.network import SHAPE, Shown
from ui import controls, page
from ui.figures import picture_sheet

COUNT = 12


def section(shown: Shown) -> None:
    """The half that is given, and completions of it."""
    page.heading("Complete a half-drawn digit")
    left, right = st.columns((2, 3), gap="large")
    with left:
        image = board.choose("half")
        known = controls.draw("known")
        seed = controls.draw("complete_seed")
    with right:
        _show(shown, image, known, seed)


def _show(shown: Shown, image: torch.Tensor, known: int, seed: int) -> None:
    order = network.order(shown.checkpoint)
    half = torch.full_like(image, -1.0)
    half[order[:known]] = image[order[:known]]
    found = network.completions(shown.checkpoint, image, known, COUNT, seed)
    st.markdown(f"Given are the first {known} pixels of the image; the model draws the other {64 - known}, one after "
                "the other. It continues the same product of conditionals.")
    given, completed = st.columns((1, 3))
    with given:
        page.picture(picture_sheet.png(torch.stack([image, half]).numpy(), SHAPE, 1), width=110,
                     alt=f"The whole image with {int(image.sum())} black pixels, and its first {known} pixels.")
    with completed:
        page.picture(picture_sheet.png(found.numpy(), SHAPE, 4), width=330,
                     alt=f"{COUNT} completions of the first {known} pixels.")
    terms = network.terms(shown.checkpoint, image)[order]
    st.caption(f"The first picture has the whole image, and below it what is given. log p of the given pixels "
               f"{number(float(terms[:known].sum()))} nats, of the true rest {number(float(terms[known:].sum()))} "
               "nats.")

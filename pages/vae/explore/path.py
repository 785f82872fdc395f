"""A path through the latent plane: drawn on the pad, decoded, played, and saved as an animated picture."""

import base64

import numpy as np
import streamlit as st
import torch

from dgm import vae
from pages.vae import shown_model
from pages.vae.explore.path_link import MOST, resampled
from pages.vae.figures import image_sheet
from ui import cache, controls, page
from ui.components.latent_pad import Places

FRAMES = 60         # of the animated picture
MILLISECONDS = 60   # of a frame
SIDE = 168          # pixels of the animated picture
STRIP = 12          # pictures side by side


def remember(places: Places) -> None:
    """Put the path of a drag into the link."""
    controls.set_value("path", tuple((round(x, 2) + 0.0, round(y, 2) + 0.0) for x, y in resampled(places, MOST)))


def show(checkpoint: vae.Checkpoint, shape: tuple[int, int], recording: bool) -> None:
    """The path's pictures, of a model with two latents: a strip, the animated picture, and the file."""
    places: Places = controls.value("path")
    if len(places) < 2:
        if recording:
            st.caption("Drag the point: its way is decoded and played here.")
        return
    strip, animated = decoded(checkpoint, places, shape, page.palette().dark)
    left, right = st.columns((1, 3), vertical_alignment="center")
    with left:
        data = base64.b64encode(animated).decode()
        st.html(f'<img class="pixels" style="width:min(100%,{SIDE}px)" alt="The path through {len(places)} places, '
                f'decoded, {FRAMES} frames." src="data:image/png;base64,{data}">')
    with right:
        page.picture(strip, alt=f"{STRIP} pictures along the path of {len(places)} places.", width=720)
        with st.container(horizontal=True):
            st.download_button("Animated picture (APNG)", animated, "path.png", "image/png", on_click="ignore",
                               icon=":material/download:")
            st.button("Remove the path", key="remove path", on_click=controls.set_value, args=("path", None),
                      icon=":material/close:")


@cache.copied(hash_funcs={vae.Checkpoint: shown_model.digest})
def decoded(checkpoint: vae.Checkpoint, places: Places, shape: tuple[int, int], dark: bool) -> tuple[bytes, bytes]:
    """The strip and the animated picture along a path."""
    palette = image_sheet.palette(dark)
    images = vae.decode(checkpoint, torch.tensor(resampled(places, FRAMES))).float().numpy()
    chosen = np.linspace(0, len(images) - 1, STRIP).round().astype(int)
    return (image_sheet.png(images[chosen], shape, STRIP, palette),
            image_sheet.animation(images, shape, palette, side=SIDE, milliseconds=MILLISECONDS))

"""A sheet for drawing one digit with mouse, finger or keyboard; Python receives it at the end of each stroke.

With a model, the browser encodes and decodes the drawing while it is drawn, without a message.

    grey = draw_digit("digit")              # (56, 56) in [0, 1], ink is 1; None while the sheet is empty
    x = picture.normalise(grey, (28, 28))
"""

import base64
import binascii

import numpy as np
import streamlit as st

from ui import cache, contents, controls
from ui.components import assets, edits
from ui.components.draw_digit import answering
from ui.components.draw_digit.answering import Answering
from ui.components.latent_pad import SAVING
from ui.kept_work.stored import Stored
from ui.take_home import naming

SIDE = 56  # pixels of the image that Python receives
SCRIPTS = ("shared/elements.js", "shared/theme.js", "shared/edits.js", "shared/full_screen.js",
           "latent_pad/decoder.js", "latent_pad/chart.js",
           "latent_pad/view.js", *SAVING, "draw_digit/sheet.js", "draw_digit/encoder.js", "draw_digit/answer.js",
           "draw_digit/draw_digit.js")

_component = st.components.v2.component("dgm_draw_digit", js=assets.script(*SCRIPTS), css=assets.script(
    "draw_digit/draw_digit.css", "shared/full_screen.css", "take_home/save_menu.css"))


def draw_digit(key: str, model: Answering | None = None) -> np.ndarray | None:
    """Draw the sheet. Returns its grey values (SIDE, SIDE) in [0, 1], ink is 1, or None when it is empty.

    key: of the component. The drawing is kept with the tab's work, also while the sheet is not on the page. model:
    what encodes and decodes the drawing in the browser. ValueError when its shapes do not fit.
    """
    kept = cache.of_session(f"drawing {key}", Stored)
    header = {"side": SIDE, "key": key, "base": edits.base(key, kept.name).sent, "strokes": _strokes_of(kept.begun()),
              "saved": naming.saved(key)}
    state = _component(key=key, data=header if model is None else answering.packed(header, model), height="content",
                       on_edit_change=edits.listener(key, None))
    edit = edits.drawn(key, state)
    if edit.image != "" and _pixels(edit.image) is None:
        return None if kept.value is None else grey_values(kept.value[0])
    grey = grey_values(edit.image)
    drawing = None if edit.strokes is None else (edit.image, edit.strokes)    # without strokes: too many to be kept
    if kept.value != drawing:
        kept.put(drawing, contents.of_page("your drawn digit", controls.page()) if drawing and grey is not None else "")
    return grey


def _strokes_of(drawing: tuple[str, edits.Strokes] | None) -> edits.Strokes:
    """The lines with which a browser shows a kept drawing."""
    return () if drawing is None else drawing[1]


def grey_values(image: str | None) -> np.ndarray | None:
    """Grey values (SIDE, SIDE) in [0, 1] of base64 of SIDE * SIDE bytes; None for anything else and an empty sheet."""
    grey = _pixels(image)
    return np.frombuffer(grey, np.uint8).reshape(SIDE, SIDE) / 255 if grey and any(grey) else None


def _pixels(image: str | None) -> bytes | None:
    """The SIDE * SIDE bytes of a browser's base64; None for anything else."""
    if image is None or len(image) > 2 * SIDE * SIDE:
        return None
    try:
        grey = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        return None
    return grey if len(grey) == SIDE * SIDE else None


__all__ = ["SIDE", "Answering", "draw_digit", "grey_values"]

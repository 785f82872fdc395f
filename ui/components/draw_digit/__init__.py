"""A sheet to write one digit on, with mouse, finger or keyboard; Python receives it when the pen is lifted.

    grey = draw_digit("mine")             # (56, 56) in [0, 1], ink is 1; None while the sheet is empty
    x = images.fit(grey, (28, 28))
"""

import base64
import binascii

import numpy as np
import streamlit as st

from ui.components import assets, edits

SIDE = 56  # pixels of what Python receives
SCRIPTS = ("shared/elements.js", "shared/edits.js", "draw_digit/sheet.js", "draw_digit/draw_digit.js")

_component = st.components.v2.component("dgm_draw_digit", js=assets.script(*SCRIPTS),
                                        css=assets.script("draw_digit/draw_digit.css"))


def draw_digit(key: str) -> np.ndarray | None:
    """Show the sheet; what is written on it as grey values (SIDE, SIDE) in [0, 1], or None when it is empty.

    What was written stays while this session lasts, also where the sheet is taken down and put up again.
    """
    _component(key=key, data={"side": SIDE, "key": key, "base": edits.base(key).sent}, height="content",
               on_edit_change=edits.listener(key, None))
    return grey_values(edits.read(key).image)


def grey_values(image: str | None) -> np.ndarray | None:
    """base64 of SIDE * SIDE bytes as (SIDE, SIDE) in [0, 1]; None for anything else, and for an empty sheet."""
    if image is None or len(image) > 2 * SIDE * SIDE:
        return None
    try:
        grey = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(grey) != SIDE * SIDE or not any(grey):
        return None
    return np.frombuffer(grey, np.uint8).reshape(SIDE, SIDE) / 255


__all__ = ["SIDE", "draw_digit", "grey_values"]

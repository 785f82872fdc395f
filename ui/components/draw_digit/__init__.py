"""A sheet to write one digit on, with mouse, finger or keyboard; Python hears of it when the pen is lifted.

    grey = draw_digit("mine")             # (56, 56) in [0, 1], ink is 1; None while the sheet is empty
    x = images.fit(grey, (28, 28))
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

HERE = Path(__file__).parent
SIDE = 56  # pixels of what Python hears
SCRIPTS = ("sheet.js", "draw_digit.js")  # one module: later files use earlier ones

_component = st.components.v2.component(
    "dgm_draw_digit",
    js="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
    css=(HERE / "draw_digit.css").read_text(encoding="utf-8"),
)


def draw_digit(key: str) -> np.ndarray | None:
    """Show the sheet; what is written on it as grey values (SIDE, SIDE) in [0, 1], or None when it is empty.

    What was written stays while this session lasts, also where the sheet is taken down and put up again.
    """
    kept = f"{key}:kept"
    _component(key=key, data={"side": SIDE, "key": key}, height="content", on_drawing_change=_heard)
    state = st.session_state.get(key)
    said = state.get("drawing") if isinstance(state, Mapping) else None
    if said is not None:
        st.session_state[kept] = said
    return read(st.session_state.get(kept))


def read(said: Any) -> np.ndarray | None:
    """The browser's word `{"grey": base64 of SIDE * SIDE bytes}` as (SIDE, SIDE) in [0, 1]; None for anything else."""
    text = said.get("grey") if isinstance(said, Mapping) else None
    if not isinstance(text, str) or len(text) > 2 * SIDE * SIDE:
        return None
    try:
        grey = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(grey) != SIDE * SIDE or not any(grey):
        return None
    return np.frombuffer(grey, np.uint8).reshape(SIDE, SIDE) / 255


def _heard() -> None:
    """The run that follows is the answer."""


__all__ = ["SIDE", "draw_digit", "read"]

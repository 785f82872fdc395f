"""A visitor's own digit in the format of the data: drawn on the sheet or uploaded as a picture."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from torch import Tensor

from dgm.datasets import picture
from dgm.errors import DataError
from ui import cache, contents, controls
from ui.components.draw_digit import draw_digit
from ui.components.edits import widget_value
from ui.kept_work.stored import Stored
from ui.messages import escaped, show_error

LONGEST_FILE = 60     # characters of a file's name
WRITE, UPLOAD = "Write it", "Upload a picture"
Shape = tuple[int, int]


def own_digit(shape: Shape, name: str = "digit", *, drawn: Callable[[str, Shape], Tensor | None] | None = None
              ) -> Tensor | None:
    """Draw a sheet or a file uploader. Returns the image (H * W,) in [0, 1], None while there is none.

    shape: (H, W) of the data's images. name: prefix of the widgets' keys. drawn: draws another sheet, from its key and
    shape. What cannot be used is answered with one sentence.
    """
    way = cache.of_session(f"{name}:stored way", Stored)
    source = st.segmented_control("Your own digit", (WRITE, UPLOAD), default=way.begun() or WRITE, required=True,
                                  key=f"{name}:way", persist_state="session")
    if source != (way.value or WRITE):
        way.put(source)
    return (drawn or _drawn)(f"{name}:sheet", shape) if source == WRITE else _uploaded(name, shape)


def _drawn(key: str, shape: Shape) -> Tensor | None:
    grey = draw_digit(key)
    if grey is None:
        return None
    try:
        return picture.normalise(grey, shape)
    except DataError as error:
        show_error(error)
        return None


def _uploaded(name: str, shape: Shape) -> Tensor | None:
    stored = cache.of_session(f"{name}:stored picture", Stored)
    key = f"{name}:file:{stored.name}"

    def store() -> None:
        file: Any = widget_value(key)
        stored.put(None) if file is None else stored.put((file.name, file.getvalue()), contents.of_page(
            f"your picture {file.name[:LONGEST_FILE]}", controls.page()))

    file = st.file_uploader("One digit, dark on light or light on dark", type=["png", "jpg", "jpeg"], key=key,
                            on_change=store, max_upload_size=int(picture.MAX_MEGABYTES))
    st.caption(f"PNG or JPEG up to {picture.MAX_MEGABYTES:g} MB and {picture.MAX_PIXELS // 10**6} million pixels. It "
               "stays in this tab, over a reload too: a link does not carry it.")
    if stored.value is None:
        return None
    if file is None:
        still_in_use(name, stored)
    found = _read(stored.value[1], shape)
    if isinstance(found, str):
        show_error(found)
        return None
    return found


def still_in_use(name: str, stored: Stored) -> None:
    """A line about a file that is kept without the uploader showing it. stored: its name and content."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Take the file out", key=f"{name}:out", on_click=stored.put, args=(None,))
        st.caption(f"Still in use: {escaped(stored.value[0][:LONGEST_FILE])}.", width="stretch")


@cache.own()
def _read(content: bytes, shape: Shape) -> Tensor | str:
    """The image or an error message; both are cached, so that no rerun decodes the file again."""
    try:
        return picture.read(content, shape)
    except DataError as error:
        return str(error)

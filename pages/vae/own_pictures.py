"""A visitor's own pictures to train on: uploaded as a zip or as one sheet, used in place of the menu's data set."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
import torch

from dgm import datasets, vae
from dgm.datasets import own_images
from dgm.errors import DataError
from pages.vae.figures import image_sheet
from ui import cache, page
from ui.messages import show_error
from ui.own_data.upload import upload

NAME = "own"
SHAPE = (28, 28)
SHOWN = 40          # pictures of the preview
COLUMNS = 20
SIDES = (1, 40)     # rows or columns of a sheet
ZIP, SHEET = "a zip of pictures", "one sheet, cut by a grid"


class Own(NamedTuple):
    """Pictures that a visitor brought."""

    images: vae.Images
    data: datasets.Dataset
    unused: tuple[str, ...] = ()    # why some pictures of the file are not among them


class _Session(NamedTuple):
    """What the session has: the pictures in use, and all that were brought."""

    used: list[Own]
    known: dict[vae.Images, Own]


def _session() -> _Session:
    return cache.of_session("vae own pictures", lambda: _Session([], {}))


def current() -> Own | None:
    """The pictures in use, None where the data set of the menu is."""
    return next(iter(_session().used), None)


def use(images: vae.Images | None) -> None:
    """Use pictures that were brought earlier, or, for any other images, the data set of the menu."""
    session = _session()
    session.used[:] = [session.known[images]] if images in session.known else []


def as_code(images: vae.Images) -> str:
    """Python that sets `pictures` to these images of the visitor's, a bit for each pixel."""
    assert isinstance(images, vae.OwnImages)
    rows = "".join(f'    "{images.bits[i:i + width].hex()}",\n' for width in (-(-images.pixels // 8),)
                   for i in range(0, len(images.bits), width))
    return ("import numpy as np\nimport torch\n"
            f"rows = [    # your own images, a bit for each pixel, in hexadecimal\n{rows}]\n"
            "packed = np.array([list(bytes.fromhex(row)) for row in rows], np.uint8)\n"
            f"pixels = np.unpackbits(packed, axis=1, count={images.pixels})\n"
            f"pictures = vae.own_images(torch.from_numpy(pixels).float(), {images.seed})")


def part() -> None:
    """The uploader, a preview of the pictures in use, and the way back to the menu's data."""
    with st.expander("Train on your own pictures", icon=":material/add_photo_alternate:"):
        st.caption(f"One digit or sign in each picture, {own_images.LEAST} to {own_images.MAX_IMAGES} of them, up to "
                   f"{own_images.MAX_MEGABYTES} MB. Each is centred and scaled to {SHAPE[0]} × {SHAPE[1]} as MNIST is. "
                   "They stay in this session: a link does not carry them.")
        kind = st.segmented_control("You bring", (ZIP, SHEET), default=ZIP, required=True, key="own pictures kind")
        problem = upload("A file (.zip)", "own zip", _using(own_images.from_zip)) if kind == ZIP else _sheet()
        if problem:
            show_error(problem)
        if (own := current()) is not None:
            _preview(own)


def _sheet() -> str | None:
    left, right = st.columns(2)
    with left:
        rows = int(st.number_input("Rows of the grid", *SIDES, 5, key="own rows"))
    with right:
        columns = int(st.number_input("Columns of the grid", *SIDES, 10, key="own columns"))
    return upload("A picture of the sheet (PNG or JPEG)", f"own sheet {rows} {columns}",
                  _using(lambda content, shape: own_images.from_sheet(content, rows, columns, shape)))


def _using(read: Callable[[bytes, tuple[int, int]], own_images.Pictures]) -> Callable[[bytes], str]:
    """A function that takes a file's content, uses its pictures, and returns "" or what is wrong with it."""
    def take(content: bytes) -> str:
        try:
            _take(read(content, SHAPE))
        except DataError as error:
            return str(error)
        return ""

    return take


def _take(pictures: own_images.Pictures) -> None:
    x, _, unused = pictures
    images = vae.own_images(x, name=NAME)
    parts = vae.split_images(images)
    data = datasets.Dataset(NAME, datasets.binarise(x), torch.zeros(len(x), dtype=torch.int64), SHAPE,
                            "Your own pictures", "yours", held_out=(len(parts.validation), len(parts.test)))
    _session().known[images] = Own(images, data, unused)
    use(images)


def _preview(own: Own) -> None:
    shown = own.data.x[:SHOWN]
    st.success(f"{len(own.data.x)} pictures are in use. Press Train.", icon=":material/check_circle:")
    page.picture(image_sheet.png(shown.numpy(), SHAPE, COLUMNS, page.palette()), width=720,
                 alt=f"The first {len(shown)} of your {len(own.data.x)} pictures, as the model gets them.")
    for sentence in own.unused:
        st.caption(sentence)
    st.button("Use the data set of the menu again", key="own pictures off", on_click=use, args=(None,),
              icon=":material/undo:")

"""A visitor's own pictures to train on: uploaded as a zip or as one sheet, used alone or beside MNIST's."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from dgm import datasets, vae
from dgm.datasets import own_images
from dgm.errors import DataError
from pages.vae import shown_model
from pages.vae.figures import image_sheet
from ui import cache, contents, page
from ui.components import share_link
from ui.messages import show_error
from ui.own_data.upload import most_megabytes, upload

NAME, BESIDE = "own", "own beside MNIST"    # of the data: the pictures alone, or after those of BASE
BASE = "mnist-5k"
MINE = 10           # the label of a visitor's picture, which is none of ten digits
SHAPE = (28, 28)
SHOWN = 40          # pictures of the preview
COLUMNS = 20
COMPARED = 15       # pictures beside their neighbours in MNIST
SIDES = (1, 40)     # rows or columns of a sheet
ZIP, SHEET = "a zip of pictures", "one sheet, cut by a grid"
ALONE, WITH = "my pictures alone", "MNIST's 5,000 and mine"


class Own(NamedTuple):
    """Pictures that a visitor brought, in one of two uses: alone, or beside MNIST's."""

    images: vae.Images
    data: datasets.Dataset
    pictures: Tensor                # (N, D) black and white, the visitor's alone
    labels: tuple[Tensor, Tensor]   # of the validation images and of the test images
    other: vae.Images               # the name of the other use
    unused: tuple[str, ...] = ()    # why some pictures of the file are not among them

    @property
    def beside(self) -> bool:
        """Whether they stand beside MNIST's."""
        return self.data.name == BESIDE


class _Brought:
    """All pictures that were brought to this tab, and those in use; kept over a reload."""

    EMPTY: tuple[Any, ...] = (0, None)     # the version of one that has nothing to be written

    def __init__(self) -> None:
        self.used: Own | None = None
        self.known: dict[vae.Images, Own] = {}

    def version(self) -> tuple[Any, ...]:
        """Differs after each change."""
        return len(self.known), self.used and hash(self.used.images)

    def to_saved(self) -> Any:
        """What is written to a file: the names of the pictures alone, which have all pixels; how those in use are."""
        alone = [own for own in self.known.values() if not own.beside]
        used = self.used and next(i for i, own in enumerate(alone) if self.used.images in (own.images, own.other))
        return [[(own.images, own.unused) for own in alone], used, self.used is not None and self.used.beside]

    def from_saved(self, saved: Any) -> None:
        """Take what was read from a file."""
        brought, used, beside = saved
        found = [_uses(own_images.Pictures(_pixels(images), (), tuple(unused))) for images, unused in brought]
        self.known = {own.images: own for pair in found for own in pair}
        self.used = None if used is None else found[used][beside]

    def described(self) -> str:
        """In a few words; "" for nothing."""
        return contents.of_page(f"your {_count(self.used)}", "vae") if self.used else ""

    def last(self) -> Own | None:
        """The pictures that were brought last, alone; None before any."""
        return next((own for own in reversed(self.known.values()) if not own.beside), None)


def _count(own: Own) -> str:
    """How many pictures, in words."""
    return f"{len(own.pictures)} picture{'' if len(own.pictures) == 1 else 's'}"


def _brought() -> _Brought:
    return cache.of_session("vae own pictures", _Brought)


def current() -> Own | None:
    """The pictures in use, None where the data set of the menu is."""
    return _brought().used


def use(images: vae.Images | None) -> None:
    """Use pictures that were brought earlier, or, for any other images, the data set of the menu."""
    brought = _brought()
    brought.used = None if images is None else brought.known.get(images)


def as_code(images: vae.Images) -> str:
    """Python that sets `pixels` to the visitor's images, a bit for each pixel."""
    assert isinstance(images, vae.OwnImages)
    rows = "".join(f'    "{images.bits[i:i + width].hex()}",\n' for width in (-(-images.pixels // 8),)
                   for i in range(0, len(images.bits), width))
    return ("import numpy as np\nimport torch\n"
            f"rows = [    # your own images, a bit for each pixel, in hexadecimal\n{rows}]\n"
            "packed = np.array([list(bytes.fromhex(row)) for row in rows], np.uint8)\n"
            f"pixels = torch.from_numpy(np.unpackbits(packed, axis=1, count={images.pixels})).float()")


def part(checkpoint: vae.Checkpoint, data: datasets.Dataset) -> None:
    """The uploader, a preview of the pictures in use, and the way back to the menu's data.

    checkpoint, data: the model and the data that the page shows.
    """
    own = current()
    if (None if own is None else own.data) is not (data if data.name in (NAME, BESIDE) else None):
        st.rerun()      # a button below has chosen others, and its fragment has rerun alone
    with st.expander("Train on your own pictures", icon=":material/add_photo_alternate:"):
        most = min(own_images.MAX_MEGABYTES, most_megabytes())
        st.caption(f"One digit or sign in each picture, {own_images.LEAST} to {own_images.MAX_IMAGES} of them, up to "
                   f"{most} MB. Each is centred and scaled to {SHAPE[0]} × {SHAPE[1]} as MNIST is. "
                   "They stay in this tab, over a reload too: a link does not carry them.")
        kind = st.segmented_control("You bring", (ZIP, SHEET), default=ZIP, required=True, key="own pictures kind")
        problem = upload("A file (.zip)", "own zip", _using(own_images.from_zip)) if kind == ZIP else _sheet()
        if problem:
            show_error(problem)
        if own is None and (again := _brought().last()) is not None:
            st.button(f"Use your {_count(again)} again", key="own pictures on", on_click=use, args=(again.images,),
                      icon=":material/redo:")
        if own is not None:
            _preview(own)
            if own.beside:
                _neighbours(checkpoint, own)


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
    alone, beside = _uses(pictures)
    _brought().known |= {own.images: own for own in (alone, beside)}
    use(alone.images)


def _uses(pictures: own_images.Pictures) -> tuple[Own, Own]:
    """The pictures alone, and beside MNIST's."""
    names = vae.own_images(pictures.x, name=NAME), vae.own_images(pictures.x, name=BESIDE, beside=BASE)
    return _alone(*names, pictures), _beside(*names[::-1], pictures)


def _pixels(images: vae.OwnImages) -> Tensor:
    """The pictures (N, D), black and white, of a name that has all their pixels."""
    rows = np.frombuffer(images.bits, np.uint8).reshape(-1, -(-images.pixels // 8))
    return torch.from_numpy(np.unpackbits(rows, axis=1, count=images.pixels)).float()


def _alone(images: vae.Images, other: vae.Images, pictures: own_images.Pictures) -> Own:
    x, parts = datasets.binarise(pictures.x), vae.split_images(images)
    labels = (torch.full((len(parts.validation),), MINE), torch.full((len(parts.test),), MINE))
    return Own(images, _data(NAME, "Your own pictures", "yours", x, parts), x, labels, other, pictures.unusable)


def _beside(images: vae.Images, other: vae.Images, pictures: own_images.Pictures) -> Own:
    x, parts, base = datasets.binarise(pictures.x), vae.split_images(images), datasets.load(BASE)
    assert base.labels is not None
    _, validation, test = (base.labels[rows] for rows in base.split())
    labels = _then_mine(validation, len(parts.validation)), _then_mine(test, len(parts.test))
    data = _data(BESIDE, f"{base.source}, and your own pictures", base.licence, torch.cat([*parts]), parts)
    return Own(images, data, x, labels, other, pictures.unusable)


def _then_mine(labels: Tensor, count: int) -> Tensor:
    """Labels of `count` images, of which the last ones are the visitor's."""
    return torch.cat([labels, labels.new_full((count - len(labels),), MINE)])


def _data(name: str, source: str, licence: str, x: Tensor, parts: vae.ImageSplit) -> datasets.Dataset:
    return datasets.Dataset(name, x, torch.zeros(len(x), dtype=torch.int64), SHAPE, source, licence,
                            held_out=(len(parts.validation), len(parts.test)))


def _preview(own: Own) -> None:
    shown = own.pictures[:SHOWN]
    with share_link.not_in_link("pictures", "vae"):
        st.success(f"{len(own.pictures)} pictures are in use. Press Train.", icon=":material/check_circle:")
    page.picture(image_sheet.png(shown.numpy(), SHAPE, COLUMNS, page.palette()), width=720,
                 alt=f"The first {len(shown)} of your {len(own.pictures)} pictures, as the model gets them.")
    for sentence in own.unused:
        st.caption(sentence)
    key = f"own pictures beside {own.images.name}"
    st.segmented_control("Data of page and run", (ALONE, WITH), default=WITH if own.beside else ALONE, required=True,
                         key=key, on_change=use, args=(own.other,))
    st.button("Use the data set of the menu again", key="own pictures off", on_click=use, args=(None,),
              icon=":material/undo:")


def _neighbours(checkpoint: vae.Checkpoint, own: Own) -> None:
    """Pictures of the visitor beside those of MNIST that have the nearest codes."""
    x, near = own.pictures[:COMPARED], shown_model.neighbours(checkpoint, own.pictures[:COMPARED], vae.Images(BASE))
    sheet = torch.cat([x, vae.reconstruct(checkpoint, x).to(x), near])
    st.caption("Above: your pictures. Middle: through the encoder's mean and the decoder. Below: of MNIST's training "
               f"images, the one with the nearest latent mean. The rings on the map are all your {len(own.pictures)}.")
    page.picture(image_sheet.png(sheet.numpy(), SHAPE, len(x), page.palette()), width=720,
                 alt=f"{len(x)} of your pictures, their reconstructions, and their neighbours in MNIST.")

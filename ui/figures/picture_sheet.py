"""Images side by side in rows, as one small PNG of ink on paper."""

import json
from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageColor
from PIL.PngImagePlugin import PngInfo

from ui.figures.theme import LIGHT, Palette


def png(images: ArrayLike, shape: tuple[int, int], columns: int, palette: Palette = LIGHT) -> bytes:
    """Images (M, D), 0 paper to 1 ink, in rows of `columns` with a pixel of the grid's colour between them.

    An image's pixel below 0 was not drawn: it has the grid's colour too.
    """
    tiles = _tiles(np.asarray(images, np.float32).reshape(-1, *shape), columns)
    paper, ink, grid = (np.array(ImageColor.getrgb(colour), np.float32)
                        for colour in (palette.paper, palette.ink, palette.grid))
    share = np.clip(tiles, 0, 1)[..., None]
    colours = np.where(tiles[..., None] < 0, grid, paper + share * (ink - paper))
    out = BytesIO()
    Image.fromarray(np.round(colours).astype(np.uint8)).save(
        out, "PNG", compress_level=3, pnginfo=note_of(len(np.asarray(images)), shape, columns, palette, edge=1))
    return out.getvalue()


def note_of(count: int, shape: tuple[int, int], columns: int, palette: Palette, *, edge: int) -> PngInfo:
    """A note in the file about where its images are and what their colours mean, for those who save their numbers.

    count: of the images. edge: pixels left of and above the first image; between two images there is one.
    """
    note = PngInfo()
    note.add_text("tiles", json.dumps({"count": count, "shape": shape, "columns": columns, "edge": edge,
                                       "paper": palette.paper, "ink": palette.ink}))
    return note


def _tiles(images: np.ndarray, columns: int) -> np.ndarray:
    """(M, H, W) -> one picture, -1 between the images and where a row is not full."""
    rows = -(-len(images) // columns)
    high, wide = images.shape[1] + 1, images.shape[2] + 1
    full = np.full((rows * columns, high, wide), -1, np.float32)
    full[:len(images), :-1, :-1] = images
    whole = full.reshape(rows, columns, high, wide).swapaxes(1, 2).reshape(rows * high, columns * wide)
    return np.pad(whole, ((1, 0), (1, 0)), constant_values=-1)


__all__ = ["note_of", "png"]

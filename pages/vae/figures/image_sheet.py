"""Images side by side in rows, as one small PNG."""

from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageColor

from ui.figures.theme import LIGHT, Palette


def png(images: ArrayLike, shape: tuple[int, int], columns: int, palette: Palette = LIGHT) -> bytes:
    """Images (M, D) in rows of `columns`, ink on paper, as one PNG with a pixel for each pixel."""
    share = np.clip(tile(np.asarray(images, np.float32), shape, columns), 0, 1)[..., None]
    paper, ink = (np.array(ImageColor.getrgb(colour), np.float32) for colour in (palette.paper, palette.ink))
    out = BytesIO()
    Image.fromarray(np.round(paper + share * (ink - paper)).astype(np.uint8)).save(out, "PNG", compress_level=3)
    return out.getvalue()


def tile(images: np.ndarray, shape: tuple[int, int], columns: int) -> np.ndarray:
    """(M, D) -> one (rows * H, columns * W) picture with a pixel's gap between images; short rows are padded."""
    rows = -(-len(images) // columns)
    full = np.zeros((rows * columns, *shape), np.float32)
    full[: len(images)] = images.reshape(len(images), *shape)
    framed = np.pad(full, ((0, 0), (0, 1), (0, 1)))
    high, wide = shape[0] + 1, shape[1] + 1
    return framed.reshape(rows, columns, high, wide).swapaxes(1, 2).reshape(rows * high, columns * wide)

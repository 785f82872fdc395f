"""Images side by side in rows, as one small PNG."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw, ImageFont

from ui.figures import picture_sheet
from ui.figures.theme import DARK, LIGHT, Palette

CAPTION = 18    # pixels of a caption's letters


def png(images: ArrayLike, shape: tuple[int, int], columns: int, palette: Palette = LIGHT) -> bytes:
    """Images (M, D) in rows of `columns`, ink on paper, as one PNG with a pixel for each pixel."""
    out, images = BytesIO(), np.asarray(images, np.float32)
    _inked(tile(images, shape, columns), palette).save(
        out, "PNG", compress_level=3, pnginfo=picture_sheet.note_of(len(images), shape, columns, palette, edge=0))
    return out.getvalue()


def animation(images: ArrayLike, shape: tuple[int, int], palette: Palette = LIGHT, *, side: int,
              milliseconds: int | Sequence[int], title: str = "", captions: Sequence[str] = ()) -> bytes:
    """Images (M, D) one after another as an animated PNG, `side` pixels wide, for ever.

    milliseconds: of all alike, or of each. title: above all of them. captions: a text below each image.
    """
    height = round(side * shape[0] / shape[1])
    frames = [_inked(image.reshape(shape), palette).resize((side, height), Image.Resampling.NEAREST)
              for image in np.asarray(images, np.float32)]
    if captions:
        frames = [_captioned(frame, title, text, palette) for frame, text in zip(frames, captions, strict=True)]
    out = BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:], loop=0,
                   duration=milliseconds if isinstance(milliseconds, int) else list(milliseconds))
    return out.getvalue()


def _captioned(image: Image.Image, title: str, text: str, palette: Palette) -> Image.Image:
    """The picture with a line of text above it, unless that is empty, and one below it."""
    line = CAPTION + 8
    above = line if title else 0
    whole = Image.new("RGB", (image.width, above + image.height + line), palette.paper)
    whole.paste(image, (0, above))
    font, pen = ImageFont.load_default(CAPTION), ImageDraw.Draw(whole)
    pen.text((4, 2), title, palette.ink, font)
    pen.text((4, above + image.height + 2), text, palette.ink, font)
    return whole


def palette(dark: bool) -> Palette:
    """The palette of a theme."""
    return DARK if dark else LIGHT


def _inked(values: np.ndarray, palette: Palette) -> Image.Image:
    """A picture of values (H, W) from 0, paper, to 1, ink."""
    share = np.clip(values, 0, 1)[..., None]
    paper, ink = (np.array(ImageColor.getrgb(colour), np.float32) for colour in (palette.paper, palette.ink))
    return Image.fromarray(np.round(paper + share * (ink - paper)).astype(np.uint8))


def tile(images: np.ndarray, shape: tuple[int, int], columns: int) -> np.ndarray:
    """(M, D) -> one (rows * H, columns * W) picture with a pixel's gap between images; short rows are padded."""
    rows = -(-len(images) // columns)
    full = np.zeros((rows * columns, *shape), np.float32)
    full[: len(images)] = images.reshape(len(images), *shape)
    framed = np.pad(full, ((0, 0), (0, 1), (0, 1)))
    high, wide = shape[0] + 1, shape[1] + 1
    return framed.reshape(rows, columns, high, wide).swapaxes(1, 2).reshape(rows * high, columns * wide)

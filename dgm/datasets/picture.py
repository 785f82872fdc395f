"""A person's own picture as the model sees it: upload or drawing in, intensities in [0, 1] out."""

import io
import warnings

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from dgm.errors import DataError

MAX_PIXELS = 25_000_000
MAX_MEGABYTES = 5.0
SMALL = 8            # images up to this size are filled by their digit (scikit-learn's),
INK_SHARE = 20 / 28  # larger ones keep a margin (MNIST's)
FAINT = 0.12         # less than this is paper


def read(content: bytes, shape: tuple[int, int]) -> Tensor:
    """An uploaded picture (PNG, JPEG, ...) as a flat grey image (H * W,), light ink on dark, centred as the data are.

    DataError when it is empty, not a picture, damaged, or too large.
    """
    if not content:
        raise DataError("the file is empty: choose a picture of one digit (PNG or JPEG)")
    if len(content) > MAX_MEGABYTES * 1e6:
        raise DataError(f"the file has {len(content) / 1e6:.1f} MB and the page takes {MAX_MEGABYTES:g} MB: "
                        "make the picture smaller")
    return fit(_grey(content), shape)


def _grey(content: bytes) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked below
            picture = Image.open(io.BytesIO(content))
            if picture.width * picture.height > MAX_PIXELS:
                raise DataError(f"the picture has {picture.width} × {picture.height} pixels: make it smaller than "
                                f"{MAX_PIXELS // 1_000_000} million pixels")
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except Image.DecompressionBombError as cause:
        raise DataError(f"the picture has far more than {MAX_PIXELS // 1_000_000} million pixels: make it smaller"
                        ) from cause
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as cause:
        if isinstance(cause, DataError):
            raise
        raise DataError("this file is not a picture that can be read: choose a PNG or JPEG") from cause
    white = Image.new("RGBA", upright.size, "white")
    return np.asarray(Image.alpha_composite(white, upright).convert("L"), dtype=np.float64) / 255


def fit(grey: np.ndarray, shape: tuple[int, int]) -> Tensor:
    """Grey values (any size) as a flat image of `shape`: ink light on dark, cropped to it, centred by its mass."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = 1 - grey if edge.mean() > 0.5 else grey  # paper is what the border shows
    ink = np.clip((ink - ink.min()) / max(float(np.ptp(ink)), 1e-9), 0, 1) if np.ptp(ink) > 0.05 else np.zeros_like(ink)
    rows, columns = np.nonzero(ink.max(1) > FAINT)[0], np.nonzero(ink.max(0) > FAINT)[0]
    if not len(rows) or not len(columns):
        raise DataError("there is no ink in the picture: write one digit, dark on light or light on dark")
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    share = 1.0 if min(shape) <= SMALL else INK_SHARE
    scale = share * min(shape) / max(digit.shape)
    size = (max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale)))
    small = np.asarray(Image.fromarray((digit * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX)) / 255
    frame = np.zeros(shape)
    top, left = _corner(small, shape)
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return torch.from_numpy(frame.reshape(-1) / max(frame.max(), 1e-9)).float()


def _corner(small: np.ndarray, shape: tuple[int, int]) -> tuple[int, int]:
    """Where `small` goes so that its centre of mass is the frame's centre, as far as the frame allows."""
    mass = max(small.sum(), 1e-9)
    middle = ((small.sum(1) @ np.arange(small.shape[0])) / mass, (small.sum(0) @ np.arange(small.shape[1])) / mass)
    free = (shape[0] - small.shape[0], shape[1] - small.shape[1])
    wanted = [round((shape[axis] - 1) / 2 - middle[axis]) for axis in (0, 1)]
    return min(max(wanted[0], 0), free[0]), min(max(wanted[1], 0), free[1])

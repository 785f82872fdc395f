"""A picture of one digit as an image like those of the data sets: intensities in [0, 1], centred, light on dark."""

import io
import warnings

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from dgm.errors import DataError

MAX_PIXELS = 25_000_000
MAX_MEGABYTES = 5.0
SMALL = 8            # images up to this size are filled by their digit (as in scikit-learn's digits),
INK_SHARE = 20 / 28  # larger ones have a margin (as in MNIST)
FAINT = 0.12         # lighter ink than this counts as background


def read(content: bytes, shape: tuple[int, int]) -> Tensor:
    """The bytes of a picture (PNG, JPEG, ...) as a flat image (H * W,), float32 in [0, 1]; see `normalise`.

    shape: (H, W). DataError when it is empty, not a picture, damaged, larger than MAX_MEGABYTES or MAX_PIXELS, or
    has no ink.

    >>> import io
    >>> from PIL import Image
    >>> from dgm.datasets import picture
    >>> file = io.BytesIO()
    >>> Image.new("L", (40, 60), 255).save(file, "PNG")
    >>> picture.read(file.getvalue(), (8, 8))
    Traceback (most recent call last):
    dgm.errors.DataError: there is no ink in the picture: write one digit, dark on light or light on dark
    """
    if not content:
        raise DataError("the file is empty: choose a picture of one digit (PNG or JPEG)")
    if len(content) > MAX_MEGABYTES * 1e6:
        raise DataError(f"the file has {len(content) / 1e6:.1f} MB and the limit is {MAX_MEGABYTES:g} MB: "
                        "make the picture smaller")
    return normalise(_grey(content), shape)


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


def normalise(grey: np.ndarray, shape: tuple[int, int]) -> Tensor:
    """Grey values as a flat image: ink light on dark, scaled to the size of the data sets' digits, centred by its mass.

    grey: (h, w) in [0, 1], of any size; the background is what its border shows. shape: (H, W).
    Returns (H * W,), float32 in [0, 1]. DataError when there is no ink.

    >>> import numpy as np
    >>> from dgm.datasets import picture
    >>> grey = np.ones((100, 60))
    >>> grey[20:80, 30:34] = 0.0
    >>> x = picture.normalise(grey, (28, 28))
    >>> x.shape, float(x.max()), int((x > 0).sum())
    (torch.Size([784]), 1.0, 20)
    """
    small = _resized(_cropped(_ink(grey)), shape)
    frame = np.zeros(shape)
    top, left = _corner(small, shape)
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return torch.from_numpy(frame.reshape(-1) / max(frame.max(), 1e-9)).float()


def _ink(grey: np.ndarray) -> np.ndarray:
    """Light ink on dark, contrast stretched to [0, 1]; all zero where there is no contrast."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = 1 - grey if edge.mean() > 0.5 else grey
    contrast = float(np.ptp(ink))
    return (ink - ink.min()) / contrast if contrast > 0.05 else np.zeros_like(ink)


def _cropped(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(ink.max(1) > FAINT)[0], np.nonzero(ink.max(0) > FAINT)[0]
    if not len(rows) or not len(columns):
        raise DataError("there is no ink in the picture: write one digit, dark on light or light on dark")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(digit: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """`digit` with its longer side as long as that of the data sets' digits."""
    share = 1.0 if min(shape) <= SMALL else INK_SHARE
    scale = share * min(shape) / max(digit.shape)
    size = (max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale)))
    return np.asarray(Image.fromarray((digit * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX)) / 255


def _corner(small: np.ndarray, shape: tuple[int, int]) -> tuple[int, int]:
    """Top and left of `small` in the frame, so that its centre of mass is as near to the middle as the frame allows."""
    mass = max(small.sum(), 1e-9)
    middle = ((small.sum(1) @ np.arange(small.shape[0])) / mass, (small.sum(0) @ np.arange(small.shape[1])) / mass)
    free = (shape[0] - small.shape[0], shape[1] - small.shape[1])
    centred = [round((shape[axis] - 1) / 2 - middle[axis]) for axis in (0, 1)]
    return min(max(centred[0], 0), free[0]), min(max(centred[1], 0), free[1])

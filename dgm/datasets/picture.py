"""A picture of one digit as an image like those of the data sets: intensities in [0, 1], centred, light on dark."""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps
from torch import Tensor

from dgm.arguments import as_integer
from dgm.datasets import framing, ink
from dgm.datasets.borders import as_bytes, as_grey, as_shape
from dgm.errors import DataError

MAX_PIXELS = 25_000_000
MAX_MEGABYTES = 5.0
MOST_SIDE = 4096     # pixels that a picture may keep along a side
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")   # that a decoder of our own process reads
MOSTLY = 0.5         # from this share of opaque pixels on, a picture is a sheet with holes, else ink without a sheet


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
    dgm.errors.DataError: there is no ink that stands out: write one digit, dark on light or light on dark
    """
    return normalise(grey_values(content), as_shape(shape))


def grey_values(content: bytes, side: int = 2 * ink.LARGEST_SIDE) -> np.ndarray:
    """The bytes of a picture (PNG, JPEG, ...) as grey values (h, w) in [0, 1], with about `side` pixels along a side.

    Larger pictures are made smaller. DataError when it is empty, not a picture, damaged, or larger than MAX_MEGABYTES
    or MAX_PIXELS.

    >>> import io
    >>> from PIL import Image
    >>> from dgm.datasets import picture
    >>> file = io.BytesIO()
    >>> Image.new("L", (4, 3), 255).save(file, "PNG")
    >>> picture.grey_values(file.getvalue()).shape
    (3, 4)
    """
    content, side = as_bytes(content), as_integer(side, "side", 8, MOST_SIDE)
    if not content:
        raise DataError("the file is empty: choose a picture of one digit (PNG or JPEG)")
    if len(content) > MAX_MEGABYTES * 1e6:
        raise DataError(f"the file has {len(content) / 1e6:.1f} MB and the limit is {MAX_MEGABYTES:g} MB: "
                        "make the picture smaller")
    return _grey(content, side)


def _grey(content: bytes, side: int) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")    # of sizes, which are checked below, and of odd metadata
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise DataError(f"the picture has {picture.width} × {picture.height} pixels: make it smaller than "
                                    f"{MAX_PIXELS // 1_000_000} million pixels")
                return _flat(_upright(_small(picture, side)), side)
    except DataError:
        raise
    except Image.DecompressionBombError as cause:
        raise DataError(f"the picture has far more than {MAX_PIXELS // 1_000_000} million pixels: make it smaller"
                        ) from cause
    except Exception as cause:     # damaged files end in errors of every type
        raise DataError("this file is not a picture that can be read: choose a PNG or JPEG") from cause


def _small(picture: Image.Image, side: int) -> Image.Image:
    """The picture, decoded to no more pixels than are used where the format allows it (JPEG)."""
    picture.draft(None, (side, side))
    picture.load()
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """As the camera says it was held; as it is where it says nothing that can be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:     # the metadata of a good picture can be damaged
        return picture


def _flat(picture: Image.Image, side: int) -> np.ndarray:
    """Grey values in [0, 1], (h, w), of a picture of any mode, on a sheet where it is transparent."""
    if picture.mode.startswith(("I", "F")):     # 16 bits and more
        deep = np.asarray(picture, dtype=np.float32)
        return deep / max(float(deep.max(initial=0)), 65535.0 if picture.mode != "F" else 1.0)
    if picture.mode == "P" or picture.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    picture = picture.reduce(max(1, max(picture.size) // side)) if picture.mode != "1" else picture
    if picture.mode != "RGBA":
        return np.asarray(picture.convert("RGB").convert("L"), dtype=np.float64) / 255
    grey, alpha = (np.asarray(band, dtype=np.float64) / 255 for band in (picture.convert("RGB").convert("L"),
                                                                         picture.getchannel("A")))
    return alpha * grey + (1 - alpha) * _sheet(grey, alpha)


def _sheet(grey: np.ndarray, alpha: np.ndarray) -> float:
    """What lies below a transparent picture: paper like its own, or what its ink can be seen on."""
    if not alpha.any():
        return 1.0
    mean = float((grey * alpha).sum() / alpha.sum())
    if alpha.mean() > MOSTLY:
        return float(np.median(grey[alpha > 0.5])) if (alpha > 0.5).any() else mean
    return 0.0 if mean > 0.5 else 1.0


def normalise(grey: np.ndarray, shape: tuple[int, int]) -> Tensor:
    """Grey values as a flat image: ink light on dark, scaled to the size of the data sets' digits, centred by its mass.

    grey: (h, w) in [0, 1], of any size; paper and light are judged by `ink.find`. shape: (H, W).
    Returns (H * W,), float32 in [0, 1]. DataError when there is no ink.

    >>> import numpy as np
    >>> from dgm.datasets import picture
    >>> grey = np.ones((100, 60))
    >>> grey[20:80, 30:34] = 0.0
    >>> x = picture.normalise(grey, (28, 28))
    >>> x.shape, float(x.max()), int((x > 0).sum())
    (torch.Size([784]), 1.0, 40)
    """
    grey, shape = as_grey(grey), as_shape(shape)
    return framing.frame(ink.find(grey), shape)

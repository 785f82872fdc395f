"""What a caller passes to the readers of tables and pictures, checked once.

`dgm.arguments` checks numbers and arrays; these are texts, names and settings.
"""

import codecs
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dgm.arguments import as_integer, as_tensor, as_vector, shown
from dgm.errors import ArgumentError, DataError

Settings = TypeVar("Settings")
MOST_SIDE = 256    # pixels of an image
SLACK = 1e-6       # by which grey values that were float32 may pass 0 and 1


def as_content(content: Any) -> str | bytes:
    """A text or the bytes of a file, else DataError.

    >>> as_content(bytearray(b"1,2"))
    b'1,2'
    """
    if isinstance(content, str):
        return content
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    raise DataError(f"content is {shown(content)}: give a text or the bytes of a file")


def as_bytes(content: Any) -> bytes:
    """The bytes of a file, else DataError."""
    found = as_content(content)
    if isinstance(found, str):
        raise DataError(f"content is {shown(content)}: give the bytes of a file, as open(path, 'rb').read() does")
    return found


def as_grey(grey: Any) -> NDArray[np.float64]:
    """Grey values (h, w) from 0 to 1, else DataError.

    >>> as_grey([[0, 1]]).tolist()
    [[0.0, 1.0]]
    """
    values = as_tensor(grey, "grey").numpy()
    if values.ndim != 2 or not values.size:
        raise DataError(f"grey has the shape {values.shape}: give grey values (height, width)")
    if values.min() < -SLACK or values.max() > 1 + SLACK:
        raise DataError(f"grey holds values from {values.min():.4g} to {values.max():.4g}: give 0 (black) to 1 "
                        "(white), such as the bytes of a picture divided by 255")
    return values


def as_shape(shape: Any) -> tuple[int, int]:
    """Height and width of an image, else ArgumentError.

    >>> as_shape([28, 28])
    (28, 28)
    """
    try:
        height, width = as_vector(shape, "shape", size=2).tolist()
    except DataError:
        raise ArgumentError(f"shape has to be two whole numbers (height, width), not {shown(shape)}") from None
    return as_integer(height, "the height", 2, MOST_SIDE), as_integer(width, "the width", 2, MOST_SIDE)


def as_names(names: Any, name: str = "names") -> tuple[str, ...]:
    """Several texts, else ArgumentError; one text alone would be read letter by letter.

    >>> as_names(["a", "b"])
    ('a', 'b')
    """
    found = () if isinstance(names, str | bytes) or not isinstance(names, Iterable) else tuple(_items(names))
    if not all(isinstance(each, str) for each in found) or (not found and not isinstance(names, list | tuple)):
        raise ArgumentError(f"{name} has to be a list of names, not {shown(names)}")
    return tuple(str(each) for each in found)


def _items(names: Iterable[Any]) -> list[Any]:
    try:
        return list(names)
    except (TypeError, RuntimeError, ValueError):   # tensors without values or axes
        return [None]


def as_settings(value: Any, kind: type[Settings], name: str) -> Settings:
    """`value` of the class `kind`, else ArgumentError.

    >>> as_settings(1.5, float, "share")
    1.5
    """
    if not isinstance(value, kind):
        raise ArgumentError(f"{name} has to be made by {kind.__name__}(...), not {shown(value)}")
    return value


def as_codec(encoding: Any) -> str | None:
    """The name of a codec of Python for texts, or None; ArgumentError for another.

    >>> as_codec("latin-1")
    'latin-1'
    """
    if encoding is None:
        return None
    try:
        known = isinstance(encoding, str) and codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        known = False
    if not known:
        raise ArgumentError(f"encoding has to be the name of a codec, such as utf-8, not {shown(encoding)}")
    return str(encoding)

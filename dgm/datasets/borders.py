"""What a caller passes to the readers of tables and pictures, checked once.

`dgm.arguments` checks numbers and arrays; these are texts, names and settings.
"""

import codecs
from collections.abc import Iterable
from typing import Any, TypeVar

from dgm.arguments import shown
from dgm.errors import ArgumentError, DataError

Settings = TypeVar("Settings")


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

"""Data sets by name. The registry is the menu; each set knows its source and licence."""

from dgm.datasets.registry import (
    SOURCES,
    Dataset,
    Kind,
    Raw,
    Source,
    Split,
    at_hand,
    binarise,
    fetch,
    load,
    names,
)
from dgm.errors import (
    DataError,
)

__all__ = [
    "SOURCES",
    "DataError",
    "Dataset",
    "Kind",
    "Raw",
    "Source",
    "Split",
    "at_hand",
    "binarise",
    "fetch",
    "load",
    "names",
]


def __dir__() -> list[str]:
    return __all__

"""Data sets by name, each with its origin and licence.

    >>> from dgm import datasets
    >>> datasets.load("iris").x.shape
    torch.Size([150, 4])

Tables and pictures of one's own are read by the modules `dgm.datasets.table` and `dgm.datasets.picture`.
"""

from dgm.datasets.registry import (
    SOURCES,
    Dataset,
    Kind,
    Source,
    Split,
    binarise,
    fetch,
    is_local,
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
    "Source",
    "Split",
    "binarise",
    "fetch",
    "is_local",
    "load",
    "names",
]


def __dir__() -> list[str]:
    return __all__

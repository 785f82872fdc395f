"""Data sets by name, each with its origin and licence.

    >>> from dgm import datasets
    >>> datasets.load("iris").x.shape
    torch.Size([150, 4])

Data of one's own are read by modules: `dgm.datasets.table`, `dgm.datasets.picture`, `dgm.datasets.own_images` (a zip or
a sheet of pictures), and `dgm.datasets.framing` (a drawn digit).
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

"""A person's own digits as images to train on: a zip of pictures, or one sheet cut by a grid.

Every picture is framed as those of the data sets (`picture.normalise`). A file is not trusted: the number of its
entries, their bytes before and after unpacking, the pixels of each picture and of all of them have limits, and no more
than a limit is unpacked whatever the file says about itself.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dgm.arguments import as_integer
from dgm.datasets import picture
from dgm.datasets.borders import as_bytes, as_shape
from dgm.errors import DataError

LEAST, MAX_IMAGES = 20, 500
MAX_MEGABYTES = 20          # of the file
MAX_ENTRIES = 2000          # of a zip, folders and all
MAX_UNPACKED = 60_000_000   # bytes of all pictures, unpacked
MAX_PICTURE = 2_000_000     # bytes of one picture in a zip
SMALL = 96                  # pixels along a side in which ink is looked for: the images have 28
CELL = 64                   # pixels along a side that a cell of a sheet keeps
MARGIN = 0.06               # of a cell's side, where a grid's lines may be
MAX_SIDE = 40               # rows or columns of a sheet
SHOWN = 5                   # unusable pictures that are named
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}    # the others may need memory without end


class Pictures(NamedTuple):
    """N images made of a file, and what of it could not be used."""

    x: Tensor                    # (N, H * W) float32 in [0, 1], light on dark
    names: tuple[str, ...]       # of the pictures, or "row 2, column 3" of a sheet
    unusable: tuple[str, ...]     # a sentence for each picture that could not be used, of the first few; then how many


def from_zip(content: bytes, shape: tuple[int, int] = (28, 28)) -> Pictures:
    """The pictures in a zip file, in any folders, one digit each; at most MAX_IMAGES.

    shape: (H, W) of the images. DataError when the file is no zip, protected, too large, or has fewer than LEAST usable
    pictures.

    >>> from dgm.datasets import own_images
    >>> own_images.from_zip(b"no zip")
    Traceback (most recent call last):
    dgm.errors.DataError: this file is not a zip that can be read: choose a .zip of pictures
    """
    content, shape = _as_file(content), as_shape(shape)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _collected(_pictures(archive), shape)
    except DataError:
        raise
    except Exception as cause:    # damaged archives end in errors of every type
        raise DataError("this file is not a zip that can be read: choose a .zip of pictures") from cause


def _as_file(content: bytes) -> bytes:
    content = as_bytes(content)
    if len(content) > MAX_MEGABYTES * 1_000_000:
        raise DataError(f"the file has {len(content) / 1e6:.1f} MB and the limit is {MAX_MEGABYTES} MB: "
                        "use fewer or smaller pictures")
    return content


def _pictures(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes | str]]:
    """Name and bytes of each picture, or the reason why it is unusable."""
    if len(archive.infolist()) > MAX_ENTRIES:
        raise DataError(f"the zip has {len(archive.infolist()):,} entries, folders and all, and the limit is "
                        f"{MAX_ENTRIES:,}: pack the pictures alone")
    entries = [entry for entry in archive.infolist() if not _is_besides(entry)]
    if len(entries) > MAX_IMAGES:
        raise DataError(f"the zip has {len(entries)} files and the limit is {MAX_IMAGES} pictures: choose some of them")
    left = MAX_UNPACKED
    for entry in entries:
        found = _unpacked(archive, entry)
        left -= len(found) if isinstance(found, bytes) else MAX_PICTURE
        if left < 0:
            raise DataError(f"the pictures have more than {MAX_UNPACKED // 1_000_000} MB when unpacked: make them "
                            "smaller")
        yield _shown(entry.filename), found


def _is_besides(entry: zipfile.ZipInfo) -> bool:
    """A folder, or what a system adds of its own."""
    parts = entry.filename.replace("\\", "/").split("/")
    return entry.is_dir() or "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() == "thumbs.db"


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    """The bytes of an entry; no more than the limit is unpacked, whatever size it claims."""
    if entry.flag_bits & 1:
        raise DataError("the zip is protected by a password: make one without")
    if entry.compress_type not in PACKED:
        return "it is packed in an unusual way"
    with archive.open(entry) as file:
        found = file.read(MAX_PICTURE + 1)
    return found if len(found) <= MAX_PICTURE else f"it has more than {MAX_PICTURE // 1_000_000} MB"


def _shown(name: str) -> str:
    """The end of a file's name, printable."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter if letter.isprintable() else "?" for letter in last)[-40:]


def from_sheet(content: bytes, rows: int, columns: int, shape: tuple[int, int] = (28, 28)) -> Pictures:
    """One picture of a sheet with a digit in each cell of a grid of `rows` by `columns`; empty cells are left out.

    shape: (H, W) of the images. DataError when the picture cannot be read, or fewer than LEAST cells have ink;
    ArgumentError unless rows and columns are 1 to 40 and at most MAX_IMAGES cells.

    >>> import io
    >>> import numpy as np
    >>> from PIL import Image
    >>> from dgm.datasets import own_images
    >>> sheet, file = np.full((200, 250), 255, np.uint8), io.BytesIO()
    >>> sheet.reshape(4, 50, 5, 50)[:, 12:38, :, 22:28] = 0        # a "1" in each of 4 x 5 cells
    >>> Image.fromarray(sheet).save(file, "PNG")
    >>> own_images.from_sheet(file.getvalue(), 4, 5).x.shape
    torch.Size([20, 784])
    """
    rows, columns = as_integer(rows, "rows", 1, MAX_SIDE), as_integer(columns, "columns", 1, MAX_SIDE)
    as_integer(rows * columns, "the number of cells", LEAST, MAX_IMAGES)
    shape = as_shape(shape)
    grey = picture.grey_values(content, min(CELL * max(rows, columns), picture.MOST_SIDE))
    if grey.shape[0] < 8 * rows or grey.shape[1] < 8 * columns:
        raise DataError(f"the picture has {grey.shape[1]} × {grey.shape[0]} pixels, fewer than 8 for a cell: use a "
                        "larger one or fewer cells")
    cells = ((f"row {row + 1}, column {column + 1}", _cell(grey, row, column, rows, columns))
             for row in range(rows) for column in range(columns))
    return _collected(cells, shape)


def _cell(grey: np.ndarray, row: int, column: int, rows: int, columns: int) -> np.ndarray:
    """The inner part of a cell."""
    height, width = grey.shape[0] / rows, grey.shape[1] / columns
    top, left = (row + MARGIN) * height, (column + MARGIN) * width
    inner = 1 - 2 * MARGIN
    return grey[round(top) : round(top + inner * height), round(left) : round(left + inner * width)]


def _collected(found: Iterator[tuple[str, bytes | str | np.ndarray]], shape: tuple[int, int]) -> Pictures:
    images, names, unusable = [], [], []
    for name, content in found:
        try:
            images.append(_image(content, shape))
            names.append(name)
        except DataError as error:
            unusable.append(f"{name}: {error}")
    if len(images) < LEAST:
        first = f"; {unusable[0]}" if unusable else ""
        raise DataError(f"{len(images)} picture{'' if len(images) == 1 else 's'} can be used and training needs "
                        f"{LEAST} or more{first}")
    more = [f"and {len(unusable) - SHOWN} more"] if len(unusable) > SHOWN else []
    return Pictures(torch.stack(images), tuple(names), (*unusable[:SHOWN], *more))


def _image(content: bytes | str | np.ndarray, shape: tuple[int, int]) -> Tensor:
    if isinstance(content, str):
        raise DataError(content)
    grey = picture.grey_values(content, SMALL) if isinstance(content, bytes) else content
    return picture.normalise(_smaller(grey), shape)


def _smaller(grey: np.ndarray) -> np.ndarray:
    """At most SMALL pixels along a side."""
    share = SMALL / max(grey.shape)
    if share >= 1:
        return grey
    size = [max(1, round(side * share)) for side in grey.shape[::-1]]
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize(size, Image.Resampling.BOX), dtype=np.float64)


__all__ = ["LEAST", "MAX_IMAGES", "MAX_MEGABYTES", "Pictures", "from_sheet", "from_zip"]

"""Data sets that need the network once: scikit-learn downloads them from OpenML, then they are on disk as uint8."""

import errno
import gzip
import http.client
import io
import json
import os
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from ssl import SSLError
from tempfile import TemporaryDirectory
from urllib.error import HTTPError, URLError

import numpy as np

from dgm.environment import cache_dir
from dgm.errors import DataError

POLL = 0.25       # seconds between two reports of progress
TIMEOUT = 30.0    # seconds without a byte from OpenML after which a download ends
RETRIES = 1       # the fewest that scikit-learn takes
DELAY = 1.0       # seconds before a retry
PIXELS = 28 * 28  # of an image
PEAK = 255        # the largest intensity of a pixel

_OFFLINE = "or choose 'digits' or 'mnist-5k', which need no network"
_downloading = threading.Lock()   # one download at a time: who waited finds the file of the one before
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR, errno.EISDIR}
# How an answer that ended early or arrived damaged is noticed: in the transfer, the compression, or the text.
_CUT = (http.client.HTTPException, ConnectionError, EOFError, zlib.error, gzip.BadGzipFile, json.JSONDecodeError,
        UnicodeDecodeError)


def cache_file(name: str) -> Path:
    """The file of an OpenML set; it exists once the set was downloaded.

    >>> from dgm.datasets import openml
    >>> openml.cache_file("mnist_784").name
    'mnist_784.npz'
    """
    return cache_dir() / f"{name}.npz"


def is_stored(name: str) -> bool:
    """Whether an OpenML set was downloaded before."""
    return os.path.isfile(cache_file(name))


def _download(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and labels from OpenML. What scikit-learn stores on the way is removed, also after a failure."""
    from sklearn.datasets import fetch_openml

    cache_dir().mkdir(parents=True, exist_ok=True)
    own = TemporaryDirectory(dir=cache_dir(), prefix=f"openml-{os.getpid()}-")
    with own as folder, _timeout(TIMEOUT), warnings.catch_warnings():
        warnings.simplefilter("ignore")   # that it tries again: how it ends is what counts
        bunch = fetch_openml(name, version=1, as_frame=False, parser="pandas", data_home=folder, n_retries=RETRIES,
                             delay=DELAY, read_csv_kwargs={"dtype": "float32"})   # exact for the numbers up to 255
    pixels, labels = _as_bytes(bunch.data, name), _as_bytes(bunch.target, name)
    if pixels.ndim != 2 or pixels.shape[1] != PIXELS or labels.shape != pixels.shape[:1]:
        raise DataError(f"OpenML's table for {name} has the shape {pixels.shape} and not (N, {PIXELS}): it has "
                        f"changed there, {_OFFLINE.removeprefix('or ')}")
    return pixels, labels


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """A limit to the wait for each answer: scikit-learn passes none on. The process's own default stays as it is.

    An internal of scikit-learn 1.9: the name `urlopen` of its module `_openml`. If a release moves it, downloads still
    work and `test_a_server_that_sends_nothing_is_named` fails.
    """
    from sklearn.datasets import _openml

    before = _openml.urlopen
    _openml.urlopen = partial(before, timeout=seconds)
    try:
        yield
    finally:
        _openml.urlopen = before


def _as_bytes(values: np.ndarray, name: str) -> np.ndarray:
    """Whole numbers 0 to 255 as uint8; any other value would silently become such a number."""
    numbers = np.asarray(values).astype(np.float64)
    result = np.clip(np.nan_to_num(numbers), 0, PEAK).astype(np.uint8)
    if not np.array_equal(result, numbers):
        raise DataError(f"OpenML's table for {name} holds values that are no whole numbers from 0 to {PEAK}: it has "
                        f"changed there, {_OFFLINE.removeprefix('or ')}")
    return result


def _download_error(name: str, error: Exception) -> DataError:
    """What went wrong, by its true cause, and the remedy for that cause."""
    what, remedy = _cause(error)
    return DataError(f"{name} has to be downloaded from OpenML once and that failed, because {what}: {remedy}, "
                     f"{_OFFLINE}")


def _cause(error: Exception) -> tuple[str, str]:
    """What went wrong and what helps: an answer's status, the connection, the disk, or the program itself."""
    words = _first_line(error)
    if isinstance(error, HTTPError):
        error.close()
        return f"OpenML answered {error.code} ({error.reason})", "try again later"
    if isinstance(error, _CUT) or (isinstance(error, ValueError) and "checksum" in str(error)):
        return f"the connection was cut or the answer damaged on its way ({words})", "try again"
    if isinstance(error, OSError):
        return _no_storage(words) if _is_disk(error) else _no_connection(getattr(error, "reason", error))
    if isinstance(error, MemoryError):
        return "there is too little memory for it", "close other programs and try again"
    return (f"this program and the installed scikit-learn do not agree ({type(error).__name__}: {words})",
            "install the release of scikit-learn that requirements.txt names")


def _no_connection(reason: object) -> tuple[str, str]:
    if isinstance(reason, TimeoutError):
        return f"OpenML sent nothing for {TIMEOUT:g} s", "try again later"
    if isinstance(reason, SSLError):
        return (f"the connection to OpenML is not secure ({_first_line(reason)})",
                "check the clock and the certificates of this machine")
    return f"OpenML cannot be reached ({_first_line(reason)})", "connect to the network and try again"


def _no_storage(words: str) -> tuple[str, str]:
    return f"it cannot be stored in {cache_dir()} ({words})", "free space there, or set DGM_CACHE to another folder"


def _is_disk(error: OSError) -> bool:
    # An error of the connection comes as URLError, or without a file.
    return not isinstance(error, URLError) and (error.errno in _DISK or error.filename is not None)


def _first_line(cause: object) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(cause).__name__


def read(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 784) and labels (N,), both uint8, of an OpenML image set, from disk if it was downloaded before.

    DataError says why a download failed; and that the copy on disk is damaged, which is then removed.
    """
    path = cache_file(name)
    if not is_stored(name):
        with _downloading:
            if not is_stored(name):
                _fetch_and_store(path, name)
    return _stored(path, name)


def _fetch_and_store(path: Path, name: str) -> None:
    try:
        _store(path, *_download(name))
    except DataError:
        raise
    except Exception as error:  # whatever it is, its cause is named
        raise _download_error(name, error) from error


def _stored(path: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({_first_line(error)}): allow this program to read it, "
                        f"{_OFFLINE}") from error
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            pixels, labels = arrays["pixels"], arrays["labels"]
        if pixels.ndim != 2 or labels.shape != pixels.shape[:1] or {pixels.dtype, labels.dtype} != {np.dtype(np.uint8)}:
            raise ValueError("other arrays than were stored")
    except Exception as error:  # zip, zlib and numpy name damage in many ways
        path.unlink(missing_ok=True)
        raise DataError(f"the stored copy of {name} was damaged and has been removed: load it again") from error
    return pixels, labels


def _store(path: Path, pixels: np.ndarray, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part.npz")
    try:
        np.savez_compressed(partial, pixels=pixels, labels=labels)
        partial.replace(path)  # atomic, also when two servers share the disk
    finally:
        partial.unlink(missing_ok=True)


def reader(name: str) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """`read(name)` as a `Source.read`, which takes a seed."""
    return lambda _seed: read(name)


def fetch(name: str) -> Iterator[int]:
    """Download in the background, yielding the bytes on disk so far every POLL seconds. DataError as `read`."""
    with ThreadPoolExecutor(1) as pool:
        download = pool.submit(read, name)
        while not download.done():
            time.sleep(POLL)
            yield _bytes_on_disk()
        download.result()


def _bytes_on_disk() -> int:
    """What this process is downloading: the folder keeps the visitors' work and other servers' downloads, too."""
    total = 0
    for top in cache_dir().glob(f"openml-{os.getpid()}-*"):
        for folder, _, names in os.walk(top):   # passes over folders that have just been removed
            total += sum(_size(Path(folder, name)) for name in names)
    return total + sum(map(_size, cache_dir().glob(f"*.{os.getpid()}.part.npz")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a temporary file that has just been moved
        return 0

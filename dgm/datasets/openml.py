"""Data sets that need the network once: scikit-learn downloads them from OpenML, then they are on disk as uint8."""

import os
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from dgm.errors import DataError

POLL = 0.25  # seconds between two reports of progress


def cache_dir() -> Path:
    """The folder of the downloads: DGM_CACHE, or .cache/dgm in the home folder."""
    return Path(os.environ.get("DGM_CACHE") or Path.home() / ".cache" / "dgm")


def cache_file(name: str) -> Path:
    """The file of an OpenML set; it exists once the set was downloaded.

    >>> from dgm.datasets import openml
    >>> openml.cache_file("mnist_784").name
    'mnist_784.npz'
    """
    return cache_dir() / f"{name}.npz"


def _download(name: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import fetch_openml

    bunch = fetch_openml(name, version=1, as_frame=False, parser="liac-arff",
                         data_home=cache_dir() / "openml", n_retries=0)
    return bunch.data.astype(np.uint8), bunch.target.astype(np.uint8)


def _download_error(name: str, cause: Exception) -> DataError:
    reason = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return DataError(
        f"{name} has to be downloaded from OpenML once and that failed ({reason}): connect to the network and "
        "try again, or choose 'digits' or 'mnist-5k', which need no network")


def read(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 784) and labels (N,), both uint8, of an OpenML image set, from disk if it was downloaded before.

    DataError when the download fails, and when the copy on disk is damaged, which is then removed.
    """
    path = cache_file(name)
    if not path.exists():
        try:
            pixels, labels = _download(name)
            _store(path, pixels, labels)
        except (OSError, ValueError) as cause:  # URLError and HTTPError are OSErrors
            raise _download_error(name, cause) from cause
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["pixels"], arrays["labels"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as cause:
        path.unlink(missing_ok=True)
        raise DataError(f"the stored copy of {name} was damaged and has been removed: load it again") from cause


def _store(path: Path, pixels: np.ndarray, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez_compressed(partial, pixels=pixels, labels=labels)
    partial.replace(path)  # atomic, also when two servers share the disk


def reader(name: str) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """`read(name)` as a `Source.read`, which takes a seed."""
    return lambda _seed: read(name)


def fetch(name: str) -> Iterator[int]:
    """Download in the background, yielding the bytes on disk so far every POLL seconds. DataError as `read`."""
    before = _bytes_on_disk()
    with ThreadPoolExecutor(1) as pool:
        download = pool.submit(read, name)
        while not download.done():
            time.sleep(POLL)
            yield max(0, _bytes_on_disk() - before)
        download.result()


def _bytes_on_disk() -> int:
    total = 0
    for path in cache_dir().rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # a temporary file that has just been moved
            continue
    return total

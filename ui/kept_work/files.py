"""The files of kept work: one folder a tab in the cache folder, named by a hash of the tab's key."""

import contextlib
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dgm import environment
from ui.kept_work import saved_tree

MOST_BYTES = environment.megabytes("DGM_WORK_MB", 1000)    # of all tabs together
MOST_OF_TAB = environment.megabytes("DGM_TAB_MB", 50)
_seen: dict[Path, tuple[int, float]] = {}
log = logging.getLogger(__name__)


def folder() -> Path:
    """The folder of all tabs."""
    return environment.cache_dir() / "work"


def hashed(text: str) -> str:
    """A hash of a key: who reads the folder's names cannot use them as keys."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(tab: str, key: str) -> Any:
    """What was written last for this object of the tab; None where nothing is there."""
    return saved_tree.read(_path(tab, key))


class TooLargeError(Exception):
    """The tab's files would have more than MOST_OF_TAB bytes."""


def write(tab: str, key: str, value: Any) -> bool:
    """Write an object's value; False where it cannot be: a full disk, a folder without the right to write.

    TooLargeError, with the object's file removed, where the tab's files would have more than MOST_OF_TAB bytes.
    """
    path = _path(tab, key)
    try:
        others = sum(_stat(file)[1] for file in _tab(tab).glob("*.safetensors") if file != path)
        if others + saved_tree.write(path, value) > MOST_OF_TAB:
            path.unlink()
            raise TooLargeError
    except TypeError:
        return False
    except OSError as error:
        log.warning("work cannot be written to %s: %s", folder(), error)
        return False
    return True


def remove(tab: str) -> None:
    """Remove all files of the tab."""
    shutil.rmtree(_tab(tab), ignore_errors=True)


def move(tab: str, to: str) -> None:
    """Give one tab's files to another one."""
    remove(to)
    if _tab(tab).is_dir():
        os.replace(_tab(tab), _tab(to))


def written(tab: str, key: str) -> int | None:
    """The time stamp of an object's file in ns, None without one."""
    try:
        return _path(tab, key).stat().st_mtime_ns
    except OSError:
        return None


def touch(tab: str) -> None:
    """Mark the tab's files as in use."""
    for file in _tab(tab).glob("*"):
        with contextlib.suppress(OSError):
            os.utime(file)


def remove_old(seconds: float, most: int = MOST_BYTES, spared: Iterable[str] = ()) -> int:
    """Remove the folders that are not in use: those unchanged for `seconds`, and the oldest ones beyond `most` bytes.

    spared: the tabs of the visitors who are here; what they have counts, but stays. How long a folder is unchanged is
    measured while this process runs, so that a clock that is set removes nothing. Returns how many were removed.
    """
    stay = {_tab(tab) for tab in spared}
    found = sorted(((_changed(path), path) for path in folder().glob("*") if path.is_dir() and path not in stay),
                   reverse=True)
    total, removed = sum(map(_bytes, stay)), 0
    for stamp, path in found:
        total += _bytes(path)
        if time.monotonic() - _since(path, stamp) > seconds or total > most:
            shutil.rmtree(path, ignore_errors=True)
            _seen.pop(path, None)
            removed += 1
    return removed


def _since(path: Path, stamp: int) -> float:
    """When this process first found the folder with this time stamp, time.monotonic()."""
    if path not in _seen or _seen[path][0] != stamp:
        _seen[path] = stamp, time.monotonic()
    return _seen[path][1]


def _changed(path: Path) -> int:
    return max((_stat(file)[0] for file in path.glob("*")), default=0)


def _bytes(path: Path) -> int:
    return sum(_stat(file)[1] for file in path.glob("*"))


def _stat(path: Path) -> tuple[int, int]:
    """Time stamp and size; zeros for a file that was removed meanwhile."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _tab(tab: str) -> Path:
    return folder() / hashed(tab)[:32]


def _path(tab: str, key: str) -> Path:
    return _tab(tab) / f"{hashed(key)[:24]}.safetensors"


__all__ = ["MOST_OF_TAB", "TooLargeError", "folder", "hashed", "move", "read", "remove", "remove_old", "touch", "write",
           "written"]

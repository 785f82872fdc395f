"""Settings from the environment, read in one way: empty means the default, and a wrong value is one sentence."""

import math
import os
from pathlib import Path

from dgm.errors import ArgumentError

MOST_THREADS = 1024
_limited: list[str] = []     # the value of OMP_NUM_THREADS that is dgm's own
SHOWN = 40     # characters of a refused value that a message repeats


def whole(name: str, default: int, low: int, high: int | None = None) -> int:
    """The whole number from `low` to `high` that the variable `name` holds. ArgumentError for anything else.

    >>> whole("UNSET_MB", 2, 1)
    2
    """
    text = _text(name)
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < SHOWN else -1
    if number < low or (high is not None and number > high):
        raise _wrong(name, text, f"a whole number from {low} " + ("on" if high is None else f"to {high}"))
    return number


def megabytes(name: str, default: float) -> int:
    """The megabytes that the variable `name` holds, in bytes. ArgumentError for what is no number from 0 on.

    >>> megabytes("UNSET_MB", 0.5)
    500000
    """
    text = _text(name)
    try:
        size = float(text or default)
    except ValueError:
        size = math.nan
    if not 0 <= size < math.inf:
        raise _wrong(name, text, "a number of megabytes from 0 on")
    return int(size * 1e6)


def threads() -> int:
    """The torch threads that DGM_THREADS wants, 1 by default. ArgumentError for anything but 1 to 1024."""
    return whole("DGM_THREADS", 1, 1, MOST_THREADS)


def limit_threads() -> None:
    """Let numpy and torch, once they are imported, compute in DGM_THREADS threads, where OMP_NUM_THREADS is not set.

    Two torch threads on two shared cores train a small network a hundred times slower than one.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        _limited.append(_text("DGM_THREADS") or "1")
        os.environ["OMP_NUM_THREADS"] = _limited[-1]


def end_limit() -> None:
    """Take the limit back: other programs that this process starts are not dgm's."""
    if _limited and os.environ.get("OMP_NUM_THREADS") == _limited.pop():
        del os.environ["OMP_NUM_THREADS"]


def cache_dir() -> Path:
    """The folder of the downloads and of the visitors' work: DGM_CACHE, or .cache/dgm in the home folder."""
    return Path(_text("DGM_CACHE") or Path.home() / ".cache" / "dgm")


def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def _wrong(name: str, text: str, wanted: str) -> ArgumentError:
    return ArgumentError(f"the environment variable {name} is {text[:SHOWN]!a}: give {wanted}, or unset it")


__all__ = ["MOST_THREADS", "cache_dir", "end_limit", "limit_threads", "megabytes", "threads", "whole"]

"""Memory goes back to the machine: results that nobody asks for, and what the visitors who left have used."""

import ctypes
import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ui import cache, streamlit_internals

ROUND_SECONDS = 5.0
UNUSED_SECONDS = 600.0     # a result that nobody asked for in this time is dropped
M_ARENA_MAX, ARENAS = -8, 2
log = logging.getLogger(__name__)


class Broom:
    """What is dropped when. now: monotonic seconds; visitors: how many there are."""

    def __init__(self, now: float) -> None:
        self._seen = now      # when there was a visitor last
        self._due: tuple[tuple[float, Callable[[], object]], ...] = ()

    def round(self, now: float, visitors: int) -> bool:
        """Drop what is due. Returns whether memory went back to the machine."""
        if visitors:
            self._seen, self._due = now, ALONE
            return bool(cache.drop_unused(UNUSED_SECONDS)) and give_back()
        due = [drop for seconds, drop in self._due if now - self._seen >= seconds]
        self._due = self._due[len(due):]
        for drop in due:
            drop()
        return bool(due) and give_back()


def drop_results() -> None:
    """Drop all results."""
    cache.drop_unused(0.0)


# What is dropped so many seconds after the last visitor left: a reload is quicker than the first, and a line that was
# cut is found again as it was until the second. Later the visitor's kept work is restored.
ALONE: tuple[tuple[float, Callable[[], object]], ...] = (
    (15.0, drop_results), (45.0, streamlit_internals.end_stored_sessions))


def give_back() -> bool:
    """Free what only circles of references hold, then return free pages to the machine. Always True."""
    gc.collect()
    with suppress(AttributeError, OSError):     # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
    return True


def limit_arenas() -> None:
    """Let all threads share two arenas of malloc: each rerun is a thread, and in many arenas free memory is kept."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def start() -> None:
    """Start the thread."""
    threading.Thread(target=_rounds, name="memory", daemon=True).start()


def _rounds() -> None:
    broom = Broom(time.monotonic())
    while True:
        time.sleep(ROUND_SECONDS)
        try:
            broom.round(time.monotonic(), streamlit_internals.visitors())
        except Exception:
            log.exception("memory cannot be given back at the moment")


__all__ = ["Broom", "give_back", "limit_arenas", "start"]

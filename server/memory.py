"""Memory goes back to the machine: results that nobody asks for, and what the visitors who left have used."""

import ctypes
import gc
import logging
import threading
import time
from contextlib import suppress

from ui import cache, streamlit_internals

ROUND_SECONDS = 5.0
ALONE_SECONDS = 15.0       # after the last visitor left; a reload is quicker
UNUSED_SECONDS = 600.0     # a result that nobody asked for in this time is dropped
M_ARENA_MAX, ARENAS = -8, 2
log = logging.getLogger(__name__)


class Broom:
    """What is dropped when. now: monotonic seconds; visitors: how many there are."""

    def __init__(self, now: float) -> None:
        self._seen, self._done = now, True      # when there was a visitor last; whether it was swept since

    def round(self, now: float, visitors: int) -> bool:
        """Drop what is due. Returns whether memory went back to the machine."""
        if visitors:
            self._seen, self._done = now, False
            return bool(cache.drop_unused(UNUSED_SECONDS)) and give_back()
        if self._done or now - self._seen < ALONE_SECONDS:
            return False
        self._done = True
        cache.drop_unused(0.0)
        return give_back()


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

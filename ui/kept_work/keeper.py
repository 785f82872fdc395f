"""A thread that writes the work of the visitors who are here, and takes that of those who left out of memory.

What goes wrong with one object is logged, and concerns no other one.
"""

import logging
import threading
import time
from functools import cache
from typing import Any

from ui.kept_work import files, work
from ui.kept_work.work import Work

ROUND_SECONDS = 0.25     # about one chunk of training, which is what a killed server loses
SHARE = 20               # between two files of an object pass so many times the seconds that one took
SWEEP_SECONDS = 60.0
RETRY_SECONDS = 5.0      # after a file that could not be written, for a full disk
log = logging.getLogger(__name__)


class Keeper:
    """What was written of each object, and when the next file is due."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, str], Any] = {}
        self._due: dict[tuple[str, str], float] = {}
        self._look: dict[tuple[str, str], float] = {}   # when the disk is asked for the file of an unchanged object

    def round(self) -> None:
        """Write what has changed; drop what is in a file and has no visitor."""
        for one in work.works():
            away = not one.present() and time.monotonic() - one.seen > work.AWAY_SECONDS
            for key, kept in list(one.objects.items()):
                if hasattr(kept, "to_saved"):
                    self._look_at(one, key, kept, away)
            if away and time.monotonic() - one.seen > work.KEEP_SECONDS:
                work.drop(one)

    def _look_at(self, one: Work, key: str, kept: Any, away: bool) -> None:
        try:
            if self._may_differ(one.tab, key, kept) or away:
                self._keep(one, key, kept)
            if away and self._is_in_file(one, key, kept.version()) and work.leave_in_file(one, key):
                for known in (self._versions, self._due, self._look):
                    known.pop((one.tab, key), None)
        except Exception:
            if time.monotonic() >= self._due.get((one.tab, key), 0.0):     # once a minute
                log.exception("%s cannot be kept", key)
                self._due[one.tab, key] = time.monotonic() + SWEEP_SECONDS

    def _may_differ(self, tab: str, key: str, kept: Any) -> bool:
        """Whether an object has changed, or the disk was not asked for its file for long: that takes time."""
        at, now = (tab, key), time.monotonic()
        if kept.version() == self._versions.get(at, kept.EMPTY) and now < self._look.get(at, 0.0):
            return False
        self._look[at] = now + SWEEP_SECONDS
        return True

    def _is_in_file(self, one: Work, key: str, version: Any) -> bool:
        """Whether this version was written, and its file is still there: others may remove it."""
        return self._versions.get((one.tab, key)) == version and files.written(one.tab, key) is not None

    def _keep(self, one: Work, key: str, kept: Any) -> None:
        at, version = (one.tab, key), kept.version()
        start = time.monotonic()
        if start < self._due.get(at, 0.0) or self._is_in_file(one, key, version):
            return
        if version == kept.EMPTY and files.written(one.tab, key) is None:
            return
        with one.lock:
            if one.objects.get(key) is not kept:    # dropped, or taken over by another tab: its file has gone too
                return
            done = self._write(one, key, kept)
            if done:
                self._versions[at] = version
                one.written[key] = files.written(one.tab, key)
                files.write(one.tab, work.INDEX, work.index(one))
        least = ROUND_SECONDS if done or key in one.too_large else RETRY_SECONDS
        self._due[at] = time.monotonic() + max(least, SHARE * (time.monotonic() - start))

    def _write(self, one: Work, key: str, kept: Any) -> bool:
        try:
            done = files.write(one.tab, key, kept.to_saved())
        except files.TooLargeError:
            one.too_large.add(key)
            files.write(one.tab, work.INDEX, work.index(one))
            return False
        one.too_large.discard(key)
        return done


def sweep() -> None:
    """Mark the files of the visitors who are here, and remove those that nobody came back for."""
    present = [one for one in work.works() if one.present()]
    for one in present:
        work.mark_files(one)
    files.remove_old(work.KEEP_SECONDS, spared=[one.tab for one in present])


@cache
def start() -> None:
    """Start the thread, once."""
    threading.Thread(target=_rounds, name="kept work", daemon=True).start()


def _rounds() -> None:
    keeper, swept = Keeper(), time.monotonic()
    while True:
        time.sleep(ROUND_SECONDS)
        try:
            keeper.round()
            if time.monotonic() - swept > SWEEP_SECONDS:
                swept = time.monotonic()
                sweep()
        except Exception:
            log.exception("work cannot be kept at the moment")


__all__ = ["Keeper", "start", "sweep"]

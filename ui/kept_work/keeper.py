"""A thread that writes the work of the visitors who are here, and takes that of those who left out of memory."""

import threading
import time
from functools import cache
from typing import Any

from ui.kept_work import files, work
from ui.kept_work.work import Work

ROUND_SECONDS = 0.25     # about one chunk of training, which is what a killed server loses
SHARE = 20               # between two files of an object pass so many times the seconds that one took
SWEEP_SECONDS = 60.0


class Keeper:
    """What was written of each object, and when the next file is due."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, str], Any] = {}
        self._due: dict[tuple[str, str], float] = {}

    def round(self) -> None:
        """Write what has changed; drop what is in a file and has no visitor."""
        for one in work.works():
            away = not one.present() and time.monotonic() - one.seen > work.AWAY_SECONDS
            for key, kept in list(one.objects.items()):
                if hasattr(kept, "to_saved"):
                    self._keep(one, key, kept)
                    if away and self._versions.get((one.tab, key)) == kept.version():
                        self._drop(one, key)
            if away and time.monotonic() - one.seen > work.KEEP_SECONDS:
                work.drop(one)

    def _keep(self, one: Work, key: str, kept: Any) -> None:
        at, version = (one.tab, key), kept.version()
        if version == self._versions.get(at, kept.EMPTY) or time.monotonic() < self._due.get(at, 0.0):
            return
        start = time.monotonic()
        if self._write(one, key, kept):
            self._versions[at] = version
            one.written[key] = files.written(one.tab, key)
            files.write(one.tab, work.INDEX, work.index(one))
        self._due[at] = time.monotonic() + max(ROUND_SECONDS, SHARE * (time.monotonic() - start))

    def _write(self, one: Work, key: str, kept: Any) -> bool:
        try:
            done = files.write(one.tab, key, kept.to_saved())
        except files.TooLargeError:
            one.too_large.add(key)
            files.write(one.tab, work.INDEX, work.index(one))
            return False
        one.too_large.discard(key)
        return done

    def _drop(self, one: Work, key: str) -> None:
        if not one.present():
            one.left[key] = one.objects.pop(key).described()
            self._versions.pop((one.tab, key), None)
            self._due.pop((one.tab, key), None)


def sweep() -> None:
    """Mark the files of the visitors who are here, and remove those that nobody came back for."""
    for one in work.works():
        if one.present():
            files.touch(one.tab)
            one.written = {key: files.written(one.tab, key) for key in one.written}
    files.remove_old(work.KEEP_SECONDS)


@cache
def start() -> None:
    """Start the thread, once."""
    threading.Thread(target=_rounds, name="kept work", daemon=True).start()


def _rounds() -> None:
    keeper, swept = Keeper(), time.monotonic()
    while True:
        time.sleep(ROUND_SECONDS)
        keeper.round()
        if time.monotonic() - swept > SWEEP_SECONDS:
            sweep()
            swept = time.monotonic()


__all__ = ["Keeper", "start", "sweep"]

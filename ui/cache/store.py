"""Results by key, with a limit that counts bytes: what was unused for longest is dropped first."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ui.cache.sizes import size_of

T = TypeVar("T")
OWNED = 0.5     # of the limit, at most, for what has an owner


@dataclass
class _Entry:
    value: Any
    size: int       # bytes
    used: float     # monotonic seconds


@dataclass
class _Results:
    """The results of one owner."""

    entries: OrderedDict[Hashable, _Entry] = field(default_factory=OrderedDict)   # the last used at the end
    size: int = 0

    def remove(self, key: Hashable) -> int:
        """Remove a result, if it is there. Returns its bytes."""
        entry = self.entries.pop(key, None)
        size = 0 if entry is None else entry.size
        self.size -= size
        return size


@dataclass
class Store:
    """Results that several threads look up. limit: bytes of all of them together; share: of those of one owner.

    A result without an owner is everybody's: it gives way to any other one. One with an owner gives way to the same
    owner's alone, and all of them have half of the limit. What finds no room is returned, but not kept.
    """

    limit: int
    share: int = 0
    size: int = 0
    _of: dict[Hashable, _Results] = field(default_factory=dict)     # by owner, None for everybody's
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _turns: dict[Hashable, threading.Lock] = field(default_factory=dict)    # of the keys that are being computed

    def __len__(self) -> int:
        return sum(len(results.entries) for results in self._of.values())

    def get(self, key: Hashable, default: Any = None, owner: Hashable = None) -> Any:
        """The result with this key, `default` where there is none."""
        with self._lock:
            results = self._of.get(owner)
            entry = None if results is None else results.entries.get(key)
            if results is None or entry is None:
                return default
            results.entries.move_to_end(key)
            entry.used = time.monotonic()
            return entry.value

    def put(self, key: Hashable, value: Any, owner: Hashable = None) -> None:
        """Keep a result, in place of those that were unused for longest."""
        size = size_of(value)
        with self._lock:
            results = self._of.setdefault(owner, _Results())
            self.size -= results.remove(key)
            if self._make_room(results, size, owned=owner is not None):
                results.entries[key] = _Entry(value, size, time.monotonic())
                results.size += size
                self.size += size

    def _make_room(self, results: _Results, size: int, owned: bool) -> bool:
        """Drop what gives way to a result of so many bytes; whether there is room for it then."""
        everybodys = self._of.get(None, _Results())
        others = self.size - everybodys.size - (results.size if owned else 0)     # of other owners
        most = min(self.share, int(OWNED * self.limit) - others) if owned else self.limit - others
        if size > most:
            return False
        while results.size + size > most:
            self._remove_oldest(results)
        while self.size + size > self.limit:
            self._remove_oldest(everybodys)
        return True

    def _remove_oldest(self, results: _Results) -> None:
        self.size -= results.remove(next(iter(results.entries)))

    def result(self, key: Hashable, compute: Callable[[], T], owner: Hashable = None) -> T:
        """The result with this key, computed where there is none; by one thread, while the others wait for it."""
        found = self.get(key, self, owner)
        if found is not self:
            return found
        with self._lock:
            turn = self._turns.setdefault((owner, key), threading.Lock())
        with turn:
            try:
                found = self.get(key, self, owner)
                if found is self:
                    found = compute()
                    self.put(key, found, owner)
                return found
            finally:
                with self._lock:
                    self._turns.pop((owner, key), None)

    def drop_unused(self, seconds: float) -> int:
        """Drop what was not used for so long. Returns the bytes."""
        before, oldest = self.size, time.monotonic() - seconds
        with self._lock:
            for results in self._of.values():
                for key in [key for key, entry in results.entries.items() if entry.used <= oldest]:
                    self.size -= results.remove(key)
            self._of = {owner: results for owner, results in self._of.items() if results.entries}
        return before - self.size

    def drop(self, owner: Hashable = None) -> None:
        """Drop all results of an owner, None for everybody's."""
        with self._lock:
            self.size -= self._of.pop(owner, _Results()).size


__all__ = ["Store"]

"""Results by key, with a limit that counts bytes: what was unused for longest is dropped first."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ui.cache.sizes import size_of

T = TypeVar("T")


@dataclass
class _Entry:
    value: Any
    size: int       # bytes
    used: float     # monotonic seconds


@dataclass
class Store:
    """Results that several threads look up. limit: bytes of all of them together.

    A result larger than the limit is returned, but not kept.
    """

    limit: int
    size: int = 0
    _entries: OrderedDict[Hashable, _Entry] = field(default_factory=OrderedDict)   # the last used at the end
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _turns: dict[Hashable, threading.Lock] = field(default_factory=dict)    # of the keys that are being computed

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, default: Any = None) -> Any:
        """The result with this key, `default` where there is none."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return default
            self._entries.move_to_end(key)
            entry.used = time.monotonic()
            return entry.value

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a result, in place of those that were unused for longest."""
        size = size_of(value)
        with self._lock:
            self._remove(key)
            if size > self.limit:
                return
            while self.size + size > self.limit:
                self._remove(next(iter(self._entries)))
            self._entries[key] = _Entry(value, size, time.monotonic())
            self.size += size

    def result(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result with this key, computed where there is none; by one thread, while the others wait for it."""
        found = self.get(key, self)
        if found is not self:
            return found
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            try:
                found = self.get(key, self)
                if found is self:
                    found = compute()
                    self.put(key, found)
                return found
            finally:
                with self._lock:
                    self._turns.pop(key, None)

    def drop_unused(self, seconds: float) -> int:
        """Drop what was not used for so long. Returns the bytes."""
        before, oldest = self.size, time.monotonic() - seconds
        with self._lock:
            for key in [key for key, entry in self._entries.items() if entry.used <= oldest]:
                self._remove(key)
        return before - self.size

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._entries.clear()
            self.size = 0

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size


__all__ = ["Store"]

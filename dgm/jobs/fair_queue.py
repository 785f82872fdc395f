"""Fair turns: the chunks of all runs that share an executor, one run after the other."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from typing import Any, NamedTuple, Protocol

from dgm.jobs import workers
from dgm.jobs.workers import Outcome


class Turner(Protocol):
    """A run as its queue sees it; every call comes with the lock held."""

    losses: int  # chunks lost in a row

    def next_chunk(self) -> "Chunk | None":
        """The chunk for the turn that has come, or None when there is nothing to do."""

    def call(self, chunk: "Chunk") -> tuple[Any, ...]:
        """The arguments of workers.work for `chunk`."""

    def land(self, chunk: "Chunk", outcome: Outcome | BaseException) -> None:
        """What came back for `chunk`."""


class Chunk(NamedTuple):
    run: Turner
    checkpoint: Any
    steps: int


class Turns:
    """The queue of the runs that share an executor. Its one lock, `changed`, guards the queue and these runs."""

    def __init__(self, pool: Callable[[], Executor]) -> None:
        self.changed = threading.Condition()
        self._pool = pool
        self._waiting: deque[Turner] = deque()
        self._flying = 0
        self._room = 1  # chunks the executor works on at once
        self._alone = False

    def join(self, run: Turner, first: bool = False) -> None:
        if run not in self._waiting:
            (self._waiting.appendleft if first else self._waiting.append)(run)

    def leave(self, run: Turner) -> None:
        if run in self._waiting:
            self._waiting.remove(run)

    def place(self, run: Turner) -> int:
        return self._waiting.index(run) if run in self._waiting else 0

    def dispatch(self) -> None:
        """Submit chunks while workers are free, and tell those who wait that something changed."""
        while self._waiting and self._free():
            chunk = self._waiting.popleft().next_chunk()
            if chunk:
                self._submit(chunk)
        self.changed.notify_all()

    def _free(self) -> bool:
        # One dead worker takes the chunks of its neighbours with it. Who lost a chunk tries again alone, so that
        # a run that kills its workers is told from the runs beside it.
        if self._flying and (self._alone or self._waiting[0].losses):
            return False
        return self._flying < self._room

    def _submit(self, chunk: Chunk) -> None:
        self._flying += 1
        self._alone = chunk.run.losses > 0
        try:
            pool = self._pool()
            self._room = workers.capacity(pool)
            future = pool.submit(workers.work, *chunk.run.call(chunk))
        except Exception as error:  # broken, shut down or not to be had: one way to land for all
            future = Future()
            future.set_exception(error)
        future.add_done_callback(partial(self._land, chunk))

    def _land(self, chunk: Chunk, future: "Future[Outcome]") -> None:
        error = CancelledError("the executor was shut down") if future.cancelled() else future.exception()
        with self.changed:
            self._flying -= 1
            self._alone = False
            chunk.run.land(chunk, error or future.result())
            self.dispatch()

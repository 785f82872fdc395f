"""Worker processes that are lost one at a time: a pool of one process for each, and a spare one that waits.

A pool of several processes ends as a whole when one of them is killed, with the chunks of all; new processes then need
about two seconds to import torch. Here the other workers notice nothing, and the lost one's chunk goes to the spare.
"""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from typing import Any

from dgm.jobs import executors


class WorkerPool(Executor):
    """An executor of `capacity` worker processes, and of a spare one as soon as it is `prepare`d and has had work.

    start: starts a pool of one process; called once for each worker, and again for each that is lost.

    >>> import os
    >>> from dgm.jobs import executors, worker_pool
    >>> pool = worker_pool.WorkerPool(2, lambda: executors.process_pool(1, int, env={}))
    >>> pool.submit(pow, 2, 10).result()
    1024
    >>> len(pool.pids), pool.usable
    (2, True)
    >>> executors.kill(pool)
    >>> pool.usable
    False
    """

    isolates = True     # a chunk that ends its worker ends no other chunk

    def __init__(self, capacity: int, start: Callable[[], Executor]) -> None:
        self.capacity, self._start = capacity, start
        self._lock = threading.Lock()
        self._workers = [start() for _ in range(capacity)]
        self._chunks = [0] * capacity       # that each worker has been given and has not returned
        self._spare: Executor | None = None
        self._prepared: dict[tuple[Any, ...], None] = {}    # calls that a new worker makes first
        self._ended = False

    @property
    def usable(self) -> bool:
        """Whether it takes new work: until it is shut down."""
        return not self._ended

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers, without the spare."""
        with self._lock:
            return [pid for worker in self._workers for pid in executors.worker_pids(worker)]

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **settings: Any) -> "Future[Any]":
        """Let the worker with the fewest chunks make this call. RuntimeError after a shutdown."""
        with self._lock:
            if self._ended:
                raise RuntimeError("the workers were shut down and take no new work")
            number = min(range(self.capacity), key=self._chunks.__getitem__)
            if not executors.is_usable(self._workers[number]):
                self._workers[number], self._spare = self._successor(), None
            future = self._workers[number].submit(call, *arguments, **settings)
            self._chunks[number] += 1
        future.add_done_callback(partial(self._on_done, number))
        return future

    def prepare(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Make this call in each worker, and first of all in each that starts later. Does not wait for it."""
        with self._lock:
            self._prepared[call, *arguments] = None
            for worker in (*self._workers, *([self._spare] if self._spare else [])):
                with contextlib.suppress(BrokenExecutor):     # its successor makes the call
                    worker.submit(call, *arguments)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, kill_workers: bool = False) -> None:
        """End the workers: after their chunks, or at once. wait: until they have ended."""
        with self._lock:
            self._ended = True
            ending = [*self._workers, *([self._spare] if self._spare else [])]
        for worker in ending:
            if kill_workers:
                executors.kill(worker, wait)
            else:
                worker.shutdown(wait)

    # The lock is held

    def _successor(self) -> Executor:
        """The spare worker, or a new one where there is none or it was killed too."""
        return self._spare if self._spare and executors.is_usable(self._spare) else self._new()

    def _new(self) -> Executor:
        worker = self._start()
        for call, *arguments in self._prepared:
            worker.submit(call, *arguments)
        return worker

    # Called by the workers' threads

    def _on_done(self, number: int, future: "Future[Any]") -> None:
        """Note that a worker is free. The spare one starts after a chunk, so that it takes nothing from the first."""
        with self._lock:
            self._chunks[number] -= 1
            succeeded = not future.cancelled() and future.exception() is None
            if succeeded and self._prepared and not self._spare and not self._ended:
                self._spare = self._new()


__all__ = ["WorkerPool"]

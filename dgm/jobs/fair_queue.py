"""A fair queue: the runs that share an executor submit one chunk each, in order, round after round."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from typing import Any, NamedTuple, Protocol

from dgm.jobs import executors, workers
from dgm.jobs.workers import Outcome

MEMORY = 0.2   # weight of the newest chunk in the mean of their seconds


class QueuedRun(Protocol):
    """A run as its queue sees it. The queue holds the lock during each of these calls."""

    losses: int  # chunks lost in a row because a worker died
    queue: "FairQueue"  # the one that the run is in by now

    def next_chunk(self) -> "Chunk | None":
        """The chunk to submit now, or None when there is nothing to do."""

    def arguments(self, chunk: "Chunk", pool: Executor) -> tuple[Any, ...]:
        """The arguments of workers.run_chunk for `chunk` on `pool`."""

    def on_result(self, chunk: "Chunk", outcome: Outcome | BaseException) -> None:
        """Take the result of `chunk`, or the error that ended it."""


class Chunk(NamedTuple):
    """Some steps of one run, from one checkpoint: what a worker does in one go."""

    run: QueuedRun
    checkpoint: Any
    steps: int


class FairQueue:
    """The queue of the runs that share an executor. Its one lock, `changed`, guards the queue and these runs.

    pool: returns the executor; called before each submission, as a broken one is replaced. changed: the lock of
    another queue, where runs move between the two.
    """

    def __init__(self, pool: Callable[[], Executor], changed: threading.Condition | None = None) -> None:
        self.changed = changed or threading.Condition()
        self._pool = pool
        self._waiting: deque[QueuedRun] = deque()
        self._in_flight = 0
        self._exclusive = False  # the chunk in flight must be the only one
        self._chunk_seconds = 0.0  # a running mean

    def add(self, run: QueuedRun, first: bool = False) -> None:
        """Append `run`, or put it first; nothing when it is queued already."""
        if run not in self._waiting:
            (self._waiting.appendleft if first else self._waiting.append)(run)

    def remove(self, run: QueuedRun) -> None:
        """Take `run` out of the queue; its chunk in flight stays in flight."""
        if run in self._waiting:
            self._waiting.remove(run)

    def position(self, run: QueuedRun) -> int:
        """How many runs are before `run`; 0 too when it is not queued."""
        return self._waiting.index(run) if run in self._waiting else 0

    def wait_seconds(self, run: QueuedRun) -> float:
        """About how many seconds until a chunk of `run` is submitted; 0 when it is not queued or nothing is known."""
        ahead = self.position(run) + self._in_flight if run in self._waiting else 0
        return ahead * self._chunk_seconds / max(1, self._capacity())

    @property
    def trouble(self) -> str:
        """Why the executor takes no work at the moment, without a full stop; "" when it does."""
        try:
            return executors.trouble(self._pool())
        except Exception:  # the run that is submitted next gives the reason
            return ""

    def dispatch(self) -> None:
        """Submit chunks while workers are free, and notify the threads that wait for a change."""
        while self._waiting and self._may_submit():
            chunk = self._waiting.popleft().next_chunk()
            if chunk:
                self._submit(chunk)
        self.changed.notify_all()

    def _may_submit(self) -> bool:
        # In a pool that breaks with one of its workers the chunks of other runs are lost too. A run that lost a chunk
        # therefore has such a pool for itself until one returns: a run that kills its workers is then found out.
        if self._in_flight and (self._exclusive or self._waiting[0].losses) and not self._isolates():
            return False
        return self._in_flight < self._capacity()

    def _isolates(self) -> bool:
        try:
            return executors.isolates(self._pool())
        except Exception:   # the run that is submitted next gives the reason
            return False

    def _capacity(self) -> int:
        """How many chunks the executor takes by now; one where there is none: submitting it says why."""
        try:
            return executors.capacity(self._pool())
        except Exception:
            return 1

    def _submit(self, chunk: Chunk) -> None:
        self._in_flight += 1
        self._exclusive = chunk.run.losses > 0
        try:
            pool = self._pool()
            future = pool.submit(workers.run_chunk, *chunk.run.arguments(chunk, pool))
        except Exception as error:  # broken, shut down or not available: the same path as an error of the chunk
            future = Future()
            future.set_exception(error)
        future.add_done_callback(partial(self._on_done, chunk))

    def _on_done(self, chunk: Chunk, future: "Future[Outcome]") -> None:
        error = CancelledError("the executor was shut down") if future.cancelled() else future.exception()
        with self.changed:
            self._in_flight -= 1
            self._exclusive = False
            outcome = error or future.result()
            if isinstance(outcome, Outcome) and outcome.checkpoint is not None:
                self._chunk_seconds += MEMORY * (outcome.seconds - self._chunk_seconds)
            chunk.run.on_result(chunk, outcome)
            for queue in {self, chunk.run.queue}:
                queue.dispatch()

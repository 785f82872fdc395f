"""Live runs: training as a chain of short pure chunks on an Executor that several runs share.

A run folds a pure function, `advance(checkpoint, data, steps) -> checkpoint`, over chunks of about a quarter of a
second. So pausing is to submit no further chunk; resuming, moving to another worker and surviving a dead one is to
submit the last checkpoint again; sharing fairly is to submit the chunks of all runs in rotation.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, NamedTuple, Protocol

from dgm.jobs import borders, cluster, executors, lost_workers, queues, workers
from dgm.jobs.fair_queue import Chunk, FairQueue
from dgm.jobs.workers import Outcome

GROWTH = 4         # a chunk has at most so many times the steps of the one before
SPEED_WINDOW = 8   # chunks over which the speed is measured


class Checkpoint(Protocol):
    """What a run advances: it can be pickled, is never changed in place, and counts its steps in `step`."""

    @property
    def step(self) -> int: ...


class Progress(NamedTuple):
    """How far a run is. Times are seconds of the wall clock, the time in the queue included."""

    step: int
    total: int | None
    steps_per_second: float      # 0 until two chunks are done
    seconds_left: float | None   # None while unknown
    state: str                   # "idle", "queued", "running", "paused", "done" or "failed"
    reason: str                  # a sentence where a run stopped by itself or its cluster does not answer, else ""


class Run:
    """A chain of advance calls that can be played, paused, stepped and read from any thread.

    advance: pure; advance(checkpoint, data, steps) returns the checkpoint `steps` later. checkpoint: the first one.
    data: sent once to each worker; must not change afterwards. total: the step to end at (None: no end); may be set at
    any time, and a chunk in flight that would go past it is dropped. chunk_seconds: how long a chunk should take.
    idle_seconds: the run pauses when `latest`, `progress` and `position` were not read for so long. executor: default
    `jobs.executor()`, shared by the runs of the process.

    Nothing that goes wrong in a worker is raised here: the run stops with state "failed" and says why in
    `progress.reason`, also when `advance`, `checkpoint` or `data` cannot be pickled.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from typing import NamedTuple
    >>> from dgm import jobs
    >>> class Sum(NamedTuple):
    ...     step: int = 0
    ...     value: int = 0
    >>> def advance(checkpoint, data, steps):
    ...     return Sum(checkpoint.step + steps, checkpoint.value + steps * data)
    >>> with ThreadPoolExecutor(1) as pool:
    ...     run = jobs.Run(advance, Sum(), 5, total=100, executor=pool)
    ...     run.play()
    ...     run.wait(60).state
    'done'
    >>> run.latest
    Sum(step=100, value=500)
    """

    queue: FairQueue      # the one it is in by now
    _chunk: Chunk | None  # the one in flight; the result of any other comes too late and is dropped
    _budget: float        # steps still to be submitted; inf while playing
    _spent: float         # of a finite budget, the steps in flight: a lost chunk gives them back

    def __init__(
        self,
        advance: Callable[[Any, Any, int], Any],
        checkpoint: Checkpoint,
        data: Any,
        *,
        total: int | None = None,
        chunk_seconds: float = 0.25,
        idle_seconds: float = 15.0,
        executor: Executor | None = None,
    ) -> None:
        borders.check_callable(advance, "advance", "a function of checkpoint, data and steps")
        borders.check_executor(executor)
        borders.check_checkpoint(checkpoint)
        self.losses = 0
        self._total = borders.as_total(total)
        self._advance, self._data, self._key = advance, data, workers.data_key(data)
        self._chunk_seconds = borders.as_number(chunk_seconds, "chunk_seconds", above=0)
        self._idle_seconds = borders.as_number(idle_seconds, "idle_seconds", 0, infinite=True)
        self.queue, self._executor = queues.queue_of(executor), executor    # a queue does not keep its executor
        self._chunk_steps = 1  # of the next chunk
        self._send_data = False  # with the next chunk
        self._first = checkpoint
        self._restart(checkpoint)

    # Commands

    @property
    def total(self) -> int | None:
        """The step to end at; None: no end."""
        return self._total

    @total.setter
    def total(self, total: int | None) -> None:
        with self.queue.changed:
            self._total = borders.as_total(total)
            chunk = self._chunk
            if self._total is None or chunk is None or chunk.checkpoint.step + chunk.steps <= self._total:
                return
            self._chunk = None
            self._stop("paused") if self._ended() else self._requeue()
            self.queue.dispatch()

    def play(self) -> None:
        """Continue from the newest checkpoint, up to `total`."""
        self._start(math.inf)

    def step(self, steps: int = 1) -> None:
        """Do `steps` more steps, then pause. steps: 0 or more."""
        steps = borders.as_integer(steps, "steps", 0)
        with self.queue.changed:
            pending = self._budget if math.isfinite(self._budget) else 0
            self._start(pending + steps)

    def pause(self) -> None:
        """Submit no further chunk. The one in flight still counts when it returns, which `wait` waits for."""
        with self.queue.changed:
            if self._active:
                self._stop("paused")
            self.queue.dispatch()

    def stop(self) -> None:
        """Pause and drop the chunk in flight: the run stands where it was read last, and leaves nothing behind."""
        with self.queue.changed:
            self.pause()
            self._chunk = None

    def reset(self, checkpoint: Checkpoint | None = None) -> None:
        """Stop and return to the first checkpoint, or replace the first one by `checkpoint`."""
        with self.queue.changed:
            if checkpoint is not None:
                borders.check_checkpoint(checkpoint)
            self.queue.remove(self)
            self._first = self._first if checkpoint is None else checkpoint
            self._restart(self._first)
            self.queue.dispatch()

    def swap(self, checkpoint: Checkpoint) -> None:
        """Replace the newest checkpoint, e.g. by one with another optimizer; a playing run continues from it."""
        with self.queue.changed:
            borders.check_checkpoint(checkpoint)
            budget = self._budget + self._spent
            self.queue.remove(self)
            self._restart(checkpoint, "paused")
            self._start(budget) if budget else self.queue.dispatch()

    def compute_here(self) -> None:
        """Where the cluster does not answer: go on with this machine's workers until it does."""
        with self.queue.changed:
            if self.may_compute_here:
                queues.move_here(self)

    # Readings

    @property
    def may_compute_here(self) -> bool:
        """Whether this run waits for a cluster that takes no work, so that `compute_here` would make it go on."""
        with self.queue.changed:
            return self._active and queues.waits_for_cluster(self)

    @property
    def latest(self) -> Any:
        """The newest checkpoint."""
        with self.queue.changed:
            self._touch()
            return self._checkpoint

    def peek(self) -> Any:
        """The newest checkpoint; does not count as a reading, so that an unwatched run still pauses."""
        with self.queue.changed:
            return self._checkpoint

    @property
    def progress(self) -> Progress:
        """Step, speed, time left, state and, where the run stopped by itself, the reason."""
        with self.queue.changed:
            self._touch()
            return self._progress()

    @property
    def position(self) -> int:
        """How many runs are before this one in the queue; 0: it is running, next, or not in the queue."""
        with self.queue.changed:
            self._touch()
            return self.queue.position(self)

    @property
    def seconds_to_wait(self) -> float:
        """About how many seconds this run waits for its turn; 0 while it computes or is not in the queue."""
        with self.queue.changed:
            return self.queue.wait_seconds(self)

    @property
    def active(self) -> bool:
        """Whether the run computes or waits for its turn; does not count as a reading."""
        with self.queue.changed:
            return self._active

    def wait(self, timeout: float | None = None, until: Callable[[Progress], bool] | None = None) -> Progress:
        """Block until `until(progress)` holds, by default until nothing of this run is queued or in flight.

        timeout: seconds; None waits for ever. Returns the progress then. Counts as one reading, when it begins.
        """
        timeout = None if timeout is None else borders.as_number(timeout, "timeout", 0, infinite=True)
        if until is not None:
            borders.check_callable(until, "until", "a function of the progress")
        with self.queue.changed:
            self._touch()
            reached = (lambda: borders.ask(until, self._progress())) if until else (
                lambda: not (self._active or self._chunk))
            self.queue.changed.wait_for(reached, None if timeout is None else min(timeout, threading.TIMEOUT_MAX))
            return self._progress()

    # What the queues call; the lock is held

    def next_chunk(self) -> Chunk | None:
        """The chunk to submit now, or None when there is nothing to do."""
        if time.monotonic() - self._read_at > self._idle_seconds:
            self._stop("paused", f"Paused because nobody looked for {self._idle_seconds:g} s; play to go on.")
            return None
        left = math.inf if self.total is None else self.total - self._checkpoint.step
        steps = int(min(self._chunk_steps, self._budget, left))
        if steps < 1:
            self._stop("paused")
            return None
        self._budget -= steps
        self._spent = 0 if math.isinf(self._budget) else steps
        self._chunk = Chunk(self, self._checkpoint, steps)
        return self._chunk

    def arguments(self, chunk: Chunk, pool: Executor) -> tuple[Any, ...]:
        """The arguments of workers.run_chunk for `chunk` on `pool`."""
        data = executors.placed(pool, self._key, self._data) or ((self._data,) if self._send_data else ())
        return self._advance, chunk.checkpoint, self._key, data, chunk.steps

    def on_result(self, chunk: Chunk, outcome: Outcome | BaseException) -> None:
        """Take the result of `chunk`, unless the run was stopped, reset or swapped meanwhile."""
        if chunk is not self._chunk:
            return
        self._chunk = None
        if isinstance(outcome, BaseException):
            self._on_error(outcome)
        elif outcome.checkpoint is None:
            self._send_data = True
            self._requeue()
        elif not borders.counts_steps(outcome.checkpoint):
            self._fail("advance returned no checkpoint that counts its steps in `step`")
        else:
            self._accept(chunk, outcome)

    def move(self, queue: FairQueue) -> None:
        """Leave the queue for another one that has the same lock; the chunk in flight still counts."""
        self.queue.remove(self)
        self.queue = queue
        if self._active and not self._chunk:
            queue.add(self)
        queue.dispatch()

    # Internals; the lock is held

    @property
    def _active(self) -> bool:
        return self._budget + self._spent > 0

    def _restart(self, checkpoint: Checkpoint, state: str = "idle") -> None:
        self._checkpoint = checkpoint
        self._chunk = None
        self._timing: deque[tuple[float, int]] = deque(maxlen=SPEED_WINDOW + 1)  # (seconds, step) after each chunk
        self.losses = 0
        self._touch()
        self._stop(state)

    def _stop(self, state: str, reason: str = "") -> None:
        self.queue.remove(self)
        self._budget = self._spent = 0
        self._stopped_state, self._reason = state, reason

    def _touch(self) -> None:
        self._read_at = time.monotonic()

    def _start(self, budget: float) -> None:
        with self.queue.changed:
            self._touch()
            if not self._active:
                self._timing.clear()
            self._budget = budget
            self._stopped_state, self._reason = "paused", ""
            if not self._chunk:
                self.queue.add(self)
            self.queue.dispatch()

    def _requeue(self) -> None:
        self._budget += self._spent
        self._spent = 0
        if self._budget:
            self.queue.add(self, first=True)

    def _on_error(self, error: BaseException) -> None:
        if lost_workers.is_loss(error):
            self._on_worker_lost(error)
        else:
            self._fail(lost_workers.cause(error))

    def _on_worker_lost(self, error: BaseException) -> None:
        self.losses += lost_workers.losses(error)
        reason = lost_workers.reason_to_stop(self.losses, error)
        if reason:
            self.losses = 0
            self._fail(reason)
        else:
            self._requeue()

    def _fail(self, cause: str) -> None:
        self._stop("failed", f"Stopped after step {self._checkpoint.step}: {cause}")

    def _accept(self, chunk: Chunk, outcome: Outcome) -> None:
        self._checkpoint = outcome.checkpoint
        self._timing.append((time.monotonic(), self._checkpoint.step))
        fitting = chunk.steps * self._chunk_seconds / max(outcome.seconds, 1e-9)
        self._chunk_steps = max(1, int(min(fitting, GROWTH * chunk.steps)))
        self._spent, self._send_data, self.losses = 0, False, 0
        if self._ended():
            self._stop("paused")
        elif self._budget:
            self.queue.add(self)

    def _ended(self) -> bool:
        return self.total is not None and self._checkpoint.step >= self.total

    def _state(self) -> str:
        if self._stopped_state == "failed" or not (self._active or self._ended()):
            return self._stopped_state
        if self._ended():
            return "done"
        waits = self.queue.position(self) or (self._chunk is None and self.queue.trouble)
        return "queued" if waits else "running"

    def _speed(self) -> float:
        if len(self._timing) < 2:
            return 0.0
        (start, first), (end, last) = self._timing[0], self._timing[-1]
        return (last - first) / max(end - start, 1e-9)

    def _progress(self) -> Progress:
        step, speed = self._checkpoint.step, self._speed()
        left = (self.total - step) / speed if self.total is not None and speed else None
        return Progress(step, self.total, speed, left, self._state(), self._reason or self._wait_reason())

    def _wait_reason(self) -> str:
        if not self._active:
            return ""
        if queues.is_away(self):
            return f"{cluster.NO_ANSWER}: this run goes on on the server until it does."
        if self._chunk:
            return ""
        trouble = self.queue.trouble
        return trouble and f"{trouble}. The run waits at step {self._checkpoint.step:,} and then goes on by itself."

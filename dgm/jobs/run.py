"""Live runs: training as a chain of short pure chunks that take turns on an Executor.

A run folds a pure function, `advance(checkpoint, data, steps) -> checkpoint`, over chunks of about a quarter of a
second. So pausing is to submit no further chunk; resuming, moving to another worker and surviving a dead one is to
submit the last checkpoint again; sharing fairly is to let the chunks of all runs take turns.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from typing import Any, NamedTuple, Protocol

from dgm.jobs import workers
from dgm.jobs.fair_queue import Chunk, Turns
from dgm.jobs.workers import Outcome, executor, warm

__all__ = ["Checkpoint", "Progress", "Run", "executor", "warm"]

GROWTH = 4  # a chunk has at most so many times the steps of the one before
LOSSES = 3  # a chunk that is lost so often in a row is what kills the workers
WINDOW = 8  # chunks over which the speed is measured


class Checkpoint(Protocol):
    """Anything that can be pickled, is never changed in place and counts its steps."""

    @property
    def step(self) -> int: ...


class Progress(NamedTuple):
    """How far a run is; times in seconds of the wall clock, waiting for its turn included."""

    step: int
    total: int | None
    steps_per_second: float  # 0 until two chunks are done
    seconds_left: float | None  # None while unknown
    state: str  # "idle", "queued", "running", "paused", "done" or "failed"
    reason: str  # a sentence where a run stopped by itself, else ""


class Run:
    """A chain of advance calls that can be played, paused, stepped and watched from any thread.

    `advance` and `data` travel to worker processes, so they can be pickled; `data` is sent once to each worker and
    must not change afterwards. A run that nobody looks at (latest, progress, position) for `idle_seconds` pauses.
    `total` is the step to end at (None: no end) and may be set at any time.
    """

    _chunk: Chunk | None  # the one in flight; any other that lands is late and dropped
    _budget: float  # steps still to be submitted; inf while playing
    _spent: float  # of a finite budget, the steps in flight: a lost chunk gives them back

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
        self.total = total
        self.losses = 0
        self._advance, self._data, self._key = advance, data, workers.key_of(data)
        self._chunk_seconds, self._idle_seconds = chunk_seconds, idle_seconds
        self._turns = _turns(executor)
        self._stride = 1  # steps of the next chunk
        self._sends = False  # the data goes with the next chunk
        self._start = checkpoint
        self._begin(checkpoint)

    # What a visitor does

    def play(self) -> None:
        """Go on from the newest checkpoint, up to `total`."""
        self._go(math.inf)

    def step(self, steps: int = 1) -> None:
        """Do `steps` more steps, then pause."""
        with self._turns.changed:
            pending = self._budget if math.isfinite(self._budget) else 0
            self._go(pending + steps)

    def pause(self) -> None:
        """Submit no further chunk. The one in flight still counts when it lands."""
        with self._turns.changed:
            if self._active:
                self._rest("paused")
            self._turns.dispatch()

    def stop(self) -> None:
        """Pause and drop the chunk in flight: nothing of this run is left behind."""
        with self._turns.changed:
            self.pause()
            self._chunk = None

    def reset(self, checkpoint: Checkpoint | None = None) -> None:
        """Stop and go back to the first checkpoint, or begin anew with `checkpoint`."""
        with self._turns.changed:
            self._turns.leave(self)
            self._start = self._start if checkpoint is None else checkpoint
            self._begin(self._start)
            self._turns.dispatch()

    def swap(self, checkpoint: Checkpoint) -> None:
        """Replace the newest checkpoint, e.g. by one with another optimizer; a run that plays plays on from it."""
        with self._turns.changed:
            budget = self._budget + self._spent
            self._turns.leave(self)
            self._begin(checkpoint, "paused")
            self._go(budget) if budget else self._turns.dispatch()

    # What a visitor sees

    @property
    def latest(self) -> Any:
        """The newest checkpoint."""
        with self._turns.changed:
            self._look()
            return self._checkpoint

    @property
    def progress(self) -> Progress:
        """Step, speed, time left, state and, where the run stopped by itself, the reason."""
        with self._turns.changed:
            self._look()
            return self._progress()

    @property
    def position(self) -> int:
        """How many runs have their turn before this one; 0: it is being worked on, next, or not in the queue."""
        with self._turns.changed:
            self._look()
            return self._turns.place(self)

    def wait(self, timeout: float | None = None, until: Callable[[Progress], bool] | None = None) -> Progress:
        """Block until `until(progress)`, by default until nothing of this run is queued or in flight. One look."""
        with self._turns.changed:
            self._look()
            settled = (lambda: until(self._progress())) if until else (lambda: not (self._active or self._chunk))
            self._turns.changed.wait_for(settled, timeout)
            return self._progress()

    # What the queue asks; the lock is held

    def next_chunk(self) -> Chunk | None:
        """The chunk for the turn that has come, or None when there is nothing to do."""
        if time.monotonic() - self._seen > self._idle_seconds:
            self._rest("paused", f"Paused because nobody looked for {self._idle_seconds:g} s; press Play to go on.")
            return None
        left = math.inf if self.total is None else self.total - self._checkpoint.step
        steps = int(min(self._stride, self._budget, left))
        if steps < 1:
            self._rest("paused")
            return None
        self._budget -= steps
        self._spent = 0 if math.isinf(self._budget) else steps
        self._chunk = Chunk(self, self._checkpoint, steps)
        return self._chunk

    def call(self, chunk: Chunk) -> tuple[Any, ...]:
        """The arguments of workers.work for `chunk`."""
        data = (self._data,) if self._sends else ()
        return self._advance, chunk.checkpoint, self._key, data, chunk.steps

    def land(self, chunk: Chunk, outcome: Outcome | BaseException) -> None:
        """Take what came back for `chunk`, unless the run was stopped, reset or swapped meanwhile."""
        if chunk is not self._chunk:
            return
        self._chunk = None
        if isinstance(outcome, BrokenExecutor):
            self._lose(outcome)
        elif isinstance(outcome, BaseException):
            self._fail(str(outcome) or type(outcome).__name__)
        elif outcome.checkpoint is None:
            self._sends = True
            self._again()
        else:
            self._accept(chunk, outcome)

    # What happens inside; the lock is held

    @property
    def _active(self) -> bool:
        return self._budget + self._spent > 0

    def _begin(self, checkpoint: Checkpoint, resting: str = "idle") -> None:
        self._checkpoint = checkpoint
        self._chunk = None
        self._marks: deque[tuple[float, int]] = deque(maxlen=WINDOW + 1)
        self.losses = 0
        self._look()
        self._rest(resting)

    def _rest(self, state: str, reason: str = "") -> None:
        self._turns.leave(self)
        self._budget = self._spent = 0
        self._resting, self._reason = state, reason

    def _look(self) -> None:
        self._seen = time.monotonic()

    def _go(self, budget: float) -> None:
        with self._turns.changed:
            self._look()
            if not self._active:
                self._marks.clear()
            self._budget = budget
            self._resting, self._reason = "paused", ""
            if not self._chunk:
                self._turns.join(self)
            self._turns.dispatch()

    def _again(self) -> None:
        self._budget += self._spent
        self._spent = 0
        if self._budget:
            self._turns.join(self, first=True)

    def _lose(self, error: BaseException) -> None:
        self.losses += 1
        if self.losses < LOSSES:
            self._again()
        else:
            self.losses = 0
            cause = str(error).partition(".")[0].strip()
            self._fail(f"the worker was lost {LOSSES} times in a row ({cause}); make the model or the batch smaller.")

    def _fail(self, cause: str) -> None:
        self._rest("failed", f"Stopped after step {self._checkpoint.step}: {cause}")

    def _accept(self, chunk: Chunk, outcome: Outcome) -> None:
        self._checkpoint = outcome.checkpoint
        self._marks.append((time.monotonic(), self._checkpoint.step))
        wanted = chunk.steps * self._chunk_seconds / max(outcome.seconds, 1e-9)
        self._stride = max(1, int(min(wanted, GROWTH * chunk.steps)))
        self._spent, self._sends, self.losses = 0, False, 0
        if self._ended():
            self._rest("paused")
        elif self._budget:
            self._turns.join(self)

    def _ended(self) -> bool:
        return self.total is not None and self._checkpoint.step >= self.total

    def _state(self) -> str:
        if self._resting == "failed" or not (self._active or self._ended()):
            return self._resting
        if self._ended():
            return "done"
        return "queued" if self._turns.place(self) else "running"

    def _speed(self) -> float:
        if len(self._marks) < 2:
            return 0.0
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / max(end - start, 1e-9)

    def _progress(self) -> Progress:
        step, speed = self._checkpoint.step, self._speed()
        left = (self.total - step) / speed if self.total is not None and speed else None
        return Progress(step, self.total, speed, left, self._state(), self._reason)


_shared = Turns(executor)
_others: dict[Executor, Turns] = {}  # an executor of the caller's own lives as long as the process


def _turns(pool: Executor | None) -> Turns:
    if pool is None or pool is executor():
        return _shared
    return _others.setdefault(pool, Turns(lambda: pool))

"""Which queue a run is in: the shared executor's, this machine's while a cluster does not answer, or that of its own
executor."""

from concurrent.futures import Executor
from functools import partial
from typing import Protocol
from weakref import WeakKeyDictionary, WeakSet, ref

from dgm.jobs import workers
from dgm.jobs.fair_queue import FairQueue, QueuedRun


class MovableRun(QueuedRun, Protocol):
    """A run that can go on in another queue."""

    def move(self, queue: FairQueue) -> None:
        """Leave the queue for another one that has the same lock; the lock is held."""


_shared = FairQueue(workers.executor)
_here = FairQueue(workers.local_executor, _shared.changed)
_away: WeakSet[MovableRun] = WeakSet()    # runs of _shared that are in _here while the cluster does not answer
_own: WeakKeyDictionary[Executor, FairQueue] = WeakKeyDictionary()    # of callers' own executors; their runs hold them


def queue_of(pool: Executor | None) -> FairQueue:
    """The queue of the runs on `pool`; None is the executor that the runs of the process share."""
    if pool is None or workers.is_shared(pool):
        return _shared
    return _own.setdefault(pool, FairQueue(partial(_still_there, ref(pool))))


def _still_there(pool: "ref[Executor]") -> Executor:
    """The executor of a queue, which does not keep it."""
    found = pool()
    if found is None:
        raise RuntimeError("the executor is gone")
    return found


def waits_for_cluster(run: MovableRun) -> bool:
    """Whether the run is in the queue of a cluster that takes no work."""
    return run.queue is _shared and bool(_shared.trouble)


def move_here(run: MovableRun) -> None:
    """Take a run of the cluster's queue to this machine's workers until the cluster answers."""
    _away.add(run)
    run.move(_here)


def is_away(run: MovableRun) -> bool:
    """Whether the run is computed here until its cluster answers."""
    return run in _away


def _on_cluster_change() -> None:
    """Take the runs that were computed here meanwhile back to the cluster, and submit what it has room for."""
    with _shared.changed:
        if not _shared.trouble:
            for run in tuple(_away):
                _away.discard(run)
                run.move(_shared)
        _shared.dispatch()


workers.when_cluster_changes(_on_cluster_change)

"""A Dask cluster as the executor: DGM_CLUSTER is the address of its scheduler.

One executor lives as long as the process. Behind it connections come and go: a thread asks the scheduler every second
how many threads its workers have, and replaces a connection that does not answer.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from dgm.jobs.executors import Placed

if TYPE_CHECKING:
    from dgm.jobs.connection import Connection

ASK_EVERY = 1.0        # seconds between two questions to the scheduler
PATIENCE = 3.0         # seconds that it may take to answer; both together: a loss is noticed within 4 s
NO_ANSWER = "The training cluster does not answer"
NO_WORKERS = "The training cluster has no workers at the moment"

log = logging.getLogger(__name__)


class ClusterExecutor(Executor):
    """Sends work to the scheduler at `address`, e.g. "tcp://host:8786", and connects again when it was lost.

    workers: how many chunks at once at most; None: as many as the cluster's workers have threads, which changes when
    they join and leave. ImportError with the remedy when the package distributed is missing.
    """

    def __init__(self, address: str, workers: int | None = None) -> None:
        _check_installed(address)
        self.address, self._most = address, workers
        self.on_change: Callable[[], None] = _nothing    # called in another thread when capacity or trouble changed
        self._connection: Connection | None = None
        self._asked = threading.Event()   # the first question has an answer, or none
        self._wake, self.ended = threading.Event(), False
        self._watcher = threading.Thread(target=self._watch, name="cluster watch", daemon=True)
        self._watcher.start()

    @property
    def capacity(self) -> int:
        """How many chunks the cluster takes at once; 0 while it does not answer."""
        connection = self._connection
        if connection is None or not connection.usable:
            return 0
        return connection.capacity if self._most is None else min(self._most, connection.capacity)

    @property
    def trouble(self) -> str:
        """Why the cluster takes no work, as a sentence without its full stop; "" when it does."""
        if not self._asked.is_set() or self.capacity:
            return ""
        return NO_ANSWER if self._connection is None or not self._connection.usable else NO_WORKERS

    def place(self, key: str, data: Any) -> Placed:
        """Data as an argument of `submit`: sent to the cluster once, whatever the number of chunks."""
        return Placed(key, data)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run fn(*args, **kwargs) on a worker. The future fails with a WorkerLost where the work was lost."""
        from dgm.jobs.connection import failed
        from dgm.jobs.lost_workers import SchedulerLost

        connection = self._connection
        if connection is None:
            self._asked.wait(PATIENCE)    # only until the first question is answered
            connection = self._connection
        return failed(SchedulerLost(NO_ANSWER)) if connection is None else connection.submit(fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Close the connection; the cluster itself goes on."""
        self.ended = True
        self._wake.set()
        if wait and threading.current_thread() is not self._watcher:
            self._watcher.join(PATIENCE + ASK_EVERY)

    def _watch(self) -> None:
        while not self.ended:
            self._ask()
            self._wake.wait(ASK_EVERY)
            self._wake.clear()
        self._lose("closed")

    def _ask(self) -> None:
        before = self.capacity, self.trouble
        try:
            if self._connection is None:
                self._connect()
            elif not self._connection.usable:
                raise OSError("the connection was closed")
            if self._connection is not None:
                self._connection.ask(PATIENCE)
        except Exception as cause:    # of distributed, tornado or the system: whatever it is, there is no answer
            self._lose(repr(cause))
        self._asked.set()
        if before != (self.capacity, self.trouble):
            self.on_change()

    def _connect(self) -> None:
        from dgm.jobs.connection import Connection

        self._connection = Connection(self.address, PATIENCE, on_trouble=self._wake.set)
        log.info("the cluster at %s answers", self.address)

    def _lose(self, cause: str) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            log.warning("the cluster at %s is lost: %s", self.address, cause)
            connection.abandon(NO_ANSWER)


def _nothing() -> None:
    """What happens at a change when nobody asked to be called."""


def _check_installed(address: str) -> None:
    try:
        import distributed
    except ImportError as error:
        raise ImportError(
            f"DGM_CLUSTER is {address!r} but the package distributed is missing: "
            "install it with pip install distributed, or unset DGM_CLUSTER to train on this machine"
        ) from error
    _ = distributed


__all__ = ["NO_ANSWER", "NO_WORKERS", "ClusterExecutor"]

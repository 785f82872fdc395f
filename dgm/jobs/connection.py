"""One connection to a Dask scheduler, from the first answer to its loss. The only file that imports distributed."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from distributed import Client
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from dgm.jobs.executors import Placed
from dgm.jobs.lost_workers import MAX_LOSSES, SchedulerLost, WorkerLost

# Its tracebacks say what `cluster` says in one line.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
DATASETS = 8    # data sets that stay on the cluster, the most recently used


class Connection:
    """A client of the scheduler at `address`, connected within `seconds`; OSError or TimeoutError when it is not.

    on_trouble: called when work shows that the connection or all workers are gone.
    """

    def __init__(self, address: str, seconds: float, on_trouble: Callable[[], None]) -> None:
        self._client = Client(address, timeout=seconds, set_as_default=False)
        self._sender = ThreadPoolExecutor(1, "cluster sender")    # scatter blocks, and a caller holds a lock
        self._on_trouble, self._abandoned = on_trouble, ""
        self.capacity = 0    # threads of the workers, at the last answer
        self._stored: OrderedDict[str, Any] = OrderedDict()    # key -> the future of data on the cluster
        self._open: set[Future[Any]] = set()
        self._lock = threading.Lock()

    @property
    def usable(self) -> bool:
        """Whether the line to the scheduler is there, as far as this end sees."""
        return not self._abandoned and self._client.status == "running"

    def ask(self, seconds: float) -> None:
        """Set `capacity`. An error when the scheduler is silent for `seconds`."""
        threads = self._client.sync(self._client.scheduler.ncores, callback_timeout=seconds)
        self.capacity = sum(threads.values())

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> "Future[Any]":
        """Run fn(*args) on a worker; a Placed among args arrives as a tuple of its data."""
        answer: Future[Any] = Future()
        with self._lock:
            if self._abandoned:
                return failed(SchedulerLost(self._abandoned))
            self._open.add(answer)
            self._sender.submit(self._send, answer, fn, args, kwargs)
        return answer

    def abandon(self, sentence: str) -> None:
        """Close without waiting; all that is still open fails with SchedulerLost."""
        with self._lock:
            self._abandoned = sentence
            still, self._open = self._open, set()
        for answer in still:
            _resolve(answer, error=SchedulerLost(sentence))
        self._sender.shutdown(wait=False, cancel_futures=True)
        threading.Thread(target=_close, args=(self._client,), daemon=True).start()

    # In the sender's thread

    def _send(self, answer: "Future[Any]", fn: Callable[..., Any], args: tuple[Any, ...],
              kwargs: Mapping[str, Any]) -> None:
        try:
            sent = [(self._handle(arg),) if isinstance(arg, Placed) else arg for arg in args]
            work = self._client.submit(fn, *sent, pure=False, **kwargs)    # the same call twice is two chunks
        except (OSError, TimeoutError, CommClosedError) as cause:    # no worker to store the data, or no scheduler
            self._finish(answer, error=self._lost(cause))
        except Exception as error:
            self._finish(answer, error=error if self.usable else self._lost(error))
        else:
            work.add_done_callback(partial(self._on_done, answer))

    def _handle(self, placed: Placed) -> Any:
        """The future of the data: it keeps them on a worker, from where the others fetch them."""
        handle = self._stored.pop(placed.key, None)
        if handle is None or handle.status != "finished":    # never sent, or lost with its worker
            handle = self._client.scatter([placed.data], hash=False)[0]
        self._stored[placed.key] = handle
        while len(self._stored) > DATASETS:
            self._stored.popitem(last=False)
        return handle

    # In a thread of the client's

    def _on_done(self, answer: "Future[Any]", work: Any) -> None:
        try:
            self._finish(answer, work.result())
        except CancelledError:    # the scheduler forgot it: the data were lost with a worker, or the scheduler itself
            lost = WorkerLost("the data were lost with their worker")
            self._finish(answer, error=lost if self.usable else self._lost("cancelled"))
        except KilledWorker:
            self._finish(answer, error=WorkerLost("its workers were killed", losses=MAX_LOSSES))
        except CommClosedError as cause:    # the line was lost on the result's way, before the client has noticed
            self._finish(answer, error=self._lost(cause))
        except Exception as error:
            self._finish(answer, error=error if self.usable else self._lost(error))

    def _lost(self, cause: object) -> SchedulerLost:
        """No capacity until the next answer: what is submitted before would be lost too."""
        self.capacity = 0
        self._on_trouble()
        return SchedulerLost(f"the cluster took no work: {cause}")

    def _finish(self, answer: "Future[Any]", value: Any = None, error: BaseException | None = None) -> None:
        with self._lock:
            self._open.discard(answer)
        _resolve(answer, value, error)


def failed(error: BaseException) -> "Future[Any]":
    """A future that has failed with `error`."""
    answer: Future[Any] = Future()
    answer.set_exception(error)
    return answer


def _resolve(answer: "Future[Any]", value: Any = None, error: BaseException | None = None) -> None:
    with suppress(InvalidStateError):    # abandoned and answered at the same moment, or cancelled by its caller
        answer.set_exception(error) if error else answer.set_result(value)


def _close(client: Client) -> None:
    with suppress(Exception):    # a client without a scheduler cannot say goodbye
        client.close(timeout=1)


__all__ = ["Connection", "failed"]

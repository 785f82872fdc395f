"""The shared executor, and what its workers run: processes of this machine or, with DGM_CLUSTER set, a Dask cluster.

Settings, read from the environment: DGM_WORKERS (how many chunks at once; default: cores less one, at least one),
DGM_THREADS (torch threads in each worker, default 1), DGM_CLUSTER (address of a Dask scheduler, e.g. tcp://host:8786).
"""

import contextlib
import gc
import importlib
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import uuid4

from dgm import environment
from dgm.jobs import borders, executors
from dgm.jobs.cluster import ClusterExecutor
from dgm.jobs.worker_pool import WorkerPool

NICENESS = 19          # where the system has no scheduling class below the normal one
DATASETS = 8           # data sets stored in each worker
PARENT_CHECK = 1.0     # seconds between two looks of a worker at its parent

_lock = threading.Lock()
_shared: Executor | None = None            # of worker processes of this machine
_cluster: ClusterExecutor | None = None
_on_cluster_change: list[Callable[[], None]] = []
_exiting = threading.Event()
_keys: dict[int, tuple[Any, str]] = {}  # id -> the data (a weak reference) and their key in the workers
_stored: dict[str, Any] = {}            # in a worker: key -> data, the least recently used first


class Outcome(NamedTuple):
    """What a chunk returns: the new checkpoint (None: this worker lacks the data) and the seconds it took."""

    checkpoint: Any
    seconds: float


def executor() -> Executor:
    """The one executor of this process: the cluster's where DGM_CLUSTER is set, else `local_executor()`.

    RuntimeError while the process ends, ArgumentError when DGM_WORKERS is no whole number from 1, ImportError when
    DGM_CLUSTER is set and the package distributed is missing. A cluster that does not answer raises nothing here: its
    executor takes no work until it does.

    >>> from dgm import jobs
    >>> jobs.executor().submit(abs, -3).result()
    3
    """
    address = os.environ.get("DGM_CLUSTER")
    return _cluster_at(address) if address else local_executor()


def local_executor() -> Executor:
    """The one pool of worker processes on this machine, replaced when it was shut down. Raises as `executor`.

    >>> from dgm.jobs import workers
    >>> workers.local_executor().submit(abs, -3).result()
    3
    """
    global _shared  # noqa: PLW0603
    with _lock:
        _check_not_ending()
        if _shared is None or not executors.is_usable(_shared):
            _shared = _local_pool()
        return _shared


def _cluster_at(address: str) -> ClusterExecutor:
    global _cluster  # noqa: PLW0603
    with _lock:
        _check_not_ending()
        if _cluster is None or _cluster.ended or _cluster.address != address:
            _leave_cluster()
            _cluster = ClusterExecutor(address, environment.whole("DGM_WORKERS", 0, 1) or None)
            _cluster.on_change = _notify_of_cluster
        return _cluster


def _leave_cluster() -> None:
    if _cluster is not None:
        _cluster.shutdown(wait=False)


def _check_not_ending() -> None:
    if _exiting.is_set():
        raise RuntimeError("this process is ending and takes no new work")


def when_cluster_changes(call: Callable[[], None]) -> None:
    """Have `call` called, in another thread, when the cluster is lost, comes back, or gains or loses workers."""
    _on_cluster_change.append(call)


def _notify_of_cluster() -> None:
    for call in _on_cluster_change:
        call()


def is_shared(pool: Executor) -> bool:
    """Whether `pool` is the executor of this process; starts none."""
    return pool is (_cluster if os.environ.get("DGM_CLUSTER") else _shared)


def warm(module: str = "torch") -> None:
    """Start the workers and import `module` in each of them, without waiting for it; of later ones in each first.

    From then on a spare worker takes the place of one that is lost, at once.

    Raises as `executor`, ArgumentError when `module` is no text. A module that cannot be imported raises nothing here:
    the chunk that needs it will.

    >>> from dgm import jobs
    >>> jobs.warm("math")
    """
    borders.check_module(module)
    executors.prepare(executor(), _import, module)


def data_key(data: Any) -> str:
    """The key under which workers store `data`: one per object, so that runs on the same data send them once."""
    if id(data) in _keys and _keys[id(data)][0]() is data:
        return _keys[id(data)][1]
    key = uuid4().hex
    with contextlib.suppress(TypeError):  # tuples and the like take no weak reference: one key for each run
        _keys[id(data)] = weakref.ref(data, partial(_drop_key, id(data))), key
    return key


def run_chunk(advance: Callable[..., Any], checkpoint: Any, key: str, data: tuple[Any, ...], steps: int) -> Outcome:
    """Advance `checkpoint` by `steps`, in a worker.

    data: (the data,), or () when this worker should have them already.
    """
    if not data and key not in _stored:
        return Outcome(None, 0.0)
    _freeze_gc()
    values = _store(key, data[0] if data else _stored[key])
    start = time.perf_counter()
    checkpoint = advance(checkpoint, values, steps)
    return Outcome(checkpoint, time.perf_counter() - start)


def _drop_key(identity: int, reference: Any) -> None:
    if identity in _keys and _keys[identity][0] is reference:
        del _keys[identity]


def _local_pool() -> Executor:
    threads = str(environment.threads())
    env = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    count = environment.whole("DGM_WORKERS", max(1, executors.cores() - 1), 1)
    pool = WorkerPool(count, partial(executors.process_pool, 1, _initialise, os.getpid(), env=env))
    _register_exit()  # after the pool's own hook, so that it runs before it
    return pool


@cache
def _register_exit() -> None:
    executors.before_threads_join(_kill_workers)


def _kill_workers() -> None:
    """Kill the workers when the interpreter ends: by default it waits for the chunks in flight."""
    _exiting.set()
    with _lock:
        if _shared is not None:
            executors.kill(_shared)


# In a worker


def _initialise(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends its workers
    _lower_priority()
    threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _lower_priority() -> None:
    """Compute only while a core is free: the server answers a click first, however long a chunk is."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(NICENESS)


def _exit_with_parent(parent: int) -> None:
    """End this worker soon after its parent: a parent that was killed could not do so."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    os._exit(1)


def _import(module: str) -> None:
    importlib.import_module(module)


def _store(key: str, data: Any) -> Any:
    _stored.pop(key, None)
    _stored[key] = data
    for old in list(_stored)[:-DATASETS]:
        _stored.pop(old, None)
    return data


@cache
def _freeze_gc() -> None:
    """Exempt what is imported by now from garbage collection: loky collects every second, 50 ms with torch."""
    gc.collect()
    gc.freeze()

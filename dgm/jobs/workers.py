"""Where chunks of work run: worker processes of this machine or, with DGM_CLUSTER set, a Dask cluster.

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

import loky

NICENESS = 19  # where the system knows no lower class of work
HELD = 8  # data sets kept in each worker
_lock = threading.Lock()
_shared: Executor | None = None
_ending = threading.Event()
_keys: dict[int, tuple[Any, str]] = {}  # id -> the data (weakly) and the name under which workers hold it
_held: dict[str, Any] = {}  # in a worker: key -> data, the longest unused first


class Outcome(NamedTuple):
    """What a chunk brings back: the new checkpoint (None: this worker lacks the data) and the seconds it took."""

    checkpoint: Any
    seconds: float


def executor() -> Executor:
    """The one executor of this process, made anew once broken or shut down. RuntimeError while the process ends."""
    global _shared  # noqa: PLW0603
    with _lock:
        if _ending.is_set():
            raise RuntimeError("the server is ending: no new work")
        if _shared is None or not _usable(_shared):
            address = os.environ.get("DGM_CLUSTER")
            _shared = _cluster(address) if address else _processes()
        return _shared


def warm(module: str = "torch") -> None:
    """Start the workers and import `module` in them, without waiting for it."""
    pool = executor()
    for _ in range(capacity(pool)):
        pool.submit(_import, module)


def capacity(pool: Executor) -> int:
    """How many chunks `pool` works on at the same time."""
    return getattr(pool, "_max_workers", 1)


def key_of(data: Any) -> str:
    """The name under which workers hold `data`: one per object, so that runs on the same data send it once."""
    if id(data) in _keys and _keys[id(data)][0]() is data:
        return _keys[id(data)][1]
    key = uuid4().hex
    with contextlib.suppress(TypeError):  # tuples and the like cannot be referred to weakly: one key for each run
        _keys[id(data)] = weakref.ref(data, partial(_forget, id(data))), key
    return key


def work(advance: Callable[..., Any], checkpoint: Any, key: str, data: tuple[Any, ...], steps: int) -> Outcome:
    """Advance `checkpoint`, in a worker; `data` is (the data,) or, when the worker should still hold it, ()."""
    if not data and key not in _held:
        return Outcome(None, 0.0)
    _settle()
    held = _hold(key, data[0] if data else _held[key])
    start = time.perf_counter()
    checkpoint = advance(checkpoint, held, steps)
    return Outcome(checkpoint, time.perf_counter() - start)


def _forget(identity: int, reference: Any) -> None:
    if identity in _keys and _keys[identity][0] is reference:
        del _keys[identity]


def _usable(pool: Executor) -> bool:
    flags = getattr(pool, "_flags", None)
    return flags is None or not (flags.broken or flags.shutdown)


def _processes() -> Executor:
    threads = os.environ.get("DGM_THREADS", "1")
    env = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    count = _count() or max(1, loky.cpu_count() - 1)
    pool = loky.ProcessPoolExecutor(count, initializer=_prepare, initargs=(os.getpid(),), env=env)
    pool.submit(int)  # starts the workers; and loky's exit hook comes before ours, so that ours is called first
    _register_end()
    return pool


@cache
def _register_end() -> None:
    register = getattr(threading, "_register_atexit", None)  # atexit itself is too late: threads are joined before
    if register:
        register(_end)


def _end() -> None:
    """Kill the workers when the interpreter ends: by default it waits for what they are working on."""
    _ending.set()
    with _lock:
        if isinstance(_shared, loky.ProcessPoolExecutor):
            _shared.shutdown(wait=False, kill_workers=True)


def _cluster(address: str) -> Executor:
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(
            f"DGM_CLUSTER is {address!r} but the package distributed is missing: "
            "install it with pip install distributed, or unset DGM_CLUSTER to train on this machine"
        ) from error
    client = Client(address)
    pool = client.get_executor(pure=False)
    pool._max_workers = _count() or max(1, sum(client.nthreads().values()))  # it does not say so itself
    return pool


def _count() -> int | None:
    text = os.environ.get("DGM_WORKERS")
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"DGM_WORKERS is {text!r}: give a whole number of workers from 1, or unset it")
    return int(text)


def _prepare(server: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends its workers
    _give_way()
    threading.Thread(target=_leave_with, args=(server,), daemon=True).start()


def _give_way() -> None:
    """Train while nobody else wants the core: a click is answered first, however long a chunk is."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(NICENESS)


def _leave_with(server: int) -> None:
    """End this worker soon after its server: a server that was killed could not do so."""
    while os.getppid() == server:
        time.sleep(1)
    os._exit(1)


def _import(module: str) -> None:
    importlib.import_module(module)


def _hold(key: str, data: Any) -> Any:
    _held.pop(key, None)
    _held[key] = data
    for old in list(_held)[:-HELD]:
        _held.pop(old, None)
    return data


@cache
def _settle() -> None:
    """Exempt what is imported by now from garbage collection: loky collects every second, 50 ms with torch."""
    gc.collect()
    gc.freeze()

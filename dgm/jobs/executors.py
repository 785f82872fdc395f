"""The process pool, and the only file that names what loky, the standard library and threading keep private.

Each use says what it buys. tests/dgm/jobs/test_executors.py fails with a sentence when a release moves one of them.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, NamedTuple

import loky

# Where psutil is installed, loky ends a worker that has grown by 300 MB since its first task. The first chunk of a run
# imports torch and loads its data, which is more than that, so a limit for real leaks is set.
MEMORY = {"LOKY_MAX_MEMORY_LEAK_SIZE": "4e9"}   # bytes


class Placed(NamedTuple):
    """Data among the arguments of a chunk, which the executor stores once under `key`; see `placed`."""

    key: str
    data: Any


def cores() -> int:
    """How many cores this process may use; containers and affinity masks count."""
    return int(loky.cpu_count())


def process_pool(workers: int, initializer: Callable[..., None], *arguments: Any, env: Mapping[str, str]) -> Executor:
    """A pool of `workers` processes that run `initializer(*arguments)` and start now.

    loky, because the standard library's pool imports the main script again in each worker (which under Streamlit is
    the app), and cannot send a function that was defined in a notebook.
    env: environment variables of the workers, set before they import anything.
    """
    pool = loky.ProcessPoolExecutor(workers, initializer=initializer, initargs=arguments, env={**MEMORY, **env})
    pool.submit(int)  # starts the workers, and registers loky's exit hook: hooks run in reverse order, ours first
    return pool


def capacity(pool: Executor) -> int:
    """How many chunks `pool` works on at the same time: its `capacity`, as a cluster's; 1 where it does not say.

    Private: `_max_workers`, the same attribute in loky and in the standard library. It buys that a queue
    submits no more chunks than can run at once, so that a pause acts within one chunk and the runs share fairly: what
    an executor has accepted cannot be reordered.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> capacity(ThreadPoolExecutor(3))
    3
    """
    own: int | None = getattr(pool, "capacity", None)
    return int(getattr(pool, "_max_workers", 1)) if own is None else own


def isolates(pool: Executor) -> bool:
    """Whether a chunk that ends its worker ends no other chunk; False where `pool` does not say.

    >>> from concurrent.futures import ProcessPoolExecutor
    >>> isolates(ProcessPoolExecutor(3))
    False
    """
    return bool(getattr(pool, "isolates", False))


def prepare(pool: Executor, call: Callable[..., Any], *arguments: Any) -> None:
    """Make this call in each worker of `pool`, and in later ones where it can do that, without waiting for it."""
    own: Callable[..., None] | None = getattr(pool, "prepare", None)
    if own:
        own(call, *arguments)
    else:
        for _ in range(capacity(pool)):
            pool.submit(call, *arguments)


def trouble(pool: Executor) -> str:
    """Why `pool` takes no work at the moment, without a full stop; "" when it does, or does not say.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> trouble(ThreadPoolExecutor(3))
    ''
    """
    return str(getattr(pool, "trouble", ""))


def placed(pool: Executor, key: str, data: Any) -> Any:
    """Data as an argument of a chunk for an executor that stores them once, as a cluster's; None for another one."""
    place: Callable[[str, Any], Any] | None = getattr(pool, "place", None)
    return place(key, data) if place else None


def is_usable(pool: Executor) -> bool:
    """Whether `pool` takes new work: its `usable`; True where it cannot be seen.

    Private: loky's `_flags`. It buys that a pool whose idle worker was killed is replaced before the next chunk:
    found out by submitting, each such death would count as a chunk that its run lost, and three end the run.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> is_usable(ThreadPoolExecutor(1))
    True
    """
    own: bool | None = getattr(pool, "usable", None)
    flags = getattr(pool, "_flags", None)
    return (flags is None or not (flags.broken or flags.shutdown)) if own is None else own


def worker_pids(pool: Executor) -> list[int]:
    """Process ids of a pool's workers: its `pids`; [] for executors without processes.

    Private: `_processes`. It buys the tests that kill a worker, and an operator's look at what belongs to the server.
    """
    return list(getattr(pool, "pids", ()) or getattr(pool, "_processes", ()))


def kill(pool: Executor, wait: bool = False) -> None:
    """End the worker processes of a pool at once, whatever they are working on; other executors stay as they are.

    wait: until they have ended.
    """
    if isinstance(pool, loky.ProcessPoolExecutor) or hasattr(pool, "pids"):
        ended: Any = pool     # the standard library's executors do not kill
        ended.shutdown(wait=wait, kill_workers=True)


def before_threads_join(call: Callable[[], None]) -> None:
    """Run `call` when the interpreter ends, before it waits for its threads.

    Private: `threading._register_atexit`, which loky and concurrent.futures use too; `atexit` itself comes after the
    threads. It buys that Ctrl-C ends the server at once: else the interpreter waits for the chunks in flight. Without
    it (another Python) the workers still end, after their chunk.
    """
    register = getattr(threading, "_register_atexit", None)
    if register:
        register(call)

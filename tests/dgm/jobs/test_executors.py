"""dgm.jobs.executors: each private name that it reads is still there, in the releases that are installed."""

import inspect
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import loky
import pytest

from dgm.jobs import executors

SOON = 120.0  # seconds; a generous end to waiting, not a measure of speed


@pytest.fixture
def pool() -> Iterator[Executor]:
    pool = executors.process_pool(2, os.getpid, env={"DGM_TEST": "set"})
    yield pool
    executors.kill(pool)


def test_capacity_reads_max_workers(pool: Executor) -> None:
    assert executors.capacity(pool) == 2, "loky has no _max_workers any more: executors.capacity needs another source"
    for standard in (ThreadPoolExecutor(3), ProcessPoolExecutor(3)):
        assert executors.capacity(standard) == 3, (
            f"{type(standard).__name__} has no _max_workers any more: executors.capacity needs another source")
    assert executors.capacity(Executor()) == 1


def test_worker_pids_reads_processes(pool: Executor) -> None:
    assert len(executors.worker_pids(pool)) == 2, (
        "loky has no _processes any more: executors.worker_pids needs another source")
    assert pool.submit(os.getpid).result(SOON) in executors.worker_pids(pool)
    assert executors.worker_pids(ThreadPoolExecutor(1)) == []


def test_a_pool_with_a_killed_worker_is_not_usable(pool: Executor) -> None:
    assert hasattr(pool, "_flags"), "loky has no _flags any more: executors.is_usable needs another source"
    assert executors.is_usable(pool)
    os.kill(pool.submit(os.getpid).result(SOON), signal.SIGKILL)
    deadline = time.monotonic() + SOON
    while executors.is_usable(pool):
        assert time.monotonic() < deadline, "loky's _flags.broken stays unset after a worker died"
        time.sleep(0.01)


def test_a_pool_that_was_shut_down_is_not_usable(pool: Executor) -> None:
    pool.shutdown()
    assert not executors.is_usable(pool), "loky's _flags.shutdown stays unset: executors.is_usable needs another source"


def test_kill_ends_a_pool_that_is_busy(pool: Executor) -> None:
    busy = pool.submit(time.sleep, SOON)
    executors.kill(pool)
    assert isinstance(busy.exception(SOON), loky.process_executor.ShutdownExecutorError | loky.BrokenProcessPool)
    with ThreadPoolExecutor(1) as threads:
        executors.kill(threads)
        assert threads.submit(int).result(SOON) == 0


def test_environment_reaches_the_workers(pool: Executor) -> None:
    assert pool.submit(os.getenv, "DGM_TEST").result(SOON) == "set"
    assert "DGM_TEST" not in os.environ


def test_before_threads_join_has_its_hook() -> None:
    register = getattr(threading, "_register_atexit", None)
    assert register is not None, (
        "threading has no _register_atexit any more: executors.before_threads_join does nothing, and a server that "
        "ends waits for the chunks in flight")
    assert next(iter(inspect.signature(register).parameters)) == "func"

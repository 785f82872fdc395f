"""dgm.jobs.worker_pool: one lost worker ends no other chunk, and a spare one is ready to take its place."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor

import pytest

from dgm.jobs import executors
from dgm.jobs.worker_pool import WorkerPool
from tests.dgm.jobs.folds import SOON


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(2, lambda: executors.process_pool(1, int, env={}))
    yield pool
    executors.kill(pool)


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def spare_pids(pool: WorkerPool) -> list[int]:
    return executors.worker_pids(pool._spare) if pool._spare else []


def kill(pool: WorkerPool, pid: int) -> None:
    """Kill a worker, and wait until the pool has noticed."""
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not all(executors.is_usable(worker) for worker in pool._workers))


def loaded(module: str) -> bool:
    return module in sys.modules


def test_a_killed_worker_ends_its_own_call_alone(pool: WorkerPool) -> None:
    lost, kept = pool.submit(time.sleep, SOON), pool.submit(time.sleep, 1.0)
    first, second = pool.pids
    os.kill(first, signal.SIGKILL)
    assert isinstance(lost.exception(SOON), BrokenExecutor)
    assert kept.exception(SOON) is None
    assert {pool.submit(os.getpid).result(SOON) for _ in range(4)} <= set(pool.pids)
    assert second in pool.pids
    assert first not in pool.pids
    assert len(pool.pids) == pool.capacity == 2


def test_calls_go_to_the_worker_with_the_fewest(pool: WorkerPool) -> None:
    busy = pool.submit(time.sleep, 1.0)
    others = [pool.submit(os.getpid).result(SOON) for _ in range(3)]
    assert not busy.done()
    assert len(set(others)) == 1
    busy.result(SOON)
    assert pool._chunks == [0, 0]


def test_the_spare_worker_is_prepared_and_takes_the_place_of_a_lost_one(pool: WorkerPool) -> None:
    assert pool.submit(loaded, "colorsys").result(SOON) is False
    assert spare_pids(pool) == [], "a pool that was not prepared has none"
    pool.prepare(__import__, "colorsys")
    pool.submit(int).result(SOON)
    wait_for(lambda: spare_pids(pool))
    (spare,) = spare_pids(pool)
    first, second = pool.pids
    kill(pool, first)
    at_work = [pool.submit(time.sleep, 0.5) for _ in range(2)]
    assert set(pool.pids) == {spare, second}
    for call in at_work:
        call.result(SOON)
    assert all(call.result(SOON) for call in [pool.submit(loaded, "colorsys") for _ in range(2)])
    wait_for(lambda: spare_pids(pool) not in ([], [spare]))     # the next one


def test_a_spare_that_was_killed_too_is_replaced(pool: WorkerPool) -> None:
    pool.prepare(int)
    pool.submit(int).result(SOON)
    wait_for(lambda: spare_pids(pool))
    spare = pool._spare
    assert spare
    os.kill(spare_pids(pool)[0], signal.SIGKILL)
    wait_for(lambda: not executors.is_usable(spare))
    kill(pool, pool.pids[0])
    assert pool.submit(abs, -3).result(SOON) == 3


def test_preparing_a_pool_whose_worker_was_killed_raises_nothing(pool: WorkerPool) -> None:
    kill(pool, pool.pids[0])
    pool.prepare(__import__, "colorsys")
    assert pool.submit(loaded, "colorsys").result(SOON)


@pytest.mark.parametrize("kill_workers", [False, True])
def test_a_pool_that_was_shut_down_takes_nothing(pool: WorkerPool, kill_workers: bool) -> None:
    pool.prepare(int)
    pool.submit(int).result(SOON)
    assert executors.is_usable(pool)
    pool.shutdown(kill_workers=kill_workers)
    assert not executors.is_usable(pool)
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)

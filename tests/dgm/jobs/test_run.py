"""dgm.jobs: chunks do not change the result, runs share fairly, each command does what it says, none leaves work."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from dgm import jobs
from dgm.jobs import executors, workers
from dgm.jobs import run as run_module

ROOT = Path(__file__).parents[3]
SOON = 120.0  # seconds; a generous end to waiting, not a measure of speed


class Count(NamedTuple):
    """A fold whose value shows every step and the data: value <- 3 value + data + step, modulo a prime."""

    step: int = 0
    value: int = 1
    pause: float = 0.0


class Numbers(list):
    """Data that take a weak reference, as tensors do."""


def count(checkpoint: Count, data: list[int], steps: int) -> Count:
    step, value, pause = checkpoint
    for at in range(step, step + steps):
        value = (3 * value + data[at % len(data)] + at) % 1_000_003
        time.sleep(pause)
    return Count(step + steps, value, pause)


def diverge(checkpoint: Count, data: list[int], steps: int) -> Count:
    if checkpoint.step + steps > 10:
        raise ValueError("the loss is not finite; lower the learning rate.")
    return count(checkpoint, data, steps)


DATA = Numbers([5, 7, 11])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """One worker, a thread: fast, and the test can see what it does."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


class Gate:
    """An advance that waits for the test before each chunk, so that the test knows what is in flight."""

    def __init__(self) -> None:
        self.arrived, self.release = threading.Semaphore(0), threading.Semaphore(0)
        self.calls: list[tuple[int, int]] = []

    def __call__(self, checkpoint: Count, data: list[int], steps: int) -> Count:
        self.calls.append((checkpoint.step, steps))
        self.arrived.release()
        assert self.release.acquire(timeout=SOON)
        return count(checkpoint, data, steps)

    def wait_for_chunk(self) -> None:
        assert self.arrived.acquire(timeout=SOON), "no chunk was submitted"


def test_chunks_do_not_change_the_result_in_worker_processes() -> None:
    run = jobs.Run(count, Count(pause=1e-4), DATA, total=500, chunk_seconds=0.01)
    run.play()
    progress = run.wait(SOON)
    assert (progress.step, progress.state, progress.seconds_left, progress.reason) == (500, "done", 0, "")
    assert run.latest == count(Count(pause=0), DATA, 500)._replace(pause=1e-4)


def test_chunks_grow_towards_chunk_seconds(pool: ThreadPoolExecutor) -> None:
    sizes: list[int] = []

    def timed(checkpoint: Count, data: list[int], steps: int) -> Count:
        sizes.append(steps)
        return count(checkpoint, data, steps)

    run = jobs.Run(timed, Count(pause=0.002), DATA, total=250, chunk_seconds=0.1, executor=pool)
    run.play()
    assert run.wait(SOON).state == "done"
    assert sizes[0] == 1
    assert all(after <= run_module.GROWTH * before for before, after in pairwise(sizes))
    assert 8 < max(sizes) <= 50  # 0.1 s at 2 ms or more a step; the largest chunk comes near it


def test_speed_and_time_left_agree_with_the_clock(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(count, Count(pause=0.01), DATA, total=1000, chunk_seconds=0.05, executor=pool)
    run.play()
    progress = run.wait(SOON, until=lambda p: p.step > 30)
    run.stop()
    assert 0 < progress.steps_per_second <= 100
    assert progress.seconds_left == pytest.approx((1000 - progress.step) / progress.steps_per_second)


def test_pause_counts_the_chunk_in_flight_and_submits_no_other(pool: ThreadPoolExecutor) -> None:
    gate = Gate()
    run = jobs.Run(gate, Count(), DATA, executor=pool)
    assert run.progress.state == "idle"
    run.play()
    gate.wait_for_chunk()
    assert run.progress.state == "running"
    run.pause()
    assert run.progress.state == "paused"
    assert run.latest.step == 0
    gate.release.release()
    assert run.wait(SOON).step == 1
    assert pool.submit(int).result(SOON) == 0  # the pool has nothing else queued
    assert gate.calls == [(0, 1)]


def test_step_does_one_step_for_each_call(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(count, Count(), DATA, executor=pool)
    for calls in (1, 1, 3):
        before = run.latest.step
        for _ in range(calls):
            run.step()
        progress = run.wait(SOON)
        assert (progress.step, progress.state) == (before + calls, "paused")
    run.play()
    run.wait(SOON, until=lambda p: p.step > 100)
    run.step()
    assert run.wait(SOON).state == "paused"


def test_reset_drops_a_late_result(pool: ThreadPoolExecutor) -> None:
    gate = Gate()
    run = jobs.Run(gate, Count(), DATA, executor=pool)
    run.play()
    gate.wait_for_chunk()
    run.reset()
    assert run.progress.state == "idle"
    run.step()  # while the old chunk is still in flight
    gate.release.release()
    gate.wait_for_chunk()
    assert run.latest == Count()
    gate.release.release()
    assert run.wait(SOON).step == 1
    assert gate.calls == [(0, 1), (0, 1)]
    run.reset(Count(step=7))
    assert run.latest == Count(step=7)


@pytest.mark.parametrize("playing", [True, False])
def test_swap_continues_from_the_new_checkpoint(pool: ThreadPoolExecutor, playing: bool) -> None:
    gate = Gate()
    run = jobs.Run(gate, Count(), DATA, total=41, executor=pool)
    run.play()
    gate.wait_for_chunk()
    if not playing:
        run.pause()
    run.swap(Count(step=40, value=9))
    assert run.latest == Count(step=40, value=9)
    assert run.progress.state == ("running" if playing else "paused")
    gate.release.release(2)
    run.play()
    assert run.wait(SOON).state == "done"
    assert run.latest == count(Count(step=40, value=9), DATA, 1)
    assert gate.calls == [(0, 1), (40, 1)]


def test_total_may_grow_and_a_finished_run_stays_finished(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(count, Count(), DATA, total=5, executor=pool)
    run.play()
    assert run.wait(SOON).state == "done"
    run.play()
    run.step()
    assert run.wait(SOON)[:2] == (5, 5)
    run.total = 8
    run.play()
    assert run.wait(SOON).step == 8


def test_after_an_error_the_last_good_checkpoint_and_the_reason_remain() -> None:
    run = jobs.Run(diverge, Count(), DATA)
    run.play()
    progress = run.wait(SOON)
    assert progress.state == "failed"
    assert progress.reason == f"Stopped after step {progress.step}: the loss is not finite; lower the learning rate."
    assert run.latest == count(Count(), DATA, progress.step)
    assert 1 <= progress.step <= 10
    run.reset()
    assert run.progress[4:] == ("idle", "")


def test_a_function_that_cannot_be_pickled_is_a_failure_not_a_hang() -> None:
    lock = threading.Lock()
    run = jobs.Run(lambda c, x, n: lock and c, Count(), DATA)
    run.play()
    assert "pickle" in run.wait(SOON).reason


def test_a_run_that_nobody_reads_pauses_by_itself(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(count, Count(pause=0.01), DATA, chunk_seconds=0.02, idle_seconds=0.2, executor=pool)
    start = time.monotonic()
    run.play()
    progress = run.wait(SOON)
    assert time.monotonic() - start > 0.2
    assert (progress.state, progress.step > 0) == ("paused", True)
    assert progress.reason == "Paused because nobody looked for 0.2 s; play to go on."
    run.play()
    assert run.progress[4:] == ("running", "")
    run.stop()


@pytest.mark.parametrize("reading", ["latest", "progress", "position"])
def test_a_run_that_is_read_continues(pool: ThreadPoolExecutor, reading: str) -> None:
    gate, idle = Gate(), 0.3
    run = jobs.Run(gate, Count(), DATA, idle_seconds=idle, executor=pool)
    run.play()
    gate.wait_for_chunk()
    time.sleep(1.2 * idle)
    getattr(run, reading)
    gate.release.release()
    gate.wait_for_chunk()  # the next chunk came although play() was called longer than `idle` ago
    run.stop()
    gate.release.release()


def test_runs_alternate_and_report_their_position(pool: ThreadPoolExecutor) -> None:
    first = Gate()
    order: list[int] = []

    def named(name: int):
        def advance(checkpoint: Count, data: list[int], steps: int) -> Count:
            order.append(name)
            return count(checkpoint, data, 1)
        return advance

    blocker = jobs.Run(first, Count(), DATA, total=1, executor=pool)
    blocker.play()
    first.wait_for_chunk()
    runs = [jobs.Run(named(i), Count(), DATA, total=4, executor=pool) for i in range(5)]
    for run in runs:
        run.play()
    assert [run.position for run in runs] == [0, 1, 2, 3, 4]
    assert [run.progress.state for run in runs] == ["running"] + ["queued"] * 4
    runs[1].stop()
    assert [run.position for run in runs] == [0, 0, 1, 2, 3]
    first.release.release()
    for run in runs:
        run.wait(SOON)
    assert order == [0, 2, 3, 4] * 4


def test_never_more_chunks_in_flight_than_workers() -> None:
    now, most, lock = [0], [0], threading.Lock()

    def advance(checkpoint: Count, data: list[int], steps: int) -> Count:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        result = count(checkpoint, data, steps)
        with lock:
            now[0] -= 1
        return result

    class Deep(ThreadPoolExecutor):
        """Says two workers and has eight: only the queue of runs can limit the chunks to two."""

        _max_workers = property(lambda self: 2, lambda self, value: None)

        def submit(self, *args, **kwargs):
            return extra.submit(*args, **kwargs)

    with ThreadPoolExecutor(8) as extra, Deep(2) as pool:
        options = {"total": 20, "chunk_seconds": 0.005, "executor": pool}
        runs = [jobs.Run(advance, Count(pause=0.001), DATA, **options) for _ in range(6)]
        for run in runs:
            run.play()
        assert [run.wait(SOON).state for run in runs] == ["done"] * 6
    assert most == [2]


def test_stop_leaves_nothing_behind(pool: ThreadPoolExecutor) -> None:
    gate = Gate()
    runs = [jobs.Run(gate, Count(), DATA, executor=pool) for _ in range(3)]
    for run in runs:
        run.play()
    gate.wait_for_chunk()
    for run in runs:
        run.stop()
    assert {run.progress.state for run in runs} == {"paused"}
    gate.release.release()
    assert pool.submit(int).result(SOON) == 0
    assert [run.latest for run in runs] == [Count()] * 3
    assert len(gate.calls) == 1


class Heavy(Numbers):
    """Data that counts how often it is sent."""

    sent = 0

    def __reduce__(self) -> tuple[type, tuple[list[int]]]:
        Heavy.sent += 1
        return Numbers, (list(self),)


def test_data_are_sent_once_to_a_worker_however_many_runs_and_chunks() -> None:
    data = Heavy([5, 7, 11])
    for _ in range(3):
        run = jobs.Run(count, Count(pause=1e-3), data, total=40, chunk_seconds=0.005)
        run.play()
        assert run.wait(SOON).state == "done"
        assert run.latest.value == count(Count(), data, 40).value
    assert Heavy.sent <= executors.capacity(jobs.executor())


def test_workers_store_few_data_sets_and_receive_others_again() -> None:
    runs = []
    for i in range(workers.DATASETS + 2):
        runs.append(jobs.Run(count, Count(), Numbers([i, 2]), total=60, executor=jobs.executor()))
        runs[-1].step()
    for run in runs:
        run.wait(SOON)
        run.play()
    for i, run in enumerate(runs):
        assert run.wait(SOON).state == "done"
        assert run.latest == count(Count(), [i, 2], 60)


def test_other_data_at_the_same_address_get_another_key() -> None:
    keys = {workers.data_key(Numbers([i])) for i in range(50)}
    assert len(keys) == 50
    data = Numbers([1])
    assert workers.data_key(data) == workers.data_key(data)
    assert workers.data_key((1, 2)) != workers.data_key((1, 2))


def test_workers_have_the_lowest_priority_and_one_thread() -> None:
    pool = jobs.executor()
    assert pool is jobs.executor()
    if hasattr(os, "SCHED_IDLE"):
        assert pool.submit(os.sched_getscheduler, 0).result(SOON) == os.SCHED_IDLE
    else:
        assert pool.submit(os.nice, 0).result(SOON) == min(19, os.nice(0) + workers.NICENESS)
    assert pool.submit(os.getenv, "OMP_NUM_THREADS").result(SOON) == "1"
    assert pool.submit(signal.getsignal, signal.SIGINT).result(SOON) == signal.SIG_IGN
    assert executors.capacity(pool) >= 1
    jobs.warm("colorsys")
    assert pool.submit(_loaded, "colorsys").result(SOON)


def _loaded(module: str) -> bool:
    return module in sys.modules


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_workers_raises_with_the_setting(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DGM_WORKERS", text)
    monkeypatch.setattr(workers, "_shared", None)
    with pytest.raises(ValueError, match="DGM_WORKERS"):
        jobs.executor()


def test_a_cluster_without_its_package_raises_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DGM_CLUSTER", "tcp://nowhere:8786")
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setattr(workers, "_shared", None)
    with pytest.raises(ImportError, match="pip install distributed"):
        jobs.executor()
    run = jobs.Run(count, Count(), DATA)
    run.play()
    assert "pip install distributed" in run.wait(SOON).reason


def test_an_executor_of_the_callers_own_starts_no_worker_process(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_shared", None)
    run = jobs.Run(count, Count(), DATA, total=3, executor=pool)
    run.play()
    assert run.wait(SOON).state == "done"
    assert workers._shared is None


def test_jobs_import_without_torch() -> None:
    """A worker starts in 0.2 s without torch and imports it with the first chunk that needs it."""
    script = "import sys; import dgm.jobs; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=SOON)

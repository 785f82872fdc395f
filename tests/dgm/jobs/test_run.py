"""dgm.jobs: chunks do not change the result, runs share fairly, each command does what it says, none leaves work."""

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from weakref import ref

import pytest

from dgm import jobs
from dgm.jobs import run as run_module
from tests.dgm.jobs.folds import DATA, SOON, Count, Gate, count


def diverge(checkpoint: Count, data: list[int], steps: int) -> Count:
    if checkpoint.step + steps > 10:
        raise ValueError("the loss is not finite; lower the learning rate.")
    return count(checkpoint, data, steps)


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


def test_a_callers_executor_lives_no_longer_than_its_runs() -> None:
    own = ThreadPoolExecutor(1)
    run, kept = jobs.Run(count, Count(), DATA, total=3, executor=own), ref(own)
    del own
    gc.collect()
    run.play()
    assert run.wait(SOON).state == "done"     # a run keeps its executor
    pool = kept()
    assert pool is not None
    pool.shutdown()
    del run, pool
    gc.collect()
    assert kept() is None

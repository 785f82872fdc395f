"""Runs on an executor that takes no work for a while, as a cluster that does not answer."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from dgm import jobs
from dgm.jobs import executors, lost_workers, workers
from tests.dgm.jobs.folds import DATA, SOON, Count, count


class Moody(Executor):
    """Computes at once where it has capacity; the next submission fails with `error` where one is set."""

    capacity, trouble = 1, ""
    error: BaseException | None = None

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        answer: Future[Any] = Future()
        error, self.error = self.error, None
        answer.set_exception(error) if error else answer.set_result(fn(*args, **kwargs))
        return answer


def run_on(pool: Executor, total: int = 5) -> jobs.Run:
    return jobs.Run(count, Count(), DATA, total=total, chunk_seconds=1e-9, executor=pool)


def test_an_executor_in_trouble_gets_nothing_and_its_sentence_is_the_reason() -> None:
    pool = Moody()
    pool.capacity, pool.trouble = 0, "The cluster does not answer"
    run = run_on(pool)
    assert run.progress.reason == ""    # nothing was asked of it yet
    run.play()
    assert run.progress[4:] == (
        "queued", "The cluster does not answer. The run waits at step 0 and then goes on by itself.")
    run.stop()
    assert run.progress[4:] == ("paused", "")
    pool.capacity, pool.trouble = 1, ""
    run.play()
    assert run.wait(SOON)[4:] == ("done", "")


def test_a_lost_scheduler_is_no_fault_of_the_chunk() -> None:
    class Losing(Moody):
        lost = 0

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
            self.lost += 1
            self.error = lost_workers.SchedulerLost("gone") if self.lost < 20 else None
            return super().submit(fn, *args, **kwargs)

    run = run_on(Losing())
    run.play()
    assert run.wait(SOON).state == "done"


def test_only_a_run_that_waits_for_the_cluster_can_be_computed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Moody()
    pool.capacity, pool.trouble = 0, "The cluster does not answer"
    own = run_on(pool)
    own.play()
    own.compute_here()
    assert (own.may_compute_here, own.latest.step) == (False, 0)    # an executor of the caller's own: nowhere else
    own.stop()
    monkeypatch.setattr(workers, "executor", lambda: pool)
    run = jobs.Run(count, Count(), DATA, total=5)
    monkeypatch.setattr(run.queue, "_pool", lambda: pool)
    assert not run.may_compute_here
    run.play()
    assert run.may_compute_here
    run.compute_here()
    assert run.wait(SOON)[4:] == ("done", "")


def test_capacity_and_trouble_are_what_the_executor_says() -> None:
    pool = Moody()
    pool.capacity = 7
    assert (executors.capacity(pool), executors.trouble(pool), executors.placed(pool, "key", DATA)) == (7, "", None)


def test_the_time_to_wait_is_that_of_the_chunks_before() -> None:
    pool = ThreadPoolExecutor(1)
    first = jobs.Run(count, Count(pause=0.01), DATA, chunk_seconds=0.1, executor=pool)
    first.play()
    first.wait(SOON, until=lambda p: p.step > 60)
    others = [jobs.Run(count, Count(pause=0.01), DATA, chunk_seconds=0.1, executor=pool) for _ in range(3)]
    with first.queue.changed:    # nothing is submitted meanwhile
        for run in others:
            run.play()
        waits = [run.seconds_to_wait for run in others]
    for run in (first, *others):
        run.stop()
    assert waits == sorted(waits)
    assert 0.02 < waits[0] < 2.0
    assert waits[2] - waits[1] == pytest.approx(waits[1] - waits[0])
    assert first.seconds_to_wait == 0
    assert not first.active
    pool.shutdown()

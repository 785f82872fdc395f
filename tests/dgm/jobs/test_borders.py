"""dgm.jobs: what cannot be a run is refused in a sentence, and a new end acts on the chunk in flight."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from dgm import jobs
from dgm.errors import ArgumentError
from tests.dgm.jobs.folds import DATA, SOON, Count, Gate, count


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize(("arguments", "named"), [
    ({"advance": 3}, "advance"), ({"checkpoint": 3}, "checkpoint"), ({"checkpoint": None}, "checkpoint"),
    ({"total": -1}, "total"), ({"total": 2.5}, "total"), ({"total": "ten"}, "total"),
    ({"total": float("nan")}, "total"),
    ({"chunk_seconds": 0}, "chunk_seconds"), ({"chunk_seconds": float("nan")}, "chunk_seconds"),
    ({"idle_seconds": -1}, "idle_seconds"), ({"executor": 3}, "executor"),
])
def test_what_cannot_be_a_run_is_refused(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{named} has to"):
        jobs.Run(**{"advance": count, "checkpoint": Count(), "data": DATA} | arguments)


def test_what_cannot_be_asked_of_a_run_is_refused(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(count, Count(), DATA, executor=pool)
    for call, named in ((lambda: run.step(-1), "steps"), (lambda: run.step("a"), "steps"),
                        (lambda: run.reset(3), "checkpoint"), (lambda: run.swap(None), "checkpoint"),
                        (lambda: run.wait("a"), "timeout"), (lambda: run.wait(1, until=3), "until"),
                        (lambda: jobs.warm(3), "module")):
        with pytest.raises(ArgumentError, match=f"^{named} has to"):
            call()
    with pytest.raises(ArgumentError, match=r"^total has to"):
        run.total = -3
    assert run.progress == jobs.Progress(0, None, 0.0, None, "idle", "")


def test_numpy_numbers_are_numbers(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(count, Count(), DATA, total=np.int64(7), executor=pool)
    run.step(np.int32(3))
    assert run.wait(np.float64(SOON)).step == 3
    run.play()
    assert run.wait(SOON).state == "done"
    assert run.latest == count(Count(), DATA, 7)


def test_an_advance_that_returns_no_checkpoint_ends_the_run_with_the_reason(pool: ThreadPoolExecutor) -> None:
    run = jobs.Run(lambda checkpoint, data, steps: 3, Count(), DATA, executor=pool)
    run.play()
    progress = run.wait(SOON)
    assert progress.state == "failed"
    assert "advance returned no checkpoint" in progress.reason


@pytest.mark.parametrize("total", [1, 2])
def test_a_run_never_stands_behind_its_new_end(pool: ThreadPoolExecutor, total: int) -> None:
    gate = Gate()
    run = jobs.Run(gate, Count(), DATA, chunk_seconds=10.0, executor=pool)
    run.play()
    gate.wait_for_chunk()
    gate.release.release()
    gate.wait_for_chunk()          # at step 1, with a chunk of several steps in flight
    assert gate.calls[1][0] == 1
    assert gate.calls[1][1] > 1
    run.total = total
    for _ in range(5):
        gate.release.release()
    progress = run.wait(SOON)
    assert (progress.step, progress.total, progress.state) == (total, total, "done")
    assert pool.submit(int).result(SOON) == 0
    assert run.latest == count(Count(), DATA, total)

"""dgm.jobs.workers: data are sent once, processes of low priority without torch, settings that cannot be used."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dgm import jobs
from dgm.jobs import executors, workers
from tests.dgm.jobs.folds import DATA, SOON, Count, Numbers, count

ROOT = Path(__file__).parents[3]


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

"""DGM_CLUSTER with real processes: workers are killed and join, the scheduler stops, hangs and comes back."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from dgm import jobs
from dgm.jobs import cluster, executors
from tests.dgm.jobs.folds import DATA, Count, count
from tests.faults.test_jobs_faults import START, TIMEOUT, X, descend, same
from tools.dask_processes import DaskProcesses

pytest.importorskip("distributed")
SAID_WITHIN = 5.0   # seconds from a lost scheduler to the sentence


@pytest.fixture(scope="module")
def dask() -> Iterator[DaskProcesses]:
    processes = DaskProcesses("tests.faults.test_jobs_faults")
    yield processes
    processes.end()


@pytest.fixture
def shared(dask: DaskProcesses, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaskProcesses]:
    """The cluster as the executor of this process, with two workers that answer."""
    for process in [*dask.workers]:
        if process.poll() is not None:
            dask.workers.remove(process)
    while len(dask.workers) < 2:
        dask.add_worker()
    for process in dask.workers[2:]:
        process.terminate()
    monkeypatch.setenv("DGM_CLUSTER", dask.address)
    monkeypatch.delenv("DGM_WORKERS", raising=False)
    wait_for(lambda: capacity() == 2)
    yield dask
    jobs.executor().shutdown()


def capacity() -> int:
    return executors.capacity(jobs.executor())


def wait_for(holds: Callable[[], bool], seconds: float = TIMEOUT) -> float:
    """Seconds until `holds()`."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < seconds, "it did not come true"
        time.sleep(0.02)
    return time.monotonic() - start


def slow_run(total: int | None = None, seconds: float = 0.005) -> jobs.Run:
    return jobs.Run(count, Count(pause=seconds), DATA, total=total, chunk_seconds=0.05, idle_seconds=TIMEOUT)


def fit(total: int) -> jobs.Run:
    return jobs.Run(descend, START, X, total=total, chunk_seconds=0.05, idle_seconds=TIMEOUT)


def test_the_cluster_gives_the_bits_of_this_machine(shared: DaskProcesses) -> None:
    assert jobs.executor().submit(os.getpid).result(TIMEOUT) in [worker.pid for worker in shared.workers]
    run = fit(400)
    run.play()
    assert run.wait(TIMEOUT)[4:] == ("done", "")
    assert same(run.latest, descend(START, X, 400))


def test_data_are_sent_once(shared: DaskProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    sent: list[object] = []
    scatter = Client.scatter

    def counted(self: Client, data: object, **settings: object) -> object:
        sent.append(data)
        return scatter(self, data, **settings)

    monkeypatch.setattr(Client, "scatter", counted)
    runs = [fit(300) for _ in range(3)]
    for run in runs:
        run.play()
    for run in runs:
        assert run.wait(TIMEOUT).state == "done"
    assert len(sent) <= 1   # 0 where another test has sent them


def test_a_killed_worker_costs_one_chunk_and_a_new_one_is_used(shared: DaskProcesses) -> None:
    runs = [slow_run(total=600), slow_run(total=600)]
    for run in runs:
        run.play()
    for run in runs:
        run.wait(TIMEOUT, until=lambda p: p.step > 30)
    shared.workers[0].send_signal(signal.SIGKILL)
    wait_for(lambda: capacity() == 1)
    shared.add_worker()
    wait_for(lambda: capacity() == 2)
    for run in runs:
        assert run.wait(TIMEOUT)[4:] == ("done", "")
        assert run.latest.value == count(Count(), DATA, 600).value


def test_a_line_that_is_lost_with_a_result_costs_one_chunk(shared: DaskProcesses,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    """The result's way can end before the client has noticed that its own has."""
    from distributed import Future
    from distributed.comm import CommClosedError

    result, lost = Future.result, [CommClosedError("Stream is closed")]

    def of(self: Future, timeout: object = None) -> object:
        if lost:
            raise lost.pop()
        return result(self, timeout)

    monkeypatch.setattr(Future, "result", of)
    run = fit(300)
    run.play()
    assert run.wait(TIMEOUT)[4:] == ("done", "")
    assert not lost
    assert same(run.latest, descend(START, X, 300))


def test_data_lost_with_their_worker_are_sent_again(shared: DaskProcesses) -> None:
    shared.workers[0].send_signal(signal.SIGKILL)
    wait_for(lambda: capacity() == 1)
    run = fit(500)
    run.play()
    run.wait(TIMEOUT, until=lambda p: p.step > 20)
    shared.workers[1].send_signal(signal.SIGKILL)   # the only one, and with it the data
    wait_for(lambda: capacity() == 0)
    assert run.wait(TIMEOUT, until=lambda p: bool(p.reason)).reason.startswith(cluster.NO_WORKERS)
    shared.add_worker()
    assert run.wait(TIMEOUT, until=lambda p: p.state in ("done", "failed"))[4:] == ("done", "")
    assert same(run.latest, descend(START, X, 500))


def test_a_run_that_kills_its_workers_fails(shared: DaskProcesses) -> None:
    def die(checkpoint: Count, data: list[int], steps: int) -> Count:
        os.kill(os.getpid(), signal.SIGKILL)
        return checkpoint

    for _ in range(4):   # Dask gives up after as many deaths
        shared.add_worker()
    wait_for(lambda: capacity() == 6)
    bad, good = jobs.Run(die, Count(), DATA, idle_seconds=TIMEOUT), slow_run(total=100)
    bad.play()
    good.play()
    assert bad.wait(TIMEOUT, until=lambda p: p.state == "failed").reason.startswith(
        "Stopped after step 0: the worker was lost 3 times in a row")
    assert good.wait(TIMEOUT).state == "done"


@pytest.mark.parametrize("stop", ["killed", "silent"])
def test_a_lost_scheduler_is_said_and_training_goes_on(shared: DaskProcesses, stop: str) -> None:
    waits, here = slow_run(), fit(20_000)
    for run in (waits, here):
        run.play()
        run.wait(TIMEOUT, until=lambda p: p.step > 20)
    start = time.monotonic()
    shared.scheduler.send_signal(signal.SIGKILL if stop == "killed" else signal.SIGSTOP)
    for run in (waits, here):
        progress = run.wait(TIMEOUT, until=lambda p: bool(p.reason))
        assert (progress.state, progress.reason[:len(cluster.NO_ANSWER)]) == ("queued", cluster.NO_ANSWER)
    assert time.monotonic() - start < SAID_WITHIN
    step = here.latest.step
    here.compute_here()
    on = here.wait(TIMEOUT, until=lambda p: p.step > step + 50)
    assert (on.step > step + 50, "on the server" in on.reason) == (True, True)
    assert waits.progress.step < here.progress.step
    stood = waits.progress.step
    if stop == "killed":
        shared.start_scheduler()
        shared.add_worker()   # Dask's workers end with their scheduler: what starts them again is the operator's
    else:
        shared.scheduler.send_signal(signal.SIGCONT)
    back = waits.wait(TIMEOUT, until=lambda p: p.step > stood)
    assert (back.step > stood, back.reason) == (True, "")
    assert here.queue is waits.queue is slow_run().queue
    waits.stop()
    here.total = here.progress.step + 10
    assert here.wait(TIMEOUT).state == "done"
    assert same(here.latest, descend(START, X, here.latest.step))


def test_a_cluster_that_never_answered_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DGM_CLUSTER", "tcp://127.0.0.1:9")
    run = fit(200)
    run.play()
    assert run.wait(TIMEOUT, until=lambda p: bool(p.reason)).reason.startswith(cluster.NO_ANSWER)
    run.compute_here()
    assert run.wait(TIMEOUT).state == "done"
    jobs.executor().shutdown()

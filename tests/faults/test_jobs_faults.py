"""dgm.jobs when processes are killed: a lost worker costs at most one chunk; workers end with their server."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from dgm import jobs, runtime
from dgm.jobs import executors
from tests.dgm.jobs.folds import DATA, Count, count  # a module without torch: workers import it at once

TIMEOUT = 120.0  # seconds, for busy machines
ROOT = Path(__file__).parents[2]


class Fit(NamedTuple):
    step: int
    weights: torch.Tensor  # (D,)
    momentum: torch.Tensor  # (D,)


def descend(fit: Fit, x: torch.Tensor, steps: int) -> Fit:
    """Noisy gradient descent with momentum on a logistic loss: every bit depends on all steps before."""
    step, w, m = fit
    for at in range(step, step + steps):
        rows = torch.randint(len(x), (32,), generator=runtime.generator(3, at))
        w_now = w.clone().requires_grad_()
        loss = torch.nn.functional.softplus(-x[rows] @ w_now).mean()
        m = 0.9 * m + torch.autograd.grad(loss, w_now)[0]
        w = w - 0.1 * m
    return Fit(step + steps, w, m)


def slow_run(seconds: float = 0.005, total: int | None = None) -> jobs.Run:
    return jobs.Run(count, Count(pause=seconds), DATA, total=total, chunk_seconds=0.03, idle_seconds=TIMEOUT)


X = torch.randn(500, 20, generator=runtime.generator(1)) + 0.3
START = Fit(0, torch.zeros(20), torch.zeros(20))


@pytest.fixture
def workers_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Set how many workers the shared executor has; the next test gets a fresh one."""
    def set_workers(count: int) -> None:
        monkeypatch.setenv("DGM_WORKERS", str(count))
        jobs.executor().shutdown(kill_workers=True)
    yield set_workers
    jobs.executor().shutdown(kill_workers=True)


def pids() -> list[int]:
    return executors.worker_pids(jobs.executor())


def kill_a_worker() -> None:
    os.kill(pids()[0], signal.SIGKILL)


def same(one: Fit, other: Fit) -> bool:
    return one.step == other.step and all(torch.equal(a, b) for a, b in zip(one[1:], other[1:], strict=True))


def test_training_with_a_killed_worker_is_bit_identical(workers_of: Callable[[int], None]) -> None:
    workers_of(2)
    runs = [jobs.Run(descend, START, X, total=total, chunk_seconds=0.02, idle_seconds=TIMEOUT)
            for total in (4000, 3000)]
    for run in runs:
        run.play()
    for run in runs:
        run.wait(TIMEOUT, until=lambda p: p.step > 20)
    killed, other = pids()
    os.kill(killed, signal.SIGKILL)
    for run in runs:
        assert run.wait(TIMEOUT)[4:] == ("done", "")
        assert same(run.latest, descend(START, X, run.latest.step))
    assert other in pids()
    assert killed not in pids()
    assert [run.latest.step for run in runs] == [4000, 3000]


@pytest.mark.parametrize("number", [1, 2])
def test_a_killed_worker_costs_at_most_the_current_chunk(workers_of: Callable[[int], None], number: int) -> None:
    workers_of(number)
    runs = [slow_run(total=120) for _ in range(2)]
    for run in runs:
        run.play()
    for at in (20, 60):
        runs[0].wait(TIMEOUT, until=lambda p, at=at: p.step >= at)
        seen = [run.latest.step for run in runs]
        kill_a_worker()
        for run, step in zip(runs, seen, strict=True):
            after = run.wait(TIMEOUT, until=lambda p, step=step: p.step > step or p.state in ("failed", "done"))
            assert (after.step > step or after.state == "done", after.reason) == (True, "")
    for run in runs:
        assert run.wait(TIMEOUT).state == "done"
        assert run.latest.value == count(Count(), DATA, 120).value


def test_a_run_that_lost_its_worker_waits_for_no_other_run(workers_of: Callable[[int], None]) -> None:
    workers_of(2)
    long, short = slow_run(seconds=20.0), slow_run()
    long.step()
    short.play()
    seen = short.wait(TIMEOUT, until=lambda p: p.step > 5).step
    os.kill(pids()[1], signal.SIGKILL)
    after = short.wait(TIMEOUT, until=lambda p: p.step > seen + 20)
    assert (after.step > seen + 20, after.reason) == (True, "")
    assert (long.progress.step, long.progress.state) == (0, "running")
    long.stop()


def test_a_worker_killed_while_idle_is_replaced(workers_of: Callable[[int], None]) -> None:
    workers_of(1)
    run = slow_run()
    for step in (1, 2, 3):
        run.step()
        assert run.wait(TIMEOUT).step == step
        kill_a_worker()


@pytest.mark.parametrize(("pause", "step"), [(False, 1), (True, 0)])
def test_a_step_that_lost_its_chunk_is_done_unless_paused(
    workers_of: Callable[[int], None], pause: bool, step: int
) -> None:
    workers_of(1)
    pid = jobs.executor().submit(os.getpid).result(TIMEOUT)
    run = slow_run(seconds=1.0)
    run.step()
    assert run.progress.state == "running"
    if pause:
        run.pause()
    os.kill(pid, signal.SIGKILL)
    progress = run.wait(TIMEOUT)
    assert (progress.step, progress.state, progress.reason) == (step, "paused", "")


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_that_kills_its_workers_fails_and_the_others_end(workers_of: Callable[[int], None], number: int) -> None:
    workers_of(number)

    def die(checkpoint: Count, data: list[int], steps: int) -> Count:
        os.kill(os.getpid(), signal.SIGKILL)
        return checkpoint

    good = [slow_run(total=100) for _ in range(2)]
    bad = jobs.Run(die, Count(), DATA, idle_seconds=TIMEOUT)
    for run in (good[0], bad, good[1]):
        run.play()
    progress = bad.wait(TIMEOUT)
    assert progress.state == "failed"
    assert progress.reason.startswith("Stopped after step 0: the worker was lost 3 times in a row")
    for run in good:
        assert run.wait(TIMEOUT).state == "done"
        assert run.latest.value == count(Count(), DATA, 100).value


def test_a_chunk_that_needs_too_much_memory_is_a_sentence(workers_of: Callable[[int], None]) -> None:
    workers_of(1)

    def grow(checkpoint: Count, data: list[int], steps: int) -> Count:
        import resource

        limits = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, limits[1]))
        try:
            return Count(step=len(bytearray(8 << 30)))
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)

    run = jobs.Run(grow, Count(), DATA, idle_seconds=TIMEOUT)
    run.play()
    assert run.wait(TIMEOUT)[4:] == (
        "failed", "Stopped after step 0: the model or the batch needs more memory than a worker has; make it smaller.")
    good = slow_run(total=20)    # the worker goes on
    good.play()
    assert good.wait(TIMEOUT).state == "done"


SERVER = """
    import os, signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)    # a shell in the background has it ignored
    from dgm import jobs
    from dgm.jobs import executors
    from tests.dgm.jobs.folds import Count, Numbers, count

    run = jobs.Run(count, Count(pause=0.01), Numbers([1]), chunk_seconds=0.05)
    run.play()
    assert run.wait(60, until=lambda p: p.step > 3).step > 3
    print(*executors.worker_pids(jobs.executor()), flush=True)
    {end}
"""


def serve(end: str) -> "subprocess.Popen[str]":
    """Start a server with a playing run; it prints the pids of its two workers, does `end` and exits."""
    script = textwrap.dedent(SERVER).replace("{end}", end)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DGM_WORKERS": "2"}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", script], env=env, cwd=ROOT, stdout=pipe, stderr=pipe, text=True,
                            start_new_session=True)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def assert_gone(workers: list[int]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker is alive after its server"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("pass", 0),
        ("jobs.warm('torch')", 0),
        ("os.kill(os.getpid(), 9)", -9),
    ],
)
def test_workers_end_with_their_server(end: str, code: int) -> None:
    with serve(end) as server:
        out, errors = server.communicate(timeout=TIMEOUT)  # returns once every worker has closed the pipes
    assert server.returncode == code
    assert "Traceback" not in errors
    assert not errors or "resource_tracker" in errors    # loky's, of folders that another process has removed before
    assert len(out.split()) == 2
    assert_gone([int(pid) for pid in out.split()])


def test_workers_ignore_ctrl_c() -> None:
    with serve("time.sleep(60)") as server:
        assert server.stdout is not None
        workers = [int(pid) for pid in server.stdout.readline().split()]
        os.killpg(server.pid, signal.SIGINT)  # as a terminal does: the workers get it too
        out, errors = server.communicate(timeout=TIMEOUT)
    assert (server.returncode, out) == (-signal.SIGINT, "")
    assert errors.count("Traceback") == 1  # the server's own
    assert_gone(workers)


@pytest.mark.parametrize("folder", ["dgm/jobs", "server", "ui/kept_work"])
def test_a_clock_that_is_set_changes_no_duration(folder: str) -> None:
    """time.time() jumps when a machine's clock is set, time.monotonic() does not."""
    for path in (ROOT / folder).glob("*.py"):
        assert "time.time" not in path.read_text(encoding="utf-8"), path

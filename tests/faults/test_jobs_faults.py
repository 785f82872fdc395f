"""dgm.jobs when things die: a killed worker costs a chunk and no bit of the result, a killed server leaves no worker."""

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

SOON = 60  # seconds; a deadline for a busy machine, not a duration
ROOT = Path(__file__).parents[2]


class Fit(NamedTuple):
    step: int
    weights: torch.Tensor  # (D,)
    momentum: torch.Tensor  # (D,)


def descend(fit: Fit, x: torch.Tensor, steps: int) -> Fit:
    """Noisy gradient descent with momentum on a logistic loss: every bit depends on every step before."""
    step, w, m = fit
    for at in range(step, step + steps):
        rows = torch.randint(len(x), (32,), generator=runtime.generator(3, at))
        w_now = w.clone().requires_grad_()
        loss = torch.nn.functional.softplus(-x[rows] @ w_now).mean()
        m = 0.9 * m + torch.autograd.grad(loss, w_now)[0]
        w = w - 0.1 * m
    return Fit(step + steps, w, m)


def descend_and_tell(fit: Fit, x: torch.Tensor, steps: int) -> Fit:
    """`descend`, with this process as a witness of where it ran: x is not touched."""
    time.sleep(0.002)
    return descend(fit, x, steps)


def die(fit: Fit, x: torch.Tensor, steps: int) -> Fit:
    os.kill(os.getpid(), signal.SIGKILL)
    return fit


X = torch.randn(500, 20, generator=runtime.generator(1)) + 0.3
START = Fit(0, torch.zeros(20), torch.zeros(20))


@pytest.fixture
def workers_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Set how many workers the shared executor has; the next test gets a fresh one."""
    def make(count: int) -> None:
        monkeypatch.setenv("DGM_WORKERS", str(count))
        jobs.executor().shutdown(kill_workers=True)
    yield make
    jobs.executor().shutdown(kill_workers=True)


def pids() -> list[int]:
    return list(jobs.executor()._processes)


def kill_a_worker() -> None:
    os.kill(pids()[0], signal.SIGKILL)


def same(one: Fit, other: Fit) -> bool:
    return one.step == other.step and all(torch.equal(a, b) for a, b in zip(one[1:], other[1:], strict=True))


@pytest.mark.parametrize("count", [1, 2])
def test_a_killed_worker_costs_a_chunk_and_no_bit(workers_of: Callable[[int], None], count: int) -> None:
    workers_of(count)
    runs = [jobs.Run(descend_and_tell, START, X, total=300, chunk_seconds=0.02) for _ in range(2)]
    for run in runs:
        run.play()
    for at in (20, 60):
        runs[0].wait(SOON, until=lambda p, at=at: p.step >= at)
        before, reached = set(pids()), [run.latest.step for run in runs]
        kill_a_worker()
        for run, step in zip(runs, reached, strict=True):
            after = run.wait(SOON, until=lambda p, step=step: p.step > step)
            assert after.reason == ""
    for run in runs:
        assert run.wait(SOON).state == "done"
        assert same(run.latest, descend(START, X, 300))
    assert before.isdisjoint(pids())


def test_only_the_chunk_in_flight_is_lost(workers_of: Callable[[int], None]) -> None:
    workers_of(1)
    run = jobs.Run(descend_and_tell, START, X, chunk_seconds=0.02)
    run.play()
    run.wait(SOON, until=lambda p: p.step >= 10)
    seen = run.latest.step
    kill_a_worker()
    steps = []
    run.wait(SOON, until=lambda p: steps.append(p.step) or p.step > seen)
    run.stop()
    assert min(steps) >= seen


def test_a_worker_killed_while_idle_is_replaced(workers_of: Callable[[int], None]) -> None:
    workers_of(1)
    run = jobs.Run(descend, START, X)
    for step in (1, 2, 3):
        run.step()
        assert run.wait(SOON).step == step
        kill_a_worker()


def test_a_step_that_lost_its_chunk_is_still_done_unless_paused(workers_of: Callable[[int], None]) -> None:
    workers_of(1)
    run = jobs.Run(slow, START, X)
    for pause, step in ((False, 1), (True, 1)):
        run.step()
        deadline = time.monotonic() + SOON
        while not jobs.executor()._processes and time.monotonic() < deadline:
            time.sleep(0.01)
        if pause:
            run.pause()
        kill_a_worker()
        assert run.wait(SOON)[:1] + run.wait(SOON)[4:] == (step, "paused", "")


def slow(fit: Fit, x: torch.Tensor, steps: int) -> Fit:
    time.sleep(0.3)
    return descend(fit, x, steps)


@pytest.mark.parametrize("count", [1, 2])
def test_a_run_that_kills_its_workers_fails_alone(workers_of: Callable[[int], None], count: int) -> None:
    workers_of(count)
    good = [jobs.Run(descend_and_tell, START, X, total=100, chunk_seconds=0.02) for _ in range(2)]
    bad = jobs.Run(die, START, X)
    for run in (good[0], bad, good[1]):
        run.play()
    progress = bad.wait(SOON)
    assert progress.state == "failed"
    assert progress.reason.startswith("Stopped after step 0: the worker was lost 3 times in a row")
    for run in good:
        assert run.wait(SOON).state == "done"
        assert same(run.latest, descend(START, X, 100))


SERVER = """
    import os, sys, time
    from dgm import jobs
    from tests.test_jobs import Count, Numbers, count

    run = jobs.Run(count, Count(pause=0.01), Numbers([1]), chunk_seconds=0.05)
    run.play()
    assert run.wait(60, until=lambda p: p.step > 3).step > 3
    print(*jobs.executor()._processes, flush=True)
    {end}
"""


def serve(end: str) -> tuple[int, str, str]:
    """Run a server with a playing run up to `end`; returns its exit code, its output and its errors."""
    script = textwrap.dedent(SERVER).replace("{end}", end)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DGM_WORKERS": "2"}
    done = subprocess.run([sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, timeout=SOON, check=False)
    return done.returncode, done.stdout, done.stderr


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("pass", 0),
        ("jobs.warm('torch')", 0),
        ("os.kill(os.getpid(), 9)", -9),
    ],
)
def test_the_end_of_the_server_is_the_end_of_its_workers(end: str, code: int) -> None:
    returned, out, errors = serve(end)  # returns only when no worker holds the pipes any more
    assert (returned, errors) == (code, "")
    assert len(out.split()) == 2
    deadline = time.monotonic() + SOON
    while any(alive(int(pid)) for pid in out.split()):
        assert time.monotonic() < deadline, "a worker outlived its server"
        time.sleep(0.05)


def test_ctrl_c_reaches_the_server_alone() -> None:
    script = textwrap.dedent(SERVER).replace("{end}", "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('ended')")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DGM_WORKERS": "2"}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], env=env, cwd=ROOT, stdout=pipe, stderr=pipe, text=True,
                          start_new_session=True) as server:
        assert server.stdout is not None
        workers = [int(pid) for pid in server.stdout.readline().split()]
        os.killpg(server.pid, signal.SIGINT)  # as a terminal does: to the workers too
        out, errors = server.communicate(timeout=SOON)
    assert (server.returncode, out, errors) == (0, "ended\n", "")
    assert not any(alive(pid) for pid in workers)

"""A Dask scheduler and its workers, each a process of its own, as deploy/README.md starts them on several machines."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.local_server import free_port

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

PRELOAD = "tests.faults.test_jobs_faults"


class DaskProcesses:
    """A scheduler on one port, which can be stopped and started again, and workers of one thread each."""

    def __init__(self) -> None:
        self.port = free_port()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> "subprocess.Popen[bytes]":
        if hasattr(self, "scheduler"):
            self.scheduler.wait(20)
        self.scheduler = _start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        return self.scheduler

    def add_worker(self) -> "subprocess.Popen[bytes]":
        """One worker that looks for the scheduler for a minute; without a nanny, so that a kill is final."""
        self.workers.append(_start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                                   "--death-timeout", "60"))
        return self.workers[-1]

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait(20)


def _start(command: str, *arguments: str) -> "subprocess.Popen[bytes]":
    # Without the preload the scheduler is silent while it imports torch for the first chunk.
    call: Sequence[str] = (sys.executable, "-m", "dask", command, *arguments, "--preload", PRELOAD)
    return subprocess.Popen(call, cwd=ROOT, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

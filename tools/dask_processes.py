"""A Dask scheduler and its workers, each a process of its own, as deploy/README.md starts them on several machines."""

import os
import subprocess
import sys
from collections.abc import Sequence

from tools.local_server import ROOT, free_port

ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


class DaskProcesses:
    """A scheduler on one port, which can be stopped and started again, and workers of one thread each.

    preload: the module that each of them imports first. Without it the scheduler is silent while it imports torch for
    the first chunk.
    """

    def __init__(self, preload: str = "dgm.vae") -> None:
        self.port, self.preload = free_port(), preload
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> "subprocess.Popen[bytes]":
        if hasattr(self, "scheduler"):
            self.scheduler.wait(20)
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        return self.scheduler

    def add_worker(self) -> "subprocess.Popen[bytes]":
        """One worker that looks for the scheduler for a minute; without a nanny, so that a kill is final."""
        self.workers.append(self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                                        "--death-timeout", "60"))
        return self.workers[-1]

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait(20)

    def _start(self, command: str, *arguments: str) -> "subprocess.Popen[bytes]":
        call: Sequence[str] = (sys.executable, "-m", "dask", command, *arguments, "--preload", self.preload)
        return subprocess.Popen(call, cwd=ROOT, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

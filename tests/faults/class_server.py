"""The app served by a process of its own, which a test kills and starts again on the same port."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from server.health import wait_until_healthy
from tools.local_server import free_port

ROOT = Path(__file__).parents[2]
SECONDS = 120   # timeout of the start, for busy machines


class ClassServer:
    """`python -m server` on one port, with a cache folder of its own."""

    def __init__(self, cache: Path, **env: str) -> None:
        self.port = free_port()
        self.env = {**os.environ, "DGM_CACHE": str(cache), **env}
        self.log = cache / "server.log"
        self.process = self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "subprocess.Popen[Any]":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "server", "--port", str(self.port)], cwd=ROOT,
                                            env=self.env, stdout=log, stderr=log)
        wait_until_healthy(self.url, SECONDS, running=lambda: self.process.poll() is None)
        return self.process

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)

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
AWAY = """
from server.__main__ import main
from ui.kept_work import work
work.AWAY_SECONDS = {away}
raise SystemExit(main())
"""


class ClassServer:
    """`python -m server` on one port, with a cache folder of its own.

    away: seconds after which the work of a visitor who has left is in files alone, None for those of the app.
    """

    def __init__(self, cache: Path, away: float | None = None, **env: str) -> None:
        self.command = ["-m", "server"] if away is None else ["-c", AWAY.format(away=away)]
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
            self.process = subprocess.Popen([sys.executable, *self.command, "--port", str(self.port)], cwd=ROOT,
                                            env=self.env, stdout=log, stderr=log)
        wait_until_healthy(self.url, SECONDS, running=lambda: self.process.poll() is None)
        return self.process

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)

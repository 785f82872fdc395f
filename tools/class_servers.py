"""The app as a class uses it, in processes that tests and measurements kill: one server, or several behind nginx."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from server.health import healthy, wait_until_healthy
from tools.local_server import ROOT, free_port

SECONDS = 180   # timeout of the start, for busy machines
AWAY = """
from server.__main__ import main
from ui.kept_work import work
work.AWAY_SECONDS = {away}
raise SystemExit(main())
"""


class ClassServer:
    """`python -m server` on one port, which is started again there, with a cache folder of its own.

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


class SeveralServers:
    """`DGM_SERVERS=2 python -m server`, with one worker each. path: a sub-path that the app knows.

    TimeoutError where a server does not come.
    """

    def __init__(self, cache: Path, path: str = "") -> None:
        port = free_port()
        self.url, self.path = f"http://127.0.0.1:{port}{path}", path
        env = {**os.environ, "DGM_CACHE": str(cache), "DGM_SERVERS": "2", "DGM_BASE_PATH": path, "DGM_WORKERS": "1"}
        self.process = subprocess.Popen([sys.executable, "-m", "server", "--port", str(port)], cwd=ROOT, env=env,
                                        stdout=subprocess.DEVNULL)    # a benchmark's own is its table
        wait_until_healthy(self.url, SECONDS, running=lambda: self.process.poll() is None)
        self.wait_for_both()

    def wait_for_both(self) -> None:
        """Until both servers answer: whoever ends one needs the other, and one that was ended takes its time."""
        deadline = time.monotonic() + SECONDS
        while len(self.children()) < 2 or not all(healthy(f"http://127.0.0.1:{port}{self.path}")
                                                  for _, port in self.children().values()):
            if time.monotonic() > deadline:
                raise TimeoutError("the two servers do not answer")
            time.sleep(0.2)

    def children(self) -> dict[str, tuple[int, int]]:
        """Process id and port of each server, by name."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                env = dict(pair.split("=", 1) for pair in (folder / "environ").read_text().split("\0") if "=" in pair)
            except (OSError, IndexError, ValueError):
                continue
            if parent == self.process.pid and "--behind-proxy" in words:
                found[env["DGM_SERVER_NAME"]] = int(folder.name), int(words[words.index("--port") + 1])
        return found

    def end(self) -> None:
        """End both and the proxy."""
        self.process.terminate()
        self.process.wait(30)

"""Several servers behind one address: DGM_SERVERS=2 make run. nginx in front, each server a process of its own.

A server that ends is started again; one that does not answer for a while is ended first. Its visitors are answered by
the others meanwhile, and find their work there (ui/kept_work).
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from dgm import environment
from dgm.jobs import executors
from server import nginx_conf, settings, static_files
from server.health import healthy

CHECK_SECONDS = 1.0
SILENT_SECONDS = 15.0     # of a server that has answered before: then it is ended and started again
START_SECONDS = 120.0     # until a new one has to answer
PAUSE_SECONDS = 4.0       # before one that has ended is started where others answer: they draw its visitors' pages
CANNOT_START = 1          # nginx's exit status where it cannot start
MISSING = ("DGM_SERVERS={n} needs nginx, which is not installed: install it (Debian: apt install nginx-light), "
           "or unset DGM_SERVERS to run one server")


class Child:
    """One server: its process, and when it last answered."""

    def __init__(self, name: str, port: int, env: Mapping[str, str]) -> None:
        self.name, self.port = name, port
        self._env = {**os.environ, **env, "DGM_SERVER_NAME": name, "DGM_SERVERS": "1"}
        self.ready = self.answers = False
        self.start()

    @property
    def url(self) -> str:
        """Its own address, for its health alone."""
        return f"http://127.0.0.1:{self.port}{settings.base_path()}"

    def command(self) -> list[str]:
        """What the process runs."""
        return [sys.executable, "-m", "server", "--port", str(self.port), "--behind-proxy"]

    def start(self) -> None:
        """Start the process. Where the machine has no memory or no process left, the next check tries again."""
        self.ready, self._answered = False, time.monotonic()
        self.process: subprocess.Popen[bytes] | None = started(self.command(), env=self._env, stdout=subprocess.DEVNULL)

    def check(self, others: bool = False) -> None:
        """Start it again where it has ended, or does not answer for too long. others: whether other servers answer."""
        lives = _lives(self.process)
        self.answers = lives and healthy(self.url)
        if self.answers:
            self.ready, self._answered = True, time.monotonic()
            return
        patience = (SILENT_SECONDS if self.ready else START_SECONDS) if lives else PAUSE_SECONDS * others
        if time.monotonic() - self._answered < patience:
            return
        print(f"server {self.name} ended or did not answer; starting it again", file=sys.stderr, flush=True)
        self.end(wait=False)
        self.start()

    def end(self, wait: bool = True) -> None:
        """End the process: ask first where there is time."""
        if self.process is None:
            return
        if _lives(self.process) and wait:
            self.process.terminate()
            with_patience(self.process)
        if _lives(self.process):
            self.process.kill()
        self.process.wait()


def started(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes] | None":
    """A new process; None, with a sentence in the log, where the machine takes none at the moment."""
    try:
        return subprocess.Popen(command, **options)  # noqa: S603  (our own commands)
    except OSError as error:
        print(f"{command[0]} cannot be started: {error}", file=sys.stderr, flush=True)
        return None


def _lives(process: "subprocess.Popen[bytes] | None") -> bool:
    return process is not None and process.poll() is None


def with_patience(process: "subprocess.Popen[Any]", seconds: float = 5.0) -> None:
    """Wait for a process that was asked to end, so long at most."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()


def free_ports(count: int) -> list[int]:
    """Free ports of this machine, one for each server."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(sock.getsockname()[1]) for sock in taken]
    for sock in taken:
        sock.close()
    return ports


def serve(count: int, host: str, port: int) -> int:
    """Serve at host:port until interrupted. Returns the exit status."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if nginx is None:
        print(MISSING.format(n=count), file=sys.stderr)
        return 1
    ending = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ending.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with tempfile.TemporaryDirectory(prefix="dgm-nginx-") as folder:
        return _run(nginx, Path(folder), free_ports(count), f"{host}:{port}", ending)


def _run(nginx: str, folder: Path, ports: list[int], listen: str, ending: threading.Event) -> int:
    site = nginx_conf.Site(tuple(f"127.0.0.1:{port}" for port in ports), listen=listen, static=str(_static(folder)),
                           folder=str(folder), path=settings.base_path(), keeps_path=True,
                           embeds=bool(os.environ.get("DGM_FRAME_ANCESTORS")))
    (folder / "nginx.conf").write_text(nginx_conf.config(site), encoding="utf-8")
    shared = _shared(len(ports))
    children = [Child(name, port, shared) for name, port in zip(nginx_conf.names(site), ports, strict=True)]
    front = _front(nginx, folder)
    try:
        while not ending.wait(CHECK_SECONDS):
            for child in children:
                child.check(any(other.answers for other in children if other is not child))
            if not _lives(front):
                if front is not None and front.returncode == CANNOT_START:    # the address is taken, or the
                    return 1                                                  # configuration is wrong
                print("nginx ended; starting it again", file=sys.stderr, flush=True)
                front = _front(nginx, folder)
    finally:
        for process in (front, *(child.process for child in children)):
            if process is not None:
                process.terminate()
        if front is not None:
            with_patience(front)
        for child in children:
            child.end()
    return 0


def _front(nginx: str, folder: Path) -> "subprocess.Popen[bytes] | None":
    return started([nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log"),
                    "-g", "daemon off;"])


def _shared(count: int) -> dict[str, str]:
    """What all servers have in common: a secret for their cookies, and their share of this machine's workers."""
    workers = environment.whole("DGM_WORKERS", max(1, (executors.cores() - 1) // count), 1)
    return {"DGM_SECRET": os.environ.get("DGM_SECRET") or secrets.token_hex(32), "DGM_WORKERS": str(workers)}


def _static(folder: Path) -> Path:
    """The front end's files where nginx's workers, which may be another user's, can read them."""
    kept = environment.cache_dir() / "static"
    static_files.fill(kept)
    folder.chmod(0o755)
    shutil.copytree(kept, folder / "static")
    return folder / "static"


__all__ = ["Child", "serve"]

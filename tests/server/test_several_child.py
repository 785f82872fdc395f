"""server.several.Child: a server that ends is started again, at once when it is the last; one that hangs is ended."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import several
from server.several import Child, free_ports

SECONDS = 60.0    # for busy machines
ANSWERS = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


class Small(Child):
    """A server that answers that it is healthy, and nothing else."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", ANSWERS, str(self.port)]


@pytest.fixture
def child() -> Iterator[Small]:
    child = Small("a", free_ports(1)[0], {})
    until_ready(child)
    yield child
    child.end()


def until_ready(child: Child) -> None:
    deadline = time.monotonic() + SECONDS
    while not child.ready:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        child.check()


def pid_of(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def until_another(child: Child, pid: int, others: bool = False) -> float:
    """Seconds until the child has another process."""
    start = time.monotonic()
    while pid_of(child) == pid:
        assert time.monotonic() - start < SECONDS
        child.check(others)
        time.sleep(0.05)
    return time.monotonic() - start


def test_the_last_server_is_started_again_at_once(child: Small) -> None:
    os.kill(pid_of(child), signal.SIGKILL)
    assert until_another(child, pid_of(child)) < several.PAUSE_SECONDS
    until_ready(child)


def test_a_start_waits_while_others_draw_the_visitors_pages(child: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "PAUSE_SECONDS", 1.5)
    child.check()
    os.kill(pid_of(child), signal.SIGKILL)
    assert until_another(child, pid_of(child), others=True) > 1.0
    until_ready(child)


def test_a_server_that_hangs_is_ended_and_started_again(child: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "SILENT_SECONDS", 1.0)
    hanging = child.process
    assert hanging is not None
    hanging.send_signal(signal.SIGSTOP)     # it takes connections, and answers none
    until_another(child, hanging.pid)
    assert hanging.poll() == -signal.SIGKILL
    until_ready(child)


def test_a_server_that_answers_late_is_left_alone(child: Small) -> None:
    pid = pid_of(child)
    os.kill(pid, signal.SIGSTOP)
    child.check()
    os.kill(pid, signal.SIGCONT)
    until_ready(child)
    child.check()
    assert pid_of(child) == pid


def test_a_machine_without_memory_for_a_process_ends_nothing(
        child: Small, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    os.kill(pid_of(child), signal.SIGKILL)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(several, "CHECK_SECONDS", 0.0)
    with monkeypatch.context() as context:
        context.setattr(subprocess, "Popen", fail)
        while child.process is not None:
            child.check()
        child.check()
        child.end()
        assert several._front("nginx", Path()) is None
    assert "cannot be started: [Errno 11]" in capfd.readouterr().err
    until_ready(child)

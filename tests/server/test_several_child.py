"""server.several.Child: a server that ends is started again, at once when it is the last; one that hangs is ended."""

import os
import signal
import sys
import time
from collections.abc import Iterator

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


def until_another(child: Child, pid: int, others: bool = False) -> float:
    """Seconds until the child has another process."""
    start = time.monotonic()
    while child.process.pid == pid:
        assert time.monotonic() - start < SECONDS
        child.check(others)
        time.sleep(0.05)
    return time.monotonic() - start


def test_the_last_server_is_started_again_at_once(child: Small) -> None:
    os.kill(child.process.pid, signal.SIGKILL)
    assert until_another(child, child.process.pid) < several.PAUSE_SECONDS
    until_ready(child)


def test_a_start_waits_while_others_draw_the_visitors_pages(child: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "PAUSE_SECONDS", 1.5)
    child.check()
    os.kill(child.process.pid, signal.SIGKILL)
    assert until_another(child, child.process.pid, others=True) > 1.0
    until_ready(child)


def test_a_server_that_hangs_is_ended_and_started_again(child: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "SILENT_SECONDS", 1.0)
    hanging = child.process
    hanging.send_signal(signal.SIGSTOP)     # it takes connections, and answers none
    until_another(child, hanging.pid)
    assert hanging.poll() == -signal.SIGKILL
    until_ready(child)


def test_a_server_that_answers_late_is_left_alone(child: Small) -> None:
    pid = child.process.pid
    child.process.send_signal(signal.SIGSTOP)
    child.check()
    child.process.send_signal(signal.SIGCONT)
    until_ready(child)
    child.check()
    assert child.process.pid == pid

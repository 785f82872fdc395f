"""server.health: a server is waited for until it answers, and no longer than it runs."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server import health


class Answer(BaseHTTPRequestHandler):
    """503 at first, then 200; as a server whose pages are not ready yet."""

    refusals = 2

    def do_GET(self) -> None:
        Answer.refusals -= 1
        self.send_response(503 if Answer.refusals >= 0 else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_it_waits_until_the_server_is_healthy(url: str) -> None:
    Answer.refusals = 2
    assert not health.healthy(url)
    health.wait_until_healthy(url, 20)
    assert health.healthy(url)


def test_it_gives_up_when_the_time_is_over_or_the_process_has_ended(url: str) -> None:
    Answer.refusals = 10_000
    with pytest.raises(RuntimeError, match=r"within 0\.1 s"):
        health.wait_until_healthy(url, 0.1)
    with pytest.raises(RuntimeError, match="ended before"):
        health.wait_until_healthy(url, 20, running=lambda: False)

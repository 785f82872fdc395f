"""server.health: wait until a server is healthy, its process ends, or the timeout."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server import health


class Answer(BaseHTTPRequestHandler):
    """503 at first, then 200, as a server that is starting."""

    failures = 2

    def do_GET(self) -> None:
        Answer.failures -= 1
        self.send_response(503 if Answer.failures >= 0 else 200)
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
    Answer.failures = 2
    assert not health.healthy(url)
    health.wait_until_healthy(url, 20)
    assert health.healthy(url)


def test_it_raises_at_the_timeout_or_when_the_process_has_ended(url: str) -> None:
    Answer.failures = 10_000
    with pytest.raises(RuntimeError, match=r"within 0\.1 s"):
        health.wait_until_healthy(url, 0.1)
    with pytest.raises(RuntimeError, match="ended before"):
        health.wait_until_healthy(url, 20, running=lambda: False)


def test_an_answer_that_is_not_http_is_no_health() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(1000)
                line.sendall(b"nonsense\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert not health.healthy(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()

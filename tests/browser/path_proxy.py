"""A proxy that serves an app below a path of its own: /edu/lab/gmm is /gmm for the app, which does not learn of it.

    with serving_below("/edu/lab", "http://127.0.0.1:8501") as proxy:
        page.goto(f"{proxy.url}/gmm")     # http://127.0.0.1:40123/edu/lab/gmm
        proxy.cut()                       # all connections, as a line that fails for a moment

Paths outside the prefix get 404, as from a host that has other pages there. Websockets pass through.
"""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
END = b"\r\n\r\n"     # of a request's head


class Proxy(socketserver.ThreadingTCPServer):
    """The proxy; `asked` are the paths of its requests."""

    daemon_threads = True

    def __init__(self, prefix: str, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.prefix, self.port = prefix, urlsplit(target).port
        self.asked: list[str] = []
        self.open: set[socket.socket] = set()
        self.is_down = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"

    def cut(self) -> None:
        _end(*self.open)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Cut all connections, and end new ones at once, until the block ends."""
        self.is_down = True
        self.cut()
        yield
        self.is_down = False


class _Connection(socketserver.BaseRequestHandler):
    """One request, or one websocket."""

    server: Proxy

    def handle(self) -> None:
        if self.server.is_down:
            return
        with contextlib.suppress(OSError):
            head = b""
            while END not in head and (more := self.request.recv(65536)):
                head += more
            if not head:
                return
            method, path, rest = head.split(b" ", 2)
            self.server.asked.append(path.decode())
            if not path.startswith(f"{self.server.prefix}/".encode()):
                self.request.sendall(NOT_FOUND)
                return
            if b"\r\nupgrade: websocket" not in rest.lower():
                rest = rest.replace(b"Connection: keep-alive", b"Connection: close")
            with socket.create_connection(("127.0.0.1", self.server.port)) as app:
                app.sendall(b" ".join((method, path.removeprefix(self.server.prefix.encode()), rest)))
                self.server.open |= {app, self.request}
                back = threading.Thread(target=_copy, args=(app, self.request), daemon=True)
                back.start()
                _copy(self.request, app)
                back.join()
                self.server.open -= {app, self.request}


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy until one of them ends, and end both."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _end(source, target)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving_below(prefix: str, target: str) -> Iterator[Proxy]:
    """Serve `target` below `prefix` on a free loopback port."""
    with Proxy(prefix, target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
            proxy.cut()

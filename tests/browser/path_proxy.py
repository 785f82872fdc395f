"""A proxy that serves an app below a path of its own: /edu/lab/gmm is /gmm for the app, which does not learn of it.

    with serving_below("/edu/lab", "http://127.0.0.1:8501") as url:     # "http://127.0.0.1:40123/edu/lab"
        page.goto(f"{url}/gmm")

Paths outside the prefix get 404, as from a host that has other pages there. Websockets pass through.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def serving_below(prefix: str, target: str, asked: list[str] | None = None) -> Iterator[str]:
    """Serve `target` below `prefix` on a free loopback port. asked: receives the path of every request."""
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), [0]
    proxy = _Proxy(prefix, urlsplit(target).port or 80, [] if asked is None else asked)

    async def serve() -> None:
        async with await asyncio.start_server(proxy.connection, "127.0.0.1", 0) as server:
            port[0] = server.sockets[0].getsockname()[1]
            ready.set()
            with contextlib.suppress(asyncio.CancelledError):
                await server.serve_forever()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{port[0]}{prefix}"
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join(10)
        loop.close()


class _Proxy:
    def __init__(self, prefix: str, port: int, asked: list[str]) -> None:
        self.prefix, self.port, self.asked = prefix, port, asked

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request for each connection, or one websocket."""
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = self.rewritten(await reader.readuntil(b"\r\n\r\n"))
                if head is None:
                    writer.write(NOT_FOUND)
                    await writer.drain()
                    return
                app_reader, app_writer = await asyncio.open_connection("127.0.0.1", self.port)
                app_writer.write(head)
                await _until_either_ends(_copy(reader, app_writer), _copy(app_reader, writer))
        finally:
            writer.close()

    def rewritten(self, head: bytes) -> bytes | None:
        """The head of the request as the app gets it; None for a path outside the prefix."""
        method, path, rest = head.split(b" ", 2)
        self.asked.append(path.decode())
        if not path.startswith(self.prefix.encode() + b"/"):
            return None
        if b"\r\nupgrade:" not in rest.lower():
            rest = rest.replace(b"\r\nConnection: keep-alive", b"\r\nConnection: close")
        return b" ".join((method, path.removeprefix(self.prefix.encode()), rest))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def _until_either_ends(*copies: "asyncio.Coroutine[None, None, None]") -> None:  # type: ignore[name-defined]
    tasks = [asyncio.ensure_future(copy) for copy in copies]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""A websocket whose messages of one turn of the event loop are written to the socket at once."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class JoinedWrites:
    """A transport that writes once for all `write`s of a turn: each write to a socket gives up the interpreter."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Write at the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Write what waits, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data, self._waiting = b"".join(self._waiting), []
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class WebSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket with joined writes. A page of 80 messages is one write instead of 80."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called when a connection is made."""
        joined = JoinedWrites(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, joined))


__all__ = ["JoinedWrites", "WebSocket"]

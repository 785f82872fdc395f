"""server.joined_writes: the writes of one turn of the event loop are one write, in their order, and none is lost."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from server.joined_writes import JoinedWrites, WebSocket


class Transport:
    """A transport that notes what it is asked."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def close(self) -> None:
        self.closing = True
        self.calls.append("close")

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> str:
        return f"extra {name}"


def calls(act: Callable[[JoinedWrites], None]) -> list[Any]:
    async def run() -> list[Any]:
        transport = Transport()
        act(JoinedWrites(cast(asyncio.Transport, transport), asyncio.get_running_loop()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return transport.calls

    return asyncio.run(run())


def test_the_writes_of_a_turn_are_one() -> None:
    def act(joined: JoinedWrites) -> None:
        for number in range(5):
            joined.write(bytes([number]))

    assert calls(act) == [bytes(range(5))]


def test_nothing_is_lost_at_the_end() -> None:
    def act(joined: JoinedWrites) -> None:
        joined.write(b"a")
        joined.write(b"b")
        joined.close()
        joined.write(b"too late")

    assert calls(act) == [b"ab", "close"]


def test_two_turns_are_two_writes() -> None:
    async def run() -> list[Any]:
        transport = Transport()
        joined = JoinedWrites(cast(asyncio.Transport, transport), asyncio.get_running_loop())
        for data in (b"a", b"b"):
            joined.write(data)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return transport.calls

    assert asyncio.run(run()) == [b"a", b"b"]


def test_all_else_is_the_transports() -> None:
    async def run() -> tuple[str, bool]:
        joined = JoinedWrites(cast(asyncio.Transport, Transport()), asyncio.get_running_loop())
        return joined.get_extra_info("peername"), joined.is_closing()

    assert asyncio.run(run()) == ("extra peername", False)


def test_uvicorns_websocket_has_what_is_replaced() -> None:
    assert callable(WebSocket.connection_made), "see server/joined_writes.py for its benefit"

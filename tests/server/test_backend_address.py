"""dgm.ui.front: the first page says where the server is, whatever lies in front of it; all else passes as it is."""

import asyncio
import gzip
import re
from collections.abc import MutableMapping
from typing import Any

import pytest

from server import backend_address
from ui.contents import LESSONS

PAGE = b"<!DOCTYPE html><html><head><title>x</title></head></html>"
Message = MutableMapping[str, Any]


def answered(kind: bytes, body: bytes, *, accept: bytes = b"text/html,*/*", status: int = 200, method: str = "GET",
             parts: int = 1) -> tuple[Message, bytes]:
    """The first message and the whole body of an answer that went through the middleware."""
    messages: list[Message] = []

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        shown = gzip.compress(body) if b"accept-encoding" in dict(scope["headers"]) else body
        await send({"type": "http.response.start", "status": status,
                    "headers": [(b"content-type", kind), (b"content-length", str(len(shown)).encode())]})
        cuts = [len(shown) * i // parts for i in range(parts + 1)]
        for i in range(parts):
            await send({"type": "http.response.body", "body": shown[cuts[i]:cuts[i + 1]], "more_body": i + 1 < parts})

    async def collect(message: Message) -> None:
        messages.append(message)

    async def nothing() -> Message:
        return {}

    scope = {"type": "http", "method": method, "headers": [(b"accept", accept), (b"accept-encoding", b"gzip")]}
    asyncio.run(backend_address.Front(app)(scope, nothing, collect))
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


@pytest.mark.parametrize("parts", [1, 3])
def test_a_page_is_told_and_its_length_is_right(parts: int) -> None:
    start, body = answered(b"text/html; charset=utf-8", PAGE, parts=parts)
    assert body == PAGE.replace(b"<head>", backend_address.TOLD)
    assert dict(start["headers"])[b"content-length"] == str(len(body)).encode()


def test_all_else_passes_as_it_is() -> None:
    for kind, given in ((b"text/javascript", {}), (b"text/html", {"status": 404}), (b"application/octet-stream", {})):
        start, body = answered(kind, PAGE, parts=2, **given)
        assert body == PAGE
        assert dict(start["headers"])[b"content-length"] == str(len(PAGE)).encode()
    for given in ({"accept": b"*/*"}, {"method": "HEAD"}):     # not looked at: compressed as it was asked for
        assert gzip.decompress(answered(b"text/html", PAGE, **given)[1]) == PAGE


def test_websockets_pass() -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    asyncio.run(backend_address.Front(app)({"type": "websocket"}, app, app))
    assert scopes == [{"type": "websocket"}]


def test_the_root_is_found_in_the_address_of_every_page() -> None:
    pattern = re.search(r"match\(/(.+?)/\)\?", backend_address.TOLD.decode())
    assert pattern
    root = re.compile(pattern[1].replace(r"\/", "/"))
    for entry in LESSONS:
        for before in ("/", "/course/", "/user/a/proxy/8501/"):
            found = root.match(f"{before}{entry.stem}")
            assert found
            assert found[1] == before
    assert not any(root.match(address) for address in ("/", "/course", "/vae/more", "/another"))

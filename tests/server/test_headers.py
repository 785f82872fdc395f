"""server.headers: every HTTP response forbids requests to other hosts; websockets are unchanged."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from server import headers


async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    kind = "http.response.start" if scope["type"] == "http" else "websocket.accept"
    await send({"type": kind, "headers": [(b"x-own", b"1")]})


def sent(kind: str) -> list[MutableMapping[str, Any]]:
    messages: list[MutableMapping[str, Any]] = []

    async def collect(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    asyncio.run(headers.Headers(answer)({"type": kind}, lambda: asyncio.sleep(0), collect))
    return messages


def test_http_responses_have_the_policy_and_their_own_headers() -> None:
    (message,) = sent("http")
    found = dict(message["headers"])
    assert found[b"x-own"] == b"1"
    assert found[b"x-content-type-options"] == b"nosniff"
    assert b"default-src 'self'" in found[b"content-security-policy"]


def test_websockets_are_unchanged() -> None:
    (message,) = sent("websocket")
    assert message["headers"] == [(b"x-own", b"1")]


@pytest.mark.parametrize("directive", headers.POLICY.split("; "))
def test_no_directive_names_a_host(directive: str) -> None:
    assert "http" not in directive
    assert "*" not in directive

"""dgm.ui.static_files: Streamlit's files come whole and as they are on the disk; whatever else is asked for goes on."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from server import static_files as files

Message = MutableMapping[str, Any]
SCRIPT = min(name for name in files.names() if name.endswith(".js"))
ON = b"went on"


def asked(path: str, *, method: str = "GET",
          headers: tuple[tuple[bytes, bytes], ...] = ()) -> tuple[dict[bytes, bytes], bytes]:
    """Headers and body of the answer."""
    messages: list[Message] = []

    async def app(scope: Message, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": ON})

    async def nothing() -> Message:
        return {}

    async def collect(message: Message) -> None:
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(files.Files(app)(scope, nothing, collect))
    return dict(messages[0]["headers"]), messages[1]["body"]


@pytest.mark.parametrize("base", ["", "/course"])
@pytest.mark.parametrize("kind", [".js", ".css", ".woff2"])
def test_a_file_comes_as_it_is_on_the_disk_and_for_good(base: str, kind: str) -> None:
    name = min(name for name in files.names() if name.endswith(kind))
    for _ in range(2):      # from the disk, from memory
        headers, body = asked(f"{base}/static/{name}")
        assert body == (files.FOLDER / name).read_bytes()
        assert headers[b"content-length"] == str(len(body)).encode()
        assert b"immutable" in headers[b"cache-control"]
    said = {".js": b"text/javascript", ".css": b"text/css", ".woff2": b"font/woff2"}[kind]
    assert headers[b"content-type"].startswith(said)


def test_all_else_goes_on() -> None:
    for path in ("/static/js/none.js", "/static/js/../index.html", "/static/../../app.py", f"/static/{SCRIPT}/", "/"):
        assert asked(path)[1] == ON
    assert asked(f"/static/{SCRIPT}", method="HEAD")[1] == ON
    assert asked(f"/static/{SCRIPT}", headers=((b"range", b"bytes=0-9"),))[1] == ON


def test_what_pages_are_made_of_is_kept() -> None:
    total = sum((files.FOLDER / name).stat().st_size for name in files.names())
    assert any(name.startswith("js/index.") for name in files.names())
    assert total < 40e6     # were everything asked for

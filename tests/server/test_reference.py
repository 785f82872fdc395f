"""server.reference: the built API reference below /reference/, under any base path, and nothing else of the disk."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette

from server import reference


def get(path: str) -> tuple[int, dict[bytes, bytes], str]:
    """Status, headers and body of the answer."""
    messages: list[Any] = []

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()        # a client that sends nothing more and stays
        raise AssertionError

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    asyncio.run(Starlette(routes=reference.routes())(scope, receive, send))
    body = b"".join(message["body"] for message in messages[1:])
    return messages[0]["status"], dict(messages[0]["headers"]), body.decode()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "index.html").write_text("the index")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(reference, "FOLDER", folder)
    return folder


@pytest.mark.parametrize("base", ["", "/edu/lab"])
def test_it_is_served_below_any_path(built: Path, base: str) -> None:
    status, headers, _ = get(f"{base}/reference")
    assert status == 307
    assert urljoin(f"{base}/reference", headers[b"location"].decode()) == f"{base}/reference/"
    assert get(f"{base}/reference/")[::2] == (200, "the index")
    assert get(f"{base}/reference/none.html")[0] == 404


@pytest.mark.parametrize("path", ["../secret.txt", "..\\secret.txt", "/etc/passwd", "./../secret.txt"])
def test_no_file_outside_is_served(built: Path, path: str) -> None:
    assert get(f"/reference/{path}")[0] == 404


def test_before_it_is_built_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "FOLDER", Path("none"))
    assert get("/reference/")[::2] == (404, reference.MISSING)

"""server.backend_address: the page of a lesson contains the server's address, under any base path."""

import asyncio
import re
from typing import Any

import pytest
from starlette.applications import Starlette

from server import backend_address
from ui.contents import LESSONS


def get(path: str) -> tuple[int, dict[bytes, bytes], str]:
    """Status, headers and body of the answer."""
    messages: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    asyncio.run(Starlette(routes=backend_address.routes())(scope, receive, send))
    return messages[0]["status"], dict(messages[0]["headers"]), messages[1]["body"].decode()


@pytest.mark.parametrize("base", ["", "/course", "/user/a/proxy/8501"])
def test_each_lesson_is_streamlits_page_with_the_script_before_all_others(base: str) -> None:
    original = backend_address.INDEX_PAGE.read_text(encoding="utf-8")
    for lesson in LESSONS:
        status, headers, body = get(f"{base}/{lesson.stem}")
        assert status == 200
        assert headers[b"content-type"].startswith(b"text/html")
        assert headers[b"cache-control"] == b"no-cache"
        assert body.replace(backend_address.SCRIPT, "") == original
        assert body.index(backend_address.SCRIPT) < original.index("<script")


def test_all_other_paths_answer_404() -> None:
    for path in ("/", "/course", "/vae/more", "/another", "/static/js/index.js", "/_stcore/health"):
        assert get(path)[0] == 404


def test_the_root_is_found_in_the_address_of_every_page() -> None:
    pattern = re.search(r"match\(/(.+?)/\)\?", backend_address.SCRIPT)
    assert pattern
    root = re.compile(pattern[1].replace(r"\/", "/"))
    for lesson in LESSONS:
        for before in ("/", "/course/", "/user/a/proxy/8501/"):
            found = root.match(f"{before}{lesson.stem}")
            assert found
            assert found[1] == before
    assert not any(root.match(address) for address in ("/", "/course", "/vae/more", "/another"))

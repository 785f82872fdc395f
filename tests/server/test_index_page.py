"""server.index_page: the page of home and of a lesson contains the server's address, under any base path."""

import asyncio
import re
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette

from server import index_page
from ui.contents import LESSONS


def get(path: str, query: bytes = b"") -> tuple[int, dict[bytes, bytes], str]:
    """Status, headers and body of the answer."""
    messages: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": query, "headers": []}
    asyncio.run(Starlette(routes=index_page.routes())(scope, receive, send))
    return messages[0]["status"], dict(messages[0]["headers"]), messages[1]["body"].decode()


@pytest.mark.parametrize("base", ["", "/course", "/user/a/proxy/8501"])
def test_each_lesson_is_streamlits_page_with_the_script_before_all_others(base: str) -> None:
    for lesson in LESSONS:
        assert_index_page(f"{base}/{lesson.stem}")


@pytest.mark.parametrize("base", ["", "course", "/user/a/"])
def test_the_root_is_that_page_too(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setattr(index_page.st, "get_option", lambda name: base)
    assert_index_page(f"/{base.strip('/')}/".replace("//", "/"))
    assert get("/elsewhere/")[0] == 404


def assert_index_page(path: str) -> None:
    original = index_page.INDEX_PAGE.read_text(encoding="utf-8")
    status, headers, body = get(path)
    assert status == 200
    assert headers[b"content-type"].startswith(b"text/html")
    assert headers[b"cache-control"] == b"no-cache"
    assert body.replace(index_page.SCRIPT, "") == original
    assert body.index(index_page.SCRIPT) < original.index("<script")


@pytest.mark.parametrize(("path", "leads_to"), [("/home", "/"), ("/home/", "/"), ("/edu/lab/home", "/edu/lab/"),
                                                ("/vae/", "/vae"), ("/edu/lab/gmm/", "/edu/lab/gmm")])
@pytest.mark.parametrize("query", ["", "k=3&data=iris"])
def test_redirects_are_relative_and_keep_the_query(path: str, leads_to: str, query: str) -> None:
    """A proxy may have removed what stands before the path."""
    status, headers, _ = get(path, query.encode())
    location = headers[b"location"].decode()
    assert status == 307
    assert location.startswith(".")
    assert urljoin(f"https://host/removed{path}?{query}", location) == urljoin(
        "https://host", f"/removed{leads_to}{'?' * bool(query)}{query}")


def test_all_other_paths_answer_404() -> None:
    for path in ("/course", "/course/", "/vae/more", "/another", "/static/js/index.js", "/_stcore/health"):
        assert get(path)[0] == 404


def test_the_root_is_found_in_the_address_of_every_page() -> None:
    pattern = re.search(r"match\(/(.+?)/\)\?", index_page.ADDRESS)
    assert pattern
    root = re.compile(pattern[1].replace(r"\/", "/"))
    for lesson in LESSONS:
        for before in ("/", "/course/", "/user/a/proxy/8501/"):
            found = root.match(f"{before}{lesson.stem}")
            assert found
            assert found[1] == before
    assert not any(root.match(address) for address in ("/", "/course", "/vae/more", "/another"))

"""plotly.js comes from our own host, whole, compressed, and is asked for once."""

import gzip

import pytest
from starlette.requests import Request
from starlette.routing import Match

from dgm.ui import assets


def request(path: str, encoding: str) -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"",
                    "headers": [(b"accept-encoding", encoding.encode())]})


@pytest.mark.parametrize("encoding", ["gzip, deflate, br", "identity"])
def test_the_whole_file_is_served_for_good(encoding: str) -> None:
    answer = assets.plotly_js(request(assets.plotly_url(), encoding))
    zipped = answer.headers.get("Content-Encoding") == "gzip"
    assert zipped == ("gzip" in encoding)
    assert (gzip.decompress(answer.body) if zipped else answer.body) == assets.PLOTLY_JS.read_bytes()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"].startswith("text/javascript")


def test_it_is_compressed_once() -> None:
    assert assets.compressed() is assets.compressed()
    assert len(assets.compressed()) < 0.35 * assets.PLOTLY_JS.stat().st_size


@pytest.mark.parametrize("base", ["", "/lecture/", "a/b"])
def test_a_base_path_is_part_of_the_url_and_finds_a_route(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setattr(assets.st, "get_option", lambda name: base)
    url = assets.plotly_url()
    assert url.startswith("/" + base.strip("/"))
    assert "//" not in url
    scope = {"type": "http", "method": "GET", "path": url}
    assert any(route.matches(scope)[0] is Match.FULL for route in assets.routes())


def test_the_routes_read_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets.st, "get_option", lambda name: pytest.fail("settings were read too early"))
    assert len(assets.routes()) == 2

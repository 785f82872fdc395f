"""ui.components.assets: plotly.js and the modules are served by the app's host, compressed, cached by browsers."""

import gzip
import re
from urllib.parse import urljoin, urlsplit

import pytest
import streamlit as st
from starlette.requests import Request
from starlette.routing import Match

from ui.components import assets


def request(path: str, encoding: str) -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"",
                    "headers": [(b"accept-encoding", encoding.encode())]})


@pytest.mark.parametrize("encoding", ["gzip, deflate, br", "identity"])
def test_the_whole_file_is_served_without_expiry(encoding: str) -> None:
    answer = assets.plotly_js(request(assets.PLOTLY_PATH, encoding))
    zipped = answer.headers.get("Content-Encoding") == "gzip"
    assert zipped == ("gzip" in encoding)
    assert (gzip.decompress(answer.body) if zipped else answer.body) == assets.PLOTLY_JS.read_bytes()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"].startswith("text/javascript")


def test_it_is_compressed_once() -> None:
    assert assets.compressed() is assets.compressed()
    assert len(assets.compressed()) < 0.35 * assets.PLOTLY_JS.stat().st_size


@pytest.mark.parametrize("base", ["", "/lecture", "/a/b"])
def test_a_module_asks_for_plotly_beside_it_under_any_base_path(base: str) -> None:
    url = urljoin(f"https://host{base}{assets.MODULES.format(name='a.js')}", assets.PLOTLY_FROM_MODULE)
    assert url == f"https://host{base}{assets.PLOTLY_PATH}"
    scope = {"type": "http", "method": "GET", "path": urlsplit(url).path}
    assert any(route.matches(scope)[0] is Match.FULL for route in assets.routes())


def test_the_routes_read_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: pytest.fail("settings were read too early"))
    assert len(assets.routes()) == 4


def module_request(name: str) -> Request:
    return Request({"type": "http", "method": "GET", "path": f"/assets/modules/{name}", "query_string": b"",
                    "headers": [], "path_params": {"name": name}})


def test_a_module_is_served_by_its_content() -> None:
    script = assets.loader("export default () => 1;")
    assert script == assets.loader("export default () => 1;") != assets.loader("export default () => 2;")
    (name,) = re.findall(r"modules/(\w+\.js)", script)
    answer = assets.module_js(module_request(name))
    assert answer.body == b"export default () => 1;"
    assert answer.headers["Cache-Control"].endswith("immutable")
    assert len(script) < 1300


@pytest.mark.parametrize("name", ["", "nothing.js", "../app.py"])
def test_other_names_answer_404(name: str) -> None:
    assert assets.module_js(module_request(name)).status_code == 404

"""What a real server lets in and sends out: foreign origins, tokens, sizes, headers, errors."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server import settings
from tools.class_servers import ClassServer
from tools.visitor import Visitor
from ui import messages

COURSE = "https://course.example.edu"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassServer]:
    server = ClassServer(tmp_path_factory.mktemp("cache"), DGM_FRAME_ANCESTORS=f"'self' {COURSE}")
    yield server
    server.end()


@pytest.fixture
def visitor(server: ClassServer) -> Visitor:
    return Visitor(server.url, "gmm")


@pytest.mark.parametrize("path", ["/", "/gmm", "/_stcore/health", "/_stcore/host-config", "/nothing/here"])
def test_every_answer_has_the_policy(visitor: Visitor, path: str) -> None:
    _, headers, _ = visitor.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["object-src"], policy["base-uri"]) == ("'self'", "'none'", "'self'")
    assert policy["frame-ancestors"] == f"'self' {COURSE}"
    assert "*" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_nobody_may_embed_the_pages_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DGM_FRAME_ANCESTORS", raising=False)
    assert settings.frame_ancestors() == "'self'"


def test_another_site_reads_nothing(visitor: Visitor) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config"):
        _, headers, _ = visitor.get(path, headers={"Origin": "https://evil.example"})
        assert headers.get("Access-Control-Allow-Origin") != "*"
        assert "evil" not in str(headers.get("Access-Control-Allow-Origin"))


def test_a_websocket_of_another_site_is_not_accepted(server: ClassServer) -> None:
    async def attempt() -> None:
        async with connect(f"ws{server.url.removeprefix('http')}/_stcore/stream",
                           origin="https://evil.example"):  # type: ignore[arg-type]
            pass

    with pytest.raises(InvalidStatus):
        asyncio.run(attempt())


def test_an_upload_without_its_token_is_forbidden(visitor: Visitor) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n1\r\n--x--\r\n'
    status, _, _ = visitor.get("/_stcore/upload_file/s/f", "PUT", body,
                               {"Content-Type": "multipart/form-data; boundary=x"})
    assert status == 403


def test_an_upload_over_the_limit_ends_before_it_is_read(visitor: Visitor) -> None:
    async def upload() -> int:
        await visitor.open()
        token = dict(pair.split("=", 1) for pair in visitor.cookie.split("; ")).get("_streamlit_xsrf", "")
        session = visitor.session
        status, _, _ = await asyncio.to_thread(
            visitor.get, f"/_stcore/upload_file/{session}/f", "PUT", b"x",
            {"Content-Length": str(60_000_000), "X-Xsrftoken": token,
             "Content-Type": "multipart/form-data; boundary=x"})
        await visitor.leave()
        return status

    assert asyncio.run(upload()) == 413


def test_an_unexpected_error_is_a_number_that_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def script() -> None:
        from ui.messages import show_unexpected

        try:
            raise RuntimeError("the secret of the server")
        except RuntimeError as error:
            show_unexpected(error)

    with caplog.at_level(logging.ERROR, logger=messages.__name__):
        shown = AppTest.from_function(script).run().error[0].value
    number = caplog.records[0].args[0]  # type: ignore[index]
    assert f"error {number}." in shown
    assert "secret" not in shown
    assert caplog.records[0].exc_info is not None

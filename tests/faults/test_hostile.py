"""A server under bad input and bad lines: malformed links, messages and uploads, slow and half-open clients, no disk.

No visitor sees a traceback or loses a session. DGM_HOSTILE sets how many malformed inputs are sent (1000: minutes).
"""

import asyncio
import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dgm.datasets import table
from dgm.errors import DgmError
from tools.class_servers import ClassServer
from tools.visitor import Visitor
from ui.contents import LESSONS

MANY = int(os.environ.get("DGM_HOSTILE", "60"))
SLOW = 30.0       # seconds that a rerun may take on a busy machine
STEP = re.compile(r"step ([\d,]+)")
ERROR = re.compile(r"error \w+ on a page|Traceback|Exception in|was never (?:retrieved|awaited)")
ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:)", re.MULTILINE)     # where an entry of the log begins
# What Streamlit writes, with a traceback, of a message that it does not accept; the last is a frame of text.
NOT_ACCEPTED = re.compile(r"Failed to deserialize component state from frontend|Error deserializing back message|"
                          r"Exception in ASGI application\n.*await websocket\.receive_bytes\(\)\n.*KeyError: 'bytes'",
                          re.DOTALL)
NAMES = ("part", "k", "seed", "own", "answers", "hide", "data", "model", "steps", "half_step", "reveal", "present", "x")
hostile = settings(max_examples=MANY, suppress_health_check=list(HealthCheck))
texts = st.one_of(st.text(max_size=60), st.sampled_from(
    ["nan", "inf", "-1e999", "1_2_3", "~;~", "<script>", "../../etc/passwd", "\0", "9" * 400, "a~b~c;" * 40]))
links = st.dictionaries(st.sampled_from(NAMES), texts, max_size=5)
jsons = st.recursive(st.none() | st.booleans() | st.floats() | texts,
                     lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
                     max_leaves=12)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassServer]:
    server = ClassServer(tmp_path_factory.mktemp("cache"), DGM_WORKERS="1")
    yield server
    server.end()
    assert tracebacks(server) == []


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def visitors(server: ClassServer, loop: asyncio.AbstractEventLoop) -> Iterator[dict[str, Visitor]]:
    found = {lesson.stem: Visitor(server.url, lesson.stem) for lesson in LESSONS}
    for visitor in found.values():
        loop.run_until_complete(visitor.open())
    yield found
    for visitor in found.values():
        loop.run_until_complete(visitor.leave())


def tracebacks(server: ClassServer | SimpleNamespace) -> list[str]:
    """Entries of a server's log with an error: of a page, of ASGI or of asyncio."""
    entries = ENTRY.split(server.log.read_text(errors="replace"))
    return [entry for entry in entries if ERROR.search(entry)
            and not (NOT_ACCEPTED.search(entry) and entry.count("Traceback") == 1)]


@pytest.mark.parametrize(("written", "count"), [
    ("2026-01-01 10:00:00.000 Error deserializing back message\nTraceback (most recent call last):\nDecodeError", 0),
    ("2026-01-01 10:00:00.000 Error deserializing back message\nTraceback\nDecodeError\nTraceback\nValueError", 1),
    ("2026-01-01 10:00:00.000 error 1a2b on a page\nTraceback\nValueError", 1),
    ("2026-01-01 10:00:00.000 Exception in ASGI application\nTraceback\nValueError", 1),
    ("2026-01-01 10:00:00.000 Task exception was never retrieved\nfuture: x", 1), ("Serving on http://x", 0)])
def test_only_errors_of_the_server_itself_count(tmp_path: Path, written: str, count: int) -> None:
    (tmp_path / "server.log").write_text(f"Serving on\n2026-01-01 10:00:00.000 fine\n{written}\n")
    assert len(tracebacks(SimpleNamespace(log=tmp_path / "server.log"))) == count


@given(stem=st.sampled_from([lesson.stem for lesson in LESSONS]), link=links)
@hostile
def test_malformed_links(server: ClassServer, visitors: dict[str, Visitor], loop: asyncio.AbstractEventLoop,
                         stem: str, link: dict[str, str]) -> None:
    visitor = Visitor(server.url, stem, urlencode(link, quote_via=quote, errors="replace"))
    loop.run_until_complete(visitor.open())
    loop.run_until_complete(visitor.leave())
    assert visitor.errors == []


@given(stem=st.sampled_from([lesson.stem for lesson in LESSONS]), value=jsons, data=st.data())
@hostile
def test_malformed_messages_of_components(visitors: dict[str, Visitor], loop: asyncio.AbstractEventLoop,
                                          stem: str, value: object, data: st.DataObject) -> None:
    visitor = visitors[stem]
    components = [key for key, widget in visitor.widgets.items() if widget.kind == "bidi_component"]
    if not components:
        return
    key = data.draw(st.sampled_from(sorted(components)))
    visitor.states[key] = WidgetState(id=key, json_value=json.dumps(value))
    loop.run_until_complete(visitor.rerun())
    del visitor.states[key]
    assert visitor.errors == []


@given(content=st.one_of(st.binary(max_size=400), texts.map(lambda text: text.encode(errors="replace"))))
@settings(max_examples=max(MANY, 300), suppress_health_check=list(HealthCheck))
def test_malformed_tables(content: bytes) -> None:
    with contextlib.suppress(DgmError):
        assert len(table.read(content).columns) > 0


@given(body=st.binary(max_size=300), kind=st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data",
                                                           "text/plain", "", "\x01"]), name=st.text(max_size=40))
@hostile
def test_malformed_uploads(visitors: dict[str, Visitor], body: bytes, kind: str, name: str) -> None:
    visitor = visitors["gmm"]
    token = dict(pair.split("=", 1) for pair in visitor.cookie.split("; ") if pair).get("_streamlit_xsrf", "")
    path = f"/_stcore/upload_file/{visitor.session}/f{quote(name, errors='replace')}"
    named = name.encode(errors="replace")
    inner = b'--x\r\nContent-Disposition: form-data; name="f"; filename="' + named + b'"\r\n\r\n'
    for content in (body, inner + body, inner + body + b"\r\n--x--\r\n"):
        status, _, _ = visitor.get(path, "PUT", content, {"X-Xsrftoken": token, "Content-Type": kind})
        assert status < 500


@pytest.mark.parametrize("frame", [b"", b"\xff" * 50, b"\x00" * 1000, "text"])
def test_a_malformed_frame_ends_that_line_alone(server: ClassServer, loop: asyncio.AbstractEventLoop,
                                                frame: bytes | str) -> None:
    async def send() -> float:
        bad, good = Visitor(server.url, "gmm"), Visitor(server.url, "gmm")
        await bad.open()
        await good.open()
        assert bad.socket
        await bad.socket.send(frame)
        took = await good.move()
        await bad.leave()
        await bad.connect()    # and its visitor comes back
        await bad.rerun()
        assert bad.errors == good.errors == []
        await bad.leave()
        await good.leave()
        return took

    assert loop.run_until_complete(send()) < SLOW


def test_a_client_that_reads_nothing_holds_nobody_up(server: ClassServer, loop: asyncio.AbstractEventLoop) -> None:
    async def stay() -> float:
        slow, good = Visitor(server.url, "gmm"), Visitor(server.url, "gmm")
        await slow.open()
        await good.open()
        assert slow.socket
        slow.socket.transport.pause_reading()
        message = BackMsg()
        message.rerun_script.page_name = "gmm"
        for _ in range(30):
            await slow.socket.send(message.SerializeToString())
        took = await good.move()
        slow.socket.transport.abort()
        await good.leave()
        return took

    assert loop.run_until_complete(stay()) < SLOW


def test_half_open_sockets_hold_nobody_up(server: ClassServer, loop: asyncio.AbstractEventLoop) -> None:
    held = []
    for _ in range(60):
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(b"GET /_stcore/stream HTTP/1.1\r\nHost: x\r\n")
        held.append(sock)

    async def visit() -> float:
        async with Visitor(server.url, "gmm") as visitor:
            return await visitor.move()

    assert loop.run_until_complete(visit()) < SLOW
    for sock in held:
        sock.close()


def test_without_a_place_to_write_a_visitor_trains_all_the_same(
    tmp_path_factory: pytest.TempPathFactory, loop: asyncio.AbstractEventLoop
) -> None:
    server = ClassServer(tmp_path_factory.mktemp("log"))
    server.end()
    server.env["DGM_CACHE"] = "/proc/nowhere"    # not even root can write there
    server.start()

    async def train() -> int:
        async with Visitor(server.url, "vae", "model=my+run&steps=20000") as visitor:
            await visitor.press("Train")
            deadline = time.monotonic() + 60
            while True:
                await asyncio.sleep(0.5)
                await visitor.rerun()
                step = max((int(found[1].replace(",", "")) for text in visitor.texts
                            if (found := STEP.search(text))), default=0)
                assert visitor.errors == []
                assert time.monotonic() < deadline
                if step > 20:
                    return step

    assert loop.run_until_complete(train()) > 20
    server.end()
    assert tracebacks(server) == []

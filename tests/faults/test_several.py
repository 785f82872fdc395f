"""DGM_SERVERS=2 with a real nginx: visitors stay with one server, and go on with another one when theirs is killed."""

import asyncio
import contextlib
import os
import re
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.health import healthy
from tests.installed_nginx import needs_nginx
from tools.class_servers import SeveralServers
from tools.visitor import Visitor

ROOT = Path(__file__).parents[2]
pytestmark = needs_nginx
START = 180.0     # seconds, for busy machines
LOST = 1.5        # seconds of training that a killed server may lose
BACK = 3.0        # seconds of processor and waiting after which a visitor of a killed server has the page again
OWN_RUN = "model=my+run&steps=20000"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeveralServers]:
    several = SeveralServers(tmp_path_factory.mktemp("cache"), "/edu/lab")
    yield several
    several.end()


@pytest.fixture
def several(running: SeveralServers) -> SeveralServers:
    """Both servers answer, whatever the test before has ended."""
    running.wait_for_both()
    return running


def test_visitors_stay_with_their_server_and_new_ones_are_shared_out(several: SeveralServers) -> None:
    async def visits() -> list[tuple[str, str]]:
        found = []
        for _ in range(6):
            async with Visitor(several.url, "gmm") as visitor:
                first = visitor.server
                visitor.get("/")
                await visitor.leave()
                await visitor.connect()
                found.append((first, visitor.server))
        return found

    pairs = asyncio.run(visits())
    assert all(first == again for first, again in pairs)
    assert {first for first, _ in pairs} == {"a", "b"}


def test_static_files_are_compressed_and_do_not_trouble_the_app(several: SeveralServers) -> None:
    visitor = Visitor(several.url, "gmm")
    _, _, index = visitor.get("/gmm")
    script = re.search(rb'src="\.?(/static/js/index[^"]+)"', index)
    assert script
    status, headers, content = visitor.get(script[1].decode(), headers={"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in headers["Cache-Control"]
    assert "X-Dgm-Server" not in headers
    plain = visitor.get(script[1].decode())[2]
    assert len(content) < 0.5 * len(plain)


@pytest.mark.parametrize(("path", "status"), [("/_stcore/metrics", 404), ("/_stcore/health", 200), ("/gmm", 200)])
def test_what_is_reachable(several: SeveralServers, path: str, status: int) -> None:
    assert Visitor(several.url, "gmm").get(path)[0] == status


def test_a_body_over_the_limit_is_not_read(several: SeveralServers) -> None:
    visitor = Visitor(several.url, "gmm")
    status, _, _ = visitor.get("/_stcore/upload_file/x/y", "PUT", b"x", {"Content-Length": str(50_000_000)})
    assert status == 413


def test_a_proxy_that_ends_is_started_again(several: SeveralServers) -> None:
    async def visit() -> list[str]:
        visitor = Visitor(several.url, "gmm")
        await visitor.open()
        pids = nginx_of(several)
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START
        while not await asyncio.to_thread(healthy, several.url):
            assert time.monotonic() < deadline
        await visitor.connect()
        await visitor.rerun()
        await visitor.move()
        await visitor.leave()
        return visitor.errors

    assert asyncio.run(visit()) == []


def nginx_of(several: SeveralServers) -> list[int]:
    """Process ids of the proxy: nginx's master, whose workers end with it or are in its group."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            if name == "nginx":
                found[int(folder.name)] = int(rest.split()[1])
    masters = [pid for pid, parent in found.items() if parent == several.process.pid]
    return [*masters, *(pid for pid, parent in found.items() if parent in masters)]


def test_a_killed_server_takes_no_other_with_it_and_its_visitors_go_on(several: SeveralServers) -> None:
    async def visit() -> dict[str, Any]:
        mine = Visitor(several.url, "vae", OWN_RUN)
        await mine.open()
        others = [Visitor(several.url, "gmm") for _ in range(4)]
        for other in others:
            await other.open()
        await mine.press("Train")
        while mine.step < 30:
            await asyncio.sleep(0.5)
            await mine.rerun()
        before, name = mine.step, mine.server
        await asyncio.sleep(LOST)
        elsewhere = [other for other in others if other.server != name]
        assert elsewhere, "new visitors are shared out"
        usual = statistics.median([await other.rerun() for other in (*elsewhere, *elsewhere)])
        pids = several.children()
        os.kill(pids[name][0], signal.SIGKILL)
        start = time.monotonic()
        await mine.connect()
        mine.states.clear()
        await mine.rerun()
        waited = time.monotonic() - start
        said, after = [text.replace("\\", "") for text in mine.texts if text.startswith("Restored")], mine.step
        for other in elsewhere:     # they have noticed nothing
            await other.move()
        goes_on = not any("ready to go on" in text or "paused" in text for text in mine.texts)
        for visitor in (mine, *others):
            await visitor.leave()
        return {"servers": (name, mine.server), "steps": (before, after), "waited": waited, "usual": usual,
                "said": said, "pids": pids, "goes on": goes_on,
                "errors": [error for visitor in (mine, *elsewhere) for error in visitor.errors]}

    found = asyncio.run(asyncio.wait_for(visit(), 2 * START))
    (first, then), (before, after) = found["servers"], found["steps"]
    assert first != then
    assert after >= before, "at most the chunk in flight is lost"
    assert any(text.startswith("Restored: training at step") for text in found["said"])
    assert found["errors"] == []
    assert found["goes on"], "the run goes on by itself"
    # Within 3 s where a rerun takes its usual 0.1 s; on a busy machine both take longer.
    assert found["waited"] < BACK * max(1.0, found["usual"] / 0.1)
    several.wait_for_both()     # started again
    assert several.children()[then] == found["pids"][then], "the other server is the same process"
    assert several.children()[first] != found["pids"][first]


def test_a_server_that_hangs_is_started_again_and_its_visitors_go_on(several: SeveralServers) -> None:
    async def visit() -> tuple[str, str, list[str]]:
        visitor = Visitor(several.url, "gmm")
        await visitor.open()
        name = visitor.server
        pid = several.children()[name][0]
        os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + START
        assert visitor.socket
        await asyncio.wait_for(visitor.socket.wait_closed(), START)     # its server was ended
        while several.children().get(name, (pid,))[0] == pid:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        await visitor.connect()
        await visitor.rerun()
        await visitor.move()
        await visitor.leave()
        return name, visitor.server, visitor.errors

    first, then, errors = asyncio.run(visit())
    assert (first != then, errors) == (True, [])

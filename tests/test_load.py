"""benchmarks.load: the table of the README, and a server that runs already is measured once."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.load import Found

ROOT = Path(__file__).parents[1]
PLAYWRIGHT_IS_AWAY = "import sys; sys.modules['playwright'] = None; from benchmarks import load; load.main(['--help'])"


@pytest.fixture
def crowds(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """The address, servers and visitors of each crowd that would have come."""
    came: list[tuple[str, int, int]] = []

    async def together(url: str, found: Found, seconds: float, browsers: bool) -> None:
        came.append((url, found.servers, found.visitors))
        found.moves, found.openings = [0.04, 0.5 * found.visitors], [0.3]
        found.seconds, found.memory = seconds, (1, 2, 1)

    monkeypatch.setattr(load, "_together", together)
    return came


def test_a_server_that_runs_already_is_measured_once(crowds: list[tuple[str, int, int]],
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    load.main(["--url", "http://127.0.0.1:9", "--visitors", "1", "4", "--seconds", "2"])
    assert crowds == [("http://127.0.0.1:9", 0, 1), ("http://127.0.0.1:9", 0, 4)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == load.HEAD.splitlines()
    assert lines[2] == "| - | 1 | 1 | 500 | 500 |  | 0.0 | 0 | 1 / 2 / 1 |"
    assert "for up to 1 visitors with this server." in lines[6]
    assert lines[8] == "Opening a page: 300 ms (median)."


def test_streamlit_alone_has_the_middle_crowd_and_is_compared(crowds: list[tuple[str, int, int]],
                                                              monkeypatch: pytest.MonkeyPatch,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(load, "served", lambda url, servers: contextlib.nullcontext(str(servers)))
    load.main(["--visitors", "1", "3", "9"])
    assert [(servers, visitors) for _, servers, visitors in crowds] == [
        (load.PEER, 3), *((servers, visitors) for servers in (1, 2) for visitors in (1, 3, 9))]
    out = capsys.readouterr().out
    assert "| Streamlit alone | 3 |" in out
    assert "With 3 visitors a rerun takes 0 ms of the processor." in out


def test_the_peer_serves_one_page_and_its_processor_time_is_found() -> None:
    found = Found(2, 0, load.PEER)
    with load.served("", load.PEER) as url:
        asyncio.run(load.crowd(url, found, 4))
    assert found.errors == []
    assert found.moves
    assert found.processor > 1
    assert 0 < found.visitors_cpu < found.window < found.seconds
    assert found.memory[0] > 30


def test_a_crowd_that_trains_is_named_in_its_row() -> None:
    assert Found(5, 2, 1, [0.1], seconds=1).row().startswith("| 1 | 5, 2 of them training | 1 |")
    assert Found(5, 0, 1, [0.1], seconds=1).row().count("|") == load.HEAD.splitlines()[0].count("|")


def test_a_target_is_met_or_the_row_says_what_the_cores_did() -> None:
    quick = Found(100, 0, 2, [0.08] * 99 + [0.5], seconds=2)
    assert quick.met() == "p50 ≤ 100 and p95 ≤ 600: yes"
    slow = Found(70, 20, 1, [0.1] * 40 + [0.7] * 5, window=20, cpu=20, visitors_cpu=8)
    assert slow.met() == f"p95 ≤ 600: no, the server used 1.0 and the visitors 0.4 of {os.cpu_count()} cores"
    assert Found(200, 0, 1, [0.1], errors=["lost"], seconds=1).met().startswith("p95 ≤ 1,500: no")
    assert Found(30, 0, 1, [9.0], seconds=1).met() == Found(100, 0, load.PEER, [9.0], seconds=1).met() == ""


def test_the_note_says_what_a_visitor_takes_and_what_is_given_back() -> None:
    found = Found(200, 0, 1, [0.1], memory=(100.0, 300.0, 120.0))
    trains = Found(300, 9, 1, [0.1], memory=(100.0, 900.0, 120.0))
    assert load.note([found, trains]).endswith(
        "Each of 200 visitors takes 1.0 MB (target: 1.5); 90% of that is given back a minute after all have left "
        "(target: 90%).")


def test_a_crowd_may_train_in_part(crowds: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch,
                                   capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(load, "served", lambda url, servers: contextlib.nullcontext(str(servers)))
    load.main(["--visitors", "3", "7/2"])
    assert [(servers, visitors) for _, servers, visitors in crowds] == [
        (load.PEER, 3), (1, 3), (1, 7), (2, 3), (2, 7)]
    assert "| 1 | 7, 2 of them training |" in capsys.readouterr().out


def test_the_command_of_deploy_needs_no_package_of_developers() -> None:
    done = subprocess.run([sys.executable, "-c", PLAYWRIGHT_IS_AWAY], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr

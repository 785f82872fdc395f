"""server.memory: what is dropped when, and that memory goes back after the last visitor has left."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from server import memory
from ui import cache, streamlit_internals
from ui.streamlit_internals import sessions

RESULTS, SESSIONS = 15.0, 45.0      # seconds


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    calls: list[float] = []
    monkeypatch.setattr(cache, "drop_unused", lambda seconds: calls.append(seconds) or 0)
    monkeypatch.setattr(memory, "give_back", lambda: calls.append(-1.0) or True)
    monkeypatch.setattr(memory, "ALONE", ((RESULTS, memory.drop_results), (SESSIONS, lambda: calls.append(SESSIONS))))
    return calls


def test_results_are_dropped_before_sessions_end_and_both_within_a_minute() -> None:
    (first, drop), (second, end) = memory.ALONE
    assert (drop, end) == (memory.drop_results, streamlit_internals.end_stored_sessions)
    assert 0 < first < second < 60 - memory.ROUND_SECONDS


def test_while_somebody_is_here_only_old_results_are_dropped(dropped: list[float]) -> None:
    broom = memory.Broom(0.0)
    for now in range(0, 300, 5):
        broom.round(float(now), visitors=1)
    assert set(dropped) == {memory.UNUSED_SECONDS}


def test_results_and_then_sessions_are_dropped_once_after_the_last_visitor_left(dropped: list[float]) -> None:
    broom = memory.Broom(0.0)
    broom.round(0.0, visitors=2)
    dropped.clear()
    times = [now for now in range(5, 200, 5) if broom.round(float(now), visitors=0)]
    assert times == [RESULTS, SESSIONS]
    assert dropped == [0.0, -1.0, SESSIONS, -1.0]
    broom.round(200.0, visitors=1)
    assert broom.round(200.0 + RESULTS, visitors=0)


def test_a_server_that_nobody_has_visited_drops_nothing(dropped: list[float]) -> None:
    broom = memory.Broom(0.0)
    assert not any(broom.round(float(now), visitors=0) for now in range(0, 200, 5))
    assert dropped == []


def test_the_sessions_of_those_who_left_end_in_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[tuple[str, threading.Thread]] = []
    storage = MemorySessionStorage()
    manager = WebsocketSessionManager(storage, *[cast(Any, None)] * 3)
    for name in ("one", "two"):
        session = SimpleNamespace(id=name, shutdown=lambda name=name: ended.append((name, threading.current_thread())))
        storage.save(cast(Any, SimpleNamespace(session=session)))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = SimpleNamespace(_session_mgr=manager, _get_async_objs=lambda: SimpleNamespace(eventloop=loop))
    monkeypatch.setattr(sessions.runtime, "exists", lambda: True)
    monkeypatch.setattr(sessions.runtime, "get_instance", lambda: server)
    streamlit_internals.end_stored_sessions()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert ended == [("one", thread), ("two", thread)]
    assert storage.list() == []


def test_a_reload_keeps_the_results(dropped: list[float]) -> None:
    broom = memory.Broom(0.0)
    for now, visitors in ((0.0, 1), (5.0, 0), (10.0, 0), (12.0, 1), (17.0, 0), (22.0, 0), (24.0, 1)):
        broom.round(now, visitors)
    assert 0.0 not in dropped


def test_giving_back_works_on_this_machine() -> None:
    memory.limit_arenas()
    assert memory.give_back()


def test_the_rounds_outlive_an_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class EndError(BaseException):
        """Ends the loop."""

    rounds = iter([RuntimeError("first"), RuntimeError("second"), EndError()])

    def fail() -> int:
        raise next(rounds)

    monkeypatch.setattr(memory.streamlit_internals, "visitors", fail)
    monkeypatch.setattr(memory, "ROUND_SECONDS", 0.0)
    with pytest.raises(EndError):
        memory._rounds()
    assert "second" in caplog.text

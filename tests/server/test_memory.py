"""server.memory: what is dropped when, and that memory goes back after the last visitor has left."""

import pytest

from server import memory
from ui import cache


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    calls: list[float] = []
    monkeypatch.setattr(cache, "drop_unused", lambda seconds: calls.append(seconds) or 0)
    monkeypatch.setattr(memory, "give_back", lambda: calls.append(-1.0) or True)
    return calls


def test_while_somebody_is_here_only_old_results_are_dropped(dropped: list[float]) -> None:
    broom = memory.Broom(0.0)
    for now in range(0, 300, 5):
        broom.round(float(now), visitors=1)
    assert set(dropped) == {memory.UNUSED_SECONDS}


def test_all_results_are_dropped_once_after_the_last_visitor_left(dropped: list[float]) -> None:
    broom = memory.Broom(0.0)
    broom.round(0.0, visitors=2)
    dropped.clear()
    times = [now for now in range(5, 100, 5) if broom.round(float(now), visitors=0)]
    assert times == [memory.ALONE_SECONDS]
    assert dropped == [0.0, -1.0]
    broom.round(100.0, visitors=1)
    assert broom.round(100.0 + memory.ALONE_SECONDS, visitors=0)


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

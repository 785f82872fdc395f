"""ui.pacing: scripts take turns, in the order in which they came; a long one or one that fails keeps nobody waiting."""

import threading
import time
from collections.abc import Callable

import pytest

from ui import pacing


def started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_scripts_run_one_after_the_other_in_the_order_in_which_they_came() -> None:
    turns, order, running, at_once = pacing.Turns(), list[int](), set[int](), list[int]()

    def script(number: int) -> None:
        with turns.turn():
            running.add(number)
            order.append(number)
            time.sleep(0.01)
            at_once.append(len(running))
            running.remove(number)

    with turns.turn():
        threads = []
        for number in range(8):
            threads.append(started(lambda number=number: script(number)))
            until(lambda number=number: len(turns._waiting) > number)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert (order, at_once) == (list(range(8)), [1] * 8)


def test_a_turn_within_a_turn_goes_on_at_once() -> None:
    turns = pacing.Turns()
    with turns.turn(), turns.turn():
        assert len(turns._began) == 1
    assert not turns._began


def test_a_script_that_fails_gives_its_turn_back() -> None:
    turns = pacing.Turns()
    with pytest.raises(ValueError, match="fails"), turns.turn():
        raise ValueError("fails")
    done = threading.Event()

    def next_one() -> None:
        with turns.turn():
            done.set()

    started(next_one)
    assert done.wait(10)


def test_a_long_script_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LONG", 0.05)
    turns, done, end = pacing.Turns(), threading.Event(), threading.Event()

    def long() -> None:
        with turns.turn():
            end.wait(10)

    def short() -> None:
        with turns.turn():
            done.set()

    first = started(long)
    until(lambda: bool(turns._began))
    started(short)
    assert done.wait(10)
    assert first.is_alive()
    end.set()
    first.join(10)
    assert not turns._began

"""Pages take turns at the processor, and send what lies below the first screen once the browser has painted the rest.

Scripts of one server share Python's interpreter. A hundred that run at once take three times the processor time of
those that run one after the other, because each interrupts the others every few milliseconds.

A browser renders in order of arrival, on one thread: without the pause the last paragraph of a page delays its first
picture. The browser waits and then asks for the rest, so no thread of the server does.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from ui.components import assets

AT_ONCE = 1     # scripts of one server
LONG = 0.5      # seconds after which a script no longer keeps others waiting: it may wait for data itself


class Turns:
    """Scripts begin in the order in which they came, at most AT_ONCE of them while none takes LONG."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = deque[threading.Event]()
        self._began = dict[threading.Event, float]()
        self._of_thread = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and give it back at the end; a thread that has one goes on at once."""
        if getattr(self._of_thread, "has_one", False):
            yield
            return
        mine = self._begin()
        self._of_thread.has_one = True
        try:
            yield
        finally:
            self._of_thread.has_one = False
            with self._lock:
                del self._began[mine]
                self._admit()

    def _begin(self) -> threading.Event:
        mine = threading.Event()
        with self._lock:
            self._waiting.append(mine)
            self._admit()
        while not mine.wait(LONG):      # those that run may all have become long
            with self._lock:
                self._admit()
        return mine

    def _admit(self) -> None:
        now = time.monotonic()
        short = sum(now - began < LONG for began in self._began.values())
        while self._waiting and short < AT_ONCE:
            first = self._waiting.popleft()
            self._began[first] = now
            first.set()
            short += 1


turn = Turns().turn

_painted = st.components.v2.component("painted", js=assets.script("painted.js"))


def after_paint(*draws: Callable[[], None]) -> None:
    """Run `draws` in order, as one fragment: at once where the page is open already, else when it has been painted."""
    st.fragment(lambda: _when_painted(draws))()


def _when_painted(draws: tuple[Callable[[], None], ...]) -> None:
    state = _painted(key="painted", default={"painted": False}, height=1, on_painted_change=_rerun)
    if state.painted:
        with turn(), st.container(key="after paint"):
            for draw in draws:
                draw()


def _rerun() -> None:
    """Nothing: Streamlit reruns the fragment after a component's callback."""

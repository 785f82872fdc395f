"""The work of each tab: objects that outlive a session, in memory while its visitor is here, in files afterwards.

A browser sends two random keys with each connection (server/tab_key.js). The tab's finds its work again after a reload;
the browser's offers the work of another tab. A tab whose key is in use, because the browser copied it, begins anew.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from ui import streamlit_internals
from ui.kept_work import files

T = TypeVar("T")
AWAY_SECONDS = 20.0       # after the last sign of a visitor, what is in a file leaves the memory
KEEP_SECONDS = 45 * 60.0  # afterwards nobody finds it any more
INDEX = "index"           # the file that lists in words what the others hold
_KEYS = "kept work: keys"

_lock = threading.RLock()
_works: dict[str, "Work"] = {}    # by the tab's key


@dataclass(eq=False)
class Work:
    """What the visitor of one tab has made."""

    tab: str
    browser: str
    owner: str                                 # the session that uses it
    objects: dict[str, Any] = field(default_factory=dict)
    restored_at: float | None = None           # when it was found again by another session, time.monotonic()
    seen: float = field(default_factory=time.monotonic)
    written: dict[str, int | None] = field(default_factory=dict)  # time stamps of the files that this process wrote
    lock: threading.RLock = field(default_factory=threading.RLock)    # held while its files are written or move
    left: dict[str, str] = field(default_factory=dict)    # what is in files alone, in a few words each
    restored: dict[str, str] = field(default_factory=dict)    # what was found again, in a few words each
    lost: dict[str, str] = field(default_factory=dict)    # what was too large for a file and left the memory
    too_large: set[str] = field(default_factory=set)    # keys of objects that are too large for a file
    at: tuple[str, dict[str, str]] | None = None        # the page it was made on, and the parameters of its link
    goes_there: bool = False                            # with the next run

    def present(self) -> bool:
        """Whether a browser is connected."""
        return streamlit_internals.is_connected(self.owner)


def keep(key: str, make: Callable[[], T]) -> T:
    """The object of this tab with this key, made at its first use or read from its file.

    An object with `to_saved()` and `from_saved(value)` is written to a file from time to time. Without a browser's keys
    (another client, a test) the object lasts as long as the session.
    """
    work = current()
    objects = st.session_state if work is None else work.objects
    if key not in objects:
        objects[key] = make()
        if work is not None:
            _read(work, key)
            work.left.pop(key, None)
    found: T = objects[key]
    return found


def of_session(key: str, make: Callable[[], T]) -> T:
    """An object that goes with the session: a reload begins without it."""
    if key not in st.session_state:
        st.session_state[key] = make()
    found: T = st.session_state[key]
    return found


def _read(work: Work, key: str) -> None:
    made = work.objects[key]
    saved = files.read(work.tab, key) if hasattr(made, "from_saved") else None
    if saved is not None:
        with contextlib.suppress(ValueError, TypeError):    # written by an earlier release in another form
            made.from_saved(saved)
            work.written[key] = files.written(work.tab, key)
            work.restored_at = time.monotonic()
            if made.described():
                work.restored.setdefault(key, made.described())


def current() -> Work | None:
    """The work of the tab that this run is for; None without a browser's keys."""
    keys = _keys()
    if keys is None:
        return None
    session = streamlit_internals.session_id()
    with _lock:
        work = _works.get(keys[0])
        if work is None:
            left, lost = _listed(keys[0])
            work = _works[keys[0]] = Work(*keys, session, left=left, lost=lost, restored=dict(left))
            work.restored_at = time.monotonic() if left or lost else None
        elif work.owner != session:
            if work.present():
                return _another(session, keys[1])
            work.owner = session
            _drop_stale(work)
            work.restored, work.restored_at = _texts(work), time.monotonic()
        work.seen = time.monotonic()
        return work


def _listed(tab: str) -> tuple[dict[str, str], dict[str, str]]:
    """What the tab's files list in words; nothing where an earlier release wrote them in another form."""
    found = files.read(tab, INDEX)
    return found if isinstance(found, tuple) and len(found) == 2 else ({}, {})


def _drop_stale(work: Work) -> None:
    """Drop what another server has written since: it is read again. Forget what nobody can read any more."""
    with work.lock:     # between a file and its time stamp it would look like another server's
        for key in [key for key, at in work.written.items() if files.written(work.tab, key) not in (None, at)]:
            work.objects.pop(key, None)
    work.left = {key: text for key, text in work.left.items() if files.written(work.tab, key) is not None}


def _another(session: str, browser: str) -> Work:
    """The work of a tab with a key of its own for this session, as the one that it sent is in use."""
    tab = files.hashed(f"{session} {browser}")[:32]
    st.session_state[_KEYS] = (tab, browser)
    return _works.setdefault(tab, Work(tab, browser, session))


def _keys() -> tuple[str, str] | None:
    if _KEYS not in st.session_state:
        st.session_state[_KEYS] = streamlit_internals.connection_keys()
    keys: tuple[str, str] | None = st.session_state[_KEYS]
    return keys


def other_tab(work: Work) -> str | None:
    """The key of another tab of this browser that has work which is described, the one seen last; None without one."""
    with _lock:
        found = [other for other in _works.values()
                 if other.browser == work.browser and other is not work and described(other)]
        return max(found, key=lambda other: other.seen).tab if found else None


def take_over(tab: str) -> None:
    """Give the work of another tab of this browser to this one, with its place; the other tab begins anew."""
    with _lock:
        mine, other = current(), _works.get(tab)
        if mine is None or other is None or other.browser != mine.browser:
            return
        with mine.lock, other.lock:
            files.move(other.tab, mine.tab)
            mine.objects, other.objects = other.objects, {}
            mine.written, other.written = other.written, {}
            mine.left, other.left = other.left, {}
            mine.too_large, other.too_large = other.too_large, set()
        mine.at, mine.goes_there = other.at, other.at is not None
        mine.restored, mine.restored_at = _texts(mine), time.monotonic()


def remember_place(page: str, link: dict[str, str]) -> None:
    """Remember where the work is made, for a tab that takes it over. page: its URL path. link: its parameters."""
    work = current()
    if work is not None and not work.goes_there:
        work.at = page, link


def start_afresh() -> None:
    """Drop the work of this tab, its files too."""
    work = current()
    if work is None:
        return
    with work.lock:
        for kept in list(work.objects.values()):
            if hasattr(kept, "stop"):
                kept.stop()
        work.objects.clear()
        work.written.clear()
        work.left, work.lost, work.restored, work.restored_at = {}, {}, {}, None
        work.too_large.clear()
        files.remove(work.tab)


def note_begun_anew(key: str) -> bool:
    """Call the object of this tab with this key restored no longer: it has begun anew. Returns whether it was."""
    work = current()
    return work is not None and work.restored.pop(key, None) is not None


def described(work: Work) -> list[str]:
    """What there is, in a few words each."""
    return list(_texts(work).values())


def _texts(work: Work) -> dict[str, str]:
    texts = {key: kept.described() for key, kept in list(work.objects.items()) if hasattr(kept, "described")}
    return {key: text for key, text in {**texts, **work.left}.items() if text}


def index(work: Work) -> tuple[dict[str, str], dict[str, str]]:
    """What there is by key, in a few words each: what is in files, and what is too large for them."""
    texts = _texts(work)
    return ({key: text for key, text in texts.items() if key not in work.too_large},
            {key: text for key, text in texts.items() if key in work.too_large})


def described_of(tab: str) -> list[str]:
    """What the work of the tab with this key has; [] where there is none."""
    with _lock:
        return described(_works[tab]) if tab in _works else []


def leave_in_file(work: Work, key: str) -> bool:
    """Take an object that its file has out of memory, unless its visitor has come back. Returns whether it left."""
    with _lock:
        left = key in work.objects and not work.present()
        if left:
            work.left[key] = work.objects.pop(key).described()
        return left


def mark_files(work: Work) -> None:
    """Mark the files of a work as in use."""
    with _lock:
        files.touch(work.tab)
        for key in list(work.written):      # another thread may add one meanwhile
            work.written[key] = files.written(work.tab, key)


def works() -> list[Work]:
    """All works in memory."""
    with _lock:
        return list(_works.values())


def drop(work: Work) -> None:
    """Take a work out of memory, unless its visitor has come back meanwhile."""
    with _lock:
        if _works.get(work.tab) is work and not work.present():
            del _works[work.tab]


__all__ = ["AWAY_SECONDS", "INDEX", "KEEP_SECONDS", "Work", "current", "described", "described_of", "drop", "index",
           "keep", "leave_in_file", "mark_files", "note_begun_anew", "of_session", "other_tab", "remember_place",
           "start_afresh", "take_over", "works"]

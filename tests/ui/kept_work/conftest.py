"""The fixture of the tests of kept work."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.kept_work.place import Place
from ui import streamlit_internals
from ui.kept_work import files, work


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Place]:
    place = Place()
    monkeypatch.setenv("DGM_CACHE", str(tmp_path))
    monkeypatch.setattr(work.st, "session_state", {})
    monkeypatch.setattr(streamlit_internals, "connection_keys", lambda: place.keys)
    monkeypatch.setattr(streamlit_internals, "session_id", lambda: place.session)
    monkeypatch.setattr(streamlit_internals, "is_connected", lambda session: session in place.connected)
    monkeypatch.setattr(time, "monotonic", lambda: place.clock)
    work._works.clear()
    files._seen.clear()
    yield place
    work._works.clear()

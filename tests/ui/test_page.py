"""dgm.ui.lesson: what lies below a control's answer waits for it, and nothing else waits."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from ui import page as lesson


def page() -> None:
    import streamlit as st

    from ui import controls
    from ui import page as lesson

    controls.begin("test")
    controls.notes_here()
    lesson.below()
    st.text(f"part alone: {controls.part_alone()}")
    controls.end()
    lesson.below()      # what runs after the page's end is a part by itself
    st.text(f"part alone: {controls.part_alone()}")


def test_only_a_part_that_runs_alone_waits_before_what_lies_below(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(lesson.st.runtime, "exists", lambda: True)
    monkeypatch.setattr(lesson, "time", SimpleNamespace(sleep=waits.append))
    at = AppTest.from_function(page, default_timeout=20).run()
    assert not at.exception
    assert [text.value for text in at.text] == ["part alone: False", "part alone: True"]
    assert waits == [lesson.BELOW]
    at.run()            # the whole page again: its parts belong to it
    assert waits == [lesson.BELOW] * 2


def test_nobody_waits_without_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(lesson, "time", SimpleNamespace(sleep=waits.append))
    monkeypatch.setattr(lesson.st.runtime, "exists", lambda: False)
    AppTest.from_function(page, default_timeout=20).run()
    assert waits == []

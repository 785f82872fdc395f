"""ui.own_data.upload: a file is used once, before the rerun, and its outcome lasts while the file is chosen."""

import pytest
from streamlit.testing.v1 import AppTest

from ui import streamlit_internals
from ui.kept_work import work


def page() -> None:
    import streamlit as st

    from ui.own_data.upload import upload

    def use(content: bytes) -> str:
        st.session_state["used"] = [*st.session_state.get("used", []), content]
        return content.decode()

    st.text(str(st.session_state.get("used")))
    st.text(str(upload("A file", "file", use)))


def test_a_file_is_used_once_and_early() -> None:
    at = AppTest.from_function(page).run()
    assert [text.value for text in at.text] == ["None", "None"]
    at.file_uploader[0].set_value(("a.txt", b"one", "text/plain")).run()
    assert [text.value for text in at.text] == ["[b'one']", "one"]
    at.run()
    assert [text.value for text in at.text] == ["[b'one']", "one"]
    at.file_uploader[0].set_value(("b.txt", b"two", "text/plain")).run()
    assert [text.value for text in at.text] == ["[b'one', b'two']", "two"]


def test_an_outcome_goes_with_the_session_and_is_no_work_of_the_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit_internals, "connection_keys", lambda: ("tab", "browser"))
    at = AppTest.from_function(page).run()
    at.file_uploader[0].set_value(("a.txt", b"one", "text/plain")).run()
    assert at.text[1].value == "one"
    assert [key for one in work.works() if one.tab == "tab" for key in one.objects] == []
    work._works.pop("tab", None)

"""ui.own_data.upload: a file is used once, before the rerun, and its outcome lasts while the file is chosen."""

from streamlit.testing.v1 import AppTest


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

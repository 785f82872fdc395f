"""pacing: what lies below the first screen waits for the browser's first paint, once."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui import pacing

    st.text("first screen")
    pacing.after_paint(lambda: st.text("second"), lambda: st.text("third"))


def texts(at: AppTest) -> list[str]:
    assert not at.exception
    return [text.value for text in at.text]


def test_the_rest_follows_the_first_paint() -> None:
    at = AppTest.from_function(page).run()
    assert texts(at) == ["first screen"]
    at.session_state["painted"] = {"painted": True}     # as the browser's component commits it
    assert texts(at.run()) == ["first screen", "second", "third"]
    assert texts(at.run()) == ["first screen", "second", "third"]

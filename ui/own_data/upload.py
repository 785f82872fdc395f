"""A file that a visitor chooses and that is used once, in a callback."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

Outcome = TypeVar("Outcome")


def upload(label: str, key: str, use: Callable[[bytes], Outcome]) -> Outcome | None:
    """Draw a file uploader. Returns the result of `use` for the current file, None without a file.

    label, key: of the widget. use: called once with the content of each file, before the rerun, so that it may set
    controls that are drawn earlier.
    """
    result_key = f"outcome of {key}"

    def process() -> None:
        file = st.session_state.get(key)
        st.session_state[result_key] = None if file is None else use(file.getvalue())

    st.file_uploader(label, key=key, on_change=process)
    outcome: Outcome | None = st.session_state.get(result_key)
    return outcome

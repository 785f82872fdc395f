"""A file that a visitor chooses and that is used once, in a callback."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

Outcome = TypeVar("Outcome")


def upload(label: str, key: str, use: Callable[[bytes], Outcome]) -> Outcome | None:
    """Draw a file uploader and return what `use` returned for the file that is chosen now, None for no file.

    key: of the widget. use: is called once with the content of each file, before the page runs again; so it may set
    controls that are drawn earlier.
    """
    place = f"outcome of {key}"

    def chosen() -> None:
        file = st.session_state.get(key)
        st.session_state[place] = None if file is None else use(file.getvalue())

    st.file_uploader(label, key=key, on_change=chosen)
    outcome: Outcome | None = st.session_state.get(place)
    return outcome

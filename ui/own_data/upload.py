"""A file that a visitor chooses and that is used once, in a callback."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from ui.components.edits import widget_value
from ui.kept_work import work

Outcome = TypeVar("Outcome")


def most_megabytes() -> int:
    """The limit of a file, which the server's settings give."""
    return int(st.get_option("server.maxUploadSize"))


def upload(label: str, key: str, use: Callable[[bytes], Outcome]) -> Outcome | None:
    """Draw a file uploader. Returns the result of `use` for the current file, None without a file.

    label, key: of the widget. use: called once with the content of each file, before the rerun, so that it may set
    controls that are drawn earlier.
    """
    # Of the session, as the uploader is: an outcome may hold a model, and the file is not there after a reload.
    outcome: list[Outcome | None] = work.of_session(f"outcome of {key}", lambda: [None])

    def process() -> None:
        file = widget_value(key)
        outcome[0] = None if file is None else use(file.getvalue())

    st.file_uploader(label, key=key, on_change=process)
    return outcome[0]

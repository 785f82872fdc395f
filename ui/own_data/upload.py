"""A file that a visitor chooses and that is used once, in a callback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from ui.components.edits import widget_value
from ui.kept_work import work

Outcome = TypeVar("Outcome")


@dataclass
class _Found(Generic[Outcome]):
    """What became of the current file of an uploader."""

    outcome: Outcome | None = None
    is_new: bool = False    # the page does not show it yet


def most_megabytes() -> int:
    """The limit of a file, which the server's settings give."""
    return int(st.get_option("server.maxUploadSize"))


def upload(label: str, key: str, use: Callable[[bytes], Outcome]) -> Outcome | None:
    """Draw a file uploader. Returns the result of `use` for the current file, None without a file.

    label, key: of the widget. use: called once with the content of each file, before the rerun of the whole page, so
    that it may set what is drawn earlier.
    """
    # Of the session, as the uploader is: an outcome may hold a model, and the file is not there after a reload.
    found: _Found[Outcome] = work.of_session(f"outcome of {key}", _Found)

    def process() -> None:
        file = widget_value(key)
        found.outcome, found.is_new = None if file is None else use(file.getvalue()), True

    st.file_uploader(label, key=key, on_change=process)
    if found.is_new:
        found.is_new = False
        st.rerun()      # the uploader's fragment has rerun alone, and the page above it shows what was there before
    return found.outcome

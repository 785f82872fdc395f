"""One line above the page: what was restored, or what another tab of this browser has."""

import time
from collections.abc import Callable

import streamlit as st

from ui.kept_work import work

SHOWN_SECONDS = 60.0    # what was restored is shown so long


def draw() -> None:
    """Draw the line where there is something to say."""
    mine = work.current()
    if mine is None:
        return
    found = work.described(mine)
    if found and mine.restored_at is not None and time.monotonic() - mine.restored_at < SHOWN_SECONDS:
        _line(f"Restored: {', '.join(found)}.", "Start afresh", work.start_afresh)
    elif not found and (other := work.other_tab(mine)) is not None:
        _line(f"Another tab of this browser has {', '.join(work.described_of(other))}.", "Continue it here",
              work.take_over, other)


def _line(text: str, label: str, call: Callable[..., None], *args: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="kept work"):
        st.caption(text, width="content")
        st.button(label, on_click=call, args=args, type="tertiary", key="kept work button")


__all__ = ["draw"]

"""One line above the page: what was restored, or what another tab of this browser has."""

import time
from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.navigation.page import Page

from ui import contents, controls, streamlit_internals
from ui.kept_work import files, work
from ui.kept_work.work import Work
from ui.messages import escaped

SHOWN_SECONDS = 60.0    # what was restored is shown so long
AFRESH = "Deletes what this tab has trained, drawn, pasted and uploaded, on every page. Other tabs keep theirs."
OVER = "Moves it to this tab and opens its page. The other tab begins anew."


def draw(pages: Mapping[str, Page]) -> None:
    """Draw the line where there is something to say. pages: by their URL path."""
    mine = work.current()
    if mine is None:
        return
    if mine.goes_there and mine.at is not None:
        page, link = mine.at
        if page in pages and page != controls.page():
            streamlit_internals.free_link()
            st.switch_page(pages[page])    # the next run comes back here
        mine.goes_there = False
        controls.open_link(link)
    text = restored(mine, controls.page())
    if text and mine.restored_at is not None and time.monotonic() - mine.restored_at < SHOWN_SECONDS:
        _line(text, "Start afresh", AFRESH, work.start_afresh)
    elif not (work.described(mine) or mine.lost) and (other := work.other_tab(mine)) is not None:
        _line(f"Another tab of this browser has {', '.join(work.described_of(other))}.", "Continue it here", OVER,
              work.take_over, other)


def restored(mine: Work, page: str = "") -> str:
    """What was restored on a page, and what was too large to be: a sentence each; "" for nothing. page: its URL path.
    """
    limit = f"{files.MOST_OF_TAB / 1e6:g} MB"
    here = dict.fromkeys(text for text in mine.restored.values() if not contents.is_of_another_page(text, page))
    texts = {"Restored": here, f"Not restored, as a tab keeps at most {limit}": dict.fromkeys(mine.lost.values())}
    return " ".join(f"{text}: {', '.join(found)}." for text, found in texts.items() if found)


def _line(text: str, label: str, about: str, call: Callable[..., None], *args: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="kept work"):
        st.caption(escaped(text), width="content")     # with names of a visitor's files
        st.button(label, on_click=call, args=args, type="tertiary", key="kept work button", help=about)


__all__ = ["draw"]

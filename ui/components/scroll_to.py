"""A link that opens a page at one of its sections, `?scroll=The+final+algorithm`, or with the first figure whole."""

import streamlit as st

from ui.components import assets
from ui.streamlit_internals import IDLE

PARAMETER = "scroll"
FIGURE = "figure"       # names the first figure of the page; any other name is the text of a heading

_scroll_to = st.components.v2.component("scroll_to", js=assets.script("scroll_to.js"))


def scroll_to(page: str) -> None:
    """Bring what the link names on the screen, as soon as it is drawn. page: the URL path of the page."""
    if name := st.query_params.get(PARAMETER):
        _scroll_to(key=f"scroll to {page} {name}", data={"name": name, "figure": FIGURE, "idle": IDLE}, height=1)

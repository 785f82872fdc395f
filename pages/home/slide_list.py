"""The list of the lecture's slides: each is a link to the state that shows it."""

import streamlit as st

from pages.home import slides
from ui import page
from ui.contents import entry

COLUMNS = 2


def part() -> None:
    """The slides in the lecture's order, in columns."""
    page.heading("The slides")
    found = slides.linked()
    height = -(-len(found) // COLUMNS)
    for number, place in enumerate(st.columns(COLUMNS, gap="large")):
        with place, st.container(key=f"slides {number + 1}", gap="xxsmall"):
            for slide, state in found[number * height:(number + 1) * height]:
                st.page_link(entry(state.stem).path, label=f"**{slide.title}**: {slide.shows}",
                             query_params=dict(state.link))

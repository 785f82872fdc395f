"""The list of the lecture's slides: each is a link to the state that shows it."""

import streamlit as st

from pages.home.slides import SLIDES
from ui import page
from ui.contents import entry

COLUMNS = 2


def part() -> None:
    """The slides in the lecture's order, in columns."""
    page.heading("The slides")
    height = -(-len(SLIDES) // COLUMNS)
    for number, place in enumerate(st.columns(COLUMNS, gap="large")):
        with place, st.container(key=f"slides {number + 1}", gap="small"):
            for count, slide in list(enumerate(SLIDES, 1))[number * height:(number + 1) * height]:
                st.page_link(entry(slide.stem).path, label=f"**{count}. {slide.title}**: {slide.shows}",
                             query_params=dict(slide.link))

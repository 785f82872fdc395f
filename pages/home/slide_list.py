"""The list of the lecture's slides: each is a link to the state that shows it."""

from pathlib import Path

import streamlit as st

from ui import page
from ui.contents import entry
from ui.slides import SLIDES

HERE = Path(__file__).parent
COLUMNS = 2


def part() -> None:
    """The slides in the lecture's order, in columns."""
    page.heading("The slides")
    st.page_link(HERE / "slide_links.py", label="All links as a table, for the teacher", icon=":material/table:")
    height = -(-len(SLIDES) // COLUMNS)
    for number, place in enumerate(st.columns(COLUMNS, gap="large")):
        with place, st.container(key=f"slides {number + 1}", gap="small"):
            for slide in SLIDES[number * height:(number + 1) * height]:
                st.page_link(entry(slide.stem).path, label=f"**{slide.number}. {slide.title}**: {slide.shows}",
                             query_params=slide.query())

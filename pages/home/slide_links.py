"""The page /slides, for the teacher: for each slide the link to the state that shows it, and the same as a file."""

import streamlit as st

from ui import controls, lecture_hall, slides
from ui.contents import HOME


def base() -> str:
    """The address of the app, as this visitor opened it."""
    return str(st.context.url or f"{slides.LOCAL}/").partition("?")[0].rpartition("/")[0]


st.title("Links for the lecture", anchor=False)
with st.container(key="lead"):
    st.markdown("One link for each slide. It opens the state that shows the slide; the last column opens it for the "
                "lecture hall.")
controls.use({})
with st.container(horizontal=True, vertical_alignment="center"):
    st.page_link(HOME.path, label="Overview of the lessons", icon=HOME.icon)
    st.download_button("Save the table with full addresses", slides.file(base()), "slides.md", "text/markdown",
                       icon=":material/download:")
with st.container(key="slide table"):
    st.markdown(slides.table(slides.BESIDE))
st.caption(lecture_hall.KEYS)

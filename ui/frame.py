"""Runs for every visitor and every rerun: page configuration, menu, the chosen page."""

import sys
from pathlib import Path

# Streamlit runs this file as a script: the project's root has to be on the path, whichever command serves it.
ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st

from ui import controls, pacing, style
from ui.components.follow_theme import follow_theme
from ui.components.keep_focus import keep_focus
from ui.components.scroll_to import scroll_to
from ui.contents import HOME, LESSONS, SLIDE_LINKS
from ui.kept_work import notice

MENU_WIDTH = 280   # CSS pixels; the rest of a narrow screen is for the figures

# `st.Page` gets no icon, because Streamlit would request the tab's icon from a foreign host. The menu below draws the
# icons from Streamlit's own font.
pages = {entry.stem: st.Page(entry.path, title=entry.title, icon="", url_path=entry.stem, default=entry is HOME)
         for entry in (HOME, *LESSONS)}
slides = st.Page(HOME.path.parent / "slide_links.py", title="Links for the lecture", icon="", url_path=SLIDE_LINKS)
page = st.navigation([*pages.values(), slides], position="hidden")
st.set_page_config(page_title=f"{page.title} · Deep Generative Models", layout="wide",
                   page_icon=Path(__file__).parent / "favicon.png", initial_sidebar_state=MENU_WIDTH)
with st.sidebar:
    for entry in (HOME, *LESSONS):
        st.page_link(pages[entry.stem], label=entry.title, icon=entry.icon, width="stretch")
controls.begin(page.url_path)
style.apply()
notice.draw(pages)
with pacing.turn():
    page.run()
follow_theme()    # after the page, because each takes a place
keep_focus()
scroll_to(page.url_path)

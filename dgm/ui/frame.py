"""Runs for every visitor and every rerun: page configuration, menu, the chosen page."""

import sys
from pathlib import Path

# Streamlit runs this file as a script: the project's root has to be importable whatever served it.
ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st

from dgm.ui import controls, style
from dgm.ui.lessons import HOME, LESSONS

home = st.Page(HOME.path, title=HOME.title, icon=HOME.icon, default=True)
page = st.navigation([home] + [
    st.Page(entry.path, title=entry.title, icon=entry.icon, url_path=entry.stem) for entry in LESSONS])
# A picture of our own: a Material icon here would be fetched from a foreign host.
st.set_page_config(page_title=f"{page.title} · Deep Generative Models", layout="wide",
                   page_icon=Path(__file__).parent / "favicon.png")
controls.begin(page.url_path)
style.apply()
page.run()
controls.end()

"""The keyboard's focus stays where it was when a press draws the page again, or goes to the answer that it opened."""

import streamlit as st

from ui.components import assets

_keep_focus = st.components.v2.component("keep_focus", js=assets.script("keep_focus.js"))


def keep_focus() -> None:
    """Put the script on the page, once in a run."""
    _keep_focus(key="keep focus", height=1)

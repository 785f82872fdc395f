"""The page's style sheets and colours, and the query parameters that change how it is shown."""

from pathlib import Path

import streamlit as st

from ui.figures.theme import DARK, LIGHT, Palette

HERE = Path(__file__).parent
SHEET = (HERE / "style.css").read_text()
LECTURE_HALL = (HERE / "lecture_hall.css").read_text()


def palette() -> Palette:
    """The colours of the theme that this visitor sees, light or dark."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def apply() -> None:
    """Add the style sheets to this page."""
    colours = palette()   # Streamlit's own variables (--st-*) exist inside components alone
    variables = f":root {{ --dgm-paper: {colours.paper}; --dgm-accent: {colours.accent}; }}"
    st.html(f"<style>{variables}{SHEET}{LECTURE_HALL if presenting() else ''}</style>")


def presenting() -> bool:
    """Whether the page is shown in a lecture hall: `?present=1`."""
    return _is_on("present")


def revealing() -> bool:
    """Whether the answers of all questions are open: `?reveal=1`."""
    return _is_on("reveal")


def _is_on(name: str) -> bool:
    return st.query_params.get(name) in ("1", "true")

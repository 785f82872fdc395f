"""The page's own style sheet: measure, rhythm, focus, and the larger type of the lecture hall."""

from pathlib import Path

import streamlit as st

from ui.figures.theme import DARK, LIGHT

SHEET = (Path(__file__).parent / "style.css").read_text()
HALL = (Path(__file__).parent / "hall.css").read_text()


def presenting() -> bool:
    """Whether the link asks for the lecture hall: `?present=1`."""
    return st.query_params.get("present") in ("1", "true")


def apply() -> None:
    """Add the sheets to this page."""
    palette = DARK if st.context.theme.type == "dark" else LIGHT  # Streamlit gives its own names to components alone
    colours = f":root {{ --dgm-paper: {palette.paper}; --dgm-accent: {palette.accent}; }}"
    st.html(f"<style>{colours}{SHEET}{HALL if presenting() else ''}</style>")


def revealing() -> bool:
    """Whether the link opens the answers of all questions: `?reveal=1`."""
    return st.query_params.get("reveal") in ("1", "true")

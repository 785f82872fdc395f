"""The page's style sheets and colours, and the query parameters that change how it is shown."""

from pathlib import Path

import streamlit as st

from ui.figures.theme import DARK, LIGHT, ON_PAPER, Palette, rgba

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
    st.html(f"<style>{variables}{SHEET}{LECTURE_HALL if presenting() else ''}"
            f"{_dark_on_paper() if colours.dark else ''}</style>")


def _dark_on_paper() -> str:
    """The style sheet that prints a dark page in the light theme's colours: browsers leave the dark background out."""
    formulas = "".join(f'.katex [style*="{_as_written(dark)}"] {{ color: {light} !important; }}'
                       for dark, light in ON_PAPER.items())
    # Not in figures, which are drawn in light colours: a background of one of their layers would cover those below it.
    return (f"@media print {{ html, body {{ color-scheme: light !important; background: {LIGHT.paper} !important; }} "
            ".stApp, .stApp *:not(.katex *, .dgm-plot, .dgm-plot *) { "
            f"color: {LIGHT.ink} !important; border-color: {LIGHT.grid} !important; "
            f"background-color: {LIGHT.paper} !important; }} .katex {{ color: {LIGHT.ink} !important; }} {formulas} }}")


def _as_written(colour: str) -> str:
    """A colour as the browser writes it into the style that KaTeX gives a term."""
    return rgba(colour, 1).replace("rgba", "rgb").replace(",1)", ")").replace(",", ", ")


def presenting() -> bool:
    """Whether the page is shown in a lecture hall: `?present=1`."""
    return _is_on("present")


def revealing() -> bool:
    """Whether the answers of all questions are open: `?reveal=1`."""
    return _is_on("reveal")


def _is_on(name: str) -> bool:
    return st.query_params.get(name) in ("1", "true")

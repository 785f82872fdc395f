"""The page's style sheets and colours, and the query parameters that change how it is shown."""

from pathlib import Path

import streamlit as st

from ui.figures.theme import DARK, LIGHT, ON_PAPER, Palette, rgba

HERE = Path(__file__).parent
SHEET = (HERE / "style.css").read_text()
LECTURE_HALL = f"@media screen {{ {(HERE / 'lecture_hall.css').read_text()} }}"     # on paper it is an ordinary page
DARK_ON_PAPER = (HERE / "dark_on_paper.css").read_text()
PRINT = (HERE / "print.css").read_text()


def palette() -> Palette:
    """The colours of the theme that this visitor sees, light or dark."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def apply() -> None:
    """Add the style sheets to this page."""
    colours = palette()   # Streamlit's own variables (--st-*) exist inside components alone
    variables = f":root {{ --dgm-paper: {colours.paper}; --dgm-accent: {colours.accent}; }}"
    st.html(f"<style>{variables}{SHEET}{LECTURE_HALL if presenting() else ''}{PRINT}"
            f"{_dark_on_paper() if colours.dark else ''}</style>")


def _dark_on_paper() -> str:
    """The style sheet that prints a dark page in the light theme's colours."""
    variables = (f"--dgm-ink: {LIGHT.ink}; --dgm-grid: {LIGHT.grid}; "
                 f"--dgm-paper: {LIGHT.paper}; --dgm-accent: {LIGHT.accent};")
    formulas = "".join(f'.katex [style*="{_as_written(dark)}"] {{ color: {light} !important; }}'
                       for dark, light in ON_PAPER.items())
    return f"@media print {{ :root {{ {variables} }} {formulas} }} {DARK_ON_PAPER}"


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

"""How a page says no: the sentence of the error, where the thing was asked for, and what is shown meanwhile."""

import streamlit as st


def sentence(error: Exception | str) -> str:
    """The error's message as a sentence."""
    text = str(error).strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def refuse(error: Exception | str, meanwhile: str = "") -> None:
    """Show it here. `meanwhile`: one more sentence about what the page goes on with."""
    st.error(f"{_literal(sentence(error))} {meanwhile}".strip(), icon=":material/error:")


def _literal(text: str) -> str:
    """A visitor's words may be in it: nothing of them becomes markdown."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>$~#:|" else c for c in text)

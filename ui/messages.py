"""Error messages: a sentence beside the input that is wrong, and what is shown instead."""

import logging
import secrets

import streamlit as st

log = logging.getLogger(__name__)
MARKDOWN = "\\`*_[]<>$~#:|"     # characters that would format the text or make a link of it


def sentence(error: Exception | str) -> str:
    """The error's message as a sentence, with a capital and a full stop."""
    text = str(error).strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def show_error(error: Exception | str, meanwhile: str = "", *, icon: str = ":material/error:") -> None:
    """Show an error as a sentence.

    error: its message may contain a visitor's text; all of it is escaped. meanwhile: a second sentence, in markdown,
    about what the page shows instead. icon: a Material symbol.
    """
    st.error(f"{escaped(sentence(error))} {meanwhile}".strip(), icon=icon)


def show_unexpected(error: Exception) -> bool:
    """Log an error that no page expects, under a number that the visitor is shown in its place. Always True.

    For `st.App(on_script_error=...)`: True, because Streamlit's own box need not be shown.
    """
    number = secrets.token_hex(4)
    log.error("error %s on a page", number, exc_info=error)
    st.error(f"Something went wrong here, and it is not your doing. The server's log has it as error {number}. "
             "A reload goes on with your work.", icon=":material/error:")
    return True


def escaped(text: str) -> str:
    """Markdown that shows the text as it is: a message may hold what a visitor typed."""
    return "".join(f"\\{c}" if c in MARKDOWN else c for c in text)

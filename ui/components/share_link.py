"""The button that copies the link to the current state, which is always in the address bar."""

from typing import Any, Literal

import streamlit as st

from ui.components import assets

_JS = assets.script("copy_link.js")

_CSS = """
button {
  font: inherit; font-size: 0.9rem; min-height: 36px; padding: 0.25rem 0.7rem; cursor: pointer;
  color: var(--st-text-color); background: transparent;
  border: 1px solid var(--st-border-color); border-radius: 4px;
}
input {
  font: inherit; font-size: 0.9rem; display: block; box-sizing: border-box; width: 100%; margin-top: 0.3rem;
  color: var(--st-text-color); background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: 4px; padding: 0.25rem;
}
button:hover { color: var(--st-primary-color); border-color: var(--st-primary-color); }
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

_HTML = """<button type="button" title="Copy the address of this state"><span aria-live="polite">Copy link</span>
</button>"""

_button = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def not_in_link(what: Literal["table", "pictures", "digit"], name: str) -> Any:
    """A container of what the page shows of a visitor's own: the button says that the link is without it. name: unique.
    """
    return st.container(key=f"not in link {what} {name}")


def copy_button() -> None:
    """Draw a button that copies the page's address, with the value of every control, to the clipboard.

    Where the browser forbids that, as inside another site's page, whose address is in the bar, a field shows it.
    """
    _button(key="copy_link", width="content", height="content")

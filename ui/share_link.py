"""The link to this very state: the address bar holds it at any time, this button copies it.

Being on every page, it also runs the page once more when the visitor switches between light and dark, because formulas
and figures have their colours from Python.
"""

import streamlit as st

from ui.components import assets

_JS = assets.script("shared/theme.js", "copy_link.js")

_CSS = """
button {
  font: inherit; font-size: 0.9rem; min-height: 36px; padding: 0.25rem 0.7rem; cursor: pointer;
  color: var(--st-text-color); background: transparent;
  border: 1px solid var(--st-border-color); border-radius: 4px;
}
button:hover { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

_HTML = """<button type="button"><span aria-live="polite">Copy link to this state</span></button>
"""

_button = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_button() -> None:
    """A button that puts the page's address, with every control's value, on the clipboard."""
    _button(key="copy_link", width="content", height="content", on_theme_change=_run_again)


def _run_again() -> None:
    """Streamlit runs the page after a component's callback."""

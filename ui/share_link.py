"""The link to this very state: the address bar holds it at any time, this button copies it.

Being on every page, it also tells when the person switches between light and dark: formulas and figures carry their
colours, so the page runs once more.
"""

import streamlit as st

_JS = """
const CSS = { idle: "Copy link to this state", done: "Link copied", failed: "Copy the address bar instead" };
const bound = new WeakSet();

const themes = new WeakMap();

function isDark(element) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#ffffff";
  return parseInt(probe.fillStyle.slice(1, 3), 16) < 128;
}

export default function (component) {
  const button = component.parentElement.querySelector("button"), theme = isDark(button) ? "dark" : "light";
  if (themes.has(button) && themes.get(button) !== theme) component.setTriggerValue("theme", theme);
  themes.set(button, theme);
  if (bound.has(button)) return;
  bound.add(button);
  button.addEventListener("click", async () => {
    const label = button.querySelector("span");
    try {
      await navigator.clipboard.writeText(window.location.href);
      label.textContent = CSS.done;
    } catch {
      label.textContent = CSS.failed;
    }
    setTimeout(() => { label.textContent = CSS.idle; }, 2000);
  });
}
"""

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
    _button(key="copy_link", width="content", height="content", on_theme_change=_heard)


def _heard() -> None:
    """The run that follows is the answer."""

"""Every page follows a change of the browser's theme: formulas, figures and images have their colours from Python."""

import streamlit as st

from ui.components import assets

_component = st.components.v2.component("follow_theme", isolate_styles=False,
                                        js=assets.script("shared/theme.js", "follow_theme.js"))


def follow_theme() -> None:
    """Run the page again when the browser's theme is not the one that it was drawn for."""
    _component(key="follow theme", data={"theme": st.context.theme.type}, height=1, on_theme_change=_rerun)


def _rerun() -> None:
    """Nothing: Streamlit reruns the page after a component's callback."""


__all__ = ["follow_theme"]

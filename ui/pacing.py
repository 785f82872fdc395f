"""What lies below the first screen is sent once the browser has painted what lies above it.

A browser renders in order of arrival, on one thread: without the pause the last paragraph of a page delays its first
picture. The browser waits and then asks for the rest, so no thread of the server does.
"""

from collections.abc import Callable

import streamlit as st

from ui.components import assets

_painted = st.components.v2.component("painted", js=assets.script("painted.js"))


def after_paint(*draws: Callable[[], None]) -> None:
    """Run `draws` in order, as one fragment: at once where the page is open already, else when it has been painted."""
    st.fragment(lambda: _when_painted(draws))()


def _when_painted(draws: tuple[Callable[[], None], ...]) -> None:
    state = _painted(key="painted", default={"painted": False}, height=1, on_painted_change=_rerun)
    if state.painted:
        with st.container(key="after paint"):
            for draw in draws:
                draw()


def _rerun() -> None:
    """Nothing: Streamlit reruns the fragment after a component's callback."""

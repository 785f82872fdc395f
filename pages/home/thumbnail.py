"""A place for a small picture, which is filled when everything else is on the page."""

import html
from collections.abc import Callable

import streamlit as st

from pages.home.pictures import Picture


def place_for(key: str, make: Callable[[], Picture | None], kind: str = "thumbnail") -> Callable[[], None]:
    """An empty place of the picture's size. Returns what computes the picture and puts it there.

    key: of the place. make: gives the picture, None for none. kind: its class in the style sheet.
    """
    with st.container(key=f"{kind} {key}"):
        place = st.empty()

    def put() -> None:
        found = make()
        if found is not None:
            place.html(f'<img class="{kind}" alt="{html.escape(found.alt)}" src="{found.uri}">')

    return put

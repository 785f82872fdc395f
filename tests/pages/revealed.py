"""A page that a link opens with its questions answered, and the answers that it shows."""

import re
from collections.abc import Iterator
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.pages.visitor import open_app
from ui import cache


def empty_caches() -> Iterator[None]:
    """Body of a fixture: caches of results are empty before and after."""
    cache.clear()
    st.cache_resource.clear()
    yield
    cache.clear()
    st.cache_resource.clear()


def opened_by_link(stem: str, reveal: bool = True, **controls: Any) -> AppTest:
    """The page of a stem, opened by a link with these parameters."""
    at = open_app(stem)
    for name, value in controls.items():
        at.query_params[name] = str(value)
    if reveal:
        at.query_params["reveal"] = "true"
    at.run()
    assert not at.exception
    return at


def answer(at: AppTest, prompt: str) -> str:
    """The truth that the revealed question with this text in its prompt shows."""
    texts = [element.value for element in at.markdown]
    where = next(i for i, text in enumerate(texts) if text.startswith("**Predict.**") and prompt in text)
    found = re.search(r"\*\*(.+?)\*\*", texts[where + 1])
    assert found
    return found.group(1)


def number(at: AppTest, prompt: str) -> float:
    """The same where it is a number."""
    return float(answer(at, prompt).split()[0].replace("−", "-"))

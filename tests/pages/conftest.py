"""Pages are visited in one process: what a session held is let go after each test."""

from collections.abc import Iterator

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    yield
    st.cache_resource.clear()

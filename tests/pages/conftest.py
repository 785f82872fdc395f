"""All pages run in one process, so the resources of a test's sessions are released after it."""

from collections.abc import Iterator

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def release_resources() -> Iterator[None]:
    yield
    st.cache_resource.clear()

"""The executor of the tests of runs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """One worker, a thread: fast, and the test can see what it does."""
    with ThreadPoolExecutor(1) as pool:
        yield pool

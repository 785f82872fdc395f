"""Runs of the VAE page without worker processes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dgm.jobs import workers


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadPoolExecutor]:
    """One thread instead of worker processes."""
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(workers, "_shared", pool)
        yield pool

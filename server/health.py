"""Check a running server, and wait until it is healthy."""

import http.client
import time
import urllib.request
from collections.abc import Callable

from ui.streamlit_internals import HEALTH_PATH


def healthy(url: str) -> bool:
    """Whether the server at `url` (without a path) reports that it is ready."""
    try:
        urllib.request.urlopen(f"{url}{HEALTH_PATH}", timeout=2).close()  # noqa: S310  (our own address)
    except (OSError, http.client.HTTPException):     # no answer, or one that is not HTTP
        return False
    return True


def wait_until_healthy(url: str, seconds: float = 60, *, running: Callable[[], bool] = lambda: True) -> None:
    """Return as soon as the server at `url` is healthy.

    seconds: the timeout. running: whether its process is running. RuntimeError at the timeout, or when the process
    ends.
    """
    deadline = time.monotonic() + seconds
    while not healthy(url):
        if not running():
            raise RuntimeError(f"the server at {url} ended before it was ready")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server at {url} did not answer within {seconds:g} s")
        time.sleep(0.05)

"""A server of this checkout on a free port, for screenshots and benchmarks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from server.health import wait_until_healthy

ROOT = Path(__file__).parents[1]
APP = ("-m", "server", "--port", "{port}")      # as `make run` serves it
SECONDS = 120   # timeout of the start, for busy machines


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def serving(arguments: Sequence[str] = APP, env: Mapping[str, str] | None = None) -> Iterator[tuple[str, float]]:
    """Run `python *arguments` until the block ends: the server's URL, and the seconds until it was healthy.

    arguments: with {port} in place of the port. env: variables in addition to this process's.
    RuntimeError when it does not start.
    """
    port, start = free_port(), time.perf_counter()
    process = subprocess.Popen([sys.executable, *(argument.format(port=port) for argument in arguments)], cwd=ROOT,
                               env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, SECONDS, running=lambda: process.poll() is None)
        yield url, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(20)

"""Options and fixtures of all tests."""

from __future__ import annotations

import gc
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

gc.set_threshold(10_000)    # with 700 objects the imports of libraries start 600 collections, a second in each process

if TYPE_CHECKING:
    import torch


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", choices=["auto", "cpu", "cuda"], help="where models are tested")


def pytest_configure(config: pytest.Config) -> None:
    """Settings of every process that runs tests. The one that hands them out needs neither hypothesis nor torch."""
    if config.getoption("dist", "no") != "no":
        return
    import hypothesis

    # No deadlines, because machines are shared; the same examples in every run, so that only a change fails a test.
    hypothesis.settings.register_profile("shared", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("shared")
    from dgm import runtime

    runtime.set_threads(1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests remain to the end: the garbage collector need not look at them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> torch.device:
    from dgm import runtime

    return runtime.device(request.config.getoption("--device"))


@pytest.fixture(scope="session", autouse=True)
def quick_app_tests() -> Iterator[None]:
    """Where AppTest is used, it does once what it would do again for each page or each search of an element."""
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from tests import quick_app_test

    with pytest.MonkeyPatch.context() as patch:
        quick_app_test.apply(patch)
        yield

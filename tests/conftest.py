"""Options and fixtures of all tests."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator

import hypothesis
import pytest
import torch
from streamlit.components.v2 import manifest_scanner

from dgm import runtime

runtime.set_threads(1)
# No deadlines, because machines are shared; the same examples in every run, so that only a change can make a test fail.
hypothesis.settings.register_profile("shared", deadline=None, derandomize=True)
hypothesis.settings.load_profile("shared")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", choices=["auto", "cpu", "cuda"], help="where models are tested")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> torch.device:
    return runtime.device(request.config.getoption("--device"))


@pytest.fixture(scope="session", autouse=True)
def one_scan_for_components() -> Iterator[None]:
    """AppTest reads the metadata of all installed packages whenever it opens a page, for longer than the page takes."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: found)
        yield

"""Options and fixtures shared by every test."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch

from dgm import runtime

runtime.set_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", choices=["auto", "cpu", "cuda"], help="where models are tested")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> torch.device:
    return runtime.device(request.config.getoption("--device"))

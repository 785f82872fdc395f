"""Settings from the environment: each reader gives its default where nothing is set, and names what it refuses."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dgm import environment
from dgm.datasets import openml
from dgm.errors import ArgumentError
from ui.kept_work import files

ROOT = Path(__file__).parents[2]


def test_the_examples() -> None:
    assert doctest.testmod(environment).failed == 0


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_setting_is_none(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DGM_N", "DGM_MB", "DGM_THREADS", "DGM_CACHE"):
        monkeypatch.setenv(name, empty)
    assert (environment.whole("DGM_N", 7, 1), environment.megabytes("DGM_MB", 2), environment.threads()) == (
        7, 2_000_000, 1)
    for folder in (openml.cache_file("mnist_784").parent, files.folder().parent):
        assert folder == environment.cache_dir() == Path.home() / ".cache" / "dgm"


@pytest.mark.parametrize("text", ["abc", "-1", "nan", "inf", "1e999"])
def test_a_size_that_is_none_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DGM_MB", text)
    with pytest.raises(ArgumentError, match=r"variable DGM_MB is .*: give a number of megabytes from 0 on, or unset"):
        environment.megabytes("DGM_MB", 1)


@pytest.mark.parametrize("text", ["abc", "0", "27", "2.5", "²", "9" * 5000])
def test_a_count_that_is_none_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DGM_N", text)
    with pytest.raises(ArgumentError, match=r"variable DGM_N is .*: give a whole number from 1 to 26, or unset it"):
        environment.whole("DGM_N", 1, 1, 26)


@pytest.mark.parametrize(("name", "module"), [("DGM_MAX_RUNS", "ui.live_run"), ("DGM_WORK_MB", "ui.kept_work.files"),
                                              ("DGM_TAB_MB", "ui.kept_work.files")])
def test_a_wrong_setting_of_a_server_is_named(name: str, module: str) -> None:
    found = started(name, "-c", f"import {module}")
    assert f"ArgumentError: the environment variable {name} is 'abc': give a " in found.stderr


@pytest.mark.parametrize("name", ["DGM_CACHE_MB", "DGM_WORKERS", "DGM_MAX_RUNS", "DGM_SERVERS"])
def test_a_server_with_a_wrong_setting_ends_with_one_sentence(name: str) -> None:
    found = started(name, "-m", "server")
    assert found.returncode == 1
    assert found.stderr.startswith(f"the environment variable {name} is 'abc': give a ")
    assert "Traceback" not in found.stderr


def started(name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A Python that ran with a wrong value of a variable."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), name: "abc"}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60,
                          check=False)

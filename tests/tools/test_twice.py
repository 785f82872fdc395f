"""tools.twice: what failed runs once more with all of its file, so that what other tests have left is there again."""

from pathlib import Path

import pytest

from tools import twice

# A test that fails because of what another one has left, as in a server's log; alone it passes.
LEFT = """
left = []
def test_leaves(): left.append(1)
def test_finds(): assert not left
"""
TEARDOWN = """
import pytest
left = []
@pytest.fixture(scope="module")
def server():
    yield
    assert not left
def test_leaves(server): left.append(1)
def test_other(server): pass
"""
FLAKY = """
from pathlib import Path
def test_the_second_time():
    seen, again = Path("seen"), Path("seen").exists()
    seen.touch()
    assert again
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with a test that passes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--disable-plugin-autoload -p xdist")
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_fine.py").write_text("def test_fine(): pass")
    return folder


@pytest.mark.parametrize(("text", "status"), [(LEFT, 1), (TEARDOWN, 1), (FLAKY, 0)], ids=["left", "teardown", "flaky"])
def test_only_what_passes_with_the_whole_of_its_file_has_passed(folder: Path, capfd: pytest.CaptureFixture[str],
                                                                text: str, status: int) -> None:
    (folder / "test_other.py").write_text(text)
    assert twice.main("0", "tests") == status
    first, again, second = capfd.readouterr().out.partition("=== once more, whole files: tests/test_other.py\n")
    assert again
    assert "1 failed" in first or "1 error" in first
    assert f"collected {text.count('def test_')} item" in second


def test_a_run_without_a_failure_is_the_only_one(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert twice.main("0", "tests") == 0
    assert "once more" not in capfd.readouterr().out


def test_a_run_that_could_not_begin_is_not_repeated(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert twice.main("0", "none") == 4
    assert "once more" not in capfd.readouterr().out

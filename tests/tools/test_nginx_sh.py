"""tools/nginx.sh: its file says that nginx is there, and nothing else writes it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools/nginx.sh"
SH = shutil.which("sh") or "/bin/sh"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of the script that searches one folder alone."""
    text = SCRIPT.read_text().replace('PATH="$PATH:/usr/sbin:/usr/local/sbin"', "")
    (tmp_path / "nginx.sh").write_text(text)
    folder = tmp_path / "bin"
    folder.mkdir()
    os.symlink(shutil.which("touch") or "/usr/bin/touch", folder / "touch")
    return tmp_path


def put(path: Path, line: str) -> None:
    path.write_text(f"#!{SH}\n{line}\n")
    path.chmod(0o755)


def run(place: Path) -> str:
    return subprocess.run([SH, str(place / "nginx.sh"), str(place / "stamp")], env={"PATH": str(place / "bin")},
                          capture_output=True, text=True, check=True).stdout


def test_without_nginx_nothing_says_that_it_is_there(place: Path) -> None:
    assert "skipped, or fail where CI is set" in run(place)
    assert not (place / "stamp").exists()


def test_an_installed_nginx_is_enough(place: Path) -> None:
    put(place / "bin/nginx", ":")
    assert f"tests of several servers use {place / 'bin/nginx'}" in run(place)
    assert (place / "stamp").exists()

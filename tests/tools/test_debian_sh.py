"""tools/debian.sh: what the machine does not have is asked of apt-get, and only by root."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.browser import NAMES

SCRIPT = Path(__file__).parents[2] / "tools/debian.sh"
SH = shutil.which("sh") or "/bin/sh"


class Machine:
    """A copy of the script and the only folder of programs that it finds; apt-get writes down what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.asked = folder / "bin", folder / "asked"
        self.programs.mkdir()
        text = SCRIPT.read_text().replace('PATH="$PATH:/usr/sbin:/usr/local/sbin"', "")
        (folder / "debian.sh").write_text(text)
        self.put("id", "echo 0")
        self.put("apt-get", f'echo "$@" >> {self.asked}')

    def put(self, name: str, line: str = ":") -> None:
        (self.programs / name).write_text(f"#!{SH}\n{line}\n")
        (self.programs / name).chmod(0o755)

    def installed(self, **environment: str) -> list[str]:
        """The packages that a run of the script asks for."""
        subprocess.run([SH, str(self.programs.parent / "debian.sh")], check=True, capture_output=True,
                       env={"PATH": str(self.programs), **environment})
        lines = self.asked.read_text().splitlines() if self.asked.exists() else []
        return [line.split()[-1] for line in lines if line.startswith("install")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_bare_machine_gets_both(machine: Machine) -> None:
    assert machine.installed() == ["nginx-light", "chromium-headless-shell"]


def test_a_package_that_is_not_to_be_had_is_replaced(machine: Machine) -> None:
    machine.put("apt-get", f'echo "$@" >> {machine.asked}; case "$*" in *headless*) exit 1;; esac')
    assert machine.installed() == ["nginx-light", "chromium-headless-shell", "chromium"]


@pytest.mark.parametrize("name", NAMES)
def test_an_installed_browser_is_enough(machine: Machine, name: str) -> None:
    machine.put(name)
    assert machine.installed() == ["nginx-light"]


def test_what_is_there_asks_for_nothing(machine: Machine) -> None:
    machine.put("nginx")
    machine.put("mine")
    assert machine.installed(DGM_CHROMIUM=str(machine.programs / "mine")) == []
    assert not machine.asked.exists()


@pytest.mark.parametrize(("program", "line"), [("id", "echo 1000"), ("apt-get", None)])
def test_without_rights_or_debian_nothing_is_asked_for(machine: Machine, program: str, line: str | None) -> None:
    (machine.programs / program).unlink()
    if line:
        machine.put(program, line)
    assert machine.installed() == []

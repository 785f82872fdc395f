"""server.settings: a wrong number is named at the start, whatever reads it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dgm.errors import ArgumentError
from server import settings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(DGM_\w+)` \| .* \| (.*) \|$", re.MULTILINE)
NUMBERS = [name for name, default in ROW.findall((ROOT / "deploy/README.md").read_text(encoding="utf-8"))
           if default.isdecimal()]


def test_the_table_of_settings_has_numbers() -> None:
    assert {"DGM_THREADS", "DGM_CACHE_MB", "DGM_MAX_RUNS"} <= set(NUMBERS)


@pytest.mark.parametrize("name", sorted({*NUMBERS, "DGM_WORKERS"} - {"DGM_SERVERS"}))
def test_a_wrong_number_is_found_before_a_server_starts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings.check()
    monkeypatch.setenv(name, "many")
    with pytest.raises(ArgumentError, match=f"{name} is 'many'"):
        settings.check()


def test_several_servers_end_with_the_sentence() -> None:
    """They are started again when they end, so that the one that starts them has to look first."""
    done = subprocess.run([sys.executable, "-m", "server", "--port", "0"], cwd=ROOT, capture_output=True, text=True,
                          timeout=60, check=False, env={"DGM_SERVERS": "2", "DGM_CACHE_MB": "abc"})
    assert done.returncode == 1
    assert done.stderr.startswith("the environment variable DGM_CACHE_MB is 'abc'")

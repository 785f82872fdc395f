"""tools.audit: a vulnerability fails, an unreachable service is one line."""

import json
import subprocess
from typing import Any

import pytest

from tools import audit

FINE = {"name": "torch", "version": "2.13.0", "vulns": []}
FLAWED = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "dgm", "skip_reason": "Dependency not found on PyPI"}


def written(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_vulnerability_fails_and_is_named() -> None:
    status, lines = audit.report(written(FINE, FLAWED, SKIPPED))
    assert status == 1
    assert lines == ["audit: pillow 1.0 has PYSEC-1, fixed in 1.1",
                     "audit: audited 2 packages; 1 of other indexes were not audited"]


@pytest.mark.parametrize("output", ["", "Traceback", "[]", written(), written(SKIPPED, SKIPPED)])
def test_a_service_that_is_not_reached_is_one_line_and_no_failure(output: str) -> None:
    assert audit.report(output) == (0, [audit.UNREACHED])


def test_a_silent_service_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    def silent(*_: object, **settings: Any) -> None:
        raise subprocess.TimeoutExpired("pip_audit", settings["timeout"])

    monkeypatch.setattr(audit.subprocess, "run", silent)
    assert audit.main() == 0
    assert capsys.readouterr().out == f"{audit.UNREACHED}\n"

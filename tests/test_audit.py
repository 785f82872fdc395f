"""tools.audit: a vulnerability fails, as does pip-audit's own failure; an unreachable service is one line."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import audit
from tools.local_server import free_port

FINE = {"name": "torch", "version": "2.13.0", "vulns": []}
FLAWED = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "dgm", "skip_reason": "Dependency not found on PyPI"}


def written(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_vulnerability_fails_and_is_named() -> None:
    status, lines = audit.report(written(FINE, FLAWED, SKIPPED), "Found 1 known vulnerability")
    assert status == 1
    assert lines == ["audit: pillow 1.0 has PYSEC-1, fixed in 1.1",
                     "audit: audited 2 packages; 1 of other indexes were not audited"]


NO_ANSWER = ("requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries",
             "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='pypi.org', port=443): Read timed out.",
             "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed")
FAILURES = ("/usr/bin/python: No module named pip_audit", "KeyError: 'timeout'", "ValueError: connections")


@pytest.mark.parametrize("last", NO_ANSWER)
@pytest.mark.parametrize("output", ["", "Traceback", "[]", written()])
def test_a_service_that_is_not_reached_is_one_line_and_no_failure(output: str, last: str) -> None:
    assert audit.report(output, f"Traceback (most recent call last):\n{last}\n") == (0, [audit.UNREACHED])


@pytest.mark.parametrize("last", FAILURES)
@pytest.mark.parametrize("output", ["", "[]"])
def test_any_other_end_of_pip_audit_is_a_failure_and_named(output: str, last: str) -> None:
    errors = f"urllib3: ConnectionError, trying again\n{last}\n"
    assert audit.report(output, errors) == (1, [f"audit failed: {last}"])


def test_an_index_without_a_list_is_one_line_and_no_failure() -> None:
    status, lines = audit.report(written(SKIPPED, SKIPPED), "No known vulnerabilities found")
    assert (status, lines) == (0, ["audit: the package index in use knows none of 2 packages; nothing was audited"])


def test_the_real_command_without_a_way_to_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(audit, "COMMAND", (*audit.COMMAND, "--cache-dir", str(tmp_path)))     # nothing is known yet
    assert audit.main() == 0
    assert capsys.readouterr().out == f"{audit.UNREACHED}\n"


def test_the_real_command_without_its_module(monkeypatch: pytest.MonkeyPatch,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    command = tuple("pip_audit_that_is_not_there" if word == "pip_audit" else word for word in audit.COMMAND)
    monkeypatch.setattr(audit, "COMMAND", command)
    assert audit.main() == 1
    assert capsys.readouterr().out.endswith("No module named pip_audit_that_is_not_there\n")


def test_a_silent_service_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    def silent(*_: object, **settings: Any) -> None:
        raise subprocess.TimeoutExpired("pip_audit", settings["timeout"])

    monkeypatch.setattr(audit.subprocess, "run", silent)
    assert audit.main() == 0
    assert capsys.readouterr().out == f"{audit.UNREACHED}\n"

"""`python -m tools.audit`: known vulnerabilities of the installed packages, by pip-audit.

Exit status 1 where there are any, and where pip-audit fails. Where the service that lists them cannot be reached, or an
index without such a list is used, one line says so, and the status is 0: a machine without the internet can build and
test the project all the same.
"""

import json
import re
import subprocess
import sys
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off",
           "--timeout", "10", "--format", "json")
SECONDS = 600.0
UNREACHED = "audit: the service that lists vulnerabilities cannot be reached; nothing was audited"
UNKNOWN = "audit: the package index in use knows none of {} packages; nothing was audited"
# The last line of pip-audit's errors where there is no way to the service, or no answer in time.
NO_ANSWER = re.compile(r"\b(?:Connection|ConnectTimeout|ReadTimeout|Timeout|Proxy|SSL|NameResolution)(?:Error)?:|"
                       r"Could not connect|Failed to establish a new connection|Name or service not known|timed out|"
                       r"\b5\d\d (?:Server|Client) Error")


def report(output: str, errors: str) -> tuple[int, list[str]]:
    """The exit status and the lines to print for what pip-audit wrote.

    >>> report('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', "")
    (0, ['audit: no known vulnerability in 1 package'])
    """
    packages = _packages(output)
    audited = [package for package in packages if "vulns" in package]
    if packages and not audited:
        return 0, [UNKNOWN.format(len(packages))]
    if not packages:
        return _failure(errors)
    found = [f"audit: {package['name']} {package['version']} has {flaw['id']}, fixed in "
             f"{', '.join(flaw.get('fix_versions', ())) or 'no release yet'}"
             for package in audited for flaw in package["vulns"]]
    skipped = len(packages) - len(audited)
    count = f"{len(audited)} package{'s' * (len(audited) > 1)}"
    without = f"; {skipped} of other indexes were not audited" * bool(skipped)
    return int(bool(found)), [*found, f"audit: {'audited' if found else 'no known vulnerability in'} {count}{without}"]


def _failure(errors: str) -> tuple[int, list[str]]:
    """Nothing was audited: 0 where the service was not reached, else 1 and why.

    >>> _failure("No module named pip_audit")
    (1, ['audit failed: No module named pip_audit'])
    """
    last = (errors.strip().splitlines() or ["pip-audit wrote nothing"])[-1]
    return (0, [UNREACHED]) if NO_ANSWER.search(last) else (1, [f"audit failed: {last}"])


def _packages(output: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return []
    return found


def main() -> int:
    """Audit the packages of this interpreter."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=SECONDS, check=False)
        status, lines = report(done.stdout, done.stderr)
    except subprocess.TimeoutExpired:
        status, lines = 0, [UNREACHED]
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())

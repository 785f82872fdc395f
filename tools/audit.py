"""`python -m tools.audit`: known vulnerabilities of the installed packages, by pip-audit.

Exit status 1 where there are any. Where the service that lists them cannot be reached, one line says so, and the status
is 0: a machine without the internet can build and test the project all the same.
"""

import json
import subprocess
import sys
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off",
           "--timeout", "10", "--format", "json")
SECONDS = 600.0
UNREACHED = "audit: the service that lists vulnerabilities cannot be reached; nothing was audited"


def report(output: str) -> tuple[int, list[str]]:
    """The exit status and the lines to print for what pip-audit wrote, "" where it could not.

    >>> report('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}')
    (0, ['audit: no known vulnerability in 1 package'])
    """
    packages = _packages(output)
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return 0, [UNREACHED]
    found = [f"audit: {package['name']} {package['version']} has {flaw['id']}, fixed in "
             f"{', '.join(flaw.get('fix_versions', ())) or 'no release yet'}"
             for package in audited for flaw in package["vulns"]]
    skipped = len(packages) - len(audited)
    count = f"{len(audited)} package{'s' * (len(audited) > 1)}"
    without = f"; {skipped} of other indexes were not audited" * bool(skipped)
    return int(bool(found)), [*found, f"audit: {'audited' if found else 'no known vulnerability in'} {count}{without}"]


def _packages(output: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return []
    return found


def main() -> int:
    """Audit the packages of this interpreter."""
    try:
        output = subprocess.run(COMMAND, capture_output=True, text=True, timeout=SECONDS, check=False).stdout
    except subprocess.TimeoutExpired:
        output = ""
    status, lines = report(output)
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())

"""Tests that depend on what else the machine does: `python -m tools.twice PROCESSES FOLDER [options of pytest]`.

They run in a few processes, file by file. Then the whole file of each test that failed runs once more, one file after
the other: a test alone would not meet what the others of its file have left, and could pass for that reason.
"""

import json
import subprocess
import sys
from pathlib import Path

FAILURES = Path(".pytest_cache/v/cache/lastfailed")      # pytest's own record, names of tests
TESTS_FAILED = 1                                         # pytest's exit status; others are no second run's business


def pytest(*arguments: str) -> int:
    """Run pytest; its exit status."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def failed_files(folder: str) -> list[str]:
    """The files below a folder that have a failed test, in order.

    >>> failed_files("no/such/folder")
    []
    """
    names = json.loads(FAILURES.read_text(encoding="utf-8")) if FAILURES.exists() else {}
    files = {name.partition("::")[0] for name in names}
    return sorted(file for file in files if Path(file).is_relative_to(folder) and Path(file).exists())


def main(processes: str, folder: str, *options: str) -> int:
    """The exit status of the only or the second run."""
    status = pytest("-n", processes, "--dist", "loadfile", *options, folder)
    files = failed_files(folder)
    if status != TESTS_FAILED or not files:
        return status
    print(f"=== once more, whole files: {' '.join(files)}", flush=True)
    return pytest(*options, *files)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""A check of many files as one test, which names every file that fails."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def each_of(paths: Sequence[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Decorator: the test is called with each path; the report has a line for each that fails."""
    def decorated(check: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            assert paths
            if faults := [fault for path in paths if (fault := fault_of(check, path))]:
                pytest.fail("\n".join(faults), pytrace=False)

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return decorated


def fault_of(check: Callable[[Path], None], path: Path) -> str:
    """Why a file fails the check, or ""."""
    try:
        check(path)
    except Exception as error:      # the other files are checked too
        return f"{path.relative_to(ROOT)}: {type(error).__name__}: {error}"
    return ""

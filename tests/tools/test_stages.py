"""The stages of `make test`: each runs to its end, and the summary names what failed."""

import sys

import pytest

from tools import stages
from tools.stages import Stage

PYTEST = """
print("FAILED tests/ui/test_page.py::test_one[a-1] - assert 1 == 2")
print("ERROR tests/ui/test_page.py")
print("FAILED to connect: no test's name")
raise SystemExit(1)
"""


def test_a_stage_passes_its_output_on_and_keeps_the_names_of_what_failed(capfd: pytest.CaptureFixture[str]) -> None:
    stage = stages.run("test-ui", [sys.executable, "-c", PYTEST])
    assert (stage.name, stage.passed) == ("test-ui", False)
    assert stage.failed == ("FAILED tests/ui/test_page.py::test_one[a-1]", "ERROR tests/ui/test_page.py")
    assert "assert 1 == 2" in capfd.readouterr().out
    assert 0 < stage.processor <= 2 * stage.seconds


def test_a_stage_whose_failed_tests_passed_the_second_time_says_so() -> None:
    stage = stages.run("test-ui", [sys.executable, "-c", PYTEST.replace("raise SystemExit(1)", "")])
    assert stage.passed
    assert stages.row(stage).split()[:3] == ["test-ui", "2nd", "run"]
    assert "FAILED tests/ui/test_page.py::test_one[a-1]" in stages.summary([stage])


def test_a_stage_that_ends_with_0_has_passed() -> None:
    assert stages.run("lint", [sys.executable, "-c", ""]).passed


def test_the_summary_has_a_line_for_each_stage_and_for_the_whole() -> None:
    lines = stages.summary([Stage("lint", True, 3.2, 2.0, ()),
                            Stage("test-ui", False, 61.0, 100.0, ("FAILED tests/ui/test_page.py::test_one",))])
    assert [line.split() for line in lines.splitlines()[1:]] == [
        ["stage", "result", "time", "processor"], ["lint", "passed", "0:03", "0:02"],
        ["test-ui", "FAILED", "1:01", "1:40"], ["FAILED", "tests/ui/test_page.py::test_one"],
        ["all", "FAILED", "1:04", "1:42"]]


@pytest.mark.parametrize(("results", "status"), [((True, True), 0), ((False, True), 1)])
def test_a_failed_stage_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch, results: tuple[bool, ...],
                                               status: int) -> None:
    called = []

    def run(name: str, command: list[str]) -> Stage:
        called.append(command[-1])
        return Stage(name, results[len(called) - 1], 1.0, 1.0, ())

    monkeypatch.setattr(stages, "run", run)
    assert stages.main(["one", "two"]) == status
    assert called == ["one", "two"]

"""The stages of `make test`: each runs to its end, and the summary names what failed."""

import sys

import pytest

from tools import stages
from tools.stages import Stage

PYTEST = """
print("FAILED tests/ui/test_page.py::test_one[a-1] - assert 1 == 2")
print("ERROR tests/ui/test_page.py")
print("FAILED to connect: no test's name")
print("SKIPPED [9] tests/faults/test_several.py: nginx is not installed")
print("======= 2 failed, 70 passed, 9 skipped, 1 warning in 61.02s (0:01:01) =======")
print("======= 1 failed, 3 skipped in 0.02s =======")
raise SystemExit(1)
"""


def test_a_stage_passes_its_output_on_and_keeps_the_names_of_what_failed(capfd: pytest.CaptureFixture[str]) -> None:
    stage = stages.run("test-ui", [sys.executable, "-c", PYTEST])
    assert (stage.name, stage.passed) == ("test-ui", False)
    assert stage.failed == ("FAILED tests/ui/test_page.py::test_one[a-1]", "ERROR tests/ui/test_page.py")
    assert stage.skipped == 9, "those of the second run are the same tests"
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


def test_the_summary_says_how_many_tests_were_skipped() -> None:
    lines = stages.summary([Stage("test-ui", True, 3.0, 2.0, (), 2), Stage("test-faults", True, 3.0, 2.0, (), 9),
                            Stage("lint", True, 3.0, 2.0, ())]).splitlines()
    assert [line.split()[4:] for line in lines[2:]] == [["2", "skipped"], ["9", "skipped"], [], ["11", "skipped"]]


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

"""Stages of the checks, one after the other: `python -m tools.stages lint types test-unit`; each is a target of make.

A stage that fails does not stop the next. The summary at the end has a line for each stage, with the time that passed
and that of the processor, how many tests were skipped, and the names of the tests that failed, also of those that
passed when they ran once more.
"""

import re
import resource
import subprocess
import sys
import time
from typing import NamedTuple

FAILED = re.compile(r"(FAILED|ERROR) tests/\S+")      # a line of pytest's short summary
SKIPPED = re.compile(r"=+ .*?(\d+) skipped\b.* in [\d.]+s")     # its last line


class Stage(NamedTuple):
    """What became of one target."""

    name: str
    passed: bool
    seconds: float
    processor: float            # seconds of all its processes
    failed: tuple[str, ...]     # tests
    skipped: int = 0            # tests


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended, and those that they have started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(name: str, command: list[str]) -> Stage:
    """Run a stage; its output is passed on line by line."""
    print(f"\n=== {name}", flush=True)
    start, used = time.monotonic(), processor_seconds()
    failed, skipped = [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            if FAILED.match(line):
                failed.append(line.partition(" - ")[0].strip())
            elif found := SKIPPED.match(line):      # those of a second run are among those of the first
                skipped = max(skipped, int(found[1]))
    return Stage(name, process.returncode == 0, time.monotonic() - start, processor_seconds() - used, tuple(failed),
                 skipped)


def summary(stages: list[Stage]) -> str:
    """A line for each stage, the tests that failed below it, and a line for the whole."""
    lines = ["", "stage          result      time  processor"]
    for stage in stages:
        lines += [row(stage), *(f"  {name}" for name in stage.failed)]
    whole = Stage("all", all(stage.passed for stage in stages), sum(stage.seconds for stage in stages),
                  sum(stage.processor for stage in stages), (), sum(stage.skipped for stage in stages))
    return "\n".join([*lines, row(whole)])


def row(stage: Stage) -> str:
    """The line of a stage: times in minutes and seconds, and how many tests were skipped if any."""
    result = "FAILED" if not stage.passed else "2nd run" if stage.failed else "passed"
    return f"{stage.name:<14} {result}  {clock(stage.seconds):>8}  {clock(stage.processor):>9}" + (
        f"  {stage.skipped} skipped" if stage.skipped else "")


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(125.4)
    '2:05'
    """
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"


def main(names: list[str]) -> int:
    """Run the stages; 1 when one has failed."""
    stages = [run(name, ["make", "--no-print-directory", name]) for name in names]
    print(summary(stages), flush=True)
    return int(not all(stage.passed for stage in stages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

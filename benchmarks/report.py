"""What all benchmarks share: rounds in alternation, rows of one form, and `--quick` for a try.

A benchmark yields tables. A row has our figure, the fastest peer's, how many times faster we are (the median over the
rounds, and the range in brackets), the target, and whether it is met; a missed one is explained in a sentence.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

Clock = Callable[[], float]
Job = Callable[[], object]
CPU: Clock = time.process_time      # of all threads: it does not depend on what else the machine does
NONE = ""
HEAD = "| what | dgm | fastest peer | times faster | target | met |\n|---|---|---|---|---|---|"
UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


class Row(NamedTuple):
    """One line of a table, as text."""

    name: str
    ours: str
    peer: str = NONE
    ratio: str = NONE
    target: str = NONE
    met: bool | None = None    # None: there is no target
    why: str = NONE            # a missed target is missed, in one sentence

    def markdown(self) -> str:
        """The line. ValueError for a missed target without a reason."""
        if self.met is False and not self.why:
            raise ValueError(f"{self.name}: say why the target is missed")
        met = NONE if self.met is None else "yes" if self.met else f"no: {self.why}"
        return f"| {' | '.join((self.name, self.ours, self.peer, self.ratio, self.target, met))} |"


class Table(NamedTuple):
    """Rows under a title, with a note below."""

    title: str
    rows: Sequence[Row]
    note: str = NONE

    def markdown(self) -> str:
        """The table."""
        return "\n".join([f"**{self.title}**", "", HEAD, *(row.markdown() for row in self.rows),
                          *(["", self.note] if self.note else [])])


Tables = Callable[[bool], Iterable[Table]]      # quick -> tables


def main(tables: Tables, doc: str | None) -> None:
    """Print the tables of a benchmark, each when it is finished."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few and short rounds: for a try, not for the README")
    for number, table in enumerate(tables(parser.parse_args().quick)):
        print("\n" * (number > 0) + table.markdown(), flush=True)


def alternating(jobs: Mapping[str, Job], rounds: int, clock: Clock = CPU) -> dict[str, list[float]]:
    """Seconds of each job, round by round, after one run of each that is not counted."""
    for job in jobs.values():
        job()
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            times[name].append(seconds(job, clock))
    return times


def seconds(job: Job, clock: Clock = CPU) -> float:
    """Seconds that a job takes."""
    start = clock()
    job()
    return clock() - start


def faster(name: str, times: Mapping[str, Sequence[float]], ours: str = "dgm", least: float | None = None,
           why: str = NONE) -> Row:
    """A row from the seconds of all rounds: ours against the fastest of the others. least: the target."""
    peer = min((other for other in times if other != ours), key=lambda other: statistics.median(times[other]))
    ratios = [theirs / own for theirs, own in zip(times[peer], times[ours], strict=True)]
    met = None if least is None else statistics.median(ratios) >= least
    return Row(name, duration(statistics.median(times[ours])), f"{peer} {duration(statistics.median(times[peer]))}",
               f"{spread(ratios)} ×", NONE if least is None else f"≥ {least:g} ×", met, why)


def at_most(name: str, values: Sequence[float], limit: float, unit: str, why: str = NONE) -> Row:
    """A row without a peer: the median of `values` has to be `limit` or less. why: else how many times it is taken."""
    why = why or f"{digits(statistics.median(values) / limit)} times the limit on this machine"
    return Row(name, f"{spread(values)} {unit}", target=f"≤ {digits(limit)} {unit}",
               met=statistics.median(values) <= limit, why=why)


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p95."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def spread(values: Sequence[float]) -> str:
    """The median, and the range where there is one.

    >>> from benchmarks.report import spread
    >>> spread([2.0, 1.0, 4.0]), spread([-3.25])
    ('2 (1 to 4)', '−3.25')
    """
    middle = digits(statistics.median(values))
    low, high = digits(min(values)), digits(max(values))
    return middle if low == high else f"{middle} ({low} to {high})"


def digits(value: float) -> str:
    """Three digits, more only before the point.

    >>> from benchmarks.report import digits
    >>> digits(0.012345), digits(12345.6), digits(-108.54)
    ('0.0123', '12,346', '−109')
    """
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−")


def duration(value: float) -> str:
    """Seconds with the unit that suits them.

    >>> from benchmarks.report import duration
    >>> duration(0.0123), duration(2.5), duration(81e-6)
    ('12.3 ms', '2.5 s', '81 µs')
    """
    unit, size = next(((unit, size) for unit, size in UNITS if abs(value) >= size), UNITS[-1])
    return f"{digits(value / size)} {unit}"

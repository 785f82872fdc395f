"""A class: N visitors who open pages, move controls and train, over the protocol of the pages.

    python -m benchmarks.load                    # the README's table: four crowds, one and two servers
    python -m benchmarks.load --visitors 5 70/20 --seconds 10    # 5; then 70, 20 of whom train
    python -m benchmarks.load --url http://127.0.0.1:8501 --visitors 100   # a server that runs already, once

Client and server share this machine's cores unless --url names another one. A rerun is timed from the message that a
control has moved until the page has been drawn; visitors move one every 2 s on average, those who train refresh their
page as a browser does. The peer is a page of Streamlit alone, as large as a lesson's, that computes nothing.
"""

import argparse
import asyncio
import contextlib
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tools.local_server import serving
from tools.visitor import Visitor
from ui.contents import LESSONS

THINK = 2.0       # seconds between two moves of a visitor, on average
REFRESH = 0.8     # seconds between two refreshes of a page that trains
OPENING = 20.0    # seconds in which 200 come
QUICK = 1.0       # seconds: whoever waits no longer in 19 of 20 moves is served
TRAINING = ("vae", "model=live&steps=100000")
CROWDS = ("30", "100", "200", "70/20")
# Visitors, and how many of them train -> ms within which one half and 19 of 20 of the moves have to be answered.
TARGETS: dict[tuple[int, int], tuple[float, float]] = {
    (100, 0): (100, 600), (200, 0): (math.inf, 1500), (70, 20): (math.inf, 600)}
VISITOR_MB, GIVEN_BACK = 1.5, 0.9       # wanted: of a visitor who does not train; a minute after all have left
BARE = ("-m", "streamlit", "run", "benchmarks/bare_page.py", "--server.port={port}", "--server.headless=true",
        "--server.fileWatcherType=none", "--browser.gatherUsageStats=false")
PEER, NAMED = -1, 0     # in place of the number of servers: Streamlit alone; a server that runs already
SERVERS = {PEER: "Streamlit alone", NAMED: "-"}


@dataclass
class Found:
    """What was measured of one crowd."""

    visitors: int
    training: int
    servers: int            # or PEER or NAMED
    moves: list[float] = field(default_factory=list)        # seconds of each rerun
    openings: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    window: float = 0.0     # seconds, from the time when all have come
    cpu: float = 0.0        # seconds of the servers' processes in that time
    visitors_cpu: float = 0.0   # seconds of the visitors' process in that time
    reruns: int = 0         # in that time
    memory: tuple[float, float, float] = (0.0, 0.0, 0.0)     # MB before, with all visitors, a minute after they left
    browsers: list[float] = field(default_factory=list)     # seconds from a key press to the page at rest

    @property
    def pages(self) -> list[str]:
        """The pages that the visitors open."""
        return [""] if self.servers == PEER else [lesson.stem for lesson in LESSONS]

    def at(self, share: float) -> float:
        """Seconds within which this share of the moves was answered."""
        times = sorted(self.moves) or [float("nan")]
        return times[min(len(times) - 1, int(share * len(times)))]

    @property
    def processor(self) -> float:
        """Milliseconds of the servers' processes for each rerun."""
        return 1000 * self.cpu / max(1, self.reruns)

    @property
    def rate(self) -> float:
        """Reruns in a second."""
        return len(self.moves) / self.seconds

    @property
    def memory_of_visitors(self) -> tuple[float, float]:
        """MB of one visitor, and the share of it that was given back."""
        before, most, after = self.memory
        return (most - before) / self.visitors, (most - after) / max(1.0, most - before)

    def row(self) -> str:
        """A row of the table."""
        who = f"{self.visitors}, {self.training} of them training" if self.training else f"{self.visitors}"
        return (f"| {SERVERS.get(self.servers, self.servers)} | {who} | {self.rate:.0f} "
                f"| {1000 * self.at(0.5):,.0f} | {1000 * self.at(0.95):,.0f} | {self.met()} "
                f"| {self.processor:.1f} | {len(self.errors)} "
                f"| {' / '.join(f'{value:,.0f}' for value in self.memory)} |")

    def met(self) -> str:
        """The targets of this crowd, whether they are met, and why not."""
        if self.servers == PEER or (self.visitors, self.training) not in TARGETS:
            return ""
        middle, most = TARGETS[self.visitors, self.training]
        wanted = " and ".join(f"{name} ≤ {value:,.0f}" for name, value in (("p50", middle), ("p95", most))
                              if math.isfinite(value))
        if 1000 * self.at(0.5) <= middle and 1000 * self.at(0.95) <= most and not self.errors:
            return f"{wanted}: yes"
        servers, visitors = (value / max(1.0, self.window) for value in (self.cpu, self.visitors_cpu))
        who = f"the server{'s' * (self.servers > 1)} used {servers:.1f} and the visitors {visitors:.1f}"
        return f"{wanted}: no, {who} of {os.cpu_count()} cores"


HEAD = ("| servers | visitors | reruns/s | p50 ms | p95 ms | target, met | server's CPU ms a rerun | errors "
        "| memory MB before / with all / a minute after |\n|---|---|---|---|---|---|---|---|---|")


def note(crowds: Sequence[Found]) -> str:
    """What the rows say: who moves what, the largest crowd that does not wait, and what Streamlit itself takes.

    >>> print(note([Found(30, 0, 1, [0.1]), Found(100, 0, 1, [9.0]), Found(100, 0, 2, [0.1])]))
    Each visitor moves a control to a value that nobody has asked for, so most reruns compute.
    19 of 20 moves are answered within 1 s for up to 30 visitors with 1 server, 100 visitors with 2 servers.
    """
    served = {found.servers: found.visitors for found in crowds
              if found.at(0.95) < QUICK and found.servers != PEER and not found.training}
    largest = [f"{visitors} visitors with {servers or 'this'} server{'s' * (servers > 1)}"
               for servers, visitors in served.items()]
    lines = ["Each visitor moves a control to a value that nobody has asked for, so most reruns compute."]
    if largest:
        lines.append(f"19 of 20 moves are answered within {QUICK:g} s for up to {', '.join(largest)}.")
    return "\n".join([*lines, *_beside_the_peer(crowds), *_of_memory(crowds)])


def _beside_the_peer(crowds: Sequence[Found]) -> list[str]:
    """A sentence for the largest crowd that both one server and Streamlit alone had."""
    alone, own = ({found.visitors: found for found in crowds if found.servers == servers} for servers in (PEER, 1))
    both = max(alone.keys() & own.keys(), default=None)
    if both is None:
        return []
    return [f"With {both} visitors a rerun takes {own[both].processor:.0f} ms of the processor. A page of Streamlit "
            f"alone with as many elements, which computes nothing, takes {alone[both].processor:.0f} ms."]


def _of_memory(crowds: Sequence[Found]) -> list[str]:
    """A sentence for the largest crowd that one server had, none of whom trained."""
    largest = max((found for found in crowds if found.servers == 1 and not found.training and found.memory[0]),
                  key=lambda found: found.visitors, default=None)
    if largest is None:
        return []
    each, back = largest.memory_of_visitors
    return [f"Each of {largest.visitors} visitors takes {each:.1f} MB (target: {VISITOR_MB:g}); {back:.0%} of that is "
            f"given back a minute after all have left (target: {GIVEN_BACK:.0%})."]


async def visit(url: str, number: int, found: Found, until: float) -> None:
    """One visitor: comes, moves controls of a page or trains, and leaves."""
    random = Random(number)
    trains = number < found.training
    stems = found.pages
    page, query = TRAINING if trains else (stems[number % len(stems)], "")
    visitor = Visitor(url, page, query, random=random, timeout=120)
    await asyncio.sleep(random.uniform(0, OPENING * found.visitors / 200))
    try:
        found.openings.append(await visitor.open())
        if trains:
            await visitor.press("Train")
        while time.monotonic() < until:
            await asyncio.sleep(REFRESH if trains else random.expovariate(1 / THINK))
            took = await (visitor.refresh() if trains else visitor.move())
            if not trains:
                found.moves.append(took)
        await visitor.leave()
    except Exception as error:    # whatever a visitor meets is counted
        found.errors.append(repr(error))
    found.errors += visitor.errors


async def crowd(url: str, found: Found, seconds: float) -> None:
    """All visitors at once. seconds: how long they stay, their coming included."""
    for stem in found.pages:      # what the first visit of a page loads stays loaded
        async with Visitor(url, stem, timeout=120):
            pass
    start = time.monotonic()
    found.memory = (memory(), 0.0, 0.0)
    await asyncio.gather(*(visit(url, number, found, start + seconds) for number in range(found.visitors)),
                         _measure(found, seconds))
    found.seconds = time.monotonic() - start
    await asyncio.sleep(60 if found.visitors >= 30 else 5)
    found.memory = (*found.memory[:2], memory())


async def _measure(found: Found, seconds: float) -> None:
    came = min(0.5 * seconds, OPENING * found.visitors / 200 + 2)
    await asyncio.sleep(came)
    cpu, own, reruns = _of_servers(_processor), time.process_time(), len(found.moves)
    found.window = 0.9 * seconds - came
    await asyncio.sleep(found.window)
    found.cpu, found.visitors_cpu = _of_servers(_processor) - cpu, time.process_time() - own
    found.reruns = len(found.moves) - reruns
    found.memory = (found.memory[0], memory(), 0.0)


def memory() -> float:
    """MB that the servers started here use; 0 for a server elsewhere."""
    return _of_servers(_resident)


def _of_servers(measure: Callable[[int], float]) -> float:
    """The sum over all descendants of this process that run `-m server` or `-m streamlit`."""
    return sum(measure(int(folder.name)) for folder in Path("/proc").glob("[0-9]*") if _is_ours(folder))


def _processor(pid: int) -> float:
    """Seconds that a process has computed: its own, not those of its workers."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _is_ours(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        words = (folder / "cmdline").read_bytes().split(b"\0")
        of_server = words[1:3] in ([b"-m", b"server"], [b"-m", b"streamlit"])
        return of_server and str(os.getpid()) in _ancestors(int(folder.name))
    return False


def _ancestors(pid: int) -> set[str]:
    found: set[str] = set()
    while pid > 1:
        with contextlib.suppress(OSError):
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            found.add(str(pid))
            continue
        break
    return found


def _resident(pid: int) -> float:
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


def browse(url: str, moves: int) -> list[float]:
    """Seconds from a key press on a slider until a real browser's page rests, one visitor beside the crowd."""
    from tools.browser import OFFLINE, launched  # for developers: not installed where pages are only served
    from ui.streamlit_internals import IDLE

    times = []
    with launched(OFFLINE) as browser:
        page = browser.new_page()
        page.goto(f"{url}/gmm", timeout=120_000)
        slider = page.get_by_role("slider").first
        slider.wait_for(timeout=120_000)
        for move in range(moves):
            start = time.perf_counter()
            slider.press("ArrowRight" if move % 2 else "ArrowLeft")
            page.wait_for_timeout(50)
            page.wait_for_selector(IDLE, timeout=120_000)
            times.append(time.perf_counter() - start)
            page.wait_for_timeout(1000)
    return times


@contextlib.contextmanager
def served(url: str, servers: int) -> Iterator[str]:
    """The address of a server: the one that is named, or one that is started for the measurement."""
    if url:
        yield url
    else:
        started = serving(BARE) if servers == PEER else serving(env={"DGM_SERVERS": str(servers)})
        with started as (own, _):
            time.sleep(5)    # what the server prepares after its start
            yield own


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="of a server that runs already")
    parser.add_argument("--visitors", type=_crowd, nargs="*", default=[_crowd(text) for text in CROWDS],
                        help="crowds: 100, or 70/20 for 70 of whom 20 train")
    parser.add_argument("--servers", type=int, nargs="*", default=[PEER, 1, 2],
                        help=f"how many; {PEER}: a page of Streamlit alone")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--browsers", action="store_true", help="a real browser beside them")
    options = parser.parse_args(arguments)
    middle = sorted(crowd for crowd in options.visitors if not crowd[1])
    peers = middle[len(middle) // 2:][:1]
    crowds = [Found(*crowd, servers) for servers in ([NAMED] if options.url else options.servers)
              for crowd in (peers if servers == PEER else options.visitors)]
    print(HEAD)
    for found in crowds:
        with served(options.url, found.servers) as url:
            asyncio.run(_together(url, found, options.seconds, options.browsers))
        print(found.row(), flush=True)
    print(f"\n{note(crowds)}\n\n{opened(crowds)}")
    for error in [error for found in crowds for error in found.errors[:3]]:
        print(f"    {error[:200]}")


def _crowd(text: str) -> tuple[int, int]:
    """Visitors, and how many of them train.

    >>> _crowd("100"), _crowd("70/20")
    ((100, 0), (70, 20))
    """
    visitors, _, training = text.partition("/")
    return int(visitors), int(training or 0)


def opened(crowds: Sequence[Found]) -> str:
    """How long a page took to open, and the browser beside the visitors if there was one."""
    times = {"Opening a page": [value for found in crowds for value in found.openings],
             "A move in the browser beside them": [value for found in crowds for value in found.browsers]}
    return " ".join(f"{name}: {1000 * statistics.median(several):,.0f} ms (median)."
                    for name, several in times.items() if several)


async def _together(url: str, found: Found, seconds: float, browsers: bool) -> None:
    beside = asyncio.create_task(asyncio.to_thread(browse, url, int(seconds / 2))) if browsers else None
    await crowd(url, found, seconds)
    if beside:
        found.browsers = await beside


if __name__ == "__main__":
    main()

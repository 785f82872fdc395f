"""What a fault costs: a worker, a server and a scheduler are killed, a line is cut for a minute.

    python -m benchmarks.faults

A VAE of the digits trains meanwhile. tests/faults make the same faults and more, and hold what comes of them: the same
bits, no lost session, no traceback. Here is how long they last. nginx and the package distributed are needed.
"""

import asyncio
import contextlib
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report
from benchmarks.report import Row, Table
from dgm import jobs, vae
from dgm.jobs import executors
from tools.class_servers import SeveralServers
from tools.dask_processes import DaskProcesses
from tools.local_server import serving
from tools.visitor import Visitor

WAIT = 120.0            # seconds, for busy machines
SPARE = 6.0             # seconds in which the next spare worker imports torch
OWN_RUN = ("vae", "model=my+run&steps=20000")
MODULE = "dgm.vae.live_training"
BUSY = "visitors, servers and worker share the cores"


def training() -> jobs.Run:
    """A run that trains for ever, some chunks old."""
    images = vae.split_images(vae.Images("digits"))
    run = jobs.Run(vae.advance, vae.init(vae.Config(latent=2), images.train), images.train, idle_seconds=WAIT)
    run.play()
    run.wait(WAIT, until=lambda progress: progress.step > 200)
    return run


def next_step(run: jobs.Run) -> float:
    """Seconds until the run is a chunk further."""
    start, step = time.monotonic(), run.latest.step
    run.wait(WAIT, until=lambda progress: progress.step > step)
    return time.monotonic() - start


def chunks_after(run: jobs.Run, pid: int) -> float:
    """Kill a worker: how many usual chunks pass until the run's next one is done."""
    usual = statistics.median(next_step(run) for _ in range(7))
    os.kill(pid, signal.SIGKILL)
    return next_step(run) / usual


def killed_workers(rounds: int) -> Row:
    """A worker process of this machine is killed."""
    jobs.warm(MODULE)
    run, chunks = training(), []
    for _ in range(rounds):
        time.sleep(SPARE)
        chunks.append(chunks_after(run, executors.worker_pids(jobs.executor())[0]))
    run.stop()
    return report.at_most("a worker is killed: until the next chunk is done", chunks, 2, "chunks", BUSY)


@contextlib.contextmanager
def cluster() -> Iterator[DaskProcesses]:
    """A Dask cluster of two workers as the executor of this process."""
    processes = DaskProcesses(MODULE)
    os.environ["DGM_CLUSTER"] = processes.address
    try:
        for _ in range(2):
            processes.add_worker()
        deadline = time.monotonic() + WAIT
        while executors.capacity(jobs.executor()) < 2:
            if time.monotonic() > deadline:
                raise TimeoutError("the cluster's workers do not come")
            time.sleep(0.1)
        yield processes
    finally:
        jobs.executor().shutdown()
        del os.environ["DGM_CLUSTER"]
        processes.end()


def killed_cluster() -> Iterator[Row]:
    """A worker of the cluster is killed, then its scheduler, which comes back."""
    with cluster() as processes:
        run = training()
        processes.workers[0].kill()
        after = next_step(run)
        yield Row("a worker of the cluster is killed: until the next chunk is done", report.duration(after))
        processes.scheduler.kill()
        start = time.monotonic()
        run.wait(WAIT, until=lambda progress: bool(progress.reason))
        yield report.at_most("the scheduler is killed: until the run says so", [time.monotonic() - start], 5, "s", BUSY)
        processes.start_scheduler()
        processes.add_worker()
        yield Row("scheduler and worker are started again: until the run goes on", report.duration(next_step(run)))
        run.stop()


async def trained(url: str) -> Visitor:
    """A visitor whose own run is some chunks old and has been written to disk."""
    visitor = Visitor(url, *OWN_RUN, timeout=WAIT)
    await visitor.open()
    await visitor.press("Train")
    while visitor.step < 100:
        await asyncio.sleep(0.5)
        await visitor.rerun()
    return visitor


async def back(visitor: Visitor) -> tuple[float, int]:
    """Connect again as a browser does. Seconds until the page is drawn, and how many of the seen steps are lost."""
    start, seen = time.monotonic(), visitor.step
    await visitor.connect()
    visitor.states.clear()
    await visitor.rerun()
    return time.monotonic() - start, max(0, seen - visitor.step)


async def killed_server(several: SeveralServers) -> tuple[float, int]:
    """The server of a visitor who trains is killed."""
    visitor = await trained(several.url)
    os.kill(several.children()[visitor.server][0], signal.SIGKILL)
    found = await back(visitor)
    await visitor.leave()
    return found


def killed_servers(rounds: int) -> Iterator[Row]:
    """One of two servers behind nginx is killed, again and again."""
    with tempfile.TemporaryDirectory() as folder:
        several = SeveralServers(Path(folder))
        try:
            found = []
            for _ in range(rounds):
                several.wait_for_both()
                found.append(asyncio.run(killed_server(several)))
        finally:
            several.end()
    seconds, steps = zip(*found, strict=True)
    yield report.at_most("one of two servers is killed: until its visitor has page and run", seconds, 3, "s", BUSY)
    yield report.at_most("steps of that run that were seen and are lost", steps, 0, "steps", "of the chunk in flight")


async def cut_line(url: str, seconds: float) -> tuple[float, int]:
    """The line of a visitor who trains is cut for so long."""
    visitor = await trained(url)
    visitor.cut()
    await asyncio.sleep(seconds)
    found = await back(visitor)
    await visitor.leave()
    return found


def cut_lines(seconds: float) -> Iterator[Row]:
    """A line is cut and comes back."""
    with tempfile.TemporaryDirectory() as folder, serving(env={"DGM_CACHE": folder}) as (url, _):
        took, steps = asyncio.run(cut_line(url, seconds))
    yield report.at_most(f"a line is cut for {seconds:g} s: steps that are lost", [steps], 0, "steps", "see the log")
    yield Row("its visitor has the page again after", report.duration(took))


def tables(quick: bool) -> Iterator[Table]:
    """The table."""
    workers, servers, cut = (1, 1, 5) if quick else (5, 3, 60)
    rows = [killed_workers(workers), *killed_cluster(), *killed_servers(servers), *cut_lines(cut)]
    yield Table("What a fault costs", rows, "Medians and ranges; a chunk of training is a quarter of a second.")


if __name__ == "__main__":
    report.main(tables, __doc__)

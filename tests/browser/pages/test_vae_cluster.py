"""A run of the VAE page on a cluster whose scheduler is lost: it is said, and the visitor lets it go on meanwhile."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dgm.jobs import cluster
from tests.browser.conftest import EMPTY
from tests.browser.walk import settled
from tools.class_servers import ClassServer
from tools.dask_processes import DaskProcesses

pytestmark = pytest.mark.browser
pytest.importorskip("distributed")

SLOW = 60_000       # that a loaded machine may take, in ms
STEP = re.compile(r"My run: step ([\d,]+)")
HERE = "Train on this server meanwhile"


@pytest.fixture
def dask() -> Iterator[DaskProcesses]:
    processes = DaskProcesses()
    processes.add_worker()
    yield processes
    processes.end()


@pytest.fixture
def url(dask: DaskProcesses, tmp_path: Path) -> Iterator[str]:
    """Of a server whose runs are computed by the cluster."""
    server = ClassServer(tmp_path / "cache", DGM_CLUSTER=dask.address)
    yield server.url
    server.end()


def step(page: Page) -> int:
    found = STEP.search(page.get_by_text(STEP).first.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def past(page: Page, least: int) -> None:
    """Wait until the run has gone on to a step."""
    page.wait_for_function("""([least]) => {
        const found = /My run: step ([\\d,]+)/.exec(document.querySelector("[data-testid=stApp]").innerText);
        return found && Number(found[1].replaceAll(",", "")) > least;
    }""", arg=[least], polling=200, timeout=SLOW)


def test_a_lost_scheduler_is_said_and_the_visitor_trains_on_the_server(new_page: Callable[..., Page], url: str,
                                                                     dask: DaskProcesses) -> None:
    page = new_page()
    page.goto(f"{url}/vae?model=my+run&steps=200000", timeout=SLOW)
    settled(page).get_by_role("button", name="Train", exact=True).click()
    past(page, 30)
    expect(page.get_by_text(cluster.NO_ANSWER)).to_have_count(0)
    dask.scheduler.send_signal(signal.SIGKILL)
    expect(page.get_by_text(cluster.NO_ANSWER)).to_be_visible(timeout=SLOW)
    stood = step(page)
    page.get_by_role("button", name=HERE).click()
    past(page, stood + 50)
    expect(page.get_by_role("button", name=HERE)).to_have_count(0)
    dask.start_scheduler()
    dask.add_worker()
    expect(page.get_by_text(cluster.NO_ANSWER)).to_have_count(0, timeout=SLOW)
    past(page, step(page) + 50)
    page.get_by_role("button", name="Pause").click()
    page.goto(EMPTY)        # before its server

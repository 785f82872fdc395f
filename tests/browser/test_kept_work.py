"""Work that is kept: over a cut line, a reload and a killed server; a second tab has its own until it asks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.path_proxy import Proxy, serving_below
from tests.faults.class_server import ClassServer

pytestmark = pytest.mark.browser
SLOW = 60_000.0   # ms, for busy machines
STEP = re.compile(r"My run: step ([\d,]+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassServer]:
    server = ClassServer(tmp_path_factory.mktemp("cache"))
    yield server
    server.end()


@pytest.fixture
def proxy(server: ClassServer) -> Iterator[Proxy]:
    with serving_below("/lab", server.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    found = [browser.new_context() for _ in range(5)]
    yield found
    for context in found:
        context.close()


def trained(page: Page, url: str) -> int:
    """Open the VAE's own run, train for a while, and return the step."""
    page.goto(f"{url}/vae?model=live&steps=20000", timeout=SLOW)
    page.get_by_role("button", name="Train", exact=True).click(timeout=SLOW)
    return step_after(page, 30)


def step_after(page: Page, least: int) -> int:
    """The step of the run once it is `least` or more."""
    line = page.get_by_text(STEP).first
    page.wait_for_function("""([least]) => {
        const found = /My run: step ([\\d,]+)/.exec(document.body.innerText);
        return found && Number(found[1].replaceAll(",", "")) >= least;
    }""", arg=[least], timeout=SLOW)
    found = STEP.search(line.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def test_a_reload_goes_on_with_the_run(server: ClassServer, contexts: list[BrowserContext]) -> None:
    page = contexts[0].new_page()
    step = trained(page, server.url)
    page.reload(timeout=SLOW)
    expect(page.get_by_text(re.compile("Restored: training at step"))).to_be_visible(timeout=SLOW)
    assert step_after(page, step + 1) > step
    other = contexts[0].new_page()      # a second tab of the same browser
    other.goto(f"{server.url}/vae?model=live", timeout=SLOW)
    expect(other.get_by_text(re.compile("Another tab of this browser has training at step"))).to_be_visible(
        timeout=SLOW)
    expect(other.get_by_text("My run: step 0")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Start afresh").click(timeout=SLOW)
    expect(page.get_by_text("My run: step 0").first).to_be_visible(timeout=SLOW)
    page.close()
    other.close()


def test_a_second_tab_can_take_the_run_over(server: ClassServer, contexts: list[BrowserContext]) -> None:
    page, other = contexts[1].new_page(), contexts[1].new_page()
    step = trained(page, server.url)
    other.goto(f"{server.url}/vae?model=live&steps=20000", timeout=SLOW)
    other.get_by_role("button", name="Continue it here").click(timeout=SLOW)
    assert step_after(other, step) >= step
    page.close()
    other.close()


def test_a_cut_line_loses_nothing(proxy: Proxy, contexts: list[BrowserContext]) -> None:
    page = contexts[2].new_page()
    step = trained(page, proxy.url)
    proxy.cut()
    assert step_after(page, step + 30) > step    # it goes on by itself
    page.close()


def test_a_killed_server_loses_a_chunk(server: ClassServer, contexts: list[BrowserContext]) -> None:
    page = contexts[3].new_page()
    trained(page, server.url)
    page.wait_for_timeout(1000)
    step = step_after(page, 1)
    server.kill()
    server.start()
    expect(page.get_by_text(re.compile("Restored: training at step"))).to_be_visible(timeout=SLOW)
    assert step_after(page, step) >= step
    page.close()


def test_another_browser_finds_nothing(server: ClassServer, contexts: list[BrowserContext]) -> None:
    page = contexts[4].new_page()
    page.goto(f"{server.url}/vae?model=live", timeout=SLOW)
    expect(page.get_by_text("My run: step 0").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile("Restored|Another tab"))).to_have_count(0)
    page.close()

"""Work that is kept: over a cut line, a reload and a killed server; a second tab has its own until it asks."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.path_proxy import Proxy, serving_below
from tests.browser.walk import follow, settled
from tools.class_servers import ClassServer

pytestmark = pytest.mark.browser
SLOW = 120_000.0  # ms, for busy machines, where the processes that train give way to all others
RUN = "vae?data=digits&hidden=50&model=my+run&steps=200000"    # small images: each refresh of the page costs least
EACH = 200.0      # ms between two looks at a run: by default one for each frame, and each lays out the page


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassServer]:
    server = ClassServer(tmp_path_factory.mktemp("cache"), away=2.0)
    yield server
    server.end()


@pytest.fixture
def proxy(server: ClassServer) -> Iterator[Proxy]:
    with serving_below("/lab", server.url) as proxy:
        yield proxy


@pytest.fixture
def context(kept: Callable[..., BrowserContext]) -> BrowserContext:
    """Of a visitor who has not been here before."""
    return kept()


def trained(page: Page, url: str) -> int:
    """Open the VAE's own run, train for a while, and return the step."""
    page.goto(f"{url}/{RUN}", timeout=SLOW)
    return train(page)


def train(page: Page) -> int:
    page.get_by_role("button", name="Train", exact=True).click(timeout=SLOW)
    return step_after(page, 30)


def step_after(page: Page, least: int) -> int:
    """The step of the run once it is `least` or more, as it was then: a page that is drawn again may begin earlier."""
    found = page.wait_for_function("""([least]) => {
        const found = /My run: step ([\\d,]+)/.exec(document.body.innerText);
        const step = Number(found?.[1].replaceAll(",", "") ?? -1);
        return step >= least && step;
    }""", arg=[least], timeout=SLOW, polling=EACH)
    return int(found.json_value())


def test_a_reload_goes_on_with_the_run_and_a_second_tab_can_take_it_over(
        server: ClassServer, context: BrowserContext, browser: Browser) -> None:
    page = context.pages[0]
    step = trained(page, server.url)
    page.reload(timeout=SLOW)
    expect(page.get_by_text(re.compile("Restored: training at step"))).to_be_visible(timeout=SLOW)
    step = step_after(page, step + 1)
    assert_finds_nothing(browser, server.url)
    other = context.new_page()      # a second tab of the same browser
    other.goto(f"{server.url}/vae?model=my+run", timeout=SLOW)
    expect(other.get_by_text(re.compile("Another tab of this browser has training at step"))).to_be_visible(
        timeout=SLOW)
    expect(other.get_by_text("My run: step 0")).to_be_visible(timeout=SLOW)
    other.goto(f"{server.url}/gmm?k=3", timeout=SLOW)    # another page, with settings of its own
    other.get_by_role("button", name="Continue it here").click(timeout=SLOW)
    assert step_after(other, step) >= step
    expect(other).to_have_url(re.compile(r"/vae\?.*model=my"), timeout=SLOW)
    assert "steps=200000" in other.url
    expect(other.get_by_text("Restored: training at step")).to_be_visible(timeout=SLOW)
    other.get_by_role("button", name="Start afresh").click(timeout=SLOW)
    expect(other.get_by_text("My run: step 0").first).to_be_visible(timeout=SLOW)
    other.close()


def assert_finds_nothing(browser: Browser, url: str) -> None:
    """Another browser has no work of this one."""
    other = browser.new_page()
    other.goto(f"{url}/vae?model=my+run", timeout=SLOW)
    expect(other.get_by_text("My run: step 0").first).to_be_visible(timeout=SLOW)
    expect(other.get_by_text(re.compile("Restored|Another tab"))).to_have_count(0)
    other.close()


def test_a_run_that_is_started_over_is_called_restored_no_longer(server: ClassServer, context: BrowserContext) -> None:
    page = context.pages[0]
    trained(page, server.url)
    page.get_by_role("button", name="Pause").click(timeout=SLOW)
    expect(page.get_by_text(re.compile("My run: step .* paused"))).to_be_visible(timeout=SLOW)
    page.reload(timeout=SLOW)
    line = page.get_by_text(re.compile(r"Restored: training at step [\d,]+ \(“Variational autoencoder”, paused\)\."))
    expect(line).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Start over").click(timeout=SLOW)
    expect(page.get_by_text("My run: step 0").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile("Restored"))).to_have_count(0, timeout=SLOW)


def test_a_cut_line_loses_nothing(proxy: Proxy, context: BrowserContext) -> None:
    """DGM_CUT=60: as long as a lift takes. Work is out of the server's memory 2 s after its visitor has left here."""
    page = context.pages[0]
    step = trained(page, proxy.url)
    for seconds in (0.0, float(os.environ.get("DGM_CUT", "6"))):
        with proxy.down():
            page.wait_for_timeout(1000 * seconds)
            step = step_after(page, step)
        assert step_after(page, step + 30) > step, f"it goes on by itself after {seconds} s"
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_page_that_cannot_draw_a_message_is_loaded_again(server: ClassServer, context: BrowserContext) -> None:
    page = context.new_page()       # the script stays in its tab
    page.add_init_script("""const Native = WebSocket; globalThis.lines = [];
        WebSocket = class extends Native { constructor(...given) { super(...given); lines.push(this); } };""")
    step = trained(page, server.url)
    page.evaluate("lines.at(-1).dispatchEvent(new MessageEvent('message', { data: 'no message of Streamlit' }))")
    expect(page.get_by_text(re.compile("Restored: training at step"))).to_be_visible(timeout=SLOW)
    assert step_after(page, step + 1) > step


def test_a_killed_server_loses_a_chunk_of_a_run_and_no_drawn_digit(server: ClassServer,
                                                                   context: BrowserContext) -> None:
    page = context.pages[0]
    page.goto(f"{server.url}/vae?part=One+image", timeout=SLOW)
    sheet, table = page.locator(".draw-digit .sheet"), page.locator("table", has_text="your digit")
    draw(page, sheet)
    expect(page.get_by_text("of 100 test images").first).to_be_visible(timeout=SLOW)
    numbers = table.inner_text()
    follow(page, f"{server.url}/{RUN}")
    expect(page.get_by_text("My run: step 0").first).to_be_visible(timeout=SLOW)
    train(settled(page))
    page.wait_for_timeout(2000)
    server.kill()
    step = step_after(page, 1)
    server.start()
    expect(page.get_by_text(re.compile("Restored: .*training at step"))).to_be_visible(timeout=SLOW)
    assert step_after(page, step + 1) > step, "it goes on beyond what was seen before"
    page.goto(f"{server.url}/vae?part=One+image", timeout=SLOW)     # a new document, which has no strokes of its own
    expect(page.get_by_text("your drawn digit")).to_be_visible(timeout=SLOW)
    expect(sheet).to_have_attribute("data-strokes", "1", timeout=SLOW)
    expect(table).to_have_text(re.compile("your digit"), timeout=SLOW)
    assert table.inner_text() == numbers
    page.get_by_role("button", name="Start afresh").click(timeout=SLOW)
    expect(sheet).to_have_attribute("data-strokes", "0", timeout=SLOW)


def draw(page: Page, sheet: Locator) -> None:
    """One stroke."""
    sheet.scroll_into_view_if_needed(timeout=SLOW)
    box = sheet.locator("canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()

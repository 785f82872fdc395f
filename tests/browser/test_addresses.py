"""Every address that a page asks for or gives: below a path of a proxy, home, and inside another site's page."""

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from pages.vae import state as vae
from tests.browser.path_proxy import serving_below
from tests.browser.walk import settled
from tools.local_server import serving
from ui.contents import HOME, LESSONS

pytestmark = pytest.mark.browser

TIMEOUT = 30_000
FAR = next(name for name, preset in vae.PRESETS.items() if "z" in preset)


def drawn(page: Page) -> None:
    """Wait until plotly has drawn the first figure."""
    expect(page.locator(".dgm-plot.js-plotly-plot").first).to_be_visible(timeout=TIMEOUT)


def test_below_a_path_of_a_proxy_everything_is_asked_for_there(serve: Callable[..., str], page: Page) -> None:
    with serving_below("/edu/lab", serve("app.py")) as proxy:
        url = proxy.url
        page.goto(f"{url}/gmm?k=3")
        settled(page)
        drawn(page)
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("link", name=HOME.title).click()
        expect(page).to_have_url(f"{url}/")
        expect(page.get_by_role("link", name="Start here")).to_be_visible(timeout=TIMEOUT)
        for lesson in (LESSONS[0], LESSONS[-1]):
            sidebar.get_by_role("link", name=lesson.title).click()
            expect(page).to_have_url(f"{url}/{lesson.stem}")
            settled(page)
        expect(page.locator(".latent-pad")).to_have_attribute("data-paints", re.compile(r"\d"), timeout=TIMEOUT)
        page.get_by_role("button", name=FAR).click()
        expect(page).to_have_url(re.compile(rf"^{re.escape(url)}/vae\?z="))
        page.go_back()
        expect(page).to_have_url(f"{url}/vae")
        home = sidebar.get_by_role("link", name=HOME.title)
        home.hover()
        assert home.evaluate("link => link.href") == f"{url}/", "also for a new tab"
        page.goto(f"{url}/gmm/?k=4")
        expect(page).to_have_url(f"{url}/gmm?k=4")
        settled(page)
        page.goto("about:blank")
    assert [path for path in proxy.asked if not path.startswith("/edu/lab/")] == []


@pytest.mark.parametrize("path", [HOME.stem, f"{HOME.stem}/"])
def test_home_has_the_address_of_its_name_too(serve: Callable[..., str], page: Page, path: str) -> None:
    page.goto(f"{serve('app.py')}/{path}?family=Diffusion")
    expect(page).to_have_url(f"{serve('app.py')}/?family=Diffusion")
    settled(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_inside_another_sites_page_the_link_is_in_a_field(page: Page, seen: Any) -> None:
    """The bar shows the other site's address, and its frame may not write the clipboard."""
    with ThreadingHTTPServer(("127.0.0.1", 0), CoursePage) as course:
        threading.Thread(target=course.serve_forever, daemon=True).start()
        site = f"http://127.0.0.1:{course.server_port}"
        with serving(env={"DGM_FRAME_ANCESTORS": site}) as (url, _):
            page.goto(f"{site}/?{url}/gmm?k=3")
            copy_twice(page.frame_locator("iframe"), f"{url}/gmm?k=3")
            assert page.url.startswith(site)
            page.goto("about:blank")    # a page that stays open asks for its server again and again
        course.shutdown()
    seen.console_errors.clear()     # the browser's line about the clipboard


class CoursePage(BaseHTTPRequestHandler):
    """A page of another site that shows in a frame what its query says."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        address = self.path.partition("?")[2]
        self.wfile.write(f'<link rel="icon" href="data:,"><iframe src="{address}" width="1200" height="800"></iframe>'
                         .encode())

    def log_message(self, *_: object) -> None:
        pass


def copy_twice(frame: FrameLocator, address: str) -> None:
    """Copy the link of a lesson in a frame, which shows it in a field; after a change it shows the new one."""
    frame.get_by_role("button", name="Copy link").click(timeout=TIMEOUT)
    field = frame.get_by_role("textbox", name="Link to this state")
    expect(field).to_have_value(address)
    expect(field).to_be_focused()
    frame.get_by_role("slider", name="Components K").press("ArrowUp")
    expect(field).to_have_count(0)
    frame.get_by_role("button", name=re.compile("Copy")).click()
    expect(field).to_have_value(re.compile("k=4$"), timeout=TIMEOUT)

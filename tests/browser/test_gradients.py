"""The gradient lab in a real Chromium: predict, reveal, move a control, train the duel, read it on a telephone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


WAIT = 120_000  # milliseconds, for a busy machine


@pytest.fixture
def lab(serve: Callable[..., str], new_page: Callable[..., Page], seen: Any) -> Open:
    """The page behind a deep link."""

    def of(link: str = "", **options: Any) -> Page:
        page = new_page(**options)
        page.goto(f"{serve('app.py')}/gradients?{link}")
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=WAIT)
        # Streamlit looks for the server below a deep link's own path first, and finds the root after that.
        seen.console_errors[:] = [error for error in seen.console_errors if "404 (Not Found)" not in error]
        return page

    return of


def test_predict_then_reveal_then_move(lab: Open) -> None:
    page = lab()
    cloud = page.locator(".st-key-cloud")
    expect(cloud).to_have_count(0)
    page.get_by_role("button", name="Show without predicting").first.click()
    expect(cloud).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("124 times", exact=True)).to_be_visible()
    sigma = page.locator(".st-key-sigma").get_by_role("slider")
    sigma.focus()
    sigma.press("ArrowLeft")
    expect(page.get_by_text("131 times", exact=True)).to_be_visible(timeout=WAIT)   # 126.24 / 0.9604
    expect(page).to_have_url(re.compile("sigma=0.49"))


def test_telephone_in_the_dark_has_no_sideways_scroll(lab: Open) -> None:
    page = lab("reveal=1&cost=cosine&k=6.0", width=390, height=844, color_scheme="dark")
    expect(page.locator(".st-key-sweep")).to_be_visible(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate("[...document.querySelectorAll('.stPlotlyChart')].map(e => e.getBoundingClientRect().right)")
    assert max(wide) <= 390


def test_the_duel_trains_live(lab: Open) -> None:
    page = lab("reveal=1&way=Inside+a+VAE")
    page.get_by_role("button", name="25 steps").click()
    expect(page.locator(".st-key-signal")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile("step 25"))).to_be_visible(timeout=WAIT)

"""The gradient lab in Chromium: predict, reveal, move a control, change the part, train."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import SIZE
from tests.browser.walk import check, settled, show

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
WAIT = 120_000  # milliseconds, for a busy machine


@pytest.fixture
def open_page(serve: Callable[..., str], shared_page: Page, seen: Any) -> Open:
    """Open a state in the page of the module's tests."""
    def open_link(link: str = "", size: ViewportSize = SIZE) -> Page:
        page = shared_page
        page.set_viewport_size(size)
        show(page, seen, serve("app.py"), f"gradients?{link}".removesuffix("?"))
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=WAIT)
        return settled(page)

    return open_link


def test_the_clouds_follow_a_slider_and_the_next_move_is_asked(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_text("124 times").first).to_be_visible()
    sigma = page.locator(".st-key-sigma").get_by_role("slider")
    sigma.focus()
    sigma.press("ArrowLeft")
    expect(page.get_by_text("131 times").first).to_be_visible(timeout=WAIT)   # 126.24 / 0.9604
    expect(page).to_have_url(re.compile("sigma=0.49"))
    page.get_by_role("button", name="Show without predicting").first.click()
    expect(page.get_by_text(re.compile("^It is .* times"))).to_be_visible(timeout=WAIT)


def test_the_sliders_are_seen_with_the_clouds_on_a_telephone(open_page: Open) -> None:
    page = open_page(size={"width": 390, "height": 844})
    clouds, sigma = (page.locator(f".st-key-{key}").bounding_box() for key in ("single-gradients", "sigma"))
    assert clouds
    assert sigma
    assert sigma["y"] > clouds["y"] + clouds["height"] - 1, "controls come after the figure"
    assert sigma["y"] + sigma["height"] - clouds["y"] < 844


def test_a_value_is_used_from_part_to_part(open_page: Open) -> None:
    page = open_page()
    sigma = page.locator(".st-key-sigma").get_by_role("slider")
    sigma.focus()
    for _ in range(5):
        sigma.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"sigma=0\.45"), timeout=WAIT)
    page.get_by_text("More settings").click()
    dims = page.locator(".st-key-dims").get_by_role("slider")
    dims.focus()
    dims.press("ArrowRight")
    expect(page).to_have_url(re.compile("dims=2"), timeout=WAIT)
    for part, shown in (("Why", False), ("Sweeps", True), ("The VAE", None), ("Two estimators", True)):
        page.get_by_role("radio", name=part, exact=True).click()
        settled(page)
        if shown is None:
            expect(page.locator(".st-key-sigma")).to_have_count(0, timeout=WAIT)
            assert not re.search("sigma|dims", page.url)
            continue
        expect(page.locator(".st-key-sigma").get_by_role("slider")).to_have_value("0.45", timeout=WAIT)
        expect(page).to_have_url(re.compile(r"sigma=0\.45"))
        assert ("dims=2" in page.url) is shown


def test_a_situation_and_its_link_show_the_same(open_page: Open) -> None:
    page = open_page("code=true&part=Sweeps")
    page.get_by_role("button", name="A cosine of high frequency").click()
    expect(page).to_have_url(re.compile("part=Sweeps"), timeout=WAIT)
    settled(page)
    for parameter in ("cost=cosine", "k=12", "axis=k", r"mu=0\.5", "code=true"):
        expect(page).to_have_url(re.compile(parameter))
    before = check(page, "state")
    page.reload()       # a new session
    expect(page.get_by_text("The code that ran")).to_be_visible(timeout=WAIT)
    assert check(settled(page), "state") == before


def test_the_two_vaes_train_live(open_page: Open) -> None:
    page = open_page("reveal=1&part=The+VAE")
    page.get_by_role("button", name="25 steps").click()
    expect(page.locator(".st-key-signal")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile("step 25"))).to_be_visible(timeout=WAIT)

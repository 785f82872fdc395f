"""The gradient lab in Chromium: predict, reveal, move a control, change the part, train, a narrow screen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import assert_none, check, settled

pytestmark = pytest.mark.browser

LAST_FIGURES = {"Two estimators": "running-means", "Why": "shares", "Sweeps": "costs", "Race": "descents",
                "Discrete": "categories", "The VAE": "rules"}     # of each part
Open = Callable[..., Page]
WAIT = 120_000  # milliseconds, for a busy machine


@pytest.fixture
def open_page(serve: Callable[..., str], new_page: Callable[..., Page]) -> Open:
    """The page behind a deep link."""

    def open_link(link: str = "", **options: Any) -> Page:
        page = new_page(**options)
        page.goto(f"{serve('app.py')}/gradients?{link}")
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=WAIT)
        return page

    return open_link


def test_predict_then_reveal_then_move(open_page: Open) -> None:
    page = open_page()
    dots = page.locator(".st-key-single-gradients")
    expect(dots).to_have_count(0)
    page.get_by_role("button", name="Show without predicting").first.click()
    expect(dots).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("124 times", exact=True)).to_be_visible()
    sigma = page.locator(".st-key-sigma").get_by_role("slider")
    sigma.focus()
    sigma.press("ArrowLeft")
    expect(page.get_by_text("131 times", exact=True)).to_be_visible(timeout=WAIT)   # 126.24 / 0.9604
    expect(page).to_have_url(re.compile("sigma=0.49"))


@pytest.mark.parametrize("part", list(LAST_FIGURES))
def test_a_narrow_dark_page_does_not_scroll_sideways(open_page: Open, part: str) -> None:
    link = f"reveal=1&code=true&part={part.replace(' ', '+')}" + ("&cost=cosine&k=6.0" if part != "The VAE" else "")
    page = open_page(link, width=390, height=844, color_scheme="dark")
    expect(page.locator(f".st-key-{LAST_FIGURES[part]}")).to_be_visible(timeout=WAIT)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_none(check(page, "tooWide"))
    wide = page.locator(".dgm-live").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
    assert wide
    assert max(wide) <= 390
    cut = page.locator(".katex-display").evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth + 4)"
                                                      ".map(e => e.innerText)")
    assert_none(cut, "formulas that do not fit")


def test_on_a_narrow_page_the_first_figure_is_above_the_controls(open_page: Open) -> None:
    page = open_page(width=390, height=844)
    figure = page.locator(".st-key-setting").bounding_box()
    assert figure
    assert figure["y"] < 844
    first = page.locator(".st-key-mu").bounding_box()
    assert first
    assert first["y"] > figure["y"] + figure["height"] - 1, "controls come after it"


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


def test_a_preset_opens_its_part_and_so_does_its_link(open_page: Open) -> None:
    page = open_page("code=true")
    page.get_by_role("button", name="A wave: slopes lose").click()
    expect(page).to_have_url(re.compile("part=Sweeps"), timeout=WAIT)
    settled(page)
    for parameter in ("cost=cosine", "k=12", "axis=k", r"mu=0\.5", "code=true"):
        expect(page).to_have_url(re.compile(parameter))
    before = check(page, "state")
    again = open_page(page.url.split("?")[1])
    assert check(settled(again), "state") == before


def test_the_two_vaes_train_live(open_page: Open) -> None:
    page = open_page("reveal=1&part=The+VAE")
    page.get_by_role("button", name="25 steps").click()
    expect(page.locator(".st-key-signal")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile("step 25"))).to_be_visible(timeout=WAIT)

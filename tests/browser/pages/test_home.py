"""The home page in a browser: where to begin, pictures, a slide's link, the zoo."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages.home.zoo import family
from tests.browser.walk import assert_none, check, settled
from ui.contents import LESSONS

pytestmark = pytest.mark.browser

TIMEOUT = 60_000    # milliseconds: enough for a loaded machine


@pytest.fixture
def home(serve: Callable[..., str], new_page: Callable[..., Page]) -> Page:
    page = new_page()
    page.goto(serve("app.py"))
    expect(page.get_by_role("link", name="Start here")).to_be_visible(timeout=TIMEOUT)
    return page


def test_where_to_begin_is_on_the_first_screen_and_leads_to_the_first_lesson(home: Page) -> None:
    start = home.get_by_role("link", name="Start here")
    box = start.bounding_box()
    assert box
    assert box["y"] + box["height"] < 500
    start.click()
    expect(home).to_have_url(re.compile(f"/{LESSONS[0].stem}$"), timeout=TIMEOUT)


def test_every_lesson_has_a_picture_that_is_painted(home: Page) -> None:
    pictures = home.locator("img.thumbnail")
    expect(pictures).to_have_count(len(LESSONS), timeout=TIMEOUT)
    for picture in pictures.all():
        assert picture.evaluate("async e => (await e.decode(), e.naturalWidth > 20 && e.clientHeight > 100)")


def test_a_slide_opens_its_state_and_back_returns(home: Page) -> None:
    home.get_by_role("link", name="Latent variable models: ").click()
    expect(home).to_have_url(re.compile("part=Continuous"), timeout=TIMEOUT)
    expect(home.get_by_role("radio", name="Continuous z")).to_be_checked(timeout=TIMEOUT)
    home.go_back()
    expect(home.get_by_role("link", name="Start here")).to_be_visible(timeout=TIMEOUT)


def test_a_name_in_the_zoo_is_pressed(home: Page) -> None:
    home.get_by_role("button", name="Normalizing flow").click()
    expect(home).to_have_url(re.compile("family=Normalizing"), timeout=TIMEOUT)
    expect(home.get_by_text(family("Normalizing flow").latents)).to_be_visible(timeout=TIMEOUT)


def test_pictures_and_formulas_follow_the_theme(home: Page) -> None:
    picture = home.locator("img.thumbnail").nth(1)
    expect(picture).to_be_visible(timeout=TIMEOUT)
    before = picture.get_attribute("src")
    home.emulate_media(color_scheme="dark")
    expect(home.locator("img.thumbnail").nth(1)).not_to_have_attribute("src", before or "", timeout=TIMEOUT)


@pytest.mark.parametrize(("link", "table"), [("slides", "slide-table"),
                                             ("autoregressive?part=In+the+zoo", "zoo-table")])
def test_a_wide_table_makes_no_phone_scroll_sideways(serve: Callable[..., str], new_page: Callable[..., Page],
                                                    link: str, table: str) -> None:
    page = new_page(390)
    page.goto(f"{serve('app.py')}/{link}")
    rows = page.locator(f".st-key-{table} tbody tr")
    expect(rows.first).to_be_visible(timeout=TIMEOUT)
    assert_none(check(settled(page), "tooWide"))
    assert max(row.bounding_box()["height"] for row in rows.all()) < 140      # type: ignore[index]
    if link == "slides":
        last = rows.first.get_by_role("link", name="open large").bounding_box()
        assert last
        assert last["x"] + last["width"] < 390

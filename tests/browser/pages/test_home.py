"""The home page in a browser: where to begin, pictures, a slide's link, the zoo."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from pages.home.zoo import family
from tests.browser.walk import assert_none, check, settled, show
from ui.components.scroll_to import FIGURE
from ui.contents import LESSONS
from ui.slides import SLIDES, Slide

pytestmark = pytest.mark.browser

TIMEOUT = 60_000    # milliseconds: enough for a loaded machine
# Whether the named section is at the top, or else the first figure on the screen: its save button may be below. A run
# that was not trained has no figure yet, but its buttons.
ON_SCREEN = """([name, rest]) => {
  const target = name ? [...document.querySelectorAll("h2, h3, h4")].find((e) => e.textContent.trim() === name)
    : document.querySelector(".dgm-live") ?? document.querySelector(".st-key-cockpit");
  const box = target?.getBoundingClientRect();
  if (!box || name) return box && Math.abs(box.top) <= 1;
  if (target.matches(".st-key-cockpit")) return box.top >= 0 && box.top < innerHeight / 3;
  return box.top >= 0 && box.bottom <= innerHeight + rest;
}"""
SAVE = 24       # pixels of the figure's save button


@pytest.fixture
def home(serve: Callable[..., str], shared_page: Page, seen: Any) -> Page:
    """The home page as its address opens it, in the page of the module's tests."""
    show(shared_page, seen, serve("app.py"), "")
    expect(shared_page.get_by_role("link", name="Start here")).to_be_visible(timeout=TIMEOUT)
    return settled(shared_page)


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


def in_turns(slides: Iterable[Slide]) -> list[Slide]:
    """One slide of each page after the other: where two links in turn name the same, none has to scroll."""
    pages = defaultdict(list)
    for slide in sorted(slides, key=lambda slide: not slide.at):
        pages[slide.stem].append(slide)
    return [slide for turn in zip_longest(*pages.values()) for slide in turn if slide]


def test_every_slide_opens_with_what_it_promises_on_the_first_screen(
        serve: Callable[..., str], new_page: Callable[..., Page], seen: Any) -> None:
    """Of each page the first link that scrolls is loaded, the others are followed from another page, as from home."""
    page, url = new_page(height=800), serve("app.py")
    missing, loaded, last = [], set(), None
    for slide in in_turns(SLIDES):
        if slide.stem in loaded and slide.stem != last:
            show(page, seen, url, slide.address("").removeprefix("/"))
        else:
            page.goto(slide.address(url))
        settled(page)
        try:
            page.wait_for_function(ON_SCREEN, arg=["" if slide.at == FIGURE else slide.at, SAVE], timeout=10_000)
        except TimeoutError:
            missing.append(f"{slide.number} {slide.title}")
        loaded.add(slide.stem)
        last = slide.stem
    assert_none(missing)


def test_a_followed_link_to_another_section_of_a_page_scrolls_there(
        serve: Callable[..., str], new_page: Callable[..., Page], seen: Any) -> None:
    page = new_page(height=800)
    for slide in (slide for slide in SLIDES if slide.stem == "vae" and slide.at not in ("", FIGURE)):
        show(page, seen, serve("app.py"), slide.address("").removeprefix("/"))
        settled(page)
        page.wait_for_function(ON_SCREEN, arg=[slide.at, SAVE], timeout=10_000)


def test_the_room_below_the_last_section_goes_when_it_is_not_seen(
        serve: Callable[..., str], new_page: Callable[..., Page], seen: Any) -> None:
    page = new_page(height=1400)
    slide = next(slide for slide in SLIDES if slide.at == "The final algorithm")
    show(page, seen, serve("app.py"), slide.address("", hall=True).removeprefix("/"))
    settled(page)
    page.wait_for_function(ON_SCREEN, arg=[slide.at, SAVE], timeout=10_000)
    room = "() => parseFloat(getComputedStyle(document.querySelector('.stMainBlockContainer'), '::after').height)"
    given = page.evaluate(room)
    assert given > 100
    page.mouse.move(600, 600)
    page.mouse.wheel(0, -given - 50)
    page.wait_for_function(f"() => ({room})() === 0", timeout=10_000)


def test_back_ends_the_scrolling_of_a_link(serve: Callable[..., str], page: Page) -> None:
    """It would move the page that comes next. Back is no key and no pointer inside the page."""
    slide = next(slide for slide in SLIDES if slide.at not in ("", FIGURE))
    page.goto(slide.address(serve("app.py")))
    settled(page)
    page.wait_for_function(ON_SCREEN, arg=[slide.at, SAVE], timeout=TIMEOUT)
    main = page.get_by_test_id("stMain")
    main.evaluate("main => { dispatchEvent(new PopStateEvent('popstate')); main.scrollTo(0, 0); }")
    page.wait_for_timeout(400)      # it looked each 150 ms
    assert main.evaluate("main => main.scrollTop") == 0


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

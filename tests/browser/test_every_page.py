"""Every lesson and the home page in a browser: no errors, names, contrast, widths, keyboard, links."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pages.elbo import bound
from tests.browser.conftest import SIZE
from tests.browser.walk import assert_none, by_keyboard, check, follow, settled, until
from ui.contents import HOME, LESSONS
from ui.figures import theme

pytestmark = pytest.mark.browser

PAGES = (HOME, *LESSONS)
WIDTHS = (1280, 768, 390)
# Predictions and the frame of a playback are not part of the state; "Show answers" takes the predictions away.
NO_CONTROL = "e => Boolean(e.closest('[class*=\"st-key-question\"], .st-key-reveal, .dgm-transport'))"
every_page = pytest.mark.parametrize("stem", [entry.stem for entry in PAGES])
every_lesson = pytest.mark.parametrize("stem", [entry.stem for entry in LESSONS])


@pytest.fixture
def visit(kept: Callable[..., BrowserContext], serve: Callable[..., str], seen) -> Iterator[Callable[[str], Page]]:  # type: ignore[no-untyped-def]
    """Open a page of the app by its link; page errors, console errors and foreign requests fail the test."""
    context = kept()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.pages[0]
    page.set_viewport_size(SIZE)
    seen.watch(page)

    def of(link: str) -> Page:
        page.goto(f"{serve('app.py')}/{link}")
        return settled(page)

    yield of
    seen.assert_no_errors()
    assert seen.requests


@pytest.fixture
def walk(contexts: Callable[[bool], BrowserContext], serve: Callable[..., str],
         seen: Any) -> Iterator[Callable[[str], Page]]:
    """Go on to a page of the app in the tab of the test before, as a visitor does who walks through all pages."""
    page, url = contexts(False).pages[0], serve("app.py")
    page.emulate_media(color_scheme="null")
    page.set_viewport_size(SIZE)
    seen.watch(page)

    def of(link: str) -> Page:
        title = next(entry.title for entry in PAGES if address(entry.stem) == link.partition("?")[0])
        if page.url.startswith(url) and title not in page.title():
            follow(page, f"/{link}")
            expect(page).to_have_title(f"{title} · Deep Generative Models", timeout=30_000)
        else:
            page.goto(f"{url}/{link}")
        return settled(page)

    yield of
    seen.assert_no_errors()


def address(stem: str) -> str:
    return "" if stem == HOME.stem else stem


def drawn(page: Page, condition: str, value: str = "") -> bool:
    """Whether all figures on the screen meet a condition on the element e; the others are drawn when they come near."""
    script = """(all, value) => {
        const box = (e) => e.getBoundingClientRect();
        const seen = (e) => e.checkVisibility() && box(e).bottom > 0 && box(e).top < innerHeight;
        return all.filter((e) => e._fullLayout && seen(e)).every((e) => CONDITION); }"""
    return bool(page.locator(".js-plotly-plot").evaluate_all(script.replace("CONDITION", condition), value))


def fitted(page: Page) -> None:
    """Wait until every figure on the screen is as wide as its place, and the layout is stable."""
    until(page, lambda: drawn(page, "Math.abs(e._fullLayout.width - e.clientWidth) < 1"), "a figure of another width")
    settled(page)


@every_lesson
def test_the_main_picture_comes_first(walk: Callable[[str], Page], stem: str) -> None:
    """Whole, without a click and without scrolling far."""
    page = walk(stem)
    for width, limit in ((1280, 900), (390, 1200)):
        page.set_viewport_size({"width": width, "height": 900})
        fitted(page)
        box = page.locator(".js-plotly-plot:visible, canvas:visible").first.bounding_box()
        assert box
        assert box["height"] > 60
        assert box["y"] + box["height"] <= limit


@every_page
def test_a_page_has_names_contrast_and_fits_every_width(walk: Callable[[str], Page], stem: str) -> None:
    """With all answers, so that all figures are shown; in both themes and three widths."""
    page = walk(f"{address(stem)}?reveal=1")
    assert_none(check(page, "unnamed"))
    assert_none(check(page, "unspeakable"))
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map((e) => Number(e.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise([0, *levels])), f"a level is left out: {levels}"
    assert all(re.search(r"\d", alt) for alt in check(page, "figures"))
    assert_none(check(page, "lowContrast"))
    light = page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("[data-testid=stApp]")).not_to_have_css("background-color", light)
    until(page, lambda: drawn(page, "e._fullLayout.font.color.toLowerCase() === value", theme.DARK.ink.lower()),
          "every figure has the colours of the dark theme")
    settled(page)
    assert_none(check(page, "lowContrast"))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        fitted(page)
        assert_none(check(page, "tooWide"), width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_terms_of_a_part_are_one_tap_away(new_page: Callable[..., Page], serve: Callable[..., str],
                                              scheme: str) -> None:
    page = new_page(width=390, color_scheme=scheme)
    page.goto(f"{serve('app.py')}/elbo")
    settled(page).get_by_role("button", name="Terms: ").first.click()
    terms = page.get_by_test_id("stPopoverBody")
    expect(terms).to_be_visible()
    expect(terms.locator("strong")).to_have_text(list(bound.TERMS))
    page.mouse.move(0, 0)       # the button that is open is not pointed at
    settled(page)
    assert_none(check(page, "lowContrast"))
    assert_none(check(page, "tooWide"))
    page.keyboard.press("Escape")
    expect(terms).to_be_hidden()


@every_page
def test_the_keyboard_reaches_everything_and_the_focus_is_visible(walk: Callable[[str], Page], stem: str) -> None:
    unreached, unmarked = by_keyboard(walk(address(stem)))
    assert_none(unreached, "not reached by the keyboard")
    assert_none(unmarked, "focus not visible")


@every_lesson
def test_the_copied_link_is_the_state(visit: Callable[[str], Page], stem: str) -> None:
    page = visit(stem)
    start, moved = page.url, 0
    kinds = [page.get_by_role(role) for role in ("slider", "switch", "spinbutton")]
    for control in kinds[0].or_(kinds[1]).or_(kinds[2]).all():
        if moved < 3 and not control.evaluate(NO_CONTROL) and control.is_visible() and control.is_enabled():
            control.press("Space" if control.get_attribute("role") == "switch" else "ArrowUp")
            moved += 1
            settled(page)
    expect(page).not_to_have_url(start)
    state = check(page, "state")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    again = visit(copied.split("/", 3)[3])
    assert check(again, "state") == state


def test_the_button_says_that_a_link_is_without_ones_own_table(visit: Callable[[str], Page]) -> None:
    """Also where the section that says so is closed."""
    page = visit("gmm?part=k-means")
    page.get_by_text("Your own data").click()
    page.get_by_text("Paste a table").click()
    page.get_by_label("One row a line").fill("a,b\n1,2\n3,5\n4,4\n9,1")
    page.get_by_role("button", name="Use these rows").click()
    expect(page.get_by_text("In use: 4 rows of a, b.")).to_be_visible()
    page.get_by_text("Your own data").click()
    expect(page.get_by_text("In use: 4 rows of a, b.")).to_be_hidden()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied, without your table")).to_be_visible()


def test_a_deep_link_on_a_fresh_server_has_its_title_and_menu(serve: Callable[..., str], page: Page) -> None:
    """`streamlit run app.py`, and the first visitor follows a link."""
    last = LESSONS[-1]
    page.goto(f"{serve('app.py', by='streamlit')}/{last.stem}")
    settled(page, timeout=90_000)
    expect(page).to_have_title(f"{last.title} · Deep Generative Models")
    expect(page.locator("h1").first).to_have_text(last.title)
    links = page.get_by_test_id("stSidebar").get_by_role("link")
    expect(links).to_have_text([re.compile(re.escape(entry.title)) for entry in PAGES])
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_menu_leads_to_every_page(visit: Callable[[str], Page]) -> None:
    page = visit("")
    for entry in (*LESSONS, HOME):
        page.get_by_test_id("stSidebar").get_by_role("link", name=entry.title).click()
        expect(page).to_have_title(f"{entry.title} · Deep Generative Models", timeout=30_000)
        settled(page)


def test_control_names_of_one_page_do_not_affect_the_next(visit: Callable[[str], Page]) -> None:
    page = visit("gradients?part=Sweeps&k=3")
    page.get_by_role("button", name="A cosine of high frequency").click()      # sets k, and controls of another part
    expect(page).to_have_url(re.compile("part=Sweeps"))
    settled(page)
    for title, path in (("Mixture", "gmm"), ("Bayes", "bayes")):
        page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
        expect(page).to_have_title(re.compile(title))
        settled(page)
        page.wait_for_timeout(500)      # for late changes of the URL
        assert page.url.endswith(f"/{path}")
        assert page.get_by_test_id("stAlert").count() == 0


@every_lesson
def test_present_hides_the_menu_and_enlarges_the_type(walk: Callable[[str], Page], stem: str) -> None:
    page = walk(f"{stem}?present=1")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 20
    ticks = page.evaluate("""[...document.querySelectorAll(".xtick text")]
                             .map((e) => parseFloat(getComputedStyle(e).fontSize))""")
    assert min(ticks, default=20) >= 20
    assert_none(check(page, "tooWide"))

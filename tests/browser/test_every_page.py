"""Every lesson and the home page in a browser: no errors, names, contrast, widths, paper, keyboard, links."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from pages.elbo import bound
from tests.browser.conftest import EMPTY, SIZE, Seen
from tests.browser.walk import (
    address,
    assert_none,
    by_keyboard,
    check,
    follow,
    on_paper,
    parts_of,
    rerun,
    settled,
    until,
)
from ui.contents import HOME, LESSONS
from ui.figures import theme

pytestmark = pytest.mark.browser

PAGES = (*LESSONS, HOME)    # in the order of the walk, which begins on the home page
WIDTHS = (1280, 768, 390)
ENDS = {1280: 900, 768: 1200, 390: 1200}    # where a part's first figure ends at most, on a screen of each width
LATE = {("ppca", "Digits", 390): 1400}      # a part whose settings are above its latent plane on a telephone
# Lessons whose parts are looked at with all answers too, in the state with the longest formulas and the most names.
LONGEST = {"bayes": {}, "gradients": {"code": "true", "cost": "cosine", "k": "6.0"},
           "gmm": {"k": "3", "from": "at the end"}, "ppca": {}}
FORMULAS_FIT = ("gradients",)       # on a telephone; some of the other lessons scroll in their place
# Predictions and the frame of a playback are not part of the state; "Show answers" takes the predictions away.
NO_CONTROL = "e => Boolean(e.closest('[class*=\"st-key-question\"], .st-key-reveal, .dgm-transport'))"
# All tests of a page run one after the other, so that they go on in it.
every_page = pytest.mark.parametrize("stem", [entry.stem for entry in PAGES], scope="module")
every_lesson = pytest.mark.parametrize("stem", [entry.stem for entry in LESSONS], scope="module")


@pytest.fixture
def walk(shared_page: Page, seen: Seen, serve: Callable[..., str]) -> Callable[[str], Page]:
    """Go on to a page of the app in the tab of the test before, as a visitor does who walks through all pages."""
    page, url = shared_page, serve("app.py")

    def of(link: str) -> Page:
        title = next(entry.title for entry in PAGES if address(entry.stem) == link.partition("?")[0])
        if page.url == EMPTY:
            page.goto(f"{url}/{link}")
        elif page.url != f"{url}/{link}":
            with rerun(page, seen):
                follow(page, f"/{link}")
        expect(page).to_have_title(f"{title} · Deep Generative Models", timeout=30_000)
        return settled(page)

    return of


def drawn(page: Page, condition: str, value: str = "") -> bool:
    """Whether all figures on the screen meet a condition on the element e; the others are drawn when they come near."""
    script = """(all, value) => {
        const box = (e) => e.getBoundingClientRect();
        const seen = (e) => e.checkVisibility() && box(e).bottom > 0 && box(e).top < innerHeight;
        return all.filter((e) => e._fullLayout && seen(e)).every((e) => CONDITION); }"""
    return bool(page.locator(".js-plotly-plot").evaluate_all(script.replace("CONDITION", condition), value))


def fitted(page: Page, width: int) -> None:
    """Give the screen a width, and wait until every figure on it is as wide as its place, and the layout is stable."""
    page.set_viewport_size({"width": width, "height": SIZE["height"]})
    until(page, lambda: drawn(page, "Math.abs(e._fullLayout.width - e.clientWidth) < 1"), "a figure of another width")
    settled(page)


def dressed(page: Page, seen: Seen, scheme: str) -> None:
    """Choose the light or the dark theme, and wait until the page and every figure on the screen have its colours."""
    colours = {"light": theme.LIGHT, "dark": theme.DARK}[scheme]
    other = page.evaluate(f"!matchMedia('(prefers-color-scheme: {scheme})').matches")
    with rerun(page, seen) if other else nullcontext():     # the page's script is told of the theme
        page.emulate_media(media="screen", color_scheme=scheme)
    expect(page.locator("[data-testid=stApp]")).to_have_css("background-color", rgb(colours.paper))
    until(page, lambda: drawn(page, "e._fullLayout.font.color.toLowerCase() === value", colours.ink.lower()),
          f"every figure has the colours of the {scheme} theme")


def rgb(colour: str) -> str:
    """As a browser writes it."""
    return f"rgb({', '.join(str(channel) for channel in bytes.fromhex(colour[1:]))})"


def names(page: Page) -> list[str]:
    """What is wrong with the names of figures and controls and with the levels of headings."""
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map((e) => Number(e.tagName[1]))")
    return [*check(page, "unnamed"), *check(page, "unspeakable"),
            *(f"no number in a figure's name: {alt}" for alt in check(page, "figures") if not re.search(r"\d", alt)),
            *(f"a level is left out: {levels}" for before, after in pairwise([0, *levels]) if after - before > 1)]


def on_a_screen(page: Page, stem: str, part: str, width: int) -> list[str]:
    """What is wrong with a part on a screen of this width: its first figure, names, what is wider than the screen."""
    end = LATE.get((stem, part, width), ENDS[width])
    fitted(page, width)
    found = names(page) + check(page, "tooWide") + page.get_by_test_id("stException").all_inner_texts()
    if stem in FORMULAS_FIT:
        found += check(page, "cutFormulas")
    first = check(page, "firstFigure")
    if not (first and first["drawn"] and first["height"] > 60 and first["bottom"] <= end):
        found.append(f"the first figure does not end before {end}: {first}")
    return [f"{width} px: {text}" for text in found]


@every_page
def test_the_menu_leads_to_every_page(walk: Callable[[str], Page], shared_page: Page, seen: Seen, stem: str) -> None:
    """From where the walk is, which begins on the page before."""
    page, titles = shared_page, {entry.stem: entry.title for entry in PAGES}
    if page.url == EMPTY:
        walk(address([*titles][[*titles].index(stem) - 1]))
    with rerun(page, seen):
        page.get_by_test_id("stSidebar").get_by_role("link", name=titles[stem]).click()
    expect(page).to_have_title(f"{titles[stem]} · Deep Generative Models", timeout=30_000)
    settled(page)


@every_page
def test_a_page_has_names_contrast_and_fits_every_width(walk: Callable[[str], Page], seen: Seen, stem: str) -> None:
    """With all answers, so that all figures are shown; in both themes and three widths."""
    page = walk(address(stem, "reveal=1"))       # as older links and the README write it
    assert_none(names(page))
    assert_none(check(page, "lowContrast"), "light")
    dressed(page, seen, "dark")
    settled(page)
    assert_none(check(page, "lowContrast"), "dark")
    for width in WIDTHS:
        fitted(page, width)
        assert_none(check(page, "tooWide"), width)
    dressed(page, seen, "light")


@every_lesson
def test_every_part_begins_with_its_figure_and_is_whole_on_screens_and_paper(walk: Callable[[str], Page],
                                                                             stem: str) -> None:
    """As it is found, and with all answers, so that all figures are shown."""
    found = []
    for part in parts_of(stem):
        link, of_part = {} if part == parts_of(stem)[0] else {"part": part}, []
        if stem in LONGEST:
            page = walk(address(stem, urlencode({"reveal": "true"} | link | LONGEST[stem])))
            for width in (768, 390) if stem == "bayes" else (390,):
                of_part += [f"with answers, {text}" for text in on_a_screen(page, stem, part, width)]
        page = walk(address(stem, urlencode(link)))
        expect(page.locator(".st-key-part [aria-checked=true]")).to_have_text(part)
        expect(page.get_by_role("switch", name="Show answers")).not_to_be_checked()
        of_part += on_a_screen(page, stem, part, 390) + on_a_screen(page, stem, part, 1280) + on_paper(page)
        page.emulate_media(media="screen")
        found += [f"{part}, {text}" for text in of_part]
    assert_none(found, stem)


@every_page
def test_the_keyboard_reaches_everything_and_the_focus_is_visible(walk: Callable[[str], Page], stem: str) -> None:
    unreached, unmarked = by_keyboard(walk(address(stem)))
    assert_none(unreached, "not reached by the keyboard")
    assert_none(unmarked, "focus not visible")


@every_lesson
def test_the_copied_link_is_the_state(walk: Callable[[str], Page], stem: str) -> None:
    page = walk(stem)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
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
    page.goto(copied)
    assert check(settled(page), "state") == state


def test_the_terms_of_a_part_are_one_tap_away_and_stay_on_the_screen(walk: Callable[[str], Page], seen: Seen) -> None:
    """In both themes; not on paper."""
    page = walk("elbo")
    fitted(page, 390)
    page.get_by_role("button", name="Terms: ").first.click()
    terms = page.get_by_test_id("stPopoverBody")
    expect(terms).to_be_visible()
    expect(terms.locator("strong")).to_have_text(list(bound.TERMS))
    page.mouse.move(0, 0)       # the button that is open is not pointed at
    for scheme in ("dark", "light"):
        dressed(page, seen, scheme)
        settled(page)
        assert_none(check(page, "lowContrast"), scheme)
        assert_none(check(page, "tooWide"), scheme)
    page.emulate_media(media="print")
    expect(terms).to_be_hidden()
    page.emulate_media(media="screen")
    expect(terms).to_be_visible()
    page.keyboard.press("Escape")
    expect(terms).to_be_hidden()


def test_control_names_of_one_page_do_not_affect_the_next(walk: Callable[[str], Page]) -> None:
    page = walk("gradients?part=Sweeps&k=3")
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


def test_the_button_says_that_a_link_is_without_ones_own_table(walk: Callable[[str], Page]) -> None:
    """Also where the section that says so is closed."""
    page = walk("gmm?part=k-means")
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
    expect(links).to_have_text([re.compile(re.escape(entry.title)) for entry in (HOME, *LESSONS)])
    expect(page.get_by_role("dialog")).to_have_count(0)

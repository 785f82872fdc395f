"""The lecture hall, 1920 x 1080: every part of every page is figure first, and is played by keys alone."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZE, Seen
from tests.browser.walk import address, assert_none, check, on_paper, parts_of, rerun, settled, show
from ui.contents import HOME, LESSONS

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 1920, 1080
SHARE = 0.6         # of the screen's height, that the figure fills
SMALLEST = 20       # pixels of text
PAGES = [HOME, *LESSONS]
SECOND = {"Two runs": ("Data", "Model")}     # of a part whose ten settings of A and B fill the line before

FIGURES = ".dgm-panel, .map, .st-key-lessons"      # of the latent pad; of the home page
# The controls before the first question or heading, and the buttons of the first figure: text and lower end.
CONTROLS = """() => {
  const seen = (e) => e.checkVisibility() && e.clientHeight > 1;
  const question = document.querySelector("[class*=st-key-question], [class*=st-key-challenge], h2, h3");
  const before = (e) => !question || e.compareDocumentPosition(question) & Node.DOCUMENT_POSITION_FOLLOWING;
  const kinds = ["Slider", "Selectbox", "ButtonGroup", "NumberInput", "Checkbox", "TextInput"];
  const controls = [...document.querySelectorAll(kinds.map((kind) => `[data-testid=st${kind}]`).join())]
    .filter((e) => seen(e) && before(e) && !e.closest("[data-testid=stExpander]"));
  const first = document.querySelector(".dgm-live");
  const buttons = [...first?.querySelectorAll(".dgm-transport, .dgm-edit") ?? []].filter(seen);
  return [...controls, ...buttons].map((e) => [e.innerText.slice(0, 30), e.getBoundingClientRect().bottom]);
}"""
TEXTS = """() => [...document.querySelectorAll(".dgm-panel text, .dgm-live .dgm-caption, .st-key-lessons p")]
  .filter((e) => e.textContent.trim() && e.checkVisibility())
  .map((e) => [parseFloat(getComputedStyle(e).fontSize), e.textContent.slice(0, 30)])"""


OUTSIDE = """() => [...document.querySelectorAll(".dgm-panel")].flatMap((panel) => {
  const all = panel.getBoundingClientRect(), kinds = ".annotation text, .legendtext, .xtick text, .ytick text";
  return [...panel.querySelectorAll(kinds)].filter((e) => e.checkVisibility()).filter((e) => {
    const own = e.getBoundingClientRect();
    return own.top < all.top - 2 || own.bottom > all.bottom + 2 || own.left < all.left - 2 || own.right > all.right + 2;
  }).map((e) => e.textContent); })"""


# The controls that "In words" lies over.
UNDER_WORDS = """() => {
  const words = document.querySelector("[class*=st-key-words] button");
  if (!words?.checkVisibility()) return [];
  const own = words.getBoundingClientRect();
  const kinds = ["Slider", "Selectbox", "ButtonGroup", "NumberInput", "Checkbox", "TextInput", "Button"];
  return [...document.querySelectorAll(kinds.map((kind) => `[data-testid=st${kind}]`).join())]
    .filter((e) => e.checkVisibility() && !e.contains(words)).filter((e) => {
      const box = e.getBoundingClientRect();
      return box.left < own.right - 1 && box.right > own.left + 1
        && box.top < own.bottom - 1 && box.bottom > own.top + 1;
    }).map((e) => e.innerText.slice(0, 30));
}"""


@pytest.fixture
def visit(shared_page: Page, seen: Seen, serve: Callable[..., str]) -> Callable[[str], Page]:
    """Open a state in the page of the module's tests."""
    def of(link: str) -> Page:
        shared_page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        show(shared_page, seen, serve("app.py"), link)
        return settled(shared_page)

    return of


def problems(page: Page, part: str) -> list[str]:
    """What is wrong with the first screen."""
    page.wait_for_function("() => !document.querySelector('.dgm-live')?.querySelector('.dgm-waiting')")
    wrong = [f"text of {size:g} px: {text}" for size, text in page.evaluate(TEXTS) if size < SMALLEST - 0.1]
    wrong += [f"outside its figure: {text}" for text in page.evaluate(OUTSIDE)]
    boxes = [box for one in page.locator(FIGURES).all() if one.is_visible() and (box := one.bounding_box())]
    shown = [box for box in boxes if box["y"] >= 0 and box["y"] + box["height"] <= HEIGHT]
    tallest = max((box["height"] for box in shown), default=0)
    if tallest < SHARE * HEIGHT:
        wrong.append(f"the tallest figure on the first screen has {tallest:.0f} px; all: {boxes[:3]}")
    wrong += [f"under “In words”: {text!r}" for text in page.evaluate(UNDER_WORDS)]
    return wrong + [f"below the screen: {text!r} ends at {end:.0f}" for text, end in page.evaluate(CONTROLS)
                    if end > HEIGHT + 1 and not text.startswith(SECOND.get(part, "none"))]


def as_large_type(page: Page) -> list[str]:
    """What is wrong with the page on a small screen: the menu, small type, what is wider than the screen."""
    page.set_viewport_size(SIZE)
    settled(page)
    found = check(page, "tooWide")
    if page.get_by_test_id("stSidebar").is_visible():
        found.append("the menu is shown")
    sizes = page.evaluate("""[document.documentElement, ...document.querySelectorAll(".xtick text")]
                             .map((e) => parseFloat(getComputedStyle(e).fontSize))""")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    settled(page)
    return [f"on a small screen: {text}" for text in [*found, *(f"type of {size} px" for size in sizes
                                                                if size < SMALLEST)]]


@pytest.mark.parametrize("stem", [entry.stem for entry in PAGES])
def test_every_part_is_figure_first_and_n_goes_through_all(shared_page: Page, seen: Seen, serve: Callable[..., str],
                                                            stem: str) -> None:
    """From page to page in one tab, as a lecture goes."""
    page, wrong, parts = shared_page, [], parts_of(stem)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    if page.url != f"{serve('app.py')}/{address(stem)}?present=1":      # where N has led
        page.goto(f"{serve('app.py')}/{address(stem)}?present=1")
        settled(page)
    for part in parts:
        if part != parts[0]:
            expect(page).to_have_url(re.compile(re.escape(urlencode({"part": part}))))
        settled(page)
        found = problems(page, part) + check(page, "tooWide")
        if part == parts[0]:
            found += as_large_type(page)
        elif part == parts[-1]:
            found += on_paper(page)
            page.emulate_media(media="screen")
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            settled(page)
        wrong += [f"{part}: {text}" for text in found]
        with rerun(page, seen):
            page.keyboard.press("n")
    assert_none(wrong, stem)
    after = PAGES[(PAGES.index(next(one for one in PAGES if one.stem == stem)) + 1) % len(PAGES)]
    expect(page).to_have_title(f"{after.title} · Deep Generative Models", timeout=30_000)
    expect(page).to_have_url(f"{serve('app.py')}/{address(after.stem)}?present=1")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()


def test_keys_step_fill_the_screen_and_leave(visit: Callable[[str], Page]) -> None:
    page = visit("gmm?present=1&part=EM")
    figure = page.locator(".dgm-live").first
    expect(figure).to_have_attribute("data-frame", "0")
    for key, frame in (("PageDown", "1"), ("ArrowRight", "2"), ("PageUp", "1"), ("m", "2"), ("m", "2"), ("e", "3"),
                       ("PageUp", "2"), ("PageUp", "1")):
        page.keyboard.press(key)
        expect(figure).to_have_attribute("data-frame", frame)
    before = figure.bounding_box()
    page.keyboard.press("f")
    expect(figure).to_have_class(re.compile("fills-screen"))
    filled = figure.locator(".dgm-panel").first
    page.wait_for_timeout(500)
    assert before
    assert filled.bounding_box()["height"] > 0.8 * HEIGHT      # type: ignore[index]
    page.keyboard.press("PageDown")
    expect(figure).to_have_attribute("data-frame", "2")
    page.keyboard.press("f")
    expect(figure).not_to_have_class(re.compile("fills-screen"))
    page.keyboard.press("p")
    expect(page).not_to_have_url(re.compile("part="), timeout=30_000)
    settled(page)
    first = figure.get_attribute("data-frame")
    page.keyboard.press("PageUp")
    expect(figure).not_to_have_attribute("data-frame", first or "")
    page.keyboard.press("x")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


def the_filled(page: Page) -> list[int]:
    """The numbers of the figures that fill the screen."""
    page.wait_for_timeout(100)      # the browser gives the screen later
    found = page.locator(".dgm-live").evaluate_all("all => all.map((e) => e.matches('.fills-screen'))")
    return [number for number, is_filled in enumerate(found) if is_filled]


def test_f_takes_the_figure_under_the_pointer_or_the_first_one_on_the_screen(visit: Callable[[str], Page]) -> None:
    wrong = []
    for link in ("bayes?present=1", "bayes?present=1&part=No+closed+form"):
        page = visit(link)
        page.mouse.move(0, 0)
        for number, figure in enumerate(page.locator(".dgm-live").all()[:2]):
            for case, reach in (("seen", figure.scroll_into_view_if_needed), ("pointed at", figure.hover)):
                if case == "seen" and number and "part" in link:
                    continue        # it stands beside the first one
                reach()
                page.keyboard.press("f")
                expect(page.locator(".fills-screen")).to_be_visible()
                if (filled := the_filled(page)) != [number]:
                    wrong.append(f"{link}: {case} {number}, filled {filled}")
                page.keyboard.press("f")
                expect(page.locator(".fills-screen")).not_to_be_attached()
            page.mouse.move(0, 0)
    assert_none(wrong)


def test_the_full_screen_stays_from_part_to_part(visit: Callable[[str], Page]) -> None:
    page = visit("gmm?present=1&part=k-means")
    page.keyboard.press("f")
    expect(page.locator(".fills-screen")).to_be_visible()
    for part in ("Continuous z", "What can go wrong"):
        page.keyboard.press("n")
        expect(page).to_have_url(re.compile(re.escape(urlencode({"part": part}))))
        expect(page.locator(".fills-screen")).to_be_visible()
        settled(page)
        expect(page.locator(".fills-screen .dgm-waiting")).not_to_be_attached()
        assert the_filled(page) == [0]
        assert page.locator(".fills-screen").bounding_box()["height"] == page.evaluate("innerHeight")  # type: ignore[index]
        assert page.evaluate("Boolean(document.fullscreenElement)")
    page.keyboard.press("f")
    expect(page.locator(".fills-screen")).not_to_be_attached()
    page.wait_for_function("() => !document.fullscreenElement")


def test_the_button_enters_and_the_figures_fit_the_page_again_after_leaving(visit: Callable[[str], Page]) -> None:
    page = visit("elbo")
    panel = page.locator(".dgm-panel").first
    height = panel.bounding_box()["height"]      # type: ignore[index]
    page.get_by_role("button", name="Lecture hall").click()
    expect(page).to_have_url(re.compile("present=1"))
    settled(page)
    page.wait_for_timeout(500)
    assert panel.bounding_box()["height"] > SHARE * HEIGHT      # type: ignore[index]
    page.get_by_role("button", name="Leave").click()
    expect(page).not_to_have_url(re.compile("present"))
    settled(page)
    page.wait_for_timeout(500)
    assert panel.bounding_box()["height"] == height      # type: ignore[index]


def test_any_figure_fills_the_screen_by_its_button_on_any_page(visit: Callable[[str], Page]) -> None:
    page = visit("bayes")
    page.set_viewport_size({"width": 1280, "height": 900})
    settled(page)
    figure = page.locator(".dgm-live").first
    height = figure.locator(".dgm-panel").first.bounding_box()["height"]      # type: ignore[index]
    figure.get_by_role("button", name="Fill the screen").press("Enter")
    expect(figure).to_have_class(re.compile("fills-screen"))
    page.wait_for_timeout(500)
    assert figure.locator(".dgm-panel").first.bounding_box()["height"] > max(height, 600)      # type: ignore[index]
    figure.get_by_role("button", name="Leave the full screen").press("Enter")
    expect(figure).not_to_have_class(re.compile("fills-screen"))
    page.wait_for_timeout(500)
    assert figure.locator(".dgm-panel").first.bounding_box()["height"] == height      # type: ignore[index]

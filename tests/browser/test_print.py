"""A printed page: whole, within the sheet, and every figure is drawn, also those that nobody has scrolled to."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import A4, settled, show

pytestmark = pytest.mark.browser

PAGES = (("gmm?part=EM", 390), ("vae?part=Generation&view=latent+scatter&reveal=1", 1280))
# All figures, and those that are drawn: now, and when the page is printed.
COUNT = """() => {
    const count = () => ["", ".js-plotly-plot"].map((drawn) => document.querySelectorAll(`.dgm-plot${drawn}`).length);
    globalThis.screen = count();
    addEventListener("beforeprint", () => { globalThis.printed = count(); }); }"""
WIDE = """(width) =>
    [...document.querySelectorAll(".dgm-plot, .dgm-plot .main-svg, .latent-pad, img, [data-testid=stMain]")]
    .map((e) => [e.getAttribute("class"), e.getBoundingClientRect()])
    .filter(([, box]) => box.left < -1 || box.right > width + 1)
    .map(([name, box]) => `${name}: ${box.left} to ${box.right}`)"""
# The share of its panel's width that each figure takes.
SHARES = """() => [...document.querySelectorAll(".dgm-panel")].map((panel) =>
    panel.querySelector(".main-svg").getBoundingClientRect().width / panel.getBoundingClientRect().width)"""
# How much larger each figure's letters are than on the screen.
LARGER = """() => [...document.querySelectorAll(".dgm-panel .main-svg:first-child")].map((e) =>
    e.getBoundingClientRect().width / Number(e.getAttribute("width")))"""


COLOURS = """() => {
    const dark = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 450;
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.getClientRects().length);
    const text = shown("p, h1, label, .katex .mord, .js-plotly-plot text").map((e) => {
      const style = getComputedStyle(e);
      return [e.textContent, e instanceof SVGElement ? style.fill : style.color]; });
    const lines = shown(".js-plotly-plot .js-line").map((e) => ["line", getComputedStyle(e).stroke]);
    return [...text, ...lines].filter(([, colour]) => colour !== "none" && !dark(colour)); }"""


BACKGROUND = "(name) => [...document.querySelectorAll(name)].map((e) => getComputedStyle(e).backgroundColor)"


@pytest.fixture
def visit(serve: Callable[..., str], shared_page: Page, seen: Any) -> Callable[[str, int, int], Page]:
    """Open a state in the page of the module's tests, in a window of this width and height."""
    def of(link: str, width: int, height: int) -> Page:
        shared_page.set_viewport_size({"width": width, "height": height})
        show(shared_page, seen, serve("app.py"), link)
        return settled(shared_page)

    return of


def test_a_dark_page_is_printed_in_light_colours(visit: Callable[[str, int, int], Page], shared_page: Page) -> None:
    shared_page.emulate_media(color_scheme="dark")
    page = visit("bayes", 1280, 2600)
    page.wait_for_function("document.querySelector('.dgm-plot .main-svg')")
    page.wait_for_timeout(1500)
    on_screen = page.evaluate(COLOURS)
    assert len(on_screen) > 50, "the dark theme's text is light"
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_function(f"({COLOURS})().length === 0")
    assert page.evaluate(COLOURS) == []
    assert page.evaluate(BACKGROUND, "html") == ["rgb(255, 255, 255)"]
    assert len(set(page.evaluate(BACKGROUND, ".st-key-part [role=radio]"))) == 2, "no part looks chosen"
    assert set(page.evaluate(BACKGROUND, "[data-testid=stSlider] div:has(> div > input)")) == {"rgb(31, 79, 178)"}
    assert set(page.evaluate(BACKGROUND, ".main-svg")) == {"rgba(0, 0, 0, 0)"}, "a layer covers those below it"
    page.emulate_media(media="screen", color_scheme="dark")
    page.wait_for_timeout(500)
    assert page.evaluate(COLOURS) == on_screen


@pytest.mark.parametrize(("link", "screen"), PAGES)
def test_every_figure_is_drawn_and_fits_the_sheet(visit: Callable[[str, int, int], Page], link: str,
                                                  screen: int) -> None:
    page = visit(link, screen, 500)
    page.wait_for_function("window.Plotly")     # also where no figure is near the first screen
    page.evaluate(COUNT)
    page.pdf(format="A4")
    figures, drawn = page.evaluate("printed")
    assert figures == drawn > page.evaluate("globalThis.screen[1]"), "some were not drawn on the screen"
    expect(page.locator(".main-svg[viewBox]")).to_have_count(0)     # as before on the screen
    page.emulate_media(media="print")
    page.wait_for_function("document.querySelector('.main-svg[viewBox]')")      # drawn for the screen's width
    page.set_viewport_size({"width": A4, "height": 500})
    page.wait_for_timeout(300)
    assert page.evaluate(WIDE, A4) == []
    assert page.evaluate(SHARES) == pytest.approx([1] * figures, abs=0.01)
    assert max(page.evaluate(LARGER)) < 1.01
    page.emulate_media(media="screen")
    expect(page.locator(".main-svg[viewBox]")).to_have_count(0)

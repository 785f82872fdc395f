"""A printed page: whole, within the sheet, and every figure is drawn, also those that nobody has scrolled to."""

from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import assert_none, follow, settled
from ui.contents import LESSONS

pytestmark = pytest.mark.browser

A4 = 794 - 2 * 38     # CSS pixels between margins of 1 cm
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
# What is wrong on paper: formulas wider than their place, elements on every sheet, texts beyond the sheet, on each
# other or cut. A field that is typed into scrolls on.
FAULTS = """() => {
    const range = document.createRange();
    const box = (e) => {
      range.selectNodeContents(e);
      return (e.matches(".katex-html") ? range : e).getBoundingClientRect(); };
    const style = (e) => getComputedStyle(e);
    const isClipped = (e) => e && (style(e).clipPath !== "none" || isClipped(e.parentElement));
    const isShown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
      && box(e).width > 1 && box(e).height > 1 && !isClipped(e);
    const hasText = (e) => e.matches(".katex-html, canvas, .dgm-live")
      || [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    const all = [...document.querySelectorAll("body *:not(.dgm-live *, .katex *)")].filter(isShown);
    const formulas = [...document.querySelectorAll(".katex-html")].filter(isShown);
    const texts = [...formulas, ...all].filter(hasText);
    // A slider's value touches its label on the screen too, and an arrow that is turned has the box of its line.
    const alone = texts.filter((e) => !texts.some((other) => other !== e && other.contains(e))
      && !e.closest("[data-testid=stSliderThumbValue], .arrow"));
    const boxes = alone.map(box), sheet = { left: 0, right: innerWidth };
    const place = (e) => box(e.closest(".katex-display, p, li, td, label, button") ?? e.parentElement);
    const isBeyond = (one, other) => one.left < other.left - 2 || one.right > other.right + 2;
    const areOver = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 3
      && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3;
    const isCut = (e) => style(e).maskImage !== "none" || (!e.matches("input") && e.clientWidth > 4
      && e.scrollWidth > e.clientWidth + 2 && style(e).overflowX !== "visible");
    const name = (e) => `${e.dataset.testid ?? e.className} ${e.textContent.trim().slice(-60)}`;
    return [
      ...formulas.filter((e) => isBeyond(box(e), place(e))).map((e) => `wider than its place: ${name(e)}`),
      ...texts.filter((e) => isBeyond(box(e), sheet)).map((e) => `beyond the sheet: ${name(e)}`),
      ...all.filter((e) => style(e).position === "fixed").map((e) => `on every sheet: ${name(e)}`),
      ...all.filter(isCut).map((e) => `cut: ${name(e)}`),
      ...alone.flatMap((e, i) => alone.filter((_, j) => j > i && areOver(boxes[i], boxes[j]))
        .map((other) => `${name(e)} is on ${name(other)}`)),
    ]; }"""


COLOURS = """() => {
    const dark = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 450;
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.getClientRects().length);
    const text = shown("p, h1, label, .katex .mord, .js-plotly-plot text").map((e) => {
      const style = getComputedStyle(e);
      return [e.textContent, e instanceof SVGElement ? style.fill : style.color]; });
    const lines = shown(".js-plotly-plot .js-line").map((e) => ["line", getComputedStyle(e).stroke]);
    return [...text, ...lines].filter(([, colour]) => colour !== "none" && !dark(colour)); }"""


BACKGROUND = "(name) => [...document.querySelectorAll(name)].map((e) => getComputedStyle(e).backgroundColor)"


def test_a_dark_page_is_printed_in_light_colours(serve: Callable[..., str], new_page: Callable[..., Page]) -> None:
    page = new_page(height=2600, color_scheme="dark")
    page.goto(f"{serve('app.py')}/bayes")
    settled(page)
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
def test_every_figure_is_drawn_and_fits_the_sheet(serve: Callable[..., str], new_page: Callable[..., Page],
                                                  link: str, screen: int) -> None:
    page = new_page(width=screen, height=500)
    page.goto(f"{serve('app.py')}/{link}")
    settled(page)
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


@pytest.mark.parametrize("stem", [entry.stem for entry in LESSONS])
def test_every_part_is_whole_on_paper(serve: Callable[..., str], new_page: Callable[..., Page],
                                      stem: str) -> None:
    """Also from the lecture hall."""
    page, parts, faults = new_page(width=A4), import_module(f"pages.{stem}.state").PARTS, []
    page.emulate_media(media="print")
    for part in parts:
        link = f"{stem}?{urlencode({'part': part})}{'&present=1' if part == parts[-1] else ''}"
        if part == parts[0]:
            page.goto(f"{serve('app.py')}/{link}")
        else:
            follow(page, f"/{link}")
        expect(page.locator(".st-key-part [aria-checked=true]")).to_have_text(part, timeout=60_000)
        settled(page)
        faults += [f"{link}: {fault}" for fault in page.evaluate(FAULTS)]
    assert_none(faults)


def test_an_open_list_of_terms_stays_on_the_screen(serve: Callable[..., str], new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{serve('app.py')}/elbo")
    settled(page).get_by_role("button", name="Terms: ").first.click()
    terms = page.get_by_test_id("stPopoverBody")
    expect(terms).to_be_visible()
    page.emulate_media(media="print")
    expect(terms).to_be_hidden()

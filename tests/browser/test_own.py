"""A real hand: it writes a digit and draws points, and Python hears of both."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

APP = "tests/browser/apps/own.py"
PATIENCE = 60_000  # milliseconds, as machines are shared


def opened(page: Page, serve: Callable[..., str], query: str) -> Locator:
    """The page of a scene; its line of text is what Python knows."""
    page.goto(f"{serve(APP)}/?{query}")
    said = page.get_by_test_id("stText")
    expect(said).to_be_visible(timeout=PATIENCE)
    return said


def at(element: Locator, x: float, y: float) -> tuple[float, float]:
    """A place of an element, as shares of its sides, in pixels of the page."""
    box = element.bounding_box(timeout=PATIENCE)
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page: Page, sheet: Locator, *places: tuple[float, float]) -> None:
    page.mouse.move(*at(sheet, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(sheet, *place), steps=6)
    page.mouse.up()


def heard(said: Locator, words: str | re.Pattern[str]) -> None:
    expect(said).to_have_text(words, timeout=PATIENCE)


def picture(page: Page) -> list[str]:
    return page.get_by_test_id("stCode").inner_text().split()


@pytest.fixture
def sheet(page: Page) -> Locator:
    return page.locator(".sheet")


def test_a_digit_written_with_the_mouse_is_what_python_gets(
        page: Page, serve: Callable[..., str], sheet: Locator, seen: Any) -> None:
    said = opened(page, serve, "scene=digit")
    heard(said, "none")
    expect(sheet).to_have_attribute("aria-label", "Sheet for one digit, empty", timeout=PATIENCE)
    seen.sent.clear()
    page.mouse.move(*at(sheet, 0.3, 0.2))
    page.mouse.down()
    for x, y in ((0.7, 0.2), (0.45, 0.85)):  # a seven
        page.mouse.move(*at(sheet, x, y), steps=6)
    assert seen.sent == []  # nothing crosses the wire while the pen is down
    page.mouse.up()
    heard(said, re.compile(r"ink \d+"))
    inked = [row for row in picture(page) if "#" in row]
    top, bottom = inked[1], inked[-2]
    assert 18 <= len(inked) <= 20  # as high as the data's digits
    assert top.count("#") >= 8  # the bar of a seven, and its leg that ends below the bar's left half
    assert 1 <= bottom.count("#") <= 5
    assert top.rindex("#") > bottom.rindex("#")


def test_undo_and_clear(page: Page, serve: Callable[..., str], sheet: Locator) -> None:
    said = opened(page, serve, "scene=digit")
    stroke(page, sheet, (0.5, 0.2), (0.5, 0.8))
    heard(said, re.compile(r"ink \d+"))
    one = said.inner_text()
    stroke(page, sheet, (0.3, 0.5), (0.7, 0.5))
    expect(said).not_to_have_text(one, timeout=PATIENCE)
    page.get_by_role("button", name="Undo").click()
    heard(said, one)
    page.get_by_role("button", name="Clear").click()
    heard(said, "none")
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()


def test_a_digit_written_with_the_keyboard(page: Page, serve: Callable[..., str], sheet: Locator) -> None:
    said = opened(page, serve, "scene=digit")
    sheet.focus(timeout=PATIENCE)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".brush")).to_be_visible()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    heard(said, re.compile(r"ink \d+"))
    inked = [row for row in picture(page) if "#" in row]
    assert len(inked) >= 18  # upright, a one
    assert all(row.count("#") <= 6 for row in inked)
    page.keyboard.press("Control+z")
    heard(said, "none")


def test_a_finger_writes_and_does_not_scroll(new_page: Callable[..., Page], serve: Callable[..., str]) -> None:
    page = new_page(390, 700, has_touch=True, color_scheme="dark")
    said = opened(page, serve, "scene=digit")
    sheet = page.locator(".sheet")
    assert sheet.evaluate("e => getComputedStyle(e).touchAction") == "none"
    (x, y), (_, end) = at(sheet, 0.5, 0.2), at(sheet, 0.5, 0.8)
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *points: dict[str, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    finger("touchStart", {"x": x, "y": y})
    for step in range(1, 9):
        finger("touchMove", {"x": x, "y": y + (end - y) * step / 8})
    finger("touchEnd")
    heard(said, re.compile(r"ink \d+"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_was_written_is_there_when_the_sheet_comes_back(
        page: Page, serve: Callable[..., str], sheet: Locator) -> None:
    said = opened(page, serve, "scene=digit")
    stroke(page, sheet, (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
    heard(said, re.compile(r"ink \d+"))
    before = said.inner_text()
    page.get_by_text("Sheet", exact=True).click()
    expect(sheet).to_have_count(0, timeout=PATIENCE)
    page.get_by_text("Sheet", exact=True).click()
    expect(sheet).to_have_attribute("data-strokes", "1", timeout=PATIENCE)
    heard(said, before)


def test_points_drawn_with_the_mouse_are_in_the_link(page: Page, serve: Callable[..., str]) -> None:
    said = opened(page, serve, "scene=points")
    page.get_by_text("Your own data").click()
    page.get_by_text("Draw points").click()
    live, plot = page.locator(".dgm-live[data-paints]"), page.locator(".dgm-plot")
    expect(live).to_be_visible(timeout=PATIENCE)
    for count, place in enumerate([(0.3, 0.3), (0.5, 0.6), (0.7, 0.2)], 1):
        page.mouse.click(*at(plot, *place))
        expect(page.locator(".dgm-note")).to_have_text(f"{count} point{'s' * (count > 1)}", timeout=PATIENCE)
    heard(said, re.compile(r"own \[\[(.+\], ){2}\[.+\]\]"))
    expect(page).to_have_url(re.compile(r"own=(-?[\d.]+_){5}-?[\d.]+"), timeout=PATIENCE)
    known, link = said.inner_text(), page.url
    page.mouse.click(*at(plot, 0.5, 0.6))  # a point that is clicked goes
    heard(said, re.compile(r"own \[\[[^\]]+\], \[[^\]]+\]\]$"))
    page.goto(link)  # a new session
    heard(said, known)
    expect(page.locator(".dgm-note")).to_have_text("3 points", timeout=PATIENCE)
    page.get_by_role("button", name="Back to the page's data").click()
    heard(said, "page")
    expect(page).not_to_have_url(re.compile("own="), timeout=PATIENCE)


def test_a_bad_table_is_refused_beside_the_text_and_a_mended_one_is_taken(
        page: Page, serve: Callable[..., str]) -> None:
    said = opened(page, serve, "scene=points")
    page.get_by_text("Your own data").click()
    page.get_by_text("Paste a table").click()
    text, use = page.locator("textarea"), page.get_by_role("button", name="Use these rows")
    text.fill("a,b\n1,2\n3,<b>x</b>\n")
    use.click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("The cell in row 3, column 2", timeout=PATIENCE)
    expect(text).to_have_value("a,b\n1,2\n3,<b>x</b>\n")
    heard(said, "page")
    text.fill("a,b\n1,2\n3,4\n")
    use.click()
    heard(said, "own [[1.0, 2.0], [3.0, 4.0]]")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_file_that_is_no_picture_is_refused_in_place(page: Page, serve: Callable[..., str]) -> None:
    said = opened(page, serve, "scene=digit")
    page.get_by_text("Upload a picture").click()
    page.locator("input[type=file]").set_input_files({"name": "one.png", "mimeType": "image/png", "buffer": b"no"})
    expect(page.get_by_test_id("stAlert")).to_contain_text("not a picture", timeout=PATIENCE)
    heard(said, "none")

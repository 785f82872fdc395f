"""A visitor's own data in Chromium: a digit is written and points are drawn, and Python receives both."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.touch import finger
from tests.browser.walk import start_over, until

pytestmark = pytest.mark.browser

APP = "tests/browser/apps/own.py"
TIMEOUT = 60_000  # milliseconds; machines are shared


@pytest.fixture
def page(shared_page: Page) -> Page:
    return shared_page


def opened(page: Page, serve: Callable[..., str], seen: Any, scene: str) -> Locator:
    """Open a scene. Returns the element with the text that Python prints of what it received."""
    start_over(page, seen, serve(APP), scene)
    output = page.get_by_test_id("stText")
    expect(output).to_be_visible(timeout=TIMEOUT)
    return output


def at(element: Locator, x: float, y: float) -> tuple[float, float]:
    """A position in an element, given in shares of its sides, in pixels of the page."""
    box = element.bounding_box(timeout=TIMEOUT)
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page: Page, sheet: Locator, *places: tuple[float, float]) -> None:
    page.mouse.move(*at(sheet, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(sheet, *place), steps=6)
    page.mouse.up()


def expect_output(output: Locator, words: str | re.Pattern[str]) -> None:
    expect(output).to_have_text(words, timeout=TIMEOUT)


def picture(page: Page) -> list[str]:
    return page.get_by_test_id("stCode").inner_text().split()


@pytest.fixture
def sheet(page: Page) -> Locator:
    return page.locator(".sheet")


def test_python_receives_a_digit_written_with_the_mouse(
        page: Page, serve: Callable[..., str], sheet: Locator, seen: Any) -> None:
    output = opened(page, serve, seen, "digit")
    expect_output(output, "none")
    expect(sheet).to_have_attribute("aria-label", "Sheet for one digit, empty", timeout=TIMEOUT)
    seen.sent.clear()
    page.mouse.move(*at(sheet, 0.3, 0.2))
    page.mouse.down()
    for x, y in ((0.7, 0.2), (0.45, 0.85)):  # a seven
        page.mouse.move(*at(sheet, x, y), steps=6)
    assert seen.sent == []  # no message before the pointer is released
    page.mouse.up()
    expect_output(output, re.compile(r"ink \d+"))
    until(page, lambda: any("#" in row for row in picture(page)), "the picture comes after the number")
    inked = [row for row in picture(page) if "#" in row]
    top, bottom = inked[1], inked[-2]
    assert 18 <= len(inked) <= 20  # as high as the data's digits
    assert top.count("#") >= 8  # the bar of a seven, and its leg that ends below the bar's left half
    assert 1 <= bottom.count("#") <= 5
    assert top.rindex("#") > bottom.rindex("#")


def test_undo_and_clear(page: Page, serve: Callable[..., str], sheet: Locator, seen: Any) -> None:
    output = opened(page, serve, seen, "digit")
    stroke(page, sheet, (0.5, 0.2), (0.5, 0.8))
    expect_output(output, re.compile(r"ink \d+"))
    one = output.inner_text()
    stroke(page, sheet, (0.3, 0.5), (0.7, 0.5))
    expect(output).not_to_have_text(one, timeout=TIMEOUT)
    page.get_by_role("button", name="Undo").click()
    expect_output(output, one)
    page.get_by_role("button", name="Clear").click()
    expect_output(output, "none")
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()


def test_a_digit_written_with_the_keyboard(page: Page, serve: Callable[..., str], sheet: Locator, seen: Any) -> None:
    output = opened(page, serve, seen, "digit")
    sheet.focus(timeout=TIMEOUT)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".brush")).to_be_visible()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    expect_output(output, re.compile(r"ink \d+"))
    inked = [row for row in picture(page) if "#" in row]
    assert len(inked) >= 18  # upright, a one
    assert all(row.count("#") <= 6 for row in inked)
    page.keyboard.press("Control+z")
    expect_output(output, "none")


def test_a_finger_writes_and_does_not_scroll(new_page: Callable[..., Page], serve: Callable[..., str],
                                             seen: Any) -> None:
    page = new_page(390, 700, has_touch=True, color_scheme="dark")
    output = opened(page, serve, seen, "digit")
    sheet = page.locator(".sheet")
    assert sheet.evaluate("e => getComputedStyle(e).touchAction") == "none"
    with finger(page, at(sheet, 0.5, 0.2), at(sheet, 0.5, 0.8)):
        pass
    expect_output(output, re.compile(r"ink \d+"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_sheet_that_is_shown_again_has_its_strokes(
        page: Page, serve: Callable[..., str], sheet: Locator, seen: Any) -> None:
    output = opened(page, serve, seen, "digit")
    stroke(page, sheet, (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
    expect_output(output, re.compile(r"ink \d+"))
    before = output.inner_text()
    page.get_by_text("Sheet", exact=True).click()
    expect(sheet).to_have_count(0, timeout=TIMEOUT)
    page.get_by_text("Sheet", exact=True).click()
    expect(sheet).to_have_attribute("data-strokes", "1", timeout=TIMEOUT)
    expect_output(output, before)


def test_points_drawn_with_the_mouse_are_in_the_link(page: Page, serve: Callable[..., str], seen: Any) -> None:
    output = opened(page, serve, seen, "points")
    page.get_by_text("Your own data").click()
    page.get_by_text("Draw points").click()
    live, plot = page.locator(".dgm-live[data-paints]"), page.locator(".dgm-plot")
    expect(live).to_be_visible(timeout=TIMEOUT)
    for count, place in enumerate([(0.3, 0.3), (0.5, 0.6), (0.7, 0.2)], 1):
        page.mouse.click(*at(plot, *place))
        expect(page.locator(".dgm-note")).to_have_text(f"{count} point{'s' * (count > 1)}", timeout=TIMEOUT)
    expect_output(output, re.compile(r"own \[\[(.+\], ){2}\[.+\]\]"))
    expect(page).to_have_url(re.compile(r"own=(-?[\d.]+_){5}-?[\d.]+"), timeout=TIMEOUT)
    before, link = output.inner_text(), page.url
    page.mouse.click(*at(plot, 0.5, 0.6))  # a click removes a point
    expect_output(output, re.compile(r"own \[\[[^\]]+\], \[[^\]]+\]\]$"))
    page.goto(link)  # a new session
    expect_output(output, before)
    expect(page.locator(".dgm-note")).to_have_text("3 points", timeout=TIMEOUT)
    page.get_by_role("button", name="Back to the page's data").click()
    expect_output(output, "page")
    expect(page).not_to_have_url(re.compile("own="), timeout=TIMEOUT)


def test_a_bad_table_gives_an_error_and_a_corrected_one_is_used(
        page: Page, serve: Callable[..., str], seen: Any) -> None:
    output = opened(page, serve, seen, "points")
    page.get_by_text("Your own data").click()
    page.get_by_text("Paste a table").click()
    text, use = page.locator("textarea"), page.get_by_role("button", name="Use these rows")
    text.fill("a,b\n1,2\n3,<b>x</b>\n")
    use.click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("The cell in row 3, column 2", timeout=TIMEOUT)
    expect(text).to_have_value("a,b\n1,2\n3,<b>x</b>\n")
    expect_output(output, "page")
    text.fill("a,b\n1,2\n3,4\n")
    use.click()
    expect_output(output, "own [[1.0, 2.0], [3.0, 4.0]]")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_file_is_understood_shown_and_read_differently(
        page: Page, serve: Callable[..., str], width: int, seen: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    output = opened(page, serve, seen, "points")
    page.get_by_text("Your own data").click()
    page.get_by_text("Upload a CSV file").click()
    content = "рост;вес;имя\n1,234;68,5;Анна\n1,81;77;<b>x</b>\n".encode("cp1251")
    page.locator("input[type=file]").set_input_files({"name": "own.csv", "mimeType": "text/csv", "buffer": content})
    expect_output(output, "own [[1.234, 68.5], [1.81, 77.0]]")
    expect(page.get_by_text("semicolons between the cells, a decimal comma, names in the first row")).to_be_visible()
    preview = page.get_by_test_id("stTable")
    expect(preview.get_by_text("рост")).to_be_visible()
    expect(preview.get_by_text("<b>x</b>")).to_be_visible()    # as text
    box = preview.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.get_by_role("button", name="Read it differently").click()
    page.get_by_role("combobox", name="Decimal mark").click()
    page.get_by_role("option", name="point").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("row 3, column 1 is not a number", timeout=TIMEOUT)
    expect_output(output, "page")


def test_a_file_that_is_no_picture_gives_an_error(page: Page, serve: Callable[..., str], seen: Any) -> None:
    output = opened(page, serve, seen, "digit")
    page.get_by_text("Upload a picture").click()
    page.locator("input[type=file]").set_input_files({"name": "one.png", "mimeType": "image/png", "buffer": b"no"})
    expect(page.get_by_test_id("stAlert")).to_contain_text("not a picture", timeout=TIMEOUT)
    expect_output(output, "none")

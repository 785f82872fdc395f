"""Nonsense typed into the fields of every page: in a browser only a part of the page runs again, and goes on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.walk import idle, rerun, settled, show
from tests.pages.fields import NONSENSE
from tests.pages.typed_fields import NUMBERS, TYPED
from ui.contents import LESSONS

pytestmark = pytest.mark.browser

NUMBER_TEXTS = ("1e400", "-1 1 1")
CRASH = re.compile("encountered an error|Traceback|Exception")


def enter(page: Page, seen: Any, box: Locator, text: str) -> None:
    """Replace the field's text, as a visitor does, and wait until the page has run where the field takes the text."""
    before = box.input_value()
    box.click()
    box.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    if not text:
        box.press("Delete")
    if takes_text(box) and box.input_value() != before:
        with rerun(page, seen):
            box.press("Tab")
    else:       # a number field sends nothing where the text is no number or out of its range
        box.press("Tab")
        page.wait_for_timeout(120)
        idle(page)


def takes_text(box: Locator) -> bool:
    return bool(box.evaluate("e => e.localName === 'textarea' || e.type === 'text'"))


def assert_goes_on(page: Page, what: str) -> None:
    assert page.get_by_test_id("stException").count() == 0, what
    assert not [text for text in page.get_by_test_id("stAlert").all_inner_texts() if CRASH.search(text)], what
    assert page.locator("h1").count() == 1, what
    assert page.get_by_text("The code that ran").count() == 1, f"{what}: the last element of a part"


def test_a_typed_number_out_of_range_is_answered_by_a_sentence_below_the_field(serve: Callable[..., str],
                                                                               shared_page: Page, seen: Any) -> None:
    page = shared_page
    show(page, seen, serve("app.py"), "elbo")
    settled(page)
    box = page.get_by_role("spinbutton", name="Seed of the samples")
    enter(page, seen, box, "-9e5")
    sentence = page.get_by_text("Please enter a value between 0 and 9999")
    expect(sentence).to_be_visible()
    field, text = box.bounding_box(), sentence.bounding_box()
    assert field
    assert text
    assert text["y"] >= field["y"] + field["height"] - 2
    assert text["width"] > 100
    assert "draws" not in page.url
    enter(page, seen, box, "7")
    expect(sentence).to_have_count(0)
    expect(page).to_have_url(re.compile("draws=7"))


@pytest.mark.parametrize("stem", [lesson.stem for lesson in LESSONS])
def test_a_page_goes_on_after_nonsense(serve: Callable[..., str], shared_page: Page, seen: Any, stem: str) -> None:
    """Each text field gets one of the texts, the next field the next one; all in the test without a browser."""
    page, count = shared_page, 0
    for (of, link, option), labels in TYPED.items():
        if of != stem:
            continue
        show(page, seen, serve("app.py"), f"{stem}?more=true&{link}".removesuffix("&"))
        settled(page)
        if option:
            choice = page.get_by_role("radio", name=option, exact=True)
            if not choice.is_visible():
                page.get_by_test_id("stExpander").filter(has_text="Your own data").locator("summary").click()
            choice.click()
            settled(page)
        for label in labels:
            box = page.get_by_label(label, exact=True).and_(page.locator("input, textarea")).first
            for text in (NONSENSE[count % len(NONSENSE)],) if takes_text(box) else NUMBER_TEXTS:
                enter(page, seen, box, text)
                assert_goes_on(page, f"{label}: {text[:20]!r}")
            count += 1
    assert count >= NUMBERS

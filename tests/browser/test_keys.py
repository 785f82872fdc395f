"""The keyboard's way through a page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import settled

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.textContent"


def test_tab_enters_the_parts_at_the_chosen_one_and_leaves_them_at_the_next_press(
        serve: Callable[..., str], new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{serve('app.py')}/bayes?part=MAP")
    settled(page)
    page.get_by_role("switch", name="Show answers").focus()
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('.st-key-part'))"):
            break
    assert page.evaluate(FOCUSED) == "MAP"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED).endswith("MAP of eight tosses")     # the situation the page is in, behind its mark
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "MAP"
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate("Boolean(document.activeElement.closest('.st-key-part'))")
    page.get_by_role("radio", name="Regression", exact=True).click()      # a press chooses what it is on
    expect(page.get_by_role("radio", name="Regression", exact=True)).to_be_checked()


def test_a_press_keeps_the_focus_or_gives_it_to_the_answer(
        serve: Callable[..., str], new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{serve('app.py')}/elbo")
    settled(page)
    page.get_by_role("button", name="Two humps").press("Enter")
    expect(page.locator("[class*=st-key-note]")).to_contain_text("hump")
    expect(page.get_by_role("button", name="Two humps")).to_be_focused()
    question = page.locator("[class*=st-key-question]").first
    question.get_by_role("button", name="Commit").press("Enter")
    expect(question.locator("[class*=st-key-answer]")).to_be_focused()
    question.get_by_role("button", name="Predict again").press("Enter")
    expect(question.get_by_role("slider")).to_be_focused()

"""Checks of any page (contrast, names, keyboard, widths), computed by walk.js in the page, shadow roots included."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from ui.streamlit_internals import IDLE

SCRIPT = (Path(__file__).parent / "walk.js").read_text(encoding="utf-8")


def settled(page: Page, timeout: float = 60_000) -> Page:
    """Wait until the script has run, the title is shown and the layout is stable."""
    expect(page.locator("h1").first).to_be_visible(timeout=timeout)
    expect(page.locator(IDLE)).to_be_attached(timeout=timeout)
    if page.locator(".st-key-painted").count():     # see ui/pacing.py
        expect(page.locator(".st-key-after-paint")).to_be_attached(timeout=timeout)
        expect(page.locator(IDLE)).to_be_attached(timeout=timeout)
    page.evaluate("() => document.fonts.ready")
    page.evaluate(SCRIPT)
    page.evaluate("() => walk.stable()")
    return page


def check(page: Page, name: str) -> Any:
    """The result of one of the checks of walk.js."""
    return page.evaluate(f"() => walk.{name}()")


def assert_none(found: list[str], where: object = "") -> None:
    """Fail with all problems found, one a line."""
    assert not found, f"{where}\n" + "\n".join(dict.fromkeys(found))


def by_keyboard(page: Page, most: int = 400) -> tuple[list[str], list[str]]:
    """Press Tab through the page. Returns the elements that Tab did not focus, and those without visible focus."""
    check(page, "beginTabbing")
    for _ in range(most):
        page.keyboard.press("Tab")
        if check(page, "visitFocused") == "round":
            break
    return check(page, "unvisited"), check(page, "unmarked")

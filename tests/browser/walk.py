"""What a careful reader checks on any page, computed in the page itself. Shadow roots count as part of the page."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from ui.streamlit_internals import IDLE

SCRIPT = (Path(__file__).parent / "walk.js").read_text(encoding="utf-8")


def settled(page: Page, timeout: float = 60_000) -> Page:
    """Wait until the script has run, its title stands and the layout rests."""
    expect(page.locator("h1").first).to_be_visible(timeout=timeout)
    expect(page.locator(IDLE)).to_be_attached(timeout=timeout)
    page.evaluate("() => document.fonts.ready")
    page.evaluate(SCRIPT)
    page.evaluate("() => walk.still()")
    return page


def ask(page: Page, what: str) -> Any:
    """One of the questions of walk.js."""
    return page.evaluate(f"() => walk.{what}()")


def nothing(found: list[str], where: object = "") -> None:
    """Fail with all that was found, a line each."""
    assert not found, f"{where}\n" + "\n".join(dict.fromkeys(found))


def by_keyboard(page: Page, most: int = 400) -> tuple[list[str], list[str]]:
    """Press Tab through the whole page: what can be reached but was not, and where the focus could not be seen."""
    ask(page, "begin")
    for _ in range(most):
        page.keyboard.press("Tab")
        if ask(page, "visit") == "round":
            break
    return ask(page, "unvisited"), ask(page, "unseen")

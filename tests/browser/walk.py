"""Checks of any page (contrast, names, keyboard, widths), computed by walk.js in the page, shadow roots included.

And what tests wait for: a page at rest, a run of its script that an action causes, a condition.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui.contents import HOME
from ui.streamlit_internals import IDLE

SECONDS = 60.0      # for busy machines
A4 = 794 - 2 * 38   # CSS pixels between margins of 1 cm
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


def until(page: Page, condition: Callable[[], bool], what: str = "") -> None:
    """Wait until a condition holds that is not one of a single element."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, what
        page.wait_for_timeout(20)


def idle(page: Page) -> None:
    """Wait until no script runs."""
    expect(page.locator(IDLE)).to_be_attached(timeout=1000 * SECONDS)


def runs_ended(messages: list[Any]) -> int:
    """How many runs of the script, of a fragment too, have come to their end, by the messages to the browser."""
    found = [message for one in messages if (message := ForwardMsg.FromString(one)).HasField("script_finished")]
    return sum(message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN for message in found)


@contextmanager
def rerun(page: Page, seen: Any) -> Iterator[None]:
    """The action inside makes the script of a page at rest run: wait until it was sent, has run and is drawn."""
    sent, read = len(seen.sent), len(seen.received)
    yield

    def ended() -> bool:    # each message is read once: a figure's is long
        nonlocal read
        new = seen.received[read:]
        read += len(new)
        return runs_ended(new) > 0

    until(page, lambda: len(seen.sent) > sent, "nothing was sent")
    until(page, ended, "no run has ended")
    idle(page)


def follow(page: Page, link: str) -> None:
    """Go to another state of the app as Back and Forward do, without loading the app again: a tenth of the time.

    Whether a link that is opened shows the state is another question.
    """
    page.evaluate("link => { history.pushState(null, '', link); dispatchEvent(new PopStateEvent('popstate')); }", link)


def show(page: Page, seen: Any, base: str, link: str) -> None:
    """Open a state of the app at its top; where the page shows the app already, without loading it again."""
    address = f"{base}/{link}"
    if not page.url.startswith(base):
        page.goto(address)
        return
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    if said(page.url) != said(address):
        with rerun(page, seen):
            follow(page, address)


def said(address: str) -> tuple[str, list[tuple[str, str]]]:
    """Page and state of an address, however it is written."""
    parts = urlsplit(address)
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)


def start_over(page: Page, seen: Any, url: str, scene: str) -> None:
    """Show a scene of one of tests/browser/apps as a new visitor has it; where the app is shown, without loading it.

    Its scene "nothing" forgets the session; what components keep as long as the document lives is forgotten here.
    """
    if not page.url.startswith(url):
        page.goto(f"{url}/?scene={scene}")
        return
    follow(page, f"{url}/?scene=nothing")
    expect(page.get_by_text("nothing is kept")).to_be_visible(timeout=1000 * SECONDS)
    idle(page)
    page.evaluate("() => ['dgm.edits', 'dgm.draw-digit'].forEach((name) => globalThis[Symbol.for(name)]?.clear())")
    with rerun(page, seen):
        follow(page, f"{url}/?scene={scene}")


def address(stem: str, link: str = "") -> str:
    """Of a page, or of a state of it, below the app's."""
    return f"{'' if stem == HOME.stem else stem}{'?' if link else ''}{link}"


def parts_of(stem: str) -> tuple[str, ...]:
    """The names of a page's parts; of the home page, which has none, an empty one."""
    return getattr(import_module(f"pages.{stem}.state"), "PARTS", ("",))


def redrawn(page: Page) -> None:
    """Wait until what the pointer has done is drawn: two frames."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def check(page: Page, name: str) -> Any:
    """The result of one of the checks of walk.js."""
    return page.evaluate(f"() => walk.{name}()")


def on_paper(page: Page) -> list[str]:
    """What is wrong with the page when it is printed; it stays as it is on paper."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4, "height": 900})
    return [f"on paper: {text}" for text in check(settled(page), "faultsOnPaper")]


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

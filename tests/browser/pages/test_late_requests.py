"""A press that the browser sends before the answer to the press before it has arrived: neither undoes the other."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.walk import settled

pytestmark = pytest.mark.browser


class SlowLine:
    """A websocket whose messages to the browser can be held back."""

    def __init__(self) -> None:
        self.holds, self.held = False, list[Any]()

    def open(self, line: WebSocketRoute) -> None:
        self.line = line
        line.connect_to_server().on_message(self.receive)

    def receive(self, message: Any) -> None:
        if self.holds:
            self.held.append(message)
        else:
            self.line.send(message)

    @contextmanager
    def slow(self) -> Iterator[None]:
        """What the server sends meanwhile arrives at the end."""
        self.holds = True
        yield
        self.holds = False
        for message in self.held:
            self.line.send(message)


@pytest.fixture
def line(page: Page) -> SlowLine:
    made = SlowLine()
    page.route_web_socket(re.compile(r"_stcore/stream"), made.open)
    return made


def first_figure(page: Page, address: str) -> Locator:
    """The figure of the hall's EM, at rest at its first frame."""
    page.goto(f"{address}/gmm?present=1&part=EM")
    settled(page)
    figure = page.locator(".dgm-live").first
    expect(figure).to_have_attribute("data-frame", "0")
    return figure


def test_a_step_right_after_the_hall_was_left_does_not_open_it_again(serve: Callable[..., str], page: Page, seen: Any,
                                                                     line: SlowLine) -> None:
    figure = first_figure(page, serve("app.py"))
    with line.slow():
        page.keyboard.press("x")
        page.wait_for_timeout(200)     # the answer is on its way
        figure.get_by_role("button", name="Next step").click()
        page.wait_for_timeout(200)
    settled(page)
    expect(page).to_have_url(re.compile(r"step=\d"))
    expect(page).not_to_have_url(re.compile("present"))
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page.locator(".st-key-hall-ways")).to_have_count(0)
    expect(figure).to_have_attribute("data-frame", "2")


def test_steps_by_keys_do_not_undo_the_press_that_follows_them(serve: Callable[..., str], page: Page, seen: Any,
                                                               line: SlowLine) -> None:
    first_figure(page, serve("app.py"))
    page.keyboard.press("PageDown")
    page.wait_for_timeout(200)         # so that its step would be sent while the answer to the next press is on its way
    with line.slow():
        page.keyboard.press("n")
        page.wait_for_timeout(120)
    expect(page.get_by_role("radio", name="How many?")).to_be_checked()
    page.wait_for_timeout(1000)        # until all that waited is sent
    settled(page)
    expect(page.get_by_role("radio", name="How many?")).to_be_checked()
    expect(page).to_have_url(re.compile("part=How"))

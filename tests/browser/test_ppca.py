"""The PCA page under a real hand: a dragged point turns the line, EM plays, the linear VAE reaches the maximum."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[[str], Page]


@pytest.fixture
def lesson(serve: Callable[..., str], new_page: Callable[..., Page], seen: Any) -> Open:
    def of(query: str, **options: Any) -> Page:
        page = new_page(height=1400, **options)
        page.goto(f"{serve('app.py')}/ppca?{query}")
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=60_000)
        # a deep link makes the front end look for the server's address one folder too deep, once
        seen.console_errors[:] = [text for text in seen.console_errors if "404" not in text]
        return page

    return of


def place(page: Page, point: int) -> tuple[float, float]:
    """Where a data point is on the screen."""
    spot = page.locator(".dgm-plot").first.evaluate(
        """(e, i) => { const f = e._fullLayout, r = e.getBoundingClientRect(), t = e.data[1];
           return [r.left + f.xaxis._offset + f.xaxis.d2p(t.x[i]), r.top + f.yaxis._offset + f.yaxis.d2p(t.y[i])]; }""",
        point)
    return spot[0], spot[1]


def test_a_dragged_point_turns_the_line(lesson: Open) -> None:
    page = lesson("data=one+outlier")
    expect(page.locator(".dgm-live")).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=30_000)
    expect(page.get_by_text("0.0 degrees with 0 points moved")).to_be_visible()
    page.locator(".dgm-live").scroll_into_view_if_needed()
    x, y = place(page, 199)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 130, steps=6)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"[1-9]\d*\.\d degrees with 1 points moved"))).to_be_visible(timeout=20_000)


def test_em_plays_in_the_browser(lesson: Open, seen: Any) -> None:
    page = lesson("part=EM")
    live = page.locator(".dgm-live")
    expect(live).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=30_000)
    page.wait_for_timeout(500)
    seen.sent.clear()
    page.get_by_role("button", name="Half a step").click()
    expect(live).to_have_attribute("data-frame", "1")
    expect(page.locator(".dgm-caption")).to_contain_text("M-step 1")
    page.get_by_role("button", name="Half a step").click()
    expect(page.locator(".dgm-caption")).to_contain_text("E-step 2")
    assert seen.sent == []


def test_the_linear_vae_reaches_the_exact_maximum(lesson: Open) -> None:
    page = lesson("part=Linear+VAE")
    expect(page.get_by_text(re.compile("Not yet: .* after 0 steps"))).to_be_visible()
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text(re.compile("Reached: .* nats per row"))).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Pause").click()


def test_no_sideways_scrolling_on_a_phone(lesson: Open) -> None:
    for query in ("reveal=1", "part=EM&reveal=1", "part=Digits&reveal=1"):
        page = lesson(query, width=390)  # type: ignore[call-arg]
        wide, seen_width = page.get_by_test_id("stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= seen_width

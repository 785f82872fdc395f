"""The PCA page in a browser: a dragged point rotates the line, EM plays, the linear VAE reaches the maximum."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[[str], Page]


@pytest.fixture
def lesson(serve: Callable[..., str], new_page: Callable[..., Page]) -> Open:
    def open_page(query: str, **options: Any) -> Page:
        page = new_page(height=1400, **options)
        page.goto(f"{serve('app.py')}/ppca?{query}")
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=60_000)
        return page

    return open_page


def test_a_dragged_point_rotates_the_line(lesson: Open) -> None:
    page = lesson("data=one+outlier")
    expect(page.get_by_text("0.0 degrees, points moved: 0")).to_be_visible()
    marker = page.get_by_role("button", name=re.compile("^point 200 at"))
    marker.scroll_into_view_if_needed(timeout=30_000)
    box = marker.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 110, y + 40, steps=6)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"[1-9]\d*\.\d degrees, points moved: 1"))).to_be_visible(timeout=40_000)


def test_the_legend_hides_and_shows_the_points(lesson: Open) -> None:
    page = lesson("data=a+line")
    figure = page.locator(".dgm-plot").first
    entry, drawn = figure.locator(".legend .traces", has_text=re.compile("^data$")), figure.locator(".dgm-dots path")

    def shown() -> int:
        return int(drawn.evaluate_all("paths => paths.reduce((sum, path) => sum + Number(path.dataset.points), 0)"))

    expect(drawn.first).to_be_visible(timeout=30_000)
    assert shown() == 200
    entry.locator(".legendtoggle").click()
    expect(drawn).to_have_count(0)
    entry.locator(".legendtoggle").click()
    expect(drawn).not_to_have_count(0)
    assert shown() == 200


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
    expect(page.get_by_text(re.compile("step 3,000 of 3,000 · finished"))).to_be_visible(timeout=90_000)


def test_no_horizontal_scrolling_on_a_phone(lesson: Open) -> None:
    for query in ("reveal=1", "part=EM&reveal=1", "part=Digits&reveal=1"):
        page = lesson(query, width=390)  # type: ignore[call-arg]
        wide, seen_width = page.get_by_test_id("stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= seen_width

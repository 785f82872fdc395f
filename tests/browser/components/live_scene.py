"""Scenes of live figures in Chromium: open one, use the pointer, read what plotly shows and Python received."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.walk import idle, start_over

APP = "tests/browser/apps/live_figures.py"
Open = Callable[..., Page]


def opener(serve: Callable[..., str], request: pytest.FixtureRequest, seen: Any) -> Open:
    """A function that opens a scene by its query, and waits until it is drawn.

    In the page of the module's tests; `loaded=True` and options of a context load the app in a new one.
    """
    def of(name: str, width: int = 1280, loaded: bool = False, color_scheme: Any = None, **options: Any) -> Page:
        if loaded or options:
            page: Page = request.getfixturevalue("new_page")(width=width, color_scheme=color_scheme, **options)
            page.goto(f"{serve(APP)}/?scene={name}")
        else:
            page = request.getfixturevalue("shared_page")
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=color_scheme)
            start_over(page, seen, serve(APP), name)
        expect(page.locator(".dgm-live")).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=60_000)
        expect(page.get_by_text("python")).to_be_visible()
        idle(page)
        seen.sent.clear()
        return page

    return of


def live(page: Page) -> Locator:
    return page.locator(".dgm-live")


def frame(page: Page) -> int:
    return int(live(page).get_attribute("data-frame") or 0)


def python(page: Page, text: str) -> None:
    """Wait until the page prints this as what Python received."""
    expect(page.get_by_text(re.compile("^python"))).to_have_text(f"python {text}", timeout=10_000)


def trace(page: Page, number: int, figure: int = 0) -> dict[str, Any]:
    """x, y and opacity of a trace, as plotly draws it."""
    return page.locator(".dgm-plot").nth(figure).evaluate(
        "(e, t) => ({x: [...e.data[t].x], y: [...e.data[t].y], opacity: e.data[t].marker?.opacity ?? null})", number)


def at(page: Page, x: float, y: float, axes: str = "") -> tuple[float, float]:
    """Screen position of a point of the data."""
    place = page.locator(".dgm-plot").first.evaluate(
        """(e, [x, y, n]) => {
           const f = e._fullLayout, a = f[`xaxis${n}`], b = f[`yaxis${n}`], r = e.getBoundingClientRect();
           return [r.left + a._offset + a.d2p(x), r.top + b._offset + b.d2p(y)]; }""", [x, y, axes])
    return place[0], place[1]


def click(page: Page, x: float, y: float) -> None:
    page.mouse.click(*at(page, x, y))


def drag(page: Page, start: tuple[float, float], *stops: tuple[float, float]) -> None:
    """Press at a point of the data and move through others, without a release."""
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    for stop in stops:
        page.mouse.move(*at(page, *stop), steps=4)

"""A message that only moves what is drawn: at once in the drawn elements, and by plotly after a pause, in Chromium."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.components.live_scene import Open, live, opener, python, trace

pytestmark = pytest.mark.browser

MEAN = 0.4     # of the density in every state but the first

# The place of each drawn part of a figure, without its outline, and its words.
PARTS = """(plot) => [...plot.querySelectorAll(
  ".js-line, .js-fill, .points path, .point > path, .xerror, .shapelayer path, .ytick text, .annotation text, " +
  ".textpoint text")].map((part) => {
    const { x, y, width, height } = part.getBBox(), { a, d, e, f } = part.getScreenCTM();
    return { box: [e + a * x, f + d * y, width, height], words: part.textContent }; })"""


@pytest.fixture
def scene(serve: Callable[..., str], request: pytest.FixtureRequest, seen: Any) -> Open:
    return opener(serve, request, seen)


# A second is long for a test and short for a busy machine: what would run after it waits for `window.go`.
HELD = """() => { const after = window.after ??= window.setTimeout, held = [];
  window.go = () => held.splice(0).forEach((run) => run());
  window.setTimeout = (run, ms, ...rest) => (ms === 1000 ? held.push(run) : after(run, ms, ...rest)); }"""
DRAWN = f"() => Math.abs(document.querySelector('.dgm-plot').data[1].x[0] - {MEAN}) < 1e-9"


def choose(page: Page, state: str) -> None:
    page.evaluate(HELD)
    page.get_by_text(state, exact=True).click()
    python(page, state)


def parts(page: Page, figure: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.locator(".dgm-plot").nth(figure).evaluate(PARTS)
    return found


def drawn_by_plotly(page: Page) -> float:
    """The highest place of the density that plotly itself has drawn."""
    density = trace(page, 0)
    return float(density["x"][density["y"].index(max(density["y"]))])


def test_moved_parts_are_where_plotly_draws_them_after_the_pause(scene: Open) -> None:
    page = scene("change")
    start = [parts(page, figure) for figure in (0, 1)]
    choose(page, "moved")
    moved = [parts(page, figure) for figure in (0, 1)]
    assert abs(drawn_by_plotly(page)) < 0.1, "plotly has not drawn yet"
    page.evaluate("() => window.go()")
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(200)
    for figure in (0, 1):
        drawn = parts(page, figure)
        assert [part["words"] for part in moved[figure]] == [part["words"] for part in drawn]
        for one, other in zip(moved[figure], drawn, strict=True):
            assert one["box"] == pytest.approx(other["box"], abs=0.6), one["words"]
        assert moved[figure] != start[figure]


@pytest.mark.parametrize("state", ["taller", "more points", "other words", "red"])
def test_what_cannot_be_moved_is_drawn_at_once(scene: Open, state: str) -> None:
    page = scene("change")
    choose(page, state)
    assert drawn_by_plotly(page) == pytest.approx(MEAN, abs=0.1)


def test_the_pointer_finds_a_figure_that_plotly_has_drawn(scene: Open) -> None:
    page = scene("change")
    choose(page, "moved")
    assert abs(drawn_by_plotly(page)) < 0.1
    live(page).hover()
    page.wait_for_function(DRAWN)

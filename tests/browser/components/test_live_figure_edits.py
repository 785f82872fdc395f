"""Edits that a page folds into its state, in Chromium: late answers, and the internals of plotly that they use."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.components.live_scene import Open, click, drag, opener, python, trace
from tests.browser.walk import assert_none
from ui.components import assets

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(serve: Callable[..., str], request: pytest.FixtureRequest, seen: Any) -> Open:
    return opener(serve, request, seen)


def test_a_fold_moves_the_marker_to_pythons_result(scene: Open, seen: Any) -> None:
    page = scene("fold")
    drag(page, (0, 0), (1.8, 1.2))
    page.mouse.up()
    python(page, "[(-3, 3), (2, 1), (3, -3)]")
    page.wait_for_function("() => document.querySelector('.dgm-plot').data[0].x[1] === 2")
    seen.sent.clear()
    drag(page, (2, 1), (2.3, 1.2))       # rounds to the old position: the marker moves back
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.dgm-plot').data[0].x[1] === 2")
    python(page, "[(-3, 3), (2, 1), (3, -3)]")
    assert len(seen.sent) == 1
    page.get_by_role("button", name="Back", exact=True).click()
    python(page, "[(-3, 3), (0, 0), (3, -3)]")
    page.wait_for_function("() => document.querySelector('.dgm-plot').data[0].x[1] === 0")


@pytest.mark.parametrize(("start", "length", "digits"), [(-6, 12, 6), (691_600, 10, 10), (5_335_830.5, 1, 12)])
def test_a_place_has_as_many_digits_as_its_axis_shows(shared_page: Page, start: float, length: float,
                                                      digits: int) -> None:
    """Six, and more far from 0, where six would move a point by many pixels. digits: at most."""
    across = 500
    axis = f"{{_offset: 0, _length: {across}, d2p: (v) => (v - {start}) * {across / length}, " \
           f"p2d: (p) => {start} + p * {length / across}}}"
    found = shared_page.evaluate(f"() => {{ {assets.script('live_figure/plotly_internals.js')}; "
                          f"return [1.1, 33.3, 271.8].map((pixel) => axisOf({axis}).value(pixel)); }}")
    exact = [start + pixel * length / across for pixel in (1.1, 33.3, 271.8)]
    assert np.abs(np.subtract(found, exact)).max() < 0.1 * length / across
    assert found == [float(f"{value:.{digits}g}") for value in found]


def test_a_drag_before_the_first_answer_counts_and_the_third_stays_under_the_pointer(
        scene: Open, seen: Any) -> None:
    page = scene("fold&slow=1.5")
    drag(page, (0, 0), (1.2, 1.1))
    page.mouse.up()
    drag(page, (3, -3), (4.1, -4.2))
    page.mouse.up()
    drag(page, (-3, 3), (-4.6, 4.4))      # continues while both answers arrive
    for _ in range(10):
        page.wait_for_timeout(400)
        shown = trace(page, 0)
        assert (shown["x"][0], shown["y"][0]) == (pytest.approx(-4.6, abs=0.05), pytest.approx(4.4, abs=0.05))
    python(page, "[(-3, 3), (1, 1), (4, -4)]")
    page.mouse.up()
    python(page, "[(-5, 4), (1, 1), (4, -4)]")
    page.wait_for_timeout(2000)
    assert (trace(page, 0)["x"], trace(page, 0)["y"]) == ([-5, 1, 4], [4, 1, -4])
    assert len(seen.sent) == 3      # nothing is committed twice


def test_clicks_before_the_first_answer_all_count(scene: Open) -> None:
    page = scene("fold&draw=1&slow=1")
    click(page, 1.2, 4.1)
    click(page, -4.2, -4.1)
    click(page, 0, 0)       # removes a point
    python(page, "[(-3, 3), (3, -3), (1, 4), (-4, -4)]")
    page.wait_for_timeout(1500)
    assert trace(page, 0)["x"] == [-3, 3, 1, -4]


def test_another_change_of_the_base_drops_pending_edits(scene: Open) -> None:
    page = scene("fold")
    drag(page, (0, 0), (1.2, 1.1))
    page.mouse.up()
    python(page, "[(-3, 3), (1, 1), (3, -3)]")
    drag(page, (3, -3), (4.1, -4.2))
    page.get_by_role("button", name="Back", exact=True).press("Enter")      # while the pointer is down
    python(page, "[(-3, 3), (0, 0), (3, -3)]")
    page.wait_for_function("() => document.querySelector('.dgm-plot').data?.[0].x[2] === 3")
    page.mouse.up()
    page.wait_for_timeout(600)
    python(page, "[(-3, 3), (0, 0), (3, -3)]")


def test_a_figure_can_leave_under_the_pointer(scene: Open) -> None:
    """Without an error in the page, which `new_page` looks for."""
    page = scene("leave")
    drag(page, (0, 0), (1, 1))
    page.get_by_role("button", name="Leave", exact=True).press("Enter")
    x = 0.0
    while page.locator(".dgm-plot").count():
        x += 0.01
        page.mouse.move(600 + 40 * np.sin(x), 300 + 30 * np.cos(x))
    page.mouse.move(610, 310)
    assert page.locator(".dgm-plot").count() == 0


# What breaks without each internal of plotly -> a test that it is there.
INTERNALS = {
    "a resize draws every figure again": "drawn.width > 0",
    "margins are measured twice for each drawing": "['l', 'r', 't', 'b'].every(side => drawn._size[side] >= 0)",
    "dragging, drawing and pointing have no coordinates":
        "Math.abs(x.p2d(x.d2p(1.5)) - 1.5) < 1e-9 && x._offset > 0 && x._length > 0 && x._id === 'x'",
    "frames need a new layout each": "drawn._subplots.cartesian.includes('xy') && x.autorange === false",
    "dots do not follow the legend": "e._fullData[0].visible === true",
    "dots have no layer under the lines":
        "drawn._plots.xy.plot.node().querySelector(':scope > .scatterlayer') instanceof Element",
    "a drag draws every figure again":
        "e.calcdata[0][0].node3.node().querySelector('.js-line, .points') instanceof Element",
}


def test_plotly_has_the_internals_that_we_use(scene: Open) -> None:
    page = scene("drag")
    problems = []
    for loss, is_there in INTERNALS.items():
        found = page.locator(".dgm-plot").evaluate(
            f"e => {{ try {{ const drawn = e._fullLayout, x = drawn.xaxis; return {is_there}; }} "
            "catch (error) { return String(error); } }")
        if found is not True:
            problems.append(f"{is_there} is {found}; without it {loss}")
    assert_none(problems, "plotly moved an internal that plotly_internals.js uses")

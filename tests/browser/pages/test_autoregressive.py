"""The lesson on exact likelihood in a browser: what a hand does with densities, bars, pixels and a run."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from pages.autoregressive import placement
from pages.autoregressive.figures import moved_density
from pages.autoregressive.placement import Place, Question
from pages.autoregressive.state import CLICK, DIGITS, LIVE, LOGISTIC, ONE_IMAGE, PIXELS
from tests.browser.walk import redrawn, rerun, settled, show, until

pytestmark = pytest.mark.browser

TIMEOUT = 60_000    # milliseconds: enough for a loaded machine
Open = Callable[..., Page]


@pytest.fixture
def lesson(serve: Callable[..., str], shared_page: Page, seen: Any) -> Open:
    """Open a state in the page of the module's tests."""
    def opened(part: str = "", **link: str) -> Page:
        page, query = shared_page, urlencode(link | ({"part": part} if part else {}))
        show(page, seen, serve("app.py"), f"autoregressive?{query}".removesuffix("?"))
        expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=TIMEOUT)
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=TIMEOUT)
        return settled(page)

    return opened


def trace(page: Page, figure: int, number: int, name: str = "y") -> list[float]:
    found: list[float] = page.locator(".js-plotly-plot").nth(figure).evaluate(
        "(e, [t, name]) => [...e.data[t][name]]", [number, name])
    return found


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_terms_and_surface_follow_the_dragged_density(lesson: Open, seen: Any) -> None:
    page = lesson()
    handle = page.locator(".dgm-handle").first
    handle.scroll_into_view_if_needed()
    x, y = middle(handle)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y - 10)
    page.mouse.move(x + 30, y - 40)
    page.wait_for_timeout(500)
    (location,), (scale,) = trace(page, 1, 3, "x"), trace(page, 1, 3)
    found = placement.setting(Question("waiting", 20, "Gaussian", 3.0))
    exact = found.model(Place(location, scale)).log_prob(found.x)
    assert trace(page, 0, moved_density.TICKS) == pytest.approx(exact.tolist(), abs=1e-3), "before the release"
    fresh = found.model(Place(location, scale)).log_prob(trace(page, 0, moved_density.NEW, "x")).exp()
    assert trace(page, 0, moved_density.NEW) == pytest.approx(fresh.tolist(), rel=1e-3), "on the curve"
    text = page.locator(".js-plotly-plot").first.evaluate("(e, t) => e.data[t].text[0]", moved_density.SUM)
    assert float(text.split("= ")[1].split()[0].replace("−", "-")) == pytest.approx(float(exact.sum()), abs=0.02)
    with rerun(page, seen):
        page.mouse.up()
        expect(page).to_have_url(re.compile("at="), timeout=TIMEOUT)
    redrawn(page)
    assert trace(page, 1, 3, "x") == pytest.approx([location], rel=1e-4), "Python's figure is where it was released"
    handle.focus()
    with rerun(page, seen):
        page.keyboard.press("ArrowRight")
    until(page, lambda: trace(page, 1, 3, "x")[0] > location)


def test_the_joint_table_follows_a_dragged_conditional(lesson: Open) -> None:
    page = lesson(PIXELS)
    handle = page.locator(".dgm-handle").first
    handle.scroll_into_view_if_needed()
    x, y = middle(handle)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 3, y + 30)
    page.mouse.move(x + 3, y + 50)
    page.wait_for_timeout(500)
    p, joint = trace(page, 0, 0), trace(page, 1, 0)
    assert p[0] < 0.5
    assert joint[7] == pytest.approx(p[0] * p[2] * p[6], abs=1e-6)
    assert sum(joint) == pytest.approx(1)
    page.mouse.up()
    expect(page).to_have_url(re.compile("table="), timeout=TIMEOUT)


def test_an_image_grows_by_button_and_key(lesson: Open) -> None:
    page = lesson(DIGITS)
    button = page.get_by_role("button", name="Next step")
    button.click()
    expect(page).to_have_url(re.compile(r"step=29~"), timeout=TIMEOUT)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"step=30~"), timeout=TIMEOUT)
    drawn = page.locator(".js-plotly-plot").first.evaluate("e => e.data[0].z.flatMap(r => [...r]).filter(v => v >= 0)")
    assert len(drawn) == 30


def test_a_pixel_is_clicked_and_a_wrong_text_is_answered_beside_it(lesson: Open) -> None:
    page = lesson(ONE_IMAGE, way=CLICK, rows=" ".join(["00000000"] * 8))
    board = page.get_by_role("application", name=re.compile("0 of 64 pixels black"))
    board.scroll_into_view_if_needed()
    x, y = middle(board)
    page.mouse.click(x + 6, y + 6)
    expect(page.get_by_text("1 of its 64 pixels is black")).to_be_visible(timeout=TIMEOUT)
    field = page.get_by_test_id("stTextInputField")
    field.fill("0101")
    field.press("Enter")
    expect(page.get_by_text("Until then held-out image 3 is shown.")).to_be_visible(timeout=TIMEOUT)
    expect(page.get_by_text("24 of its 64 pixels are black")).to_be_visible(timeout=TIMEOUT)


def test_a_run_draws_its_images_while_it_trains(lesson: Open) -> None:
    page = lesson(DIGITS, model=LIVE, network=LOGISTIC, steps="300")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Held-out digits:")).to_be_visible(timeout=TIMEOUT)
    expect(page.get_by_text("300 of 300")).to_be_visible(timeout=2 * TIMEOUT)
    expect(page.get_by_role("img", name=re.compile("16 images that the model draws"))).to_be_visible()

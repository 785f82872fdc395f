"""The PCA page in a browser: line and z follow the hand, EM plays, the linear VAE reaches the maximum."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pointer import grab
from tests.browser.walk import settled, show

pytestmark = pytest.mark.browser

Open = Callable[[str], Page]


@pytest.fixture
def lesson(serve: Callable[..., str], shared_page: Page, seen: Any) -> Open:
    """Open a state in the page of the module's tests."""
    def open_page(query: str) -> Page:
        page = shared_page
        page.set_viewport_size({"width": 1280, "height": 1400})
        show(page, seen, serve("app.py"), f"ppca?{query}")
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=60_000)
        return settled(page)

    return open_page


def drawn(page: Page) -> dict[str, list[list[float]]]:
    """Every trace of the first figure, as plotly or the dots' layer was given it."""
    found: dict[str, list[list[float]]] = page.locator(".dgm-plot").first.evaluate(
        "plot => Object.fromEntries(plot.data.map((t) => [t.name, [[...t.x], [...t.y]]]))")
    return found


def log_p(page: Page) -> str:
    return page.locator(".dgm-plot").first.locator(".textpoint").text_content() or ""


def test_line_ellipse_and_log_p_follow_a_dragged_point_as_python_fits_them(lesson: Open) -> None:
    page = lesson("data=one+outlier&draws=5&noise=0.6")
    expect(page.get_by_text("0.0 degrees, points moved: 0")).to_be_visible()
    x, y = grab(page, "point 200")
    before = drawn(page), log_p(page)
    page.mouse.move(x + 110, y + 40, steps=6)
    page.wait_for_timeout(300)
    during = drawn(page), log_p(page)
    assert before[0]["Wz + μ"] != during[0]["Wz + μ"]
    assert before[1] != during[1]
    expect(page.get_by_text("0.0 degrees, points moved: 0")).to_be_visible()     # the server has not been asked
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"[1-9]\d*\.\d degrees, points moved: 1"))).to_be_visible(timeout=40_000)
    expect(page).to_have_url(re.compile("moved="))
    after = drawn(page), log_p(page)
    assert during[1] == after[1]
    for name, (left, top) in after[0].items():
        for ours, theirs in ((left, during[0][name][0]), (top, during[0][name][1])):
            pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if None not in (a, b) and not math.isnan(a + b)]
            assert all(a == pytest.approx(b, abs=2e-4) for a, b in pairs), name
    page.get_by_role("button", name="Start over").first.click()
    expect(page.get_by_text("0.0 degrees, points moved: 0")).to_be_visible()
    assert "moved=" not in page.url


def test_z_of_the_strip_moves_its_diamond_and_disc_by_hand_and_by_key(lesson: Open) -> None:
    page = lesson("data=a+line")
    x, y = grab(page, "z")
    before = drawn(page)
    page.mouse.move(x - 150, y - 60, steps=5)
    page.wait_for_timeout(300)
    during = drawn(page)
    assert during["z"][0][0] < 0.5
    assert during["z"][1] == [0]
    assert during["Wz + μ of this z"] != before["Wz + μ of this z"]
    assert during["p(x | z)"] != before["p(x | z)"]
    assert during["Wz + μ"] == before["Wz + μ"]
    page.mouse.up()
    expect(page).to_have_url(re.compile("line_z=-?0"))
    left = page.url
    page.get_by_role("button", name=re.compile("^z at")).press("ArrowRight")
    expect(page).not_to_have_url(left)


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


def test_em_plays_and_its_half_step_is_in_the_link(lesson: Open) -> None:
    page = lesson("part=EM")
    live = page.locator(".dgm-live").first
    expect(live).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=30_000)
    page.get_by_role("button", name="M", exact=True).click()
    expect(live).to_have_attribute("data-frame", "1")
    expect(page.locator(".dgm-caption")).to_contain_text("M-step 1")
    page.get_by_role("button", name="E", exact=True).click()
    expect(page.locator(".dgm-caption")).to_contain_text("E-step 2")
    expect(page).to_have_url(re.compile("step=2~"))
    expect(page.get_by_text("E-step 2: q(z) is now the posterior")).to_be_visible()
    page.reload()
    expect(page.locator(".dgm-caption")).to_contain_text("E-step 2", timeout=60_000)


def test_the_linear_vae_reaches_the_exact_maximum(lesson: Open) -> None:
    page = lesson("part=Linear+VAE")
    expect(page.get_by_text(re.compile("Not yet: .* after 0 steps"))).to_be_visible()
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text(re.compile("Reached: .* nats per row"))).to_be_visible(timeout=90_000)
    expect(page.get_by_text(re.compile("step 3,000 of 3,000 · finished"))).to_be_visible(timeout=90_000)


def test_a_printed_pad_begins_on_the_first_sheet(lesson: Open) -> None:
    page = lesson("part=Digits")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 2

"""The Bayes page in a browser: observations and points by click, a dragged prior, playback, a question."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.walk import settled

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
TIMEOUT = 20_000   # milliseconds: of a rerun on a busy machine


@pytest.fixture
def bayes(serve: Callable[..., str], new_page: Callable[..., Page]) -> Open:
    def open_page(link: str = "", **options: Any) -> Page:
        page = new_page(**options)
        page.goto(f"{serve('app.py')}/bayes?{link}")
        expect(page.get_by_role("heading", name="Bayes, evidence and MAP")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=30_000)
        return settled(page)

    return open_page


def field(page: Page, label: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("textbox", name=label)


def wait_for_figure(page: Page) -> None:
    """Wait until the first live figure is drawn."""
    expect(page.locator(".dgm-live").first).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=30_000)


def plot(page: Page, place: int = 0) -> Locator:
    return page.locator(".dgm-plot").nth(place)


def on_screen(page: Page, x: float, y: float, place: int = 0) -> tuple[float, float]:
    """Where the point (x, y) of a live figure, the first one by default, is on the screen."""
    plot(page, place).scroll_into_view_if_needed()
    position = plot(page, place).evaluate(
        """(e, [x, y]) => {
           const f = e._fullLayout, r = e.getBoundingClientRect();
           return [r.left + f.xaxis._offset + f.xaxis.d2p(x), r.top + f.yaxis._offset + f.yaxis.d2p(y)]; }""", [x, y])
    return position[0], position[1]


def words(page: Page) -> Locator:
    """The words above the shaded area."""
    return page.locator(".js-plotly-plot").locator(".annotation-text, .textpoint").filter(has_text="evidence").first


def evidence(page: Page) -> str:
    return words(page).text_content() or ""


def drawn(page: Page, place: int = 0) -> dict[str, list[list[float]]]:
    """Every trace of a figure."""
    found: dict[str, list[list[float]]] = plot(page, place).evaluate(
        "plot => Object.fromEntries(plot.data.map((t) => [t.name, [[...t.x], [...t.y]]]))")
    return found


def drag(page: Page, start: tuple[float, float], goal: tuple[float, float]) -> None:
    """Press at `start` and move to `goal`, without a release."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*goal, steps=6)
    page.wait_for_timeout(300)


def test_clicks_add_and_remove_observations_and_change_figure_and_link(bayes: Open) -> None:
    page = bayes("tosses=HHT")
    before = evidence(page)
    page.get_by_role("button", name="Heads", exact=True).click()
    expect(field(page, "Observations")).to_have_value("HHT H", timeout=TIMEOUT)
    expect(words(page)).not_to_have_text(before, timeout=TIMEOUT)
    expect(page).to_have_url(re.compile("tosses=HHT(\\+|%20)H"))
    page.get_by_role("button", name="3: T", exact=True).press("Enter")   # the only tails
    expect(field(page, "Observations")).to_have_value("HHH", timeout=TIMEOUT)
    expect(page.get_by_role("button", name="3: H", exact=True)).to_be_focused()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(field(page, "Observations")).to_have_value("", timeout=TIMEOUT)
    expect(words(page)).to_contain_text("p(X) = 1", timeout=TIMEOUT)


def test_a_click_adds_a_point_of_the_regression_and_another_removes_it(bayes: Open) -> None:
    page = bayes("part=Regression")
    wait_for_figure(page)
    points = field(page, "Points x:y")
    expect(points).not_to_have_value("", timeout=TIMEOUT)
    before = points.input_value().split()
    page.mouse.click(*on_screen(page, 0.0, 1.8))
    expect(points).to_have_value(re.compile(r" \S+:1\.[78]\S*$"), timeout=TIMEOUT)
    added = points.input_value().split()
    assert added[:-1] == before
    x, y = (float(part) for part in added[-1].split(":"))
    page.wait_for_timeout(800)
    page.mouse.click(*on_screen(page, x, y))
    expect(points).to_have_value(" ".join(before), timeout=TIMEOUT)


def test_a_drag_changes_one_height_of_the_prior(bayes: Open) -> None:
    page = bayes("model=coin%2C+drawn+prior")
    heights = field(page, re.compile("Heights of the prior"))
    expect(heights).to_have_value("1 1 2 4 6 4 2 1 1", timeout=TIMEOUT)
    wait_for_figure(page)
    start, before = on_screen(page, 0.5, 6.0, place=1), evidence(page)
    shown = drawn(page, 1)
    drag(page, start, (start[0], start[1] + 60))
    during = drawn(page, 1)
    assert during["posterior"] != shown["posterior"]
    expect(heights).to_have_value("1 1 2 4 6 4 2 1 1")     # the server has not been asked
    page.mouse.up()
    expect(heights).not_to_have_value("1 1 2 4 6 4 2 1 1", timeout=TIMEOUT)
    assert float(heights.input_value().split()[4]) < 5
    assert heights.input_value().split()[:4] == ["1", "1", "2", "4"]
    page.wait_for_timeout(500)
    assert drawn(page, 1)["posterior"][1] == pytest.approx(during["posterior"][1], abs=0.02)
    expect(words(page)).not_to_have_text(before, timeout=TIMEOUT)


def test_prior_posterior_and_evidence_follow_the_dragged_prior(bayes: Open) -> None:
    page = bayes("")
    wait_for_figure(page)
    shown, before = drawn(page), evidence(page)
    start = on_screen(page, shown["drag me"][0][0], shown["drag me"][1][0])
    drag(page, start, (start[0] + 60, start[1] - 25))
    during, words_during = drawn(page), evidence(page)
    for name in ("prior", "posterior", "likelihood × prior"):
        assert during[name] != shown[name]
    assert during["likelihood"] == shown["likelihood"]
    assert words_during != before
    assert "a=" not in page.url
    page.mouse.up()
    expect(page).to_have_url(re.compile("a=.*b="), timeout=TIMEOUT)
    page.wait_for_timeout(700)
    after = drawn(page)
    for name in ("prior", "posterior"):       # the counts are rounded to three digits
        at = [min(range(len(after[name][0])), key=lambda i: abs(after[name][0][i] - p)) for p in (0.3, 0.5, 0.7)]
        was = [min(range(len(during[name][0])), key=lambda i: abs(during[name][0][i] - p)) for p in (0.3, 0.5, 0.7)]
        assert [after[name][1][i] for i in at] == pytest.approx([during[name][1][i] for i in was], rel=0.05, abs=0.02)
    ours, theirs = (float(re.findall(r"0\.\d+", text)[0]) for text in (words_during, evidence(page)))
    assert ours == pytest.approx(theirs, rel=0.01)
    page.get_by_role("button", name=re.compile("^the prior's mean")).press("ArrowLeft")
    left = page.url
    expect(page).not_to_have_url(left, timeout=TIMEOUT)


def test_a_held_point_stays_in_its_panel_whatever_its_density(bayes: Open) -> None:
    page = bayes("")
    wait_for_figure(page)
    point = drawn(page)["drag me"]
    drag(page, on_screen(page, point[0][0], point[1][0]), on_screen(page, -0.1, 2.0))
    held, top = drawn(page)["drag me"], plot(page).evaluate("plot => plot._fullLayout.yaxis.range[1]")
    assert held[1][0] == pytest.approx(top)
    handle = page.get_by_role("button", name=re.compile("^the prior's mean"))
    area, box = plot(page).bounding_box(), handle.bounding_box()
    assert area
    assert box
    assert area["y"] < box["y"] < area["y"] + area["height"]
    page.mouse.up()
    expect(page).to_have_url(re.compile("a=.*b="), timeout=TIMEOUT)


def test_at_the_ends_of_the_counts_the_browser_leaves_the_numbers_of_python(bayes: Open) -> None:
    page = bayes("a=100&b=0.05")
    wait_for_figure(page)
    assert "= 4.61 × 10" in evidence(page)
    point = drawn(page)["drag me"]
    assert [point[0][0], point[1][0]] == pytest.approx([100 / 100.05, 84.18], rel=1e-4)


def test_the_playback_runs_in_the_browser_alone(bayes: Open, seen: Any) -> None:
    page = bayes("reveal=1&tosses=HTTH")
    wait_for_figure(page)
    page.get_by_role("button", name="Back to the start").click()
    shown = page.locator(".dgm-plot").nth(2)   # after the curves and the belief
    expect(shown).to_have_class(re.compile("js-plotly-plot"))   # it has just come into view
    bars = shown.evaluate("e => [...e.data[0].y].map(Math.abs)")
    assert max(bars) == 0
    seen.sent.clear()
    page.get_by_role("button", name="Next step").click()
    page.wait_for_timeout(300)
    assert [value > 0 for value in shown.evaluate("e => [...e.data[0].y].map(Math.abs)")] == [True, False, False, False]
    assert seen.sent == []


def test_a_committed_prediction_is_answered(bayes: Open) -> None:
    page = bayes("part=MAP&tosses=TTTH")
    expect(page.locator(".js-plotly-plot")).to_have_count(1, timeout=TIMEOUT)
    expect(page.get_by_text("covered until the question below")).to_be_visible()
    page.get_by_text("higher", exact=True).click()
    page.get_by_role("button", name="Commit").click()
    expect(page.get_by_text("You said “higher”: right.")).to_be_visible(timeout=TIMEOUT)
    expect(page.get_by_text("covered until the question below")).to_have_count(0)


def test_the_sentence_of_a_situation_stays_in_its_part_and_its_state(bayes: Open) -> None:
    page = bayes("part=What+comes+next")
    sentence = page.get_by_text("After five heads the MAP is p = 1")
    page.get_by_role("button", name="All heads: the plug-in excludes tails").click()
    expect(sentence).to_be_visible(timeout=TIMEOUT)
    page.get_by_role("button", name="Tails", exact=True).click()
    expect(sentence).to_be_hidden(timeout=TIMEOUT)     # its place stays
    page.get_by_role("button", name="All heads: the plug-in excludes tails").click()
    expect(sentence).to_be_visible(timeout=TIMEOUT)
    for part, shown in (("Regression", "Points x:y"), ("The theorem", "Prior heads a")):
        page.get_by_role("radio", name=part, exact=True).click()
        expect(page.get_by_text(shown).first).to_be_visible(timeout=TIMEOUT)
        expect(sentence).to_be_hidden(timeout=TIMEOUT)

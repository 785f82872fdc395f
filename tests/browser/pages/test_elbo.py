"""The lesson on the bound in a browser: both figures follow q without the server, and keep what Python computes."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from pages.elbo import state
from tests.browser.pointer import grab
from tests.browser.walk import idle, redrawn, rerun, settled, show, until
from ui.components import assets
from ui.figures import lookup
from ui.figures.lookup import Axis

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


@pytest.fixture
def lesson(serve: Callable[..., str], shared_page: Page, seen: Any) -> Open:
    """Open a state in the page of the module's tests."""
    def open_page(query: str, width: int = 1280) -> Page:
        page = shared_page
        page.set_viewport_size({"width": width, "height": 1400})
        show(page, seen, serve("app.py"), f"elbo?{query}".removesuffix("?"))
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=60_000)
        expect(page.locator(".dgm-live").first).to_have_attribute("data-paints", re.compile(r"\d"), timeout=30_000)
        return settled(page)

    return open_page


def rows(page: Page) -> dict[str, str]:
    """The names of the ruler's rows and lines with their numbers, as they are seen."""
    texts = page.locator(".dgm-live").first.locator(".dgm-panel").nth(1).locator(".ytick text, .annotation text")
    found = (re.match(r"(.*?) (?:= )?([−\d.∞][^ ]*)(?: ±.*)?$", text) for text in texts.all_text_contents())
    return {match[1]: match[2] for match in found if match}


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def paths(page: Page) -> list[str]:
    """The drawn curves of the first figure."""
    found: list[str] = page.locator(".dgm-plot").first.evaluate(
        "plot => [...plot.querySelectorAll('.js-line, .js-fill')].map((path) => path.getAttribute('d'))")
    return found


def dragged(page: Page, seen: Any, name: str, by: tuple[int, int]) -> dict[str, str]:
    """Move a handle of q and hold it: the server receives nothing, and bound and gap stay those of log p(x)."""
    before = rows(page)
    x, y = grab(page, name)
    seen.sent.clear()
    page.mouse.move(x + by[0], y + by[1], steps=6)
    redrawn(page)
    during: dict[str, str] = {}

    def moved() -> bool:        # plotly draws names and lines one after the other
        during.clear()
        during.update(rows(page))
        return during.keys() == before.keys() and during["L"] != before["L"]

    until(page, moved, f"{before} became {during}")
    assert seen.sent == []
    assert during["log p(x)"] == before["log p(x)"]
    assert number(during["L"]) + number(during["gap"]) == pytest.approx(number(during["log p(x)"]), abs=0.011)
    return during


def released(page: Page, seen: Any, parameter: str) -> dict[str, str]:
    """The rows when Python has computed what was dragged, and the figure is drawn again."""
    figure = page.locator(".dgm-live").first
    paints = int(figure.get_attribute("data-paints") or 0)
    with rerun(page, seen):
        page.mouse.up()
        expect(page).to_have_url(re.compile(parameter))
    until(page, lambda: int(figure.get_attribute("data-paints") or 0) > paints)
    idle(page)
    return rows(page)


def assert_same(some: dict[str, str], others: dict[str, str]) -> None:
    assert {name: number(value) for name, value in some.items()} == pytest.approx(
        {name: number(value) for name, value in others.items()}, abs=0.011)


def test_the_browser_reads_tables_as_python_does(shared_page: Page) -> None:
    axes = (Axis(-2.0, 3.0, 9), Axis(0.4, 1.6, 7))
    table = np.float32(np.sin(axes[0].nodes[:, None]) * np.exp(axes[1].nodes))
    places = [(-2.0, 0.4), (-1.93, 1.59), (0.31, 0.77), (2.99, 1.6), (7.0, -3.0)]
    ours = [float(lookup.read(table, axes, ([a], [b]))[0, 0]) for a, b in places]
    script = assets.script("live_figure/tables.js")
    theirs = shared_page.evaluate(
        "([script, body]) => new Function(`${script}; ${body}`)()",
        [script, f"const tables = {{ axes: {json.dumps([list(axis) for axis in axes])}, "
                 f"values: {{ f: {json.dumps(table.ravel().tolist())} }} }}; "
                 f"return {json.dumps(places)}.map((place) => readTables(tables, place).f)"])
    assert theirs == pytest.approx(ours, abs=1e-6)


@pytest.mark.parametrize("name", ["centre of q", "width of q"])
def test_bound_and_gap_follow_q_without_the_server_and_log_p_stands_still(lesson: Open, seen: Any, name: str) -> None:
    page = lesson("")
    during, drawn = dragged(page, seen, name, (45, 30)), paths(page)
    after = released(page, seen, "q=")
    assert_same(after, during)
    assert len(paths(page)) == len(drawn)
    page.keyboard.press("Escape")
    assert rows(page) == after


def test_handles_are_named_by_what_they_mean(lesson: Open) -> None:
    page = lesson("q=-0.5_1.3")
    for name in ("centre of q at −0.5", "width of q: deviation 1.3"):
        expect(page.get_by_role("button", name=f"{name}; arrow keys move it", exact=True)).to_be_attached()


def test_the_landscapes_sentence_is_about_the_half_step_that_is_shown(lesson: Open) -> None:
    page = lesson("part=Landscape")
    for count, half in ((1, "E"), (2, "M"), (3, "E")):
        page.locator(".dgm-named", has_text=half).click()
        expect(page.locator(".dgm-plot").first).to_have_attribute("aria-label", re.compile(f"After {count} of 20"))


def axis(page: Page, panel: int = 1) -> list[float]:
    """The ends of a panel's axis of nats, as plotly has drawn it."""
    ends: list[float] = page.locator(".dgm-live").first.locator(".dgm-plot").nth(panel).evaluate(
        "plot => [...plot._fullLayout.xaxis.range]")
    return ends


def drawn_to_scale(page: Page) -> bool:
    """Do the ruler's bars lie inside its frame, from which they would be cut?"""
    inside: bool = page.locator(".dgm-live").first.locator(".dgm-plot").nth(1).evaluate("""plot => {
        const area = plot._fullLayout.xaxis._length;
        const left = plot.getBoundingClientRect().left + plot._fullLayout.xaxis._offset;
        return [...plot.querySelectorAll(".barlayer .point > path")].every((bar) => {
            const box = bar.getBoundingClientRect();
            return box.left > left - 2 && box.right < left + area + 2;
        });
    }""")
    return inside


def test_the_axis_doubles_while_q_is_dragged_away_and_log_p_keeps_its_place(lesson: Open, seen: Any) -> None:
    page = lesson("x=-4&q=-1_1")
    low, high = axis(page)
    during = dragged(page, seen, "centre of q", (160, 0))
    far = axis(page)
    assert number(during["L"]) < low
    assert far[0] < number(during["L"])
    at = number(during["log p(x)"])
    assert (at - far[0]) / (far[1] - far[0]) == pytest.approx((at - low) / (high - low), abs=1e-3)
    assert drawn_to_scale(page)
    after = released(page, seen, "q=")
    assert_same(after, during)
    assert axis(page) == pytest.approx(far)
    assert drawn_to_scale(page)


def test_both_directions_of_kl_stay_to_scale_and_the_axis_comes_back(lesson: Open, seen: Any) -> None:
    page = lesson("part=KL&x=-4&q=-1.5_1")
    assert axis(page) == [0, 4]
    x, y = grab(page, "centre of q")
    page.mouse.move(x + 180, y, steps=6)
    until(page, lambda: axis(page)[1] > max(map(number, rows(page).values())) > 4)
    assert drawn_to_scale(page)
    page.keyboard.press("Escape")
    until(page, lambda: axis(page) == [0, 4])
    page.mouse.up()


@pytest.mark.parametrize("name", ["top of the first Gaussian", "top of the second Gaussian", "width of both"])
def test_the_bound_follows_two_gaussians_without_the_server(lesson: Open, seen: Any, name: str) -> None:
    page = lesson("model=two+humps&x=0.5&family=two+Gaussians")
    during = dragged(page, seen, name, (40, 30))
    assert_same(released(page, seen, "two="), during)


def test_the_width_can_be_grabbed_where_q_is_at_the_end(lesson: Open, seen: Any) -> None:
    page = lesson("")
    symbol = "plot => plot.data.find(({ name }) => name === 'width of q').marker.symbol"
    assert page.locator(".dgm-plot").first.evaluate(symbol) == "triangle-right"
    dragged(page, seen, "centre of q", (600, 0))
    released(page, seen, "q=4.5_1")
    assert page.locator(".dgm-plot").first.evaluate(symbol) == "triangle-left"
    handle = page.get_by_role("button", name=re.compile("^width of q: deviation 1"))
    area, box = page.locator(".dgm-plot").first.bounding_box(), handle.bounding_box()
    assert area
    assert box
    assert box["x"] > area["x"]
    assert box["x"] + box["width"] < area["x"] + area["width"]
    dragged(page, seen, "width of q", (-30, 0))
    released(page, seen, "q=4.5_1.[2-9]")


def test_escape_puts_q_back(lesson: Open) -> None:
    page = lesson("")
    before = rows(page), paths(page)
    x, y = grab(page, "centre of q")
    page.mouse.move(x + 60, y, steps=4)
    until(page, lambda: rows(page) != before[0])
    page.keyboard.press("Escape")
    until(page, lambda: (rows(page), paths(page)) == before)
    page.mouse.up()
    assert "q=" not in page.url


def test_arrow_keys_move_q(lesson: Open) -> None:
    page = lesson("")
    before = rows(page)
    page.get_by_role("button", name=re.compile("^centre of q at")).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("q=-0"))
    until(page, lambda: number(rows(page)["gap"]) < number(before["gap"]))


def test_kl_is_infinite_where_q_excludes_a_coin(lesson: Open) -> None:
    page = lesson("part=KL&model=two+coins&share=0.3")
    x, y = grab(page, "q of coin 1")
    page.mouse.move(x, y + 300, steps=5)
    until(page, lambda: rows(page).get("KL(p‖q)") == "∞")
    expect(page.locator(".dgm-live .annotation").get_by_text("without end")).to_be_visible()
    page.mouse.up()
    expect(page.get_by_text("which is infinite")).to_be_visible()
    idle(page)
    redrawn(page)
    assert rows(page)["KL(p‖q)"] == "∞"
    expect(page.locator(".dgm-live .annotation").get_by_text("without end")).to_be_visible()


def test_half_steps_of_em_are_made_by_buttons_and_keys_and_are_in_the_link(lesson: Open) -> None:
    page = lesson("part=EM&step=1")
    expect(page.locator(".dgm-caption")).to_contain_text("after E")
    page.get_by_role("button", name="M", exact=True).click()
    expect(page.locator(".dgm-caption")).to_contain_text("after M")
    expect(page).to_have_url(re.compile("step=2"))
    page.locator(".dgm-plot").first.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".dgm-caption")).to_contain_text("step 2: after E")
    expect(page).to_have_url(re.compile("step=3"))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("situation", ["", "Few samples"])
def test_the_first_change_moves_nothing_and_a_press_beside_a_handle_selects_no_text(
        lesson: Open, width: int, situation: str) -> None:
    page = lesson("", width)
    if situation:
        page.get_by_role("button", name=situation).click()
    note = page.get_by_text(state.NOTES[situation or "Drag q"])
    expect(note).to_be_visible()
    settled(page)
    figure = page.locator(".dgm-plot").first
    page.locator(".st-key-x").get_by_role("slider").focus()
    before = figure.bounding_box()
    page.locator(".st-key-x").get_by_role("slider").press("ArrowRight")
    expect(page.get_by_text(f"This is no longer the situation {situation or 'Drag q'}.")).to_be_visible(timeout=30_000)
    expect(note).to_be_hidden()
    assert before
    assert figure.bounding_box() == before
    page.mouse.move(before["x"] + before["width"] - 40, before["y"] + before["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(before["x"] + 30, before["y"] + before["height"] + 250, steps=5)
    page.mouse.up()
    assert page.evaluate("String(getSelection())") == ""

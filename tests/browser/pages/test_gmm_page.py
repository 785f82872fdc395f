"""The mixture page in a browser: E and M, a mean that is dragged, pointing."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dgm import datasets
from tests.browser.walk import settled, show

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
TIMEOUT = 60_000    # milliseconds: enough for a loaded machine


@pytest.fixture
def mixture(serve: Callable[..., str], request: pytest.FixtureRequest, seen: Any) -> Open:
    """Open a state in the page of the module's tests; `loaded=True` and options load the app in a new one."""
    def opened(link: str = "", width: int = 1280, height: int = 900, loaded: bool = False, **options: Any) -> Page:
        if loaded or options:
            page = request.getfixturevalue("new_page")(width, height, **options)
        else:
            page = request.getfixturevalue("shared_page")
            page.set_viewport_size({"width": width, "height": height})
        show(page, seen, serve("app.py"), f"gmm?{link}".removesuffix("?"))
        expect(page.get_by_text("The code that ran")).to_be_visible(timeout=TIMEOUT)
        if "part=" not in link or "part=EM" in link:
            figure = page.locator(".dgm-live").first if "view=pies" in link else playback(page)
            expect(figure).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=TIMEOUT)
        return settled(page)

    return opened


def playback(page: Page) -> Locator:
    return page.locator(".dgm-live", has=page.locator(".dgm-transport"))


def trace(page: Page, figure: int, number: int) -> dict[str, Any]:
    return playback(page).locator(".dgm-plot").nth(figure).evaluate(
        "(e, t) => ({x: [...e.data[t].x], y: [...e.data[t].y]})", number)


class Dot(NamedTuple):
    """A point as it is painted."""

    place: tuple[float, float]   # in the data's units
    fill: str
    opacity: float


def dots(page: Page) -> list[Dot]:
    """The points of the plane; in the order of their places, which they keep."""
    painted = playback(page).locator(".dgm-plot").first.evaluate("""(e) => {
      const { xaxis, yaxis } = e._fullLayout;
      return [...e.querySelectorAll(".dgm-dots path")].flatMap((path) =>
        [...path.getAttribute("d").matchAll(/M([^,]+),([^m]+)m/g)].map(([, x, y]) =>
          [[xaxis.p2d(Number(x)), yaxis.p2d(Number(y))], path.getAttribute("fill"),
           Number(path.getAttribute("fill-opacity"))]));
    }""")
    return sorted(Dot((round(x, 3), round(y, 2)), fill, opacity) for (x, y), fill, opacity in painted)


def all_at(page: Page, places: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Screen positions of places in the plane."""
    plot = playback(page).locator(".dgm-plot").first
    plot.scroll_into_view_if_needed()
    found = plot.evaluate(
        """(e, places) => {
           const f = e._fullLayout, r = e.getBoundingClientRect();
           return places.map(([x, y]) => [r.left + f.xaxis._offset + f.xaxis.d2p(x),
                                          r.top + f.yaxis._offset + f.yaxis.d2p(y)]); }""", list(places))
    return [(x, y) for x, y in found]


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    return all_at(page, [(x, y)])[0]


def press(page: Page, name: str) -> None:
    playback(page).get_by_role("button", name=name, exact=True).click()
    page.wait_for_timeout(400)


def test_e_touches_the_bound_and_m_raises_it(mixture: Open) -> None:
    page = mixture("part=EM")
    e, m = (playback(page).get_by_role("button", name=name, exact=True) for name in "EM")
    expect(e).to_be_enabled()
    expect(m).to_be_disabled()
    means, before = trace(page, 0, 3), dots(page)
    assert len({dot.fill for dot in before}) == 1     # no component's before the first E
    stick = trace(page, 1, 3)["y"]
    assert stick[1] - stick[0] > 1
    press(page, "E")
    touched = trace(page, 1, 3)["y"]
    assert touched[1] == pytest.approx(touched[0], abs=1e-5)
    assert touched[1] == pytest.approx(stick[1], abs=1e-5)
    assert trace(page, 0, 3)["x"] == means["x"]
    after = dots(page)
    assert [dot.place for dot in after] == [dot.place for dot in before]
    assert len({dot.fill for dot in after}) == 2
    expect(m).to_be_enabled()
    expect(e).to_be_disabled()
    press(page, "M")
    raised = trace(page, 1, 3)["y"]
    assert raised[0] > touched[0]
    assert raised[1] > raised[0]
    assert trace(page, 0, 3)["x"] != means["x"]
    expect(page.get_by_text("Step 1, after M", exact=False).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"step=2~"))


def test_every_press_of_e_in_a_long_run_moves_q_alone(mixture: Open) -> None:
    """215 half-steps, of which few are sent: pressed as fast as the buttons become active, none is left out.

    All up to step 8 are sent first, up to 13 at step 4, and at step 8 further ones, as again and again later.
    """
    page = mixture("part=EM&k=3")
    caption = playback(page).locator(".dgm-caption")
    before = caption.inner_text()
    for number in range(28):
        name = "EM"[number % 2]
        playback(page).get_by_role("button", name=name, exact=True).click(timeout=TIMEOUT)
        expect(caption).to_contain_text(f"Step {number // 2 + 1}, after {name}")
        after = caption.inner_text()
        assert "not shown" not in after
        if name == "E":
            assert re.findall(r"log p\(x\) = (\S+),", after) == re.findall(r"log p\(x\) = (\S+),", before)
        before = after
    expect(page).to_have_url(re.compile(r"step=28~"), timeout=TIMEOUT)
    page.reload()
    expect(caption).to_contain_text("Step 14, after M", timeout=TIMEOUT)


def test_a_point_is_drawn_in_two_presses(mixture: Open) -> None:
    page = mixture()
    count = len(trace(page, 0, 0)["x"])
    press(page, "Draw z")
    assert len(trace(page, 0, 0)["x"]) == count
    press(page, "Draw x")
    assert len(trace(page, 0, 0)["x"]) == count + 1
    page.get_by_role("button", name="Find z with EM").click()
    expect(page).to_have_url(re.compile("part=EM"), timeout=TIMEOUT)
    expect(playback(page).get_by_role("button", name="E", exact=True)).to_be_enabled(timeout=TIMEOUT)


def test_the_browser_decodes_the_numbers(mixture: Open) -> None:
    page = mixture("from=at the end")
    means, rim, points = trace(page, 0, 3), trace(page, 0, 1), dots(page)
    for axis in "xy":
        assert len(rim[axis]) == 49
        assert sum(rim[axis][:-1]) / 48 == pytest.approx(means[axis][0], rel=1e-4)
        assert rim[axis][-1] == pytest.approx(rim[axis][0], rel=1e-5)
    places = sorted((dot.place for dot in points), key=lambda place: (round(place[1]), place[0]))
    sent = sorted(datasets.load("faithful").x.tolist(), key=lambda place: (place[1], place[0]))
    assert len(places) == len(sent)
    assert np.abs(np.subtract(places, sent)).max(0) == pytest.approx([0, 0], abs=0.02)   # a tenth of a pixel
    shades = [dot.opacity for dot in points]
    assert len({dot.fill for dot in points}) == 2
    assert 0.25 <= min(shades) < 0.95 < max(shades) <= 1
    page.get_by_role("button", name="Play", exact=True).click()
    expect(playback(page)).not_to_have_attribute("data-frame", "14")   # it starts from the beginning
    expect(playback(page)).to_have_attribute("data-frame", "14", timeout=TIMEOUT)
    assert trace(page, 0, 1)["x"] == pytest.approx(rim["x"])


def test_settings_and_link_stay_the_same_in_every_part(mixture: Open) -> None:
    """Also where the next part is chosen before the last one is complete."""
    page = mixture("k=3")
    slider = page.get_by_role("slider", name="Components")
    for part in ("How many?", "Continuous z", "EM", "The mixture"):
        page.get_by_role("radio", name=part, exact=True).click()
        first = {"How many?": "Which K does BIC prefer", "Continuous z": "Samples of z", "The mixture": "Hide z",
                 "EM": "The bound under"}[part]
        expect(page.get_by_text(first, exact=False).first).to_be_visible(timeout=TIMEOUT)
        expect(slider).to_have_count(0 if part == "Continuous z" else 1)
        if part != "Continuous z":
            expect(slider).to_have_value("3", timeout=TIMEOUT)
            expect(page).to_have_url(re.compile(r"[?&]k=3\b"), timeout=TIMEOUT)
    expect(page).not_to_have_url(re.compile("part="))


def test_a_dragged_mean_starts_another_run_and_its_ellipse_moves_with_it(mixture: Open) -> None:
    page = mixture("part=EM&k=2&more=true")
    means, first, second = (trace(page, 0, number) for number in (3, 1, 2))
    start, goal = at(page, means["x"][0], means["y"][0]), at(page, 3.0, 50.0)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*goal, steps=6)
    page.wait_for_timeout(300)
    during = trace(page, 0, 1)
    moved = [trace(page, 0, 3)[axis][0] - means[axis][0] for axis in ("x", "y")]
    for axis, distance in zip(("x", "y"), moved, strict=True):
        assert abs(distance) > 0.05
        assert during[axis] == pytest.approx([value + distance for value in first[axis]], abs=1e-3)
    assert trace(page, 0, 2) == second
    assert "start=given" not in page.url          # the server has not been asked
    page.mouse.up()
    expect(page).to_have_url(re.compile("start=given"), timeout=TIMEOUT)
    expect(page).to_have_url(re.compile("means="), timeout=TIMEOUT)
    expect(page.get_by_role("textbox", name="Means by hand")).to_have_value(re.compile(r"^3(\.0|\.?\d*) (49|50)"),
                                                                            timeout=TIMEOUT)
    after, other = trace(page, 0, 1), trace(page, 0, 2)
    for axis in ("x", "y"):
        assert after[axis] == pytest.approx(during[axis], abs=1e-3)
        assert other[axis] == pytest.approx(second[axis], abs=1e-3)


def test_pointing_links_points_and_components(mixture: Open) -> None:
    page = mixture("from=at the end")
    points, average = dots(page), trace(page, 1, 0)["y"]
    page.mouse.move(*at(page, *points[0].place))
    page.wait_for_timeout(600)
    pointed = trace(page, 1, 0)["y"]
    assert pointed != average
    assert sum(pointed) == pytest.approx(1, abs=1e-3)
    outline, places = trace(page, 0, 1), all_at(page, [dot.place for dot in points])
    rim = all_at(page, zip(outline["x"], outline["y"], strict=True))
    clear = max(rim, key=lambda spot: min(math.dist(spot, place) for place in places))
    page.mouse.move(*clear)     # on the ellipse, beside all points
    page.wait_for_timeout(600)
    shown, colour = dots(page), playback(page).locator(".dgm-plot").first.evaluate("e => e.data[1].line.color")
    assert [(dot.place, dot.fill) for dot in shown] == [(dot.place, dot.fill) for dot in points]
    assert min(dot.opacity for dot in shown if dot.fill == colour) > 0.5
    assert max(dot.opacity for dot in shown if dot.fill != colour) < 0.55


@pytest.mark.parametrize("width", [390, 1280])
def test_pies_are_round(mixture: Open, width: int) -> None:
    page = mixture("view=pies", width, height=1200)
    sizes = page.locator(".dgm-plot").first.evaluate("""(plot) => {
        const f = plot._fullLayout, { x, y, meta } = plot.data.find((trace) => trace.meta?.pies);
        const n = meta.pies.vertices, pie = [...x.keys()].slice(0, x.length - 1).filter((i) => i < n - 1);
        const spread = (values, axis) => {
          const pixels = pie.map((i) => axis.d2p(values[i])).filter(Number.isFinite);
          return Math.max(...pixels) - Math.min(...pixels); };
        return [spread(x, f.xaxis), spread(y, f.yaxis)]; }""")
    assert sizes[0] == pytest.approx(sizes[1], rel=0.2)
    assert 6 < sizes[0] < 11


def test_the_button_of_a_failure_opens_it_and_back_leads_back(mixture: Open) -> None:
    page = mixture("part=What can go wrong")
    page.get_by_role("button", name="Singular component").click()
    expect(page.get_by_text("collapsed on a single point", exact=False)).to_be_visible(timeout=TIMEOUT)
    expect(page).to_have_url(re.compile("floor="))
    page.go_back()
    expect(page.get_by_role("button", name="Not Gaussian")).to_be_visible(timeout=TIMEOUT)


def test_the_board_of_own_points_is_next_to_the_figure_that_is_fitted(mixture: Open) -> None:
    page = mixture("part=EM&own=1_1_2_2_3_1_4_4_5_5_4.5_5_1.5_1_2.5_2")
    panels = page.locator(".dgm-panel")
    expect(panels.nth(2)).to_be_visible(timeout=TIMEOUT)
    first, board = panels.first.bounding_box(), panels.nth(2).bounding_box()
    assert first
    assert board
    assert 0 < board["y"] - (first["y"] + first["height"]) < 320


def test_the_bars_say_whose_q_they_show_and_the_point_is_marked(mixture: Open) -> None:
    page = mixture("part=EM&step=4")
    title = playback(page).locator(".dgm-plot").nth(1).locator(".annotation-text").first
    expect(title).to_have_text("mean of q(z)")
    x, y = datasets.load("faithful").x[164].tolist()
    page.mouse.move(*at(page, x, y))
    expect(title).to_have_text("q(z) of point 165", timeout=TIMEOUT)
    ring = trace(page, 0, 4)
    assert (ring["x"], ring["y"]) == (pytest.approx([x], abs=1e-4), pytest.approx([y], abs=1e-4))
    page.mouse.move(5, 5)
    expect(title).to_have_text("mean of q(z)", timeout=TIMEOUT)
    assert trace(page, 0, 4)["x"] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_names_of_the_curves_stand_clear_of_the_title_of_their_panel(mixture: Open, width: int) -> None:
    page = mixture("part=EM&data=three-clusters&k=3&seed=5&step=9999", width=width)      # long numbers on the axis
    beside = playback(page).locator(".dgm-plot").nth(1)
    expect(beside).to_have_class(re.compile("js-plotly-plot"), timeout=TIMEOUT)
    title = beside.locator(".annotation-text", has_text="nats per point; earlier ones below").bounding_box()
    names = [name.bounding_box() for name in beside.locator(".legendtext").all()]
    assert title
    assert len(names) == 2
    assert all(name and name["y"] + name["height"] <= title["y"] + 3 for name in names)


def test_the_buttons_of_em_are_whole_on_the_first_screen(mixture: Open) -> None:
    page = mixture("part=EM")
    for name in ("E", "M"):
        box = playback(page).get_by_role("button", name=name, exact=True).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 900


def test_a_formula_that_fits_does_not_scroll(mixture: Open) -> None:
    page = mixture("part=EM&step=4")
    sizes = page.locator(".katex-display").evaluate_all("all => all.map((e) => e.scrollWidth - e.clientWidth)")
    assert sizes
    assert set(sizes) == {0}


def test_a_control_that_a_wrong_link_set_is_bound_to_the_link_again(mixture: Open) -> None:
    page = mixture("k=99", loaded=True)
    expect(page).to_have_url(re.compile(r"\?k=12$"))
    slider = page.get_by_role("slider", name="Components")
    slider.press("ArrowLeft")      # the part reruns, and binds the control
    expect(playback(page)).to_have_attribute("data-paints", re.compile(r"\d+"))
    page.wait_for_timeout(1000)
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"\?k=10$"))

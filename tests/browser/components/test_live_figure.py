"""Live figures in Chromium: playback, drags and hovering run in the browser; Python receives one message at the end."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.components.live_scene import APP, Open, at, click, frame, live, opener, python, trace
from tests.browser.touch import finger

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(serve: Callable[..., str], request: pytest.FixtureRequest, seen: Any) -> Open:
    return opener(serve, request, seen)


def test_scrubbing_moves_both_figures_and_python_receives_one_message(scene: Open, seen: Any) -> None:
    page = scene("play")
    start, ellipse = trace(page, 1, 1), trace(page, 1)["x"]
    box = page.locator(".dgm-transport input").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 9, y)
    page.mouse.down()
    shown = []
    for share in (0.2, 0.5, 0.8):
        page.mouse.move(box["x"] + share * box["width"], y, steps=4)
        page.wait_for_timeout(120)
        shown.append(frame(page))
        assert trace(page, 1, 1)["x"] == [shown[-1]]
    assert shown == sorted(set(shown))
    assert shown[-1] == pytest.approx(24, abs=1)
    assert trace(page, 1)["x"] != ellipse
    assert start["x"] == [0]
    assert seen.sent == []
    page.mouse.up()
    python(page, str(shown[-1]))
    assert len(seen.sent) == 1
    expect(page.locator(".dgm-count")).to_have_text(f"frame {shown[-1] + 1} of 31")


def test_buttons_step_whole_and_half_and_return(scene: Open) -> None:
    page = scene("play")
    for name, expected in [("Next step", 2), ("Half a step", 3), ("Next step", 4), ("Half a step", 5),
                           ("Previous step", 4), ("Previous step", 2), ("Back to the start", 0)]:
        page.get_by_role("button", name=name).click()
        expect(live(page)).to_have_attribute("data-frame", str(expected))
    expect(page.get_by_role("button", name="Previous step")).to_be_disabled()
    python(page, "0")


def test_play_pauses_and_ends_without_the_server(scene: Open, seen: Any) -> None:
    page = scene("single")
    expect(page.get_by_role("button", name="Half a step")).to_be_hidden()
    page.get_by_label("Speed").select_option("4")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".dgm-status")).to_have_attribute("aria-live", "off")
    expect(live(page)).to_have_attribute("data-frame", re.compile("[4-9]"), timeout=8000)
    page.get_by_role("button", name="Pause").click()
    paused = frame(page)
    page.wait_for_timeout(400)
    assert frame(page) == paused
    page.get_by_role("button", name="Play").click()
    expect(live(page)).to_have_attribute("data-frame", "30", timeout=15_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator(".dgm-caption")).to_have_text("after M, step 15")
    assert seen.sent == []


# A key that is held down: four presses, faster than a test can send them on a busy machine.
REPEATED = """() => { for (let i = 0; i < 4; i++) document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true })); }"""


def test_keys_play_step_and_jump(scene: Open, seen: Any) -> None:
    page = scene("play")
    page.locator(".dgm-plot").first.focus()
    for key, expected in [("ArrowRight", 2), ("Shift+ArrowRight", 3), ("ArrowLeft", 2), ("End", 30), ("ArrowRight", 30),
                          ("Home", 0), ("ArrowUp", 2)]:
        page.keyboard.press(key)
        expect(live(page)).to_have_attribute("data-frame", str(expected))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_label("Frame").focus()
    for key, answer in (("End", "30"), ("Home", "0")):  # both answered, so that no message is pending
        page.keyboard.press(key)
        python(page, answer)
    seen.sent.clear()
    page.evaluate(REPEATED)
    python(page, "8")
    assert len(seen.sent) == 1


def test_another_control_leaves_the_playback_where_it_is(scene: Open) -> None:
    page = scene("single")
    page.get_by_role("button", name="Next step").click()
    page.locator(".dgm-plot").first.evaluate("e => { e.mark = 'same'; }")
    page.get_by_text("another control").click()
    page.wait_for_timeout(600)
    assert frame(page) == 1
    assert page.locator(".dgm-plot").first.evaluate("e => e.mark") == "same"


def test_a_click_adds_or_removes_a_point(scene: Open, seen: Any) -> None:
    page = scene("draw")
    click(page, -3, 2)
    expect(page.locator(".dgm-note")).to_have_text("3 points")
    x, y = trace(page, 1)["x"][2], trace(page, 1)["y"][2]
    python(page, f"((1.0, 1.0), (2.0, -2.0), ({float(f'{x:.6g}')}, {float(f'{y:.6g}')}))")
    assert len(seen.sent) == 1
    assert (x, y) == (pytest.approx(-3, abs=0.05), pytest.approx(2, abs=0.05))
    click(page, 1, 1)
    expect(page.locator(".dgm-note")).to_have_text("2 points")
    click(page, 4, 4)
    click(page, 4, -4)
    expect(page.locator(".dgm-note")).to_contain_text("4 points, as many as fit")
    click(page, -4, -4)
    assert len(trace(page, 1)["x"]) == 4
    page.get_by_role("button", name="Clear points").click()
    python(page, "()")
    assert trace(page, 1)["x"] == []
    expect(page.get_by_text("before ()")).to_be_visible()
    click(page, 7.5, 0)     # outside the axes
    expect(page.locator(".dgm-note")).to_have_text("0 points")


def test_fast_clicks_all_count(scene: Open) -> None:
    page = scene("draw")
    click(page, -3, 3)
    click(page, -3, -3)
    page.wait_for_timeout(1500)
    assert [round(x) for x in trace(page, 1)["x"]] == [1, 2, -3, -3]
    page.get_by_text("another control").click()
    page.wait_for_timeout(500)
    assert len(trace(page, 1)["x"]) == 4


def test_the_keyboard_draws(scene: Open) -> None:
    page = scene("draw")
    page.locator(".dgm-plot").focus()
    page.keyboard.press("ArrowUp")       # shows the crosshair in the middle
    for key in ("Shift+ArrowLeft", "Shift+ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".dgm-note")).to_have_text("3 points")
    shown = trace(page, 1)
    assert shown["x"][2] < 0 < shown["y"][2]
    page.keyboard.press("Enter")
    expect(page.locator(".dgm-note")).to_have_text("2 points")


def test_a_marker_follows_the_pointer_and_python_receives_one_message(scene: Open, seen: Any) -> None:
    page = scene("drag")
    before = trace(page, 1)
    page.mouse.move(*at(page, before["x"][3], before["y"][3]))
    page.mouse.down()
    page.mouse.move(*at(page, -4, 3), steps=6)
    page.wait_for_timeout(150)
    middle = trace(page, 1)
    assert (middle["x"][3], middle["y"][3]) == (pytest.approx(-4, abs=0.1), pytest.approx(3, abs=0.1))
    assert seen.sent == []
    page.mouse.move(*at(page, -4, -9), steps=3)     # below the axes: clamped to their edge
    page.mouse.up()
    expect(page.get_by_text("python (Moved(marker=3")).to_be_visible()
    assert len(seen.sent) == 1
    after = trace(page, 1)
    assert after["y"][3] == pytest.approx(-6, abs=1e-6)
    assert [x for i, x in enumerate(after["x"]) if i != 3] == [x for i, x in enumerate(before["x"]) if i != 3]


def test_arrows_move_a_marker(scene: Open, seen: Any) -> None:
    page = scene("drag")
    before = trace(page, 1)["x"]
    page.get_by_role("button", name=re.compile("^marker 2 at")).focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("python (Moved(marker=1")).to_be_visible()
    assert len(seen.sent) == 1
    assert trace(page, 1)["x"][1] == pytest.approx(before[1] + 3.6, abs=0.02)
    page.get_by_role("button", name=re.compile("^marker 1 at")).focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text(re.compile("marker=0.*marker=1"))).to_be_visible()


def test_a_finger_drags_a_marker(scene: Open) -> None:
    page = scene("drag", width=390, height=844, has_touch=True, device_scale_factor=2)
    shown = trace(page, 1)
    with finger(page, at(page, shown["x"][4], shown["y"][4]), at(page, 3, -3), steps=4):
        pass
    expect(page.get_by_text("python (Moved(marker=4")).to_be_visible()
    moved = trace(page, 1)
    assert (moved["x"][4], moved["y"][4]) == (pytest.approx(3, abs=0.1), pytest.approx(-3, abs=0.1))


def test_pointing_at_a_point_shows_its_row_and_at_a_bar_its_column(scene: Open, seen: Any) -> None:
    page = scene("hover")
    resting = trace(page, 6)["y"]
    far = max(range(300), key=lambda i: trace_x[i]) if (trace_x := trace(page, 0)["x"]) else 0
    page.mouse.move(*at(page, trace_x[far], trace(page, 0)["y"][far]))
    page.wait_for_timeout(150)
    row = trace(page, 6)["y"]
    assert row != resting
    assert sum(row) == pytest.approx(1, abs=1e-4)
    expect(page.locator(".dgm-live-region")).to_contain_text(f"point {far + 1}:")
    page.mouse.move(*at(page, 2, 0.9, "2"))
    page.wait_for_timeout(150)
    assert trace(page, 6)["y"] == resting
    opacity = trace(page, 0)["opacity"]
    assert len(opacity) == 300
    assert min(opacity) < 0.2
    assert max(opacity) > 0.9
    page.mouse.move(5, 5)
    page.wait_for_timeout(150)
    assert trace(page, 0)["opacity"] is None
    assert seen.sent == []


def test_a_tap_points_and_python_receives_it(scene: Open) -> None:
    page = scene("hover", width=390, height=844, has_touch=True)
    shown = trace(page, 0)
    far = max(range(300), key=lambda i: shown["x"][i])
    page.touchscreen.tap(*at(page, shown["x"][far], shown["y"][far]))
    expect(page.locator(".dgm-live-region")).to_contain_text(f"point {far + 1}:")
    python(page, f"Clicked(figure=0, trace=0, point={far})")


@pytest.mark.parametrize(("name", "width"), [("play", 390), ("drag", 390), ("hover", 768), ("play", 1280)])
def test_every_width_fits_and_follows_a_resize(scene: Open, name: str, width: int) -> None:
    page = scene(name, width=width)
    expect(page.locator(".dgm-waiting")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    tops = page.locator(".dgm-plot").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert len(set(tops)) == (2 if (name, width) == ("play", 390) else 1)
    page.set_viewport_size({"width": 600, "height": 900})
    page.wait_for_timeout(400)
    sizes = page.locator(".dgm-plot").first.evaluate("e => [e._fullLayout.width, e.clientWidth]")
    assert sizes[0] == sizes[1]
    small = page.locator(".dgm-live :is(button, select, input):visible").evaluate_all(
        "all => all.map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])"
        ".filter(([, r]) => r.width < 36 || r.height < 36).map(([e, r]) => `${e} ${r.width} x ${r.height}`)")
    assert small == []


def test_figures_have_names_and_visible_focus(scene: Open) -> None:
    page = scene("play")
    expect(page.get_by_role("img", name="Five ellipses find their clusters")).to_be_visible()
    expect(page.get_by_role("img", name="The log-likelihood rises")).to_be_visible()
    page.keyboard.press("Tab")
    page.locator(".dgm-plot").first.focus()
    page.keyboard.press("Tab")
    for _ in range(3):
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Tab")


def test_the_theme_changes_the_same_figure(scene: Open) -> None:
    page = scene("single", color_scheme="light")
    page.get_by_role("button", name="Next step").click()
    ink = page.locator(".dgm-plot").first.evaluate("e => e._fullLayout.font.color")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(1500)
    assert page.locator(".dgm-plot").first.evaluate("e => e._fullLayout.font.color") != ink
    assert frame(page) == 1


def test_another_base_replaces_the_figure_and_drops_the_edits(scene: Open) -> None:
    page = scene("share")
    places = trace(page, 0)
    page.evaluate("document.querySelector('.dgm-plot').mark = true")
    start = at(page, places["x"][0], places["y"][0])
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 40, start[1], steps=4)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"^python one \(Moved\(marker=0"))).to_be_visible()
    assert trace(page, 0)["x"] != places["x"]
    page.get_by_text("other", exact=True).click()
    expect(page.get_by_text("python other ()")).to_be_visible()
    expect(page.get_by_role("img", name="Means of other")).to_be_visible()
    page.wait_for_function("x => document.querySelector('.dgm-plot').data[0].x[0] === x", arg=places["x"][0])
    assert page.evaluate("document.querySelector('.dgm-plot').mark") is True


def test_plotly_is_loaded_once_compressed_from_the_apps_host(scene: Open, seen: Any) -> None:
    page = scene("play", loaded=True)
    loaded = [url for url in seen.requests if "plotly-" in url and "/assets/" in url]
    assert len(loaded) == 1
    timing = page.evaluate("""() => {
        const entry = performance.getEntriesByType('resource').find(e => e.name.includes('/assets/plotly'));
        return [entry.encodedBodySize, entry.decodedBodySize]; }""")
    assert timing[0] < 0.35 * timing[1]


def test_a_change_is_drawn_once_and_margins_only_grow(scene: Open) -> None:
    page = scene("share", loaded=True)
    page.evaluate("""() => { globalThis.drawn = 0;
        document.querySelector('.dgm-plot').on('plotly_beforeplot', () => { drawn += 1; }); }""")
    left = []
    for labels in ("1000000.25", "0.25", "1000000.25"):
        page.evaluate("drawn = 0")
        page.get_by_text(labels, exact=True).first.click()
        page.wait_for_function(
            "labels => document.querySelector('.dgm-plot')._fullLayout.yaxis.ticktext[0] === labels", arg=labels)
        left.append((page.evaluate("document.querySelector('.dgm-plot')._fullLayout._size.l"), page.evaluate("drawn")))
    assert left[0][0] == left[1][0] == left[2][0] > 60
    assert [count for _, count in left[1:]] == [1, 1]


def test_figures_are_drawn_where_no_script_tag_shows_the_root(serve: Callable[..., str],
                                                              new_page: Callable[..., Page]) -> None:
    page = new_page(own_tab=True)
    page.add_init_script("""const find = document.querySelector.bind(document);
        document.querySelector = (css) => (css.startsWith("script[src") ? null : find(css));""")
    page.goto(f"{serve(APP)}/?scene=single")
    expect(live(page)).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=30_000)


def test_a_script_that_fails_to_load_gives_a_message(serve: Callable[..., str], new_page: Callable[..., Page],
                                                seen: Any) -> None:
    page = new_page()
    page.route("**/assets/modules/**", lambda route: route.abort())
    page.goto(f"{serve(APP)}/?scene=single")
    expect(page.get_by_role("alert")).to_contain_text("did not arrive. Check the connection", timeout=30_000)
    expect(page.get_by_text("another control")).to_be_visible()
    assert seen.console_errors
    seen.console_errors.clear()      # the browser's line about the aborted request

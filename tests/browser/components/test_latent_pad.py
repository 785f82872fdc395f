"""The latent pad in Chromium: what it paints is what torch decodes, and Python receives one message for each drag."""

import importlib.util
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.browser.touch import finger
from tests.browser.walk import idle, start_over
from ui.components.latent_pad import payload

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[1] / "apps" / "latent_pad.py"
HIDDEN = {"tanh": torch.tanh, "relu": torch.relu, "silu": torch.nn.functional.silu,
          "softplus": torch.nn.functional.softplus, "elu": torch.nn.functional.elu}


@pytest.fixture(scope="module")
def app() -> ModuleType:
    """The module of the page, for its scenes; the page does not run."""
    spec = importlib.util.spec_from_file_location("latent_pad_app", APP)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def visit(request: pytest.FixtureRequest, serve: Callable[..., str], seen: Any) -> Callable[..., Page]:
    """Open a scene; the page's errors and foreign requests fail the test.

    In the page of the module's tests; `loaded=True` and options of a context load the app in a new one.
    """
    def open_scene(query: str, width: int = 1100, height: int = 900, loaded: bool = False, color_scheme: Any = None,
                   **options: Any) -> Page:
        if loaded or options:
            page: Page = request.getfixturevalue("new_page")(width, height, **options)
        else:
            page = request.getfixturevalue("shared_page")
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=color_scheme)
        start_over(page, seen, serve(APP), query)
        expect(pad(page)).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=60_000)
        idle(page)
        seen.sent.clear()
        seen.received.clear()
        return page

    return open_scene


def pad(page: Page) -> Locator:
    return page.locator(".latent-pad")


def z_of(page: Page) -> list[float]:
    return [float(value) for value in (pad(page).get_attribute("data-z") or "").split(",")]


def python_z(page: Page, z: list[float]) -> None:
    """Wait until the page prints this z as what Python received."""
    expect(page.get_by_test_id("stCode")).to_have_text(f"python ({', '.join(map(repr, map(float, z)))}"
                                                       + (",)" if len(z) == 1 else ")"))


def place(page: Page, across: float, up: float) -> tuple[float, float]:
    """Screen position of a share of the map."""
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    assert box
    return box["x"] + across * box["width"], box["y"] + up * box["height"]


def picture(page: Page, figure: str = "decoded") -> np.ndarray:
    """The values of the pixels on the canvas, 0 is the background, 1 the text colour."""
    rgb = page.locator(f".{figure} canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
    channel = np.array(rgb, float).reshape(-1, 4)[:, 0]
    ink, paper = pad(page).evaluate("""e => {
        const style = getComputedStyle(e), probe = document.createElement('canvas').getContext('2d');
        return ['--st-text-color', '--st-background-color'].map(name => {
            probe.fillStyle = style.getPropertyValue(name).trim();
            return parseInt(probe.fillStyle.slice(1, 3), 16);
        });
    }""")
    return (channel - paper) / (ink - paper)


def linear(app: ModuleType, scene: str, z: Any, seed: int = 0) -> torch.Tensor:
    """Logits or means (N, pixels) by torch in float64."""
    widths, hidden, _ = app.SCENES[scene]
    x, layers = torch.as_tensor(z, dtype=torch.float64), app.layers(widths, seed)
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight.double().T + bias.double()
        if i < len(layers) - 1:
            x = HIDDEN[hidden](x)
    return x


def decode(app: ModuleType, scene: str, z: Any) -> torch.Tensor:
    x = linear(app, scene, z)
    return torch.sigmoid(x) if app.SCENES[scene][2] == "sigmoid" else x.clamp(0, 1)


def drag(page: Page, *stops: tuple[float, float]) -> None:
    """Press at the first position and move through the others, without a release."""
    page.mouse.move(*place(page, *stops[0]))
    page.mouse.down()
    for stop in stops[1:]:
        page.mouse.move(*place(page, *stop), steps=4)
    page.wait_for_timeout(80)


@pytest.mark.parametrize("scene", ["mnist", "digits", "linear", "one", "five", "sixteen"])
def test_the_browser_decodes_what_torch_decodes(visit: Any, app: ModuleType, scene: str) -> None:
    page = visit(scene)
    z = 2.5 * torch.randn(100, app.SCENES[scene][0][0], generator=torch.Generator().manual_seed(7))
    found = torch.tensor(pad(page).evaluate("(e, all) => all.map(z => [...e.decodeAt(z)])", z.tolist()))
    assert (found - decode(app, scene, z)).abs().max() < 1e-4
    assert np.abs(picture(page) - decode(app, scene, z_of(page)).numpy()).max() < 1.5 / 255 + 1 / 200


def test_a_drag_moves_the_picture_and_python_receives_one_message(seen: Any, visit: Any, app: ModuleType) -> None:
    page = visit("mnist")
    before = picture(page)
    drag(page, (0.5, 0.5), (0.7, 0.3))
    middle, paints = picture(page), int(pad(page).get_attribute("data-paints") or 0)
    page.mouse.move(*place(page, 0.3, 0.35), steps=6)
    page.wait_for_timeout(200)
    end, z = picture(page), z_of(page)
    assert np.abs(middle - before).max() > 0.1
    assert np.abs(end - middle).max() > 0.1
    assert int(pad(page).get_attribute("data-paints") or 0) >= paints + 3
    assert (seen.sent, seen.received) == ([], [])
    assert np.abs(end - decode(app, "mnist", z).numpy()).max() < 1.5 / 255 + 1 / 200
    page.mouse.up()
    python_z(page, z)
    expect(page).to_have_url(re.compile(f"z={z[0]}(,|%2C){z[1]}$"))
    assert len(seen.sent) == 1
    assert sum(map(len, seen.received)) < 20_000    # the decoder is not sent again
    page.mouse.move(*place(page, 0.9, 0.9))
    assert z_of(page) == z


@pytest.mark.parametrize(("span", "share"), [(24, 21.7 / 24), (6000, 5000 / 6000), (90_000, 0.9)])
def test_the_point_stays_where_it_is_released_on_wide_axes(visit: Any, span: int, share: float) -> None:
    page = visit(f"mnist&span={span}")
    left, right, top, bottom = 42, 10, 10, 42   # margins of the plot, CSS pixels
    place(page, 0.5, 0.5)
    box = page.locator(".map").bounding_box()
    assert box
    half = (box["width"] - left - right) / 2, (box["height"] - top - bottom) / 2
    centre = box["x"] + left + half[0], box["y"] + top + half[1]
    page.mouse.move(*centre)
    page.mouse.down()
    page.mouse.move(centre[0] + share * half[0], centre[1] - 0.5 * half[1], steps=4)
    page.mouse.up()
    z = z_of(page)
    assert z == pytest.approx([share * span, 0.5 * span], abs=2 * span / half[0])
    python_z(page, z)
    expect(page).to_have_url(re.compile(f"z={z[0]}(,|%2C){z[1]}$"))
    page.locator(".map").focus()
    page.keyboard.press("ArrowRight")
    step = 0.1 * 10 ** np.floor(np.log10(span / 4))
    python_z(page, [round(z[0] + step, 3), z[1]])


def test_readings_are_the_priors_and_the_tables(visit: Any, app: ModuleType) -> None:
    page = visit("mnist")
    for stop in [(0.52, 0.46), (0.7, 0.6), (0.99, 0.02)]:
        drag(page, (0.5, 0.5), stop)
        page.mouse.up()
        z = torch.tensor(z_of(page), dtype=torch.float64)
        log_p = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum()
        distance = (app.cloud(2, 1000, 2) - z).norm(dim=1)
        near = int((distance <= 0.5).sum())
        expect(page.locator(".prior dd").first).to_have_text(f"{log_p:.2f} nats".replace("-", "−"))
        expect(page.locator(".near dd").first).to_have_text(f"{near} of 1,000")
        expect(page.locator(".near dd").last).to_have_text(f"within 0.5; the nearest at {distance.min():.2f}")
        guess = "No training image" if near == 0 else f"{near} training image"
        expect(page.locator(".verdict")).to_contain_text(guess)
        expect(page.locator(".live-region")).to_contain_text(f"log p(z) {log_p:.2f}".replace("-", "−"))
    assert near == 0
    expect(pad(page)).to_have_class(re.compile("no-neighbours"))


def test_keys_step_and_home_returns(seen: Any, visit: Any) -> None:
    page = visit("mnist")
    page.locator(".map").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    expect(pad(page)).to_have_attribute("data-z", "0.1,0.4")
    python_z(page, [0.1, 0.4])
    assert len(seen.sent) == 1
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    expect(pad(page)).to_have_attribute("data-z", "4,0.4")
    page.keyboard.press("Home")
    expect(pad(page)).to_have_attribute("data-z", "0,0")
    python_z(page, [0, 0])
    outline = page.locator(".map").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_further_dimensions_have_live_sliders(seen: Any, visit: Any, app: ModuleType) -> None:
    page = visit("five")
    axes = payload.largest_spread(app.cloud(5, 300, 1).numpy(), 5)
    others = [i for i in range(5) if i not in axes]
    inputs = page.locator(".sliders input")
    expect(inputs).to_have_count(3)
    assert [int(inputs.nth(i).get_attribute("data-dimension") or -1) for i in range(3)] == others
    box, before = inputs.first.bounding_box(), picture(page)
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=5)
    page.wait_for_timeout(80)
    z = z_of(page)
    assert z[others[0]] > 2
    assert np.abs(picture(page) - before).max() > 0.05
    assert (seen.sent, seen.received) == ([], [])
    page.mouse.up()
    python_z(page, z)
    assert len(seen.sent) == 1
    page.locator(".across").select_option(str(others[0]))
    drag(page, (0.5, 0.5), (0.3, 0.5))
    page.mouse.up()
    assert z_of(page)[others[0]] < 0
    assert z_of(page)[axes[0]] == z[axes[0]]


def test_choosing_the_other_axis_swaps_both(visit: Any) -> None:
    page = visit("five")
    across, up = page.locator(".across").input_value(), page.locator(".up").input_value()
    page.locator(".across").select_option(up)
    expect(page.locator(".up")).to_have_value(across)
    expect(page.locator(".sliders input")).to_have_count(3)


def test_one_latent_dimension_is_one_axis(visit: Any, app: ModuleType) -> None:
    page = visit("one")
    drag(page, (0.5, 0.5), (0.75, 0.1))
    z = z_of(page)
    assert len(z) == 1
    assert z[0] > 1
    assert np.abs(picture(page) - decode(app, "one", z).numpy()).max() < 1.5 / 255 + 1 / 200
    page.mouse.up()
    python_z(page, z)


def test_a_finger_drags_and_the_page_does_not_scroll(visit: Any) -> None:
    page = visit("mnist", width=390, height=844, has_touch=True, device_scale_factor=2)
    x, y = place(page, 0.5, 0.5)
    scroll = page.get_by_test_id("stMain").evaluate("e => e.scrollTop")
    with finger(page, (x, y), (x + 48, y - 64)):
        page.wait_for_timeout(100)
        z = z_of(page)
        assert z[0] > 0.5
        assert z[1] > 0.5
    python_z(page, z)
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollTop") == scroll


def test_new_weights_during_a_drag_do_not_move_the_point(visit: Any) -> None:
    page = visit("mnist&live=1", loaded=True)     # it refreshes itself, which no follower waits for
    pad(page).evaluate("e => { e.mark = 'same element'; }")
    drag(page, (0.5, 0.5), (0.7, 0.3))
    z, pictures = z_of(page), []
    for _ in range(4):
        pictures.append(picture(page))
        assert z_of(page) == z
        page.wait_for_timeout(700)
    assert all(np.abs(a - b).max() > 0.05 for a, b in pairwise(pictures))
    page.mouse.move(*place(page, 0.4, 0.4), steps=3)
    page.wait_for_timeout(100)
    moved = z_of(page)
    assert moved != z
    page.mouse.up()
    python_z(page, moved)
    page.wait_for_timeout(600)
    assert z_of(page) == moved
    assert pad(page).evaluate("e => e.mark") == "same element"
    assert page.locator(".latent-pad").count() == 1


def test_python_moves_the_point_and_so_does_the_visitor(visit: Any) -> None:
    page = visit("mnist")
    page.get_by_role("button", name="Move the point").click()
    expect(pad(page)).to_have_attribute("data-z", "1.5,-0.5")
    python_z(page, [1.5, -0.5])
    page.get_by_role("button", name="Origin").click()
    python_z(page, [0, 0])
    page.get_by_role("button", name="Move it back").click()
    page.get_by_role("button", name="Move the point").click()
    expect(pad(page)).to_have_attribute("data-z", "1.5,-0.5")
    page.get_by_role("button", name="Origin").click()
    python_z(page, [0, 0])


def test_a_pad_that_is_shown_again_has_the_same_point(visit: Any) -> None:
    page = visit("digits")
    drag(page, (0.5, 0.5), (0.6, 0.3))
    page.mouse.up()
    z = z_of(page)
    python_z(page, z)
    page.get_by_text("Hide").click()
    expect(pad(page)).to_have_count(0)
    page.get_by_text("Hide").click()
    expect(pad(page)).to_have_attribute("data-z", ",".join(f"{v:g}" for v in z))
    python_z(page, z)


@pytest.mark.parametrize("scene", ["mnist", "linear"])
def test_the_target_is_scored_in_nats(visit: Any, app: ModuleType, scene: str) -> None:
    page = visit(f"{scene}&target=1")
    drag(page, (0.5, 0.5), (0.6, 0.4))
    page.mouse.up()
    target = torch.linspace(0, 1, 784, dtype=torch.float64)
    a = linear(app, scene, z_of(page))
    bernoulli = -torch.nn.functional.binary_cross_entropy_with_logits(a, target, reduction="sum")
    gauss = torch.distributions.Normal(a, 0.1**0.5).log_prob(target).sum()
    expected = float(bernoulli if scene == "mnist" else gauss)
    shown = page.locator(".match dd").first.inner_text().replace("−", "-")
    assert float(shown.removesuffix(" nats")) == pytest.approx(expected, abs=0.06)
    expect(page.locator(".match dd").last).to_contain_text("best known\u00a0−500.0")
    assert np.abs(picture(page, "target") - target.numpy()).max() < 1.5 / 255 + 1 / 200


def test_a_sample_uses_one_noise_for_every_z(visit: Any, app: ModuleType) -> None:
    page = visit("mnist&sample=1")
    noise = payload.noise(784, "sigmoid", 0)
    for stop in [(0.6, 0.4), (0.35, 0.7)]:
        drag(page, (0.5, 0.5), stop)
        page.mouse.up()
        expected = noise < decode(app, "mnist", z_of(page)).numpy()
        assert (picture(page).round() == expected).mean() > 0.998  # a pixel may lie on the edge


def test_theme_changes_recolour_the_same_pad(visit: Any) -> None:
    page = visit("mnist", color_scheme="light")
    drag(page, (0.5, 0.5), (0.6, 0.4))
    page.mouse.up()
    z, ink = z_of(page), picture(page)
    pad(page).evaluate("e => { e.mark = 'same element'; }")
    light = page.locator(".decoded canvas").evaluate("c => c.getContext('2d').getImageData(0, 0, 1, 1).data[0]")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(800)
    dark = page.locator(".decoded canvas").evaluate("c => c.getContext('2d').getImageData(0, 0, 1, 1).data[0]")
    assert dark != light
    assert z_of(page) == z
    assert np.abs(picture(page) - ink).max() < 0.02
    assert pad(page).evaluate("e => e.mark") == "same element"


@pytest.mark.parametrize(("ratio", "widths"), [(1, (640, 1280)), (2, (390, 820))])
def test_every_width_fits_and_is_crisp(visit: Any, serve: Any, seen: Any, ratio: int, widths: tuple[int, int]) -> None:
    scene = "sixteen&target=1"
    page = visit(scene, **({"device_scale_factor": ratio} if ratio > 1 else {}))
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        start_over(page, seen, serve(APP), scene)
        expect(pad(page)).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=60_000)
        idle(page)
        assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 0, width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        canvas = page.locator(".back").evaluate("c => [c.width, c.clientWidth, c.height, c.clientHeight]")
        assert canvas[0] == pytest.approx(ratio * canvas[1], abs=1), width
        assert canvas[2] == pytest.approx(ratio * canvas[3], abs=1), width
        expect(page.locator(".sliders input")).to_have_count(14)


def test_names_are_text_and_every_control_has_a_name(visit: Any) -> None:
    page = visit("five")
    first = page.locator(".legend button").first
    expect(first).to_have_text("<b>zero</b>")
    assert page.locator(".legend b").count() == 0
    first.click()
    expect(page.locator(".legend button").first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("application")).to_have_accessible_name(re.compile("Arrow keys move z"))
    for control in page.locator(".latent-pad :is(input, select, button)").all():
        assert control.evaluate("e => e.labels?.length || e.textContent.trim() || e.ariaLabel")

"""The VAE page in a browser: drag, train, pause, step, resume, another optimizer, close; JS decodes as torch does."""

import os
import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dgm import vae
from pages.vae import shown_model
from tests.browser.conftest import EMPTY
from tests.browser.path_proxy import serving_below
from tests.browser.walk import settled, show

pytestmark = pytest.mark.browser

RUN = "vae?data=digits&hidden=50&steps=200000"
SECONDS = 60_000  # that a loaded machine may take, in ms


@pytest.fixture
def context(kept: Callable[..., BrowserContext]) -> BrowserContext:
    return kept()


@pytest.fixture
def visit(context: BrowserContext, serve: Callable[..., str], seen: Any) -> Iterator[Callable[[str], Page]]:
    """Open the page with its pad painted; errors and foreign requests fail the test."""
    opened: list[Page] = []

    def open_link(link: str) -> Page:
        opened.append(context.new_page() if opened else context.pages[0])
        seen.watch(opened[-1])
        opened[-1].goto(f"{serve('app.py')}/{link}")
        return complete(opened[-1])

    yield open_link
    seen.assert_no_errors()


@pytest.fixture
def look(shared_page: Page, serve: Callable[..., str], seen: Any) -> Callable[[str], Page]:
    """Open a state in the page of those tests that train nothing."""

    def open_link(link: str) -> Page:
        show(shared_page, seen, serve("app.py"), link)
        return complete(shared_page)

    return open_link


def complete(page: Page) -> Page:
    """Wait for the pad and the end of the part."""
    expect(pad(page)).to_have_attribute("data-paints", re.compile(r"\d+"), timeout=SECONDS)
    expect(page.get_by_role("button", name="Curve of my run (csv)")).to_be_visible(timeout=SECONDS)
    return settled(page)


def pad(page: Page) -> Locator:
    return page.locator(".latent-pad")


def picture(page: Page) -> np.ndarray:
    """The decoded picture's red channel as the canvas holds it."""
    return np.array(page.locator(".decoded canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"))


def repainted(page: Page, before: np.ndarray) -> None:
    """Wait for another decoded picture: the pad refreshes itself on its own, not with the progress bar."""
    end = time.monotonic() + SECONDS / 1000
    while np.array_equal(picture(page), before):
        assert time.monotonic() < end, "new weights paint another picture"
        page.wait_for_timeout(50)


def place(page: Page, across: float, up: float) -> tuple[float, float]:
    """Screen position of a share of the map."""
    box = page.locator(".map").bounding_box()
    assert box
    return box["x"] + across * box["width"], box["y"] + up * box["height"]


def press_centre(page: Page) -> None:
    page.locator(".map").scroll_into_view_if_needed()
    page.mouse.move(*place(page, 0.5, 0.5))
    page.mouse.down()


def progress(page: Page) -> Locator:
    """The line of the run; a former one may stand beside it until its fragment has run to its end."""
    return page.locator("[data-stale=false]").get_by_test_id("stProgress").last


def step_of(page: Page) -> int:
    found = re.search(r"step ([\d,]+)", progress(page).inner_text())
    assert found
    return int(found[1].replace(",", ""))


def past(page: Page, step: int) -> int:
    """Wait until the run is past a step."""
    page.wait_for_function(
        "step => +(/step ([\\d,]+)/.exec(document.querySelector('[data-testid=stProgress]')?.innerText)?.[1] ?? '0')"
        ".replace(/,/g, '') > step", arg=step, timeout=SECONDS, polling=100)
    return step_of(page)


def curve(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile("^Training curves up to"))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=SECONDS)


def in_view(page: Page, *places: Locator) -> bool:
    """Whether all of these lie inside the window, without scrolling."""
    size = page.viewport_size
    assert size
    boxes = [place.bounding_box() for place in places]
    return all(box and box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and box["x"] >= 0
               and box["x"] + box["width"] <= size["width"] for box in boxes)


def test_the_picture_follows_the_pointer_and_no_message_is_sent(look: Callable[[str], Page], seen: Any) -> None:
    page = look("vae")
    press_centre(page)
    page.wait_for_timeout(200)
    seen.sent.clear()
    seen.received.clear()
    pictures = [picture(page)]
    for stop in [(0.65, 0.35), (0.4, 0.3), (0.35, 0.65)]:
        page.mouse.move(*place(page, *stop), steps=5)
        page.wait_for_timeout(100)
        pictures.append(picture(page))
    assert all(np.abs(one - other).max() > 25 for one, other in pairwise(pictures))
    assert (seen.sent, seen.received) == ([], [])
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]z=-?[\d.]+(,|%2C)-?[\d.]+"), timeout=SECONDS)
    assert len(seen.sent) == 1


@pytest.mark.parametrize("name", ["digits", "mnist-5k"])
def test_the_browser_decodes_what_torch_decodes(look: Callable[[str], Page], name: str) -> None:
    page = look(f"vae?data={name}")
    z = 1.7 * torch.randn(100, 2, generator=torch.Generator().manual_seed(3))
    found = torch.tensor(pad(page).evaluate("(e, all) => all.map(z => [...e.decodeAt(z)])", z.tolist()))
    assert (found - vae.decode(vae.pretrained(name), z)).abs().max() < 1e-4


def test_what_is_trained_is_seen_to_train_in_one_view(visit: Callable[[str], Page]) -> None:
    page = visit("vae")
    page.set_viewport_size({"width": 1280, "height": 720})
    train = page.get_by_role("button", name="Train", exact=True)
    places = page.locator(".map"), page.locator(".decoded canvas"), curve(page)
    assert in_view(page, train, *places)
    train.click()
    past(page, 30)
    assert in_view(page, page.get_by_role("button", name="Pause"), *places)
    shades = []
    for _ in range(20):     # through several refreshes: the pad is never greyed
        shades.append(float(pad(page).evaluate("e => getComputedStyle(e.getRootNode().host.closest("
                                               "'[data-testid=stElementContainer]')).opacity")))
        page.wait_for_timeout(100)
    assert min(shades) == 1
    press(page, "Pause")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_random_z_is_the_next_draw_and_is_in_the_link(visit: Callable[[str], Page]) -> None:
    codes = shown_model.random_codes(2)
    page = visit("vae?data=digits")
    button = page.get_by_role("button", name="Random z")
    assert in_view(page, button, page.get_by_role("button", name="Origin"))
    for row in codes[:2]:
        before = picture(page)
        button.click()
        repainted(page, before)
        z = [float(value) for value in (pad(page).get_attribute("data-z") or "").split(",")]
        assert np.abs(np.array(z) - row).max() < 0.00051
        expect(page).to_have_url(re.compile(rf"[?&]z={z[0]:g}(,|%2C){z[1]:g}"), timeout=SECONDS)
    again = visit(page.url.rpartition("/")[2])
    again.get_by_role("button", name="Random z").click()
    expect(pad(again)).to_have_attribute("data-z", ",".join(f"{value:g}" for value in codes[2].round(3)))


def test_train_drag_pause_step_and_go_on_with_another_optimizer(visit: Callable[[str], Page]) -> None:
    page = visit(RUN)
    press(page, "Train")
    expect(curve(page)).to_be_visible(timeout=SECONDS)
    first, label = step_of(page), curve(page).get_attribute("aria-label")
    past(page, first)
    expect(curve(page)).not_to_have_attribute("aria-label", label or "", timeout=SECONDS)

    press_centre(page)
    page.mouse.move(*place(page, 0.6, 0.4), steps=4)
    before, z = picture(page), pad(page).get_attribute("data-z")
    past(page, step_of(page) + 50)
    repainted(page, before)
    assert pad(page).get_attribute("data-z") == z, "new weights do not move the point"
    page.mouse.move(*place(page, 0.35, 0.65), steps=4)
    assert pad(page).get_attribute("data-z") != z
    page.mouse.up()

    press(page, "Pause")
    expect(progress(page)).to_contain_text("paused", timeout=SECONDS)
    page.wait_for_timeout(1000)  # the result of the last chunk arrives
    rest = step_of(page)
    press(page, "20 steps")
    past(page, rest)
    expect(progress(page)).to_contain_text("paused", timeout=SECONDS)

    page.get_by_text("Settings of my run").click()
    page.get_by_role("radio", name="SGD").click()
    expect(page).to_have_url(re.compile("optimizer=SGD"), timeout=SECONDS)
    settled(page)
    assert step_of(page) >= rest + 20, "another optimizer goes on with the same run"
    press(page, "Go on")
    past(page, rest + 40)
    press(page, "Pause")


def test_a_closed_tab_leaves_nothing_running(visit: Callable[[str], Page], servers: dict[Any, Any]) -> None:
    page = visit(RUN)
    press(page, "Train")
    past(page, 200)
    workers = [pid for server in servers.values() for pid in descendants(server.process.pid)]
    assert any(busy(workers) > 0.05 for _ in range(10)), "the run trains"
    page.goto(EMPTY)
    end = time.monotonic() + 30
    while busy(workers) > 0.02:
        assert time.monotonic() < end


def test_a_line_that_is_cut_for_a_moment_loses_no_run(serve: Callable[..., str], context: BrowserContext) -> None:
    """Without the checks of `visit`: the browser logs the lost connection."""
    with serving_below("", serve("app.py")) as proxy:
        page = context.pages[0]
        page.goto(f"{proxy.url}/{RUN}")
        settled(page)
        press(page, "Train")
        reached = past(page, 200)
        proxy.cut()
        past(page, reached + 1)      # the page connects again, and the run has gone on
        press(page, "Pause")
        page.goto(EMPTY)


def descendants(pid: int) -> list[int]:
    """All processes that a process started, and those that they started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [child for child, parent in parents.items() if parent == pid]
    return found + [deeper for child in found for deeper in descendants(child)]


def busy(pids: list[int], seconds: float = 1.0) -> float:
    """Cores in use by these processes."""

    def ticks() -> int:
        return sum(int(field) for pid in pids if (stat := Path(f"/proc/{pid}/stat")).exists()
                   for field in stat.read_text().rpartition(")")[2].split()[11:13])

    before = ticks()
    time.sleep(seconds)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds

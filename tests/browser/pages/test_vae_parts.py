"""The parts of the VAE page in a browser: a digit is encoded while it is drawn, a drag is recorded, runs are kept."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dgm import vae
from dgm.datasets import framing
from tests.browser.walk import runs_ended, settled, show, until
from tests.pages.vae.test_own_pictures import zipped
from ui.components.draw_digit import SIDE

pytestmark = pytest.mark.browser

SECONDS = 60_000  # that a loaded machine may take, in ms
MOVES = 60


@pytest.fixture
def look(shared_page: Page, serve: Callable[..., str], seen: Any) -> Callable[[str], Page]:
    """Open a state in the page of the module's tests; each that trains has a run of its own settings."""

    def open_link(link: str) -> Page:
        show(shared_page, seen, serve("app.py"), f"vae?{link}")
        return settled(shared_page)

    return open_link


def sheet(page: Page) -> Locator:
    expect(page.locator(".draw-digit .answer")).to_be_attached(timeout=SECONDS)
    return page.locator(".draw-digit")


@pytest.mark.parametrize("name", ["digits", "mnist-5k"])
def test_the_browser_frames_and_encodes_as_dgm_does(look: Callable[[str], Page], name: str) -> None:
    drawing = sheet(look(f"part=One+image&data={name}"))
    x, model = vae.split_images(vae.Images(name)).test[:40], vae.pretrained(name)
    found = drawing.evaluate("(e, all) => all.map((x) => e.encode(Float32Array.from(x)))", x.tolist())
    q = vae.encode(model, x)
    assert np.abs(np.array([mean for mean, _ in found]) - q.mean.numpy()).max() < 1e-4
    assert np.abs(np.array([deviation for _, deviation in found]) - (q.log_var / 2).exp().numpy()).max() < 1e-4
    shape, rng = ((8, 8) if name == "digits" else (28, 28)), np.random.default_rng(0)
    for _ in range(10):
        ink = np.zeros((SIDE, SIDE))
        top, left, high, wide = (*rng.integers(0, 40, 2), *rng.integers(2, 16, 2))
        ink[top:top + high, left:left + wide] = rng.uniform(0.2, 1)
        ink[left, top:top + 9] = 1
        image = drawing.evaluate(f"(e, ink) => e.framed(ink, {SIDE})", ink.reshape(-1).tolist())
        assert np.abs(np.array(image) - np.asarray(framing.frame(ink, shape))).max() < 1e-6


def test_q_follows_the_stroke_and_no_message_is_sent_before_its_end(look: Callable[[str], Page], seen: Any) -> None:
    page = look("part=One+image&data=mnist-5k")
    drawing = sheet(page)
    page.locator(".sheet").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = page.locator(".sheet").bounding_box()
    assert box
    seen.sent.clear()
    page.mouse.move(box["x"] + 0.35 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    places, before = set(), int(drawing.get_attribute("data-answers") or 0)
    for move in range(MOVES):
        page.mouse.move(box["x"] + (0.35 + 0.3 * min(1, move / 20)) * box["width"],
                        box["y"] + (0.2 + 0.6 * max(0, move - 20) / MOVES) * box["height"])
        places.add(drawing.get_attribute("data-q"))
    answers = int(drawing.get_attribute("data-answers") or 0) - before
    assert answers > MOVES / 3
    assert len(places) > MOVES / 3
    assert seen.sent == []
    q = drawing.get_attribute("data-q") or ""
    page.mouse.up()
    mean, deviation = ([float(value) for value in part.split(",")] for part in re.findall(r"\[([-\d.,e]+)\]", q))
    shown = ", ".join(f"z{'₁₂'[i]} = {mean[i]:.2f} ± {deviation[i]:.2f}".replace("-", "−") for i in (0, 1))
    expect(page.get_by_text(shown).last).to_be_visible(timeout=SECONDS)


def test_a_recorded_drag_is_in_the_link_and_is_played(look: Callable[[str], Page]) -> None:
    page = look("data=digits&record=true")
    pad = page.locator(".map")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    for across, up in ((0.7, 0.4), (0.7, 0.6)):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + up * box["height"], steps=8)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]path=[-\d.%C;]+"), timeout=SECONDS)
    expect(page.get_by_alt_text(re.compile("The path through 40 places"))).to_be_attached(timeout=SECONDS)


def test_a_run_is_kept_by_name_and_dropped(look: Callable[[str], Page]) -> None:
    page = look("part=Two+runs&data=digits&hidden=20&steps=200000")
    page.get_by_role("button", name="20 steps").click()
    keep = page.get_by_role("button", name=re.compile("^Keep B as"))
    expect(keep).to_be_enabled(timeout=SECONDS)
    keep.click()
    expect(page).to_have_url(re.compile(r"[?&]kept=log-derivative"), timeout=SECONDS)
    overlay = page.get_by_role("img", name=re.compile("Bound on validation images of 3 runs"))
    expect(overlay).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name=re.compile("^Drop log-derivative")).click()
    expect(page).not_to_have_url(re.compile("kept="), timeout=SECONDS)


def test_the_page_shows_uploaded_pictures_and_one_press_trains(look: Callable[[str], Page]) -> None:
    """The uploader stands in a fragment of its own, below what it changes."""
    page = look("hidden=50")
    page.get_by_text("Train on your own pictures").click()
    page.locator("[class*='st-key-own-zip'] input[type=file]").set_input_files(
        {"name": "digits.zip", "mimeType": "application/zip", "buffer": zipped()})
    menu = page.get_by_role("combobox", name="Data (not in use: your pictures are)")
    expect(menu).to_be_disabled(timeout=SECONDS)
    expect(page.get_by_role("radio", name="pretrained")).to_have_count(0)
    page.get_by_role("button", name="20 steps").click()
    expect(page.get_by_text("My run: step 20 of 5,000")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Use the data set of the menu again").click()
    expect(menu).to_have_count(0, timeout=SECONDS)
    expect(page.get_by_text("My run: step 0 of 5,000")).to_be_visible(timeout=SECONDS)


def test_a_part_chosen_while_a_run_trains_leaves_nothing_behind(look: Callable[[str], Page], seen: Any) -> None:
    page = look("data=digits&hidden=50&steps=200000")     # it trains to the end of the module: the last test
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible(timeout=SECONDS)
    for part, own in (("Generation", ".st-key-cloud-prior"), ("Collapse", ".st-key-exact-collapse"),
                      ("Half-steps", ".st-key-half-steps"), ("Explore", ".st-key-cockpit")):
        page.get_by_role("radio", name=part, exact=True).click(timeout=SECONDS)
        expect(page.locator(own)).to_be_visible(timeout=SECONDS)
        seen.received.clear()
        until(page, lambda: runs_ended(seen.received) >= 2, "the page refreshes itself while the run trains")
        for key in ("cloud-prior", "exact-collapse", "half-steps", "cockpit"):
            expect(page.locator(f".st-key-{key}")).to_have_count(int(own.endswith(key)), timeout=5000)
        expect(page.locator(".st-key-model")).to_have_count(1)

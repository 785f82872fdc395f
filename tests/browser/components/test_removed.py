"""Components without a server, before the first paint and after their removal: no error, no message."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from ui.components import assets, draw_digit, latent_pad, live_figure
from ui.components.latent_pad import payload as pad_payload
from ui.components.live_figure import HoverLink, payload
from ui.figures import spec

pytestmark = pytest.mark.browser
SITE = """
globalThis.sent = []; globalThis.purged = 0;
globalThis.place = document.body.appendChild(document.createElement("div"));
globalThis.receive = (data) => { globalThis.remove = start({ parentElement: place, data,
  setStateValue: (...given) => sent.push(given), setTriggerValue: () => {} }); };
globalThis.figures = () => globalThis[Symbol.for("dgm.figures")].size;
"""
Start = Callable[[str], Page]


@pytest.fixture
def start(page: Page) -> Start:
    """An empty page with a component's script."""
    def of(script: str) -> Page:
        page.goto("about:blank")
        page.add_script_tag(content=SITE)
        script = script.replace("export default function", "globalThis.start = function")
        page.add_script_tag(type="module", content=script)
        page.wait_for_function("Boolean(globalThis.start)")
        return page

    return of


def receive(page: Page, data: bytes) -> None:
    page.evaluate("(bytes) => receive(Uint8Array.from(bytes))", list(data))


# Live figures ---------------------------------------------------------------------------------------------------------

FIGURES = "const ON_PAPER = {};\n" + assets.script(*live_figure.SHARED, *live_figure.TAKE_HOME,
                                                   *(f"live_figure/{name}" for name in live_figure.SCRIPTS))


def figure(frames: int = 0) -> spec.Figure:
    made = spec.Figure({"height": 200, "xaxis": {"range": [0, 3]}, "yaxis": {"range": [0, 3]}})
    made.add_scatter(x=[1, 2], y=[1, 2], mode="markers")
    made.frames = [spec.frame([{"x": [1, 2 + 0.1 * i], "y": [1, 2]}], [0]) for i in range(frames)]
    return made


def message(*shown: spec.Figure, hover: HoverLink | None = None, drag: Mapping[str, Any] | None = None) -> bytes:
    playback = payload.playback(shown, None, start=0, halves=False, commit=True, places=None, run="")
    return payload.encode({
        "plotly": "none.js", "figures": payload.figures(shown, None), "alts": ["a"] * len(shown), "theme": "light",
        "hall": "", "key": "k", "base": {"version": "v", "number": 0}, "playback": playback,
        "hover": payload.hover(hover, shown, 0), "select": hover is not None, "saved": None,
        "edit": payload.editing(shown[0], None, 10, drag)})


def press(page: Page, selector: str, key: str) -> None:
    page.evaluate("""([selector, key]) => document.querySelector(selector).dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true }))""", [selector, key])


def test_pointing_at_a_figure_that_is_not_painted_yet(start: Start) -> None:
    page = start(FIGURES)
    table = HoverLink(table=np.eye(2), source=0, items=[0, 0])
    receive(page, message(figure(), hover=table, drag={"trace": 0, "names": ["a", "b"]}))
    for name in ("pointermove", "pointerdown", "pointerup"):
        page.evaluate("""(name) => document.querySelector(".dgm-plot").dispatchEvent(
            new PointerEvent(name, { clientX: 40, clientY: 40, bubbles: true }))""", name)
    press(page, ".dgm-plot", "Enter")
    assert page.evaluate("sent") == []


def test_a_removed_figure_sends_nothing(start: Start) -> None:
    page = start(FIGURES)
    receive(page, message(figure(3)))
    press(page, ".dgm-plot", "ArrowRight")      # a commit is due in 300 ms
    page.evaluate("remove()")
    page.wait_for_timeout(450)
    assert page.evaluate("sent") == []
    assert page.evaluate("figures()") == 0


def test_a_removed_playback_does_not_follow_the_keys(start: Start) -> None:
    page = start(FIGURES)
    receive(page, message(figure(3)))
    receive(page, message(figure()))
    press(page, ".dgm-plot", "ArrowRight")
    page.wait_for_timeout(450)
    assert page.evaluate("sent") == []


def test_a_figure_that_goes_is_taken_apart(start: Start) -> None:
    page = start(FIGURES)
    page.add_script_tag(path=assets.PLOTLY_JS)
    page.evaluate("""() => { const purge = Plotly.purge;
        Plotly.purge = (plot) => { purged += 1; return purge(plot); }; }""")
    receive(page, message(figure(), figure()))
    page.wait_for_function("document.querySelectorAll('.dgm-plot .main-svg').length > 1")
    receive(page, message(figure()))
    page.wait_for_function("purged === 1")
    page.evaluate("remove()")
    page.wait_for_function("purged === 2")


# Pad and sheet --------------------------------------------------------------------------------------------------------


def pad_message() -> bytes:
    empty = np.zeros((0, 2), np.float32)
    arrays = {"weight0": np.ones((4, 2), np.float32), "bias0": np.zeros(4, np.float32), "means": np.ones((1, 2)),
              "labels": np.zeros(1), "train": empty, "target": empty, "draws": empty, "marks": empty, "noise": empty}
    return pad_payload.pack({
        "key": "pad", "latent": 2, "image": [2, 2], "depth": 1, "hidden": "tanh", "output": "sigmoid",
        "variance": None, "near": None, "best": None, "span": 4, "axes": [0, 1], "z": [0, 0], "limit": 100,
        "base": {"version": "v"}, "names": list("0123456789"), "height": 300, "challenge": 1, "record": False,
        "path": [], "saved": None, **latent_pad._style()}, arrays)


def test_a_removed_pad_leaves_nothing(start: Start) -> None:
    page = start(assets.script(*latent_pad.SCRIPTS))
    receive(page, pad_message())
    press(page, ".map", "ArrowRight")
    page.evaluate("""document.querySelector(".map").dispatchEvent(new KeyboardEvent("keyup", { key: "ArrowRight" }))""")
    page.evaluate("remove()")       # a commit is due in 250 ms
    page.evaluate("window.dispatchEvent(new PointerEvent('pointerup'))")
    page.wait_for_timeout(400)
    assert page.evaluate("[sent, figures(), place.children.length]") == [[], 0, 0]
    receive(page, pad_message())
    assert page.evaluate("[figures(), place.children.length]") == [1, 1]


def test_a_removed_sheet_leaves_nothing(start: Start) -> None:
    page = start(assets.script(*draw_digit.SCRIPTS))
    data = {"key": "sheet", "side": 56, "base": {"version": "v", "number": 0}, "strokes": [[1, 2, 300, 400]],
            "saved": None}
    page.evaluate(f"receive({json.dumps(data)})")
    assert page.evaluate("figures()") == 1
    page.evaluate("remove()")
    assert page.evaluate("[sent, figures(), place.children.length]") == [[], 0, 0]
    page.evaluate(f"receive({json.dumps(data)})")
    assert page.locator(".sheet").get_attribute("data-strokes") == "1"


def test_a_removed_painted_says_nothing(start: Start) -> None:
    page = start(assets.script("painted.js"))
    page.evaluate("receive()")
    page.evaluate("remove()")
    page.wait_for_timeout(700)
    assert page.evaluate("sent") == []
    page.evaluate("receive()")
    page.wait_for_function("sent.length === 1")

"""A visitor without a browser: opens a page of the app by its link, operates its controls, reads its content.

Nothing here is specific to a page: controls are found by the names that `ui.controls` stores in the session.
"""

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dgm import datasets
from tests.ui.components.messages import unpack
from ui import source_code
from ui.controls import EXPANDERS
from ui.source_code import SCRIPT_MARK, save_notebook
from ui.take_home.notebook import Part

ROOT = Path(__file__).parents[2]

# What no sentence about a figure may say: a hyphen as a minus, a power of ten as programs write it, no number.
UNWRITTEN = r"(?<![\w*])-\s?\d|\d[eE][-+]?\d|\bnan\b|\binf\b|\bNone\b"

WIDGETS = ("slider", "select_slider", "number_input", "selectbox", "button_group", "toggle", "text_input")


def open_app(stem: str, timeout: float = 120) -> AppTest:
    """The app at the page of a stem, before its first run, with all of EXPANDERS open."""
    at = AppTest.from_file(str(ROOT / "ui/frame.py"), default_timeout=timeout)
    # Before the first run `switch_page` identifies a page by its file's name, and all pages are called page.py.
    at._page_hash = calc_hash(stem)
    for name in EXPANDERS:
        at.session_state[name] = True
    at.session_state["painted"] = {"painted": True}     # what the browser's component of `pacing` commits
    return at


def figures(at: AppTest) -> list[dict[str, Any]]:
    """Every figure on the page: plotly's data, layout and frames, and its `alt` sentence."""
    sent = [json.loads(part.proto.bytes) for part in at.get("bidi_component")
            if part.proto.component_name == "live_figure"]
    return [figure | {"alt": alt} for one in sent for figure, alt in zip(one["figures"], one["alts"], strict=True)]


class Visitor:
    """One session on one page."""

    def __init__(self, stem: str, link: Mapping[str, str] | None = None) -> None:
        self.at, self.stem = open_app(stem), stem
        self.notebook: Part | None = None      # that the page offers, before it is written
        self.at.query_params.update(link or {})
        self.run()

    def run(self) -> "Visitor":
        """Run the page, and check that there is no exception and that every alt sentence has numbers, as in a book."""
        if "_controls" in self.at.session_state:
            self.at.query_params = self.link
        with patch.object(source_code, "save_notebook", self._notice_notebook):
            self.at.run()
        assert not self.at.exception, [error.value for error in self.at.exception]
        for alt in self.alts():
            assert re.search(r"\d", alt), f"alt text without a number: {alt!r}"
            assert not re.search(UNWRITTEN, alt), f"a number of a program: {alt!r}"
        return self

    # Content of the page

    @property
    def values(self) -> dict[str, Any]:
        """The value of every control that was drawn or hidden, by name."""
        return dict(self.at.session_state["_controls"].values)

    @property
    def defaults(self) -> dict[str, Any]:
        run = self.at.session_state["_controls"]
        return {name: run.drawn[name].default for name in run.values}

    @property
    def link(self) -> dict[str, str]:
        """The query parameters: bound controls, without defaults, as a browser writes them, and others."""
        values = self.values
        bound = {name for name in values if (drawn := self.widget(name)) and drawn.proto.query_param_key}
        unbound = {name: raw for name, raw in self.at.query_params.items() if name not in {*bound, *EXPANDERS}}
        return unbound | {name: _query_text(values[name]) for name in bound if values[name] != self.defaults[name]}

    def notes(self) -> list[str]:
        """The notes, each of those that are listed in one box."""
        return [text.removeprefix("* ") for note in self.at.info for text in note.value.split("\n* ")]

    def alts(self) -> list[str]:
        """The alt sentences of figures and images, and a sentence for each pad."""
        found = [figure["alt"] for figure in figures(self.at)]
        found += [alt for part in self.at.get("html") for alt in re.findall(r"<img[^>]* alt=\"([^\"]*)", part.value)]
        for part in self.at.get("bidi_component"):
            if part.proto.component_name == "dgm_latent_pad":
                found.append(f"pad of {unpack(part.proto.bytes)[0]['latent']} latents")
        return found

    def script(self) -> str:
        """The script that reproduces the page's numbers."""
        return next(code.value for code in self.at.code if code.value.startswith(SCRIPT_MARK))

    def printed(self) -> str:
        """The output of that script, as the page shows it."""
        codes = [code.value for code in self.at.code]
        return codes[codes.index(self.script()) + 1]

    def _notice_notebook(self, part: Part) -> None:
        self.notebook = part
        save_notebook(part)

    def names(self) -> list[str]:
        """What a screen reader says of the controls: the labels, and the options that stand side by side."""
        kinds = (*WIDGETS, "radio", "button", "text_area", "multiselect", "file_uploader", "expander")
        return [name for kind in kinds for widget in self.at.get(kind)
                for name in (widget.label, *(widget.options if kind in ("button_group", "radio") else ()))]

    def texts(self) -> str:
        """All text of the page."""
        return "\n".join(part.value for kind in ("markdown", "caption", "success", "error", "info")
                         for part in self.at.get(kind))

    # Input of the visitor

    def widget(self, name: str) -> Any:
        """The widget of a control, None when it is not drawn."""
        return next((w for kind in WIDGETS for w in self.at.get(kind) if w.key == name), None)

    def set(self, name: str, value: Any) -> "Visitor":
        """Set one control, as a visitor does."""
        self.widget(name).set_value(value)
        return self.run()

    def set_together(self, values: Mapping[str, Any]) -> "Visitor":
        """Set several controls before the page runs once, as a link does."""
        for name, value in values.items():
            self.widget(name).set_value(value)
        return self.run()

    def others(self, name: str) -> list[Any]:
        """Other values that a visitor can set a control to; of a choice, all that need no network."""
        widget, now = self.widget(name), self.values[name]
        if widget.type in ("slider", "number_input"):
            step = widget.step or (1 if isinstance(now, int) else (widget.max - widget.min) / 10)
            moved = now + step if now + step <= widget.max else now - step
            return [moved if isinstance(now, int) else round(moved, 6)]
        if widget.type == "toggle":
            return [not now]
        if widget.type == "text_input":
            return [f"{now} "]
        return [option for option in widget.options if option != now and _is_local(option)]

    def press(self, key: str) -> "Visitor":
        """Click a button by its key."""
        self.at.button(key=key).click()
        return self.run()

    def choose(self, situation: str) -> "Visitor":
        """Press a situation's button, in the part of the lesson that it belongs to."""
        self._open_part_of(situation)
        return self.press(f"preset {situation}")

    def _open_part_of(self, situation: str) -> None:
        if (button := self.widget("part")) is not None:
            state = import_module(f"pages.{self.stem}.state")
            part = state.PRESETS[situation].get("part", state.PARTS[0])
            if button.value != part:
                self.set("part", part)

    def keys(self, beginning: str) -> list[str]:
        """Keys of the buttons that begin with `beginning`."""
        return [button.key for button in self.at.button if str(button.key).startswith(beginning)]

    def move_everything(self) -> "Visitor":
        """Set every control to another value, including those that appear meanwhile."""
        moved: set[str] = set()
        while remaining := [name for name in self.values if name not in moved and self.widget(name)]:
            name = remaining[0]
            moved.add(name)
            if not self.widget(name).disabled and (others := self.others(name)):
                self.set(name, others[0])
        return self


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _is_local(option: str) -> bool:
    return option not in datasets.SOURCES or datasets.is_local(option)

"""A visitor without a browser: opens a page of the whole app by its link, moves what stands on it, reads what it shows.

Nothing here knows a page: controls are found by the names that `dgm.ui.controls` recorded in the session.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dgm import datasets
from tests.ui.components.messages import unpack
from ui.controls import EXPANDERS
from ui.source_code import SCRIPT_MARK

ROOT = Path(__file__).parents[2]

WIDGETS = ("slider", "number_input", "selectbox", "button_group", "toggle", "text_input")


def open_app(stem: str, timeout: float = 120) -> AppTest:
    """The frame at the page of this stem, not run yet, with the code that ran and the controls behind "more" opened."""
    at = AppTest.from_file(str(ROOT / "ui/frame.py"), default_timeout=timeout)
    # `switch_page` knows a page by its file's name before the first run, and all of ours are called page.py.
    at._page_hash = calc_hash(stem)
    for name in EXPANDERS:
        at.session_state[name] = True
    return at


def figures(at: AppTest) -> list[dict[str, Any]]:
    """Every figure on the page: plotly's data, layout and frames, and the sentence `alt` that says what it shows."""
    sent = [json.loads(part.proto.bytes) for part in at.get("bidi_component")
            if part.proto.component_name == "live_figure"]
    return [figure | {"alt": alt} for one in sent for figure, alt in zip(one["figures"], one["alts"], strict=True)]


class Visitor:
    """One session on one page."""

    def __init__(self, stem: str, link: Mapping[str, str] | None = None) -> None:
        self.at = open_app(stem)
        self.at.query_params.update(link or {})
        self.run()

    def run(self) -> "Visitor":
        """Run the page: no exception, and every figure says in words what it shows."""
        if "_controls" in self.at.session_state:
            self.at.query_params = self.link
        self.at.run()
        assert not self.at.exception, [error.value for error in self.at.exception]
        for alt in self.alts():
            assert re.search(r"\d", alt), f"alt text without a number: {alt!r}"
        return self

    # what the page says

    @property
    def values(self) -> dict[str, Any]:
        """Every control that ran, by name."""
        return dict(self.at.session_state["_controls"].values)

    @property
    def defaults(self) -> dict[str, Any]:
        run = self.at.session_state["_controls"]
        return {name: run.drawn[name].default for name in run.values}

    @property
    def link(self) -> dict[str, str]:
        """The address bar. The browser writes bound controls into it, defaults left out; the rest is the server's."""
        here = self.values
        bound = {name for name in here if (drawn := self.widget(name)) and drawn.proto.query_param_key}
        kept = {name: raw for name, raw in self.at.query_params.items() if name not in bound and name not in EXPANDERS}
        return kept | {name: _as_browsers_write(here[name]) for name in bound if here[name] != self.defaults[name]}

    def notes(self) -> list[str]:
        return [note.value for note in self.at.info]

    def alts(self) -> list[str]:
        """What is said of every chart and live figure, and of every pad's place."""
        said = [figure["alt"] for figure in figures(self.at)]
        said += [alt for part in self.at.get("html") for alt in re.findall(r"<img[^>]* alt=\"([^\"]*)", part.value)]
        for part in self.at.get("bidi_component"):
            if part.proto.component_name == "dgm_latent_pad":
                said.append(f"pad of {unpack(part.proto.bytes)[0]['latent']} latents")
        return said

    def script(self) -> str:
        """The program that reproduces the page's numbers."""
        return next(code.value for code in self.at.code if code.value.startswith(SCRIPT_MARK))

    def printed(self) -> str:
        """What that program prints, by the page's own word."""
        codes = [code.value for code in self.at.code]
        return codes[codes.index(self.script()) + 1]

    def texts(self) -> str:
        """All running text of the page."""
        return "\n".join(part.value for kind in ("markdown", "caption", "success", "error", "info")
                         for part in self.at.get(kind))

    # what a hand does

    def widget(self, name: str) -> Any:
        """The widget of a control, None when it is not drawn."""
        return next((w for kind in WIDGETS for w in self.at.get(kind) if w.key == name), None)

    def set(self, name: str, value: Any) -> "Visitor":
        """Move one control, as a hand does."""
        self.widget(name).set_value(value)
        return self.run()

    def others(self, name: str) -> list[Any]:
        """Other values that a hand can give a control; for a choice all of them that need no network."""
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

    def keys(self, beginning: str) -> list[str]:
        """Keys of the buttons that begin so."""
        return [button.key for button in self.at.button if str(button.key).startswith(beginning)]

    def move_everything(self) -> "Visitor":
        """Give every control another value, those that appear on the way too."""
        moved: set[str] = set()
        while still := [name for name in self.values if name not in moved and self.widget(name)]:
            moved.add(still[0])
            if not self.widget(still[0]).disabled and (others := self.others(still[0])):
                self.set(still[0], others[0])
        return self


def _as_browsers_write(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _is_local(option: str) -> bool:
    return option not in datasets.SOURCES or datasets.is_local(option)

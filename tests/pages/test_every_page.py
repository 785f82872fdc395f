"""Every lesson of the list: it renders, every control works, the link is the state, the script agrees."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from tests.pages.notebooks import notebook_agrees
from tests.pages.visitor import ROOT, Visitor
from ui.contents import LESSONS
from ui.control_types import Parameter
from ui.controls import SECTIONS

BAD = {"huge": "1e300", "negative": "-1e300", "nan": "nan", "infinite": "-inf", "wrong type": "[1, {}]",
       "script": "<script>alert(1)</script>", "picture": "![](//e.vil)", "empty": "", "long": "9" * 3000}
# Runs each script of a list alone, in a process that has nothing but the interpreter and torch, which takes longest to
# load; it may not import the libraries of the screen. Prints what each one printed, and what it said of an error.
ALONE = """
import contextlib, io, json, os, sys, traceback
import torch
def run(script):
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(script, {"__name__": "__main__"})
        assert not {"streamlit", "plotly"} & set(sys.modules), "the script needs more than dgm"
    except Exception:
        return out.getvalue(), traceback.format_exc()
    return out.getvalue(), ""
def alone(script):
    reading, writing = os.pipe()
    if not os.fork():
        with open(writing, "w") as file:
            json.dump(run(script), file)
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        answer = json.load(file)
    os.wait()
    return answer
json.dump([alone(script) for script in json.load(sys.stdin)], sys.stdout)
"""

SOURCE = r"[$\\{}]|^\s*$"     # TeX, which a screen reader would read out; or nothing

every_page = pytest.mark.parametrize("stem", [entry.stem for entry in LESSONS])


@cache
def first(stem: str) -> Visitor:
    """A page as its address without parameters opens it. Tests must not change it."""
    return Visitor(stem)


@every_page
def test_first_state_has_no_notes_and_all_elements(stem: str) -> None:
    page = first(stem)
    assert page.link == {}
    assert page.notes() == []
    assert page.values == page.defaults
    assert page.keys("commit ")
    assert len(page.keys("preset ")) >= 2
    assert page.alts()
    assert page.at.latex
    assert page.script()


@cache
def moved(stem: str) -> Visitor:
    """A page with every control at another value than its default, all answers shown. Tests must not change it."""
    return Visitor(stem, {"reveal": "1"}).move_everything()


@every_page
def test_sections_can_be_hidden(stem: str) -> None:
    page = Visitor(stem, {"hide": ",".join(SECTIONS)})
    assert page.notes() == []
    assert not page.at.title
    assert not page.keys("preset ")
    assert not page.keys("commit ")
    assert not any("Challenge." in text.value for text in page.at.markdown)
    assert page.alts()


@every_page
def test_every_control_moves(stem: str) -> None:
    page = moved(stem)
    unmoved = [name for name, value in page.values.items() if value == page.defaults[name]]
    assert [name for name in unmoved if not page.widget(name).disabled] == []


def views(page: Visitor) -> Iterator[str]:
    """The page at its first state, then once for every option of every choice."""
    yield "first"
    for name in [name for name in page.values if page.widget(name).type in {"selectbox", "button_group"}]:
        before = page.values[name]
        for value in page.others(name):
            page.set(name, value)
            assert page.values[name] == value
            yield f"{name} = {value}"
        page.set(name, before)


@every_page
def test_every_choice_can_be_made_and_there_are_questions(stem: str) -> None:
    page, questions = Visitor(stem), set()
    for _ in views(page):
        questions |= {key.removeprefix("commit ") for key in page.keys("commit ")}
        assert page.values.keys() == page.defaults.keys()
        assert [name for name in page.names() if re.search(SOURCE, name)] == []
    assert len(questions) >= 2


@every_page
def test_the_link_is_the_state(stem: str) -> None:
    page = moved(stem)
    again = Visitor(stem, page.link)
    assert again.values == page.values
    assert again.printed() == page.printed()
    assert again.link == page.link


@every_page
def test_defaults_leave_the_link(stem: str) -> None:
    page = Visitor(stem, moved(stem).link)
    preset = page.keys("preset ")[0]
    page.press(preset)
    for name, default in reversed(page.defaults.items()):
        if page.widget(name) and page.values.get(name) != default:
            page.set(name, default)
    assert page.values == page.defaults
    settings = import_module(f"pages.{stem}.state").PRESETS[preset.removeprefix("preset ")]
    assert set(page.link) <= {"reveal", *settings} - set(page.values)      # a parameter has no widget to reset it with


@every_page
@pytest.mark.parametrize("kind", BAD)
def test_hand_edited_links_give_notes_and_a_page(stem: str, kind: str) -> None:
    names = first(stem).values
    page = Visitor(stem, dict.fromkeys([*names, *page_parameters(stem)], BAD[kind]))
    checked = [name for name in names if page.widget(name) is None or page.widget(name).type != "text_input"]
    assert len(page.notes()) >= len(checked) - (kind == "empty")
    assert not any(re.search(r"(?<!\\)[<\[]", note) for note in page.notes())
    assert page.printed()
    assert values_behind(stem, tuple(page.link.items())) == page.values


@cache
def values_behind(stem: str, link: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The values of the controls that a link opens: many wrong values end in the same link."""
    return Visitor(stem, dict(link)).values


def page_parameters(stem: str) -> set[str]:
    """Parameters that components of the page edit."""
    table = first(stem).at.session_state["_controls"].table
    return {name for name, control in table.items() if isinstance(control, Parameter)}


@every_page
def test_unknown_names_in_the_link_are_noted_and_removed(stem: str) -> None:
    page = Visitor(stem, {"nonsense": "1", "hide": "nothing", "<b>": "2"})
    assert page.values == page.defaults
    assert any("nonsense" in note for note in page.notes())
    assert any("nothing" in note for note in page.notes())
    assert not any(re.search(r"(?<!\\)[<\[]", note) for note in page.notes())
    assert set(page.link) == {"hide"}


@every_page
def test_hidden_controls_keep_their_values(stem: str) -> None:
    shown = moved(stem)
    page = Visitor(stem, shown.link | {"hide": ",".join(shown.values)})
    assert page.values == shown.values
    assert page.printed() == shown.printed()
    assert [name for name in page.values if page.widget(name)] == []


def in_address(page: Visitor, name: str) -> Any:
    """The value that the server's own address gives a control; `Visitor.link` is what a browser makes of it."""
    control = page.at.session_state["_controls"].drawn[name]
    raw = page.at.query_params.get(name)
    return control.default if raw is None else control.parse(raw if isinstance(raw, str) else raw[-1])[0]


@every_page
def test_situations_set_their_values_and_the_script_agrees(stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = Visitor(stem)
    for name, settings in import_module(f"pages.{stem}.state").PRESETS.items():
        page.choose(name)
        for control, value in settings.items():
            if control in page.values:
                assert page.values[control] == value, f"{name}: {control}"
                assert in_address(page, control) == value, f"{name}: {control} in the address"
        assert page.at.button(key=f"preset {name}").proto.type == "secondary", f"{name} is not marked"
        assert notebook_agrees(page)
        assert Visitor(stem, page.link).values == page.values


@every_page
def test_answers_are_shown_after_a_commit(stem: str) -> None:
    page = Visitor(stem)
    questions = [key.removeprefix("commit ") for key in page.keys("commit ")]
    for key in questions:
        picked = next((radio for radio in page.at.radio if radio.key == f"prediction {key}"), None)
        if picked is not None:
            assert page.at.button(key=f"commit {key}").disabled
            picked.set_value(picked.options[0])
            page.run()
        page.press(f"commit {key}")
        assert "You said" in page.texts()
        assert f"commit {key}" not in page.keys("commit ")
        page.press(f"again {key}")
        page.press(f"skip {key}")
        assert f"again {key}" in page.keys("again ")
    assert len(re.findall(r"(It|The answer) is:? \*\*", page.texts())) >= len(questions)


@every_page
def test_reveal_and_present(stem: str) -> None:
    page = Visitor(stem, {"reveal": "1", "present": "1"})
    assert page.keys("commit ") == []
    assert re.search(r"(It is|The answer is:) \*\*", page.texts())
    assert any("html { font-size: 20px; }" in part.value for part in page.at.get("html"))
    assert not page.at.get("page_link") or page.notes() == []


def test_the_code_that_ran_prints_the_numbers_of_the_page() -> None:
    pages = [first(entry.stem) for entry in LESSONS]
    ran = subprocess.run([sys.executable, "-W", "error", "-c", ALONE], cwd=ROOT, check=False, capture_output=True,
                         text=True, timeout=300, input=json.dumps([page.script() for page in pages]))
    assert ran.returncode == 0, ran.stderr[-2000:]
    wrong = {page.stem: error or printed for page, (printed, error) in zip(pages, json.loads(ran.stdout), strict=True)
             if error or printed.strip() != page.printed()}
    assert wrong == {}


@every_page
def test_the_code_follows_the_controls(stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert notebook_agrees(moved(stem))

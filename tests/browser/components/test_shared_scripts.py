"""The components' shared scripts in Chromium: edits as pure functions, and Streamlit's rule for dark themes."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from ui.components import assets

pytestmark = pytest.mark.browser


def run(page: Page, name: str, body: str) -> Any:
    """The result of a function body that uses one of the shared scripts."""
    return page.evaluate("([script, body]) => new Function(`${script}; ${body}`)()",
                         [assets.script(f"shared/{name}"), body])


def edits(page: Page, *steps: str) -> Any:
    """Overlay and message after some steps, each a call without its first argument: `committed({z: [1]})`."""
    calls = "".join(f"edits = {step.replace('(', '(edits, ', 1)};" for step in steps)
    return run(page, "edits.js", f"const drafted = (edits, draft) => ({{ ...edits, draft }}); "
                                 f"let edits = received(null, {{ version: 'a' }}); {calls} "
                                 "return { overlay: overlay(edits), message: message(edits), commits: edits.commits };")


def test_commits_are_absolute_and_numbered(page: Page) -> None:
    found = edits(page, "committed({ moved: { 1: [0, 1] } })", "committed({ moved: { 2: [5, 5] } })",
                  "committed({ moved: { 1: [2, 3] } })")
    assert found["message"] == {"version": "a", "number": 3, "frame": None, "moved": [[1, 2, 3], [2, 5, 5]]}


@pytest.mark.parametrize(("taken", "left"), [(0, [[1, 0, 1], [2, 5, 5]]), (1, [[2, 5, 5]]), (2, [])])
def test_an_answer_removes_the_commits_that_it_includes(page: Page, taken: int, left: list[list[int]]) -> None:
    found = edits(page, "committed({ moved: { 1: [0, 1] } })", "committed({ moved: { 2: [5, 5] } })",
                  f"received({{ version: 'a', number: {taken} }})")
    assert found["message"]["moved"] == left
    assert found["message"]["number"] == 2


def test_what_a_later_commit_replaces_is_not_kept(page: Page) -> None:
    found = edits(page, *(f"committed({{ image: '{i}', strokes: [[{i}]] }})" for i in range(20)))
    assert found["commits"] == [{"number": 20, "image": "19", "strokes": [[19]]}]
    found = edits(page, "committed({ moved: { 1: [0, 1] } })", "committed({ moved: { 2: [5, 5] }, z: [1] })",
                  "committed({ moved: { 1: [2, 3] } })", "committed({ z: [2] })", "committed({ frame: 3 })")
    assert found["commits"] == [{"number": 2, "moved": {"2": [5, 5]}}, {"number": 3, "moved": {"1": [2, 3]}},
                                {"number": 4, "z": [2]}]
    assert found["message"] == {"version": "a", "number": 5, "frame": 3, "moved": [[1, 2, 3], [2, 5, 5]], "z": [2]}


def test_another_version_drops_all_commits_and_continues_the_numbers(page: Page) -> None:
    found = edits(page, "committed({ points: [[1, 1]], frame: 4 })", "received({ version: 'b' })")
    assert found["message"] == {"version": "b", "number": 1, "frame": None, "moved": []}
    again = edits(page, "received({ version: 'b', number: 7 })", "committed({ z: [1, 2] })")
    assert again["message"] == {"version": "b", "number": 8, "frame": None, "moved": [], "z": [1, 2]}


def test_answers_do_not_change_the_draft_and_messages_do_not_contain_it(page: Page) -> None:
    for answer in ("{ version: 'a', number: 1 }", "{ version: 'b' }"):
        found = edits(page, "committed({ moved: { 0: [1, 1] } })", "drafted({ moved: { 0: [9, 9] } })",
                      f"received({answer})")
        assert found["overlay"]["moved"] == {"0": [9, 9]}
        assert found["message"]["moved"] == []


def test_a_frame_is_valid_as_long_as_its_version(page: Page) -> None:
    steps = ["committed({ frame: 3 })", "committed({ moved: { 0: [1, 1] } })", "received({ version: 'a', number: 2 })"]
    assert edits(page, *steps)["message"]["frame"] == 3
    assert edits(page, *steps, "received({ version: 'b' })")["message"]["frame"] is None


@pytest.mark.parametrize(("background", "dark"), [
    ("#ffffff", False), ("#000000", True), ("rgb(14, 17, 23)", True), ("#f0f2f6", False), ("white", False),
    ("#bcbcbc", False), ("#bbbbbb", True), ("#0000ff", True), ("#00ff00", False), ("rgba(250, 250, 250, 0.5)", False)])
def test_dark_is_a_luminance_of_at_most_a_half(page: Page, background: str, dark: bool) -> None:
    page.goto("about:blank")
    page.evaluate("colour => document.body.style.setProperty('--st-background-color', colour)", background)
    assert run(page, "theme.js", "return isDark(document.body);") is dark, json.dumps(background)

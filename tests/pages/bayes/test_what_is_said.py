"""What the Bayes page says about wrong texts, cut areas and its evidence, and what it keeps back until it is asked."""

import re
from collections.abc import Mapping

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.visitor import Visitor, figures


def opened(reveal: bool = True, **link: str) -> AppTest:
    """The page behind a link."""
    return Visitor("bayes", ({"reveal": "1"} if reveal else {}) | link).at


def texts(page: AppTest) -> str:
    return "\n".join(element.value for element in (*page.markdown, *page.caption, *page.success))


@pytest.mark.parametrize(("link", "until_then"), [
    ({"tosses": "HTHT xyz"}, "no observation is used"), ({"model": "die", "rolls": "1 7"}, "no observation is used"),
    ({"part": "What comes next", "tosses_held": "Hx"}, "nothing is held out"),
    ({"model": "coin, drawn prior", "heights": "1 x"}, "a flat prior is used"),
    ({"part": "Regression", "points": "1:2 x"}, "own points are shown")], ids=str)
def test_a_note_about_a_wrong_text_says_what_is_used_until_then(link: Mapping[str, str], until_then: str) -> None:
    notes = [element.value for element in opened(**link).info]
    assert any(until_then in note for note in notes), notes


def test_one_observation_has_no_other_order() -> None:
    assert "opposite order" not in texts(opened(tosses="H"))
    assert "opposite order" in texts(opened(tosses="HT"))


@pytest.mark.parametrize(("link", "cut"), [
    ({"a": "100", "b": "0.05", "tosses": "HHH"}, True), ({"a": "100", "b": "0.05"}, False), ({}, False),
    ({"model": "coin, prior in two parts", "other_a": "0.1", "tosses": "TTT"}, True)], ids=str)
def test_a_page_says_when_its_figure_cuts_the_area_of_the_evidence(link: Mapping[str, str], cut: bool) -> None:
    assert ("cuts a part of the area off" in texts(opened(**link))) == cut


@pytest.mark.parametrize(("a", "b"), [("0.05", "100"), ("100", "0.05"), ("2", "2")])
def test_the_evidence_is_the_same_number_in_the_formula_and_the_figure(a: str, b: str) -> None:
    page = opened(a=a, b=b)
    (written,) = (trace["text"][0] for trace in figures(page)[0]["data"] if trace["name"] == "evidence")
    number = written.split("= ")[-1].replace(" × ", r"\times ").replace("<sup>−", "^{-").replace("</sup>", "}")
    assert number.replace(" ", "") in page.latex[0].value.replace(" ", "")


def test_nothing_says_the_answer_before_it_is_asked_for() -> None:
    covered = opened(reveal=False, part="MAP", a="0.5", b="0.5", tosses="")
    assert "flat" not in texts(covered)
    assert "flat" in texts(opened(part="MAP", a="0.5", b="0.5", tosses=""))
    assert "one of the axes" not in texts(covered)
    assert not re.search(r"\d apart$", texts(opened(reveal=False, part="MAP")), re.MULTILINE)
    assert "0.017 apart" in texts(opened(part="MAP", tosses="HHTHHHTT"))

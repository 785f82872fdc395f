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


@pytest.mark.parametrize("link", [{}, {"tosses": "500050000H 499950000T"}, {"model": "number, known noise"}], ids=str)
def test_the_logarithms_of_the_theorem_add_up_as_they_are_shown(link: Mapping[str, str]) -> None:
    (formula,) = (one.value for one in opened(**link).latex if r"\log p(\theta|\mathbf{X})" in one.value)
    left, likelihood, prior, evidence = (float(text.replace("{,}", "")) for text in re.findall(
        r"-?\d(?:\d|\{,\})*\.\d{3}", formula))
    assert left == pytest.approx(likelihood + prior - evidence, abs=1e-6)


@pytest.mark.parametrize(("tosses", "mean"), [
    ("1000000000H", "1 − 2 × 10⁻⁹"), ("1000000000T", "2 × 10⁻⁹"), ("HT", "0.5")])
def test_the_posterior_mean_is_not_rounded_to_an_end(tosses: str, mean: str) -> None:
    assert f"here the posterior mean {mean}. Then" in texts(opened(tosses=tosses))


@pytest.mark.parametrize("link", [{"tosses": "HHH"}, {"model": "number, unknown noise", "values": "74"}], ids=str)
def test_the_lead_is_the_difference_of_the_scores_that_are_shown(link: Mapping[str, str]) -> None:
    shown = texts(opened(part="What comes next", **link))
    _, posterior, plug_in = re.findall(r"−\d+\.\d{3}", shown.split("MAP plug-in |\n|---|---|---|\n")[1])[:3]
    lead = abs(float(posterior.replace("−", "-")) - float(plug_in.replace("−", "-")))
    assert f" is {lead:.3f} nats ahead" in shown


@pytest.mark.parametrize(("labelled", "said", "unsaid"), [
    ("", "there are no points, so the likelihood is 1 for every w", "standardised"),
    ("1:1", "no spread: all points have the same x", "deviation 1"),
    ("1:1 1:0", "no spread: all points have the same x", "deviation 1"),
    ("0:1 1:0", "which has mean 0 and deviation 1", "no spread")])
def test_nothing_is_said_of_classes_and_spreads_that_are_not_there(labelled: str, said: str, unsaid: str) -> None:
    shown = texts(opened(part="No closed form", labelled=labelled))
    assert said in shown
    assert unsaid not in shown


def test_the_saved_numbers_of_the_degrees_have_names() -> None:
    (found,) = (figure for figure in figures(opened(part="Regression")) if "degree" in figure["alt"])
    names = [trace["name"] for trace in found["data"]]
    assert len(set(names)) == len(names)
    assert [shape["name"] for shape in found["layout"]["shapes"]] == ["chosen degree"]


def test_the_challenge_of_two_maps_waits_for_the_answer() -> None:
    link = {"part": "MAP", "a": "1", "b": "1", "tosses": "H"}
    assert re.search(r"Reached: \d\.\d{3} apart", texts(opened(**link)))
    assert "the distance is shown once the question is answered" in texts(opened(reveal=False, **link))
    assert "Reached" not in texts(opened(reveal=False, **link))

"""What the lesson asks: no answer is on the page already, or where the slider begins."""

import math
import re
from typing import Any

import pytest

from dgm import likelihood
from pages.autoregressive import maximum, placement
from pages.autoregressive.placement import Place, Question
from pages.autoregressive.state import DIGITS, GAUSSIAN, MIXTURE, ONE_IMAGE, PIXELS, STUDENT, ZOO
from tests.pages.visitor import Visitor
from ui import question
from ui.figures.written import latex

WAITS = Question("waiting", 272, GAUSSIAN, 3.0)
FAMILIES = [WAITS._replace(family=family) for family in likelihood.FAMILIES]


def opened(**link: str) -> Visitor:
    return Visitor("autoregressive", link)


def test_the_product_is_written_as_in_the_formula() -> None:
    page = opened(column="malic acid", points="178", family=STUDENT, reveal="1")
    found = placement.setting(Question("malic acid", 178, STUDENT, 3.0))
    total = likelihood.terms(found.model(found.start), found.x).log_likelihood
    assert latex(math.exp(total)) in page.at.latex[0].value
    assert f"so the product is ${latex(math.exp(2 * total))}$" in page.texts()
    lost = opened(points="272", reveal="1")
    assert re.search(r"so the product is \$\d\.\d+ \\cdot 10\^\{-\d{3,4}\}\$", lost.texts()), "where it is 0"


def test_at_the_maximum_the_question_is_how_far_a_shift_falls() -> None:
    page = opened()
    assert "From the maximum you move the density to the right" in page.texts()
    texts = page.press("maximum").texts()
    assert "Reached: you are at the maximum." in texts
    assert "e-" not in texts
    exact = maximum.fall(placement.setting(WAITS._replace(points=20)))
    answer = page.press("skip fall").texts()
    assert f"**{exact:.1f} nats**" in answer
    assert f"become ${latex(math.exp(exact))}$ times less probable" in answer


def asked_numbers(monkeypatch: pytest.MonkeyPatch, **link: str) -> dict[str, tuple[float, ...]]:
    """The slider's low, high and first place, and the answer, of each question about a number of a page."""
    found, number = {}, question.number

    def noted(key: str, prompt: str, truth: Any, why: Any, **slider: Any) -> bool:
        scale = math.log if slider.get("ratio") else float
        found[key] = tuple(map(scale, (slider["low"], slider["high"], slider["start"], truth())))
        return number(key, prompt, truth, why, **slider)

    monkeypatch.setattr(question, "number", noted)
    Visitor("autoregressive", link)
    return found


@pytest.mark.parametrize("link", [
    {}, {"points": "272", "family": MIXTURE}, {"column": "malic acid", "points": "178", "family": STUDENT},
    {"points": "5", "family": MIXTURE}, {"part": PIXELS}, {"part": DIGITS}, {"part": ONE_IMAGE}, {"part": ZOO},
], ids=str)
def test_no_slider_begins_at_its_answer_or_has_it_in_its_middle(monkeypatch: pytest.MonkeyPatch,
                                                               link: dict[str, str]) -> None:
    for key, (low, high, start, answer) in asked_numbers(monkeypatch, **link).items():
        assert low <= answer <= high, key
        for place in (start, (low + high) / 2):
            assert abs(answer - place) > 0.005 * (high - low), key


@pytest.mark.parametrize(("link", "points", "count"), [
    ({}, "all 272 points", 272), ({"points": "272"}, "only the first 136 points", 136),
    ({"column": "malic acid", "points": "178", "family": STUDENT}, "every point twice", 356)], ids=str)
def test_the_product_that_is_asked_for_is_not_the_one_that_is_shown(link: dict[str, str], points: str,
                                                                    count: int) -> None:
    page = opened(**link)
    assert f"Take {points}, with the density where it is." in page.texts()
    asked = Question(page.values["column"], page.values["points"], page.values["family"], 3.0)
    found = placement.setting(asked)
    x = maximum.others(found, found.start)[1]
    assert len(x) == count != asked.points
    exact = float(found.model(found.start).log_prob(x).sum())
    assert f"The sum of the logarithms is −{-exact:.2f} nats" in page.press("skip product").texts()


@pytest.mark.parametrize("asked", FAMILIES, ids=lambda asked: asked.family)
def test_a_shift_by_one_scale_falls_by_half_a_nat_for_each_point_of_a_gaussian(asked: Question) -> None:
    found = placement.setting(asked)
    moved = found.model(Place(found.best.location + found.best.scale, found.best.scale))
    assert maximum.fall(found) == pytest.approx(found.most - float(moved.log_prob(found.x).sum()))
    assert 0 < maximum.fall(found) < 4 * asked.points      # the slider's end
    if asked.family == "Gaussian":
        assert maximum.fall(found) == pytest.approx(asked.points / 2)

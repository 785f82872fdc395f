"""Questions: commitments belong to one state, are in the link, and compare by factor or by difference."""

import itertools

import pytest
from streamlit.testing.v1 import AppTest

from ui.control_types import LogSlider, round_numbers
from ui.question import choice_answer, number_answer

SCRIPT = '''
import streamlit as st
from ui import question

size = st.slider("size", 1, 9, 3)
question.number("ratio", "How many times?", lambda: 100.0 * size, lambda v: "because", low=0.001, high=1e6, ratio=True,
                about=f"size {size}")
question.choice("side", "Which?", ["it grows", "it stays"], lambda: "it stays", lambda v: "because",
                about=f"size {size}")
'''


def opened(answers: str = "") -> AppTest:
    page = AppTest.from_string(SCRIPT)
    if answers:
        page.query_params["answers"] = answers
    page.run()
    assert not page.exception
    return page


def text(page: AppTest) -> str:
    return "\n".join(part.value for kind in ("markdown", "caption") for part in page.get(kind))


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def answers(page: AppTest) -> str:
    found = page.query_params.get("answers", "")
    return found if isinstance(found, str) else found[0]


def test_a_ratio_is_answered_by_a_factor() -> None:
    page = opened()
    page.select_slider(key="prediction ratio").set_value(5.0).run()
    assert "You said 5; it is **300**: 60 times too low." in text(press(page, "commit ratio"))


def test_a_reload_keeps_the_answers() -> None:
    page = opened()
    page.radio(key="prediction side").set_value("it grows").run()
    press(page, "commit side")
    press(page, "skip ratio")
    again = opened(answers(page))
    assert "You said “it grows”. The answer is: **it stays**." in text(again)
    assert "It is **300**." in text(again)


def test_a_prediction_is_never_compared_with_another_state() -> None:
    page = opened()
    page.select_slider(key="prediction ratio").set_value(5.0).run()
    press(page, "commit ratio")
    page.slider[0].set_value(4).run()
    assert "You said" not in text(page)
    assert "Your prediction for an earlier state of this page was 5." in text(page)
    page.slider[0].set_value(3).run()
    assert "You said 5" in text(page)


def test_predict_again_opens_the_question() -> None:
    page = press(press(opened(), "skip ratio"), "again ratio")
    assert "commit ratio" in [button.key for button in page.button]
    assert "answers" not in page.query_params


@pytest.mark.parametrize("raw", ["ratio", "ratio~x~0000", "ratio~nan~0000", "~~;;~", "ratio~1~2~3", "x" * 5000,
                                 "side~7~{}", "side~0.5~{}", "side~-1~{}", "<b>~1~0000"])
def test_a_damaged_link_asks_anew(raw: str) -> None:
    page = opened()
    state = answers(press(page, "skip side")).split("~")[-1]
    found = opened(raw.format(state))
    assert "You said" not in text(found)


@pytest.mark.parametrize(("prediction", "exact", "ratio", "sentence"), [
    (None, 3.0, True, "It is **3**."), (3.0, 3.0001, True, "You said 3; it is **3**: right."),
    (6.0, 3.0, True, "You said 6; it is **3**: 2 times too high."),
    (6.0, 3.0, False, "You said 6; it is **3**: too high by 3."),
    (6.0, 0.0, True, "You said 6; it is **0**: too high by 6."),
    (None, 14012.0, True, "It is **14,000**."), (2.0, 2.5e7, True, "You said 2; it is **2.5 × 10⁷**: 1.2 × 10⁷ times "
                                                                   "too low.")])
def test_sentences_of_numbers(prediction: float | None, exact: float, ratio: bool, sentence: str) -> None:
    assert number_answer(prediction, exact, ratio=ratio) == sentence


@pytest.mark.parametrize(("exact", "sentence"), [
    (99.98, "It is **more than 99 %**."), (0.02, "It is **less than 1 %**."), (100.0, "It is **100 %**."),
    (0.0, "It is **0 %**."), (42.4, "It is **42 %**.")])
def test_a_percentage_is_0_or_100_only_exactly(exact: float, sentence: str) -> None:
    assert number_answer(None, exact, "%", "{:.0f}") == sentence


def test_sentences_of_choices() -> None:
    assert choice_answer(None, "it stays") == "The answer is: **it stays**."
    assert choice_answer("it stays", "it stays") == "You said “it stays”: right."


@pytest.mark.parametrize(("low", "high"), [(0.05, 100.0), (1.0, 1e6), (1e-3, 5e-3)])
def test_round_numbers_are_at_about_equal_ratios(low: float, high: float) -> None:
    grid = round_numbers(low, high)
    assert (grid[0], grid[-1]) == (low, high)
    assert max(after / before for before, after in itertools.pairwise(grid)) < 1.25


def test_a_log_slider_keeps_the_number_of_a_link() -> None:
    script = '''
from ui import controls
from ui.control_types import LogSlider
controls.begin("x")
controls.use({"a": LogSlider("a", 0.05, 100, 2.0)})
print(controls.draw("a"))
'''
    page = AppTest.from_string(script)
    page.query_params["a"] = "2.345"
    page.run()
    assert page.select_slider(key="a").value == 2.345
    page.select_slider(key="a").set_value(3.0).run()
    assert page.select_slider(key="a").value == 3.0
    assert LogSlider("a", 0.05, 100, 2.0).parse("1e9")[0] == 100


def test_answers_have_a_true_minus_and_a_power_of_ten() -> None:
    assert number_answer(-30.0, -31.94, "nats", "{:.1f}") == (
        "You said −30.0; it is **−31.9 nats**: too high by 1.9.")
    assert number_answer(None, 0.25, "nats", error=9e-6) == "It is **0.25 ± 9 × 10⁻⁶ nats**."

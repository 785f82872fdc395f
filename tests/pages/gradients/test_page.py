"""The gradient lab without a browser: every part and preset, answers of questions, links, formulas, the scripts."""

import contextlib
import io
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dgm import gradients
from pages.gradients import estimators, results, vae_comparison
from pages.gradients.setting import Setting
from pages.gradients.state import PLAIN_PAIR, PRESETS
from tests.pages.visitor import Visitor, figures, open_app
from ui.source_code import SCRIPT_MARK

ROOT = Path(__file__).parents[3]
# part -> questions, figures before a prediction and with all answers shown, and controls
SHARED = {"part", "cost", "k", "offset", "mu", "sigma", "seed"}
PARTS = {
    "Two estimators": ({"ratio", "constant"}, 1, 3, SHARED | {"parameter", "dims", "left", "right"}),
    "Why": ({"order"}, 1, 3, SHARED | {"parameter"}),
    "Sweeps": ({"losing"}, 2, 3, SHARED | {"parameter", "dims", "axis", "set", "K", "per"}),
    "Race": ({"arrivals"}, 1, 2, SHARED | {"racer", "rival", "optimizer", "rate", "per_step", "accuracy"}),
    "Discrete": ({"bias"}, 1, 2, SHARED | {"temperature", "draws"}),
    "The VAE": ({"bound", "parts", "rule"}, 0, 2, {"part", "away", "batch", "z_draws", "n", "printed"}),
}
AFTER_ANSWERS = {"Two estimators": {"dots"}, "The VAE": {"layer"}}
every_part = pytest.mark.parametrize("part", list(PARTS))


@pytest.fixture(autouse=True)
def _clear_caches() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(reveal: bool = True, **link: str) -> AppTest:
    """The page behind a link."""
    page = open_app("gradients")
    for name, value in {**({"reveal": "1"} if reveal else {}), **link}.items():
        page.query_params[name] = value
    page.run()
    return page


def all_text(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.latex))


def check_page(page: AppTest) -> None:
    """No exception, neither nan nor inf in the text, an alt sentence for every figure."""
    assert not page.exception, page.exception[0].value
    assert not re.search(r"\bnan\b|\binf\b", all_text(page))
    assert all(figure["alt"].endswith(".") for figure in figures(page))


def figure_count(page: AppTest) -> int:
    return len(figures(page))


def run(script: str) -> str:
    """What a script prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(script, "script", "exec"), {})
    return output.getvalue().strip()


def element_types(block: Block) -> Iterator[str]:
    """Types of all elements of a block in the order of the page."""
    for child in block.children.values():
        yield child.type
        if isinstance(child, Block):
            yield from element_types(child)


def press(page: AppTest, key: str) -> AppTest:
    next(element for element in page.button if element.key == key).click().run()
    return page


def test_no_preset_shows_an_error() -> None:
    """One session opens all of them one after the other."""
    page = Visitor("gradients")
    assert len(PRESETS) >= 8
    for name in PRESETS:
        check_page(page.choose(name).at)
        assert not page.at.error, name


def test_presets_open_the_part_that_shows_their_effect() -> None:
    page = Visitor("gradients")
    shown = {name: page.choose(name).values["part"] for name in PRESETS}
    assert set(shown.values()) == set(PARTS)
    assert shown["Shrink σ"] == "Why"
    assert shown["A wave: slopes lose"] == "Sweeps"
    assert shown["Add 50 to f"] == "Two estimators"


@every_part
def test_every_part_has_its_questions_figures_and_controls(part: str) -> None:
    questions, before, after, controls = PARTS[part]
    asking, answered = Visitor("gradients", {"part": part}), Visitor("gradients", {"part": part, "reveal": "1"})
    assert {key.removeprefix("commit ") for key in asking.keys("commit ")} == questions
    assert (figure_count(asking.at), figure_count(answered.at)) == (before, after)
    assert set(asking.values) == controls
    assert set(answered.values) == controls | AFTER_ANSWERS.get(part, set())
    check_page(asking.at)
    check_page(answered.at)


def test_the_first_part_has_two_questions_and_a_figure_before_its_controls() -> None:
    page = Visitor("gradients")
    assert len(page.keys("commit ")) >= 2
    kinds = list(element_types(page.at.main))
    kinds = kinds[kinds.index("button_group"):]  # from the choice of the part on
    assert "bidi_component" in kinds
    kinds = list(itertools.takewhile(lambda kind: kind != "bidi_component", kinds))
    assert not {"slider", "selectbox"} & set(kinds), "a control is above the first figure"


@every_part
def test_a_link_reproduces_all_controls_of_a_part(part: str) -> None:
    """Every control of the part at another value: the link gives the same page, the script the same numbers."""
    page = Visitor("gradients", {"part": part, "reveal": "1"})
    for name in [name for name in page.values if name != "part"]:
        if page.widget(name) and not page.widget(name).disabled:
            page.set(name, page.others(name)[0])
    still = [name for name, value in page.values.items() if value == page.defaults[name] and name != "part"]
    assert [name for name in still if name in PARTS[part][3] and not page.widget(name).disabled] == []
    again = Visitor("gradients", page.link)
    assert again.values == page.values
    assert again.printed() == page.printed() == run(page.script())
    assert again.link == page.link


def test_a_value_set_in_one_part_is_used_in_the_others() -> None:
    page = Visitor("gradients").set("sigma", 0.3).set("dims", 5).set("cost", "cosine")
    page.set("part", "Why")
    assert (page.values["sigma"], page.values["cost"]) == (0.3, "cosine")
    assert page.link == {"part": "Why", "sigma": "0.3", "cost": "cosine"}, "dims is no control of this part"
    page.set("sigma", 0.4).set("part", "The VAE").set("part", "Sweeps")
    assert (page.values["sigma"], page.values["dims"], page.values["cost"]) == (0.4, 5, "cosine")
    page.set("axis", "k").set("part", "Two estimators").set("part", "Sweeps")
    assert page.values["axis"] == "k"
    assert page.link == {"part": "Sweeps", "sigma": "0.4", "dims": "5", "cost": "cosine", "axis": "k"}


def test_a_closed_expander_draws_no_controls_but_their_values_are_used() -> None:
    page = open_app("gradients")
    page.session_state["more"] = False
    page.query_params["dims"] = "64"
    page.run()
    check_page(page)
    assert "One of 64 equal coordinates" in all_text(page)
    assert "dims" not in [slider.key for slider in page.slider]


def test_a_preset_resets_the_controls_of_other_parts() -> None:
    page = Visitor("gradients")
    defaults = {}
    for part in PARTS:
        page.set("part", part)
        defaults |= {name: value for name, value in page.defaults.items() if name != "part"}
    page.set("part", "Sweeps").set("K", 7).set("axis", "mu").set("part", "Race").set("rate", 0.1)
    page.press("preset A parabola")
    for part in PARTS:
        page.set("part", part)
        assert {name: defaults[name] for name in page.values if name != "part"} == {
            name: value for name, value in page.values.items() if name != "part"}


def test_answers_are_hidden_before_a_prediction() -> None:
    page = opened(reveal=False)
    check_page(page)
    assert figure_count(page) == 1, "only the setting"
    page.slider(key="prediction ratio").set_value(100.0).run()
    press(page, "commit ratio")
    assert figure_count(page) == 3
    assert "You said 100; it is **124 times**: too low by 23.8." in all_text(page)


def plain_moments(setting: Setting) -> dict[str, results.Moments]:
    return results.moments(setting, "mu", PLAIN_PAIR)


def variance_ratio(setting: Setting) -> float:
    return results.variance_ratio(*plain_moments(setting).values())


def test_answers_follow_the_controls() -> None:
    setting = Setting(kind="quadratic", k=1.5, mu=0.5, sigma=0.25)
    one, other = (gradients.exact(name, setting.cost, setting.q).variance[0].item() for name in PLAIN_PAIR)
    assert variance_ratio(setting) == pytest.approx(one / other)
    page = opened(k="1.5", mu="0.5", sigma="0.25")
    assert f"It is **{one / other:.3g} times**" in all_text(page)
    k = results.losing_frequency(0.5, 0.25, "mu")
    before, after = (variance_ratio(Setting("cosine", k * scale, mu=0.5, sigma=0.25)) for scale in (0.999, 1.001))
    assert before > 1 > after


def test_answers_about_constants_and_infinite_variances() -> None:
    before, after = (plain_moments(setting) for setting in (Setting(), Setting().plus(50.0)))
    assert estimators.changed(before, after) == "only the log-derivative's"
    assert estimators.changed(before, before) == "neither"
    growing = Setting("formula", text="exp(0.3*x**2)", sigma=1.0)
    assert math.isinf(plain_moments(growing)["log-derivative"].variance)
    assert math.isnan(variance_ratio(growing))


@pytest.mark.parametrize(("text", "message"), [("2x", "Position 1"), ("x^2", r"x\*\*2"), ("log(x)", "no value near x"),
                                            ("__import__('os')", "not a known"), ("1/x", "no finite mean"),
                                            ("exp(x**4)", "no finite mean")])
@pytest.mark.parametrize("part", list(PARTS)[:-1])
def test_wrong_formulas_show_an_error_and_the_page_works(text: str, message: str, part: str) -> None:
    page = opened(cost="formula", text=text, part=part)
    check_page(page)
    error = page.error[0].value.replace("\\", "")
    assert re.search(message, error)
    assert "meanwhile" in error


@pytest.mark.parametrize("link", [{"text": "exp(0.3*x**2)", "sigma": "1"}, {"text": "exp(0.6*x**2)", "sigma": "0.8"},
                                  {"text": "sqrt(x)", "mu": "3", "sigma": "0.02"}, {"text": "step(x)"}, {"text": "0"},
                                  {"text": "1/x", "mu": "3", "sigma": "0.02"}])
@pytest.mark.parametrize("part", list(PARTS)[:-1])
def test_extreme_formulas_are_drawn_or_rejected_with_a_reason(link: dict[str, str], part: str) -> None:
    page = Visitor("gradients", {"cost": "formula", "part": part, "reveal": "1"} | link)
    check_page(page.at)
    assert page.script()
    for error in page.at.error:
        assert "value" in error.value


def test_a_typed_formula_is_part_of_the_claim() -> None:
    text = all_text(opened(cost="formula", text="step(x)", offset="3", sigma="1.0", mu="0.4"))
    assert "Only the left one has the mean" in text
    assert "`step(x)+3`" in text


def test_the_biased_estimate_of_a_step_has_a_warning() -> None:
    page = opened(cost="formula", text="step(x)", sigma="1.0", mu="0.4")
    assert any("reparametrization has the mean 0 here, not 0.368" in warning.value for warning in page.warning)


def test_each_wrong_query_parameter_has_a_note() -> None:
    page = opened(reveal=False, sigma="-3", cost="cubic", dims="1000")
    check_page(page)
    assert page.slider(key="sigma").value == 0.02
    assert len(page.info) == 3


@pytest.mark.parametrize("link", [{}, {"cost": "formula", "text": "exp(-x**2)+x", "dims": "3", "parameter": "sigma"},
                                  {"cost": "sampled bound", "mu": "1.0", "sigma": "0.6"},
                                  {"cost": "general quadratic", "b": "-1.0", "offset": "7.0"}])
@pytest.mark.parametrize("part", list(PARTS)[:-1])
def test_the_script_prints_the_pages_numbers(link: dict[str, str], part: str) -> None:
    page = opened(reveal=False, **link, part=part)
    blocks = [block.value for block in page.code]
    script = next(index for index, text in enumerate(blocks) if text.startswith(SCRIPT_MARK))
    assert run(blocks[script]) == blocks[script + 1].strip()
    assert ": " in blocks[script + 1]


def test_the_challenge_shows_its_numbers_after_the_first_answer() -> None:
    assert "124" not in all_text(opened(reveal=False))
    assert "the log-derivative has 124 times the variance" in all_text(opened())


def test_a_wave_of_high_frequency_meets_the_challenge() -> None:
    assert not opened(reveal=False).success
    page = opened(reveal=False, cost="cosine", k="12.0", sigma="1.0", mu="0.5")
    assert "Reached" in page.success[0].value


def test_the_answer_about_the_two_vaes_is_that_of_their_final_bounds() -> None:
    one, other = results.final_bounds()
    assert other > one + 1
    assert vae_comparison.winner(one, other) == "reparametrization"
    assert vae_comparison.winner(-20.0, -20.5) == "the same, within 1 nat"


def test_the_two_vaes_can_be_trained() -> None:
    page = opened(part="The VAE")
    assert any(button.label == "Train" for button in page.button)
    assert any("Press Train" in caption.value for caption in page.caption)


@pytest.mark.parametrize("part", ["Sweeps", "Race"])
def test_a_biased_estimator_is_named_wherever_estimators_are_compared(part: str) -> None:
    jumping = opened(part=part, cost="formula", text="step(x)", mu="0.4", sigma="1.0")
    assert any(warning.value.startswith("Biased for this f: reparametrization") for warning in jumping.warning)
    smooth = opened(part=part)
    assert not any("Biased" in warning.value for warning in smooth.warning)

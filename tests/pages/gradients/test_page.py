"""The gradient lab without a browser: every part and preset, answers of questions, links, formulas, the scripts."""

import contextlib
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dgm import gradients
from pages.gradients import estimators, notation, results
from pages.gradients.setting import Setting
from pages.gradients.state import NOTES, PLAIN_PAIR, PRESETS
from tests.pages.gradients.lesson import WITH_Q, all_text, check_page, opened
from tests.pages.revealed import empty_caches
from tests.pages.visitor import Visitor, figures, open_app
from ui.source_code import SCRIPT_MARK

ROOT = Path(__file__).parents[3]
# part -> questions, figures without and with answers, and controls
SHARED = {"part", "cost", "k", "offset", "mu", "sigma", "seed"}
PARTS = {
    "Two estimators": ({"narrower", "constant"}, 3, 3, SHARED | {"parameter", "dims", "left", "right", "dots"}),
    "Why": ({"constant in terms"}, 3, 3, SHARED | {"parameter"}),
    "Sweeps": ({"raised"}, 3, 3, SHARED | {"parameter", "dims", "axis", "set", "K"}),
    "Gradient descent": ({"longer steps"}, 2, 2,
                         SHARED | {"racer", "rival", "optimizer", "rate", "per_step", "accuracy"}),
    "Discrete z": ({"temperature"}, 2, 2, SHARED | {"temperature", "draws"}),
    "The VAE": ({"bound"}, 2, 2, {"part", "layer"}),
    "Mini-batches": ({"draws", "twice n"}, 2, 2, {"part", "away", "batch", "z_draws", "n", "printed"}),
}
FIRST_FIGURES = {"Two estimators": "single gradients", "Why": "terms", "Sweeps": "sweep",
                 "Gradient descent": "descents", "Discrete z": "categories", "The VAE": "signal",
                 "Mini-batches": "split"}
PRESETS_LINK = {"cost": "sampled bound", "mu": "1", "sigma": "0.71", "right": "sticking the landing"}
every_part = pytest.mark.parametrize("part", list(PARTS))

fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)


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
    assert shown["A small σ"] == "Why"
    assert shown["A cosine of high frequency"] == "Sweeps"
    assert shown["50 added to f"] == "Two estimators"
    assert set(NOTES) == set(PRESETS), "each situation has a sentence"


@every_part
def test_every_part_has_its_questions_figures_and_controls(part: str) -> None:
    questions, before, after, controls = PARTS[part]
    asking, answered = Visitor("gradients", {"part": part}), Visitor("gradients", {"part": part, "reveal": "1"})
    assert {key.removeprefix("commit ") for key in asking.keys("commit ")} == questions
    assert (figure_count(asking.at), figure_count(answered.at)) == (before, after)
    assert set(asking.values) == controls
    assert set(answered.values) == controls
    check_page(asking.at)
    check_page(answered.at)


@every_part
def test_a_part_begins_with_its_figure(part: str) -> None:
    """Nothing but the parts, the situations and words is above the figure, and no question is."""
    page = Visitor("gradients", {"part": part}).at
    kinds = list(element_types(page.main))
    kinds = kinds[kinds.index("button_group") + 1:]      # after the choice of the part
    assert "bidi_component" in kinds
    assert not {"slider", "selectbox", "radio", "select_slider"} & set(kinds[:kinds.index("bidi_component")])
    first = next(one.proto.id for one in page.get("bidi_component") if one.proto.component_name == "live_figure")
    assert first.endswith(f"-{FIRST_FIGURES[part]}")


@pytest.mark.parametrize("part", WITH_Q)
def test_a_part_begins_with_its_figure_for_the_sampled_bound_too(part: str) -> None:
    page = Visitor("gradients", PRESETS_LINK | {"part": part})
    check_page(page.at)
    assert figure_count(page.at) >= 2
    kinds = list(element_types(page.at.main))
    assert "slider" not in kinds[kinds.index("button_group") + 1:kinds.index("bidi_component")]
    assert any("Shown instead: log-likelihood" in one.value for one in page.at.info) == (part == "Sweeps")


def test_another_part_does_not_show_the_sentence_of_a_situation_of_this_one() -> None:
    page = Visitor("gradients").choose("q is the posterior")
    assert NOTES["q is the posterior"] in all_text(page.at)
    assert NOTES["q is the posterior"] not in all_text(page.set("part", "Sweeps").at)


def test_headline_and_challenge_name_the_estimators_that_they_compare() -> None:
    page = opened(**PRESETS_LINK)
    found = results.moments(Setting("sampled bound", 2.0, mu=1.0, sigma=0.71), "mu",
                            (*PLAIN_PAIR, "sticking the landing"))
    plain, other, landing = (one.variance for one in found.values())
    words = all_text(page)
    assert "Left: **log-derivative**. Right: **sticking the landing**." in words
    assert f"{plain / landing:,.0f} times" in words
    assert f"the plain log-derivative has the larger variance, {plain / other:.3g} times that of the plain" in words


def test_the_text_counts_the_coordinates_of_z() -> None:
    assert "z is one number" in all_text(opened())
    assert "a sum over the 64 coordinates of z" in all_text(opened(dims="64"))


@every_part
def test_a_link_reproduces_all_controls_of_a_part(part: str) -> None:
    """Every control of the part at another value: the link gives the same page, the script the same numbers."""
    page = Visitor("gradients", {"part": part, "reveal": "1"})
    moved = {"part"}
    while new := [name for name in page.values if name not in moved and page.widget(name)]:     # some appear meanwhile
        moved |= {*new}
        page.set_together({name: page.others(name)[0] for name in new if not page.widget(name).disabled})
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
    assert "one of 64 equal coordinates" in all_text(page)
    assert "dims" not in [slider.key for slider in page.slider]


def test_a_preset_resets_the_controls_of_other_parts() -> None:
    page = Visitor("gradients")
    defaults = {}
    for part in PARTS:
        page.set("part", part)
        defaults |= {name: value for name, value in page.defaults.items() if name != "part"}
    page.set("part", "Sweeps").set("K", 7).set("axis", "mu").set("part", "Gradient descent").set("rate", 0.1)
    page.set("part", "Two estimators").press("preset A parabola")
    for part in PARTS:
        page.set("part", part)
        assert {name: defaults[name] for name in page.values if name != "part"} == {
            name: value for name, value in page.values.items() if name != "part"}


def test_the_variances_are_on_the_page_and_the_question_is_about_the_next_move() -> None:
    page = opened(reveal=False)
    check_page(page)
    assert "**Predict.** Now σ is halved, from 0.5 to 0.25." in all_text(page)
    assert re.search(r"Variance .*123\.8.* against .*1.*: 124 times", all_text(page))
    assert "2.58" not in all_text(page)
    page.select_slider(key="prediction narrower").set_value(10.0).run()
    press(page, "commit narrower")
    before, after = (plain_moments(setting)["log-derivative"].variance for setting in (Setting(), Setting(sigma=0.25)))
    assert f"it is **{after / before:.3g} times**" in all_text(page)
    assert "times too high" in all_text(page), "the feedback on a ratio is a factor"


def test_a_prediction_is_not_compared_with_another_setting() -> None:
    page = opened(reveal=False)
    press(page, "commit narrower")
    assert "You said" in all_text(page)
    page.slider(key="mu").set_value(0.5).run()
    assert "You said" not in all_text(page)
    assert "for an earlier state" in all_text(page)


def test_every_factor_of_a_situation_is_on_its_slider() -> None:
    asked = 0
    for name, state in PRESETS.items():
        setting = Visitor("gradients").choose(name).values
        if state.get("part"):
            continue
        found = Setting(setting["cost"], setting["k"], text=setting.get("text", "").replace("z", "x"),
                        offset=setting["offset"], mu=setting["mu"], sigma=setting["sigma"], dims=setting.get("dims", 1))
        now, then = (results.moments(one, "mu", [setting["left"]])[setting["left"]].variance
                     for one in (found, found.narrower))
        if 0 < now < math.inf and 0 < then < math.inf:
            asked += 1
            assert estimators.LOW <= then / now <= estimators.HIGH
    assert asked >= 6


@pytest.mark.parametrize("parameter", ["mu", "sigma"])
def test_each_estimator_stands_over_its_own_variance(parameter: str) -> None:
    """All of them on both sides, each with the formula that is its own."""
    names, page = list(gradients.ESTIMATORS), Visitor("gradients", {"parameter": parameter})
    assert len({notation.gradient(name, parameter) for name in names}) == len(names)
    for left, right in zip(names, reversed(names), strict=True):
        page.set("left", left).set("right", right)
        check_page(page.at)
        (formulas,) = (one.value for one in page.at.latex if "underbrace" in one.value)
        found = results.moments(Setting(), parameter, (left, right))
        for name in (left, right):
            variance = notation.latex(found[name].variance)
            assert re.search(re.escape(notation.gradient(name, parameter)) + r"\}+_\{[^}]*\}\{\\mathrm\{Var\}\\, = \\,"
                             + re.escape(variance) + r"\}", formulas), name


def test_one_estimator_can_stand_on_both_sides() -> None:
    page = opened(left="reparametrization", right="reparametrization")
    check_page(page)
    assert "the variances are equal" in all_text(page)
    assert "The answer is: **neither**." in all_text(page)


def test_equal_and_infinite_variances_are_not_said_to_differ() -> None:
    assert "the variances are equal" in all_text(opened(cost="exponential"))
    assert "the variances are both infinite" in all_text(opened(cost="formula", text="exp(0.3*x**2)", sigma="1"))
    assert "the variances differ" in all_text(opened())


def test_ratios_in_words() -> None:
    assert [notation.times(ratio) for ratio in (123.75, 1 / 144, 1.0, math.nan, math.inf)] == [
        "124 times", "144 times smaller", "equal", "", ""]
    assert estimators.standing(1 / 144) == (
        "here the plain reparametrization has the larger variance, 144 times that of the plain log-derivative.")


def plain_moments(setting: Setting) -> dict[str, results.Moments]:
    return results.moments(setting, "mu", PLAIN_PAIR)


def variance_ratio(setting: Setting) -> float:
    return results.variance_ratio(*plain_moments(setting).values())


def test_answers_follow_the_controls() -> None:
    setting = Setting(kind="quadratic", k=1.5, mu=0.5, sigma=0.25)
    one, other = (gradients.exact(name, setting.cost, setting.q).variance[0].item() for name in PLAIN_PAIR)
    assert variance_ratio(setting) == pytest.approx(one / other)
    assert f": {one / other:.3g} times" in all_text(opened(k="1.5", mu="0.5", sigma="0.25"))
    wave = Setting("cosine", mu=0.5, sigma=0.25)
    k = results.losing_frequency(wave, "mu")
    before, after = (variance_ratio(Setting("cosine", k * scale, mu=0.5, sigma=0.25)) for scale in (0.999, 1.001))
    assert before > 1 > after


def test_the_question_of_a_sweep_is_about_its_own_function() -> None:
    wave = Visitor("gradients", {"part": "Sweeps", "cost": "cosine", "axis": "k", "sigma": "1", "mu": "0.5"})
    assert wave.keys("commit ") == ["commit losing"]
    assert "frequency" not in all_text(opened(reveal=False, part="Sweeps"))


def test_answers_about_constants_and_infinite_variances() -> None:
    before, after = (plain_moments(setting) for setting in (Setting(), Setting().plus(50.0)))
    assert estimators.changed(PLAIN_PAIR, before, after) == "only the left one's"
    assert estimators.changed(PLAIN_PAIR[::-1], before, after) == "only the right one's"
    assert estimators.changed(PLAIN_PAIR, before, before) == "neither"
    growing = Setting("formula", text="exp(0.3*x**2)", sigma=1.0)
    assert math.isinf(plain_moments(growing)["log-derivative"].variance)
    assert math.isnan(variance_ratio(growing))


def test_each_wrong_query_parameter_has_a_note() -> None:
    page = opened(reveal=False, sigma="-3", cost="cubic", dims="1000")
    check_page(page)
    assert page.slider(key="sigma").value == 0.02
    assert page.info[0].value.count("The link asks for") == 3


@pytest.mark.parametrize("link", [{}, {"cost": "formula", "text": "exp(-x**2)+x", "dims": "3", "parameter": "sigma"},
                                  {"cost": "sampled bound", "mu": "1.0", "sigma": "0.6"},
                                  {"cost": "general quadratic", "b": "-1.0", "offset": "7.0"}])
@pytest.mark.parametrize("part", WITH_Q)
def test_the_script_prints_the_pages_numbers(link: dict[str, str], part: str) -> None:
    page = opened(reveal=False, **link, part=part)
    blocks = [block.value for block in page.code]
    script = next(index for index, text in enumerate(blocks) if text.startswith(SCRIPT_MARK))
    assert run(blocks[script]) == blocks[script + 1].strip()
    assert ": " in blocks[script + 1]


def test_the_challenge_waits_for_no_answer() -> None:
    answer = "here the plain log-derivative has the larger variance, 124 times that of the plain reparametrization"
    assert answer in all_text(opened(reveal=False))
    for text in ("step(z)", "exp(0.3*z**2)"):
        assert "no ratio" in all_text(opened(reveal=False, cost="formula", text=text, sigma="1"))


def test_a_wave_of_high_frequency_meets_the_challenge() -> None:
    assert not opened(reveal=False).success
    page = opened(reveal=False, cost="cosine", k="12.0", sigma="1.0", mu="0.5")
    assert "Reached" in page.success[0].value

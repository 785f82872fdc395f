"""The gradient lab without a browser: every situation and way on, graded truths, links, formulas, the script."""

import contextlib
import io
import math
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dgm import gradients
from dgm.ui import gradients_further, gradients_lab
from dgm.ui.gradients_lab import LEFT, RIGHT, Lab
from dgm.ui.lesson import SCRIPT_MARK
from tests.pages.visitor import figures, open_app

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(reveal: bool = True, **link: str) -> AppTest:
    """The page behind a link."""
    page = open_app()
    for name, value in {**({"reveal": "1"} if reveal else {}), **link}.items():
        page.query_params[name] = value
    page.switch_page(str(ROOT / "pages/gradients.py")).run()
    return page


def written(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.latex))


def healthy(page: AppTest) -> None:
    """No exception, no number that is none, a sentence for every figure."""
    assert not page.exception, page.exception[0].value
    assert not re.search(r"\bnan\b|\binf\b", written(page))
    assert all(figure["alt"].endswith(".") for figure in figures(page))


def charts(page: AppTest) -> int:
    return len(figures(page))


def press(page: AppTest, key: str) -> AppTest:
    next(element for element in page.button if element.key == key).click().run()
    return page


def test_every_situation_is_healthy() -> None:
    """One session walks them all, as a lecturer does."""
    page = opened()
    healthy(page)
    names = [element.key for element in page.button if element.key.startswith("preset ")]
    assert len(names) >= 8
    for name in names:
        healthy(press(page, name))
        assert not page.error, name


@pytest.mark.parametrize("way", list(gradients_further.WAYS))
def test_every_way_on(way: str) -> None:
    page = opened(way=way)
    healthy(page)
    assert charts(page) >= 5


def test_nothing_is_shown_before_a_prediction() -> None:
    page = opened(reveal=False)
    healthy(page)
    assert charts(page) == 1, "only the prices"
    page.slider(key="prediction ratio").set_value(100.0).run()
    press(page, "commit ratio")
    assert charts(page) == 3
    assert "You said 100; it is **124 times**: 23.8 times too low." in written(page)


def test_truths_follow_the_controls() -> None:
    lab = Lab(kind="quadratic", k=1.5, mu=0.5, sigma=0.25)
    one, other = (gradients.exact(name, lab.cost, lab.q).variance[0].item() for name in (LEFT[0], RIGHT[0]))
    assert gradients_lab.ratio(lab, LEFT[0], RIGHT[0]) == pytest.approx(one / other)
    page = opened(k="1.5", mu="0.5", sigma="0.25")
    assert f"It is **{one / other:.3g} times**" in written(page)
    k = gradients_lab.losing_frequency(0.5, 0.25, "mu")
    before, after = (gradients_lab.ratio(Lab("cosine", k * scale, mu=0.5, sigma=0.25), LEFT[0], RIGHT[0])
                     for scale in (0.999, 1.001))
    assert before > 1 > after


def test_answers_about_constants_and_infinite_variances() -> None:
    assert gradients_lab.moved_by(Lab(), 50.0) == "only the log-derivative's"
    grows = Lab("formula", text="exp(0.3*x**2)", sigma=1.0)
    assert math.isinf(gradients_lab.variance(grows, LEFT[0]))
    assert math.isnan(gradients_lab.ratio(grows, LEFT[0], RIGHT[0]))


@pytest.mark.parametrize(("text", "said"), [("2x", "Position 1"), ("x^2", r"x\*\*2"), ("log(x)", "no value near x"),
                                            ("__import__('os')", "not a known")])
def test_wrong_formulas_are_said_and_the_page_lives(text: str, said: str) -> None:
    page = opened(cost="formula", text=text)
    healthy(page)
    assert re.search(said, page.error[0].value)
    assert "meanwhile" in page.error[0].value


def test_a_step_is_called_wrong() -> None:
    page = opened(cost="formula", text="step(x)", sigma="1.0", mu="0.4")
    assert any("reparametrization has the mean 0 here, not 0.368" in warning.value for warning in page.warning)


def test_bad_links_are_noted() -> None:
    page = opened(reveal=False, sigma="-3", cost="cubic", dims="1000")
    healthy(page)
    assert page.slider(key="sigma").value == 0.02
    assert len(page.info) == 3


@pytest.mark.parametrize("link", [{}, {"cost": "formula", "text": "exp(-x**2)+x", "dims": "3", "parameter": "sigma"},
                                  {"cost": "sampled bound", "mu": "1.0", "sigma": "0.6"},
                                  {"cost": "general quadratic", "b": "-1.0", "offset": "7.0"}])
def test_the_script_prints_the_pages_numbers(link: dict[str, str]) -> None:
    page = opened(reveal=False, **link)
    script, printed = (next(block.value for block in page.code if test(block.value)) for test in (
        lambda text: text.startswith(SCRIPT_MARK), lambda text: text.startswith("gradient:")))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(script, "script", "exec"), {})
    assert said.getvalue().strip() == printed.strip()


def test_challenge_is_reached_by_the_wave() -> None:
    assert not opened(reveal=False).success
    page = opened(reveal=False, cost="cosine", k="12.0", sigma="1.0", mu="0.5")
    assert "Reached" in page.success[0].value


def test_the_duels_answer_is_what_the_runs_reach() -> None:
    one, other = gradients_further.duel_bounds()
    assert other > one + 1
    assert gradients_further.winner(one, other) == "reparametrization"
    assert gradients_further.winner(-20.0, -20.5) == "the same, within 1 nat"


def test_the_duel_is_a_live_run() -> None:
    page = opened(way="Inside a VAE")
    assert any(button.label == "Train" for button in page.button)
    assert any("Press Train" in caption.value for caption in page.caption)

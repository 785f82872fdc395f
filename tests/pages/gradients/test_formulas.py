"""The gradient lab with a typed formula: wrong and extreme ones, and what the page says of them."""

import re

import pytest

from tests.pages.gradients.lesson import WITH_Q, all_text, check_page, opened
from tests.pages.revealed import empty_caches
from tests.pages.visitor import Visitor

fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)


@pytest.mark.parametrize(("text", "message"), [("2x", "Position 1"), ("z^2", r"z\*\*2"), ("log(x)", "no value near z"),
                                            ("__import__('os')", "not a known"), ("1/x", "no finite mean"),
                                            ("exp(x**4)", "no finite mean")])
@pytest.mark.parametrize("part", WITH_Q)
def test_wrong_formulas_show_an_error_and_the_page_works(text: str, message: str, part: str) -> None:
    page = opened(cost="formula", text=text, part=part)
    check_page(page)
    error = page.error[0].value.replace("\\", "")
    assert re.search(message, error)
    assert "meanwhile" in error


@pytest.mark.parametrize(("link", "place"), [
    ({"text": "log(z)"}, "0"), ({"text": "log(z + 1)"}, "−1"),
    ({"text": "log(z)", "mu": "3", "sigma": "0.02", "part": "Sweeps", "axis": "mu"}, "−")])
def test_a_formula_without_a_value_is_told_in_the_letters_of_the_page(link: dict[str, str], place: str) -> None:
    error = opened(cost="formula", **link).error[0].value.replace("\\", "")
    assert re.match(f"This f has no value near z = {place}[^ ]*: choose μ and σ inside its domain", error)
    assert "e-" not in error


@pytest.mark.parametrize("link", [{"text": "exp(0.3*x**2)", "sigma": "1"}, {"text": "exp(0.6*x**2)", "sigma": "0.8"},
                                  {"text": "sqrt(x)", "mu": "3", "sigma": "0.02"}, {"text": "step(x)"}, {"text": "0"},
                                  {"text": "1/x", "mu": "3", "sigma": "0.02"}])
@pytest.mark.parametrize("part", WITH_Q)
def test_extreme_formulas_are_drawn_or_rejected_with_a_reason(link: dict[str, str], part: str) -> None:
    page = Visitor("gradients", {"cost": "formula", "part": part, "reveal": "1"} | link)
    check_page(page.at)
    assert page.script()
    for error in page.at.error:
        assert "value" in error.value


def test_a_typed_formula_is_part_of_the_claim() -> None:
    text = all_text(opened(cost="formula", text="step(x)", offset="3", sigma="1.0", mu="0.4"))
    assert "Only the log-derivative has the exact gradient" in text
    assert "`step(z) +3`" in text


def test_the_biased_estimate_of_a_step_is_marked_in_every_part() -> None:
    page = opened(cost="formula", text="step(z)", sigma="1.0", mu="0.4")
    assert any("its slope is 0 everywhere and this estimator always returns 0" in warning.value
               for warning in page.warning)
    assert "(biased)" in all_text(page)
    for part in ("Sweeps", "Gradient descent"):
        found = opened(cost="formula", text="step(z)", sigma="1.0", mu="0.4", part=part).warning
        assert any("Biased for this f: reparametrization" in warning.value for warning in found), part
        assert not any("Biased" in warning.value for warning in opened(part=part).warning), part


def test_a_typed_formula_may_be_in_z_or_in_x() -> None:
    one, other = (opened(cost="formula", text=text, code="true") for text in ("exp(-z**2)", "exp(-x**2)"))
    assert all_text(one) == all_text(other)


@pytest.mark.parametrize(("cost", "objective", "words"), [
    ("quadratic", r"J(q) = \mathbb{E}_q f + KL(q", "f is a cost"),
    ("log-likelihood", r"J(q) = -\mathbb{E}_q f + KL(q", "f is a log-likelihood")])
def test_the_objective_has_one_sign_and_says_why(cost: str, objective: str, words: str) -> None:
    page = opened(part="Gradient descent", cost=cost)
    assert any(objective in formula.value for formula in page.latex)
    assert words in all_text(page)

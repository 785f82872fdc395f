"""Claims and answers of the gradient lab where a variance is infinite or a bar stays as it is."""

from functools import partial
from math import isfinite

import pytest

from pages.gradients import results
from pages.gradients.notation import latex
from pages.gradients.setting import Setting
from pages.gradients.state import PLAIN_PAIR
from tests.pages.revealed import answer, opened_by_link

opened = partial(opened_by_link, "gradients")


@pytest.mark.parametrize("pair", [PLAIN_PAIR, PLAIN_PAIR[::-1]])
def test_one_infinite_variance_is_not_equal_to_a_finite_one(pair: tuple[str, str]) -> None:
    moments = results.moments(Setting("formula", text="sqrt(abs(x))"), "mu", PLAIN_PAIR)
    assert sum(isfinite(moments[name].variance) for name in PLAIN_PAIR) == 1
    at = opened(cost="formula", text="sqrt(abs(z))", left=pair[0], right=pair[1])
    claim = next(text.value for text in at.markdown if "the variances" in text.value)
    assert claim.endswith("the variances differ.")
    heading = next(text.value for text in at.markdown if "## Variance" in text.value)
    assert r"\boldsymbol{\infty}" in heading      # KaTeX has no \infty in \textbf


@pytest.mark.parametrize(("link", "bars"), [
    ({}, "f(μ) ε/σ and 2 Cov"), ({"mu": 2, "offset": -25}, "2 Cov"),
    ({"cost": "formula", "text": "z", "offset": -25}, "none of them"),
    ({"cost": "formula", "text": "z"}, "f(μ) ε/σ")])
def test_the_bars_that_a_constant_changes_are_compared_one_by_one(link: dict[str, object], bars: str) -> None:
    """At -25 the constant 50 turns f(mu) to 25, whose square is the same."""
    assert answer(opened(part="Why", **link), "Which of the bars change") == bars


def test_small_and_large_numbers_of_a_formula_have_a_power_of_ten() -> None:
    assert [latex(x) for x in (2e-5, 0.5, 20_500.0, 3e9)] == [r"2 \cdot 10^{-5}", "0.5", "20{,}500", r"3 \cdot 10^{9}"]

"""Numbers in sentences, formulas and on axes."""

from math import inf

import pytest

from pages.gradients.notation import axis_label, latex, short


@pytest.mark.parametrize(("x", "text"), [(inf, "infinite"), (0.123456, "0.123"), (-0.0, "0"), (12345.6, "12,346"),
                                         (2e7, "2 × 10⁷"), (-4.0, "−4")])
def test_short(x: float, text: str) -> None:
    assert short(x) == text


@pytest.mark.parametrize(("x", "text"), [(inf, r"\infty"), (1e-15, "0"), (0.123456, "0.1235"), (12345.6, "12{,}346")])
def test_latex(x: float, text: str) -> None:
    assert latex(x) == text


@pytest.mark.parametrize(("x", "text"), [(0.01, "0.01"), (1000.0, "1000"), (1e-6, "10⁻⁶"), (2e5, "2·10⁵")])
def test_axis_label(x: float, text: str) -> None:
    assert axis_label(x) == text

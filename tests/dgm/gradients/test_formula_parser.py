"""formula_parser: formulas are computed, errors name the position, nothing is executed."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dgm.gradients import COSTS, Cost, Gaussian, exact
from dgm.gradients.formula_parser import FUNCTIONS, FormulaError, formula

X = torch.linspace(-2, 2, 9, dtype=torch.float64)


@pytest.mark.parametrize(("text", "value"), [
    ("(x - 1)**2", (X - 1) ** 2), (" -x**2 + 2*x ", -(X**2) + 2 * X),
    ("exp(-x**2)*cos(3*z)", (-(X**2)).exp() * (3 * X).cos()),
    ("pi", torch.full_like(X, math.pi)), ("e**x", math.e**X), ("+x/(1+x**2)", X / (1 + X**2)), ("2**x", 2**X),
    ("abs(x)**1.5", X.abs() ** 1.5), ("step(x)", (X > 0).double()), ("log(1 + x**2)", (1 + X**2).log())])
def test_values(text: str, value: torch.Tensor) -> None:
    assert torch.allclose(formula(text)(X), value)


def test_slope_and_exact_moments_are_those_of_the_named_cost() -> None:
    typed, named, q = formula("cos(1.5*x)"), COSTS["cosine"](1.5), Gaussian(0.4, 0.8)
    assert torch.allclose(typed.slope(X), named.slope(X))
    for name in ("log-derivative + best baseline", "reparametrization", "measure-valued"):
        one, other = exact(name, typed, q), exact(name, named, q)
        assert torch.allclose(one.mean, other.mean, rtol=1e-10)
        assert torch.allclose(one.variance, other.variance, rtol=1e-10)
    assert formula("x**2").slope(torch.zeros(1, dtype=torch.float64)).item() == 0


@pytest.mark.parametrize(("text", "position", "word"), [
    ("", 1, "empty"), ("x^2", 2, r"x\*\*2"), ("2x", 1, "product"), ("(x", 1, "bracket"), ("1 + foo(x)", 5, "'foo'"),
    ("1 + y", 5, "'y'"), ("sin(x, 2)", 1, "exactly one"), ("sin", 1, "'sin'"), ("x.real", 1, "not allowed"),
    ("__import__('os')", 1, "not a known function"), ("x if x else 1", 1, "not allowed"), ("'a'", 1, "only numbers"),
    ("1j*x", 1, "only numbers"), ("x + 1e10", 5, "numbers must lie"), ("x × 2", 3, "character"),
    ("x // 2", 1, "not allowed"),
    ("lambda: x", 1, "not allowed"), ("[x for x in x]", 1, "not allowed"), ("x == 1", 1, "not allowed"),
    ("log(x - 9)", 1, "no finite value"), ("9**9**9**9", 1, "no finite value"), ("-" * 150 + "x", 1, "parts"),
    ("1+(" * 30 + "x" + ")" * 30, 70, "nested"), ("x" * 300, 201, "longer"), ("sin(x=1)", 1, "exactly one"),
    ("x; x", 2, "read"), ("...", 1, "not allowed"), ("True", 1, "only numbers")])
def test_wrong_formulas_get_a_position(text: str, position: int, word: str) -> None:
    with pytest.raises(FormulaError, match=word) as caught:
        formula(text)
    assert str(caught.value).startswith(f"position {caught.value.position}: ")
    assert caught.value.position == position
    assert str(caught.value).count("\n") == 0


@given(st.text(alphabet="xzpie0123456789.+-*/() ,cosinexplgabtrqfw_[]'", max_size=40))
def test_any_text_is_a_cost_or_a_formula_error(text: str) -> None:
    found = outcome(text)
    if isinstance(found, FormulaError):
        assert 1 <= found.position <= len(text) + 2
    else:
        assert found(X).shape == X.shape


def outcome(text: str) -> Cost | FormulaError:
    try:
        return formula(text)
    except FormulaError as error:
        return error


def test_every_function_has_a_slope() -> None:
    x = torch.tensor([0.4, 0.9], dtype=torch.float64)
    for name in set(FUNCTIONS) - {"step"}:
        cost, h = formula(f"{name}(x)"), 1e-6
        assert torch.allclose(cost.slope(x), (cost(x + h) - cost(x - h)) / (2 * h), rtol=1e-6), name

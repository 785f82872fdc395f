"""Terms, the product that underflows, the surface, and the gradient."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from dgm import likelihood
from dgm.errors import ArgumentError, DataError
from dgm.likelihood.families import Density

X = likelihood.load_column("waiting")
MODELS = [likelihood.Gaussian(70, 13), likelihood.Laplace(71, 11), likelihood.StudentT(70, 10, 4),
          likelihood.Mixture(0.4, 55, 6, 80, 5)]


def test_the_product_is_zero_in_float64_and_the_sum_is_not() -> None:
    found = likelihood.terms(MODELS[0], X)
    assert found.product == 0.0
    assert math.isfinite(found.log_likelihood)
    exact = Fraction(1)
    for density in found.log_terms.exp().tolist():
        exact *= Fraction(density)
    assert 0 < exact < Fraction(5e-324) / 2     # a number, and below half of the smallest float64
    log_exact = math.log(exact.numerator >> (exact.numerator.bit_length() - 900)) \
        + (exact.numerator.bit_length() - 900) * math.log(2) \
        - math.log(exact.denominator >> (exact.denominator.bit_length() - 900)) \
        - (exact.denominator.bit_length() - 900) * math.log(2)
    assert found.log_likelihood == pytest.approx(log_exact, abs=1e-9)


def test_the_first_zero_is_where_the_running_product_vanishes() -> None:
    found = likelihood.terms(MODELS[0], X)
    assert found.first_zero is not None
    assert found.running_product[found.first_zero - 1] == 0
    assert found.running_product[found.first_zero - 2] > 0
    assert found.running_sum[found.first_zero - 1] < math.log(5e-324)
    assert likelihood.terms(MODELS[0], X[:50]).first_zero is None


def test_where_the_product_does_not_underflow_its_logarithm_is_the_sum() -> None:
    found = likelihood.terms(MODELS[0], X[:50])
    assert math.log(found.product) == pytest.approx(found.log_likelihood, abs=1e-10)
    assert found.mean == found.log_likelihood / 50


@pytest.mark.parametrize("model", MODELS)
def test_the_surface_is_the_likelihood_of_each_member(model: Density) -> None:
    first, second = list(model.parameters)[:2]
    a = torch.tensor(getattr(model, first)) * torch.tensor([0.9, 1.0, 1.1])
    b = torch.tensor(getattr(model, second)) * torch.tensor([0.5, 1.5])
    table = likelihood.surface(model, X, first, second, a, b)
    for i, low in enumerate(b.tolist()):
        for j, high in enumerate(a.tolist()):
            member = model.replaced(**{first: high, second: low})
            assert float(table[i, j]) == pytest.approx(likelihood.terms(member, X).log_likelihood, abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_the_surface_of_a_moved_shape_is_the_likelihood_of_each_member(model: Density) -> None:
    shifts, factors = [-3.0, 0.0, 2.5], [0.5, 1.0]
    table = likelihood.moved_surface(model, X, shifts, factors)
    assert table.shape == (2, 3)
    for i, factor in enumerate(factors):
        for j, shift in enumerate(shifts):
            exact = likelihood.terms(model.moved(shift, factor), X).log_likelihood
            assert float(table[i, j]) == pytest.approx(exact, abs=1e-9)


def test_a_surface_of_a_moved_shape_is_checked() -> None:
    for shifts, factors in (([], [1.0]), ([0.0], [0.0]), ([0.0], [1.0, -1.0]), ([0.0] * 1001, [1.0])):
        with pytest.raises((ArgumentError, DataError)):
            likelihood.moved_surface(MODELS[0], X, shifts, factors)


@pytest.mark.parametrize("model", MODELS)
def test_the_gradient_is_the_slope(model: Density) -> None:
    for name, slope in likelihood.gradient(model, X).items():
        value = getattr(model, name)
        step = 1e-5 * value
        ends = [likelihood.terms(model.replaced(**{name: value + sign * step}), X).log_likelihood for sign in (1, -1)]
        assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-5)


def test_the_gradient_is_zero_at_the_maximum() -> None:
    for family in ("Gaussian", "mixture"):
        best = likelihood.fit(family, X)
        np.testing.assert_allclose(list(likelihood.gradient(best, X).values()), 0, atol=1e-4)


def test_order_of_the_points_does_not_matter() -> None:
    for model in MODELS:
        assert likelihood.terms(model, X.flip(0)).log_likelihood == pytest.approx(
            likelihood.terms(model, X).log_likelihood, rel=1e-13)


def test_wrong_input_is_an_error() -> None:
    with pytest.raises(DataError):
        likelihood.terms(MODELS[0], [])
    with pytest.raises(ArgumentError):
        likelihood.surface(MODELS[0], X, "mean", "mean", [1.0], [1.0])
    with pytest.raises(ArgumentError):
        likelihood.surface(MODELS[0], X, "mean", "scale", [1.0], [-1.0])

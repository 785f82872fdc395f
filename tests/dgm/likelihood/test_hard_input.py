"""Fits where sums, squares or tails are at the edge of float64."""

import math

import numpy as np
import pytest
import torch

from dgm import likelihood
from dgm.errors import DgmError

X = likelihood.Mixture(0.4, -2, 0.5, 1, 1).sample(200, seed=3)


@pytest.mark.parametrize("family", likelihood.FAMILIES)
@pytest.mark.parametrize("offset", [1e8, -1e12])
def test_a_large_offset_costs_only_the_digits_of_the_data(family: str, offset: float) -> None:
    moved = X + offset
    rounded = moved - offset      # what is left of the points
    one, two = likelihood.fit(family, rounded), likelihood.fit(family, moved)
    found, expected = (likelihood.terms(model, x).mean for model, x in ((two, moved), (one, rounded)))
    assert found == pytest.approx(expected, abs=1e-4)


def test_one_outlier_moves_the_gaussian_and_not_students_t() -> None:
    x = torch.cat([X, torch.tensor([1e8], dtype=torch.float64)])
    assert abs(likelihood.fit("Student t", x).theta[0]) < 2
    assert likelihood.fit("Gaussian", x).theta[0] > 1e5
    assert abs(likelihood.fit("Laplace", x).theta[0]) < 2


@pytest.mark.parametrize("family", likelihood.FAMILIES)
@pytest.mark.parametrize("x", [
    [0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 2.0], [1e150, -1e150, 0.0], [1e-140, 0.0, 3e-140],
    [5e-324, 0.0], [1.0, 1.0 + 1e-15, 1.0], [math.inf, 0.0], [math.nan, 0.0], []])
def test_a_fit_is_a_model_or_a_sentence(family: str, x: list[float]) -> None:
    try:
        model = likelihood.fit(family, x)
    except DgmError:
        return
    assert bool(model.theta.isfinite().all())
    assert math.isfinite(likelihood.terms(model, x).log_likelihood)


def test_the_spike_on_equal_values_is_not_taken_for_the_maximum() -> None:
    """Rounded data have equal values: a component narrower than the rounding has a likelihood without bound."""
    x = likelihood.load_column("sepal width")
    best = likelihood.fit("mixture", x).parameters
    step = float(x.unique().diff().min())
    assert min(best["scale1"], best["scale2"]) >= step / 2 - 1e-9


def test_weights_of_zero_take_points_out() -> None:
    weights = torch.ones(len(X))
    weights[::2] = 0
    for family in ("Gaussian", "Laplace", "mixture"):
        np.testing.assert_allclose(likelihood.fit(family, X, weights).theta, likelihood.fit(family, X[1::2]).theta,
                                   rtol=1e-6, atol=1e-6)


def test_a_far_start_of_an_ascent_comes_back() -> None:
    start = likelihood.Gaussian(1e6, 1)
    *_, last = (step for step, _ in zip(likelihood.ascend(X, start, 1.0, backtracking=True), range(200), strict=False))
    assert last.log_likelihood > likelihood.terms(start, X).log_likelihood

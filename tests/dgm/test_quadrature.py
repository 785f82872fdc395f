"""`dgm.quadrature` against scipy's rules and the moments that a Gauss rule has to give exactly."""

import doctest
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special
from torch import Tensor

from dgm import quadrature
from dgm.errors import ArgumentError, DgmError
from dgm.quadrature import (
    gauss_hermite,
    gauss_hermite_grid,
    gauss_legendre,
    legendre_antiderivative,
    legendre_panels,
    legendre_series,
)

COUNTS = [1, 2, 5, 8, 20, 24, 40, 64, 100]


def close(one: Tensor, other: Tensor, rtol: float = 1e-11) -> None:
    torch.testing.assert_close(one, other, rtol=rtol, atol=1e-13)


def normal_moment(degree: int) -> float:
    """E[u^degree] under N(0, 1): 0 for odd degrees, (degree - 1)!! for even ones."""
    return 0.0 if degree % 2 else float(math.prod(range(degree - 1, 0, -2)))


def test_every_example_in_the_docstrings_holds() -> None:
    found = doctest.testmod(quadrature)
    assert found.attempted >= 5
    assert found.failed == 0


# --- Hermite ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("count", COUNTS)
def test_hermite_is_scipys(count: int) -> None:
    u, w = gauss_hermite(count)
    nodes, weights = special.roots_hermitenorm(count)
    assert u.dtype == w.dtype == torch.float64
    close(u, torch.from_numpy(nodes))
    torch.testing.assert_close(w, torch.from_numpy(weights / weights.sum()), rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("count", COUNTS)
def test_hermite_weights_are_a_distribution_and_symmetric(count: int) -> None:
    u, w = gauss_hermite(count)
    assert float(w.sum()) == pytest.approx(1, abs=1e-14)
    assert bool((w > 0).all())
    close(u, -u.flip(0))
    close(w, w.flip(0))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12])
def test_hermite_is_exact_up_to_degree_2n_minus_1_and_no_further(count: int) -> None:
    u, w = gauss_hermite(count)
    for degree in range(2 * count):
        size = float(w @ u.abs() ** degree)
        assert float(w @ u**degree) == pytest.approx(normal_moment(degree), abs=1e-12 * max(1, size))
    missing = normal_moment(2 * count) - float(w @ u ** (2 * count))
    assert missing == pytest.approx(math.factorial(count), rel=1e-8)


@pytest.mark.parametrize("rate", [0.3, 1.0, 2.0])
def test_hermite_gives_the_moment_generating_function(rate: float) -> None:
    u, w = gauss_hermite(40)
    assert float(w @ (rate * u).exp()) == pytest.approx(math.exp(rate**2 / 2), rel=1e-12)
    assert float(w @ (rate * u).cos()) == pytest.approx(math.exp(-(rate**2) / 2), rel=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_hermite_grid_is_the_product_rule(dim: int) -> None:
    u, w = gauss_hermite_grid(6, dim)
    assert u.shape == (6**dim, dim)
    assert w.shape == (6**dim,)
    assert float(w.sum()) == pytest.approx(1, abs=1e-13)
    close(w @ u, torch.zeros(dim, dtype=torch.float64))
    close((w[:, None] * u).T @ u, torch.eye(dim, dtype=torch.float64))
    assert float(w @ (u**4).prod(1)) == pytest.approx(3.0**dim, rel=1e-11)


def test_hermite_grid_of_one_dimension_is_the_rule() -> None:
    close(gauss_hermite_grid(9, 1)[0][:, 0], gauss_hermite(9)[0])
    close(gauss_hermite_grid(9, 1)[1], gauss_hermite(9)[1])


# --- Legendre -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("count", COUNTS)
def test_legendre_is_scipys(count: int) -> None:
    x, w = gauss_legendre(count)
    nodes, weights = special.roots_legendre(count)
    close(x, torch.from_numpy(nodes))
    close(w, torch.from_numpy(weights))
    assert float(w.sum()) == pytest.approx(2, abs=1e-13)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 20])
def test_legendre_is_exact_up_to_degree_2n_minus_1(count: int) -> None:
    x, w = gauss_legendre(count)
    for degree in range(2 * count):
        assert float(w @ x**degree) == pytest.approx(0.0 if degree % 2 else 2 / (degree + 1), abs=1e-13)
    assert float(w @ x ** (2 * count)) < 2 / (2 * count + 1)


@pytest.mark.parametrize(("left", "right"), [(0.0, 1.0), (-3.0, 5.0), (2.0, -1.0)])
def test_one_interval(left: float, right: float) -> None:
    x, w = legendre_panels(left, right, 5)
    assert x.shape == w.shape == (5,)
    assert float(w.sum()) == pytest.approx(right - left, abs=1e-13)
    assert float(w @ x**9) == pytest.approx((right**10 - left**10) / 10, rel=1e-12)


def test_panels_make_a_composite_rule() -> None:
    edges = torch.tensor([0.0, 0.1, 1.0, 4.0, 10.0], dtype=torch.float64)
    x, w = legendre_panels(edges[:-1], edges[1:], 20)
    assert x.shape == w.shape == (4, 20)
    assert bool((x.flatten().diff() > 0).all())
    close(w.sum(1), edges.diff())
    half_of_normal = (w * (-(x**2) / 2).exp()).sum()
    assert float(half_of_normal) == pytest.approx(math.sqrt(math.pi / 2), rel=1e-14)


def test_no_panels_are_no_nodes() -> None:
    x, w = legendre_panels(torch.zeros(0), torch.zeros(0), 4)
    assert x.shape == w.shape == (0, 4)
    assert x.dtype == torch.float64


@pytest.mark.parametrize("count", [1, 2, 5, 20])
def test_the_antiderivative_is_exact_up_to_degree_n_minus_1(count: int) -> None:
    x, _ = gauss_legendre(count)
    matrix = legendre_antiderivative(count)
    for degree in range(count):
        close(matrix @ x**degree, (x ** (degree + 1) - (-1) ** (degree + 1)) / (degree + 1))


@pytest.mark.parametrize("count", [1, 2, 5, 20])
def test_the_series_of_a_legendre_polynomial_is_that_polynomial(count: int) -> None:
    x, _ = gauss_legendre(count)
    polynomials = torch.tensor(np.polynomial.legendre.legvander(x.numpy(), count - 1))
    close(legendre_series(count) @ polynomials, torch.eye(count, dtype=torch.float64))
    with pytest.raises(ValueError, match="give 1 to 100"):
        legendre_series(0)


def test_the_antiderivative_of_a_smooth_function() -> None:
    x, w = gauss_legendre(20)
    close(legendre_antiderivative(20) @ x.cos(), x.sin() + math.sin(1.0))
    assert float(w @ x.cos()) == pytest.approx(2 * math.sin(1.0), rel=1e-14)


# --- the cache and the border -------------------------------------------------------------------------------

def test_equal_calls_share_one_result() -> None:
    assert gauss_hermite(11) is gauss_hermite(11)
    assert gauss_hermite_grid(4, 2) is gauss_hermite_grid(4, 2)
    assert gauss_legendre(11) is gauss_legendre(11)
    assert legendre_antiderivative(11) is legendre_antiderivative(11)


def test_a_rule_made_in_inference_mode_serves_autograd_later() -> None:
    with torch.inference_mode():
        made = [*gauss_hermite(17), *gauss_hermite_grid(7, 2), *gauss_legendre(17), legendre_antiderivative(17)]
    assert not any(part.is_inference() for part in made)
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    u, w = gauss_hermite(17)
    (slope,) = torch.autograd.grad(w @ (scale * u) ** 2, scale)
    assert float(slope) == pytest.approx(2, rel=1e-12)


@pytest.mark.parametrize("count", [0, -1, 101])
def test_an_impossible_count_is_refused(count: int) -> None:
    for rule in (gauss_hermite, gauss_legendre, legendre_antiderivative):
        with pytest.raises(ValueError, match="give 1 to 100"):
            rule(count)
    with pytest.raises(ValueError, match="give 1 to 100"):
        legendre_panels(0.0, 1.0, count)


@pytest.mark.parametrize(("count", "dim", "remedy"), [
    (5, 0, "give 1 to 20 dimensions"), (100, 4, "at most 1048576 points"), (1, 21, "give 1 to 20 dimensions")])
def test_a_grid_that_is_empty_or_too_large_is_refused(count: int, dim: int, remedy: str) -> None:
    with pytest.raises(ArgumentError, match=remedy):
        gauss_hermite_grid(count, dim)


def test_numbers_of_any_kind_share_one_rule() -> None:
    for count in (np.int64(5), 5.0, torch.tensor(5)):
        assert all(map(torch.equal, gauss_hermite(count), gauss_hermite(5)))
        assert torch.equal(legendre_antiderivative(count), legendre_antiderivative(5))
    with pytest.raises(ArgumentError, match="not True"):    # True == 1 shares a key of the cache with 1
        gauss_hermite(True)


@pytest.mark.parametrize(("left", "right", "problem"), [
    (0.0, math.inf, "right is infinite"), ([0.0, math.nan], [1.0, 1.0], "value 2 of left is missing"),
    ([0.0, 1.0], [1.0, 2.0, 3.0], "left has the shape"), ("a", 1.0, "left is 'a'"),
    (-1.7e308, 1.7e308, "longer than the largest number")])
def test_panels_with_wrong_ends(left: Any, right: Any, problem: str) -> None:
    with pytest.raises(DgmError, match=problem):
        legendre_panels(left, right, 3)

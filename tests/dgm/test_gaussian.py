"""`dgm.gaussian` against torch.distributions, scipy and what every density and divergence has to satisfy."""

import doctest
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor, distributions

from dgm import gaussian
from dgm.errors import ArgumentError
from dgm.gaussian import (
    LOG_2PI,
    kl_to_standard_normal,
    kl_to_standard_normal_gradient,
    log_diagonal_normal,
    log_isotropic_normal,
    log_normal,
    log_normal_from_distance,
    log_standard_normal,
)
from dgm.quadrature import gauss_hermite

DTYPES = [torch.float32, torch.float64]
MEANS = st.floats(-30, 30)
LOG_VARS = st.floats(-12, 12)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(one: Tensor, other: Tensor, rtol: float = 1e-12) -> None:
    torch.testing.assert_close(one, other, rtol=rtol, atol=1e-12)


def test_every_example_in_the_docstrings_holds() -> None:
    found = doctest.testmod(gaussian)
    assert found.attempted >= 7
    assert found.failed == 0


def test_log_2pi() -> None:
    assert math.exp(LOG_2PI) == pytest.approx(2 * math.pi, rel=1e-15)


# --- elementwise --------------------------------------------------------------------------------------------

def test_log_normal_is_torchs() -> None:
    x, mean, var = draw(5, 1), draw(3, seed=1), draw(3, seed=2).exp()
    close(log_normal(x, mean, var), distributions.Normal(mean, var.sqrt()).log_prob(x))


def test_log_normal_takes_numbers() -> None:
    x = draw(6)
    close(log_normal(x, -0.5, 2.5), torch.from_numpy(stats.norm.logpdf(x.numpy(), -0.5, math.sqrt(2.5))))


@pytest.mark.parametrize("var", [1e-4, 1.0, 1e6])
def test_log_normal_integrates_to_one(var: float) -> None:
    x = torch.linspace(-12, 12, 4001, dtype=torch.float64) * math.sqrt(var) + 3
    assert float(torch.trapezoid(log_normal(x, 3.0, var).exp(), x)) == pytest.approx(1, abs=1e-12)


def test_log_normal_survives_a_square_beyond_float64() -> None:
    far = log_normal(torch.tensor(1e200, dtype=torch.float64), 0.0, 1e300)
    assert float(far) == pytest.approx(-0.5 * 1e100, rel=1e-12)


# --- vectors ------------------------------------------------------------------------------------------------

def test_log_standard_normal_is_torchs() -> None:
    z = draw(4, 3, 5)
    close(log_standard_normal(z), distributions.Normal(0.0, 1.0).log_prob(z).sum(-1))


def test_log_isotropic_normal_is_scipys() -> None:
    x, mean = draw(7, 4), draw(4, seed=1)
    known = stats.multivariate_normal(mean.numpy(), 0.3).logpdf(x.numpy())
    close(log_isotropic_normal(x, mean, 0.3), torch.from_numpy(known))


def test_log_isotropic_normal_takes_one_variance_for_each_vector() -> None:
    x, var = draw(7, 4), draw(7, seed=1).exp()
    rows = [log_isotropic_normal(x[i], 1.0, float(var[i])) for i in range(7)]
    close(log_isotropic_normal(x, 1.0, var), torch.stack(rows))


def test_log_diagonal_normal_is_torchs() -> None:
    z, mean, log_var = draw(6, 5, 3), draw(5, 3, seed=1), draw(5, 3, seed=2)
    q = distributions.Independent(distributions.Normal(mean, (0.5 * log_var).exp()), 1)
    close(log_diagonal_normal(z, mean, log_var), q.log_prob(z))


def test_the_three_vector_forms_agree() -> None:
    z, zero = draw(6, 3), torch.zeros(3, dtype=torch.float64)
    close(log_standard_normal(z), log_isotropic_normal(z, 0.0, 1.0))
    close(log_standard_normal(z), log_diagonal_normal(z, zero, zero))
    close(log_standard_normal(z), log_normal(z, 0.0, 1.0).sum(-1))


def test_log_normal_from_distance_is_scipys_full_covariance() -> None:
    x, root = draw(9, 4), draw(4, 4, seed=1).tril() + 3 * torch.eye(4)
    whitened = torch.linalg.solve_triangular(root, x.T, upper=False)
    log_det = 2 * root.diagonal().log().sum()
    known = stats.multivariate_normal(torch.zeros(4).numpy(), (root @ root.T).numpy()).logpdf(x.numpy())
    close(log_normal_from_distance(whitened.square().sum(0), log_det, 4), torch.from_numpy(known))


def test_log_normal_from_distance_keeps_numbers_and_takes_a_count_for_each_row() -> None:
    plain = log_normal_from_distance(1.5, -0.25, 3)
    assert isinstance(plain, float)
    counts = torch.tensor([1.0, 3.0], dtype=torch.float64)
    rows = log_normal_from_distance(torch.full_like(counts, 1.5), -0.25, counts)
    assert float(rows[1]) == pytest.approx(plain, rel=1e-15)
    assert float(log_normal_from_distance(1.5, torch.tensor(-0.25), 3)) == pytest.approx(plain, rel=1e-6)


# --- divergence ---------------------------------------------------------------------------------------------

def test_kl_is_torchs() -> None:
    mean, log_var = draw(8, 3), 3 * draw(8, 3, seed=1)
    q, p = distributions.Normal(mean, (0.5 * log_var).exp()), distributions.Normal(0.0, 1.0)
    close(kl_to_standard_normal(mean, log_var), distributions.kl_divergence(q, p), rtol=1e-10)


@given(MEANS, LOG_VARS, st.sampled_from(DTYPES))
def test_kl_is_never_negative(mean: float, log_var: float, dtype: torch.dtype) -> None:
    assert float(kl_to_standard_normal(torch.tensor(mean, dtype=dtype), torch.tensor(log_var, dtype=dtype))) >= 0


@given(st.floats(1e-3, 30), st.floats(1e-3, 12), st.sampled_from([-1.0, 1.0]))
def test_kl_is_zero_only_at_the_standard_normal(mean: float, log_var: float, sign: float) -> None:
    zero, m, lv = (torch.tensor(value, dtype=torch.float32) for value in (0.0, sign * mean, sign * log_var))
    assert float(kl_to_standard_normal(zero, zero)) == 0
    assert float(kl_to_standard_normal(m, zero)) > 0
    assert float(kl_to_standard_normal(zero, lv)) > 0


def test_kl_keeps_its_digits_near_the_prior_in_float32() -> None:
    small = torch.tensor([1e-3, -1e-3], dtype=torch.float32)
    torch.testing.assert_close(kl_to_standard_normal(0 * small, small), small**2 / 4, rtol=1e-3, atol=0)


def test_kl_is_the_mean_of_the_log_ratio() -> None:
    """KL = E_q [log q - log p], by a Gauss-Hermite rule: the integrand is a quadratic."""
    mean, log_var = torch.tensor(0.7, dtype=torch.float64), torch.tensor(-1.3, dtype=torch.float64)
    u, w = gauss_hermite(4)
    z = mean + (0.5 * log_var).exp() * u
    ratio = log_normal(z, mean, log_var.exp()) - log_normal(z, 0.0, 1.0)
    close(w @ ratio, kl_to_standard_normal(mean, log_var))


def test_kl_gradient_is_autograds() -> None:
    mean, std = draw(5).requires_grad_(), draw(5, seed=1).exp().requires_grad_()
    by_mean, by_std = torch.autograd.grad(kl_to_standard_normal(mean, 2 * std.log()).sum(), (mean, std))
    of_mean, of_std = kl_to_standard_normal_gradient(mean.detach(), std.detach())
    close(of_mean, by_mean)
    close(of_std, by_std)


# --- the border ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_of_the_tensors_stays(dtype: torch.dtype) -> None:
    x = draw(4, 3).to(dtype)
    results = [log_normal(x, 0.0, 2.0), log_standard_normal(x), log_isotropic_normal(x, 0.0, 2.0),
               log_diagonal_normal(x, x, x), log_normal_from_distance(x, 1.0, 3), kl_to_standard_normal(x, x),
               *kl_to_standard_normal_gradient(x, x.exp())]
    assert {result.dtype for result in results} == {dtype}


@pytest.mark.parametrize("var", [0.0, -1.0, math.nan])
@pytest.mark.parametrize("density", [log_normal, log_isotropic_normal])
def test_a_variance_that_is_no_variance_is_refused(density: Callable[..., Tensor], var: float) -> None:
    with pytest.raises(ValueError, match="give a positive number"):
        density(torch.zeros(2), 0.0, var)


def test_gradients_pass_through() -> None:
    x, mean, spread = (draw(2, 3, seed=s).requires_grad_() for s in range(3))
    assert torch.autograd.gradcheck(lambda a, b, c: log_normal(a, b, c.exp()), (x, mean, spread))
    assert torch.autograd.gradcheck(log_diagonal_normal, (x, mean, spread))
    assert torch.autograd.gradcheck(lambda a, b: log_isotropic_normal(a, b, 0.7), (x, mean))
    assert torch.autograd.gradcheck(kl_to_standard_normal, (mean, spread))


@pytest.mark.parametrize("x", [[[0.5, -1.0], [2.0, 0.0]], np.array([[0.5, -1.0], [2.0, 0.0]])], ids=["list", "array"])
def test_lists_and_arrays_are_float64(x: Any) -> None:
    table = torch.tensor([[0.5, -1.0], [2.0, 0.0]], dtype=torch.float64)
    calls: list[Callable[[Any], Tensor]] = [
        lambda v: log_normal(v, 0.5, np.float64(2.0)), log_standard_normal, lambda v: log_isotropic_normal(v, v[0], 2),
        lambda v: log_diagonal_normal(v, v, v), lambda v: kl_to_standard_normal(v, v)]
    for call in calls:
        assert torch.equal(call(x), call(table))
        assert call(x).dtype == torch.float64
        assert call(table.float()).dtype == torch.float32


def test_shapes_that_do_not_fit_are_named() -> None:
    two, three = torch.zeros(2), torch.zeros(3)
    for call in (lambda: log_normal(two, three, 1.0), lambda: log_diagonal_normal(two, two, three),
                 lambda: kl_to_standard_normal(two, three), lambda: log_isotropic_normal(two, three, 1.0),
                 lambda: log_isotropic_normal(torch.zeros(2, 4), 0.0, torch.ones(3))):
        with pytest.raises(ArgumentError, match=r"\(2,\).*\(3,\)"):
            call()
    with pytest.raises(ArgumentError, match="vector is needed"):
        log_standard_normal(torch.tensor(1.0))


# --- the ends of the range ----------------------------------------------------------------------------------

@pytest.mark.parametrize(("dtype", "log_var"), [(torch.float32, -200.0), (torch.float64, -800.0),
                                                (torch.float64, -2000.0), (torch.float64, -1e5)])
def test_a_narrow_normal_has_a_density_at_its_mean(dtype: torch.dtype, log_var: float) -> None:
    mean, lv = torch.ones(2, dtype=dtype), torch.full((2,), log_var, dtype=dtype, requires_grad=True)
    at = log_diagonal_normal(mean, mean, lv)
    assert at.item() == pytest.approx(-LOG_2PI - log_var, rel=1e-6)
    (slope,) = torch.autograd.grad(at, lv)
    assert slope.tolist() == [-0.5, -0.5]
    assert log_diagonal_normal(mean + 1, mean, lv).item() == -math.inf


def test_a_square_that_leaves_the_range_is_a_number_beside_a_large_variance() -> None:
    x = torch.tensor([1e200, -1e200], dtype=torch.float64)
    assert float(log_isotropic_normal(x, 0.0, 1e300)) == pytest.approx(-1e100, rel=1e-12)
    var = torch.tensor([1e300, 1e301], dtype=torch.float64)
    assert log_isotropic_normal(x, 0.0, var).tolist() == pytest.approx([-1e100, -1e99], rel=1e-12)
    assert float(log_diagonal_normal(x, torch.zeros(2), var.log())) == pytest.approx(-5.5e99, rel=1e-9)

"""dgm.bayes, regression: PRML's formulas, scikit-learn's ridge, the joint density and the chain."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from sklearn.linear_model import Ridge

from dgm import bayes, runtime


def wave(seed: int, n: int, noise: float = 0.2) -> tuple[torch.Tensor, torch.Tensor]:
    rng = runtime.generator(seed)
    x = torch.rand(n, generator=rng, dtype=torch.float64) * 2 - 1
    return x, torch.sin(3 * x) + noise * torch.randn(n, generator=rng, dtype=torch.float64)


def curve(seed: int, n: int, degree: int) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = wave(seed, n)
    return bayes.polynomial_features(x, degree), y


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), degree=st.integers(0, 12), alpha=st.floats(1e-3, 1e3), beta=st.floats(1e-2, 1e3),
       seed=st.integers(0, 99))
def test_three_routes_to_the_evidence_agree(n: int, degree: int, alpha: float, beta: float, seed: int) -> None:
    routes = bayes.routes(bayes.LinearRegression(alpha, beta), curve(seed, n, degree))
    assert routes.marginal == pytest.approx(routes.closed, rel=1e-12, abs=1e-11)
    assert routes.chain == pytest.approx(routes.closed, rel=1e-12, abs=1e-11)


def test_prml_3_86_and_the_posterior() -> None:
    alpha, beta, (phi, y) = 0.3, 12.0, curve(0, 25, 4)
    A = alpha * torch.eye(5, dtype=torch.float64) + beta * phi.T @ phi
    m = beta * torch.linalg.solve(A, phi.T @ y)
    error = beta / 2 * ((y - phi @ m) ** 2).sum() + alpha / 2 * (m @ m)
    expected = 5 / 2 * math.log(alpha) + 25 / 2 * math.log(beta / (2 * math.pi)) - error - torch.logdet(A) / 2
    model = bayes.LinearRegression(alpha, beta)
    after = model.posterior((phi, y))
    assert model.log_evidence((phi, y)) == pytest.approx(float(expected), rel=1e-12)
    torch.testing.assert_close(after.map(), m)
    torch.testing.assert_close(after.precision, A)
    torch.testing.assert_close(after.covariance, torch.linalg.inv(A))
    new = bayes.polynomial_features([-0.5, 0.1, 1.2], 4)
    band = after.predictive(new)
    torch.testing.assert_close(band.mean, new @ m)
    torch.testing.assert_close(band.variance, 1 / beta + (new @ torch.linalg.inv(A) * new).sum(1))
    plug_in = after.plug_in(after.map(), new)
    torch.testing.assert_close(plug_in.variance, torch.full((3,), 1 / beta, dtype=torch.float64))


def test_map_is_ridge_and_an_optimisers_maximum() -> None:
    alpha, beta, (phi, y) = 0.5, 8.0, curve(1, 20, 3)
    best = bayes.LinearRegression(alpha, beta).posterior((phi, y)).map()
    ridge = Ridge(alpha=alpha / beta, fit_intercept=False, solver="cholesky").fit(phi.numpy(), y.numpy())
    np.testing.assert_allclose(best.numpy(), ridge.coef_, rtol=1e-9)
    loss = lambda w: (beta * np.sum((y.numpy() - phi.numpy() @ w) ** 2) + alpha * np.sum(w**2)) / 2  # noqa: E731
    np.testing.assert_allclose(best.numpy(), optimize.minimize(loss, np.zeros(4), tol=1e-12).x, atol=1e-5)


def test_points_one_by_one_or_in_batches_or_all_together() -> None:
    phi, y = curve(2, 30, 5)
    prior = bayes.LinearRegression(0.2, 20)
    whole, halves = prior.posterior((phi, y)), prior.posterior((phi[:9], y[:9])).posterior((phi[9:], y[9:]))
    steps = list(prior.updates((phi, y)))
    for other in (halves, steps[-1].belief):
        torch.testing.assert_close(other.map(), whole.map())
        torch.testing.assert_close(other.precision, whole.precision)   # type: ignore[union-attr]
    assert [step.n for step in steps] == list(range(1, 31))
    assert steps[-1].log_evidence == pytest.approx(prior.log_evidence((phi, y)), rel=1e-12)


def test_predictive_without_inputs_is_conditional() -> None:
    phi, y = curve(3, 12, 2)
    prior = bayes.LinearRegression(1.0, 5.0)
    after = prior.posterior((phi, y))
    later = after.predictive()
    torch.testing.assert_close(later.log_prob((phi, y)), after.predictive(phi).log_prob(y))
    torch.testing.assert_close(later.mean(phi), after.predictive(phi).mean)
    torch.testing.assert_close(later.variance(phi), after.predictive(phi).variance)
    torch.testing.assert_close(after.prior_predictive(phi).variance, 0.2 + (phi**2).sum(1))
    torch.testing.assert_close(prior.prior_predictive().mean(phi), torch.zeros(12, dtype=torch.float64))
    torch.testing.assert_close(after.plug_in(after.map())(phi).mean, phi @ after.map())


def test_samples_have_the_moments_of_the_posterior() -> None:
    after = bayes.LinearRegression(0.5, 10).posterior(curve(4, 15, 2))
    sampled = after.sample(40_000)
    spread = after.covariance.diagonal().sqrt()
    assert bool(((sampled.mean(0) - after.map()).abs() < 5 * spread / 200).all())
    off = (torch.cov(sampled.T) - after.covariance).abs() / torch.outer(spread, spread)
    assert bool((off < 5 * 2**0.5 / 200).all())


def test_occam_the_evidence_peaks_where_held_out_points_agree() -> None:
    """A cubic with little noise: lower degrees lose much, higher ones a little, on both scores."""
    best = []
    for seed in range(12):
        rng = runtime.generator(seed)
        x = torch.rand(60, generator=rng, dtype=torch.float64) * 2 - 1
        y = 2 * x**3 - x + 0.1 * torch.randn(60, generator=rng, dtype=torch.float64)
        scores = list(bayes.iter_degree_scores((x[:30], y[:30]), (x[30:], y[30:]), 1.0, 100.0, 9))
        assert [s.degree for s in scores] == list(range(10))
        assert all(max(s.log_evidence, s.held_out) < scores[3].log_evidence for s in scores[:3])
        best.append(max(scores, key=lambda s: s.log_evidence).degree)
    assert max(set(best), key=best.count) == 3
    one = bayes.LinearRegression(1.0, 100.0)
    data = (bayes.polynomial_features(x[:30], 3), y[:30])
    assert scores[3].log_evidence == one.log_evidence(data) / 30
    assert scores[3].held_out == pytest.approx(
        float(one.posterior(data).predictive().log_prob((bayes.polynomial_features(x[30:], 3), y[30:])).mean()))


@pytest.mark.parametrize("scale", [1e150, 1e-150, 1e9])
def test_huge_and_tiny_values_give_numbers(scale: float) -> None:
    phi, y = curve(5, 10, 3)
    model = bayes.LinearRegression(1.0, 1.0)
    after = model.posterior((phi, y * scale))
    assert math.isfinite(model.log_evidence((phi, y * scale)))
    torch.testing.assert_close(after.map() / scale, model.posterior((phi, y)).map())
    assert torch.isfinite(after.predictive(phi).log_prob(y * scale)).all()


def test_more_weights_than_points_and_no_points() -> None:
    model = bayes.LinearRegression(1.0, 4.0)
    phi, y = curve(6, 3, 8)
    assert torch.isfinite(model.posterior((phi, y)).predictive(phi).variance).all()
    none = (torch.zeros(0, 3), torch.zeros(0))
    assert model.log_evidence(none) == 0
    torch.testing.assert_close(model.posterior(none).map(), torch.zeros(3, dtype=torch.float64))
    torch.testing.assert_close(model.posterior(none).covariance, torch.eye(3, dtype=torch.float64))


def test_degree_thirty_stays_accurate() -> None:
    """Against forty digits: precision matrices multiplied out would be off in the fourth here."""
    prior, (phi, y) = bayes.LinearRegression(1e-6, 1e4), curve(7, 40, 30)
    with mpmath.workdps(40):
        x = mpmath.matrix(phi.tolist())
        cov = mpmath.eye(40) / prior.beta + x * x.T / mpmath.mpf(prior.alpha)
        target = mpmath.matrix(y.tolist())
        quadratic = (target.T * mpmath.lu_solve(cov, target))[0]
        expected = -(quadratic + mpmath.log(mpmath.det(cov)) + 40 * mpmath.log(2 * mpmath.pi)) / 2
    assert list(bayes.routes(prior, (phi, y))) == pytest.approx([float(expected)] * 3, rel=1e-9)


@pytest.mark.parametrize(("act", "message"), [
    (lambda m: m.mle(curve(0, 2, 4)), "fix 2 of 5 weights.*lower the degree"),
    (lambda m: m.mle((torch.zeros(0, 2), torch.zeros(0))), "fix 0 of 2"),
    (lambda m: m.map(), "has no number of features yet"),
    (lambda m: m.covariance, "has no number of features yet"),
    (lambda m: m.posterior((torch.ones(3, 2), torch.ones(2))), "one row of x per value of y"),
    (lambda m: m.posterior((torch.ones(3, 2),)), "a pair"),
    (lambda m: m.posterior((torch.tensor([[1.0], [math.nan]]), torch.ones(2))), "row 2, column 1 of x is missing"),
    (lambda m: m.posterior(curve(0, 5, 2)).posterior(curve(0, 5, 3)), "about 3 weights, the data have 4"),
    (lambda m: m.posterior(curve(0, 5, 2)).map("log w"), "axis has to be one of w, not .log w."),
    (lambda m: bayes.LinearRegression(0, 1), "alpha has to be a finite number greater than 0"),
    (lambda m: bayes.LinearRegression(1, math.inf), "beta has to be a finite number greater than 0"),
    (lambda m: bayes.polynomial_features([1.0], 31), "degree has to be a whole number from 0 to 30"),
    (lambda m: m.log_marginal((torch.ones(2001, 1), torch.ones(2001))), "use log_evidence"),
])
def test_errors_name_the_remedy(act: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        act(bayes.LinearRegression(1.0, 1.0))


def test_one_column_and_least_squares() -> None:
    x, y = [1.0, 2.0, 3.0], np.array([2.0, 4.0, 6.0], np.float32)
    torch.testing.assert_close(bayes.LinearRegression(1, 1).mle((x, y)), torch.tensor([2.0], dtype=torch.float64))


def test_the_mle_does_not_depend_on_what_memory_held_before() -> None:
    x, y = torch.randn(2, 7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).unbind()
    found = set()
    for i in range(64):
        left = [torch.tensor([i & 1, i >> 1 & 1, 1 - (i & 1)], dtype=torch.int32) for _ in range(8)]
        del left
        found.add(tuple(bayes.LinearRegression(1, 1).mle((x, y[:, 0])).tolist()))
    assert len(found) == 1

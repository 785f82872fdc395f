"""dgm.bayes: the unit of the data does not matter: scales from 1e-139 to 1e100, offsets, features of mixed sizes."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from scipy import optimize
from sklearn.linear_model import LogisticRegression as ReferenceLogistic

from dgm import bayes, runtime
from dgm.bayes.logistic import is_separable

SCALES = [1e100, 1e-139, 1e8, 1e-9, 1e-75]
TOLERANCE = 1e-9    # relative: ten digits of the sixteen


def labelled(seed: int, n: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    rng = runtime.generator(seed)
    x = torch.stack([torch.ones(n), torch.randn(n, generator=rng)], 1).double()
    p = torch.sigmoid(x @ torch.tensor([0.5, 1.5], dtype=torch.float64))
    return x, (torch.rand(n, generator=rng, dtype=torch.float64) < p).double()


@pytest.mark.parametrize("scale", SCALES)
def test_beliefs_about_numbers(scale: float) -> None:
    """With the prior in the same unit, n log scale is all that changes."""
    x = np.array([1.0, 2.0, 4.0, -3.0])
    pairs: list[tuple[Any, Any]] = [
        (bayes.NormalNormal(0.5, 4, 1), bayes.NormalNormal(0.5 * scale, 4 * scale**2, scale**2)),
        (bayes.NormalInverseGamma(0.5, 1, 2, 3), bayes.NormalInverseGamma(0.5 * scale, 1, 2, 3 * scale**2)),
        (bayes.MixturePrior((1, 2), (bayes.NormalNormal(-2, 1, 1), bayes.NormalNormal(3, 1, 1))),
         bayes.MixturePrior((1, 2), (bayes.NormalNormal(-2 * scale, scale**2, scale**2),
                                     bayes.NormalNormal(3 * scale, scale**2, scale**2))))]
    for one, other in pairs:
        shift = len(x) * math.log(scale)
        for ours, theirs in zip(bayes.routes(one, x), bayes.routes(other, x * scale), strict=True):
            assert theirs + shift == pytest.approx(ours, abs=TOLERANCE * abs(shift))
        top, other_top = (np.array(each.map()).reshape(-1) for each in (one.posterior(x), other.posterior(x * scale)))
        power = np.array([1, 2])[: len(top)]
        assert other_top / scale**power == pytest.approx(top, rel=1e-6)   # the top of a density is flat
        if not isinstance(one, bayes.NormalInverseGamma):
            assert bayes.curves(other, x * scale).area == pytest.approx(bayes.curves(one, x).area, rel=TOLERANCE)
        assert bayes.widening(other, x * scale) == pytest.approx(bayes.widening(one, x), rel=1e-6)
    both = pairs[1][1]
    assert both.mle(x * scale).s2 / scale**2 == pytest.approx(x.var())
    plane = bayes.normal_plane(both, x * scale, 9)
    torch.testing.assert_close(plane.posterior, bayes.normal_plane(pairs[1][0], x, 9).posterior)


@pytest.mark.parametrize("scale", SCALES)
def test_linear_regression(scale: float) -> None:
    """Features in another unit with the precision of their weights; targets in another with both precisions."""
    x, y = labelled(0, 20)
    y = y + 0.3 * x[:, 1]
    one = bayes.LinearRegression(0.5, 3.0)
    in_x, in_y = bayes.LinearRegression(0.5 * scale**2, 3.0), bayes.LinearRegression(0.5 / scale**2, 3.0 / scale**2)
    closed = one.log_evidence((x, y))
    for route in bayes.routes(in_x, (x * scale, y)):
        assert route == pytest.approx(closed, rel=TOLERANCE)
    torch.testing.assert_close(in_x.posterior((x * scale, y)).map() * scale, one.posterior((x, y)).map())
    for route in bayes.routes(in_y, (x, y * scale)):
        assert route == pytest.approx(closed - len(y) * math.log(scale), rel=TOLERANCE)
    torch.testing.assert_close(in_y.posterior((x, y * scale)).map() / scale, one.posterior((x, y)).map())
    unit = torch.tensor([1.0, scale], dtype=torch.float64)
    assert (one.mle((x * unit, y)) * unit).tolist() == pytest.approx(one.mle((x, y)).tolist())


def test_least_squares_far_from_zero() -> None:
    x, y = labelled(1, 30)
    far = x + torch.tensor([0.0, 1e8], dtype=torch.float64)
    near, moved = (bayes.LinearRegression(1, 1).mle((features, y)) for features in (x, far))
    assert float(moved[1]) == pytest.approx(float(near[1]), rel=1e-6)   # x itself keeps eight digits there


@pytest.mark.parametrize("scale", SCALES)
def test_logistic_regression(scale: float) -> None:
    x, y = labelled(2)
    one, other = bayes.LogisticRegression(0.7), bayes.LogisticRegression(0.7 * scale**2)
    torch.testing.assert_close(other.map((x * scale, y)) * scale, one.map((x, y)))
    ours, theirs = one.laplace((x, y)), other.laplace((x * scale, y))
    assert theirs.log_evidence == pytest.approx(ours.log_evidence, rel=TOLERANCE)
    torch.testing.assert_close(theirs.predictive(x * scale), ours.predictive(x))
    assert bayes.grid_posterior(other, (x * scale, y), 100).log_evidence == pytest.approx(
        bayes.grid_posterior(one, (x, y), 100).log_evidence, rel=TOLERANCE)


@pytest.mark.parametrize("units", [(1.0, 1e100), (1.0, 1e-139), (1e-139, 1e100), (1e8, 1.0)])
def test_the_maximum_of_the_likelihood_has_no_prior_in_it(units: tuple[float, float]) -> None:
    x, y = labelled(3)
    unit = torch.tensor(units, dtype=torch.float64)
    reference = ReferenceLogistic(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=1000).fit(x.numpy(), y.numpy())
    best = bayes.LogisticRegression(1.0).mle((x * unit, y)) * unit
    assert best.tolist() == pytest.approx(reference.coef_[0].tolist(), rel=1e-5)
    assert float((x.T @ (y - torch.sigmoid(x @ best))).abs().max()) < TOLERANCE * len(y)


def test_the_map_of_features_far_from_zero() -> None:
    """The years since 0 in place of those since 2000: the same fit where the intercept is free."""
    x, y = labelled(4)
    far = x.clone()
    far[:, 1] += 2000
    loss = lambda w: float(np.logaddexp(0, -(2 * y.numpy() - 1) * (x.numpy() @ w)).sum())  # noqa: E731
    found = optimize.minimize(loss, np.zeros(2), tol=1e-12)
    best = bayes.LogisticRegression(1e-12).map((far, y))
    assert float(best[1]) == pytest.approx(found.x[1], rel=1e-4)
    assert float(best[0] + 2000 * best[1]) == pytest.approx(found.x[0], abs=1e-4)


@pytest.mark.parametrize("alpha", [1e-300, 1e-30, 1e-12, 1.0])
def test_hardly_any_prior_still_decides_where_a_line_separates(alpha: float) -> None:
    """alpha w = 2 sigmoid(-w) for one observation on each side; the curvature there is alpha + 2 sigmoid'(w)."""
    data = ([-1.0, 1.0], [0, 1])
    with mpmath.workdps(400):
        slope = lambda w: mpmath.log(alpha * w) - mpmath.log(2) + w + mpmath.log1p(mpmath.exp(-w))  # noqa: E731
        w = mpmath.findroot(slope, (1e-3, 700), solver="anderson", tol=1e-30)
        p = 1 / (1 + mpmath.exp(-w))
        curvature = alpha + 2 * p * (1 - p)
        evidence = 2 * mpmath.log(p) + mpmath.log(alpha / curvature) / 2 - alpha * w * w / 2
    laplace = bayes.LogisticRegression(alpha).laplace(data)
    assert float(laplace.mean) == pytest.approx(float(w), rel=TOLERANCE)
    assert float(laplace.covariance) == pytest.approx(float(1 / curvature), rel=1e-7)
    assert laplace.log_evidence == pytest.approx(float(evidence), rel=1e-7)


@pytest.mark.parametrize("unit", [1.0, 1e100, 1e-139])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_separability_asks_for_no_unit(unit: float, offset: float) -> None:
    place = torch.tensor([-2.0, -1.0, 1.0, 3.0], dtype=torch.float64)
    x = torch.stack([torch.ones_like(place), (place + offset) * unit], 1)
    apart, mixed = torch.tensor([0.0, 0, 1, 1]).double(), torch.tensor([0.0, 1, 0, 1]).double()
    assert is_separable(x, apart)
    assert not is_separable(x, mixed)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_standardised_columns(scale: float, offset: float) -> None:
    rng = runtime.generator(5)
    x = torch.rand(30, generator=rng, dtype=torch.float64) * 4 + offset
    y = torch.sin(x - offset) + offset
    prior = bayes.LinearRegression(0.1, 10.0)
    one, other = (bayes.fit_polynomial((u[:20], v[:20]), (u[20:], v[20:]), prior, 3)
                  for u, v in ((x, y), (x * scale, y * scale)))
    assert other.held_out == pytest.approx(one.held_out - math.log(scale), rel=1e-6)   # type: ignore[operator]
    assert other.log_evidence == pytest.approx(one.log_evidence - 20 * math.log(scale), rel=1e-6)
    torch.testing.assert_close(bayes.standard_units(x * scale).values, bayes.standard_units(x).values,
                               rtol=1e-9, atol=1e-9)
    assert bayes.standard_units(x * scale).deviation / scale == pytest.approx(float(x.std(correction=0)), rel=1e-9)


def test_equal_values_have_no_deviation_of_rounding() -> None:
    values, mean, deviation = bayes.standard_units([0.1] * 3)   # whose sum is 0.30000000000000004
    assert values.tolist() == [0.0] * 3
    assert (mean, deviation) == (0.1, 1.0)
    assert bayes.Scaling.of([0.1] * 3, [0.1] * 3)[2:] == (0.1, 1.0)

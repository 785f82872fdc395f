"""dgm.bayes.standardised: a fit in the units of the data."""

import math

import pytest
import torch
from scipy import stats

from dgm import bayes, runtime


def points(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = runtime.generator(0)
    x = torch.rand(n, generator=rng, dtype=torch.float64) * 4 + 1
    return x, 55 + 10 * x + 5 * torch.randn(n, generator=rng, dtype=torch.float64)


def test_a_fit_is_in_the_units_of_the_data() -> None:
    """Minutes or seconds: bands scale with the unit, densities by its logarithm, for every number of the fit."""
    train, held_out, prior = points(30), points(12), bayes.LinearRegression(0.1, 10.0)
    one = bayes.fit_polynomial(train, held_out, prior, 3, draws=4)
    seconds, seconds_out = ((x * 60, y * 60) for x, y in (train, held_out))
    other = bayes.fit_polynomial(seconds, seconds_out, prior, 3, draws=4)
    for ours, theirs in ((one.x, other.x), (one.posterior.mean, other.posterior.mean), (one.draws, other.draws)):
        torch.testing.assert_close(60 * ours, theirs)
    torch.testing.assert_close(3600 * one.plug_in.variance, other.plug_in.variance)
    assert other.log_evidence == pytest.approx(one.log_evidence - 30 * math.log(60))
    assert other.held_out == pytest.approx(one.held_out - math.log(60))   # type: ignore[operator]
    assert other.held_out_plug_in == pytest.approx(one.held_out_plug_in - math.log(60))   # type: ignore[operator]


def test_the_evidence_of_a_fit_is_a_density_of_y() -> None:
    """It equals the joint normal density of the training points."""
    (x, y), prior = points(6), bayes.LinearRegression(0.5, 4.0)
    scaling = bayes.Scaling.of(x, y)
    u, _ = scaling.to_standard((x, y))
    phi = bayes.polynomial_features(u, 2)
    cov = (phi @ phi.T / 0.5 + torch.eye(6, dtype=torch.float64) / 4) * scaling.y_std**2
    expected = stats.multivariate_normal([scaling.y_mean] * 6, cov.numpy()).logpdf(y.numpy())
    assert bayes.fit_polynomial((x, y), points(3), prior, 2).log_evidence == pytest.approx(expected)


def test_degree_scores_are_those_of_the_fits() -> None:
    train, held_out, prior = points(20), points(9), bayes.LinearRegression(0.1, 10.0)
    rows = bayes.degree_scores(train, held_out, prior, 4)
    for row in rows:
        fit = bayes.fit_polynomial(train, held_out, prior, row.degree)
        assert row.log_evidence == pytest.approx(fit.log_evidence / 20)
        assert row.held_out == pytest.approx(fit.held_out)
        assert row.plug_in == pytest.approx(fit.held_out_plug_in)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_points_and_nothing_held_out(n: int) -> None:
    nothing = (torch.zeros(0), torch.zeros(0))
    train = (points(5)[0][:n], points(5)[1][:n])
    fit = bayes.fit_polynomial(train, nothing, bayes.LinearRegression(1.0, 1.0), 5, draws=2)
    assert fit.held_out is None
    assert fit.held_out_plug_in is None
    assert torch.isfinite(torch.cat([fit.x, fit.posterior.mean, fit.posterior.variance, fit.draws.reshape(-1)])).all()
    rows = bayes.degree_scores(train, nothing, bayes.LinearRegression(1.0, 1.0), 3)
    assert all(row.held_out is None and row.plug_in is None and math.isfinite(row.log_evidence) for row in rows)
    assert bayes.standard_units(torch.tensor([3.0] * n))[1:] == ((3.0, 1.0) if n else (0.0, 1.0))


def test_standard_units() -> None:
    x = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64)
    values, mean, deviation = bayes.standard_units(x)
    assert (float(values.mean()), float(values.std(correction=0))) == pytest.approx((0, 1))
    torch.testing.assert_close(mean + deviation * values, x)

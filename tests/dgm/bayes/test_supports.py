"""dgm.bayes: densities outside their support, no data, quantiles at the ends, and densities between grid points."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from dgm import bayes
from dgm.errors import DgmError
from tests.dgm.bayes.beliefs import cases

OUTSIDE = [-1.0, -1e-9, 1 + 1e-9, 2.0, 1e300, -1e300, math.inf, -math.inf]
MIXTURE = bayes.MixturePrior((1, 3), (bayes.BetaBernoulli(20, 2), bayes.BetaBernoulli(0.5, 9)))


@pytest.mark.parametrize("belief", [bayes.BetaBernoulli(2, 3), bayes.BetaBernoulli(0.5, 0.5), MIXTURE,
                                    bayes.histogram_prior([1, 2, 1])])
@pytest.mark.parametrize("axis", bayes.AXES)
def test_a_coin_has_no_density_outside_zero_and_one(belief: Any, axis: str) -> None:
    assert belief.log_prob(OUTSIDE, axis).tolist() == [-math.inf] * len(OUTSIDE)
    assert belief.log_likelihood(OUTSIDE, [1, 0]).tolist() == [-math.inf] * len(OUTSIDE)
    assert belief.log_likelihood(OUTSIDE, bayes.Counts(0, 0)).tolist() == [-math.inf] * len(OUTSIDE)
    assert not torch.isnan(belief.log_prob([0.0, 1.0], axis)).any()
    with pytest.raises(DgmError, match="NaN"):
        belief.log_prob([math.nan])


def test_other_densities_outside_their_support() -> None:
    both = bayes.NormalInverseGamma(0, 1, 2, 3)
    places = [[0.0, -1.0], [0.0, 0.0], [math.inf, 1.0], [0.0, math.inf], [-math.inf, -1.0]]
    for axis in both.axes:
        assert both.log_prob(places, axis).tolist() == [-math.inf] * len(places)
    for data in ([1.0, 2.0], []):
        assert both.log_likelihood(places, data).tolist() == [-math.inf] * len(places)
    one = bayes.NormalNormal(0, 1, 1)
    for axis in one.axes:
        assert one.log_prob([math.inf, -math.inf], axis).tolist() == [-math.inf] * 2
    for distribution in (bayes.Bernoulli(0.5, 0.5), bayes.Categorical(torch.tensor([0.5, 0.5]))):
        assert distribution.log_prob([0.5, -1, 7, 1e300, math.inf]).tolist() == [-math.inf] * 5
    assert float(bayes.StudentT(0.0, 1.0, 3.0).log_prob(math.inf)) == -math.inf
    assert float(both.predictive().log_prob(1e300)) == pytest.approx(
        stats.t(4, 0, math.sqrt(3)).logpdf(1e150) - 5 * math.log(1e150))


@pytest.mark.parametrize(("model", "data"), cases())
def test_no_data_change_nothing_at_all(model: Any, data: Any) -> None:
    for nothing in ([], (), torch.zeros(0), np.zeros(0)):
        values = [model.log_evidence(nothing), model.log_marginal(nothing), *bayes.routes(model, nothing)]
        assert values == [0.0] * 5
        assert all(math.copysign(1, value) == 1 for value in values)
        after = model.posterior(nothing)
        assert after is model or after == model
    if hasattr(model, "log_likelihood"):
        theta = [0.5, 2.0] if isinstance(model, bayes.NormalInverseGamma) else 0.5
        zero = float(model.log_likelihood(theta, []))
        assert (zero, math.copysign(1, zero)) == (0.0, 1.0)


def test_no_data_change_nothing_in_a_regression() -> None:
    nothing = (torch.zeros(0, 2), torch.zeros(0))
    assert list(bayes.routes(bayes.LinearRegression(0.3, 7.0), nothing)) == [0.0] * 3
    model = bayes.LogisticRegression(0.37)
    assert model.laplace(nothing).log_evidence == 0
    assert bayes.grid_posterior(model, nothing).log_evidence == 0


def test_levels_of_quantiles() -> None:
    tiny = bayes.BetaBernoulli(2, 9).quantile([0, 1e-300, 1])
    assert tiny.tolist() == pytest.approx([0, math.sqrt(1e-300 / 45), 1])   # the mass below p is 45 p^2
    assert bayes.NormalNormal(0, 1, 1).quantile([0, 1]).tolist() == [-math.inf, math.inf]
    for belief in (bayes.BetaBernoulli(2, 9), bayes.NormalNormal(0, 1, 1), MIXTURE):
        for wrong in ([-0.1], [1.1], [math.nan], "0.5", None):
            with pytest.raises(DgmError, match="level"):
                (belief.knots if isinstance(belief, bayes.MixturePrior) else belief.quantile)(wrong)


def test_a_drawn_prior_has_the_density_that_was_drawn() -> None:
    """Straight lines between the heights, also between the points of the grid: area 1 and the height at any p."""
    heights = np.array([1.0, 1, 2, 4, 6, 4, 2, 1, 1])
    area = float(np.trapezoid(heights, np.linspace(0, 1, 9)))
    prior = bayes.histogram_prior(heights)
    p = np.array([0.0, 0.01, 0.3333, 0.47, 0.5987654, 0.77777, 1.0])
    expected = np.log(np.interp(p, np.linspace(0, 1, 9), heights) / area)
    step = 1 / len(prior.p)
    steepest = np.abs(np.diff(heights)).max() * 8 / heights.min()
    assert prior.log_prob(p).numpy() == pytest.approx(expected, abs=step**2 * steepest)
    mean = float(prior.posterior([1, 1, 0, 1, 1, 0, 1, 1]).predictive().mean)
    terms = bayes.theorem_terms(prior, [1, 1, 0, 1, 1, 0, 1, 1], mean)
    drawn = math.log(float(np.interp(mean, np.linspace(0, 1, 9), heights)) / area)
    assert terms.log_prior == pytest.approx(drawn, abs=step**2 * steepest)
    assert terms.log_posterior == pytest.approx(
        terms.log_likelihood + terms.log_prior - terms.log_evidence, abs=step**2 * 100)


def test_masses_of_a_grid_are_made_one() -> None:
    two = bayes.HistogramPrior([0.25, 0.75], [0.0, math.log(3)])
    assert two.log_mass.exp().tolist() == pytest.approx([0.25, 0.75])
    for p, log_mass in (([0.25, 0.75], [0.0]), ([0.75, 0.25], [0.0, 0.0]), ([0.5, 1.5], [0.0, 0.0]),
                        ([0.1, 0.2, 0.3], [0.0] * 3), ([0.0, 0.5], [0.0] * 2),
                        ([0.25, 0.75], [-math.inf] * 2), ([0.25, 0.75], [math.inf, 0.0]), ([], [])):
        with pytest.raises(DgmError, match=r"give|mass"):
            bayes.HistogramPrior(p, log_mass)


def test_float32_midpoints_are_midpoints() -> None:
    p = (torch.arange(2000) + 0.5) / 2000
    prior = bayes.HistogramPrior(p, torch.zeros(2000))
    assert torch.equal(prior.p, bayes.histogram_prior([1, 1]).p)
    assert float(torch.trapezoid(prior.log_prob(torch.linspace(0, 1, 4001)).exp(), dx=1 / 4000)) == pytest.approx(1)


def test_a_ratio_of_deviations_is_not_a_ratio_of_half_widths() -> None:
    prior, data = bayes.NormalInverseGamma(70.0, 0.5, 2.0, 200.0), [74.0]
    after = prior.posterior(data)
    student = stats.t(2 * after.a, after.m, math.sqrt(after.b / after.a * (1 + 1 / after.k)))
    plug_in = math.sqrt(after.map().s2)
    assert bayes.deviation_ratio(prior, data) == pytest.approx(student.std() / plug_in)
    assert bayes.deviation_ratio(prior, data) == pytest.approx(2.108, abs=5e-4)
    assert bayes.widening(prior, data) == pytest.approx(1.81, abs=5e-3)
    assert bayes.deviation_ratio(bayes.NormalInverseGamma(0, 1, 1, 1), []) == math.inf
    known = bayes.NormalNormal(0, 4, 1)
    assert bayes.deviation_ratio(known, [1.0]) == pytest.approx(bayes.widening(known, [1.0]))
    with pytest.raises(DgmError, match="about numbers"):
        bayes.deviation_ratio(bayes.BetaBernoulli(1, 1), [1])


def test_the_opposite_order_changes_half_of_eight_predictives() -> None:
    tosses = [1, 1, 0, 1, 1, 1, 0, 1]
    assert bayes.reversal(bayes.BetaBernoulli(2, 2), tosses) == (4, 8)
    assert bayes.reversal(bayes.BetaBernoulli(2, 2), [1, 1, 1]) == (0, 3)
    assert bayes.reversal(bayes.BetaBernoulli(2, 2), []) == (0, 0)


def test_the_variance_of_a_wide_students_t_is_infinite_and_no_error() -> None:
    assert float(bayes.StudentT(0.0, 1e200, 3.0).variance) == math.inf

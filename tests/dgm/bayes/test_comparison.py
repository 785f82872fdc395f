"""dgm.bayes.comparison: half-widths and probabilities of the next observation."""

import math

import pytest
import torch
from scipy import stats

from dgm import bayes


def test_widening_and_half_width() -> None:
    prior = bayes.NormalNormal(0, 4, 1)
    assert bayes.widening(prior, [1.0]) == pytest.approx(math.sqrt(1.8))
    student = bayes.StudentT(3.0, 1.0, 4.0)
    half = bayes.half_width(student)
    inside = stats.t(3, 1, 2).cdf(1 + half) - stats.t(3, 1, 2).cdf(1 - half)
    assert inside == pytest.approx(stats.norm.cdf(1) - stats.norm.cdf(-1))
    assert math.isfinite(bayes.widening(bayes.NormalInverseGamma(0, 1, 0.2, 1), [1.0]))


def test_probabilities_of_countable_outcomes() -> None:
    torch.testing.assert_close(bayes.outcome_probabilities(bayes.BetaBernoulli(1, 3).predictive(), 2),
                               torch.tensor([0.75, 0.25], dtype=torch.float64))
    die = bayes.DirichletCategorical((1, 2, 3)).predictive()
    assert float(bayes.outcome_probabilities(die, 3).sum()) == pytest.approx(1)

"""dgm.bayes.comparison: half-widths and probabilities of the next observation."""

import math
from typing import Any

import pytest
import torch
from scipy import stats

from dgm import bayes
from dgm.errors import DgmError


def test_widening_and_half_width() -> None:
    prior = bayes.NormalNormal(0, 4, 1)
    assert bayes.widening(prior, [1.0]) == pytest.approx(math.sqrt(1.8))
    student = bayes.StudentT(1.0, 2.0, 3.0)
    half = bayes.half_width(student)
    inside = stats.t(3, 1, 2).cdf(1 + half) - stats.t(3, 1, 2).cdf(1 - half)
    assert inside == pytest.approx(stats.norm.cdf(1) - stats.norm.cdf(-1))
    assert math.isfinite(bayes.widening(bayes.NormalInverseGamma(0, 1, 0.2, 1), [1.0]))


def test_probabilities_of_countable_outcomes() -> None:
    torch.testing.assert_close(bayes.outcome_probabilities(bayes.BetaBernoulli(1, 3).predictive(), 2),
                               torch.tensor([0.75, 0.25], dtype=torch.float64))
    die = bayes.DirichletCategorical((1, 2, 3)).predictive()
    assert float(bayes.outcome_probabilities(die, 3).sum()) == pytest.approx(1)


@pytest.mark.parametrize(("fields", "problem"), [
    ({"log_weights": [0.0, 0.0]}, "the weights must be 0 or more and sum to one"),
    ({"log_weights": [0.0]}, "1 numbers for 2"),
    ({"log_weights": [math.nan, 0.0]}, "log_weights holds a missing value"), ({"components": ()}, "not a tuple"),
    ({"components": None}, "components has to be distributions"), ({"components": (1, 2)}, "components has to be")])
def test_a_mixture_with_fields_that_do_not_fit(fields: dict[str, Any], problem: str) -> None:
    half = torch.tensor([0.5, 0.5]).log()
    mixture = bayes.Mixture(half, (bayes.Bernoulli(0.2, 0.8), bayes.Bernoulli(0.6, 0.4)))._replace(**fields)
    for ask in (lambda: mixture.log_prob([1]), lambda: mixture.mean, lambda: mixture.variance):
        with pytest.raises(DgmError, match=problem):
            ask()

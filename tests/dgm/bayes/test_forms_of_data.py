"""dgm.bayes: every documented form of the data gives the same answer in every function, and no other form is taken."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from dgm import bayes
from dgm.bayes.normal import sufficient_statistics
from dgm.errors import DgmError

COINS = [bayes.BetaBernoulli(2.0, 3.0), bayes.histogram_prior([0, 1, 4, 1, 0.5]),
         bayes.MixturePrior((1, 3), (bayes.BetaBernoulli(20, 2), bayes.BetaBernoulli(2, 9)))]
NUMBERS = [bayes.NormalNormal(0, 4, 1), bayes.NormalInverseGamma(0, 1, 2, 3)]
ROUNDING = 64 * np.finfo(float).eps

# Every function of a belief about a coin that takes data, as numbers.
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "posterior": lambda prior, data: prior.posterior(data).predictive().p if hasattr(
        prior.posterior(data).predictive(), "p") else float(prior.posterior(data).predictive().mean),
    "log_evidence": lambda prior, data: prior.log_evidence(data),
    "log_marginal": lambda prior, data: prior.log_marginal(data),
    "mle": lambda prior, data: prior.mle(data),
    "log_likelihood": lambda prior, data: prior.log_likelihood([0.2, 0.5], data).tolist(),
    "observations": lambda prior, data: [float(x) for x in prior.observations(data)],
    "updates": lambda prior, data: [update.log_evidence for update in prior.updates(data)],
    "routes": lambda prior, data: list(bayes.routes(prior, data)),
    "predictives": lambda prior, data: float(bayes.predictives(prior, data).posterior.mean),
    "curves": lambda prior, data: bayes.curves(prior, data).posterior.tolist(),
    "history": lambda prior, data: bayes.history(prior, data).log_predictives,  # type: ignore[union-attr]
    "theorem_terms": lambda prior, data: list(bayes.theorem_terms(prior, data, 0.4)),
    "scores": lambda prior, data: bayes.scores(bayes.predictives(prior, [1, 0]), data).posterior,
    "reversal": lambda prior, data: list(bayes.reversal(prior, data)),
}


def forms(tosses: list[int]) -> list[Any]:
    """Heads first, as Counts have them."""
    heads = sum(tosses)
    x = np.array(tosses, dtype=np.float64)
    return [bayes.Counts(heads, len(tosses) - heads), bayes.Counts(float(heads), np.int64(len(tosses) - heads)), tosses,
            tuple(tosses), x, x.astype(bool), x.astype(np.uint8)[:, None], torch.from_numpy(x).float(),
            [bool(toss) for toss in tosses], pd.Series(tosses), pd.DataFrame({"toss": tosses}), pd.Series(x == 1)]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("prior", COINS, ids=lambda prior: type(prior).__name__)
@pytest.mark.parametrize("tosses", [[1], [1, 1, 1, 0, 0]])
def test_counts_and_lists_are_the_same_data_of_a_coin(prior: Any, name: str, tosses: list[int]) -> None:
    first, *others = (FUNCTIONS[name](prior, form) for form in forms(tosses))
    for other in others:
        assert other == pytest.approx(first, rel=ROUNDING, abs=ROUNDING)


def test_one_head_has_one_evidence_by_three_routes() -> None:
    expected = math.log(2 / 5)
    assert list(bayes.routes(bayes.BetaBernoulli(2.0, 3.0), bayes.Counts(1, 0))) == pytest.approx([expected] * 3)
    assert bayes.BetaBernoulli(2.0, 3.0).log_predictive_of(bayes.Counts(1, 0)) == pytest.approx(expected)


@pytest.mark.parametrize("prior", COINS, ids=lambda prior: type(prior).__name__)
def test_a_billion_tosses_are_counted_and_not_gone_through(prior: Any) -> None:
    counts = bayes.Counts(6e8, 4e8)
    routes = bayes.routes(prior, counts)
    assert math.isfinite(routes.closed)
    assert routes.chain is None
    for act in (bayes.reversal, bayes.history):
        with pytest.raises(bayes.TooLargeError, match="use log_evidence"):
            act(prior, counts)
    assert bayes.score(prior.posterior(counts).predictive(), counts) == pytest.approx(
        0.6 * math.log(0.6) + 0.4 * math.log(0.4), rel=1e-3)


@pytest.mark.parametrize("prior", [*NUMBERS, bayes.DirichletCategorical((1, 2, 3))])
@pytest.mark.parametrize("record", [bayes.Counts(1, 0), sufficient_statistics([1.0, 2.0]), bayes.Estimate(1.0, 2.0)])
def test_a_record_is_no_array_of_its_fields(prior: Any, record: Any) -> None:
    for act in (prior.posterior, prior.log_evidence, prior.log_marginal, prior.mle, prior.observations,
                prior.log_predictive_of, lambda data: list(prior.updates(data)),
                lambda data: bayes.routes(prior, data)):
        with pytest.raises(DgmError, match="data is a"):
            act(record)


def test_a_regression_takes_a_pair_and_no_other_record() -> None:
    x, y = [[1.0, 0.5], [1.0, 2.0], [1.0, -1.0]], [0.0, 1.0, 0.0]
    linear, logistic = bayes.LinearRegression(1.0, 2.0), bayes.LogisticRegression(1.0)
    pairs = [(x, y), [x, y], (np.array(x), pd.Series(y)), (pd.DataFrame(x), torch.tensor(y)), (x, [[v] for v in y]),
             (x, [False, True, False])]
    evidences = {linear.log_evidence(pair) for pair in pairs}
    assert len(evidences) == 1
    assert len({logistic.laplace(pair).log_evidence for pair in pairs}) == 1
    for wrong in (bayes.Counts(1, 0), pd.DataFrame(x), {"x": x, "y": y}, "xy", 5, None):
        for act in (linear.log_evidence, linear.observations, logistic.map):
            with pytest.raises(DgmError, match="a pair"):
                act(wrong)


@pytest.mark.parametrize("theta", [bayes.Estimate(0.5, 2.0), (0.5, 2.0), [0.5, 2.0], np.array([0.5, 2.0])])
def test_an_estimate_is_a_theta(theta: Any) -> None:
    belief = bayes.NormalInverseGamma(0, 1, 2, 3)
    assert float(belief.log_prob(theta)) == float(belief.log_prob(torch.tensor([0.5, 2.0])))
    assert float(belief.plug_in(theta).variance) == 2


@pytest.mark.parametrize("counts", [bayes.Counts(2.5, 1), bayes.Counts(-1, 1), bayes.Counts(math.nan, 1),
                                    bayes.Counts(math.inf, 1), bayes.Counts(True, 1), bayes.Counts("3", 1)])
def test_counts_are_whole_numbers(counts: Any) -> None:
    for prior in COINS:
        with pytest.raises(DgmError, match="has to be a whole number from 0"):
            prior.log_evidence(counts)


@pytest.mark.parametrize("data", [np.ma.masked_array([1.0, 0.0], [False, True]), [1 + 2j], ["1", "0"], [1, None],
                                  np.array(["2020-01-01"], "M8[D]"), [math.nan], [math.inf], [[1, 0], [1]], {1, 0},
                                  pd.Series([1, pd.NA])])
@pytest.mark.parametrize("prior", [*COINS, *NUMBERS, bayes.DirichletCategorical((1, 2, 3))])
def test_what_is_no_number_gets_a_sentence(prior: Any, data: Any) -> None:
    with pytest.raises(DgmError, match="data"):
        prior.posterior(data)


def test_numbers_of_numpy_build_the_same_belief() -> None:
    assert bayes.BetaBernoulli(np.int64(2), np.float32(3)) == bayes.BetaBernoulli(2, torch.tensor(3.0))
    assert bayes.DirichletCategorical(pd.Series([1, 2])) == bayes.DirichletCategorical((1.0, 2.0))
    mixture = bayes.MixturePrior(np.array([1, 3]), [bayes.BetaBernoulli(1, 1)] * 2)
    assert mixture == bayes.MixturePrior((1, 3), (bayes.BetaBernoulli(1, 1),) * 2)
    for wrong in (True, "2", None, math.nan, [1.0, 2.0], 2j):
        with pytest.raises(DgmError, match=r"^a has to be a finite number greater than 0"):
            bayes.BetaBernoulli(wrong, 1)


def test_moments_take_lists_and_numbers_as_log_densities_do() -> None:
    assert bayes.Categorical([0.5, 0.5]).variance.tolist() == [0.25, 0.25]
    half = [-math.log(2)] * 2
    mixed = bayes.Mixture(half, (bayes.Normal(0.0, 1.0), bayes.Normal(1.0, 1.0)))
    assert (float(mixed.mean), float(mixed.variance)) == pytest.approx((0.5, 1.25))
    assert bayes.half_width(bayes.Normal(0.0, 4.0)) == 2


@pytest.mark.parametrize("act", [
    lambda: bayes.Bernoulli(2.0, 1.0).variance, lambda: bayes.Bernoulli("a", 1.0).mean,
    lambda: bayes.Categorical([0.5, 0.6]).mean, lambda: bayes.StudentT("a", 0.0, 1.0).mean,
    lambda: bayes.StudentT(3.0, 0.0, -1.0).variance, lambda: bayes.half_width(bayes.Normal(0.0, -1.0)),
    lambda: bayes.Mixture([-math.log(2)] * 2, (bayes.Bernoulli(0.5, 0.5), bayes.Categorical([1.0]))).mean,
    lambda: bayes.Mixture([0.0], (bayes.Normal("a", 1.0),)).mean,
    lambda: bayes.Normal([0.0, 1.0], [1.0, 1.0]).log_prob([1.0, 2.0, 3.0]),
])
def test_moments_of_what_is_no_distribution_are_refused(act: Any) -> None:
    with pytest.raises(DgmError):
        act()

"""dgm.bayes, hard input: edges, huge counts and values, too little data, and errors that name the remedy."""

import math
from typing import Any

import pytest
import torch

from dgm import bayes
from tests.dgm.bayes.beliefs import tosses, two_normals


def test_beta_below_one_puts_the_map_at_an_edge_or_nowhere() -> None:
    assert bayes.BetaBernoulli(0.5, 2).map() == 0
    assert bayes.BetaBernoulli(2, 0.5).map() == 1
    assert bayes.BetaBernoulli(1, 2).map() == 0
    assert bayes.BetaBernoulli(0.5, 0.5).map("logit p") == 0.5
    with pytest.raises(bayes.NoMaximumError, match="both edges"):
        bayes.BetaBernoulli(0.5, 0.5).map()
    with pytest.raises(bayes.NoMaximumError, match="flat"):
        bayes.BetaBernoulli(1, 1).map()
    with pytest.raises(bayes.NoMaximumError, match="flat"):
        bayes.BetaBernoulli(0.5, 0.5).map("angle")
    assert bayes.predictives(bayes.BetaBernoulli(1, 1), []).plug_in is None


def test_all_heads_give_the_plug_in_a_score_of_minus_infinity() -> None:
    answers = bayes.predictives(bayes.BetaBernoulli(1, 1), [1, 1, 1])
    score = bayes.scores(answers, [1.0, 0.0])
    assert score.plug_in == -math.inf
    assert score.posterior == pytest.approx(0.5 * (math.log(0.8) + math.log(0.2)))
    assert score.prior == pytest.approx(math.log(0.5))
    assert bayes.BetaBernoulli(1, 1).mle([1, 1, 1]) == 1


def test_billions_of_observations_lose_no_digits() -> None:
    flat = bayes.BetaBernoulli(1, 1)
    assert flat.log_evidence(bayes.Counts(1e9, 0)) == pytest.approx(-math.log(1e9 + 1), rel=1e-14)
    assert flat.log_evidence(bayes.Counts(1e9, 1)) == pytest.approx(-math.log(1e9 + 1) - math.log(1e9 + 2), rel=1e-13)
    assert bayes.BetaBernoulli(1e9, 1e9).log_evidence([1.0, 0.0]) == pytest.approx(
        2 * math.log(0.5) + math.log(1 / (1 + 0.5e-9)), rel=1e-14)
    after = flat.posterior(bayes.Counts(1e9, 0))
    assert float(after.predictive().log_prob(0)) == pytest.approx(-math.log(1e9 + 2), rel=1e-15)
    found = bayes.curves(flat, bayes.Counts(6e8, 4e8))
    assert torch.isfinite(torch.stack([found.prior, found.likelihood, found.joint, found.posterior])).all()
    assert float(torch.trapezoid(found.posterior, found.theta)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("data", [[1e150], [1e150, -1e150], [1e150, 1e150, 1e150]])
@pytest.mark.parametrize("model", [bayes.NormalNormal(0, 1, 1), bayes.NormalInverseGamma(0, 1, 1, 1),
                                   two_normals(0, 1, var=9)])
def test_huge_values_give_numbers(model: bayes.Belief, data: list[float]) -> None:
    after, evidence = model.posterior(data), model.log_evidence(data)
    assert math.isfinite(evidence)
    assert evidence < -700
    assert math.isfinite(float(after.predictive().log_prob(1e150)))
    assert not torch.isnan(torch.as_tensor(after.map())).any()
    routes = bayes.routes(model, data)
    assert routes.chain == pytest.approx(evidence, rel=1e-9)


def test_values_too_large_to_square_raise() -> None:
    for model in (bayes.NormalNormal(0, 1, 1), bayes.NormalInverseGamma(0, 1, 1, 1)):
        for data in ([1e200, -1e200], [1e200]):
            with pytest.raises(ValueError, match="divide them by a constant"):
                model.log_evidence(data)


def test_offset_does_not_cost_digits() -> None:
    x = torch.tensor([0.0, 1.0, 2.0, 4.0], dtype=torch.float64)
    near, far = bayes.NormalInverseGamma(0, 1, 1, 1), bayes.NormalInverseGamma(2.0**30, 1, 1, 1)
    assert far.log_evidence(x + 2.0**30) == pytest.approx(near.log_evidence(x), rel=1e-13)


def test_one_point_and_equal_points() -> None:
    model = bayes.NormalInverseGamma(0, 1, 0.4, 1)
    for data in ([2.0], [2.0, 2.0, 2.0]):
        assert math.isfinite(model.log_evidence(data))
        assert model.posterior(data).map().s2 > 0
        with pytest.raises(bayes.NoMaximumError, match="second, different value"):
            model.mle(data)
    with pytest.raises(ValueError, match="no mean"):
        _ = model.predictive().mean
    assert float(model.predictive().variance) == math.inf
    assert bayes.NormalNormal(0, 1, 1).mle([2.0]) == 2
    assert model.mle([1.0, 3.0]) == (2, 1)


@pytest.mark.parametrize(("act", "message"), [
    (lambda: bayes.BetaBernoulli(0, 1), "a has to be a finite number greater than 0"),
    (lambda: bayes.NormalNormal(0, 1, float("nan")), "noise_var has to be a finite number greater than 0"),
    (lambda: bayes.NormalNormal(math.inf, 1, 1), "mean has to be a finite number, not"),
    (lambda: bayes.NormalInverseGamma(0, -1, 1, 1), "k has to be a finite number greater than 0"),
    (lambda: bayes.NormalInverseGamma(math.nan, 1, 1, 1), "m has to be a finite number, not"),
    (lambda: bayes.BetaBernoulli(1, 1).posterior([0, 1, 2]), "observation 3 is 2: a coin gives 0 or 1"),
    (lambda: bayes.BetaBernoulli(1, 1).posterior([0, math.nan]), "value 2 of data is missing"),
    (lambda: bayes.BetaBernoulli(1, 1).posterior(bayes.Counts(-1, 2)), "heads has to be a whole number from 0"),
    (lambda: bayes.BetaBernoulli(1, 1).log_marginal(bayes.Counts(1e9, 2)), "use log_evidence"),
    (lambda: bayes.BetaBernoulli(2, 2).map("log p"), "one of p, logit p, angle"),
    (lambda: bayes.DirichletCategorical((1,)), "two or more classes"),
    (lambda: bayes.DirichletCategorical((1, 1)).posterior([0, 2]), "observation 2 is 2: the classes are 0 to 1"),
    (lambda: bayes.DirichletCategorical((1, 1, 1)).map(), "no single top"),
    (lambda: bayes.NormalNormal(0, 1, 1).posterior([[1.0, 2.0]]), "choose one column"),
    (lambda: bayes.NormalNormal(0, 1, 1).log_marginal(torch.zeros(2001)), "use log_evidence"),
    (lambda: bayes.histogram_prior([0, 0, 0]), "0 everywhere"),
    (lambda: bayes.histogram_prior([1]), "two or more points"),
    (lambda: bayes.histogram_prior([1, -1]), "not be negative"),
    (lambda: bayes.histogram_prior([1, 1]).map(), "flat at its top"),
    (lambda: bayes.MixturePrior((1,), ()), "one weight"),
    (lambda: bayes.MixturePrior((0, 0), (bayes.BetaBernoulli(1, 1),) * 2), "not all 0"),
    (lambda: bayes.MixturePrior((1, 1), (bayes.BetaBernoulli(1, 1), bayes.NormalNormal(0, 1, 1))), "of one kind"),
    (lambda: bayes.score(bayes.Bernoulli(0.5, 0.5), []), "nothing held out"),
])
def test_errors_name_the_remedy(act: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        act()


def test_a_prior_that_nearly_excludes_the_data() -> None:
    half = bayes.histogram_prior([1.0, 1.0] + [0.0] * 8, points=1000)   # nothing above p = 2/9
    assert half.log_evidence(bayes.Counts(5000, 0)) < -6000
    assert math.isfinite(float(half.posterior(bayes.Counts(5000, 0)).predictive().mean))
    low = bayes.HistogramPrior([0.25, 0.75], [0.0, -math.inf])   # the least likely data have a probability
    heads = bayes.Counts(2**53, 0)
    assert low.log_evidence(heads) == low.log_marginal(heads) == pytest.approx(-(2**53) * math.log(4))
    assert low.posterior(heads).log_mass.tolist() == [0.0, -math.inf]


def test_numpy_and_float32_and_lists_are_the_same_data() -> None:
    data = tosses(0, 20)
    expected = bayes.BetaBernoulli(2, 2).posterior(data)
    for form in (data.numpy(), data.float(), data.int(), data.bool(), data.tolist(), data[:, None]):
        assert bayes.BetaBernoulli(2, 2).posterior(form) == expected


def test_dirichlet_of_two_is_a_coin() -> None:
    data = tosses(5, 30)
    two, one = bayes.DirichletCategorical((2.5, 0.7)), bayes.BetaBernoulli(0.7, 2.5)
    assert two.log_evidence(data) == pytest.approx(one.log_evidence(data), rel=1e-13)
    assert float(two.posterior(data).map()[1]) == pytest.approx(one.posterior(data).map())
    assert float(two.posterior(data).map("softmax")[1]) == pytest.approx(one.posterior(data).map("logit p"))
    three = bayes.DirichletCategorical((2, 3, 1))
    torch.testing.assert_close(three.map(), torch.tensor([1 / 3, 2 / 3, 0], dtype=torch.float64))
    assert float(three.plug_in([1.0, 0, 0]).log_prob(2)) == -math.inf
    assert float(three.predictive().log_prob(7)) == float(three.predictive().log_prob(0.5)) == -math.inf

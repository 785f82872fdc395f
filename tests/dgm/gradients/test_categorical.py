"""dgm.gradients.categorical: enumeration is the truth, Gumbel-softmax is shown to be biased."""

import pytest
import torch

from dgm.gradients import COSTS, estimate
from dgm.gradients.categorical import ESTIMATORS, Categorical, drawn, enough, enumeration, exact, gumbel

COUNT = 100_000
Q = Categorical(torch.tensor([0.2, -0.5, 1.0]), torch.tensor([-1.0, 0.5, 2.0]))
COST = COSTS["quadratic"](0.7)


def test_enumeration_is_autograds_gradient() -> None:
    logits = Q.logits.double().requires_grad_()
    (truth,) = torch.autograd.grad(logits.softmax(0) @ COST(Q.places.double()), logits)
    assert torch.allclose(enumeration(COST, Q), truth)


def test_gumbel_maximum_draws_from_q() -> None:
    shares = torch.bincount(drawn(Q, gumbel(Q, COUNT, 1)), minlength=3) / COUNT
    assert ((shares - Q.probs).abs() < 4 * (Q.probs * (1 - Q.probs) / COUNT).sqrt()).all()


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n.startswith("log")])
def test_log_derivative_means_and_variances(name: str) -> None:
    found, law = estimate(ESTIMATORS[name](COST, Q, gumbel(Q, COUNT, 2))), exact(name, COST, Q, COUNT)
    assert torch.allclose(law.mean, enumeration(COST, Q))
    assert ((found.mean - law.mean).abs() < 4 * found.mean_error).all()
    assert ((found.variance - law.variance * COUNT).abs() < 4 * found.variance_error).all()


def test_leave_one_out_with_three_samples() -> None:
    name, rounds = "log-derivative + leave-one-out", 4_000
    noise = gumbel(Q, 3 * rounds, 5).reshape(rounds, 3, 3)
    means = torch.stack([ESTIMATORS[name](COST, Q, rows).mean(0) for rows in noise])
    found, law = estimate(means), exact(name, COST, Q, 3)
    assert ((found.mean - law.mean).abs() < 4 * found.mean_error).all()
    assert ((found.variance - law.variance).abs() < 4 * found.variance_error).all()


def test_best_baseline_is_best() -> None:
    best = exact("log-derivative + best baseline", COST, Q).variance
    for other in ("log-derivative", "log-derivative + mean baseline"):
        assert (best <= exact(other, COST, Q).variance + 1e-12).all()


def test_gumbel_softmax_is_biased_and_its_two_category_law_holds() -> None:
    q = Categorical(torch.tensor([0.3, -0.4]), torch.tensor([-1.0, 2.0]))
    found = estimate(ESTIMATORS["Gumbel-softmax (biased)"](COST, q, gumbel(q, COUNT, 3)))
    law = exact("Gumbel-softmax (biased)", COST, q)
    assert ((found.mean - law.mean).abs() < 4 * found.mean_error).all()
    assert ((found.variance - law.variance).abs() < 4 * found.variance_error).all()
    bias = [(exact("Gumbel-softmax (biased)", COST, q, temperature=t).mean - enumeration(COST, q)).abs().max().item()
            for t in (0.5, 0.1, 0.02)]
    assert bias[0] > 4 * found.mean_error.max()
    assert bias[2] / bias[1] == pytest.approx(0.2, abs=0.02), "the bias is of the order of the temperature"


def test_border() -> None:
    with pytest.raises(ValueError, match="two categories"):
        exact("Gumbel-softmax (biased)", COST, Q)
    with pytest.raises(ValueError, match="temperature"):
        ESTIMATORS["Gumbel-softmax (biased)"](COST, Q, gumbel(Q, 3, 0), temperature=0.0)
    with pytest.raises(ValueError, match="choose one of"):
        exact("reparametrization", COST, Q)
    assert enough(4.0, 0.1) == 400
    assert ESTIMATORS["exact enumeration"](COST, Q, gumbel(Q, 5, 0)).var(0).max() == 0

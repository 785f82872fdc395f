"""dgm.gradients.categorical: estimators against enumeration of all samples; Gumbel-softmax is biased."""

import itertools

import pytest
import torch
from torch import Tensor

from dgm.gradients import COSTS, estimate
from dgm.gradients.categorical import ESTIMATORS, Categorical, enumeration, gumbel, sampled_category

COUNT = 100_000
Q = Categorical(torch.tensor([0.2, -0.5, 1.0]), torch.tensor([-1.0, 0.5, 2.0]))
COST = COSTS["quadratic"](0.7)
SOFT = "Gumbel-softmax (biased)"
LOG_DERIVATIVE = [name for name in ESTIMATORS if name != SOFT]


def noise_of(*categories: int) -> Tensor:
    """Noise (S, C) with which the samples are these categories."""
    return 1e3 * torch.eye(len(Q.logits), dtype=torch.float64)[list(categories)]


def exact_moments(name: str, samples: int = 1) -> tuple[Tensor, Tensor]:
    """Mean and variance (C,) of the mean of `samples` gradients: the sum over all C^samples outcomes."""
    outcomes = list(itertools.product(range(len(Q.logits)), repeat=samples))
    weight = torch.stack([Q.probs[list(outcome)].prod() for outcome in outcomes])
    g = torch.stack([ESTIMATORS[name](COST, Q, noise_of(*outcome)).mean(0) for outcome in outcomes])
    return weight @ g, weight @ (g - weight @ g) ** 2


def test_enumeration_is_autograds_gradient() -> None:
    logits = Q.logits.double().requires_grad_()
    (truth,) = torch.autograd.grad(logits.softmax(0) @ COST(Q.places.double()), logits)
    assert torch.allclose(enumeration(COST, Q), truth)


def test_gumbel_maximum_draws_from_q() -> None:
    shares = torch.bincount(sampled_category(Q, gumbel(Q, COUNT, 1)), minlength=3) / COUNT
    assert ((shares - Q.probs).abs() < 4 * (Q.probs * (1 - Q.probs) / COUNT).sqrt()).all()


@pytest.mark.parametrize("samples", [1, 2, 4])
@pytest.mark.parametrize("name", LOG_DERIVATIVE)
def test_log_derivative_is_unbiased(name: str, samples: int) -> None:
    assert torch.allclose(exact_moments(name, samples)[0], enumeration(COST, Q))


@pytest.mark.parametrize("name", [name for name in LOG_DERIVATIVE if name != "log-derivative + leave-one-out"])
def test_sampled_means_and_variances(name: str) -> None:
    found, (mean, variance) = estimate(ESTIMATORS[name](COST, Q, gumbel(Q, COUNT, 2))), exact_moments(name)
    assert ((found.mean - mean).abs() < 4 * found.mean_error).all()
    assert ((found.variance - variance).abs() < 4 * found.variance_error).all()
    assert torch.allclose(exact_moments(name, 3)[1], variance / 3)


def test_best_baseline_has_the_least_variance() -> None:
    _, best = exact_moments("log-derivative + best baseline")
    for other in ("log-derivative", "log-derivative + mean baseline"):
        assert (best <= exact_moments(other)[1] + 1e-12).all()


def test_leave_one_out_approaches_the_mean_baseline() -> None:
    """Var = Var with E f + (Var f E[S^2] + grad^2) / (K (K - 1)); a single sample has no baseline."""
    name, K = "log-derivative + leave-one-out", 4
    f, p = COST(Q.places.double()), Q.probs
    fisher = p * (1 - p)                                    # E[S^2]
    extra = (p @ (f - p @ f) ** 2 * fisher + enumeration(COST, Q) ** 2) / (K * (K - 1))
    _, with_mean = exact_moments("log-derivative + mean baseline")
    assert torch.allclose(exact_moments(name, K)[1], with_mean / K + extra)
    assert torch.allclose(exact_moments(name)[1], exact_moments("log-derivative")[1])


def test_gumbel_softmax_is_biased_in_the_order_of_its_temperature() -> None:
    """Two categories: the difference of their noise is logistic, and its trapezoid sum converges exponentially."""
    q = Categorical(torch.tensor([0.3, -0.4]), torch.tensor([-1.0, 2.0]))
    x = torch.linspace(-40, 40, 160_001, dtype=torch.float64)
    weight = torch.sigmoid(x) * torch.sigmoid(-x) * (x[1] - x[0])
    noise = torch.stack([torch.zeros_like(x), x], 1)

    def mean(temperature: float) -> Tensor:
        return weight @ ESTIMATORS[SOFT](COST, q, noise, temperature=temperature)

    found = estimate(ESTIMATORS[SOFT](COST, q, gumbel(q, COUNT, 3)))
    assert ((found.mean - mean(0.5)).abs() < 4 * found.mean_error).all()
    bias = [(mean(t) - enumeration(COST, q)).abs().max().item() for t in (0.5, 0.1, 0.02)]
    assert bias[0] > 4 * found.mean_error.max()
    assert bias[2] / bias[1] == pytest.approx(0.2, abs=0.02)


def test_validation() -> None:
    with pytest.raises(ValueError, match="temperature"):
        ESTIMATORS[SOFT](COST, Q, gumbel(Q, 3, 0), temperature=0.0)

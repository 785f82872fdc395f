"""dgm.gradients.batch_noise: both parts of the variance against sampling, PPCA's optimum, and the slide's n."""

import pytest
import torch
from torch import Tensor

from dgm import runtime
from dgm.gradients.batch_noise import SPLITS, at_optimum, encoded, perturbed, sample, toy_optimum, toy_path

COUNT = 120_000


@pytest.fixture(scope="module")
def points() -> Tensor:
    mix = torch.tensor([[2, 1, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.5, 0], [0, 0, 0, 0.3]], dtype=torch.float64)
    return torch.randn(40, 4, generator=runtime.generator(1), dtype=torch.float64) @ mix


@pytest.mark.parametrize("name", list(SPLITS))
@pytest.mark.parametrize("size", [0.0, 0.5])
def test_exact_parts_against_sampling(points: Tensor, name: str, size: float) -> None:
    model = perturbed(at_optimum(points, 2), size)
    law, drawn = SPLITS[name](model, points), sample(name, model, points, COUNT, 3)
    variance, fourth = drawn.var(0), ((drawn - drawn.mean(0)) ** 4).mean(0)
    total = law.batch + law.monte_carlo
    assert ((drawn.mean(0) - law.mean).abs() < 4.3 * (variance / COUNT).sqrt() + 1e-9).all()
    assert ((variance - total).abs() < 4.3 * ((fourth - variance**2) / COUNT).sqrt() + 1e-9).all()


def test_parts_are_told_apart(points: Tensor) -> None:
    """One point: no batch part. An encoder without noise: no Monte Carlo part."""
    model = perturbed(at_optimum(points, 2), 0.3)
    still = model._replace(code_var=torch.zeros(2, dtype=torch.float64))
    for name in ("decoder W", "encoder V, reparametrization"):
        assert SPLITS[name](model, points[:1]).batch.abs().max() < 1e-20
        assert SPLITS[name](still, points).monte_carlo.abs().max() < 1e-20


def test_both_encoder_gradients_have_one_mean_and_batch_part(points: Tensor) -> None:
    model = perturbed(at_optimum(points, 2), 0.4)
    one, other = (SPLITS[f"encoder V, {name}"](model, points) for name in ("reparametrization", "log-derivative"))
    assert torch.allclose(one.mean, other.mean)
    assert torch.allclose(one.batch, other.batch)
    assert other.monte_carlo.sum() > 5 * one.monte_carlo.sum()


def test_gradients_vanish_at_the_maximum_likelihood(points: Tensor) -> None:
    model = at_optimum(points, 2)
    assert SPLITS["decoder W"](model, points).mean.abs().max() < 1e-10
    assert SPLITS["encoder V, reparametrization"](model, points).mean.abs().max() < 1e-10
    assert torch.allclose(encoded(model.mean, model.W, model.noise_var).V, model.V)


def test_batches_and_draws_divide(points: Tensor) -> None:
    part = SPLITS["decoder W"](at_optimum(points, 1), points)
    batch, monte_carlo = part.total()
    assert part.total(8, 4) == pytest.approx((batch / 8, monte_carlo / 32))
    with pytest.raises(ValueError, match="between 1 and 3"):
        at_optimum(points, 4)


@pytest.mark.parametrize("n", [10, 100])
def test_printed_rule_shrinks_q(n: int) -> None:
    """As printed the fixed point is N(n x / (n + 1), 1 / (n + 1)); the bound's is the posterior N(1, 1/2)."""
    printed, right = toy_optimum(n), toy_optimum(n, printed=False)
    assert (printed.mu, printed.sigma**2) == pytest.approx((2 * n / (n + 1), 1 / (n + 1)))
    assert (right.mu, right.sigma**2) == pytest.approx((1.0, 0.5))
    for rule, q in ((True, printed), (False, right)):
        mu, sigma = toy_path(n, printed=rule, steps=400)[-1].tolist()
        assert (mu, sigma) == pytest.approx((q.mu, q.sigma), rel=1e-6)
    of_mu = n * (2 - printed.mu) - printed.mu
    of_sigma = -n * printed.sigma - printed.sigma + 1 / printed.sigma
    assert (of_mu, of_sigma) == pytest.approx((0.0, 0.0), abs=1e-9)
    with pytest.raises(ValueError, match="at least 1"):
        toy_optimum(0)

"""dgm.gradients.batch_noise: both parts of the variance against sampling, PPCA's optimum, and the slide's n."""

import pytest
import torch
from torch import Tensor

from dgm import ppca, runtime
from dgm.gradients.batch_noise import (
    SPLITS,
    LinearVAE,
    at_maximum_likelihood,
    perturbed,
    toy_optimum,
    with_best_encoder,
)

COUNT = 120_000


@pytest.fixture(scope="module")
def points() -> Tensor:
    mix = torch.tensor([[2, 1, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.5, 0], [0, 0, 0, 0.3]], dtype=torch.float64)
    return torch.randn(40, 4, generator=runtime.generator(1), dtype=torch.float64) @ mix


def sample(name: str, model: LinearVAE, x: Tensor, count: int, seed: int) -> Tensor:
    """`count` draws of the gradient `name` by its definition, i ~ U[1, n] and z ~ q(z | x_i)."""
    rng = runtime.generator(seed)
    x = x - model.mean
    x = x[torch.randint(len(x), (count,), generator=rng)]
    eps = torch.randn(count, len(model.code_var), generator=rng, dtype=torch.float64)
    code = x @ model.V.T
    z = code + model.code_var.sqrt() * eps
    r = x - z @ model.W.T
    if name == "decoder W":
        return r[:, :, None] * z[:, None, :] / model.noise_var
    if name == "encoder V, reparametrization":
        return (r @ model.W / model.noise_var - code)[:, :, None] * x[:, None, :]
    f = torch.distributions.Normal(0.0, model.noise_var**0.5).log_prob(r).sum(1)
    return (f[:, None] * eps / model.code_var.sqrt() - code)[:, :, None] * x[:, None, :]


@pytest.mark.parametrize("name", list(SPLITS))
@pytest.mark.parametrize("size", [0.0, 0.5])
def test_exact_parts_against_sampling(points: Tensor, name: str, size: float) -> None:
    model = perturbed(at_maximum_likelihood(points, 2), size)
    exact, drawn = SPLITS[name](model, points), sample(name, model, points, COUNT, 3)
    variance, fourth = drawn.var(0), ((drawn - drawn.mean(0)) ** 4).mean(0)
    total = exact.batch + exact.monte_carlo
    assert ((drawn.mean(0) - exact.mean).abs() < 4.3 * (variance / COUNT).sqrt() + 1e-9).all()
    assert ((variance - total).abs() < 4.3 * ((fourth - variance**2) / COUNT).sqrt() + 1e-9).all()


def test_each_part_vanishes_with_its_cause(points: Tensor) -> None:
    """One point: no batch part. An encoder without noise: no Monte Carlo part."""
    model = perturbed(at_maximum_likelihood(points, 2), 0.3)
    noiseless = model._replace(code_var=torch.zeros(2, dtype=torch.float64))
    for name in ("decoder W", "encoder V, reparametrization"):
        assert SPLITS[name](model, points[:1]).batch.abs().max() < 1e-20
        assert SPLITS[name](noiseless, points).monte_carlo.abs().max() < 1e-20


def test_a_batch_part_that_is_only_rounding_is_zero(points: Tensor) -> None:
    model = at_maximum_likelihood(points, 2)
    for name in ("encoder V, reparametrization", "encoder V, log-derivative"):
        assert SPLITS[name](model, points).total()[0] == 0
        assert SPLITS[name](perturbed(model, 1e-6), points).total()[0] > 0


def test_both_encoder_gradients_have_one_mean_and_batch_part(points: Tensor) -> None:
    model = perturbed(at_maximum_likelihood(points, 2), 0.4)
    one, other = (SPLITS[f"encoder V, {name}"](model, points) for name in ("reparametrization", "log-derivative"))
    assert torch.allclose(one.mean, other.mean)
    assert torch.allclose(one.batch, other.batch)
    assert other.monte_carlo.sum() > 5 * one.monte_carlo.sum()


def test_gradients_vanish_at_the_maximum_likelihood(points: Tensor) -> None:
    model = at_maximum_likelihood(points, 2)
    assert SPLITS["decoder W"](model, points).mean.abs().max() < 1e-10
    assert SPLITS["encoder V, reparametrization"](model, points).mean.abs().max() < 1e-10
    posterior = ppca.posterior(points, ppca.fit(points, 2))
    assert torch.allclose((points - model.mean) @ model.V.T, posterior.mean)
    assert torch.allclose(torch.diag(model.code_var), posterior.cov)
    assert torch.allclose(with_best_encoder(model.mean, model.W, model.noise_var).V, model.V)


def test_batches_and_draws_divide(points: Tensor) -> None:
    part = SPLITS["decoder W"](at_maximum_likelihood(points, 1), points)
    batch, monte_carlo = part.total()
    assert part.total(8, 4) == pytest.approx((batch / 8, monte_carlo / 32))
    with pytest.raises(ValueError, match="from 0 to 3"):
        at_maximum_likelihood(points, 4)


@pytest.mark.parametrize("n", [10, 100])
def test_printed_rule_shrinks_q(n: int) -> None:
    """As printed the fixed point is N(n x / (n + 1), 1 / (n + 1)); the bound's is the posterior N(1, 1/2)."""
    printed, right = toy_optimum(n), toy_optimum(n, printed=False)
    assert (printed.mu, printed.sigma**2) == pytest.approx((2 * n / (n + 1), 1 / (n + 1)))
    assert (right.mu, right.sigma**2) == pytest.approx((1.0, 0.5))
    for q, kl_weight in ((printed, 1), (right, n)):     # n grad E log p - kl_weight grad KL
        of_mu = n * (2 - q.mu) - kl_weight * q.mu
        of_sigma = -n * q.sigma - kl_weight * (q.sigma - 1 / q.sigma)
        assert (of_mu, of_sigma) == pytest.approx((0.0, 0.0), abs=1e-9)
    with pytest.raises(ValueError, match="n has to be a finite number from 1 on"):
        toy_optimum(0)

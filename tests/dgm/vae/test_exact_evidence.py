"""exact_evidence and inference_gap: the integral against closed forms, a fine grid and sampling; bounds lie below."""

import math
from typing import Any

import pytest
import torch
from torch import distributions

from dgm import vae
from dgm.vae import exact_evidence, inference_gap, live_training

X = (torch.rand(30, 20, generator=torch.Generator().manual_seed(1)) < torch.linspace(0.05, 0.95, 20)).float()


def trained(latent: int = 2, **settings: Any) -> vae.Checkpoint:
    config = vae.Config(**{"latent": latent, "hidden": 12, "batch": 10, "learning_rate": 1e-2, **settings})
    return vae.advance(vae.init(config, X), X, 300)


def linear(latent: int, sigma2: float) -> tuple[vae.Checkpoint, distributions.MultivariateNormal]:
    """A linear Gaussian decoder with long, tilted columns, and its evidence N(b, W W' + sigma^2 I)."""
    config = vae.Config(latent=latent, hidden=0, likelihood="gaussian", sigma2=sigma2, dtype="float64")
    run = vae.init(config, X)
    g = torch.Generator().manual_seed(latent)
    W = torch.randn(20, latent, generator=g, dtype=torch.float64) + 0.5
    run = run._replace(params=run.params | {"decoder.out.weight": W})
    cov = W @ W.T + sigma2 * torch.eye(20, dtype=torch.float64)
    return run, distributions.MultivariateNormal(run.params["decoder.out.bias"], cov)


@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize("sigma2", [0.02, 0.05, 1.0, 30.0])
def test_the_linear_gaussian_closed_form(latent: int, sigma2: float) -> None:
    run, exact = linear(latent, sigma2)
    x = exact.sample((8,))
    found = exact_evidence.log_evidence(run, x)
    assert (found.log_p - exact.log_prob(x)).abs().max() < 1e-4
    assert (found.error < 1e-4).all()
    W = run.params["decoder.out.weight"]
    M = W.T @ W + sigma2 * torch.eye(latent, dtype=torch.float64)
    moments = exact_evidence.moments(run, x)
    torch.testing.assert_close(moments.mean, torch.linalg.solve(M, W.T @ (x - exact.mean).T).T, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(moments.cov[0], sigma2 * torch.linalg.inv(M), atol=1e-5, rtol=2e-2)


def test_a_posterior_far_outside_the_prior_is_found() -> None:
    run, exact = linear(2, 0.05)
    x = (exact.mean + run.params["decoder.out.weight"] @ torch.tensor([9.0, -11.0], dtype=torch.float64))[None]
    assert abs(exact_evidence.log_evidence(run, x).log_p - exact.log_prob(x)) < 1e-3


@pytest.mark.parametrize("latent", [1, 2])
def test_a_fine_grid_says_the_same(latent: int) -> None:
    run = trained(latent)
    side = 0.02 if latent == 2 else 0.001
    steps = torch.arange(-7 + side / 2, 7, side, dtype=torch.float64)
    z = torch.cartesian_prod(*[steps] * latent).reshape(-1, latent)
    found = exact_evidence.log_evidence(run, X[:3])
    for image, log_p in zip(X, found.log_p, strict=False):
        brute = torch.logsumexp(exact_evidence.log_joint(run, image, z), 0) + latent * math.log(side)
        assert abs(log_p - brute) < 1e-5


def test_log_joint_is_the_models() -> None:
    run = trained()
    z = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = (distributions.Bernoulli(probs=vae.decode(run, z).double()).log_prob(X[0].double()).sum(-1)
                + distributions.Normal(torch.zeros(2).double(), 1.0).log_prob(z).sum(-1))
    torch.testing.assert_close(exact_evidence.log_joint(run, X[0], z), expected, atol=1e-4, rtol=1e-5)


def test_every_bound_is_below_and_many_samples_come_close() -> None:
    run = trained()
    exact = exact_evidence.log_evidence(run, X).log_p
    draws = {k: torch.stack([vae.iwae_bound(run, X, k, seed) for seed in range(20)]).mean(1) for k in (1, 20)}
    elbo = torch.stack([torch.sub(*vae.elbo_terms(run, X, seed)) for seed in range(20)]).mean(1)
    for bound in (elbo, draws[1], draws[20]):
        assert bound.mean() < exact.mean() + 3 * bound.std() / 20**0.5
    assert exact.mean() > elbo.mean()
    close = torch.stack([vae.iwae_bound(run, X, 2000, seed) for seed in range(4)])
    assert (close.mean(0) - exact).abs().max() < 0.05


@pytest.mark.parametrize("latent", [1, 2])
def test_the_posterior_density_integrates_to_one(latent: int) -> None:
    axis = torch.arange(-5 + 0.025, 5, 0.05)
    density = exact_evidence.density(trained(latent), X[:1], axis)
    assert density.shape == (200,) * latent
    assert density.sum().item() * 0.05**latent == pytest.approx(1, abs=1e-3)


def test_the_density_is_laid_out_with_the_first_latent_to_the_right() -> None:
    run, axis = trained(), torch.linspace(-3, 3, 61)
    density = exact_evidence.density(run, X[:1], axis)
    z = torch.tensor([[axis[40], axis[10]]], dtype=torch.float64)
    expected = (exact_evidence.log_joint(run, X[0], z) - exact_evidence.log_evidence(run, X[:1]).log_p).exp()
    assert density[10, 40].item() == pytest.approx(expected.item(), rel=1e-4)


def test_too_many_latents_and_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="3 latents are too many to integrate over: use the IWAE bound"):
        exact_evidence.log_evidence(trained(3), X)
    with pytest.raises(ValueError, match="images have to be a table"):
        exact_evidence.log_evidence(trained(), X[:, :5])


# --- the gap -----------------------------------------------------------------------------------------------------

def test_the_gap_of_a_gaussian_posterior_has_a_closed_form() -> None:
    """Best diagonal q on precision P: var_i = 1 / P_ii, KL = 1/2 (sum log P_ii - log det P)."""
    run, exact = linear(2, 0.5)
    x = exact.sample((1,))
    W = run.params["decoder.out.weight"]
    P = torch.eye(2, dtype=torch.float64) + W.T @ W / 0.5
    split = inference_gap.gap(run, x)
    assert split.approximation == pytest.approx(0.5 * (P.diag().log().sum() - P.logdet()).item(), abs=1e-4)
    torch.testing.assert_close(split.best.log_var[0].exp(), 1 / P.diag(), rtol=1e-3, atol=0)
    assert split.log_p == pytest.approx(exact.log_prob(x).item(), abs=1e-4)


@pytest.mark.parametrize("latent", [1, 2])
def test_the_gap_adds_up_and_the_encoders_bound_is_the_sampled_one(latent: int) -> None:
    run = trained(latent)
    for row in range(3):
        x = X[row : row + 1]
        split = inference_gap.gap(run, x)
        assert split.bound + split.amortization + split.approximation == pytest.approx(split.log_p, abs=1e-9)
        assert split.amortization >= 0
        assert split.approximation > -2e-3  # no q is better than the posterior
        drawn = torch.stack([torch.sub(*vae.elbo_terms(run, x, seed))[0] for seed in range(1000)])
        assert abs(drawn.mean() - split.bound) < 4 * drawn.std() / 1000**0.5


def nothing_near(best: vae.Posterior) -> list[vae.Posterior]:
    g = torch.Generator().manual_seed(0)
    return [vae.Posterior(best.mean + 0.1 * torch.randn(1, 2, generator=g, dtype=torch.float64),
                          best.log_var + 0.1 * torch.randn(1, 2, generator=g, dtype=torch.float64)) for _ in range(20)]


def test_no_other_diagonal_gaussian_nearby_is_better() -> None:
    run = trained()
    split = inference_gap.gap(run, X[:1])
    model = run._replace(params={name: value.double() for name, value in run.params.items()})
    top = float(inference_gap.bound(model, X[:1], split.best))
    assert top == pytest.approx(split.bound + split.amortization, abs=1e-9)
    assert all(float(inference_gap.bound(model, X[:1], other)) < top + 1e-4 for other in nothing_near(split.best))


def test_held_out_digits_of_the_pretrained_model() -> None:
    run, x = vae.pretrained("digits"), live_training.parts(live_training.Images("digits")).test[:40]
    exact = exact_evidence.log_evidence(run, x)
    iwae = torch.stack([vae.iwae_bound(run, x, 500, seed) for seed in range(3)]).mean(0)
    elbo = torch.sub(*vae.elbo_terms(run, x, samples=100))
    assert (exact.error < 1e-4).all()
    assert (iwae - exact.log_p).median().abs() < 0.02  # a few images have a mode that q seldom visits
    assert iwae.mean() < exact.log_p.mean()
    assert (exact.log_p - elbo).mean() > 0.3

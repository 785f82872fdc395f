"""exact_evidence: the integral against closed forms, a fine grid and sampling; bounds lie below."""

import math
from dataclasses import replace

import pytest
import torch
from torch import distributions

from dgm import ppca, vae
from dgm.errors import DataError
from dgm.vae import inference_gap, inspection
from dgm.vae.evidence import importance
from dgm.vae.evidence.tiling import log_joint_table, tiling
from tests.dgm.vae.integrable_models import X, linear, trained


@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize("sigma2", [0.02, 0.05, 1.0, 30.0])
def test_the_linear_gaussian_closed_form(latent: int, sigma2: float) -> None:
    run, exact = linear(latent, sigma2)
    x = exact.sample((8,))
    evidence = vae.log_evidence(run, x)
    assert (evidence.log_p - exact.log_prob(x)).abs().max() < 1e-4
    assert (evidence.error < 1e-4).all()
    W = run.params["decoder.out.weight"]
    M = W.T @ W + sigma2 * torch.eye(latent, dtype=torch.float64)
    cells = tiling(run, x, 1e-4)
    torch.testing.assert_close(cells.mean(), torch.linalg.solve(M, W.T @ (x - exact.mean).T).T, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(cells.covariance()[0], sigma2 * torch.linalg.inv(M), atol=1e-5, rtol=2e-2)


def test_a_posterior_far_outside_the_prior_is_found() -> None:
    run, exact = linear(2, 0.05)
    x = (exact.mean + run.params["decoder.out.weight"] @ torch.tensor([9.0, -11.0], dtype=torch.float64))[None]
    assert abs(vae.log_evidence(run, x).log_p - exact.log_prob(x)) < 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize(("sigma2", "scale"), [(0.05, 100.0), (0.05, 1e4), (1e-5, 1.0), (1e-7, 1.0), (1e-9, 1.0)])
def test_linear_models_are_known_however_far_and_narrow_the_posterior(
        sigma2: float, scale: float, latent: int, dtype: str) -> None:
    run, _ = linear(latent, sigma2)
    run = run._replace(config=replace(run.config, dtype=dtype), params={
        name: value.to(getattr(torch, dtype)) for name, value in run.params.items()})
    W, b = run.params["decoder.out.weight"].double(), run.params["decoder.out.bias"].double()
    x = scale * ppca.sample(ppca.params(b, W, 0.05), 3).x
    truth = ppca.log_prob(x, ppca.params(b, W, sigma2))
    cells = tiling(run, x, 1e-4)
    assert (cells.error < 1e-4).all()
    rounding = 8 * torch.finfo(torch.float64).eps * truth.abs()      # of the closed form
    assert ((cells.log_p - truth).abs() < cells.error + 1e-8 + rounding).all()
    M = W.T @ W + sigma2 * torch.eye(latent, dtype=torch.float64)
    deviation = (sigma2 * torch.linalg.inv(M)).diagonal().sqrt()
    mean = torch.linalg.solve(M, W.T @ (x - b).T).T
    assert ((cells.mean() - mean).abs() < 1e-3 * deviation + 1e-14 * mean.abs()).all()


def narrow(latent: int, sigma2: float = 1e-9) -> tuple[vae.Checkpoint, torch.Tensor]:
    """A decoder with a hidden layer whose posterior is far narrower than a coarse cell, and an image of it."""
    run = vae.init(vae.Config(latent=latent, hidden=4, likelihood="gaussian", sigma2=sigma2), X)
    return run, vae.decode(run, torch.full((1, latent), 0.3))


@pytest.mark.parametrize("latent", [1, 2])
def test_what_is_not_known_is_said(latent: int) -> None:
    run, x = narrow(latent)
    assert vae.log_evidence(run, x).error.isinf().all()
    assert inference_gap.gap(run, x).error == math.inf
    reached = importance.reach(run, x)
    assert bool(reached.error.isinf() & reached.draws.isnan() & reached.overlap.isnan())
    terms = vae.image_terms(run, x[0])
    assert not terms.exact
    assert terms.evidence == vae.iwae_bound(run, x, inspection.IWAE_DRAWS).item()
    if latent == 2:
        with pytest.raises(DataError, match=r"too narrow or too far .* use vae\.iwae_bound"):
            vae.posterior_grid(run, x[0])


def test_a_posterior_beyond_the_widest_grid_is_not_known() -> None:
    run, x = narrow(1, 1.0)
    run = run._replace(params=run.params | {
        "decoder.hidden.weight": torch.full((4, 1), 1e-3), "decoder.hidden.bias": torch.zeros(4),
        "decoder.out.weight": torch.full((20, 4), 1e3)})       # all but linear: x = 4 z
    x = vae.decode(run, torch.full((1, 1), 60.0))
    assert vae.log_evidence(run, x).error.isinf()
    assert vae.log_evidence(run, x / 2).error < 1e-4


def test_a_large_tolerance_does_not_end_before_the_peak_is_found() -> None:
    run, _ = linear(2, 1e-5)
    theta = ppca.params(run.params["decoder.out.bias"], run.params["decoder.out.weight"], 1e-5)
    x = ppca.sample(theta, 5).x
    assert (vae.log_evidence(run, x, tol=1e3).log_p - ppca.log_prob(x, theta)).abs().max() < 1e-3


def test_a_likelihood_that_overflows_is_an_error() -> None:
    run, _ = linear(1, 0.05)
    for act in (vae.log_evidence, inference_gap.gaps, importance.reach):
        with pytest.raises(DataError, match="overflows because the images are too far"):
            act(run, torch.full((1, 20), 1e200, dtype=torch.float64))


@pytest.mark.parametrize("latent", [1, 2])
def test_images_together_are_the_images_alone(latent: int) -> None:
    run, exact = linear(latent, 0.05)
    far = exact.mean + 10 * run.params["decoder.out.weight"].sum(1)      # needs a wider grid than the others
    x = torch.cat([exact.sample((3,)), far[None], exact.sample((2,))])
    together = vae.log_evidence(run, x)
    alone = torch.cat([vae.log_evidence(run, image[None]).log_p for image in x])
    torch.testing.assert_close(together.log_p, alone, atol=1e-9, rtol=0)
    assert (together.log_p - exact.log_prob(x)).abs().max() < 1e-4
    shares = tiling(run, x, 1e-4)
    torch.testing.assert_close(shares.per_image(shares.shares()), torch.ones(6, dtype=torch.float64))


@pytest.mark.parametrize("latent", [1, 2])
def test_a_fine_grid_gives_the_same_sum(latent: int) -> None:
    run = trained(latent)
    side = 0.02 if latent == 2 else 0.001
    steps = torch.arange(-7 + side / 2, 7, side, dtype=torch.float64)
    z = torch.cartesian_prod(*[steps] * latent).reshape(-1, latent)
    evidence = vae.log_evidence(run, X[:3])
    for image, log_p in zip(X, evidence.log_p, strict=False):
        brute = torch.logsumexp(log_joint_table(run, image[None].double(), z)[0], 0) + latent * math.log(side)
        assert abs(log_p - brute) < 1e-5


def test_log_joint_is_that_of_torchs_distributions() -> None:
    run = trained()
    z = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = (distributions.Bernoulli(probs=vae.decode(run, z).double()).log_prob(X[0].double()).sum(-1)
                + distributions.Normal(torch.zeros(2).double(), 1.0).log_prob(z).sum(-1))
    torch.testing.assert_close(log_joint_table(run, X[:1].double(), z)[0], expected, atol=1e-4, rtol=1e-5)


def test_every_bound_is_below_and_many_samples_come_close() -> None:
    run = trained()
    exact = vae.log_evidence(run, X).log_p
    draws = {k: torch.stack([vae.iwae_bound(run, X, k, seed) for seed in range(20)]).mean(1) for k in (1, 20)}
    elbo = torch.stack([torch.sub(*vae.elbo_terms(run, X, seed=seed)) for seed in range(20)]).mean(1)
    for bound in (elbo, draws[1], draws[20]):
        assert bound.mean() < exact.mean() + 3 * bound.std() / 20**0.5
    assert exact.mean() > elbo.mean()
    close = torch.stack([vae.iwae_bound(run, X, 2000, seed) for seed in range(4)])
    error = close - exact
    assert error.mean().abs() < 4 * error.std() / error.numel()**0.5


def test_the_columns_of_the_posterior_grid_are_the_first_latent() -> None:
    run = trained()
    grid = vae.posterior_grid(run, X[0], side=41)
    z = torch.stack([grid.z1[25], grid.z2[18]])[None]
    expected = (log_joint_table(run, X[:1].double(), z)[0] - vae.log_evidence(run, X[:1]).log_p).exp()
    assert grid.density.shape == (41, 41)
    assert grid.density[18, 25].item() == pytest.approx(expected.item(), rel=1e-4)
    step = (grid.z1[1] - grid.z1[0]) * (grid.z2[1] - grid.z2[0])
    assert (grid.density.sum() * step).item() == pytest.approx(1, abs=5e-3)


def test_too_many_latents_and_other_images_are_errors() -> None:
    with pytest.raises(ValueError, match="3 latents are too many to integrate over: use the IWAE bound"):
        vae.log_evidence(trained(3), X)
    with pytest.raises(ValueError, match="images have to be a table"):
        vae.log_evidence(trained(), X[:, :5])


def test_held_out_digits_of_the_pretrained_model() -> None:
    run, x = vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test[:40]
    exact = vae.log_evidence(run, x)
    iwae = torch.stack([vae.iwae_bound(run, x, 500, seed) for seed in range(3)]).mean(0)
    elbo = torch.sub(*vae.elbo_terms(run, x, samples=100))
    assert (exact.error < 1e-4).all()
    error = iwae - exact.log_p       # by median and quartiles: a few images have a mode that q has little mass at
    spread = (error.quantile(0.75) - error.quantile(0.25)) / 1.349
    assert error.median().abs() < 4 * 1.2533 * spread / len(x)**0.5
    assert iwae.mean() < exact.log_p.mean()
    assert (exact.log_p - elbo).mean() > 0.3


def test_the_posterior_on_a_grid_has_mass_one_and_the_exact_mean() -> None:
    model, image = vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test[5]
    grid = vae.posterior_grid(model, image, side=121)
    step = float(grid.z1[1] - grid.z1[0]) * float(grid.z2[1] - grid.z2[0])
    assert float(grid.density.sum() * step) == pytest.approx(1.0, abs=0.02)
    exact = tiling(model, image[None], 1e-4).mean()[0]
    z1 = float((grid.density.sum(0) * grid.z1).sum() * step)
    z2 = float((grid.density.sum(1) * grid.z2).sum() * step)
    assert (z1, z2) == pytest.approx(exact.tolist(), abs=0.02)


@pytest.mark.parametrize("latent", [1, 3])
def test_other_latent_spaces_have_no_grid(latent: int) -> None:
    one = vae.init(vae.Config(latent=latent, hidden=10), torch.zeros(4, 64))
    with pytest.raises(ValueError, match="2 latents"):
        vae.posterior_grid(one, torch.zeros(64))

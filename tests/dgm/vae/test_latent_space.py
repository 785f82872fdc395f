"""latent_space: the grid has the prior's quantiles, lines end at their images, and the KL is split exactly."""

import math

import pytest
import torch
from torch import distributions

from dgm import vae
from dgm.vae import latent_space

X = (torch.rand(60, 15, generator=torch.Generator().manual_seed(1)) < torch.linspace(0.1, 0.9, 15)).float()


def trained(latent: int = 2) -> vae.Checkpoint:
    config = vae.Config(latent=latent, hidden=10, batch=10, learning_rate=1e-2)
    return vae.advance(vae.init(config, X), X, 400)


def test_cells_of_the_grid_have_equal_mass() -> None:
    share = distributions.Normal(0.0, 1.0).cdf(latent_space.quantiles(15))
    torch.testing.assert_close(share, (torch.arange(15, dtype=torch.float64) + 0.5) / 15)


def test_the_manifold_grows_to_the_right_and_upwards() -> None:
    run = trained(3)
    at = torch.tensor([9.0, 9.0, 0.7])
    grid = vae.manifold(run, 15, at=at)
    assert grid.images.shape == (15, 15, 15)
    assert (grid.z[..., 2] == torch.tensor(0.7).double()).all()
    assert (grid.z[:, 1:, 0] > grid.z[:, :-1, 0]).all()
    assert (grid.z[1:, :, 1] < grid.z[:-1, :, 1]).all()
    assert grid.z[7, 7, :2].abs().max() < 1e-12
    torch.testing.assert_close(grid.images[2, 11], vae.decode(run, grid.z[2, 11][None])[0])
    assert vae.manifold(run, 4, axes=(2, 0)).z[0, -1].tolist() == pytest.approx([1.1503, 0, 1.1503], abs=1e-4)
    assert vae.manifold(trained(1), 5).images.shape == (1, 5, 15)


def test_a_line_starts_and_ends_at_the_two_images() -> None:
    run = trained()
    z, images = vae.interpolate(run, X[0], X[1], 7)
    mean = vae.encode(run, X[:2]).mean
    torch.testing.assert_close(z[[0, -1]], mean)
    torch.testing.assert_close(z[3], mean.mean(0))
    torch.testing.assert_close(images, vae.decode(run, z))


def test_the_aggregate_is_the_mixture_of_all_posteriors() -> None:
    q = vae.Posterior(*(part.double() for part in vae.encode(trained(), X)))
    parts = distributions.Independent(distributions.Normal(q.mean, (0.5 * q.log_var).exp()), 1)
    mixture = distributions.MixtureSameFamily(distributions.Categorical(torch.ones(60, dtype=torch.float64)), parts)
    z = torch.randn(9, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(latent_space.log_aggregate(q, z), mixture.log_prob(z))


def with_codes(*means: float) -> vae.Checkpoint:
    """A model whose q of row n of the identity matrix is N(means[n], 1)."""
    run = vae.init(vae.Config(latent=1, hidden=0), torch.eye(len(means)))
    weight = torch.stack([torch.tensor(means), torch.zeros(len(means))])
    return run._replace(params=run.params | {
        "encoder.out.weight": weight, "encoder.out.bias": torch.zeros(2)})


def test_elbo_surgery_against_quadrature() -> None:
    """KL(q(z), p(z)) in one dimension by a fine sum."""
    run = trained(1)
    q = vae.Posterior(*(part.double() for part in vae.encode(run, X)))
    z = torch.arange(-8, 8, 0.002, dtype=torch.float64)[:, None]
    log_q = latent_space.log_aggregate(q, z)
    log_p = distributions.Normal(0.0, 1.0).log_prob(z[:, 0])
    exact = (log_q.exp() * (log_q - log_p)).sum().item() * 0.002
    found = vae.elbo_surgery(run, X, samples=100)
    assert abs(found.marginal - exact) < 4 * found.error
    assert found.kl == pytest.approx(found.mutual + found.marginal, abs=1e-12)
    assert found.kl == pytest.approx(vae.kl_to_prior(q).mean().item(), abs=1e-12)
    assert 0 < found.mutual <= math.log(60)


def test_the_error_of_elbo_surgery_is_the_spread_over_seeds_and_above_it_with_one_draw() -> None:
    run, x, seeds = with_codes(0.0, 1.5, 40.0, 80.0), torch.eye(4), 400     # two images that q tells apart, two not
    spreads, errors = [], []
    for samples in (1, 2):
        found = [vae.elbo_surgery(run, x, samples, seed) for seed in range(seeds)]
        spreads.append(torch.tensor([parts.mutual for parts in found]).std().item())
        errors.append(sum(parts.error**2 for parts in found) ** 0.5 / seeds**0.5)
    of_spread = (2 * (seeds - 1)) ** -0.5     # relative standard error of a standard deviation
    assert errors[1] == pytest.approx(spreads[1], rel=4 * of_spread)
    assert errors[0] > spreads[0] * (1 - 4 * of_spread)


def test_images_with_separate_codes_have_mutual_information_log_n() -> None:
    far = with_codes(-30.0, -10.0, 10.0, 30.0)
    assert vae.elbo_surgery(far, torch.eye(4)).mutual == pytest.approx(math.log(4), abs=1e-9)

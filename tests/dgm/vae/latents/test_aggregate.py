"""aggregate: parts of the mean KL against limits that are known, and densities and draws of one distribution."""

import math

import pytest
import torch
from torch import Tensor

from dgm import vae
from dgm.vae.latents import aggregate

X = vae.split_images(vae.Images("digits")).test[:60]
MODEL = vae.pretrained("digits")


def coded(means: Tensor, log_var: float) -> tuple[vae.Checkpoint, Tensor]:
    """A linear encoder that gives each image, a row of the identity, the mean of its row of `means`."""
    n, latent = means.shape
    run = vae.init(vae.Config(latent=latent, hidden=0, dtype="float64"), torch.eye(n, dtype=torch.float64))
    raw = vae.LOG_VAR_LIMIT * math.atanh(log_var / vae.LOG_VAR_LIMIT)
    weight = torch.cat([means.T, torch.full((latent, n), raw, dtype=torch.float64)])
    zero = torch.zeros(2 * latent, dtype=torch.float64)
    params = run.params | {"encoder.out.weight": weight, "encoder.out.bias": zero}
    return run._replace(params=params), torch.eye(n, dtype=torch.float64)


def test_both_parts_are_integrated_and_add_up_to_the_mean_kl() -> None:
    parts = aggregate.surgery(MODEL, X)
    assert abs(parts.kl - parts.mutual - parts.marginal) < 1e-6
    assert parts.error < 1e-6
    assert 0 < parts.mutual < parts.limit == math.log(60)
    assert parts.marginal > 0
    sampled = vae.elbo_surgery(MODEL, X, 200)
    assert abs(sampled.mutual - parts.mutual) < 4 * sampled.error


def test_codes_far_apart_name_their_image() -> None:
    run, x = coded(20.0 * torch.arange(6, dtype=torch.float64)[:, None] * torch.ones(1, 2, dtype=torch.float64), -2.0)
    parts = aggregate.surgery(run, x)
    assert parts.mutual == pytest.approx(math.log(6), abs=1e-9)
    assert parts.mutual <= parts.limit + 1e-12


def test_equal_codes_say_nothing_and_the_prior_costs_nothing() -> None:
    run, x = coded(torch.zeros(5, 2, dtype=torch.float64), 0.0)
    parts = aggregate.surgery(run, x)
    assert (parts.kl, parts.mutual, parts.marginal) == pytest.approx((0, 0, 0), abs=1e-9)


def test_one_image_is_a_gaussian() -> None:
    run, x = coded(torch.tensor([[1.0, 2.0]], dtype=torch.float64), -1.0)
    parts = aggregate.surgery(run, x)
    assert parts.mutual == pytest.approx(0, abs=1e-9)
    assert parts.marginal == pytest.approx(0.5 * (5 + 2 * (math.exp(-1) - 1 + 1)), abs=1e-8)


def test_more_latents_are_drawn() -> None:
    run = vae.init(vae.Config(latent=3, hidden=4), X)
    parts = aggregate.surgery(run, X)
    assert parts.kl == pytest.approx(parts.mutual + parts.marginal, abs=1e-9)


def test_densities_have_mass_one_and_the_draws_moments() -> None:
    found = aggregate.densities(MODEL, X, side=161, radius=6.0)
    cell = float(found.z1[1] - found.z1[0]) ** 2
    assert float(found.prior.sum() * cell) == pytest.approx(1, abs=1e-6)
    assert float(found.aggregate.sum() * cell) == pytest.approx(1, abs=5e-3)
    z = aggregate.draws(MODEL, X, 20_000, seed=2)
    mean = float((found.aggregate.sum(0) * found.z1).sum() * cell)
    drawn = z.aggregate[:, 0].double()
    assert abs(drawn.mean() - mean) < 4 * drawn.std() / 20_000**0.5 + 5e-3
    assert abs(z.prior.double().mean()) < 4 / 40_000**0.5
    assert vae.decode(MODEL, z.aggregate[:3]).shape == (3, 64)


def test_the_columns_are_the_first_latent() -> None:
    found = aggregate.densities(MODEL, X, side=9, radius=2.0)
    z = torch.stack([found.z1[6], found.z2[1]])[None]
    q = vae.Posterior(*(part.double() for part in vae.encode(MODEL, X)))
    expected = torch.logsumexp(q.log_prob(z), 0).exp() / 60
    assert found.aggregate[1, 6].item() == pytest.approx(expected.item(), rel=1e-9)

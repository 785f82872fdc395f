"""importance: weights against the bound and extremes, reach against draws, and the gap that it explains."""

import pytest
import torch

from dgm import vae
from dgm.vae.evidence import importance
from dgm.vae.evidence.tiling import tiling
from tests.dgm.vae.integrable_models import X, linear, trained


def test_the_bound_is_the_iwae_bound_within_its_noise() -> None:
    run = trained()
    found = torch.stack([importance.weights(run, X, 20, seed).bound for seed in range(40)])
    other = torch.stack([vae.iwae_bound(run, X, 20, seed) for seed in range(40)])
    error = ((found.var(0) + other.var(0)) / 40).sqrt()
    assert ((found.mean(0) - other.mean(0)).abs() < 4.5 * error).all()


def test_draws_from_the_posterior_itself_all_count() -> None:
    run, exact = linear(1, 0.5)
    x = exact.sample((3,))
    W = run.params["decoder.out.weight"]
    precision = 1 + float((W.T @ W)[0, 0]) / 0.5
    weight = (W.T / 0.5 / precision)
    bias = -(weight @ run.params["decoder.out.bias"])
    log_var = 12 * torch.atanh(-torch.tensor(precision, dtype=torch.float64).log() / 12)
    run = run._replace(params=run.params | {
        "encoder.out.weight": torch.cat([weight, torch.zeros_like(weight)]),
        "encoder.out.bias": torch.stack([bias[0], log_var])})
    found = importance.weights(run, x, 100)
    torch.testing.assert_close(found.effective, torch.full((3,), 100.0, dtype=torch.float64), rtol=1e-6, atol=0)
    torch.testing.assert_close(found.bound, exact.log_prob(x), rtol=0, atol=1e-6)
    reached = importance.reach(run, x, 100)
    assert reached.overlap.tolist() == pytest.approx([1] * 3, abs=1e-3)
    assert reached.draws.tolist() == pytest.approx([90] * 3, abs=3)    # to a cell


def test_one_draw_counts_as_one() -> None:
    assert importance.weights(trained(), X, 1).effective.tolist() == pytest.approx([1] * len(X))


def test_the_expected_draws_are_those_that_land_in_the_region() -> None:
    """Draws of q whose posterior density is above the lowest one inside the smallest region of 9/10 of the mass."""
    run = trained()
    cells = tiling(run, X[:3], 1e-4)
    q = vae.Posterior(*(part.double() for part in vae.encode(run, X[:3])))
    g = torch.Generator().manual_seed(0)
    z = q.draw(torch.randn(4000, 3, 2, generator=g, dtype=torch.float64))
    expected = importance.reach(run, X[:3], 4000).draws
    density = cells.log_mass - cells.log_p[cells.owner] - cells.log_volume
    for image in range(3):
        mine = (cells.owner == image).nonzero()[:, 0]
        order = mine[density[mine].argsort(descending=True)]
        share = (cells.log_mass[order] - cells.log_p[image]).exp().cumsum(0)
        lowest = density[order[int((share < 0.9).sum())]]
        joint = importance.log_joint(run, X[image : image + 1].double(), z[:, image][None])[0] - cells.log_p[image]
        landed = float((joint >= lowest).sum())
        assert landed == pytest.approx(expected[image].item(), abs=4 * max(expected[image].item(), 1) ** 0.5 + 60)


def test_images_that_q_does_not_reach_make_up_the_gap_of_the_pretrained_mnist_model() -> None:
    model, x = vae.pretrained("mnist-5k"), vae.split_images(vae.Images("mnist-5k")).test[:60]
    reached, found = importance.reach(model, x), importance.weights(model, x)
    gap = reached.log_p - found.bound
    missed = reached.draws < 3
    assert 0 < missed.sum() < 40
    assert gap[missed].sum() > 0.6 * gap.sum()
    assert gap[missed].mean() > 3 * gap[~missed].mean()

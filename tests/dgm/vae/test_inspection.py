"""inspection, ranking: numbers about a trained model against direct computation."""

import numpy as np
import pytest
import torch

from dgm import vae
from dgm.vae import ranking


@pytest.fixture(scope="module")
def digits() -> vae.Checkpoint:
    return vae.pretrained("digits")


@pytest.fixture(scope="module")
def images() -> vae.ImageSplit:
    return vae.split_images(vae.Images("digits"))


def test_image_terms_are_those_of_the_bound(digits: vae.Checkpoint, images: vae.ImageSplit) -> None:
    terms = vae.image_terms(digits, images.test[3], draws=400)
    recon, kl = vae.elbo_terms(digits, images.test[3:4], seed=9, samples=2000)
    assert terms.reconstruction == pytest.approx(recon.item(), abs=5 * terms.error)
    assert terms.kl == pytest.approx(kl.item(), rel=1e-5)
    assert terms.evidence == pytest.approx(vae.log_evidence(digits, images.test[3:4]).log_p.item(), abs=1e-9)


def test_with_more_latents_the_evidence_is_a_bound(images: vae.ImageSplit) -> None:
    checkpoint = vae.init(vae.Config(latent=3, hidden=4), images.train)
    terms = vae.image_terms(checkpoint, images.test[0], seed=2)
    assert not terms.exact
    assert terms.evidence == pytest.approx(vae.iwae_bound(checkpoint, images.test[:1], 500, 2).item(), abs=1e-9)


def test_kl_by_class_is_the_mean_of_each_class(digits: vae.Checkpoint, images: vae.ImageSplit) -> None:
    labels = torch.tensor([1, 0, 1, 1])
    kl = vae.kl_to_prior(vae.encode(digits, images.test[:4])).double()
    means = vae.kl_by_class(digits, images.test[:4], labels)
    assert means == pytest.approx({0: kl[1].item(), 1: kl[[0, 2, 3]].mean().item()})
    assert vae.highest_kl_class(digits, images.test[:4], labels) == int(means[1] > means[0])


def test_prior_mass_off_data_falls_with_the_radius(digits: vae.Checkpoint, images: vae.ImageSplit) -> None:
    shares = [vae.prior_mass_off_data(digits, images.train, near=near) for near in (0.0, 0.1, vae.NEAR, 99.0)]
    assert shares[0] == 1.0
    assert shares[-1] == 0.0
    assert shares == sorted(shares, reverse=True)


def test_no_latent_of_a_grid_is_better_than_the_best(digits: vae.Checkpoint, images: vae.ImageSplit) -> None:
    z, value = vae.best_latent(digits, images.test[7])
    assert value == pytest.approx(vae.log_likelihood_at(digits, images.test[7], z.tolist()), abs=1e-3)
    axis = torch.linspace(-4, 4, 41).tolist()
    assert value >= max(vae.log_likelihood_at(digits, images.test[7], (a, b)) for a in axis for b in axis)


def test_latents_of_trained_models_are_within_the_limit(images: vae.ImageSplit) -> None:
    """Without a KL term, and with the largest learning rate of Adam."""
    for rate in (2e-3, 10.0):
        checkpoint = vae.init(vae.Config(beta=0.0, hidden=100, learning_rate=rate), images.train)
        checkpoint = vae.advance(checkpoint, images.train, 100)
        assert vae.encode(checkpoint, images.train).mean.abs().max() < vae.MAX_Z / 10


def test_the_share_below_is_the_quantile() -> None:
    others = torch.tensor([1.0, 2.0, 2.0, 5.0])
    assert [ranking.share_below(v, others) for v in (0.0, 2.0, 3.0, 9.0)] == [0.0, 0.5, 0.75, 1.0]


def test_bounds_are_ordered_and_reach_the_exact_evidence(digits: vae.Checkpoint, images: vae.ImageSplit) -> None:
    x = images.test[:6]
    found, exact = ranking.bounds(digits, x), vae.log_evidence(digits, x).log_p
    bound = found.reconstruction - found.kl
    assert found.evidence.mean() >= bound.mean()
    # exp(bound - log p) has mean 1: above by log(1 / 0.001) once in a thousand at the most (Markov), six images
    assert (found.evidence < exact + np.log(6 / 0.001)).all()
    assert (exact - found.evidence).median() < 2.0


def test_an_image_of_noise_is_less_likely_than_a_digit(digits: vae.Checkpoint, images: vae.ImageSplit) -> None:
    others = ranking.bounds(digits, images.test[:100]).evidence
    board = (torch.arange(64) + torch.arange(64) // 8) % 2
    noise = vae.image_terms(digits, board.float()).evidence
    assert ranking.share_below(noise, others) == 0.0


@pytest.mark.parametrize("latent", [1, 2, 10, 16])
@pytest.mark.parametrize("steps", [0, 20, 300])
def test_near_is_true_at_the_origin_and_false_far_away(latent: int, steps: int) -> None:
    train = vae.split_images(vae.Images("digits")).train
    run = vae.advance(vae.init(vae.Config(latent=latent), train), train, steps)
    near, means = vae.near_distance(run, train), vae.encode(run, train).mean
    assert means.norm(dim=1).min() < near
    far = torch.zeros(1, latent)
    far[0, :2] = 6.0
    assert torch.cdist(far, means).min() > near


def test_the_nearest_code_is_that_of_a_search_over_all_pairs() -> None:
    model, x = vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test
    means = vae.encode(model, x).mean.double()
    found = vae.nearest_by_code(model, x[:20], x[20:])
    for mine, row in zip(means[:20], found, strict=True):
        distances = [(mine - other).norm().item() for other in means[20:]]
        assert distances[row] == pytest.approx(min(distances))

"""ranking: bounds of held-out images, and the quantile of one image among them."""

import numpy as np
import pytest
import torch

from dgm import vae
from dgm.vae import ranking


@pytest.fixture(scope="module")
def model() -> vae.Checkpoint:
    return vae.pretrained("digits")


def test_the_share_below_is_the_quantile() -> None:
    others = torch.tensor([1.0, 2.0, 2.0, 5.0])
    assert [ranking.share_below(v, others) for v in (0.0, 2.0, 3.0, 9.0)] == [0.0, 0.5, 0.75, 1.0]


def test_bounds_are_ordered_and_reach_the_exact_evidence(model: vae.Checkpoint) -> None:
    x = vae.split_images(vae.Images("digits")).test[:6]
    found, exact = ranking.bounds(model, x), vae.log_evidence(model, x).log_p
    bound = found.reconstruction - found.kl
    assert found.evidence.mean() >= bound.mean()
    # exp(bound - log p) has mean 1: above by log(1 / 0.001) once in a thousand at the most (Markov), six images
    assert (found.evidence < exact + np.log(6 / 0.001)).all()
    assert (exact - found.evidence).median() < 2.0


def test_an_image_of_noise_is_less_likely_than_a_digit(model: vae.Checkpoint) -> None:
    others = ranking.bounds(model, vae.split_images(vae.Images("digits")).test[:100]).evidence
    board = (torch.arange(64) + torch.arange(64) // 8) % 2
    noise = vae.image_terms(model, board.float()).evidence
    assert ranking.share_below(noise, others) == 0.0

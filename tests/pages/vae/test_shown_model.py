"""Which model is shown: its identity is its weights, however often and under whatever object it is asked for."""

import torch

from dgm import vae
from pages.vae import shown_model

X = torch.rand(20, 9, generator=torch.Generator().manual_seed(0))


def made(seed: int) -> vae.Checkpoint:
    return vae.init(vae.Config(latent=2, hidden=4, seed=seed), X)


def test_the_same_weights_have_one_identity_and_others_another() -> None:
    first = made(0)
    assert shown_model.digest(first) == shown_model.digest(first) == shown_model.digest(made(0))
    assert shown_model.digest(first) != shown_model.digest(made(1))
    assert shown_model.digest(first) != shown_model.digest(vae.advance(first, X, 1))


def test_no_digest_outlives_its_checkpoint() -> None:
    found = {}
    for seed in range(3 * shown_model.KEPT):   # ids are given again once an object is gone
        found[seed] = shown_model.digest(made(seed))
    assert len(set(found.values())) == len(found)
    assert len(shown_model._digests) <= shown_model.KEPT
    assert found == {seed: shown_model.digest(made(seed)) for seed in found}

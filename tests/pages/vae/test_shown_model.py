"""shown_model: a checkpoint's identity is its weights, in whatever object; its downloads and its decoder."""

import torch

from dgm import vae
from dgm.vae.live_training import Record
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
    for seed in range(3 * shown_model.REMEMBERED):   # an id is used again once its object is gone
        found[seed] = shown_model.digest(made(seed))
    assert len(set(found.values())) == len(found)
    assert len(shown_model._digests) <= shown_model.REMEMBERED
    assert found == {seed: shown_model.digest(made(seed)) for seed in found}


def test_the_curve_as_a_table() -> None:
    text = shown_model.curve_csv([Record(0, -40.5, 1.25, -41.0, 1.0), Record(100, -20.0, 3.0, -21.0, 3.5)])
    assert text == (
        "step,training_reconstruction,training_KL,validation_reconstruction,validation_KL,training_bound,"
        "validation_bound\n"
        "0,-40.500000,1.250000,-41.000000,1.000000,-41.750000,-42.000000\n"
        "100,-20.000000,3.000000,-21.000000,3.500000,-23.000000,-24.500000\n")
    assert shown_model.curve_csv([]).count("\n") == 1


def test_the_decoders_layers_decode() -> None:
    for hidden in (0, 4):
        checkpoint = vae.init(vae.Config(latent=2, hidden=hidden), X)
        layers, h = shown_model.decoder_layers(checkpoint), torch.ones(3, 2)
        for weight, bias in layers[:-1]:
            h = (h @ weight.T + bias).tanh()
        weight, bias = layers[-1]
        torch.testing.assert_close((h @ weight.T + bias).sigmoid(), vae.decode(checkpoint, torch.ones(3, 2)))

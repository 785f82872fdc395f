"""export: the browser's arithmetic gives torch's q(z | x) and decoded images."""

import numpy as np
import pytest
import torch

from dgm import vae
from dgm.vae.browser import export

CASES = [("digits", None), ("mnist-5k", None), (None, {"hidden": 0}), (None, {"latent": 5, "dtype": "float64"})]
IDS = ["digits", "mnist", "linear", "float64"]


def model_and_images(data: str | None, settings: dict[str, int] | None) -> tuple[vae.Checkpoint, torch.Tensor]:
    images = vae.split_images(vae.Images(data or "digits")).test[:50]
    if data:
        return vae.pretrained(data), images
    start = vae.init(vae.Config(**{"hidden": 9, **(settings or {})}), images)   # type: ignore[arg-type]
    return vae.advance(start, images, 30), images


@pytest.mark.parametrize(("data", "settings"), CASES, ids=IDS)
def test_the_encoders_layers_give_torchs_posterior(data: str | None, settings: dict[str, int] | None) -> None:
    model, x = model_and_images(data, settings)
    for images in (x, 0.37 * x):      # a drawing is grey
        found, expected = export.encode_by_layers(export.encoder_layers(model), images), vae.encode(model, images)
        assert (found.mean - expected.mean).abs().max() < 1e-4
        assert (found.log_var - expected.log_var).abs().max() < 1e-4


@pytest.mark.parametrize(("data", "settings"), CASES, ids=IDS)
def test_the_decoders_layers_give_torchs_images(data: str | None, settings: dict[str, int] | None) -> None:
    model, x = model_and_images(data, settings)
    z = vae.encode(model, x).mean
    h = z.float().numpy()
    *inner, (weight, bias) = export.decoder_layers(model)
    for w, b in inner:
        h = np.tanh(h @ w.numpy().T + b.numpy())
    decoded = torch.sigmoid(torch.from_numpy(h @ weight.numpy().T + bias.numpy()))
    assert (decoded - vae.decode(model, z)).abs().max() < 1e-4


def test_layers_that_do_not_fit_are_refused() -> None:
    layers = export.encoder_layers(vae.pretrained("digits"))
    with pytest.raises(ValueError, match="layers has to be a list"):
        export.encode_by_layers([], torch.zeros(1, 64))
    with pytest.raises(ValueError, match="columns"):
        export.encode_by_layers(layers[::-1], torch.zeros(1, 128))

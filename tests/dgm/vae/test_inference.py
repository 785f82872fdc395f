"""inference: bounds are ordered, expectations are exact on average, samples have the decoder's mean."""

import numpy as np
import torch

from dgm import vae
from tests.dgm.vae.small_models import EXACT, IMAGES, SMALL, gaussian_data, start


def test_sampled_and_exact_reconstruction_agree() -> None:
    x = gaussian_data([2.0, 1.0, 0.5], n=50)
    run = vae.advance(vae.init(vae.Config(**EXACT, learning_rate=1e-2), x), x, 100)
    exact, kl = vae.elbo_terms(run, x)
    drawn_run = vae.reconfigured(run, vae.Config(**{**EXACT, "gradient": "reparametrization"}))
    drawn = torch.stack([vae.elbo_terms(drawn_run, x, seed=seed)[0].mean() for seed in range(200)])
    assert abs(drawn.mean() - exact.mean()) < 4 * drawn.std() / 200**0.5
    assert torch.equal(vae.elbo_terms(drawn_run, x)[1], kl)


def test_more_samples_give_a_higher_bound_on_average() -> None:
    run = vae.advance(start(hidden=20, learning_rate=3e-3), IMAGES, 100)  # its encoder is still far from the posterior
    run = run._replace(params=run.params | {"decoder.hidden.weight": 6 * run.params["decoder.hidden.weight"]})
    bounds = {k: torch.stack([vae.iwae_bound(run, IMAGES, k, seed) for seed in range(30)]) for k in (1, 5, 50)}
    elbo = torch.stack([torch.sub(*vae.elbo_terms(run, IMAGES, seed=seed)) for seed in range(30)]).mean(1)
    for low, high in ((1, 5), (5, 50)):
        gain = (bounds[high] - bounds[low]).mean(1)
        assert gain.mean() > 3 * gain.std() / 30**0.5
    same = bounds[1].mean(1) - elbo  # L_1 is the bound itself
    assert abs(same.mean()) < 4 * same.std() / 30**0.5


def test_numpy_arrays_and_float64_are_accepted() -> None:
    run = vae.advance(vae.init(vae.Config(**SMALL), IMAGES.double().numpy()), IMAGES.numpy(), 2)
    assert torch.equal(run.losses, vae.advance(start(), IMAGES, 2).losses)
    assert torch.equal(vae.encode(run, IMAGES.numpy()).mean, vae.encode(run, IMAGES).mean)
    assert vae.decode(run, np.zeros((1, 2))).shape == (1, 12)


def test_samples_are_pixels_with_the_decoders_mean() -> None:
    run = vae.advance(start(), IMAGES, 50)
    means, pixels = vae.sample(run, 4000, 3), vae.sample(run, 4000, 3, pixels=True)
    assert set(pixels.unique().tolist()) == {0.0, 1.0}
    error = (means * (1 - means)).mean(0).sqrt() / 4000**0.5
    assert ((pixels - means).mean(0) / error).abs().max() < 4.5
    assert torch.equal(vae.sample(run, 2, 5), vae.sample(run, 2, 5))
    noisy = vae.advance(start(likelihood="gaussian", sigma2=0.25), IMAGES, 5)
    spread = (vae.sample(noisy, 4000, 1, pixels=True) - vae.sample(noisy, 4000, 1)).var()
    assert abs(spread - 0.25) < 4 * 0.25 * (2 / spread.numel() / 48000) ** 0.5

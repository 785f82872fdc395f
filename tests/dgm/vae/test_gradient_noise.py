"""gradient_noise: gradients are the bound's, both estimators have its mean, and cuts do not change a comparison."""

import pytest
import torch
from torch.distributions import Normal

from dgm import datasets, runtime, vae
from dgm.vae import gradient_noise


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return datasets.binarise(datasets.load("digits").x)[:300]


def test_both_vae_gradients_have_one_mean(digits: torch.Tensor) -> None:
    checkpoint = vae.init(vae.Config(hidden=8, latent=1, batch=16), digits)
    log_derivative, reparametrization = (
        gradient_noise.gradients(checkpoint, digits, name, 300)["encoder.out.bias"].double()
        for name in gradient_noise.NAMES)
    difference = log_derivative - reparametrization     # same images, same eps
    assert (difference.mean(0).abs() < 4 * difference.std(0) / len(difference) ** 0.5).all()
    assert log_derivative.var(0).sum() > 10 * reparametrization.var(0).sum()


def test_gradient_is_that_of_the_bound_with_its_kl(digits: torch.Tensor) -> None:
    """One mini-batch computed with torch's own Gaussian and Bernoulli."""
    checkpoint = vae.init(vae.Config(hidden=8, latent=2, batch=16), digits)
    gradients = gradient_noise.gradients(checkpoint, digits, "reparametrization", 1, seed=4)
    rng = runtime.generator(4, 7, 0)
    batch = digits[torch.randint(len(digits), (16,), generator=rng)].float()
    eps = torch.randn(16, 2, generator=rng)
    params = {name: value.clone().requires_grad_() for name, value in checkpoint.params.items()}
    h = torch.tanh(batch @ params["encoder.hidden.weight"].T + params["encoder.hidden.bias"])
    mean, raw = (h @ params["encoder.out.weight"].T + params["encoder.out.bias"]).chunk(2, 1)
    scale = (0.5 * 12 * torch.tanh(raw / 12)).exp()
    g = torch.tanh((mean + scale * eps) @ params["decoder.hidden.weight"].T + params["decoder.hidden.bias"])
    logits = g @ params["decoder.out.weight"].T + params["decoder.out.bias"]
    recon = torch.distributions.Bernoulli(logits=logits).log_prob(batch).sum(1)
    kl = torch.distributions.kl_divergence(Normal(mean, scale), Normal(0.0, 1.0))
    (recon - kl.sum(1)).mean().backward()
    for name, rows in gradients.items():
        assert torch.allclose(rows[0], params[name].grad, rtol=1e-3, atol=1e-5), name


def test_signal_and_noise_of_known_gradients() -> None:
    rows = torch.tensor([3.0, 4.0]) + 0.5 * torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    signal, noise = gradient_noise.signal_and_noise(rows)
    assert signal.item() == pytest.approx(5.0, abs=4 * 0.5 / 20_000**0.5)
    assert noise.item() == pytest.approx(0.5 * 2**0.5, rel=4 / (2 * 40_000)**0.5), "from 40,000 deviations"


def test_a_comparison_does_not_depend_on_the_cuts() -> None:
    images = vae.Images("digits")
    start = gradient_noise.start(vae.Config(hidden=8, latent=2, batch=32), images, every=10)
    whole = gradient_noise.advance(start, images, 20)
    cut = gradient_noise.advance(gradient_noise.advance(start, images, 7), images, 13)
    assert [r.step for r in whole.records] == [r.step for r in cut.records] == [0, 10, 20]
    for one, other in zip(whole.records, cut.records, strict=True):
        assert one.bounds == other.bounds
        assert torch.equal(one.signal.ratio, other.signal.ratio)
        assert one.signal.ratio.shape == (2, 4)
        assert one.signal.layers[0] == "encoder.hidden.weight"
        assert (one.signal.ratio[1] > one.signal.ratio[0]).all(), "reparametrization is the quieter one in every layer"
    assert whole.records[0].bounds[0] == pytest.approx(whole.records[0].bounds[1]), "same start"
    assert whole.runs[0].config.gradient == "log-derivative"


def test_arguments_are_checked(digits: torch.Tensor) -> None:
    checkpoint = vae.init(vae.Config(hidden=8, latent=1, batch=16), digits)
    with pytest.raises(ValueError, match="repeats has to be a whole number from 2"):
        gradient_noise.measure(checkpoint, digits, repeats=1)
    with pytest.raises(ValueError, match="name has to be one of"):
        gradient_noise.gradients(checkpoint, digits, "measure-valued", 2)
    with pytest.raises(ValueError, match="every has to be a whole number from 1"):
        gradient_noise.start(vae.Config(), vae.Images("digits"), every=0)

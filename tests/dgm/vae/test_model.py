"""model: configurations are checked, shapes are as documented, densities and KL are those of torch."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, distributions

from dgm import runtime, vae
from dgm.vae.model import reconstruction
from tests.dgm.vae.small_models import IMAGES, start


@pytest.mark.parametrize("settings", [
    {"latent": 0}, {"latent": vae.MAX_LATENT + 1}, {"latent": True}, {"latent": 2.5}, {"hidden": -1}, {"hidden": 5000},
    {"likelihood": "poisson"}, {"sigma2": 0.0}, {"sigma2": math.nan}, {"beta": -0.1}, {"beta": math.inf},
    {"beta": "1"}, {"gradient": "magic"}, {"gradient": "exact"}, {"optimizer": "adam"}, {"optimizer": ["Adam"]},
    {"learning_rate": 0.0}, {"learning_rate": -1.0}, {"batch": -1}, {"batch": 10**9},
    {"seed": 0.5}, {"dtype": "float16"}])
def test_configuration_errors_name_the_field_and_its_range(settings: dict[str, Any]) -> None:
    (name,) = settings
    with pytest.raises(ValueError, match=f"^{name} has to be "):
        vae.Config(**settings)


@pytest.mark.parametrize(("latent", "hidden"), [(1, 0), (2, 7), (16, 3)])
def test_shapes(latent: int, hidden: int) -> None:
    run = vae.advance(start(latent=latent, hidden=hidden), IMAGES, 2)
    assert {name: tuple(value.shape) for name, value in run.params.items()} == vae.shapes(run.config, 12)
    assert [part.shape for part in vae.encode(run, IMAGES)] == [(40, latent)] * 2
    assert vae.decode(run, torch.zeros(3, latent)).shape == (3, 12)
    assert [term.shape for term in vae.elbo_terms(run, IMAGES)] == [(40,)] * 2
    assert vae.iwae_bound(run, IMAGES, 3).shape == (40,)
    assert vae.sample(run, 5).shape == (5, 12)


@pytest.mark.parametrize("x", [torch.zeros(12), torch.zeros(0, 12), torch.zeros(2, 3, 4), torch.zeros(2, 11)])
def test_images_of_another_shape_are_errors(x: Tensor) -> None:
    with pytest.raises(ValueError, match="images have to be a table"):
        vae.advance(start(), x, 1)


def test_a_new_decoder_starts_at_the_mean_image() -> None:
    run = start()
    torch.testing.assert_close(vae.decode(run, torch.zeros(1, 2))[0], IMAGES.mean(0).clamp(0.01, 0.99))


@pytest.mark.parametrize("log_var", [1e-4, -1e-4, 1e-6, 0.0, 3.0, -11.0])
def test_the_kl_has_all_digits_and_the_right_sign_in_float32(log_var: float) -> None:
    q = vae.Posterior(torch.zeros(1, 2), torch.full((1, 2), log_var))
    exact = math.expm1(float(q.log_var[0, 0])) - float(q.log_var[0, 0])  # two latents, half each
    found = vae.kl_to_prior(q).item()
    assert found >= 0
    assert found == pytest.approx(exact, rel=1e-6, abs=abs(log_var) * 1.2e-7)


def test_the_kl_is_never_negative_near_the_prior() -> None:
    log_var = torch.linspace(-1e-2, 1e-2, 20001)[:, None]
    assert vae.kl_to_prior(vae.Posterior(torch.zeros_like(log_var), log_var)).min() >= 0


def test_densities_are_those_of_torch() -> None:
    run = vae.advance(start(dtype="float64"), IMAGES, 5)
    q = vae.encode(run, IMAGES)
    normal = distributions.Normal(q.mean, (0.5 * q.log_var).exp())
    prior = distributions.Normal(torch.zeros_like(q.mean), 1.0)
    torch.testing.assert_close(vae.kl_to_prior(q), distributions.kl_divergence(normal, prior).sum(-1))
    z = q.draw(torch.randn(3, *q.mean.shape, dtype=torch.float64))
    torch.testing.assert_close(q.log_prob(z), normal.log_prob(z).sum(-1))
    bernoulli = distributions.Bernoulli(probs=vae.decode(run, z))
    x = IMAGES.double()
    torch.testing.assert_close(reconstruction(run.params, run.config, x, z), bernoulli.log_prob(x).sum(-1))
    noisy = vae.advance(start(likelihood="gaussian", sigma2=0.3, dtype="float64"), IMAGES, 5)
    torch.testing.assert_close(
        reconstruction(noisy.params, noisy.config, x, z),
        distributions.Normal(vae.decode(noisy, z), 0.3**0.5).log_prob(x).sum(-1))


def test_pixels_of_probability_one_give_finite_losses() -> None:
    run = start()
    sure = run._replace(params=run.params | {"decoder.out.bias": torch.full((12,), 1e4)})
    assert reconstruction(sure.params, sure.config, IMAGES, torch.zeros(40, 2)).isfinite().all()


def test_the_density_of_q_has_its_gradient_in_z_too() -> None:
    """As torch's own normal distribution has it; so has a bound whose z is drawn from q."""
    mean, log_var, eps = torch.randn(3, 5, 2, generator=runtime.generator(1), dtype=torch.float64)

    def gradients(log_prob: Callable[[Tensor, Tensor, Tensor], Tensor]) -> tuple[Tensor, ...]:
        leaves = [mean.clone().requires_grad_(), log_var.clone().requires_grad_()]
        q = vae.Posterior(*leaves)
        return torch.autograd.grad(log_prob(q.draw(eps), *q).sum(), leaves)

    found = gradients(lambda z, mean, log_var: vae.Posterior(mean, log_var).log_prob(z))
    normal = gradients(lambda z, mean, log_var: distributions.Normal(mean, (log_var / 2).exp()).log_prob(z).sum(-1))
    for ours, torchs in zip(found, normal, strict=True):
        torch.testing.assert_close(ours, torchs)
    torch.testing.assert_close(found[0], torch.zeros_like(mean))    # eps is what counts: log N(eps) - log_var / 2

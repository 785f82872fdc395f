"""dgm.vae: the result does not depend on the cut, the linear VAE is PPCA, gradients are unbiased, bounds are bounds."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributions

from dgm import vae
from dgm.errors import DivergedError
from dgm.vae.model import reconstruction
from dgm.vae.optimizers import OPTIMIZERS

IMAGES = (torch.rand(40, 12, generator=torch.Generator().manual_seed(1)) < torch.linspace(0.1, 0.9, 12)).float()
SMALL: dict[str, Any] = {"hidden": 5, "batch": 8, "learning_rate": 1e-2}
EXACT: dict[str, Any] = {"hidden": 0, "likelihood": "gaussian", "gradient": "exact", "dtype": "float64", "batch": 0}


def start(x: Tensor = IMAGES, **settings: Any) -> vae.Checkpoint:
    return vae.init(vae.Config(**{**SMALL, **settings}), x)


def tensors(checkpoint: vae.Checkpoint) -> list[Tensor]:
    return [*checkpoint.params.values(), *checkpoint.moments.values(), checkpoint.losses]


def gaussian_data(variances: list[float], n: int = 300) -> Tensor:
    """Points whose covariance (1/N) has exactly these eigenvalues, turned at random, mean not zero."""
    g = torch.Generator().manual_seed(7)
    d = len(variances)
    drawn = torch.randn(n, d, generator=g, dtype=torch.float64)
    centred = torch.cat([torch.ones(n, 1, dtype=torch.float64), drawn], 1)  # columns made orthogonal to a constant
    white = torch.linalg.qr(centred)[0][:, 1:] * n**0.5
    turn = torch.linalg.qr(torch.randn(d, d, generator=g, dtype=torch.float64))[0]
    return white * torch.tensor(variances, dtype=torch.float64).sqrt() @ turn.T + 3


def fitted(x: Tensor, **settings: Any) -> vae.Checkpoint:
    """The linear VAE at its optimum: Adam, with smaller and smaller rates."""
    run = vae.init(vae.Config(**{**EXACT, **settings}), x)
    for rate, steps in ((3e-2, 1200), (1e-2, 800), (2e-3, 500), (3e-4, 300)):
        config = vae.Config(**{**EXACT, **settings, "learning_rate": rate})
        run = vae.advance(vae.reconfigured(run, config), x, steps)
    return run


# --- a fold over steps -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("settings", [
    {"gradient": "reparametrization"}, {"gradient": "log-derivative"}, EXACT,
    {"likelihood": "gaussian", "latent": 1}, {"hidden": 0, "batch": 0}])
def test_any_cut_gives_the_same_bits(optimizer: str, settings: dict[str, Any], device: torch.device) -> None:
    x = IMAGES.to(device)
    first = start(x, **settings, optimizer=optimizer)
    whole = vae.advance(first, x, 12)
    cut = first
    for steps in (1, 0, 4, 2, 5):
        cut = vae.advance(cut, x, steps)
    assert cut.step == whole.step == 12
    assert all(torch.equal(whole.params[name], cut.params[name]) for name in whole.params)
    assert all(torch.equal(whole.moments[name], cut.moments[name]) for name in whole.moments)
    assert torch.equal(whole.losses[-5:], cut.losses)
    assert any(not torch.equal(first.params[name], whole.params[name]) for name in first.params)


def test_another_seed_is_another_run() -> None:
    one, two = (vae.advance(start(seed=seed), IMAGES, 2) for seed in (1, 2))
    assert not torch.equal(one.params["decoder.out.weight"], two.params["decoder.out.weight"])


def test_every_step_draws_its_own_batch_and_noise() -> None:
    losses = vae.advance(start(learning_rate=1e-9), IMAGES, 30).losses
    assert len(set(losses.tolist())) == 30


def test_checkpoints_are_never_written_to() -> None:
    x = IMAGES.clone()
    for settings in ({}, {"optimizer": "SGD"}, {"optimizer": "RMSProp"}):
        first = vae.advance(start(**settings), x, 3)
        copies = [value.clone() for value in tensors(first)]
        second = vae.advance(first, x, 3)
        vae.elbo_terms(second, x), vae.iwae_bound(second, x, 2), vae.sample(second, 2)
        assert all(torch.equal(a, b) for a, b in zip(copies, tensors(first), strict=True))
        assert torch.equal(x, IMAGES)
        assert not any(value.requires_grad for value in tensors(second))


def test_a_checkpoint_owns_no_more_memory_than_its_numbers() -> None:
    run = vae.advance(start(), IMAGES, 1)
    for value in tensors(run):
        assert value.untyped_storage().nbytes() == value.numel() * value.element_size()


def test_losses_are_minus_the_batch_bound() -> None:
    first = start(**EXACT, beta=3.0)
    recon, kl = vae.elbo_terms(first, IMAGES)
    loss = vae.advance(first, IMAGES, 1).losses
    assert loss.tolist() == pytest.approx([-(recon - 3 * kl).mean().item()], rel=1e-12)


def test_training_raises_the_bound() -> None:
    first = start()
    last = vae.advance(first, IMAGES, 300)
    before, after = (torch.sub(*vae.elbo_terms(c, IMAGES, samples=20)) for c in (first, last))
    gain = after - before
    assert gain.mean() > 3 * gain.std() / len(gain) ** 0.5


def test_steps_only_go_forward() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        vae.advance(start(), IMAGES, -1)


# --- a loss that is no number ------------------------------------------------------------------------------------

def test_a_diverging_run_stops_says_why_and_leaves_the_last_checkpoint() -> None:
    good = start(optimizer="SGD", learning_rate=1e6, likelihood="gaussian", hidden=0)
    copies = [value.clone() for value in tensors(good)]
    with pytest.raises(DivergedError, match=r"at step \d+: lower the learning rate \(now 1e\+06\)") as caught:
        vae.advance(good, IMAGES, 50)
    step = int(str(caught.value).split("step ")[1].split(":")[0])
    last = vae.advance(good, IMAGES, step - 1)
    assert torch.isfinite(last.losses).all()
    with pytest.raises(DivergedError, match=f"step {step}"):
        vae.advance(last, IMAGES, 50)
    assert all(torch.equal(a, b) for a, b in zip(copies, tensors(good), strict=True))


def test_log_variances_stay_finite() -> None:
    q = vae.encode(start(), 1e6 * IMAGES)
    assert q.log_var.abs().max() <= vae.LOG_VAR_LIMIT
    assert vae.kl_to_prior(q).isfinite().all()


# --- the linear VAE is PPCA --------------------------------------------------------------------------------------

def test_the_linear_vae_reaches_the_maximum_likelihood_of_ppca() -> None:
    values = [6.0, 3.0, 0.8, 0.5, 0.2]
    sigma2 = sum(values[2:]) / 3
    x = gaussian_data(values)
    run = fitted(x, sigma2=sigma2)
    best = -0.5 * (5 * math.log(2 * math.pi) + sum(map(math.log, values[:2])) + 3 * math.log(sigma2) + 5)
    bound = torch.sub(*vae.elbo_terms(run, x)).mean().item()
    assert bound == pytest.approx(best, abs=1e-4)
    assert bound <= best + 1e-12
    W = run.params["decoder.out.weight"]
    lengths = torch.linalg.svdvals(W) ** 2
    assert lengths.tolist() == pytest.approx([values[0] - sigma2, values[1] - sigma2], abs=0.02)
    evidence = distributions.MultivariateNormal(
        run.params["decoder.out.bias"], W @ W.T + sigma2 * torch.eye(5, dtype=torch.float64)).log_prob(x).mean().item()
    assert bound <= evidence + 1e-12 <= best + 2e-12


@pytest.mark.parametrize("beta", [0.5, 1.0, 4.0, 40.0])
def test_units_collapse_where_the_eigenvalue_is_below_beta_sigma2(beta: float) -> None:
    values, sigma2 = [8.0, 3.0, 0.9, 0.25, 0.1], 0.3
    x = gaussian_data(values)
    q = vae.encode(fitted(x, sigma2=sigma2, beta=beta, latent=4), x)
    each = (0.5 * (q.mean**2 + q.log_var.expm1() - q.log_var)).mean(0)
    expected = [0.5 * math.log(value / (beta * sigma2)) for value in values[:4] if value > beta * sigma2]
    assert int((each > 0.01).sum()) == len(expected)
    assert each.sum().item() == pytest.approx(sum(expected), abs=0.02)


# --- gradients ---------------------------------------------------------------------------------------------------

def gradient(checkpoint: vae.Checkpoint, x: Tensor, step: int) -> Tensor:
    """What plain gradient descent with rate 1 takes away in step `step`."""
    after = vae.advance(checkpoint._replace(step=step, moments={}), x, 1)
    return torch.cat([(checkpoint.params[name] - after.params[name]).flatten() for name in checkpoint.params])


def gradients(settings: dict[str, Any], x: Tensor, steps: int) -> Tensor:
    model = start(x, **{**settings, "optimizer": "SGD", "learning_rate": 1.0})
    return torch.stack([gradient(model, x, step) for step in range(steps)])


@pytest.mark.parametrize("name", ["reparametrization", "log-derivative"])
def test_estimated_gradients_have_the_exact_mean(name: str) -> None:
    x = gaussian_data([1.0, 0.6, 0.4], n=6)
    exact = gradients({**EXACT, "beta": 0.7}, x, 1)[0]
    drawn = gradients({**EXACT, "beta": 0.7, "gradient": name}, x, 600)
    score = (drawn.mean(0) - exact) / (drawn.std(0) / 600**0.5 + 1e-12)
    assert score.abs().max() < 4.5  # 25 numbers at once
    assert score.square().mean() < 2.5
    assert (drawn.std(0) > 0).any()


def test_both_estimators_agree_on_a_bernoulli_model_and_the_log_derivative_varies_more() -> None:
    settings = {"hidden": 3, "dtype": "float64", "batch": 0}
    drawn = [gradients({**settings, "gradient": name}, IMAGES[:4, :5], 600)
             for name in ("reparametrization", "log-derivative")]
    difference = drawn[0].mean(0) - drawn[1].mean(0)
    error = ((drawn[0].var(0) + drawn[1].var(0)) / 600).sqrt() + 1e-12
    assert (difference / error).abs().max() < 5
    phi = slice(-3 * 5 - 3 - 4 * 3 - 4, None)  # encoder.* comes last
    assert drawn[1][:, phi].var(0).sum() > 2 * drawn[0][:, phi].var(0).sum()


def test_minibatches_are_unbiased() -> None:
    x = gaussian_data([1.0, 0.6, 0.4], n=20)
    exact = gradients(EXACT, x, 1)[0]
    drawn = gradients({**EXACT, "batch": 4}, x, 400)
    score = (drawn.mean(0) - exact) / (drawn.std(0) / 400**0.5 + 1e-12)
    assert score.abs().max() < 4.5
    assert (drawn.std(0) > 0).all()


# --- densities ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("log_var", [1e-4, -1e-4, 1e-6, 0.0, 3.0, -11.0])
def test_the_kl_keeps_its_digits_and_its_sign_in_float32(log_var: float) -> None:
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


def test_sure_pixels_never_give_infinite_losses() -> None:
    run = start()
    sure = run._replace(params=run.params | {"decoder.out.bias": torch.full((12,), 1e4)})
    assert reconstruction(sure.params, sure.config, IMAGES, torch.zeros(40, 2)).isfinite().all()


def test_sampled_and_exact_reconstruction_agree() -> None:
    x = gaussian_data([2.0, 1.0, 0.5], n=50)
    run = vae.advance(vae.init(vae.Config(**EXACT, learning_rate=1e-2), x), x, 100)
    exact, kl = vae.elbo_terms(run, x)
    drawn_run = vae.reconfigured(run, vae.Config(**{**EXACT, "gradient": "reparametrization"}))
    drawn = torch.stack([vae.elbo_terms(drawn_run, x, seed)[0].mean() for seed in range(200)])
    assert abs(drawn.mean() - exact.mean()) < 4 * drawn.std() / 200**0.5
    assert torch.equal(vae.elbo_terms(drawn_run, x)[1], kl)


def test_more_samples_give_a_higher_bound_on_average() -> None:
    run = vae.advance(start(hidden=20, learning_rate=3e-3), IMAGES, 100)  # its encoder is still far from the posterior
    run = run._replace(params=run.params | {"decoder.hidden.weight": 6 * run.params["decoder.hidden.weight"]})
    bounds = {k: torch.stack([vae.iwae_bound(run, IMAGES, k, seed) for seed in range(30)]) for k in (1, 5, 50)}
    elbo = torch.stack([torch.sub(*vae.elbo_terms(run, IMAGES, seed)) for seed in range(30)]).mean(1)
    for low, high in ((1, 5), (5, 50)):
        gain = (bounds[high] - bounds[low]).mean(1)
        assert gain.mean() > 3 * gain.std() / 30**0.5
    same = bounds[1].mean(1) - elbo  # L_1 is the bound itself
    assert abs(same.mean()) < 4 * same.std() / 30**0.5


# --- configuration and shapes ------------------------------------------------------------------------------------

@pytest.mark.parametrize("settings", [
    {"latent": 0}, {"latent": 17}, {"latent": True}, {"latent": 2.0}, {"hidden": -1}, {"hidden": 5000},
    {"likelihood": "poisson"}, {"sigma2": 0.0}, {"sigma2": math.nan}, {"beta": -0.1}, {"beta": math.inf},
    {"beta": "1"}, {"gradient": "magic"}, {"gradient": "exact"}, {"optimizer": "adam"}, {"optimizer": ["Adam"]},
    {"learning_rate": 0.0}, {"learning_rate": -1.0}, {"batch": -1}, {"batch": 10**9},
    {"seed": 0.5}, {"dtype": "float16"}])
def test_configurations_name_the_field_and_the_remedy(settings: dict[str, Any]) -> None:
    (name,) = settings
    with pytest.raises(ValueError, match=f"^{name} has to be "):
        vae.Config(**settings)


def test_field_names_are_the_configuration() -> None:
    assert vae.field_names()[:3] == ["latent", "hidden", "likelihood"]
    assert set(vae.field_names()) == set(vars(vae.Config()))


@pytest.mark.parametrize(("latent", "hidden"), [(1, 0), (2, 7), (16, 3)])
def test_shapes(latent: int, hidden: int) -> None:
    run = vae.advance(start(latent=latent, hidden=hidden), IMAGES, 2)
    assert {name: tuple(value.shape) for name, value in run.params.items()} == vae.shapes(run.config, 12)
    assert [part.shape for part in vae.encode(run, IMAGES)] == [(40, latent)] * 2
    assert vae.decode(run, torch.zeros(3, latent)).shape == (3, 12)
    assert [term.shape for term in vae.elbo_terms(run, IMAGES)] == [(40,)] * 2
    assert vae.iwae_bound(run, IMAGES, 3).shape == (40,)
    assert vae.sample(run, 5).shape == (5, 12)


def test_numpy_arrays_and_float64_are_welcome() -> None:
    run = vae.advance(vae.init(vae.Config(**SMALL), IMAGES.double().numpy()), IMAGES.numpy(), 2)
    assert torch.equal(run.losses, vae.advance(start(), IMAGES, 2).losses)
    assert torch.equal(vae.encode(run, IMAGES.numpy()).mean, vae.encode(run, IMAGES).mean)
    assert vae.decode(run, np.zeros((1, 2))).shape == (1, 12)


@pytest.mark.parametrize("x", [torch.zeros(12), torch.zeros(0, 12), torch.zeros(2, 3, 4), torch.zeros(2, 11)])
def test_images_of_another_shape_are_refused(x: Tensor) -> None:
    with pytest.raises(ValueError, match="images have to be a table"):
        vae.advance(start(), x, 1)


def test_a_fresh_decoder_starts_at_the_mean_image() -> None:
    run = start()
    torch.testing.assert_close(vae.decode(run, torch.zeros(1, 2))[0], IMAGES.mean(0).clamp(0.01, 0.99))


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


def test_reconfigured_keeps_weights_and_what_the_optimizer_remembers() -> None:
    run = vae.advance(start(), IMAGES, 3)
    slower = vae.reconfigured(run, vae.Config(**{**SMALL, "learning_rate": 1e-4, "beta": 2.0, "batch": 3}))
    assert slower.moments is run.moments
    assert slower.config.beta == 2
    other = vae.reconfigured(run, vae.Config(**SMALL, optimizer="RMSProp"))
    assert other.moments == {}
    assert vae.advance(other, IMAGES, 2).step == 5
    for changed in ({"latent": 3}, {"hidden": 6}, {"likelihood": "gaussian"}, {"dtype": "float64"}):
        with pytest.raises(ValueError, match=f"^{next(iter(changed))} decides the model's shape"):
            vae.reconfigured(run, vae.Config(**{**SMALL, **changed}))

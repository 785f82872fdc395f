"""training: the result does not depend on the cuts, gradients are unbiased, and the linear VAE is PPCA."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, distributions

from dgm import vae
from dgm.errors import DivergedError
from tests.dgm.vae.small_models import EXACT, IMAGES, SMALL, fitted, gaussian_data, start


def tensors(checkpoint: vae.Checkpoint) -> list[Tensor]:
    return [*checkpoint.params.values(), *checkpoint.moments.values(), checkpoint.losses]


@pytest.mark.parametrize("optimizer", vae.OPTIMIZERS)
@pytest.mark.parametrize("settings", [
    {"gradient": "reparametrization"}, {"gradient": "log-derivative"}, EXACT,
    {"likelihood": "gaussian", "latent": 1}, {"hidden": 0, "batch": 0}])
def test_any_cuts_give_the_same_bits(optimizer: str, settings: dict[str, Any], device: torch.device) -> None:
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


@pytest.mark.parametrize(("settings", "weights"), [
    ({}, (1, 1)), ({"beta": 3.0}, (3, 3)), ({"beta": 3.0, "warm_up": 4}, (0.75, 1.5))])
def test_losses_are_minus_the_objective_with_the_weight_of_the_step(
        settings: dict[str, Any], weights: tuple[float, float]) -> None:
    first = start(**EXACT, **settings)
    expected = []
    for steps, weight in enumerate(weights):
        recon, kl = vae.elbo_terms(vae.advance(first, IMAGES, steps), IMAGES)
        expected.append(-(recon - weight * kl).mean().item())
    assert vae.advance(first, IMAGES, 2).losses.tolist() == pytest.approx(expected, rel=1e-12)


def test_no_step_leaves_the_checkpoint_as_it_is_with_its_losses() -> None:
    run = vae.advance(start(), IMAGES, 3)
    same = vae.advance(run, IMAGES, 0)
    assert same.step == run.step
    assert all(torch.equal(a, b) for a, b in zip(tensors(run), tensors(same), strict=True))


def test_training_raises_the_bound() -> None:
    first = start()
    last = vae.advance(first, IMAGES, 300)
    before, after = (torch.sub(*vae.elbo_terms(c, IMAGES, samples=20)) for c in (first, last))
    gain = after - before
    assert gain.mean() > 3 * gain.std() / len(gain) ** 0.5


def test_a_negative_number_of_steps_is_an_error() -> None:
    with pytest.raises(ValueError, match="steps has to be a whole number from 0"):
        vae.advance(start(), IMAGES, -1)


def test_reconfigured_has_the_same_weights_and_optimizer_state() -> None:
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


# --- a loss that is not finite ----------------------------------------------------------------------------------

def test_a_diverging_run_names_the_step_and_the_last_checkpoint_is_unchanged() -> None:
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
    q = vae.encode(start(likelihood="gaussian"), 1e6 * IMAGES)
    assert q.log_var.abs().max() <= vae.LOG_VAR_LIMIT
    assert vae.kl_to_prior(q).isfinite().all()


# --- the linear VAE is PPCA -------------------------------------------------------------------------------------

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


# --- gradients --------------------------------------------------------------------------------------------------

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

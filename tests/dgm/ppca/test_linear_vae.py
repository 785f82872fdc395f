"""dgm.ppca.linear_vae: training reaches PPCA's exact maximum; latents collapse at the predicted eigenvalues."""

import math
from functools import cache

import pytest
import torch
from torch import Tensor

from dgm import datasets, ppca, vae
from dgm.ppca.covariance_spectrum import spectrum
from dgm.ppca.linear_vae import (
    EVERY,
    Training,
    advance,
    configure,
    decoder_params,
    evidence,
    init,
    maximum,
    objective,
    optimum,
    units,
)
from dgm.ppca.lower_bound import diagonal_gap


@cache
def wine() -> Tensor:
    x = datasets.load("wine").x
    return (x - x.mean(0)) / x.std(0)


ENOUGH = 3000   # steps: Adam is at the maximum after 500, overshoots while its rate still grows, and stays from 2000


@cache
def trained(latent: int, sigma2: float | None, beta: float, steps: int = ENOUGH) -> Training:
    return advance(init(wine(), configure(wine(), latent, sigma2, beta=beta)), wine(), steps)


def test_the_gap_falls_below_a_millionth_of_a_nat() -> None:
    run = trained(3, None, 1.0)
    assert run.gaps[0] > 1
    assert run.gaps[-1] < 1e-6
    assert run.steps[-1] == ENOUGH
    exact = ppca.log_likelihood(wine(), ppca.fit(wine(), 3)) / len(wine())
    assert run.maximum == pytest.approx(exact, rel=1e-12)
    assert run.maximum - objective(run.checkpoint, wine()) == pytest.approx(run.gaps[-1], abs=1e-12)
    assert objective(run.checkpoint, wine()) <= exact + 1e-12


def test_the_trained_decoder_is_the_closed_form() -> None:
    run = trained(3, None, 1.0)
    theta, exact = decoder_params(run.checkpoint), ppca.fit(wine(), 3)
    torch.testing.assert_close(theta.W @ theta.W.T, exact.W @ exact.W.T, atol=5e-3, rtol=5e-3)
    assert diagonal_gap(theta) < 1e-6        # orthogonal columns: the diagonal q costs nothing
    assert evidence(run.checkpoint, wine()) == pytest.approx(run.maximum, abs=1e-6)
    encoder, true = vae.encode(run.checkpoint, wine()), ppca.posterior(wine(), theta)
    torch.testing.assert_close(encoder.mean, true.mean, atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(encoder.log_var.exp(), true.cov.diagonal().expand(len(wine()), 3), atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize(("sigma2", "beta"), [(0.7, 1.0), (1.8, 1.0), (6.0, 1.0), (0.6, 3.0), (0.5, 0.5)])
def test_latents_become_inactive_at_the_eigenvalues_over_beta(sigma2: float, beta: float) -> None:
    run = trained(3, sigma2, beta, 1500 if beta < 1 else 800)
    expected, found = optimum(spectrum(wine()), 3, sigma2, beta), units(run.checkpoint, wine())
    assert run.gaps[-1] < 1e-6
    assert found.active == int((spectrum(wine()).values[:3] > beta * sigma2).sum())
    for value, exact in zip(found, expected, strict=True):
        torch.testing.assert_close(value, exact, atol=5e-3, rtol=5e-3)


def test_maximum_bounds_any_linear_vae_and_is_reached_by_the_closed_form() -> None:
    """The objective computed from W = U sqrt(lambda - beta sigma^2) and q of the formulas equals `maximum`."""
    spec, x, q = spectrum(wine()), wine(), 4
    for sigma2, beta in ((0.5, 1.0), (0.4, 4.0), (1.5, 0.3)):
        best = optimum(spec, q, sigma2, beta)
        W = spec.vectors[:, :q] * best.squared_length.sqrt()
        mean = x @ W / (best.squared_length + beta * sigma2)
        misfit = ((x - mean @ W.T) ** 2).sum(1).mean() + (best.variance * best.squared_length).sum()
        recon = -0.5 * (len(spec.values) * math.log(2 * math.pi * sigma2) + misfit / sigma2)
        kl = 0.5 * ((mean**2).mean(0) + best.variance - 1 - best.variance.log()).sum()
        assert maximum(spec, q, sigma2, beta) == pytest.approx(float(recon - beta * kl), rel=1e-11)
        assert float(kl) == pytest.approx(float(best.kl.sum()), rel=1e-9)
        for seed in range(3):
            fresh = vae.init(configure(x, q, sigma2, beta=beta, seed=seed), x)
            assert objective(fresh, x) < maximum(spec, q, sigma2, beta)


def test_training_does_not_depend_on_how_steps_are_divided() -> None:
    fresh = init(wine(), configure(wine(), 2))
    whole = advance(fresh, wine(), 170)
    pieces = fresh
    for steps in (30, 20, 1, 99, 20):
        pieces = advance(pieces, wine(), steps)
    assert pieces.step == whole.step == 170
    assert pieces.gaps == whole.gaps
    assert whole.steps == (0, EVERY, 2 * EVERY, 3 * EVERY)
    for name, value in whole.checkpoint.params.items():
        assert torch.equal(value, pieces.checkpoint.params[name])
    assert fresh.step == 0


def test_configurations_that_are_not_linear_raise() -> None:
    with pytest.raises(ValueError, match="use `configure`"):
        init(wine(), vae.Config(latent=2, hidden=8))
    with pytest.raises(ValueError, match="both have to be positive"):
        optimum(spectrum(wine()), 2, 0.0)

"""Estimates are within 4 standard errors of the exact bound; IWAE bounds rise to log p(x)."""

import math

import pytest

from dgm import elbo
from tests.dgm.elbo.cases import COINS, HUMPS, LECTURE, LINES, MODELS


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("family", ["Gaussian", "Mixture", "Histogram"])
def test_monte_carlo_is_within_four_standard_errors(name: str, family: str) -> None:
    model, x = MODELS[name]
    run = elbo.monte_carlo(model, x, LINES[family], samples=20_000, seed=11)
    assert abs(run.value - elbo.elbo(model, x, LINES[family]).bound) < 4 * run.error
    assert run.error == pytest.approx(float(run.terms.std()) / math.sqrt(20_000))


def test_monte_carlo_of_coins() -> None:
    q = elbo.Categorical((0.2, 0.8))
    run = elbo.monte_carlo(COINS, 3, q, samples=20_000)
    assert abs(run.value - elbo.elbo(COINS, 3, q).bound) < 4 * run.error


@pytest.mark.parametrize("name", MODELS)
def test_at_the_posterior_every_term_is_the_evidence(name: str) -> None:
    model, x = MODELS[name]
    run = elbo.monte_carlo(model, x, model.posterior(x), samples=500)
    assert run.error < 1e-12
    assert run.value == pytest.approx(model.log_evidence(x), abs=1e-12)


@pytest.mark.parametrize(("model", "x", "q"), [
    (LECTURE, 2.0, elbo.Gaussian(0.0, 1.0)), (HUMPS, 0.3, elbo.Gaussian(0.5, 1.2)),
    (COINS, 3, elbo.Categorical((0.9, 0.1))),
])
def test_importance_weighted_bounds_rise_from_the_bound_to_the_evidence(model: elbo.NormalModel, x: float,
                                                                        q: elbo.Family) -> None:
    run = elbo.importance_weighted(model, x, q, most=100, repeats=4000, seed=2)
    exact, log_evidence = elbo.elbo(model, x, q).bound, model.log_evidence(x)
    assert run.samples.tolist() == list(range(1, 101))
    assert abs(float(run.bound[0]) - exact) < 4 * float(run.error[0])
    chosen = [float(run.bound[k - 1]) for k in (1, 5, 50)]
    assert chosen == sorted(chosen)
    assert float((run.bound - 4 * run.error).max()) < log_evidence
    z = q.sample(40_000, 5)
    spread = float((model.log_joint(x, z) - q.log_prob(z) - log_evidence).exp().var())      # of the weights
    gap = log_evidence - float(run.bound[-1])       # spread / 2K to the first order
    assert gap < spread / 100 + 4 * float(run.error[-1])


def test_two_samples_against_the_exact_expectation() -> None:
    """L_2 of the coins is a sum over four pairs."""
    q, x = elbo.Categorical((0.9, 0.1)), 3
    weights = [math.exp(float(COINS.log_joint(x, z) - q.log_prob(z))) for z in (0, 1)]
    expected = sum(q.probabilities[a] * q.probabilities[b] * math.log((weights[a] + weights[b]) / 2)
                   for a in (0, 1) for b in (0, 1))
    run = elbo.importance_weighted(COINS, x, q, most=2, repeats=50_000)
    assert abs(float(run.bound[1]) - expected) < 4 * float(run.error[1])

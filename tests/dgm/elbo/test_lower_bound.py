"""log p(x) = L + KL for every model and family, in both forms; evidence and terms against scipy's quadrature."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from dgm import elbo
from dgm.elbo.normal_model import _curved_edges
from dgm.elbo.panels import nodes_on
from dgm.errors import ArgumentError
from tests.dgm.elbo.cases import COINS, HUMPS, LECTURE, LINES, MODELS, PARABOLA, joint

PAIRS = [pytest.param(*MODELS[model], LINES[q], id=f"{model}, {q}") for model in MODELS for q in LINES]


@pytest.mark.parametrize("name", MODELS)
def test_evidence_is_the_integral_of_the_joint(name: str) -> None:
    model, x = MODELS[name]
    expected, _ = quad(lambda z: joint(model, x, z), -25, 25, points=[-3, -2, -1, 0, 1, 2, 4], limit=500,
                       epsabs=0, epsrel=1e-12)
    assert model.log_evidence(x) == pytest.approx(math.log(expected), abs=1e-9)
    assert float(elbo.evidence_curve(model, [x])[0]) == pytest.approx(model.log_evidence(x), abs=1e-12)


@pytest.mark.parametrize("name", ["lecture", "line", "two humps", "sharp"])
def test_quadrature_agrees_with_the_closed_form(name: str) -> None:
    """The rule of the curved models, applied to models whose evidence is closed."""
    model, x = MODELS[name]
    z, weights = nodes_on(_curved_edges(model, x))
    found = float((model.log_joint(x, z) + weights.log()).logsumexp(0))
    assert found == pytest.approx(model.log_evidence(x), abs=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_posterior_is_joint_over_evidence(name: str) -> None:
    model, x = MODELS[name]
    posterior, z = model.posterior(x), torch.linspace(-5, 5, 201, dtype=torch.float64)
    expected = model.log_joint(x, z) - model.log_evidence(x)
    assert torch.allclose(posterior.log_prob(z), expected, atol=1e-9, rtol=1e-12)


@pytest.mark.parametrize(("model", "x", "q"), PAIRS)
def test_bound_and_gap_add_up_in_both_forms(model: elbo.NormalModel, x: float, q: elbo.Line) -> None:
    parts = elbo.elbo(model, x, q)
    assert parts.bound + parts.gap == pytest.approx(parts.log_evidence, rel=1e-12, abs=1e-12 * abs(parts.bound))
    assert parts.reconstruction - parts.kl == pytest.approx(parts.bound, rel=1e-12, abs=1e-12)
    assert parts.complete + parts.entropy == parts.bound
    assert parts.gap > 0
    assert parts.kl > 0


@pytest.mark.parametrize(("model", "x", "q"), PAIRS)
def test_terms_are_the_integrals_of_the_slide(model: elbo.NormalModel, x: float, q: elbo.Line) -> None:
    z, weights = dense_rule(*q.span)
    log_q = q.log_prob(z)
    mass = weights * log_q.exp()
    parts = elbo.elbo(model, x, q)
    assert parts.complete == pytest.approx(float(mass @ model.log_joint(x, z)), rel=1e-9, abs=1e-9)
    assert parts.entropy == pytest.approx(-float(mass @ torch.where(mass > 0, log_q, 0.0)), rel=1e-9, abs=1e-9)
    assert parts.reconstruction == pytest.approx(float(mass @ model.log_likelihood(x, z)), rel=1e-9, abs=1e-9)


def dense_rule(low: float, high: float, panels: int = 800) -> tuple[torch.Tensor, torch.Tensor]:
    """48 nodes on each of many equal panels, whatever is integrated."""
    nodes, weights = np.polynomial.legendre.leggauss(48)
    half, starts = (high - low) / panels / 2, np.linspace(low, high, panels + 1)[:-1]
    return (torch.from_numpy((starts[:, None] + half * (1 + nodes)).ravel()),
            torch.from_numpy(np.tile(half * weights, panels)))


def test_gaussian_terms_are_the_closed_forms() -> None:
    q, x = elbo.Gaussian(0.8, 0.6), 2.0
    parts = elbo.elbo(LECTURE, x, q)
    assert parts.reconstruction == pytest.approx(-0.5 * (math.log(2 * math.pi) + 1.2**2 + 0.36), abs=1e-9)
    assert parts.kl == pytest.approx(0.5 * (0.64 + 0.36 - 1 - math.log(0.36)), abs=1e-9)
    assert parts.entropy == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 0.36), abs=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_the_gap_is_zero_at_the_posterior_alone(name: str) -> None:
    model, x = MODELS[name]
    posterior = model.posterior(x)
    assert elbo.elbo(model, x, posterior).gap == 0
    other = elbo.Mixture((0.5, 0.5), (posterior.mean, posterior.mean + 1e-3), (posterior.sd, posterior.sd))
    assert elbo.elbo(model, x, other).gap > 0


def test_finer_histograms_close_the_gap() -> None:
    gaps = [elbo.elbo(HUMPS, 0.3, elbo.histogram_of(HUMPS, 0.3, -8, 8, count)).gap for count in (4, 16, 64, 256)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 5e-4
    best = elbo.histogram_of(PARABOLA, 2.0, -3, 3, 12)
    bound = elbo.elbo(PARABOLA, 2.0, best).bound
    for cell in range(12):
        masses = list(best.masses)
        masses[cell] += 0.01
        other = elbo.Histogram(-3, 3, [mass / 1.01 for mass in masses])
        assert elbo.elbo(PARABOLA, 2.0, other).bound < bound


def test_two_coins() -> None:
    for t in (0.2, 0.6, 0.9):
        assert elbo.TwoCoins(t).log_evidence(1) == pytest.approx(math.log(0.75 * t - 0.625 * t**2), abs=1e-14)
    parts = elbo.elbo(COINS, 3, elbo.Categorical((0.25, 0.75)))
    assert parts.bound + parts.gap == pytest.approx(parts.log_evidence, rel=1e-12)
    assert parts.reconstruction - parts.kl == pytest.approx(parts.bound, rel=1e-12)
    assert elbo.elbo(COINS, 3, COINS.posterior(3)).gap == 0
    assert elbo.elbo(COINS, 3, elbo.Categorical((0.0, 1.0))).gap == pytest.approx(
        -math.log(COINS.posterior(3).probabilities[1]), rel=1e-12)


def test_all_sequences_of_tosses_have_probability_one() -> None:
    total = sum(math.comb(5, heads) * math.exp(COINS.log_evidence(heads)) for heads in range(6))
    assert total == pytest.approx(1, abs=1e-14)


def test_samples_have_the_moments_of_the_family() -> None:
    for q in (*LINES.values(), *(model.posterior(x) for model, x in MODELS.values())):
        z = q.sample(40_000, 3)
        assert abs(float(z.mean()) - q.mean) < 4 * q.sd / 200
        squares = (z - q.mean) ** 2
        assert abs(float(squares.mean()) - q.sd**2) < 4 * float(squares.std()) / 200
    z, x = PARABOLA.sample(40_000, 1)
    residual = (x - PARABOLA.mean(z)) / PARABOLA.noise
    assert abs(float(residual.mean())) < 4 / 200
    assert abs(float((residual * z).mean())) < 4 / 200


@pytest.mark.parametrize("q", [elbo.Categorical((0.5, 0.5)), None, "q"])
def test_a_family_over_another_z_is_an_error(q: object) -> None:
    with pytest.raises(ArgumentError):
        elbo.elbo(LECTURE, 0.0, q)

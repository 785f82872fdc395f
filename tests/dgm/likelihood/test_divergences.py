"""KL against closed forms and adaptive quadrature; the nearest member against its conditions."""

import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from dgm import likelihood
from dgm.errors import DataError
from dgm.likelihood.families import Density

G, L, T, M = likelihood.Gaussian, likelihood.Laplace, likelihood.StudentT, likelihood.Mixture
TRUTHS = [G(1, 2), L(0.5, 1), T(0, 1, 3), T(1, 2, 2.5), M(0.3, -2, 0.05, 1, 1)]
MODELS = [G(0, 1), G(2, 5), L(-1, 2), T(0, 3, 2), M(0.6, -1, 1, 3, 2)]


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("model", MODELS)
def test_kl_is_that_of_adaptive_quadrature(truth: Density, model: Density) -> None:
    def at(u: float) -> float:
        x = math.sinh(u)    # the tails of Student's t with 2.5 degrees of freedom need x up to e^300
        log_p = float(truth.log_prob(x)[0])
        return math.exp(log_p) * (log_p - float(model.log_prob(x)[0])) * math.cosh(u) if log_p > -740 else 0.0

    far = 300 if isinstance(truth, T) and truth.dof < 3 and not isinstance(model, T) else 60
    points = np.unique([*np.arcsinh([-2, -1.85, -2.15, -1, 0, 0.5, 1, 3]), -far / 2, -8, 8, far / 2, far, -far])
    parts = [scipy.integrate.quad(at, low, high, limit=200)[0]
             for low, high in itertools.pairwise(points)]
    assert likelihood.divergence(truth, model).kl == pytest.approx(sum(parts), rel=1e-6, abs=1e-8)


def test_closed_forms() -> None:
    a, b = G(1, 2), G(-1, 3)
    exact = math.log(3 / 2) + (4 + 4) / (2 * 9) - 0.5
    assert likelihood.divergence(a, b).kl == pytest.approx(exact, abs=1e-12)
    a, b = L(0, 1), L(0, 2)
    assert likelihood.divergence(a, b).kl == pytest.approx(math.log(2) + 0.5 - 1, abs=1e-12)


@pytest.mark.parametrize(("model", "peer"), [
    (G(3, 2), scipy.stats.norm(3, 2)), (L(3, 2), scipy.stats.laplace(3, 2)),
    (T(3, 2, 1.5), scipy.stats.t(1.5, 3, 2)), (T(3, 2, 0.5), scipy.stats.t(0.5, 3, 2))])
def test_entropy_is_scipys(model: Density, peer: scipy.stats.rv_continuous) -> None:
    found = likelihood.divergence(model, model)
    assert found.entropy == pytest.approx(float(peer.entropy()), abs=1e-6)
    assert found.kl == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("truth", TRUTHS)
def test_kl_is_not_negative_and_zero_for_the_same_density(truth: Density) -> None:
    assert likelihood.divergence(truth, truth).kl == pytest.approx(0, abs=1e-10)
    for model in MODELS:
        found = likelihood.divergence(truth, model)
        assert found.kl >= 0
        assert found.kl == pytest.approx(found.cross_entropy - found.entropy, abs=1e-9)


def test_light_tails_are_infinitely_far_from_heavy_ones() -> None:
    assert likelihood.divergence(T(0, 1, 2), G(0, 1)).kl == math.inf
    assert likelihood.divergence(T(0, 1, 1), L(0, 1)).kl == math.inf
    assert math.isfinite(likelihood.divergence(T(0, 1, 1.5), L(0, 1)).kl)
    with pytest.raises(DataError):
        likelihood.nearest(T(0, 1, 2), "Gaussian")


def test_the_integrand_integrates_to_kl() -> None:
    truth, model = TRUTHS[0], MODELS[0]
    x = np.linspace(-25, 27, 20_001)
    total = scipy.integrate.simpson(likelihood.kl_integrand(truth, model, x).numpy(), x=x)
    assert total == pytest.approx(likelihood.divergence(truth, model).kl, abs=1e-9)


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("family", likelihood.FAMILIES)
def test_no_neighbour_of_the_nearest_is_nearer(truth: Density, family: str) -> None:
    best = likelihood.nearest(truth, family)
    found = likelihood.divergence(truth, best).kl
    for name, kind in best.kinds.items():
        for sign in (-1, 1):
            step = 0.01 * (best.theta[1] if kind == "location" else getattr(best, name))
            moved = getattr(best, name) + sign * float(step)
            if kind == "dof" and not likelihood.DOF_RANGE[0] <= moved <= likelihood.DOF_RANGE[1]:
                continue
            assert likelihood.divergence(truth, best.replaced(**{name: moved})).kl >= found - 1e-7


def test_maximum_likelihood_tends_to_the_nearest() -> None:
    truth = likelihood.TRUTHS["two bumps"]
    best, draws = likelihood.nearest(truth, "Gaussian"), truth.sample(100_000, seed=2)
    found = likelihood.fit("Gaussian", draws)
    error = float(draws.std()) / math.sqrt(len(draws))
    np.testing.assert_allclose(found.theta, best.theta, atol=5 * error)


def test_the_mean_log_likelihood_tends_to_minus_the_cross_entropy() -> None:
    truth, model = likelihood.TRUTHS["peaked"], G(0, 1)
    found = likelihood.terms(model, truth.sample(50_000, seed=4))
    error = float(found.log_terms.std()) / math.sqrt(50_000)
    assert found.mean == pytest.approx(-likelihood.divergence(truth, model).cross_entropy, abs=4 * error)


def test_moments_are_those_of_draws_and_a_heavy_tail_has_none() -> None:
    for model in (likelihood.Laplace(1, 2), likelihood.StudentT(-1, 2, 9), likelihood.Mixture(0.3, -1, 0.5, 2, 1.5)):
        mean, deviation = likelihood.moments(model)
        draws = model.sample(100_000, seed=3)
        error = float(draws.std()) / math.sqrt(len(draws))
        assert mean == pytest.approx(float(draws.mean()), abs=4 * error)
        squares = (draws - draws.mean()).square()
        error = float(squares.std()) / math.sqrt(len(draws))
        assert deviation**2 == pytest.approx(float(squares.mean()), abs=4 * error)
    with pytest.raises(DataError, match="no finite variance"):
        likelihood.moments(likelihood.StudentT(0, 1, 2))

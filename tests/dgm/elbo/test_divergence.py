"""KL is 0 or more and 0 for equal distributions alone; its areas; the best Gaussians in both directions."""

import math

import pytest
import torch

from dgm import elbo
from dgm.errors import ArgumentError
from dgm.runtime import generator
from tests.dgm.elbo.cases import HUMPS, LECTURE, LINES, MODELS, PARABOLA
from tests.dgm.elbo.test_lower_bound import dense_rule

POSTERIORS = {f"posterior of {name}": model.posterior(x) for name, (model, x) in MODELS.items()}
DENSITIES = {**LINES, **POSTERIORS}


@pytest.mark.parametrize("name", DENSITIES)
def test_a_density_has_no_distance_from_itself(name: str) -> None:
    q = DENSITIES[name]
    assert elbo.kl(q, q) == 0
    if isinstance(q, elbo.Mixture):    # the same density, written in another order
        same = elbo.Mixture(q.weights[::-1], q.means[::-1], q.sds[::-1])
        assert elbo.kl(q, same) == 0
    if isinstance(q, elbo.Gaussian):
        assert elbo.kl(q, elbo.Mixture((1.0,), (q.mean,), (q.sd,))) == 0


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("other", ["Gaussian", "Mixture", "unlike parts", "posterior of two humps"])
def test_divergences_are_the_integral(name: str, other: str) -> None:
    q, p = DENSITIES[name], DENSITIES[other]
    z, weights = dense_rule(*q.span)
    log_q = q.log_prob(z)
    expected = float(torch.where(log_q > -math.inf, weights * log_q.exp() * (log_q - p.log_prob(z)), 0.0).sum())
    assert elbo.kl(q, p) == pytest.approx(expected, rel=1e-8, abs=1e-9)
    assert elbo.kl(q, p) > 0 or q is p


def test_random_pairs_are_positive_unless_equal() -> None:
    for u in torch.rand(200, 4, generator=generator(3), dtype=torch.float64).tolist():
        q, p = elbo.Gaussian(4 * u[0], 0.1 + u[1]), elbo.Gaussian(4 * u[2], 0.1 + u[3])
        assert elbo.kl(q, p) > 0
        near = elbo.Gaussian(q.mean + 1e-9, q.sd)
        assert 0 <= elbo.kl(q, near) < 1e-12
        r, s = elbo.Categorical((u[0] / 2, 1 - u[0] / 2)), elbo.Categorical((u[1] / 2, 1 - u[1] / 2))
        assert elbo.kl(r, s) > 0
        assert elbo.kl(r, r) == 0


def test_mass_where_the_other_has_none_costs_infinitely() -> None:
    box = elbo.Histogram(-1.0, 1.0, (0.5, 0.0, 0.5))
    assert elbo.kl(elbo.Gaussian(), box) == math.inf
    assert elbo.kl(elbo.Histogram(-1, 1, (0.2, 0.6, 0.2)), box) == math.inf
    assert 0 < elbo.kl(box, elbo.Gaussian()) < math.inf
    assert elbo.kl(elbo.Categorical((0.5, 0.5)), elbo.Categorical((1.0, 0.0))) == math.inf
    assert elbo.kl(elbo.Categorical((1.0, 0.0)), elbo.Categorical((0.5, 0.5))) == pytest.approx(math.log(2))
    found = elbo.kl_integrand(elbo.Gaussian(), box, [0.0, 0.9, 3.0])
    assert found.value == found.positive == math.inf
    assert torch.isinf(found.integrand).tolist() == [True, False, True]


@pytest.mark.parametrize("name", [name for name in DENSITIES if name != "Histogram"])
def test_areas_are_those_of_the_integrand(name: str) -> None:
    q, p = DENSITIES[name], HUMPS.posterior(0.3)
    z, weights = dense_rule(*q.span, 4000)
    found = elbo.kl_integrand(q, p, z)
    assert found.positive == pytest.approx(float(weights @ found.integrand.clamp(min=0)), abs=1e-6, rel=1e-6)
    assert found.negative == pytest.approx(float(weights @ -found.integrand.clamp(max=0)), abs=1e-6, rel=1e-6)
    assert found.positive - found.negative == pytest.approx(found.value, abs=1e-12, rel=1e-12)


def test_areas_of_two_gaussians_of_one_width_have_a_closed_form() -> None:
    """log q/p is 1/2 - z: its expectation over z < 1/2 is Phi(1/2) / 2 + phi(1/2)."""
    found = elbo.kl_integrand(elbo.Gaussian(0, 1), elbo.Gaussian(1, 1), [0.0])
    below = 0.5 * (1 + math.erf(0.5 / math.sqrt(2)))
    assert found.positive == pytest.approx(below / 2 + math.exp(-0.125) / math.sqrt(2 * math.pi), abs=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_every_reverse_fit_is_a_local_maximum_of_the_bound(name: str) -> None:
    model, x = MODELS[name]
    fits = elbo.gaussian_fits(model, x)
    for fit in fits.reverse:
        for mean, sd in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3), (1e-3, 1e-3), (-1e-3, 1e-3)):
            other = elbo.Gaussian(fit.mean + mean * fit.sd, fit.sd * (1 + sd))
            assert elbo.elbo(model, x, other).bound < fit.bound
        assert fit.bound == pytest.approx(elbo.elbo(model, x, elbo.Gaussian(fit.mean, fit.sd)).bound, abs=1e-9)
    assert [fit.gap for fit in fits.reverse] == sorted(fit.gap for fit in fits.reverse)


@pytest.mark.parametrize("name", MODELS)
def test_no_q_of_a_table_is_better_than_the_best_fit(name: str) -> None:
    model, x = MODELS[name]
    table, best = elbo.q_table(model, x), elbo.gaussian_fits(model, x).reverse[0]
    assert float((table.reconstruction - table.kl).max()) <= best.bound + 1e-9


def test_forward_fit_has_the_moments_and_the_smallest_forward_kl() -> None:
    posterior, fit = HUMPS.posterior(0.3), elbo.gaussian_fits(HUMPS, 0.3).forward
    assert (fit.mean, fit.sd) == (pytest.approx(posterior.mean, abs=1e-12), pytest.approx(posterior.sd, abs=1e-12))
    for mean, sd in ((0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1)):
        assert elbo.kl(posterior, elbo.Gaussian(fit.mean + mean, fit.sd + sd)) > fit.forward_kl


def test_a_gaussian_posterior_is_found_exactly_and_two_humps_both() -> None:
    fits = elbo.gaussian_fits(LECTURE, 2.0)
    assert len(fits.reverse) == 1
    assert fits.reverse[0].gap < 1e-12
    means = sorted(fit.mean for fit in elbo.gaussian_fits(PARABOLA, 2.0).reverse[:2])
    assert means[0] == pytest.approx(-means[1], abs=1e-9)
    bare = elbo.fits_to(HUMPS.posterior(0.3))
    assert [fit.gap for fit in bare.reverse] == pytest.approx(
        [fit.gap for fit in elbo.gaussian_fits(HUMPS, 0.3).reverse], abs=1e-12)


def test_no_gaussian_is_near_a_density_that_ends() -> None:
    for p in (elbo.Histogram(0.0, 2.0, (0.25, 0.75)), elbo.histogram_of(HUMPS, 0.3, -4, 4, 50)):
        assert elbo.kl(elbo.Gaussian(1.0, 1.0), p) == math.inf
        with pytest.raises(ArgumentError, match="infinite for every Gaussian"):
            elbo.fits_to(p)


def test_distributions_over_different_z_are_an_error() -> None:
    for pair in ((elbo.Gaussian(), elbo.Categorical((1.0,))), (elbo.Categorical((1.0,)), elbo.Categorical((0.5, 0.5)))):
        with pytest.raises(ArgumentError):
            elbo.kl(*pair)

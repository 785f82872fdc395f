"""The table over all Gaussian q: what is looked up between its nodes is within 1e-3 nats of the exact terms."""

import math

import pytest
import torch

from dgm import elbo
from dgm.elbo.tables import refined
from dgm.errors import ArgumentError
from dgm.runtime import generator
from tests.dgm.elbo.cases import HUMPS, LECTURE, MODELS


@pytest.mark.parametrize("name", MODELS)
def test_looked_up_terms_are_within_the_error(name: str) -> None:
    model, x = MODELS[name]
    table = elbo.q_table(model, x)
    assert table.error < 1e-3
    assert len(table.mean) * len(table.root_sd) < 50_000
    for u, v in torch.rand(40, 2, generator=generator(1), dtype=torch.float64).tolist():
        mean, sd = -6 + 12 * u, 0.05 * 80**v
        found, exact = elbo.interpolate(table, mean, sd), elbo.elbo(model, x, elbo.Gaussian(mean, sd))
        for term in ("reconstruction", "kl"):
            assert getattr(found, term) == pytest.approx(getattr(exact, term), abs=table.error + 1e-9)
        assert found.bound == pytest.approx(exact.bound, abs=1e-3)
        assert found.gap == pytest.approx(exact.gap, abs=1e-3)


def test_single_precision_is_enough_where_the_gap_is_small() -> None:
    table = elbo.q_table(LECTURE, 2.0)
    rounded = table._replace(reconstruction=table.reconstruction.float(), kl=table.kl.float())
    for mean, sd in ((1.0, 0.7), (0.0, 1.0), (3.0, 0.2)):
        one, other = elbo.interpolate(table, mean, sd), elbo.interpolate(rounded, mean, sd)
        assert one.bound == pytest.approx(other.bound, abs=1e-5)


def test_cubics_are_followed_exactly() -> None:
    axis = torch.arange(9, dtype=torch.float64)
    fine = torch.linspace(0, 8, 17, dtype=torch.float64)
    assert torch.allclose(refined(axis**3 - axis, 0), fine**3 - fine, atol=1e-12)


def test_the_largest_bound_of_the_lecture_model_is_the_evidence() -> None:
    table = elbo.q_table(LECTURE, 2.0)
    bound = table.reconstruction - table.kl
    assert float(bound.max()) == pytest.approx(table.log_evidence, abs=5e-3)
    assert float((bound - table.log_evidence).max()) <= 1e-12


def test_forward_table_is_the_divergence() -> None:
    table = elbo.q_table(HUMPS, 0.3, -3, 3, 0.3, 3)
    found = elbo.forward_table(HUMPS, 0.3, table)
    for row, column in ((0, 0), (9, 20), (-1, -1)):
        q = elbo.Gaussian(table.mean[column], table.root_sd[row] ** 2)
        posterior = HUMPS.posterior(0.3)
        z = torch.linspace(-12, 12, 40_001, dtype=torch.float64)
        log_p = posterior.log_prob(z)
        expected = float(torch.trapezoid(log_p.exp() * (log_p - q.log_prob(z)), z))
        assert float(found[row, column]) == pytest.approx(expected, rel=1e-8)


def test_sample_table_is_the_estimate_at_each_q() -> None:
    table = elbo.q_table(LECTURE, 2.0)
    value, error = elbo.sample_table(LECTURE, 2.0, table, samples=400, seed=5)
    exact = table.reconstruction - table.kl
    assert float(((value - exact) / error).abs().max()) < 5      # one set of numbers for all q
    one = elbo.monte_carlo(LECTURE, 2.0, elbo.Gaussian(table.mean[7], table.root_sd[9] ** 2), 400, 5)
    assert float(value[9, 7]) == pytest.approx(one.value, abs=1e-12)
    assert float(error[9, 7]) == pytest.approx(one.error, rel=1e-12)


def test_mixture_information_is_what_the_entropy_gains() -> None:
    weights, distances = [0.02, 0.3, 0.5, 0.98], [0.0, 0.01, 0.7, 2.0, 5.0, 12.0, 50.0]
    found = elbo.mixture_information(weights, distances)
    for i, w in enumerate(weights):
        for j, d in enumerate(distances):
            q = elbo.Mixture([w, 1 - w], [0.3, 0.3 + 0.4 * d], [0.4, 0.4])
            entropy = elbo.elbo(elbo.NormalModel(), 0.0, q).entropy
            one = 0.5 * math.log(2 * math.pi * math.e * 0.16)
            assert float(found[i, j]) == pytest.approx(entropy - one, abs=1e-9)
    certain = elbo.mixture_information([0.0, 1.0], distances)
    assert bool((certain == 0).all())
    assert bool((found.diff(dim=1) >= -1e-12).all())
    assert found[:, -1].tolist() == pytest.approx([-w * math.log(w) - (1 - w) * math.log1p(-w) for w in weights])


@pytest.mark.parametrize(("weights", "distances"), [([-0.1], [1.0]), ([1.1], [1.0]), ([0.5], [51.0]), ([], [1.0]),
                                                    ([0.5] * 1001, [1.0])])
def test_mixtures_outside_the_range_are_an_error(weights: list[float], distances: list[float]) -> None:
    with pytest.raises(ArgumentError):
        elbo.mixture_information(weights, distances)


def test_terms_that_are_too_steep_are_an_error() -> None:
    with pytest.raises(ArgumentError, match="too steep"):
        elbo.q_table(elbo.NormalModel(curvature=20.0, noise=0.05), 0.0, -50, 50)


@pytest.mark.parametrize("name", ["lecture", "two humps", "parabola"])
def test_a_grid_for_the_forward_divergence_is_within_the_error(name: str) -> None:
    model, x = MODELS[name]
    table = elbo.q_table(model, x, -4.5, 4.5, 0.1, 2.5, forward=True)
    looked_up, posterior = table._replace(kl=elbo.forward_table(model, x, table)), model.posterior(x)
    assert table.error < 1e-3
    for u, v in torch.rand(20, 2, generator=generator(2), dtype=torch.float64).tolist():
        mean, sd = -4.5 + 9 * u, (0.1**0.5 + v**2 * (2.5**0.5 - 0.1**0.5)) ** 2
        exact = elbo.kl(posterior, elbo.Gaussian(mean, sd))
        assert elbo.interpolate(looked_up, mean, sd).kl == pytest.approx(exact, rel=2e-4, abs=1e-3)

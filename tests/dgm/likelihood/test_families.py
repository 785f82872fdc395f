"""Densities against scipy, mass 1, and draws whose moments and quantiles agree with the density."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch

from dgm import likelihood
from dgm.errors import ArgumentError
from dgm.likelihood.families import Density

NORMAL = scipy.stats.norm
PEERS = {
    "Gaussian": (likelihood.Gaussian(1.5, 2), NORMAL(1.5, 2)),
    "Laplace": (likelihood.Laplace(-1, 0.5), scipy.stats.laplace(-1, 0.5)),
    "Student t": (likelihood.StudentT(2, 3, 4.5), scipy.stats.t(4.5, 2, 3)),
    "heavy t": (likelihood.StudentT(0, 1, 0.5), scipy.stats.t(0.5)),
    "light t": (likelihood.StudentT(0, 1, 200), scipy.stats.t(200)),
}
MIXTURE = likelihood.Mixture(0.3, -1, 0.5, 2, 1.5)


@pytest.mark.parametrize("name", PEERS)
def test_log_prob_is_scipys(name: str) -> None:
    model, peer = PEERS[name]
    x = np.array([-7, -1, -0.2, 0, 1.5, 2, 3, 50, -300])
    np.testing.assert_allclose(model.log_prob(x).numpy(), peer.logpdf(x), rtol=1e-12, atol=1e-12)


def test_a_mixture_is_the_weighted_sum_of_two_densities() -> None:
    x = np.linspace(-8, 8, 33)
    density = 0.3 * NORMAL(-1, 0.5).pdf(x) + 0.7 * NORMAL(2, 1.5).pdf(x)
    np.testing.assert_allclose(MIXTURE.log_prob(x).exp().numpy(), density, rtol=1e-12)


@pytest.mark.parametrize("model", [*(model for model, _ in PEERS.values()), MIXTURE])
def test_the_density_integrates_to_one(model: Density) -> None:
    def at_angle(angle: float) -> float:
        x = math.tan(angle)     # the whole line, heavy tails too
        return math.exp(float(model.log_prob(x)[0])) / math.cos(angle) ** 2

    edges = (-math.pi / 2, math.pi / 2)
    total, _ = scipy.integrate.quad(at_angle, *edges, points=[0, math.atan(-1), math.atan(2)], limit=500)
    assert total == pytest.approx(1, abs=1e-4 if getattr(model, "dof", 9) < 1 else 1e-8)


@pytest.mark.parametrize("name", PEERS)
def test_draws_have_the_distribution(name: str) -> None:
    """Kolmogorov and Smirnov's distance; the seed is fixed."""
    model, peer = PEERS[name]
    draws = model.sample(5000, seed=3).numpy()
    assert scipy.stats.kstest(draws, peer.cdf).pvalue > 0.01


@pytest.mark.parametrize("model", [*(model for model, _ in PEERS.values()), MIXTURE])
def test_a_moved_density_is_that_of_the_moved_points(model: Density) -> None:
    x = torch.tensor([-3.0, 0.1, 2.0, 40.0]).double()
    moved = model.moved(5.0, 0.25)
    assert type(moved) is type(model)
    torch.testing.assert_close(moved.log_prob(5 + 0.25 * x), model.log_prob(x) - math.log(0.25))
    torch.testing.assert_close(moved.sample(9, 2), 5 + 0.25 * model.sample(9, 2))


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf, 1e300])
def test_a_density_is_moved_to_a_density(factor: float) -> None:
    with pytest.raises(ArgumentError):
        MIXTURE.moved(0.0, factor)


def test_draws_of_a_mixture_have_its_moments() -> None:
    draws, mean = MIXTURE.sample(40_000, seed=1), 0.3 * -1 + 0.7 * 2
    error = float(draws.std()) / math.sqrt(len(draws))
    assert float(draws.mean()) == pytest.approx(mean, abs=4 * error)
    second = 0.3 * (0.25 + 1) + 0.7 * (2.25 + 4)
    assert float(draws.square().mean()) == pytest.approx(second, abs=4 * float(draws.square().std()) / 200)


def test_draws_depend_on_the_seed_alone() -> None:
    assert torch.equal(MIXTURE.sample(10, 5), MIXTURE.sample(10, 5))
    assert not torch.equal(MIXTURE.sample(10, 5), MIXTURE.sample(10, 6))


def test_a_far_point_of_heavy_tails_keeps_its_density() -> None:
    """log(1 + z^2 / dof) where z^2 is beyond the largest float."""
    found = float(likelihood.StudentT(0, 1, 3).log_prob([1e200])[0])
    nearer = float(likelihood.StudentT(0, 1, 3).log_prob([1e100])[0])
    assert nearer - found == pytest.approx(4 * math.log(1e100), rel=1e-12)


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"scale": -1}, {"dof": 0.1}, {"location": math.inf}, {"spread": 1}])
def test_parameters_out_of_range_are_an_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ArgumentError):
        likelihood.StudentT().replaced(**wrong)


@pytest.mark.parametrize("name", likelihood.COLUMNS)
def test_columns_load(name: str) -> None:
    x = likelihood.load_column(name)
    assert x.dtype == torch.float64
    assert x.ndim == 1
    assert bool(x.isfinite().all())

"""dgm.ppca in any unit: the same steps, rates, choices and gaps at 1e-139 and at 1e139, far from 0 and side by side."""

import math
from collections.abc import Callable
from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from dgm import datasets, ppca
from dgm.errors import DataError
from dgm.ppca import (
    complete_likelihood,
    convergence,
    linear_vae,
    missing,
    profile_likelihood,
    saddles,
    selection,
    toy_data,
)
from dgm.ppca.em_steps import bound, init, iterate

X = datasets.load("iris").x.double()
N, D = X.shape
SCALES = [1e-139, 1e-100, 1e-7, 1e7, 1e100, 1e139]
EPS = torch.finfo(torch.float64).eps


def nats(scale: float) -> float:
    """What a density gains per point when the data are multiplied by `scale`."""
    return -D * math.log(scale)


def rounding(scale: float) -> float:
    """Rounding of nats that were added to `nats(scale)`, after sums over the points."""
    return 64 * EPS * (abs(nats(scale)) + 100)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("expanded", [False, True])
def test_em_takes_the_same_steps_in_any_unit(scale: float, expanded: bool) -> None:
    steps = list(islice(ppca.em(X, 2, expanded), 300))
    scaled = list(islice(ppca.em(X * scale, 2, expanded), 300))
    for one, other in zip(steps, scaled, strict=True):
        assert other.log_lik == pytest.approx(one.log_lik + nats(scale), abs=100 * rounding(scale))
    exact = ppca.log_likelihood(X * scale, ppca.fit(X * scale, 2)) / N
    assert exact - scaled[-1].log_lik == pytest.approx(exact - nats(scale) - steps[-1].log_lik, abs=rounding(scale))
    torch.testing.assert_close(scaled[-1].params.W / scale, steps[-1].params.W, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("power", [-400, -333, 60, 333, 400])
def test_a_unit_that_is_a_power_of_two_changes_no_bit(power: int) -> None:
    """Nothing in a step depends on the unit but by exact products."""
    scale = math.ldexp(1.0, power)
    data, scaled = ppca.scatter(X), ppca.scatter(X * scale)
    pairs = zip(islice(iterate(data, init(data, 2)), 50), islice(iterate(scaled, init(scaled, 2)), 50), strict=True)
    for one, other in pairs:
        assert torch.equal(one.params.W * scale, other.params.W)
        assert float(one.params.sigma2) * scale * scale == float(other.params.sigma2)
        assert torch.equal(one.moments.cov, other.moments.cov)


@pytest.mark.parametrize("scale", SCALES)
def test_missing_values_in_any_unit(scale: float) -> None:
    gappy = missing.erase(X, 0.2)
    one, other = missing.fit(gappy, 2, max_steps=100), missing.fit(gappy * scale, 2, max_steps=100)
    seen = float((~gappy.isnan()).sum()) / N
    assert other.log_lik == pytest.approx(one.log_lik - seen * math.log(scale), abs=1e-9 + rounding(scale))
    torch.testing.assert_close(missing.impute(gappy * scale, other.params).mean / scale,
                               missing.impute(gappy, one.params).mean, rtol=1e-6, atol=1e-6)
    errors = [missing.imputation_errors(x, missing.impute(y, theta), theta) for x, y, theta in (
        (X, gappy, one.params), (X * scale, gappy * scale, other.params))]
    assert errors[1].model / scale == pytest.approx(errors[0].model, rel=1e-6)


def test_the_noise_of_a_start_with_gaps_is_compared_with_the_data() -> None:
    """Without a `variance` it was compared with 1, so that data in a small unit were refused."""
    small = X * 1e-8
    found = list(islice(missing.iterate(small, ppca.fit(small, 2, sigma2=1e-16)), 3))
    assert found[2].log_lik > found[0].log_lik


QUANTITIES: dict[str, Callable[[Tensor], float]] = {
    "rate": lambda x: convergence.predicted_rates(ppca.spectrum(x), 2).slowest,
    "expanded rate": lambda x: convergence.predicted_rates(ppca.spectrum(x), 2, expanded=True).slowest,
    "measured rate": lambda x: convergence.measured_rate(
        convergence.covariance_distances(list(islice(ppca.em(x, 1), 40)), ppca.fit(x, 1))),
    "growth": lambda x: saddles.growth_factor(ppca.spectrum(x), (1,)),
    "gap": lambda x: ppca.diagonal_gap(ppca.rotate(ppca.fit(x, 2), ppca.rotation(0.5))),
    "shrinkage": lambda x: float(ppca.shrinkage(ppca.fit(x, 2))[1]),
    "KL": lambda x: float(linear_vae.optimum(ppca.spectrum(x), 2, ppca.spectrum(x).noise(2)).kl[0]),
    "off the data": lambda x: toy_data.share_off_data(x[::2], x[1::2]),
    "angle": lambda x: ppca.axis_angle(ppca.fit(x, 1), ppca.fit(x[:50], 1)),
    "best q": lambda x: selection.choose(x[::2], x[1::2]).best()["evidence"],
    "half-step": lambda x: convergence.half_steps(ppca.scatter(x), list(islice(ppca.em(x, 1), 4)))[1].gap,
    "standardised": lambda x: float(ppca.standardise(x)[3, 2]),
    "complete": lambda x: float(complete_likelihood.fit_complete(x[:, 1:], x[:, :1]).W[0]),
    "one model for both": lambda x: float(ppca.posterior(x, ppca.fit(x, 2)).mean[5].abs().max()),
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", QUANTITIES)
def test_what_has_no_unit_is_the_same_in_every_unit(name: str, scale: float) -> None:
    found = QUANTITIES[name]
    assert found(X * scale) == pytest.approx(found(X), rel=1e-6)


LOG_DENSITIES: dict[str, Callable[[Tensor], float]] = {
    "profile": lambda x: float(profile_likelihood.profile_log_lik(ppca.spectrum(x), 2)),
    "held out": lambda x: float(selection.held_out(ppca.spectrum(x[::2]), x[1::2])[2]),
    "BIC": lambda x: selection.bic_per_point(ppca.spectrum(x), 2),
    "evidence": lambda x: selection.minka(ppca.spectrum(x), 2) / N,
    "saddle": lambda x: saddles.stationary_log_lik(ppca.spectrum(x), (0,)),
    "after a push": lambda x: list(islice(saddles.perturbed_em(ppca.scatter(x), (0,), 0.1), 30))[-1].log_lik,
    "over the angle": lambda x: float(profile_likelihood.likelihood_over_angle(
        ppca.spectrum(x), torch.tensor([0.3])).log_lik[0]),
    "linear VAE": lambda x: linear_vae.maximum(ppca.spectrum(x), 2, ppca.spectrum(x).noise(2)),
    "bound": lambda x: bound(ppca.scatter(x), ppca.e_step(ppca.scatter(x), ppca.fit(x, 1))[0], ppca.fit(x, 1)),
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", LOG_DENSITIES)
def test_a_log_density_moves_by_the_logarithm_of_the_unit(name: str, scale: float) -> None:
    found = LOG_DENSITIES[name]
    assert found(X * scale) - nats(scale) == pytest.approx(found(X), abs=100 * rounding(scale))


@pytest.mark.parametrize("offset", [1e6, 1e8, -1e8])
def test_an_offset_changes_the_mean_alone(offset: float) -> None:
    """The data themselves lose digits: each value is rounded by up to eps * offset."""
    moved, digits = X + offset, 8 * EPS * abs(offset)
    again = moved - offset
    theta, other = ppca.fit(again, 2), ppca.fit(moved, 2)
    torch.testing.assert_close(other.W, theta.W, rtol=0, atol=100 * digits)
    assert toy_data.share_off_data(moved[::2], moved[1::2]) == toy_data.share_off_data(again[::2], again[1::2])
    gappy = missing.erase(again, 0.2)
    assert missing.fit(gappy + offset, 2, max_steps=30).log_lik == pytest.approx(
        missing.fit(gappy, 2, max_steps=30).log_lik, abs=1e4 * digits)
    torch.testing.assert_close(ppca.standardise(moved), ppca.standardise(again), rtol=0, atol=100 * digits)
    z = again[:, :1]
    torch.testing.assert_close(complete_likelihood.fit_complete(moved, z + offset).W,
                               complete_likelihood.fit_complete(again, z).W, rtol=0, atol=100 * digits)


def test_latents_of_different_units_cost_no_digits() -> None:
    """Least squares of x on z does not depend on the unit of a column of z."""
    units = torch.tensor([1e-12, 1e12], dtype=torch.float64)
    one = complete_likelihood.fit_complete(X[:, 2:], X[:, :2])
    other = complete_likelihood.fit_complete(X[:, 2:], X[:, :2] * units)
    torch.testing.assert_close(other.W * units, one.W, rtol=1e-9, atol=1e-9)
    assert float(other.sigma2) == pytest.approx(float(one.sigma2), rel=1e-9)


@pytest.mark.parametrize("far", [1e3, 1e6])
def test_one_row_far_from_all_others(far: float) -> None:
    x = torch.cat([X, torch.full((1, D), far, dtype=torch.float64)])
    oracle = PCA().fit(x.numpy()).explained_variance_ * (N / (N + 1))
    torch.testing.assert_close(ppca.spectrum(x).values, torch.from_numpy(oracle), rtol=1e-4, atol=0)
    theta = ppca.fit(x, 2)
    best = ppca.log_likelihood(x, theta) / len(x)
    lost = 16 * EPS * float(oracle[0]) / float(theta.sigma2)      # of the noise, in a difference of variances
    path = [step.log_lik for step in islice(ppca.em(x, 2, expanded=True), 100)]
    assert all(after >= before - lost for before, after in pairwise(path))
    assert best - path[-1] == pytest.approx(0, abs=lost)


@pytest.mark.parametrize("spoil", [
    lambda x: x * torch.tensor([1.0, 1e9, 1.0, 1.0]).double(),
    lambda x: torch.cat([x, torch.full((1, D), 1e12).double()])], ids=["one column in a small unit", "one far row"])
def test_what_is_lost_in_rounding_is_refused_by_fit_and_em_alike(spoil: Callable[[Tensor], Tensor]) -> None:
    x = spoil(X)
    with pytest.raises(DataError, match=r"scale the columns alike, leave out a row far from all others"):
        ppca.fit(x, 2)
    with pytest.raises(DataError, match=r"scale the columns alike"):
        list(islice(ppca.em(x, 2, expanded=True), 200))


def test_fit_and_em_agree_on_what_is_noise() -> None:
    """Wherever the closed form has a maximum, EM reaches it, down to noise that is nearly rounding."""
    rng = np.random.default_rng(0)
    for noise in 10.0 ** -np.arange(1, 16):
        x = rng.normal(size=(200, 1)) * [1.0, 2.0] + math.sqrt(noise) * rng.normal(size=(200, 2))
        try:
            best = ppca.log_likelihood(x, ppca.fit(x, 1)) / 200
        except DataError:
            assert noise < 1e-12
            continue
        path = [step.log_lik for step in islice(ppca.em(x, 1, expanded=True), 60)]
        assert path[-1] == pytest.approx(best, abs=EPS / noise * 100 + 1e-9)


def test_equal_points_and_constant_columns_far_from_zero_have_no_variance() -> None:
    for n in range(2, 40):
        assert ppca.spectrum([[0.1, 1e8 + 0.3, -7e9]] * n).rank == 0
        assert float(ppca.standardise([[0.1, 1e8 + 0.3]] * n).abs().max()) == 0
    column = torch.full((N, 1), 1e8 + 0.1, dtype=torch.float64)
    spec, plain = ppca.spectrum(torch.cat([X * 1e-3, column], 1)), ppca.spectrum(X * 1e-3)
    torch.testing.assert_close(spec.values[:4], plain.values, rtol=1e-9, atol=0)
    assert float(spec.values[4]) == 0


def test_standardise_where_squares_leave_float64() -> None:
    for scale in (1e-300, 1e-170, 1e170, 1e300):
        torch.testing.assert_close(ppca.standardise(X * scale), ppca.standardise(X), rtol=1e-9, atol=1e-9)


def test_density_of_a_point_beyond_all_others() -> None:
    theta = ppca.fit(X * 1e100, 2)
    far = torch.full((1, D), 1e170, dtype=torch.float64)
    # one deviation is about 1e100, so the distance is about 1e140 and its square still a number
    distance = -2 * float(ppca.log_prob(far, theta)[0])
    assert math.isfinite(distance)
    assert distance == pytest.approx(float(((far[0] - theta.mean) / 1e100) @ torch.linalg.solve(
        theta.W @ theta.W.T / 1e200 + theta.sigma2 / 1e200 * torch.eye(D).double(), (far[0] - theta.mean) / 1e100)),
        rel=1e-6)
    assert float(ppca.log_prob(np.full((1, D), 1e300), ppca.fit(X, 2))[0]) == -math.inf
    assert float(ppca.log_prob([[1.7e308, -1.7e308, 1.7e308, 1.7e308]], ppca.fit(X, 2))[0]) == -math.inf


def test_a_linear_vae_is_refused_where_gradient_steps_have_another_unit() -> None:
    with pytest.raises(DataError, match=r"dgm\.ppca\.standardise"):
        linear_vae.init(X * 1e100, linear_vae.configure(X * 1e100, 1))

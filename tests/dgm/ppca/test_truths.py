"""Profiles, saddles, the diagonal bound and the evidence: exact statements against dense Gaussians."""

import math
from itertools import islice

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from dgm import ppca
from dgm.ppca.complete_likelihood import complete_log_prob, fit_complete, monte_carlo
from dgm.ppca.covariance_spectrum import Spectrum, scatter, spectrum
from dgm.ppca.lower_bound import bound_terms, diagonal_gap, gap_over_rotation, precision
from dgm.ppca.profile_likelihood import likelihood_over_angle, log_lik_fixed_plane, profile_log_lik
from dgm.ppca.saddles import growth_factor, perturbed_em, stationary_log_lik, stationary_point
from dgm.ppca.toy_data import TOYS, line, line_truth, plane_truth, share_off_data

X = ppca.sample(ppca.params(torch.arange(6.0), torch.diag(torch.tensor([3.0, 2.0, 1.4, 1.0, 0.5, 0.2]))[:, :4], 0.3),
                250, seed=2).x
SPEC = spectrum(X)


def mean_log_prob(theta: ppca.Params, x: Tensor = X) -> float:
    C = theta.W @ theta.W.T + theta.sigma2 * torch.eye(len(theta.mean), dtype=torch.float64)
    return float(MultivariateNormal(theta.mean, C).log_prob(x).mean())


@pytest.mark.parametrize("noise", [0.05, 0.4, 1.5, 4.0, 20.0])
def test_profile_over_the_noise(noise: float) -> None:
    for q in range(6):
        expected = mean_log_prob(ppca.fit(X, q, sigma2=noise))
        assert float(profile_log_lik(SPEC, q, noise)) == pytest.approx(expected, rel=1e-11)
    theta = ppca.fit(X, 2)
    fixed = float(log_lik_fixed_plane(SPEC, 2, torch.tensor(noise, dtype=torch.float64)))
    assert fixed == pytest.approx(mean_log_prob(theta._replace(sigma2=torch.tensor(noise).double())), rel=1e-7)


def test_profile_is_largest_at_the_closed_form() -> None:
    noises = torch.linspace(0.5, 1.5, 401, dtype=torch.float64) * SPEC.noise(2)
    for curve in (profile_log_lik(SPEC, 2, noises), log_lik_fixed_plane(SPEC, 2, noises)):
        assert int(curve.argmax()) == 200
        assert float(curve[200]) == pytest.approx(float(profile_log_lik(SPEC, 2)), rel=1e-12)
    assert float(profile_log_lik(SPEC, 2, torch.tensor(0.0))) == -math.inf


@pytest.mark.parametrize("name", sorted(TOYS))
def test_projected_variance_and_likelihood_have_one_maximum(name: str) -> None:
    x = TOYS[name](150, 3)
    spec = spectrum(x)
    angles = torch.linspace(-math.pi / 2, math.pi / 2, 181, dtype=torch.float64)
    curves = likelihood_over_angle(spec, angles)
    assert int(curves.variance.argmax()) == int(curves.log_lik.argmax()) == 90
    assert float(curves.log_lik.max()) == pytest.approx(mean_log_prob(ppca.fit(x, 1), x), rel=1e-10)
    u = spec.vectors[:, 0] * math.cos(0.3) + spec.vectors[:, 1] * math.sin(0.3)
    one = likelihood_over_angle(spec, torch.tensor([0.3], dtype=torch.float64))
    assert float(one.variance[0]) == pytest.approx(float(((x - spec.mean) @ u).var(correction=0)), rel=1e-9)
    noise = float((spec.values.sum() - one.variance[0]) / (x.shape[1] - 1))
    if float(one.variance[0]) > noise:
        theta = ppca.Params(spec.mean, u[:, None] * (one.variance[0] - noise).sqrt(), torch.tensor(noise).double())
        assert float(one.log_lik[0]) == pytest.approx(mean_log_prob(theta, x), rel=1e-7)


@pytest.mark.parametrize("axes", [(0, 1), (0, 2), (1,), (0, 1, 2), (0, 1, 3)])
def test_any_set_of_large_eigenvectors_is_stationary(axes: tuple[int, ...]) -> None:
    theta = stationary_point(SPEC, axes)
    assert stationary_log_lik(SPEC, axes) == pytest.approx(mean_log_prob(theta), rel=1e-11)
    free = ppca.Params(*(value.clone().requires_grad_() for value in theta))
    C = free.W @ free.W.T + free.sigma2 * torch.eye(6, dtype=torch.float64)
    MultivariateNormal(free.mean, C).log_prob(X).mean().backward()
    for value in free:
        assert value.grad is not None
        assert float(value.grad.abs().max()) < 1e-10
    assert (growth_factor(SPEC, axes) > 1) == (axes != tuple(range(len(axes))))


def test_em_stays_on_the_saddle_and_leaves_it_after_a_perturbation() -> None:
    data, axes = scatter(X), (0, 2)
    top, saddle = float(profile_log_lik(SPEC, 2)), stationary_log_lik(SPEC, axes)
    fixed = list(islice(perturbed_em(data, axes, size=0.0), 30))
    assert fixed[-1].log_lik == pytest.approx(saddle, abs=1e-9)
    path = [step.log_lik for step in islice(perturbed_em(data, axes, size=1e-3, seed=1), 400)]
    assert abs(path[0] - saddle) < 1e-4
    assert path[-1] == pytest.approx(top, abs=1e-6)
    # while the perturbation is small a step multiplies it by lambda_dropped / lambda_retained, the gain by its square
    gain = [value - saddle for value in path]
    at = next(i for i, value in enumerate(gain) if value > 1e-5)
    assert math.sqrt(gain[at + 1] / gain[at]) == pytest.approx(growth_factor(SPEC, axes), rel=0.1)


def test_bad_axes_raise() -> None:
    with pytest.raises(ValueError, match="varies less"):
        stationary_point(SPEC, (5,))
    for axes in ((0, 0), (9,), (0, 1, 2, 3, 4, 5)):
        with pytest.raises(ValueError, match="name different ones"):
            stationary_point(SPEC, axes)


def test_diagonal_gap_is_the_kl_of_the_best_diagonal_q() -> None:
    theta = ppca.rotate(ppca.fit(X, 3), ppca.rotation(0.5, 3))
    true = ppca.posterior(X[:1], theta)
    exact = MultivariateNormal(true.mean[0], true.cov)
    best = MultivariateNormal(true.mean[0], torch.diag(1 / precision(theta).diagonal()))
    assert diagonal_gap(theta) == pytest.approx(float(kl_divergence(best, exact)), rel=1e-9)
    for factor in (0.8, 1.25):
        worse = MultivariateNormal(true.mean[0], factor * torch.diag(1 / precision(theta).diagonal()))
        assert float(kl_divergence(worse, exact)) > diagonal_gap(theta)


def test_the_bound_is_its_two_terms() -> None:
    for theta in (ppca.fit(X, 3), ppca.rotate(ppca.fit(X, 3), ppca.rotation(0.5, 3)), ppca.fit(X, 2, sigma2=2.0)):
        two = bound_terms(X, theta)
        bound = float(ppca.log_prob(X, theta).mean()) - diagonal_gap(theta)
        assert two.reconstruction - two.kl == pytest.approx(bound, rel=1e-11)
        assert two.kl > 0


def test_the_gap_is_zero_at_0_and_90_degrees_and_largest_at_45() -> None:
    theta = ppca.fit(X, 2)
    gaps = gap_over_rotation(theta, torch.linspace(0, math.pi / 2, 31))
    assert float(gaps[0]) < 1e-12
    assert float(gaps[30]) < 1e-12
    assert int(gaps.argmax()) == 15
    assert float(gaps[15]) > 0.01
    with pytest.raises(ValueError, match="no precision"):
        diagonal_gap(ppca.fit(X, 2, sigma2=0.0))


def test_complete_likelihood_is_prior_times_likelihood() -> None:
    theta = plane_truth()
    drawn = ppca.sample(theta, 50, 1)
    joint_cov = torch.cat([torch.cat([theta.W @ theta.W.T + theta.sigma2 * torch.eye(3), theta.W], 1),
                           torch.cat([theta.W.T, torch.eye(2, dtype=torch.float64)], 1)])
    joint = MultivariateNormal(torch.cat([theta.mean, torch.zeros(2).double()]), joint_cov)
    both = torch.cat([drawn.x, drawn.z], 1)
    torch.testing.assert_close(complete_log_prob(drawn.x, drawn.z, theta), joint.log_prob(both))


def test_least_squares_maximises_the_complete_likelihood() -> None:
    drawn = ppca.sample(plane_truth(), 60, 4)
    best = fit_complete(drawn.x, drawn.z)
    top = float(complete_log_prob(drawn.x, drawn.z, best).sum())
    rng = torch.Generator().manual_seed(0)
    for _ in range(30):
        near = best._replace(W=best.W + 0.02 * torch.randn(3, 2, generator=rng, dtype=torch.float64),
                             sigma2=best.sigma2 * 1.02)
        assert float(complete_log_prob(drawn.x, drawn.z, near).sum()) < top
    with pytest.raises(ValueError, match="one z per x"):
        fit_complete(drawn.x, drawn.z[:5])


def test_naive_monte_carlo_agrees_within_its_error() -> None:
    theta = line_truth()
    points = ppca.sample(theta, 20, 3).x
    exact = ppca.log_prob(points, theta)
    scores = []
    for index, point in enumerate(points):
        found = monte_carlo(point, theta, 20_000, seed=index)
        scores.append((math.exp(found.log_prob - float(exact[index])) - 1) / found.error)
    assert max(abs(score) for score in scores) < 4.5
    mean_square = sum(score**2 for score in scores) / 20
    assert mean_square == pytest.approx(1.0, abs=5 * math.sqrt(2 / 20))
    with pytest.raises(ValueError, match="from 2 to"):
        monte_carlo(points[0], theta, 1)


def test_share_off_data_is_large_where_the_middle_is_empty() -> None:
    inside = ppca.sample(line_truth(), 400, seed=9).x
    assert share_off_data(line(400, 0), inside) < 0.06
    x = TOYS["two clusters"](400, 0)
    assert share_off_data(x, ppca.sample(ppca.fit(x, 1), 400, seed=1).x) > 0.2


def test_round_cloud_has_nearly_equal_eigenvalues() -> None:
    spec: Spectrum = spectrum(TOYS["a round cloud"](4000, 0))
    assert float(spec.values[1] / spec.values[0]) > 0.9


def test_the_angle_between_planes_is_their_largest_principal_angle() -> None:
    """A plane tilted about one of its own axes; its basis, which the likelihood does not see, is of no account."""
    tilt, turn = 0.3, torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    flat = torch.tensor([[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    tilted = torch.tensor([[3.0, 0.0], [0.0, math.cos(tilt)], [0.0, math.sin(tilt)]], dtype=torch.float64)

    def angle(*pair: Tensor) -> float:
        return ppca.axis_angle(*(ppca.params([0.0] * 3, W, 1.0) for W in pair))

    for first, second in ((flat, tilted), (flat @ turn, tilted), (1e200 * flat, 1e-200 * tilted @ turn)):
        assert angle(first, second) == pytest.approx(math.degrees(tilt), rel=1e-9)
    assert angle(flat, flat @ turn) == pytest.approx(0, abs=1e-6)
    lost = flat * torch.tensor([1.0, 0.0])     # a line, whatever the number of its columns
    assert angle(lost, flat[:, :1]) == pytest.approx(0, abs=1e-6)
    assert angle(lost, flat) == 90.0
    assert math.isnan(angle(flat, 0 * flat))

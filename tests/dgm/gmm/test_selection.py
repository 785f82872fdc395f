"""Choosing K, k-means, and the one-dimensional evidence."""

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from dgm import gmm
from dgm.datasets import load
from dgm.gmm import continuous_mixture, k_means, selection
from dgm.runtime import generator


@pytest.mark.parametrize("covariance", list(gmm.COVARIANCES))
def test_criteria_against_scikit_learn(covariance: str) -> None:
    x = load("iris").x
    theta = gmm.fit(x, 3, covariance).params
    model = GaussianMixture(3, covariance_type=covariance)
    precisions = torch.linalg.inv(theta.covs)
    model.weights_, model.means_ = theta.log_weights.exp().numpy(), theta.means.numpy()
    roots = torch.linalg.cholesky(precisions)
    model.covariances_ = {"full": theta.covs, "tied": theta.covs[0], "diag": theta.covs.diagonal(dim1=1, dim2=2),
                          "spherical": theta.covs[:, 0, 0]}[covariance].numpy()
    upper = torch.linalg.inv(torch.linalg.cholesky(theta.covs)).mT
    model.precisions_cholesky_ = {"full": upper, "tied": upper[0], "diag": roots.diagonal(dim1=1, dim2=2),
                                  "spherical": roots[:, 0, 0]}[covariance].numpy()
    assert gmm.aic(x, theta, covariance) == pytest.approx(model.aic(x.numpy()), rel=1e-8)
    assert gmm.bic(x, theta, covariance) == pytest.approx(model.bic(x.numpy()), rel=1e-8)


def test_candidates_find_the_number_of_clusters() -> None:
    x = load("three-clusters").x
    row = [selection.candidate(x, k, restarts=2, tol=1e-4) for k in (1, 2, 3, 4)]
    assert selection.best(row).k == 3
    assert selection.best(row, "held_out").k >= 3
    assert row[2].held_out > row[1].held_out + 2 * row[1].held_out_error
    assert [one.log_lik for one in row] == sorted(one.log_lik for one in row)
    for one in row:
        assert one.bic < one.aic < one.log_lik
        assert one.held_out < one.log_lik


def test_held_out_points_were_never_seen() -> None:
    x = load("faithful").x
    values = selection.held_out(x, 2, count=4, seed=3, tol=1e-4)
    rows = selection.folds(len(x), 4, 3)
    assert sorted(torch.cat(rows).tolist()) == list(range(len(x)))
    seen = torch.ones(len(x), dtype=torch.bool)
    seen[rows[1]] = False
    theta = gmm.fit(x[seen], 2, seed=3, tol=1e-4).params
    torch.testing.assert_close(values[rows[1]], gmm.log_prob(x[rows[1]], theta))
    with pytest.raises(ValueError, match="choose 2 to"):
        selection.folds(3, 4)
    with pytest.raises(ValueError, match="aic, bic or held_out"):
        selection.best([], "mdl")


def test_lloyd_against_scikit_learn() -> None:
    x = load("iris").x + 1e4
    start = x[torch.randperm(len(x), generator=generator(2))[:3]]
    ours = k_means.kmeans(x, start)
    theirs = KMeans(3, init=start.numpy(), n_init=1, algorithm="lloyd", tol=0).fit(x.numpy())
    np.testing.assert_allclose(ours.means, theirs.cluster_centers_, rtol=0, atol=1e-8)
    assert ours.labels.tolist() == theirs.labels_.tolist()
    assert ours.inertia * len(x) == pytest.approx(theirs.inertia_)
    path = [state.inertia for state in itertools.islice(k_means.lloyd(x, start), 15)]
    assert max(np.diff(path)) <= 1e-12


def test_kmeans_is_em_with_a_vanishing_round_covariance() -> None:
    x = load("three-clusters").x
    start = gmm.init(x, 3, seed=1)
    small = start._replace(covs=torch.eye(2).double().repeat(3, 1, 1) * 1e-4)
    hard = gmm.e_step(x, small).resp.argmax(1)
    assert hard.tolist() == next(k_means.lloyd(x, start.means)).labels.tolist()


def test_a_mean_without_points_stays() -> None:
    far = torch.tensor([[0.0, 0.0], [1e3, 1e3]]).double()
    state = k_means.kmeans(load("three-clusters").x, far)
    assert state.means[1].tolist() == [1e3, 1e3]


def test_agreement_is_the_adjusted_rand_index() -> None:
    rng = generator(5)
    for _ in range(20):
        one, other = torch.randint(3, (60,), generator=rng), torch.randint(4, (60,), generator=rng)
        assert k_means.agreement(one, other) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)
    assert k_means.agreement(one, (one + 1) % 3) == 1
    assert k_means.agreement(torch.zeros(4).long(), torch.zeros(4).long()) == 1


def test_matching_finds_the_same_groups_under_other_names() -> None:
    one = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2])
    names = torch.tensor([2, 0, 1])
    assert k_means.matching(one, names.argsort()[one], 3)[names.argsort()[one]].tolist() == one.tolist()
    assert sorted(k_means.matching(one, torch.zeros(9).long(), 3).tolist()) == [0, 1, 2]


GRID = torch.linspace(-14, 14, 801, dtype=torch.float64)


def test_evidence_without_swing_is_a_gaussian() -> None:
    curve = continuous_mixture.Curve(slope=1.7, swing=0, noise=0.4)
    exact = torch.distributions.Normal(0 * GRID, math.hypot(1.7, 0.4)).log_prob(GRID)
    torch.testing.assert_close(continuous_mixture.evidence(GRID, curve), exact, rtol=0, atol=1e-11)


@pytest.mark.parametrize("theta", [(1.0, 1.5, 2.0, 0.3), (0.5, 2.0, 6.0, 0.05), (0.0, 1.0, 1.0, 1.0)])
def test_evidence_against_adaptive_quadrature(theta: tuple[float, float, float, float]) -> None:
    from scipy.integrate import quad

    curve = continuous_mixture.Curve(*theta)
    log_p = continuous_mixture.evidence(GRID, curve)
    assert float(torch.trapezoid(log_p.exp(), GRID)) == pytest.approx(1, abs=1e-8)
    slope, swing, frequency, noise = theta
    places = torch.tensor([0.3, 1.9], dtype=torch.float64)
    for x, expected in zip(places.tolist(), continuous_mixture.evidence(places, curve), strict=True):
        def integrand(z: float, x: float = x) -> float:
            off = (x - slope * z - swing * math.sin(frequency * z)) / noise
            return math.exp(-(z * z + off * off) / 2) / (2 * math.pi * noise)
        value = sum(quad(integrand, a, a + 0.1, epsabs=1e-10)[0] for a in np.arange(-8, 8, 0.1))
        assert math.log(value) == pytest.approx(float(expected), abs=1e-6)


def test_monte_carlo_is_unbiased_and_its_error_bar_is_honest() -> None:
    curve, x = continuous_mixture.Curve(), torch.tensor([-2.0, 0.0, 1.5]).double()
    exact = continuous_mixture.evidence(x, curve).exp()
    runs = [continuous_mixture.monte_carlo(x, curve, 400, seed) for seed in range(300)]
    values, errors = torch.stack([run.value for run in runs]), torch.stack([run.error for run in runs])
    assert ((values.mean(0) - exact).abs() < 4 * values.std(0) / math.sqrt(300)).all()
    spread = values.std(0)
    assert ((errors.mean(0) - spread).abs() < 4.5 * spread / math.sqrt(2 * 299)).all()
    torch.testing.assert_close(runs[0].pieces.sum(0), runs[0].value)


def test_draws_follow_the_evidence() -> None:
    curve = continuous_mixture.Curve()
    _, x = continuous_mixture.draw(curve, 20_000, seed=1)
    below = float(torch.trapezoid(continuous_mixture.evidence(GRID[GRID <= 0.35], curve).exp(), GRID[GRID <= 0.35]))
    assert float((x <= 0.35).double().mean()) == pytest.approx(below, abs=4.5 * math.sqrt(below * (1 - below) / 20_000))


def test_evidence_errors() -> None:
    with pytest.raises(ValueError, match="noise must be positive"):
        continuous_mixture.Curve(noise=0)
    with pytest.raises(ValueError, match="at least 2 samples"):
        continuous_mixture.monte_carlo(GRID, continuous_mixture.Curve(), 1)

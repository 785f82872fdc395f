"""The mixture itself: density, samples and criteria, against torch and scikit-learn."""

import math

import pytest
import torch
from sklearn.mixture import GaussianMixture

from dgm import gmm
from dgm.datasets import load


def test_density_integrates_to_one_and_matches_torch() -> None:
    theta = gmm.fit(load("faithful").x, 3).params
    u, v = (torch.linspace(low, high, 700, dtype=torch.float64) for low, high in ((-2, 9), (10, 140)))
    grid = torch.cartesian_prod(u, v)
    log_p = gmm.log_prob(grid, theta)
    assert float(log_p.exp().sum() * (u[1] - u[0]) * (v[1] - v[0])) == pytest.approx(1, abs=1e-6)
    parts = torch.distributions.MultivariateNormal(theta.means, theta.covs).log_prob(grid[::1000, None])
    torch.testing.assert_close(log_p[::1000], torch.logsumexp(parts + theta.log_weights, 1), rtol=1e-10, atol=1e-10)


def test_samples_follow_the_mixture() -> None:
    theta = gmm.fit(load("faithful").x, 2).params
    n = 40_000
    drawn = gmm.sample(theta, n, seed=5)
    weights = theta.log_weights.exp()
    share = torch.bincount(drawn.z) / n
    assert ((share - weights).abs() < 4.5 * (weights * (1 - weights) / n).sqrt()).all()
    for k in range(2):
        mine = drawn.x[drawn.z == k]
        error = (theta.covs[k].diagonal() / len(mine)).sqrt()
        assert ((mine.mean(0) - theta.means[k]).abs() < 4.5 * error).all()
        variances = theta.covs[k].diagonal()
        assert ((mine.var(0) - variances).abs() < 4.5 * variances * math.sqrt(2 / len(mine))).all()
    expected, spread = gmm.log_prob(drawn.x, theta), gmm.log_prob(gmm.sample(theta, n, seed=6).x, theta)
    error = float(expected.std()) * math.sqrt(2 / n)
    assert float(expected.mean() - spread.mean()) == pytest.approx(0, abs=4.5 * error)
    assert torch.equal(gmm.sample(theta, 10, seed=5).x, gmm.sample(theta, 10, seed=5).x)


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

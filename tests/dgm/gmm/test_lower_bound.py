"""The bound of the EM slides: L + KL = log p for any q, tight after the E half-step, raised by the M half-step."""

import itertools
import math

import pytest
import torch

from dgm import gmm
from dgm.datasets import load
from dgm.runtime import generator

X = load("faithful").x


def some_q(n: int, k: int, seed: int = 0) -> torch.Tensor:
    q = torch.rand(n, k, generator=generator(seed), dtype=torch.float64) ** 3
    return q / q.sum(1, keepdim=True)


@pytest.mark.parametrize("a", [1e-150, 1.0, 1e150])
def test_bound_and_gap_add_up_for_any_q(a: float) -> None:
    theta = gmm.init(a * X, 3)
    parts = gmm.elbo(a * X, some_q(len(X), 3), theta)
    assert parts.bound + parts.gap == pytest.approx(parts.log_lik, rel=1e-12)
    assert parts.log_lik == pytest.approx(gmm.score(a * X, theta), rel=1e-12)
    assert parts.gap > 0.1


def test_bound_is_the_formula_of_the_slide() -> None:
    theta, q = gmm.init(X, 2), some_q(len(X), 2, 1)
    joint = torch.distributions.MultivariateNormal(theta.means, theta.covs).log_prob(X[:, None]) + theta.log_weights
    parts = gmm.elbo(X, q, theta)
    assert parts.complete == pytest.approx(float((q * joint).sum(1).mean()), rel=1e-12)
    assert parts.entropy == pytest.approx(float(-(q * q.log()).sum(1).mean()), rel=1e-12)
    weights = theta.log_weights.exp()
    assert parts.kl == pytest.approx(float((q * (q / weights).log()).sum(1).mean()), rel=1e-12)
    assert parts.reconstruction == pytest.approx(float((q * (joint - theta.log_weights)).sum(1).mean()), rel=1e-12)
    posterior = joint.softmax(1)
    assert parts.gap == pytest.approx(float((q * (q / posterior).log()).sum(1).mean()), rel=1e-9)


@pytest.mark.parametrize("covariance", list(gmm.COVARIANCES))
def test_gap_after_e_is_zero_and_steps_report_the_bound(covariance: str) -> None:
    steps = list(itertools.islice(gmm.em(X, gmm.init(X, 3, seed=2), covariance, floor=0), 12))
    for old, new in itertools.pairwise(steps):
        after_e = gmm.elbo(X, old.resp, old.params)
        assert abs(after_e.gap) < 1e-10 * abs(after_e.log_lik)
        assert after_e.bound == pytest.approx(old.log_lik, rel=1e-10)
        assert after_e.complete == pytest.approx(old.complete, rel=1e-10)
        assert after_e.entropy == pytest.approx(old.entropy, abs=1e-9)
        after_m = gmm.elbo(X, old.resp, new.params)
        assert after_m.bound == pytest.approx(new.bound, rel=1e-10)
        assert after_m.gap == pytest.approx(new.gap, abs=1e-9)
        assert old.log_lik - 1e-10 <= new.bound <= new.log_lik + 1e-10      # each half-step raises the bound


def test_m_step_maximises_the_bound() -> None:
    q = some_q(len(X), 2, 3)
    maximum = gmm.m_step(X, q, floor=0)
    best = gmm.elbo(X, q, maximum).bound
    rng = generator(4)
    for _ in range(20):
        change = [0.02 * torch.randn(part.shape, generator=rng, dtype=torch.float64) for part in maximum]
        weights = (maximum.log_weights + change[0]).log_softmax(0)
        covs = maximum.covs * (1 + (change[2] + change[2].mT) / 2 * torch.eye(2).double())
        other = gmm.Params(weights, maximum.means * (1 + change[1]), covs)
        assert gmm.elbo(X, q, other).bound < best


def test_complete_log_likelihood_of_known_components() -> None:
    iris = load("iris")
    assert iris.labels is not None
    q = torch.nn.functional.one_hot(iris.labels).double()
    theta = gmm.m_step(iris.x, q, floor=0)
    parts = gmm.elbo(iris.x, q, theta)
    normal = torch.distributions.MultivariateNormal(theta.means[iris.labels], theta.covs[iris.labels])
    assert parts.complete == pytest.approx(float(normal.log_prob(iris.x).mean()) + math.log(1 / 3), rel=1e-10)
    assert parts.entropy == 0
    assert parts.bound < parts.log_lik


def test_wrong_responsibilities_raise() -> None:
    theta = gmm.init(X, 2)
    with pytest.raises(ValueError, match="sum to one"):
        gmm.elbo(X, torch.ones(len(X), 2), theta)
    with pytest.raises(ValueError, match="and 2 components"):
        gmm.elbo(X, some_q(len(X), 3), theta)

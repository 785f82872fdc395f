"""Starts of EM: every method gives a valid mixture, k-means++ spreads its means."""

import pytest
import torch

from dgm import gmm
from dgm.datasets import load
from dgm.runtime import generator


def cluster(n: int, centre: float) -> torch.Tensor:
    return centre + torch.randn(n, 2, generator=generator(0, n), dtype=torch.float64)


@pytest.mark.parametrize("method", list(gmm.STARTS))
def test_every_start_is_a_valid_mixture(method: str) -> None:
    x = load("faithful").x
    means = [[2.0, 50.0], [4.0, 80.0], [3.0, 65.0]]
    theta = gmm.init(x, 3, seed=1, method=method, means=means if method == "given" else None)
    assert theta.means.shape == (3, 2)
    assert float(theta.log_weights.exp().sum()) == pytest.approx(1)
    assert (torch.linalg.eigvalsh(theta.covs) > 0).all()
    if method in ("k-means++", "random points"):
        assert all(bool(((x - mean).abs().sum(1) < 1e-9).any()) for mean in theta.means)
    if method == "given":
        assert theta.means.tolist() == means
    else:
        again = gmm.init(x, 3, seed=1, method=method)
        assert all(torch.equal(a, b) for a, b in zip(again, theta, strict=True))
        assert not torch.equal(gmm.init(x, 3, seed=2, method=method).means, theta.means)


def test_plus_plus_spreads_its_means() -> None:
    x = torch.cat([cluster(200, 0), cluster(200, 1000), cluster(5, -1000)])
    hits = sum(len(set((gmm.init(x, 3, seed).means[:, 0] / 500).round().tolist())) == 3 for seed in range(40))
    assert hits == 40                      # random points would find the five in one of ten starts

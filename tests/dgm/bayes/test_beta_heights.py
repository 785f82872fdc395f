"""dgm.bayes.beta_through and log_density_at_mean: scipy's Beta, and each is the inverse of the other."""

import math

import pytest
import torch
from scipy import stats

from dgm import bayes

COUNTS = [0.05, 0.5, 1.0, 2.0, 7.5, 100.0, 1e6, 5e8]


def test_the_density_at_the_mean_is_scipys() -> None:
    found = bayes.log_density_at_mean(COUNTS, COUNTS)
    for i, a in enumerate(COUNTS):
        for j, b in enumerate(COUNTS):
            if max(a, b) < 1e5:
                assert float(found[i, j]) == pytest.approx(stats.beta.logpdf(a / (a + b), a, b), abs=1e-9), (a, b)
    assert torch.allclose(found, found.T)
    n, m = 1e9, 0.5                                # a normal's density: 1 / sqrt(2 pi m (1 - m) / n)
    assert float(found[-1, -1]) == pytest.approx(0.5 * math.log(n / (2 * math.pi * m * (1 - m))), abs=1e-6)


@pytest.mark.parametrize("mean", [1e-4, 0.2, 0.5, 0.93])
@pytest.mark.parametrize("density", [1e-3, 0.7, 1.5, 40.0])
def test_a_belief_through_a_point_has_its_mean_and_density(mean: float, density: float) -> None:
    found = bayes.beta_through(mean, density)
    assert found.a / (found.a + found.b) == pytest.approx(mean, rel=1e-12)
    assert float(found.log_prob([mean]).exp()) == pytest.approx(density, rel=1e-9)


def test_the_density_at_the_mean_grows_with_the_counts() -> None:
    totals = torch.logspace(-4, 8, 200, dtype=torch.float64)
    for mean in (0.01, 0.3, 0.5):
        heights = torch.stack([bayes.log_density_at_mean([n * mean], [n * (1 - mean)])[0, 0] for n in totals.tolist()])
        assert bool((heights.diff() > 0).all())

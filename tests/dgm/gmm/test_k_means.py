"""k-means against scikit-learn, and as a limit of EM."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from dgm import gmm
from dgm.datasets import load
from dgm.runtime import generator


def test_lloyd_against_scikit_learn() -> None:
    x = load("iris").x + 1e4
    start = x[torch.randperm(len(x), generator=generator(2))[:3]]
    ours = gmm.kmeans(x, start)
    theirs = KMeans(3, init=start.numpy(), n_init=1, algorithm="lloyd", tol=0).fit(x.numpy())
    np.testing.assert_allclose(ours.means, theirs.cluster_centers_, rtol=0, atol=1e-8)
    assert ours.labels.tolist() == theirs.labels_.tolist()
    assert ours.inertia * len(x) == pytest.approx(theirs.inertia_)
    path = [state.inertia for state in itertools.islice(gmm.lloyd(x, start), 15)]
    assert max(np.diff(path)) <= 1e-12


def test_kmeans_is_em_with_a_vanishing_round_covariance() -> None:
    x = load("three-clusters").x
    start = gmm.init(x, 3, seed=1)
    small = start._replace(covs=torch.eye(2).double().repeat(3, 1, 1) * 1e-4)
    hard = gmm.e_step(x, small).resp.argmax(1)
    assert hard.tolist() == next(gmm.lloyd(x, start.means)).labels.tolist()


def test_a_mean_without_points_does_not_move() -> None:
    far = torch.tensor([[0.0, 0.0], [1e3, 1e3]]).double()
    state = gmm.kmeans(load("three-clusters").x, far)
    assert state.means[1].tolist() == [1e3, 1e3]


def test_matched_groups_have_the_same_numbers() -> None:
    one = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2])
    other = torch.tensor([1, 2, 0])[one]
    assert gmm.match_groups(one, other, 3)[other].tolist() == one.tolist()
    assert sorted(gmm.match_groups(one, torch.zeros(9).long(), 3).tolist()) == [0, 1, 2]


def test_match_groups_finds_the_best_of_all_numberings() -> None:
    rng, k = generator(5), 4
    for _ in range(20):
        one, other = torch.randint(k, (2, 60), generator=rng)
        most = max(int((torch.tensor(numbers)[other] == one).sum()) for numbers in itertools.permutations(range(k)))
        assert int((gmm.match_groups(one, other, k)[other] == one).sum()) == most

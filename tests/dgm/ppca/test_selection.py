"""dgm.ppca.selection: held-out likelihood, BIC and Minka's evidence against brute force and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.decomposition._pca import _assess_dimension
from torch import Tensor

from dgm import ppca
from dgm.ppca.covariance_spectrum import spectrum
from dgm.ppca.selection import bic_per_point, choose, free_parameters, held_out, minka


def planted(q: int, dim: int, n: int, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    W = torch.linalg.qr(torch.randn(dim, q, generator=rng, dtype=torch.float64))[0] * torch.linspace(3, 1.5, q)
    return ppca.sample(ppca.params(torch.zeros(dim), W, 0.3), n, seed).x


@pytest.mark.parametrize("n", [100, 8])
def test_held_out_is_the_mean_log_prob_of_every_fit(n: int) -> None:
    train, test = planted(2, 10, n), planted(2, 10, 50, seed=1)
    curve = held_out(spectrum(train), test)
    assert len(curve) == (10 if n == 100 else 7)
    for q, value in enumerate(curve.tolist()):
        assert value == pytest.approx(float(ppca.log_prob(test, ppca.fit(train, q)).mean()), rel=1e-9)


def test_bic_counts_the_free_parameters() -> None:
    x = planted(2, 6, 90)
    for q in range(5):
        theta = ppca.fit(x, q)
        expected = ppca.log_likelihood(x, theta) - (6 + 6 * q - q * (q - 1) / 2 + 1) / 2 * math.log(90)
        assert bic_per_point(spectrum(x), q) == pytest.approx(expected / 90, rel=1e-11)
    # with q = D - 1 the model is any Gaussian at all: D + D (D+1) / 2 parameters
    assert free_parameters(6, 5) == 6 + 6 * 7 // 2
    assert [free_parameters(dim, dim) for dim in (1, 3, 6)] == [dim + dim * (dim + 1) // 2 for dim in (1, 3, 6)]


@pytest.mark.parametrize("name", ["planted", "digits", "wine"])
def test_minka_against_scikit_learn(name: str) -> None:
    x = {"planted": lambda: planted(3, 12, 400).numpy(), "digits": lambda: load_digits().data,
         "wine": lambda: load_wine().data / load_wine().data.std(0)}[name]()
    spec, peer = spectrum(x), PCA().fit(x)
    rank = spec.rank
    ours = np.array([minka(spec, q) for q in range(1, rank)])
    with np.errstate(all="ignore"):
        theirs = np.array([_assess_dimension(peer.explained_variance_, q, len(x)) for q in range(1, rank)])
    np.testing.assert_allclose(ours, theirs, rtol=1e-7)
    # the digits' three constant pixels make q = 61 unbounded; scikit-learn allows it, minka stops at 60
    choice = PCA(n_components="mle").fit(x).n_components_
    assert choose(x, x).best()["evidence"] == min(int(choice), rank - 1)


def test_every_criterion_finds_a_clear_plane() -> None:
    x = planted(3, 12, 800)
    best = choose(x[:500], x[500:]).best()
    assert best == {"held-out": 3, "BIC": 3, "evidence": 3}


def test_training_likelihood_only_increases() -> None:
    x = planted(3, 12, 120)
    found = choose(x[:60], x[60:])
    assert bool((found.train.diff() >= 0).all())
    assert int(found.q[found.train.argmax()]) == 11
    assert found.best()["held-out"] < 11


def test_wide_data_have_no_evidence() -> None:
    found = choose(planted(2, 20, 12), planted(2, 20, 40, seed=1), most=5)
    assert bool(found.evidence.isnan().all())
    assert set(found.best()) == {"held-out", "BIC"}
    assert found.q.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="use BIC instead"):
        minka(spectrum(planted(2, 20, 12)), 2)


def test_bad_input_raises() -> None:
    with pytest.raises(ValueError, match="test has 3 columns where 5"):
        choose(planted(2, 5, 30), planted(1, 3, 30))
    with pytest.raises(ValueError, match="all points are equal"):
        choose([[1.0, 2.0]] * 4, [[1.0, 2.0]])
    with pytest.raises(ValueError, match="1 to rank - 1"):
        minka(spectrum(planted(2, 5, 30)), 0)

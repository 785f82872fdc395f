"""Maxima against closed forms, scipy and dgm.gmm; ascents that never fall; equivariance under a change of units."""

import math
from itertools import islice, pairwise

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import torch

from dgm import gmm, likelihood
from dgm.errors import ArgumentError, DataError, DivergedError

WAITING = likelihood.load_column("waiting")
HEAVY = likelihood.StudentT(3, 2, 3).sample(400, seed=0)
STARTS = {"Gaussian": likelihood.Gaussian(0, 1), "Laplace": likelihood.Laplace(0, 1),
          "Student t": likelihood.StudentT(0, 1, 3), "mixture": likelihood.Mixture(0.5, -1, 1, 5, 2)}


def value(model: likelihood.Density, x: torch.Tensor) -> float:
    return likelihood.terms(model, x).log_likelihood


def test_gaussian_is_mean_and_deviation() -> None:
    best = likelihood.fit("Gaussian", WAITING)
    np.testing.assert_allclose(best.theta, [WAITING.mean(), WAITING.std(correction=0)], rtol=1e-13)


def test_laplace_is_median_and_mean_distance() -> None:
    for x in (WAITING, WAITING[:51]):
        best = likelihood.fit("Laplace", x)
        values = x.numpy()
        np.testing.assert_allclose(best.theta, [np.median(values), np.abs(values - np.median(values)).mean()],
                                   rtol=1e-13)


@pytest.mark.parametrize("x", [HEAVY, likelihood.load_column("malic acid"), WAITING], ids=["heavy", "acid", "waiting"])
def test_student_is_not_below_scipys_maximum(x: torch.Tensor) -> None:
    def loss(theta: np.ndarray) -> float:
        dof = min(max(math.exp(theta[2]), 0.5), 200)
        return -float(scipy.stats.t(dof, theta[0], math.exp(theta[1])).logpdf(x.numpy()).sum())

    start = [float(x.median()), math.log(float(x.std())), 1.5]
    peer = scipy.optimize.minimize(loss, start, method="Nelder-Mead",
                                   options={"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-10})
    assert value(likelihood.fit("Student t", x), x) >= -peer.fun - 1e-6


def test_a_mixture_is_not_below_the_mixture_lessons() -> None:
    for name in ("waiting", "eruption", "petal length"):
        x = likelihood.load_column(name)
        peer = gmm.fit(x[:, None], 2, floor=0, restarts=4, seed=0, tol=1e-10, max_steps=3000)
        assert value(likelihood.fit("mixture", x), x) / len(x) >= peer.log_lik - 1e-7


@pytest.mark.parametrize("family", likelihood.FAMILIES)
def test_no_neighbour_is_better(family: str) -> None:
    x = HEAVY
    best = likelihood.fit(family, x)
    for name, kind in best.kinds.items():
        for factor in (0.99, 1.01):
            moved = getattr(best, name) * factor + (0.01 * (factor - 1) if kind == "location" else 0)
            assert value(best.replaced(**{name: moved}), x) <= value(best, x) + 1e-7


@pytest.mark.parametrize("family", likelihood.FAMILIES)
@pytest.mark.parametrize(("a", "b"), [(60.0, 0.0), (1e-3, 5.0), (-2.0, 100.0), (1e120, 0.0), (1e-120, 0.0)])
def test_units_of_the_data_change_the_fit_with_them(family: str, a: float, b: float) -> None:
    """LL(a X + b) = LL(X) - N log |a|."""
    plain, moved = likelihood.fit(family, HEAVY), likelihood.fit(family, a * HEAVY + b)
    expected = value(plain, HEAVY) - len(HEAVY) * math.log(abs(a))
    assert value(moved, a * HEAVY + b) == pytest.approx(expected, abs=1e-5)


def test_weights_are_repeated_points() -> None:
    x, counts = torch.tensor([0.0, 1.0, 2.0, 2.5, 3.5, 7.0]), torch.tensor([1, 2, 1, 2, 2, 1])
    for family in ("Gaussian", "Laplace", "Student t"):
        weighted = likelihood.fit(family, x, weights=counts.double())
        repeated = likelihood.fit(family, x.repeat_interleave(counts))
        np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-5)


@pytest.mark.parametrize("start", [likelihood.StudentT(0, 1, 3), likelihood.StudentT(50, 0.1, 1),
                                   likelihood.Mixture(0.5, -1, 1, 5, 2), likelihood.Mixture(0.9, 3, 1, 3, 4)])
def test_em_never_falls(start: likelihood.Density) -> None:
    found = [step.log_likelihood for step in islice(likelihood.em(HEAVY, start), 80)]
    assert found[0] == pytest.approx(value(start, HEAVY), rel=1e-12)
    assert all(after >= before - 1e-9 for before, after in pairwise(found))
    assert found[-1] > found[0]


def test_em_of_students_t_ends_at_the_maximum_for_its_degrees_of_freedom() -> None:
    last = next(islice(likelihood.em(HEAVY, likelihood.StudentT(0, 1, 3)), 300, None)).model
    slope = likelihood.gradient(last, HEAVY)
    assert slope["location"] == pytest.approx(0, abs=1e-6)
    assert slope["scale"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("dof", [0.5, 3.0, 200.0])
@pytest.mark.parametrize("x", [HEAVY, likelihood.load_column("malic acid"), WAITING], ids=["heavy", "acid", "waiting"])
def test_students_t_with_given_degrees_of_freedom_is_at_its_maximum(x: torch.Tensor, dof: float) -> None:
    best = likelihood.fit("Student t", x, dof=dof)
    assert best.parameters["dof"] == dof
    slope = likelihood.gradient(best, x)
    assert slope["location"] * best.parameters["scale"] == pytest.approx(0, abs=2e-3)
    assert slope["scale"] * best.parameters["scale"] == pytest.approx(0, abs=2e-3)
    peer = scipy.stats.t.fit(x.numpy(), f0=dof)
    assert value(best, x) >= scipy.stats.t(*peer).logpdf(x.numpy()).sum() - 1e-6
    assert value(best, x) <= value(likelihood.fit("Student t", x), x) + 1e-7


def test_degrees_of_freedom_of_another_family_are_an_error() -> None:
    for family, dof in (("Gaussian", 3.0), ("Student t", 0.1), ("Student t", math.nan)):
        with pytest.raises((ArgumentError, DataError)):
            likelihood.fit(family, HEAVY, dof=dof)


@pytest.mark.parametrize("family", STARTS)
@pytest.mark.parametrize("rate", [0.1, 50.0])
def test_ascent_with_backtracking_never_falls_and_arrives(family: str, rate: float) -> None:
    steps = list(islice(likelihood.ascend(HEAVY, STARTS[family], rate, backtracking=True), 150))
    found = [step.log_likelihood for step in steps]
    assert all(after >= before for before, after in pairwise(found))
    if family == "Gaussian":
        assert found[-1] == pytest.approx(value(likelihood.fit(family, HEAVY), HEAVY), abs=1e-4)


def test_ascent_does_not_depend_on_the_units() -> None:
    one = list(islice(likelihood.ascend(HEAVY, likelihood.Gaussian(1, 2), 0.3), 30))
    two = list(islice(likelihood.ascend(60 * HEAVY, likelihood.Gaussian(60, 120), 0.3), 30))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(60 * a.model.theta, b.model.theta, rtol=1e-9)


def test_a_large_rate_without_backtracking_overshoots() -> None:
    falls = False
    try:
        found = [step.log_likelihood for step in islice(likelihood.ascend(HEAVY, likelihood.Gaussian(0, 1), 5.0), 30)]
        falls = any(after < before for before, after in pairwise(found))
    except DivergedError:
        falls = True
    assert falls


def test_without_a_maximum_there_is_an_error() -> None:
    for family in likelihood.FAMILIES:
        with pytest.raises(DataError):
            likelihood.fit(family, [2.0, 2.0, 2.0])
    with pytest.raises(DataError):     # half of the points are equal: Student's t has no bound
        likelihood.fit("Student t", [0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 9.0])
    with pytest.raises(ArgumentError):
        likelihood.em(HEAVY, likelihood.Gaussian())

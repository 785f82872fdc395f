"""dgm.bayes, logistic regression: grid against quadrature, Newton against an optimiser, Laplace, a grid's cost."""

import math
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize

from dgm import bayes, runtime
from dgm.bayes import grid_timing
from dgm.bayes.logistic import is_separable

Data = tuple[torch.Tensor, torch.Tensor]


def points(seed: int, n: int, weights: tuple[float, float] = (0.5, 1.5), scale: float = 2.0) -> Data:
    rng = runtime.generator(seed)
    x = torch.stack([torch.ones(n), scale * torch.randn(n, generator=rng)], 1).double()
    p = torch.sigmoid(x @ torch.tensor(weights, dtype=torch.float64))
    return x, (torch.rand(n, generator=rng, dtype=torch.float64) < p).double()


APART = (torch.tensor([[1.0, -2], [1, -1], [1, 1], [1, 3]]).double(), torch.tensor([0.0, 0, 1, 1]))
ONE_CLASS = (torch.tensor([[1.0, 0.3], [1, -0.4]]).double(), torch.ones(2))
NONE = (torch.zeros(0, 2), torch.zeros(0))
ONE = (torch.tensor([[1.0, 2.0]]), torch.ones(1))


DATA = [points(0, 100), points(1, 12), APART, ONE_CLASS, NONE, ONE, points(2, 400, scale=30.0)]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("alpha", [0.01, 1.0])
def test_grid_evidence_is_within_its_tolerance(data: Data, alpha: float) -> None:
    model = bayes.LogisticRegression(alpha)
    grid = bayes.grid_posterior(model, data)
    finer = bayes.grid_posterior(model, data, size=701)
    assert grid.tolerance < 1e-6
    assert abs(grid.log_evidence - finer.log_evidence) <= grid.tolerance + finer.tolerance + 1e-11
    assert float(grid.log_mass.logsumexp((0, 1))) == pytest.approx(0, abs=1e-12)
    rim = torch.cat([grid.log_mass[0], grid.log_mass[-1], grid.log_mass[:, 0], grid.log_mass[:, -1]])
    assert float(rim.max()) < float(grid.log_mass.max()) - 30


@pytest.mark.parametrize("data", [points(3, 25), APART])
def test_grid_against_adaptive_quadrature(data: Data) -> None:
    model = bayes.LogisticRegression(0.5)
    grid, mode = bayes.grid_posterior(model, data), model.maximise(data)
    density = lambda w1, w0: math.exp(  # noqa: E731
        float(model.log_joint(torch.tensor([w0, w1], dtype=torch.float64), data)) - mode.log_joint)
    ends = [float(mode.w[0]) - 15, float(mode.w[0]) + 15, float(mode.w[1]) - 15, float(mode.w[1]) + 15]
    nodes, weights = np.polynomial.legendre.leggauss(200)
    at = [(ends[2 * d] + ends[2 * d + 1]) / 2 + (ends[2 * d + 1] - ends[2 * d]) / 2 * nodes for d in (0, 1)]
    w = torch.cartesian_prod(*(torch.from_numpy(a) for a in at))
    area = float((model.log_joint(w, data) - mode.log_joint).exp().reshape(200, 200)
                 @ torch.from_numpy(weights) @ torch.from_numpy(weights)) * 15**2
    assert math.log(area) + mode.log_joint == pytest.approx(grid.log_evidence, abs=1e-7)
    inner = integrate.quad(lambda w1: density(w1, float(mode.w[0])), ends[2], ends[3], points=[float(mode.w[1])])[0]
    row = bayes.log_joint_on(model, mode.w[:1], grid.w1, data)[0] - mode.log_joint
    assert float(torch.trapezoid(row.exp(), grid.w1)) == pytest.approx(inner, rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), n=st.integers(0, 60), reach=st.floats(0.1, 300))
def test_factored_log_joint_equals_the_direct_one(seed: int, n: int, reach: float) -> None:
    model, data = bayes.LogisticRegression(0.3), points(seed, n)
    axis = torch.linspace(-reach, reach, 9, dtype=torch.float64)
    direct = model.log_joint(torch.cartesian_prod(axis, axis), data).reshape(9, 9)
    torch.testing.assert_close(bayes.log_joint_on(model, axis, axis, data), direct, rtol=1e-12, atol=1e-10)


def test_newton_reaches_the_maximum_of_an_optimiser() -> None:
    for data in (points(4, 50), APART, points(5, 300, weights=(20.0, -30.0))):
        model = bayes.LogisticRegression(0.05)
        steps = list(islice(model.newton(data), 60))
        assert all(b.log_joint >= a.log_joint - 1e-9 for a, b in pairwise(steps))
        found = optimize.minimize(lambda w, m=model, d=data: -float(m.log_joint(torch.from_numpy(w), d)), np.zeros(2),
                                  method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})
        torch.testing.assert_close(model.map(data), torch.from_numpy(found.x), atol=1e-5, rtol=1e-5)
        assert model.maximise(data).gradient < 1e-6


def test_laplace_has_the_curvature_of_the_mode_and_is_exact_without_data() -> None:
    model, data = bayes.LogisticRegression(0.7), points(6, 40)
    laplace = model.laplace(data)
    x, y = data

    def log_joint(w: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.logsigmoid((2 * y - 1) * (x @ w)).sum() - 0.35 * w @ w

    hessian = torch.autograd.functional.hessian(log_joint, laplace.mean)
    torch.testing.assert_close(laplace.covariance, torch.linalg.inv(-hessian))
    assert model.laplace(NONE).log_evidence == pytest.approx(0, abs=1e-12)
    assert bayes.grid_posterior(model, NONE).log_evidence == pytest.approx(0, abs=1e-9)


def test_laplace_gets_better_with_data_and_is_off_with_little() -> None:
    model = bayes.LogisticRegression(0.1)
    gaps = []
    for n in (10, 1000):
        data = points(7, n)
        gaps.append(abs(model.laplace(data).log_evidence - bayes.grid_posterior(model, data).log_evidence))
    assert gaps[0] > 10 * gaps[1]
    assert gaps[1] < 0.02


def test_the_plug_in_is_farther_from_one_half_than_the_predictive() -> None:
    model, data = bayes.LogisticRegression(0.2), points(8, 15)
    grid, laplace = bayes.grid_posterior(model, data), model.laplace(data)
    x = torch.stack([torch.ones(31), torch.linspace(-15, 15, 31)], 1).double()
    exact, plug_in = grid.predictive(x), model.plug_in(laplace.mean, x)
    torch.testing.assert_close(exact, grid.predictive(x, stride=1), atol=1e-5, rtol=0)
    mass = grid.log_mass.exp().reshape(-1)
    torch.testing.assert_close(grid.mean, mass @ torch.cartesian_prod(grid.w0, grid.w1))
    far = [0, -1]
    assert bool(((exact[far] - 0.5).abs() < (plug_in[far] - 0.5).abs()).all())
    eps = torch.randn(60_000, 2, generator=runtime.generator(0), dtype=torch.float64)
    draws = laplace.mean + eps @ torch.linalg.cholesky(laplace.covariance).T
    seen = torch.sigmoid(draws @ x[10])
    assert abs(float(laplace.predictive(x)[10] - seen.mean())) < 5 * float(seen.std()) / len(seen) ** 0.5


def test_moments_of_the_grid_for_no_data_are_the_priors() -> None:
    grid = bayes.grid_posterior(bayes.LogisticRegression(0.25), NONE)
    torch.testing.assert_close(grid.mean, torch.zeros(2, dtype=torch.float64), atol=1e-9, rtol=0)
    torch.testing.assert_close(grid.covariance, 4 * torch.eye(2, dtype=torch.float64), atol=1e-7, rtol=0)


def test_mle_exists_only_where_no_line_separates() -> None:
    model = bayes.LogisticRegression(1.0)
    for data, why in ((APART, "separates the classes"), (ONE_CLASS, "all labels are equal"),
                      (NONE, "there are no points, so the likelihood is 1"), (ONE, "all labels are equal")):
        with pytest.raises(bayes.NoMaximumError, match=why):
            model.mle(data)
        assert torch.isfinite(model.map(data)).all()
    data = points(9, 60)
    assert not is_separable(*data)
    best = model.mle(data)
    x, y = data
    assert float((x.T @ (y - torch.sigmoid(x @ best))).abs().max()) < 1e-6


@pytest.mark.parametrize(("act", "message"), [
    (lambda m: m.map((torch.ones(3, 2), torch.tensor([0.0, 2.0, 1.0]))), "label 2 is 2: a class is 0 or 1"),
    (lambda m: bayes.grid_posterior(m, (torch.ones(3, 3), torch.ones(3))), "two weights, the data have 3"),
    (lambda m: bayes.LogisticRegression(-1.0), "alpha has to be a finite number greater than 0"),
    (lambda m: m.mle((torch.tensor([[1.0, 2.0], [1.0, 2.0]]), torch.tensor([0.0, 1.0]))), "multiple of another"),
    (lambda m: m.map((torch.ones(3, 2), torch.ones(2))), "one row of x per value of y"),
])
def test_errors_name_the_remedy(act: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        act(bayes.LogisticRegression(1.0))


def test_cost_is_measured_and_grows_as_a_power() -> None:
    costs = list(bayes.grid_cost(highest=7, size=8, budget=0.05))
    assert [c.points for c in costs] == [8**d for d in range(1, 8)]
    measured = [c for c in costs if c.measured]
    assert len(measured) >= 2
    assert not costs[-1].measured
    assert all(c.log_evidence is None for c in costs if not c.measured)
    last = measured[-1]
    for projected in (c for c in costs if not c.measured):
        assert projected.seconds == pytest.approx(last.seconds * 8.0 ** (projected.dimension - last.dimension))
        assert math.isfinite(projected.laplace)


def test_the_timed_grid_gives_the_evidence() -> None:
    model, data = bayes.LogisticRegression(1.0), grid_timing.synthetic_pairs(2)
    fit = model.laplace(data)
    assert grid_timing.grid_evidence(model, data, fit, 40) == pytest.approx(
        bayes.grid_posterior(model, data).log_evidence, abs=1e-4)
    three = grid_timing.synthetic_pairs(3)
    coarse, fine = (grid_timing.grid_evidence(model, three, model.laplace(three), size) for size in (12, 24))
    assert coarse == pytest.approx(fine, abs=1e-3)

"""dgm.gradients.sweeps: dots cover curves, crossings are roots, prices are variance times cost."""

import math

import pytest
import torch

from dgm.gradients import COSTS, ESTIMATORS, EVALUATIONS, Gaussian, estimate, exact, noise
from dgm.gradients.sweeps import Plan, Setting, crossings, exact_at, prices, sweep, variances

Q = Gaussian(0.4, 0.8)
EVERY = tuple(ESTIMATORS)


def worst(found: torch.Tensor, truth: torch.Tensor, error: torch.Tensor) -> float:
    gap = (found - truth).abs()
    return float(torch.where(gap <= 1e-9 * (1 + truth), 0.0, gap / error.clamp(min=1e-300)).max())


@pytest.mark.parametrize(("axis", "values", "more"), [
    ("sigma", (0.2, 1.0, 3.0), {}), ("mu", (-1.0, 0.0, 1.0), {"dims": 3}), ("k", (0.5, 2.0), {"offset": 3.0}),
    ("samples", (1.0, 2.0, 8.0), {}), ("dimension", (1.0, 2.0, 6.0), {"samples": 4})])
def test_dots_cover_curves(axis: str, values: tuple[float, ...], more: dict[str, float]) -> None:
    s = sweep(Plan(axis, values, COSTS["cosine"], 1.5, Q, **more), EVERY, 40_000, seed=4)
    assert s.exact.shape == s.dots.shape == s.error.shape == (len(EVERY), len(values), 2)
    assert worst(s.dots, s.exact, s.error) < 4.3   # the largest of up to 66 dots


def test_curves_are_exact_point_by_point() -> None:
    for axis, values in (("mu", (0.1, 0.9)), ("sigma", (0.3, 2.0)), ("k", (0.7, 5.0))):
        plan = Plan(axis, values, COSTS["exponential"], 1.2, Q, offset=1.0)
        for name in EVERY:
            curve = plan.curve(name)
            for i, v in enumerate(values):
                assert torch.allclose(curve.variance[i], exact_at(name, plan.at(v)).variance, rtol=1e-12), (axis, name)


def test_chunked_moments_are_the_plain_ones() -> None:
    eps, point = noise(40_000, 3), Setting(COSTS["quadratic"](1.0), 0.4, 0.8)
    names = ("log-derivative", "reparametrization")
    found = variances(point, names, eps, torch.zeros(2, 2, dtype=torch.float64))
    for i, name in enumerate(names):
        plain = estimate(ESTIMATORS[name](point.cost, Q, eps))
        assert torch.allclose(found[0][i], plain.variance, rtol=1e-10)
        assert torch.allclose(found[1][i], plain.variance_error, rtol=1e-6)


def test_crossings_are_roots_and_the_quadratic_never_crosses() -> None:
    ks = tuple(torch.logspace(-1, 1.5, 20).tolist())
    marks = crossings(Plan("k", ks, COSTS["cosine"], 1.0, Q), "log-derivative", "reparametrization")
    assert {m.parameter for m in marks} == {"mu", "sigma"}
    for mark in marks:
        column = ("mu", "sigma").index(mark.parameter)
        one, other = (exact(name, COSTS["cosine"](mark.at), Q).variance[column].item()
                      for name in ("log-derivative", "reparametrization"))
        assert one == pytest.approx(other, rel=1e-9)
        assert mark.variance == pytest.approx(one, rel=1e-9)
    assert crossings(Plan("sigma", ks, COSTS["quadratic"], 1.0, Q), "log-derivative", "reparametrization") == []


def test_prices() -> None:
    for price in prices(COSTS["quadratic"](1.0), Q, EVERY, samples=2_000, repeats=1):
        assert torch.allclose(price.per_evaluation, price.variance * EVALUATIONS[price.name])
        assert torch.allclose(price.per_second, price.variance * price.seconds)
        assert 0 < price.seconds < math.inf
        if price.name == "log-derivative + leave-one-out":
            centred = exact("log-derivative + mean baseline", COSTS["quadratic"](1.0), Q).variance
            assert torch.allclose(price.variance, centred, rtol=1e-2)


def test_border() -> None:
    with pytest.raises(ValueError, match="unknown axis"):
        Plan("sigmas", (1.0,), COSTS["quadratic"])
    with pytest.raises(ValueError, match="at least one"):
        Plan("sigma", (), COSTS["quadratic"])

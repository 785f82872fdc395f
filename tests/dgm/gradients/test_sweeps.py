"""dgm.gradients.sweeps: sampled variances agree with exact ones, crossings are roots, variance times work."""

import math

import pytest
import torch

from dgm.gradients import COSTS, ESTIMATORS, Gaussian, estimate, exact, noise
from dgm.gradients.sweeps import Plan, Setting, crossings, exact_at, sweep, variances, work_normalised

Q = Gaussian(0.4, 0.8)
EVERY = tuple(ESTIMATORS)


def worst(found: torch.Tensor, truth: torch.Tensor, error: torch.Tensor) -> float:
    gap = (found - truth).abs()
    return float(torch.where(gap <= 1e-9 * (1 + truth), 0.0, gap / error.clamp(min=1e-300)).max())


@pytest.mark.parametrize(("axis", "values", "more"), [
    ("sigma", (0.2, 1.0, 3.0), {}), ("mu", (-1.0, 0.0, 1.0), {"dims": 3}), ("k", (0.5, 2.0), {"offset": 3.0}),
    ("samples", (1.0, 2.0, 8.0), {}), ("dimension", (1.0, 2.0, 6.0), {"samples": 4})])
def test_sampled_variances_agree_with_exact_ones(axis: str, values: tuple[float, ...], more: dict[str, float]) -> None:
    s = sweep(Plan(axis, values, COSTS["cosine"], 1.5, Q, **more), EVERY, 40_000, seed=4)
    assert s.exact.shape == s.sampled.shape == s.error.shape == (len(EVERY), len(values), 2)
    assert worst(s.sampled, s.exact, s.error) < 4.3   # the largest of up to 66 values


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
    variance, error = variances(point, names, eps, torch.zeros(2, 2, dtype=torch.float64))
    for i, name in enumerate(names):
        plain = estimate(ESTIMATORS[name](point.cost, Q, eps))
        assert torch.allclose(variance[i], plain.variance, rtol=1e-10)
        assert torch.allclose(error[i], plain.variance_error, rtol=1e-6)


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


def test_variance_times_work() -> None:
    for found in work_normalised(COSTS["quadratic"](1.0), Q, EVERY, samples=2_000, repeats=1):
        each = {"measure-valued": 2}.get(found.name, ESTIMATORS[found.name].evaluations)
        assert torch.allclose(found.per_evaluation, found.variance * each)
        assert 0 < found.seconds < math.inf
        if found.name == "log-derivative + leave-one-out":
            centred = exact("log-derivative + mean baseline", COSTS["quadratic"](1.0), Q).variance
            assert torch.allclose(found.variance, centred, rtol=1e-2)


def test_validation() -> None:
    with pytest.raises(ValueError, match="unknown axis"):
        Plan("sigmas", (1.0,), COSTS["quadratic"])
    with pytest.raises(ValueError, match="at least one"):
        Plan("sigma", (), COSTS["quadratic"])

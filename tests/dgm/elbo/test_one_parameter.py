"""The bound's curve lies below log p, touches it at the anchor with the same slope, and EM jumps to its maximum."""

import itertools
import math

import pytest
import torch

from dgm import datasets, elbo, gmm
from dgm.elbo.one_parameter import _as_problem, _log_joint
from dgm.errors import ArgumentError, DataError
from dgm.runtime import generator

X = datasets.load("faithful").x
IRIS = datasets.load("iris").x
CASES = {
    "a mean of the geyser": (X, gmm.init(X, 2), elbo.Coordinate("mean", 0, 1)),
    "a weight of the geyser": (X, gmm.fit(X, 2).params, elbo.Coordinate("weight", 1)),
    "a mean of three in four columns": (IRIS, gmm.fit(IRIS, 3, max_steps=5).params, elbo.Coordinate("mean", 2, 2)),
    "a weight of three": (IRIS, gmm.fit(IRIS, 3, max_steps=5).params, elbo.Coordinate("weight", 0)),
    "one column": (X[:, :1], gmm.init(X[:, :1], 2, seed=3), elbo.Coordinate("mean", 1)),
}
cases = pytest.mark.parametrize("name", CASES)


def grid(coordinate: elbo.Coordinate, theta: gmm.Params, count: int = 101) -> torch.Tensor:
    if coordinate.kind == "weight":
        return torch.linspace(0.01, 0.99, count, dtype=torch.float64)
    spread = float(theta.covs[coordinate.component].diagonal()[coordinate.column]) ** 0.5
    return coordinate.value(theta) + 3 * spread * torch.linspace(-1, 1, count, dtype=torch.float64)


@cases
def test_curves_are_those_of_the_mixture_lesson(name: str) -> None:
    x, theta, coordinate = CASES[name]
    values = grid(coordinate, theta, 7)
    q = elbo.responsibilities_at(x, theta, coordinate, values[2])
    log_lik = elbo.likelihood_curve(x, theta, coordinate, values)
    bound = elbo.bound_curve(x, theta, coordinate, q, values)
    for i, value in enumerate(values.tolist()):
        moved = coordinate.moved(theta, value)
        assert coordinate.value(moved) == pytest.approx(value, rel=1e-12)
        assert float(log_lik[i]) == pytest.approx(gmm.score(x, moved), abs=1e-10)
        assert float(bound[i]) == pytest.approx(gmm.elbo(x, q, moved).bound, abs=1e-10)
    assert torch.allclose(q, gmm.e_step(x, coordinate.moved(theta, float(values[2]))).resp, atol=1e-10)


@cases
def test_bound_lies_below_and_touches_at_the_anchor(name: str) -> None:
    x, theta, coordinate = CASES[name]
    values = grid(coordinate, theta)
    log_lik = elbo.likelihood_curve(x, theta, coordinate, values)
    for place in (0, 30, 77, 100):
        q = elbo.responsibilities_at(x, theta, coordinate, values[place])
        gap = log_lik - elbo.bound_curve(x, theta, coordinate, q, values)
        assert float(gap.min()) > -1e-12
        assert abs(float(gap[place])) < 1e-12
        assert int(gap.argmin()) == place


@cases
def test_slopes_agree_at_the_touch(name: str) -> None:
    """The derivatives, by a stencil of five points, are equal to 1e-8."""
    x, theta, coordinate = CASES[name]
    problem = _as_problem(x, theta, coordinate)
    for anchor in grid(coordinate, theta)[[10, 50, 90]].tolist():
        q = elbo.responsibilities_at(x, theta, coordinate, anchor)
        step = 1e-4 * max(abs(anchor), 0.1)
        around = [anchor - 2 * step, anchor - step, anchor + step, anchor + 2 * step]
        stencil = torch.tensor([1.0, -8.0, 8.0, -1.0], dtype=torch.float64) / (12 * step)
        joint = _log_joint(problem, around)
        slopes = [float(stencil @ part) for part in (joint.logsumexp(-1).mean(-1), (q * joint).sum(-1).mean(-1))]
        assert slopes[0] == pytest.approx(slopes[1], abs=1e-8, rel=1e-8)


@cases
def test_em_touches_jumps_and_never_falls(name: str) -> None:
    x, theta, coordinate = CASES[name]
    halves = list(itertools.islice(elbo.one_parameter_em(x, theta, coordinate), 42))
    assert [half.kind for half in halves[:5]] == ["start", "E", "M", "E", "M"]
    assert halves[0].anchor is None
    for old, new in itertools.pairwise(halves):
        assert new.bound >= old.bound - 1e-12
        assert new.bound + new.gap == pytest.approx(new.log_lik, abs=1e-12)
        if new.kind == "E":
            assert new.gap == 0
            assert new.value == old.value == new.anchor
        else:
            q = elbo.responsibilities_at(x, theta, coordinate, new.anchor)
            curve = elbo.bound_curve(x, theta, coordinate, q, grid(coordinate, theta))
            assert float(curve.max()) <= new.bound + 1e-12
            here = elbo.bound_curve(x, theta, coordinate, q, [new.value])
            assert float(here[0]) == pytest.approx(new.bound, abs=1e-12)
    values = grid(coordinate, theta, 2001)
    log_lik = elbo.likelihood_curve(x, theta, coordinate, values)
    assert halves[-1].log_lik <= float(log_lik.max()) + 1e-6
    assert halves[-1].log_lik > halves[1].log_lik - 1e-12


def test_complete_curve_is_the_bound_of_a_certain_q() -> None:
    x, theta, coordinate = CASES["a mean of the geyser"]
    labels = gmm.e_step(x, theta).resp.argmax(1)
    values = grid(coordinate, theta)
    complete = elbo.complete_curve(x, theta, coordinate, labels, values)
    certain = torch.nn.functional.one_hot(labels, 2).double()
    assert torch.allclose(complete, elbo.bound_curve(x, theta, coordinate, certain, values), atol=1e-13)
    assert bool((complete < elbo.likelihood_curve(x, theta, coordinate, values)).all())
    own = x[labels == 0]
    best = float(values[complete.argmax()])
    precision = torch.linalg.inv(theta.covs[0])[1]
    expected = theta.means[0, 1] + float(precision @ (own.mean(0) - theta.means[0])) / float(precision[1])
    assert best == pytest.approx(float(expected), abs=float(values[1] - values[0]))


def test_one_point_shares() -> None:
    theta = gmm.fit(IRIS, 3, max_steps=5).params
    for row, component in ((0, 0), (70, 1), (120, 2)):
        found = elbo.point_bound(IRIS, theta, row, component, torch.linspace(0, 1, 21, dtype=torch.float64))
        for i in (0, 7, 20):
            q = elbo.responsibilities_with(IRIS, theta, row, component, float(found.share[i]))
            parts = gmm.elbo(IRIS, q, theta)
            assert float(found.total[i]) == pytest.approx(parts.bound, abs=1e-10)
            alone = gmm.elbo(IRIS[row:row + 1], q[row:row + 1], theta)
            assert float(found.bound[i]) == pytest.approx(alone.bound, abs=1e-9)
            assert float(found.gap[i]) == pytest.approx(alone.gap, abs=1e-9)
        share = float(found.posterior[component])
        touch = elbo.point_bound(IRIS, theta, row, component, [share])
        assert float(touch.gap[0]) < 1e-15
        assert float(touch.total[0]) == pytest.approx(gmm.score(IRIS, theta), abs=1e-10)
        assert bool((found.gap >= 0).all())


def test_one_point_shares_with_other_ratios_of_the_rest() -> None:
    theta = gmm.fit(IRIS, 3, max_steps=5).params
    others = [2.0, 0.7, 6.0]
    found = elbo.point_bound(IRIS, theta, 70, 1, [0.0, 0.3, 1.0], others)
    for share, bound, gap in zip(found.share.tolist(), found.bound.tolist(), found.gap.tolist(), strict=True):
        q = torch.tensor([[0.25 * (1 - share), share, 0.75 * (1 - share)]], dtype=torch.float64)
        alone = gmm.elbo(IRIS[70:71], q, theta)
        assert (bound, gap) == pytest.approx((alone.bound, alone.gap), abs=1e-9)
    same = elbo.point_bound(IRIS, theta, 70, 1, [0.3], found.posterior)
    assert float(same.gap[0]) == pytest.approx(float(elbo.point_bound(IRIS, theta, 70, 1, [0.3]).gap[0]), abs=1e-12)
    for wrong in ([1.0, 1.0], [-1.0, 0.0, 2.0], [0.0, 1.0, 0.0]):
        with pytest.raises(ArgumentError):
            elbo.point_bound(IRIS, theta, 70, 1, [0.3], wrong)


def test_a_share_on_a_component_that_is_far_away_has_a_finite_gap() -> None:
    theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[0.0], [60.0]]), torch.ones(2, 1, 1))
    found = elbo.point_bound([[0.0]], theta, 0, 1, [0.0, 0.5, 1.0])
    assert found.gap.tolist() == pytest.approx([0.0, 900 - math.log(2), 1800], abs=1e-9)


@pytest.mark.parametrize("q", [torch.full((10, 2), 0.5), torch.full((272, 2), 0.6), -torch.eye(2)[[0] * 272]])
def test_responsibilities_that_do_not_fit_are_an_error(q: torch.Tensor) -> None:
    x, theta, coordinate = CASES["a mean of the geyser"]
    with pytest.raises(ArgumentError):
        elbo.bound_curve(x, theta, coordinate, q, [1.0])


def test_any_q_stays_below() -> None:
    x, theta, coordinate = CASES["a weight of three"]
    q = torch.rand(len(x), 3, generator=generator(0), dtype=torch.float64)
    values = grid(coordinate, theta)
    bound = elbo.bound_curve(x, theta, coordinate, q / q.sum(1, keepdim=True), values)
    assert bool((bound < elbo.likelihood_curve(x, theta, coordinate, values)).all())


@pytest.mark.parametrize("centre", [-1.7, 0.0, 0.31, 2.4])
def test_the_top_of_a_parabola_is_exact_also_between_uneven_values(centre: float) -> None:
    values = torch.tensor([-3.0, -2.2, -0.4, 0.1, 0.9, 2.6, 5.0], dtype=torch.float64)
    place, height = elbo.curve_top(values, 4.0 - 0.7 * (values - centre) ** 2)
    assert (place, height) == (pytest.approx(centre, abs=1e-12), pytest.approx(4.0, abs=1e-12))


@pytest.mark.parametrize("curve", [[3.0, 2.0, 1.0], [-math.inf, 2.0, 1.0], [1.0, 2.0, math.inf], [2.0, 2.0, 2.0]])
def test_where_no_parabola_has_a_top_it_is_the_highest_value(curve: list[float]) -> None:
    highest = max(curve)
    assert elbo.curve_top([0.0, 1.0, 2.0], curve) == (float(curve.index(highest)), highest)


@pytest.mark.parametrize(("values", "curve"), [([], []), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0, 2.0]),
                                               ([0.0, 1.0], [math.nan, 1.0])])
def test_a_curve_that_is_none_has_no_top(values: list[float], curve: list[float]) -> None:
    with pytest.raises((ArgumentError, DataError)):
        elbo.curve_top(values, curve)

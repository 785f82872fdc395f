"""dgm.gmm on hard input: a right result, or an error with cause and remedy."""

import itertools
import math
from typing import Any

import pytest
import torch

from dgm import gmm
from dgm.errors import DataError
from dgm.runtime import generator


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(11), dtype=torch.float64)


BASE = torch.cat([normal(100, 2), normal(100, 2) + 6])
LINE = normal(100, 1)
RIGHT = {
    "two distinct points": (torch.tensor([[0.0, 0.0], [1.0, 2.0]]).repeat(20, 1), 2),
    "two distinct points, K = 3": (torch.tensor([[0.0, 0.0], [1.0, 2.0]]).repeat(20, 1), 3),
    "rank one": (torch.cat([LINE, 2 * LINE], 1), 2),
    "offset 1e8": (BASE + 1e8, 2),
    "scale 1e-150": (BASE * 1e-150, 2),
    "scale 1e150": (BASE * 1e150, 2),
    "n < d": (normal(5, 10), 2),
    "n = K": (normal(4, 2), 4),
}


@pytest.mark.parametrize("name", list(RIGHT))
def test_hard_inputs_with_a_result(name: str) -> None:
    x, k = RIGHT[name]
    step = gmm.fit(x, k)
    assert math.isfinite(step.log_lik)
    assert gmm.score(x, step.params) == pytest.approx(step.log_lik, rel=1e-6, abs=1e-6)
    torch.linalg.cholesky(step.params.covs)
    torch.testing.assert_close(step.resp.sum(1), torch.ones(len(x)).double())


def test_a_far_point_does_not_change_the_other_components() -> None:
    alone = gmm.fit(BASE, 2)
    step = gmm.fit(torch.cat([BASE, torch.tensor([[1e8, 1e8]]).double()]), 3, restarts=3)
    order = step.params.means[:, 0].argsort()
    assert step.params.means[order[2]].tolist() == pytest.approx([1e8, 1e8])
    torch.testing.assert_close(step.params.means[order[:2]], alone.params.means[alone.params.means[:, 0].argsort()],
                               rtol=1e-4, atol=1e-4)


def with_value(value: float) -> torch.Tensor:
    x = BASE.clone()
    x[3, 1] = value
    return x


WRONG: dict[str, tuple[torch.Tensor, int, str]] = {
    "all points equal": (torch.ones(50, 2), 2, "column 1 has the same value"),
    "one point": (torch.ones(1, 2), 1, "same value"),
    "scale 1e-160": (BASE * 1e-160, 2, "leaves float64; divide"),
    "scale 1e160": (BASE * 1e160, 2, "leaves float64; divide"),
    "n < K": (BASE[:3], 4, "4 components for 3 points"),
    "NaN": (with_value(math.nan), 2, "row 4, column 2 of x is missing"),
    "infinity": (with_value(math.inf), 2, "row 4, column 2 of x is infinite"),
    "a point out of reach": (torch.cat([BASE, torch.tensor([[0, 1e120]], dtype=torch.float64)]), 2, "deviations away"),
    "no rows": (torch.ones(0, 2), 1, "give a table of at least 1 row"),
    "a cube": (torch.ones(2, 2, 2), 1, "give a table of at least 1 row"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_hard_inputs_with_an_error(name: str) -> None:
    x, k, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        gmm.fit(x, k)


def test_collapse_is_reported_and_a_floor_prevents_it() -> None:
    x = torch.cat([BASE, torch.tensor([[20.0, 20.0]]).double().repeat(3, 1)])
    start = gmm.init(x, 3, means=[[0.0, 0.0], [6.0, 6.0], [20.0, 20.0]])
    path = gmm.trace(x, start, floor=0)
    assert path.end == "collapsed"
    assert "component 3 collapsed" in path.message
    assert "raise the covariance floor" in path.message
    with pytest.raises(gmm.CollapseError, match="component"):
        gmm.fit(torch.cat([LINE, 2 * LINE], 1), 2, floor=0, restarts=2)
    floored = gmm.trace(x, start)
    assert floored.end == "converged"
    assert math.isfinite(floored.steps[-1].log_lik)


def test_a_component_without_points_keeps_its_mean() -> None:
    start = gmm.init(BASE, 3, means=[[0.0, 0.0], [6.0, 6.0], [1e5, 1e5]])
    step = list(itertools.islice(gmm.em(BASE, start), 6))[-1]
    assert step.params.log_weights[2] < -100
    assert step.params.means[2].tolist() == pytest.approx([1e5, 1e5])


@pytest.mark.parametrize(("call", "message"), [
    (lambda: gmm.fit(BASE, 2, "round"), "covariance has to be one of full, tied, diag, spherical"),
    (lambda: gmm.init(BASE, 2, method="lucky"), "method has to be one of k-means"),
    (lambda: gmm.init(BASE, 2, method="given"), "needs means"),
    (lambda: gmm.init(BASE, 2, means=[[0.0]]), "means of shape"),
    (lambda: gmm.em(BASE, gmm.init(BASE, 2), floor=-1.0), "floor has to be a finite number from 0 below 1"),
    (lambda: gmm.em(BASE, gmm.init(BASE[:, :1], 2)), "do not fit data of 2 columns"),
    (lambda: gmm.fit(BASE, 2, restarts=0), "restarts has to be a whole number from 1 to"),
    (lambda: gmm.m_step(BASE, torch.ones(200, 2)), "sum to one"),
    (lambda: gmm.m_step(BASE, torch.ones(3, 1)), "do not fit 200 points"),
    (lambda: gmm.m_step(BASE, torch.eye(2)[[0] * 200]), "responsible for no point"),
    (lambda: gmm.score(BASE, gmm.Params(torch.zeros(1), torch.zeros(1, 2), torch.zeros(1, 2, 2))), "positive diagonal"),
    (lambda: gmm.score(BASE, gmm.Params(torch.zeros(1), torch.zeros(1, 2), torch.ones(1, 2, 2))), "collapsed"),
    (lambda: gmm.score(BASE, gmm.Params(torch.zeros(1), torch.full((1, 2), math.nan), torch.ones(1, 2, 2))), "NaN"),
])
def test_errors_name_the_remedy(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_missing_values_are_a_data_error() -> None:
    with pytest.raises(DataError):
        gmm.fit(with_value(math.nan), 2)

"""The landscape's numbers are those of `elbo`; EM walks along its axes to the closed-form optimum."""

import dataclasses
import itertools
import math

import pytest
import torch

from dgm import elbo
from dgm.elbo.landscapes import _Coins
from dgm.errors import ArgumentError
from tests.dgm.elbo.cases import BOTH, COINS, HUMPS, LECTURE, LINE, PARABOLA

COIN_AXIS = torch.linspace(0.02, 0.98, 25, dtype=torch.float64)
AXIS = torch.linspace(-4, 4, 25, dtype=torch.float64)
LINES = {"lecture": (LECTURE, 2.0), "line": (LINE, -1.3), "two humps": (HUMPS, 0.3), "parabola": (PARABOLA, 2.0),
         "both": (BOTH, -1.0)}


def test_coins_are_the_bound_of_every_q() -> None:
    found = elbo.landscape(COINS, 3, COIN_AXIS, COIN_AXIS)
    for b, a in ((0, 0), (3, 20), (24, 11)):
        model = dataclasses.replace(COINS, bias=float(COIN_AXIS[b]))
        q = float(COIN_AXIS[a])
        parts = elbo.elbo(model, 3, elbo.Categorical((q, 1 - q)))
        assert float(found.bound[b, a]) == pytest.approx(parts.bound, abs=1e-12)
        assert float(found.log_evidence[b]) == pytest.approx(parts.log_evidence, abs=1e-12)
        assert float(found.ridge[b]) == pytest.approx(model.posterior(3).probabilities[0], abs=1e-12)
    assert torch.allclose(found.ridge_bound, found.log_evidence, atol=1e-13)
    assert bool((found.bound <= found.ridge_bound[:, None] + 1e-12).all())


@pytest.mark.parametrize("name", LINES)
def test_lines_are_the_bound_of_every_mean(name: str) -> None:
    model, x = LINES[name]
    found = elbo.landscape(model, x, AXIS, AXIS, sd=0.6)
    for b, a in ((0, 0), (3, 20), (12, 11)):
        moved = dataclasses.replace(model, intercept=float(AXIS[b]))
        parts = elbo.elbo(moved, x, elbo.Gaussian(float(AXIS[a]), 0.6))
        assert float(found.bound[b, a]) == pytest.approx(parts.bound, rel=1e-9, abs=1e-8)
        assert float(found.log_evidence[b]) == pytest.approx(parts.log_evidence, abs=1e-9)
    assert bool((found.bound <= found.ridge_bound[:, None] + 1e-9).all())
    assert bool((found.ridge_bound <= found.log_evidence + 1e-9).all())


def test_the_ridge_touches_the_evidence_where_the_posterior_is_a_gaussian() -> None:
    for model, x in (LINES["lecture"], LINES["line"]):
        found = elbo.landscape(model, x, AXIS, AXIS)
        assert torch.allclose(found.ridge_bound, found.log_evidence, atol=1e-12)
        posterior = dataclasses.replace(model, intercept=float(AXIS[5])).posterior(x)
        assert float(found.ridge[5]) == pytest.approx(posterior.mean, abs=1e-12)


@pytest.mark.parametrize("name", LINES)
def test_the_staircase_is_the_maximum_along_each_axis(name: str) -> None:
    model, x = LINES[name]
    moves = list(itertools.islice(elbo.coordinate_ascent(model, x, 3.0, -2.0, sd=0.6), 21))
    for old, new in itertools.pairwise(moves):
        assert new.bound >= old.bound - 1e-10
        assert (new.q == old.q) if new.kind == "M" else (new.theta == old.theta)
        line = (elbo.landscape(model, x, AXIS, [new.theta], 0.6).bound[0] if new.kind == "E"
                else elbo.landscape(model, x, [new.q], AXIS, 0.6).bound[:, 0])
        assert float(line.max()) <= new.bound + 1e-9
        assert new.bound + new.gap == pytest.approx(new.log_evidence, abs=1e-9)


def test_two_coins_reach_the_closed_form_optimum() -> None:
    moves = list(itertools.islice(elbo.coordinate_ascent(elbo.TwoCoins(), 1, 0.9, 0.15), 121))
    assert moves[-1].theta == pytest.approx(0.6, abs=1e-9)
    assert moves[-1].bound == pytest.approx(math.log(0.225), abs=1e-12)
    assert moves[-1].q == pytest.approx(elbo.TwoCoins(0.6).posterior(1).probabilities[0], abs=1e-9)
    for old, new in itertools.pairwise(moves):
        assert new.bound >= old.bound - 1e-14
        assert new.gap == 0 or new.kind != "E"


@pytest.mark.parametrize(("tosses", "heads"), [(2, 0), (2, 1), (2, 2), (9, 4), (1000, 900)])
def test_the_coins_m_step_is_the_maximum(tosses: int, heads: int) -> None:
    model, t = elbo.TwoCoins(0.5, tosses), torch.linspace(1e-6, 1 - 1e-6, 1999, dtype=torch.float64)
    for q in (1e-6, 0.3, 0.999):
        column = elbo.landscape(model, heads, [q], t).bound[:, 0]
        best = _Coins(model, heads).m_step(q)
        assert float(column.max()) <= float(elbo.landscape(model, heads, [q], [best]).bound[0, 0]) + 1e-9


def test_the_lecture_model_converges_to_the_maximum_at_the_known_rate() -> None:
    """theta -> x; each step divides the distance by the share of missing information, here 1/2."""
    moves = list(itertools.islice(elbo.coordinate_ascent(LECTURE, 2.0, 0.0, 0.0), 101))
    thetas = [move.theta for move in moves if move.kind == "M"]
    assert thetas[-1] == pytest.approx(2.0, abs=1e-12)
    assert (2 - thetas[5]) / (2 - thetas[4]) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(("model", "x", "q", "theta"), [(LECTURE, 2.0, -1.0, 0.5), (BOTH, -1.0, 0.3, 0.2),
                                                         (PARABOLA, 2.0, 1.0, -0.5), (COINS, 3, 0.3, 0.4)])
def test_small_gradient_steps_follow_the_slope(model: elbo.NormalModel, x: float, q: float, theta: float) -> None:
    sd = None if model is COINS else 0.6
    rate = 1e-4
    _, e, m = itertools.islice(elbo.gradient_ascent(model, x, q, theta, rate, rate, sd=sd), 3)

    def bound(a: float, b: float) -> float:
        return float(elbo.landscape(model, x, [a], [b], sd).bound[0, 0])

    h = 1e-5
    slope_q = (bound(q + h, theta) - bound(q - h, theta)) / (2 * h)
    slope_t = (bound(e.q, theta + h) - bound(e.q, theta - h)) / (2 * h)
    scale = (q * (1 - q), theta * (1 - theta)) if model is COINS else (1.0, 1.0)     # steps of a coin are in logits
    assert (e.q - q) / rate == pytest.approx(slope_q * scale[0] ** 2, rel=1e-3, abs=1e-5)
    assert (m.theta - theta) / rate == pytest.approx(slope_t * scale[1] ** 2, rel=1e-3, abs=1e-5)


def test_gradient_paths_leave_a_gap_and_still_arrive() -> None:
    moves = list(itertools.islice(elbo.gradient_ascent(LECTURE, 2.0, -2.0, -2.0, 0.1, 0.1), 801))
    assert moves[5].gap > 0.1
    assert (moves[-1].theta, moves[-1].q) == (pytest.approx(2.0, abs=1e-3), pytest.approx(0.0, abs=1e-3))
    wild = list(itertools.islice(elbo.gradient_ascent(LECTURE, 2.0, -2.0, -2.0, 3.0, 3.0), 50))
    assert wild[-1].bound < wild[0].bound
    assert all(math.isfinite(move.bound) for move in wild)


def test_axes_that_do_not_fit_are_an_error() -> None:
    for model, x, q in ((COINS, 3, [0.0]), (COINS, 3, [1.5]), (LECTURE, 0.0, [60.0]), (LECTURE, 0.0, [])):
        with pytest.raises(ArgumentError, match="q has to hold"):
            elbo.landscape(model, x, q, [0.5])

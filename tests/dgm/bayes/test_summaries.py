"""dgm.bayes.summaries: curves along theta, other axes, the plane of two unknowns, histories and single terms."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dgm import bayes, runtime
from tests.dgm.bayes.beliefs import cases

positive = st.floats(0.05, 50)


@settings(max_examples=40, deadline=None)
@given(a=positive, b=positive, heads=st.integers(0, 40), tails=st.integers(0, 40))
def test_the_integral_of_the_joint_density_is_the_evidence(a: float, b: float, heads: int, tails: int) -> None:
    data = bayes.Counts(heads, tails)
    found = bayes.curves(bayes.BetaBernoulli(a, b), data, 1001)
    assert bool((found.theta[1:] >= found.theta[:-1]).all())
    assert found.area == pytest.approx(math.exp(found.log_evidence - found.max_log_likelihood))
    if min(a + heads, b + tails) >= 1:   # otherwise the density runs to infinity and no polygon has its area
        assert float(torch.trapezoid(found.joint, found.theta)) == pytest.approx(found.area, rel=5e-3)
        torch.testing.assert_close(found.posterior * found.area, found.joint, rtol=1e-6, atol=1e-9)


def test_curves_of_other_beliefs_have_the_evidence_as_area() -> None:
    for model, data in cases()[5:7] + cases()[9:]:
        found = bayes.curves(model, data)  # type: ignore[arg-type]
        assert float(torch.trapezoid(found.joint, found.theta)) == pytest.approx(found.area, rel=5e-3)


def test_normal_plane_and_hdr_level() -> None:
    model = bayes.NormalInverseGamma(0, 1, 2, 3)
    data = 3 + 2 * torch.randn(30, generator=runtime.generator(1), dtype=torch.float64)
    plane = bayes.normal_plane(model, data)
    joint = plane.prior + plane.likelihood
    torch.testing.assert_close(joint - joint.max(), plane.posterior, rtol=1e-9, atol=1e-9)
    assert plane.log_evidence == model.log_evidence(data)
    z = torch.linspace(-6, 6, 601, dtype=torch.float64)
    standard_normal = -0.5 * (z[:, None] ** 2 + z**2)
    assert bayes.hdr_level(standard_normal, 1 - math.exp(-0.5)) == pytest.approx(-0.5, abs=0.01)


def test_axis_view_notes_why_there_is_no_map() -> None:
    view = bayes.axis_view(bayes.BetaBernoulli(0.5, 0.5), "p")
    assert view.map_at is None
    assert view.map_p is None
    assert "both edges" in view.note
    edge = bayes.axis_view(bayes.BetaBernoulli(0.5, 2), "p")
    assert edge.map_at == edge.map_p == 0
    for axis in bayes.AXES:
        found = bayes.axis_view(bayes.histogram_prior([0, 1, 3, 1]), axis)
        assert torch.isfinite(found.density).all()


BELIEFS = [(bayes.BetaBernoulli(2, 2), [1.0, 0, 1]), (bayes.NormalNormal(0, 4, 1), [1.0, 2.0]),
           (bayes.NormalInverseGamma(0, 1, 2, 3), [1.0, 2.0, 4.0]), (bayes.histogram_prior([0, 1, 2, 1]), [1.0, 1.0]),
           (bayes.MixturePrior((1, 2), (bayes.BetaBernoulli(5, 5), bayes.BetaBernoulli(1, 2))), [0.0, 1.0])]


@pytest.mark.parametrize(("prior", "data"), BELIEFS)
def test_history_has_a_belief_per_observation(prior: bayes.Belief, data: list[float]) -> None:
    history = bayes.history(prior, data)
    assert history is not None
    assert len(history.densities) == len(data) + 1 == len(history.log_predictives) + 1
    assert math.fsum(history.log_predictives) == pytest.approx(prior.log_evidence(data))
    for density in history.densities:
        assert float(torch.trapezoid(density, history.theta)) == pytest.approx(1, abs=0.03)


def test_a_die_has_no_history_along_one_theta() -> None:
    assert bayes.history(bayes.DirichletCategorical((1, 1, 1)), [0.0]) is None


@settings(max_examples=50, deadline=None)
@given(a=st.floats(0.2, 30), b=st.floats(0.2, 30), heads=st.integers(0, 20), tails=st.integers(0, 20),
       theta=st.floats(0.01, 0.99))
def test_the_terms_of_the_theorem_add_up(a: float, b: float, heads: int, tails: int, theta: float) -> None:
    terms = bayes.theorem_terms(bayes.BetaBernoulli(a, b), bayes.Counts(heads, tails), theta)
    assert terms.log_posterior == pytest.approx(
        terms.log_likelihood + terms.log_prior - terms.log_evidence, rel=1e-9, abs=1e-9)


def test_map_rows_name_every_axis() -> None:
    rows = bayes.map_rows(bayes.BetaBernoulli(0.5, 0.5))
    assert [row.axis for row in rows] == ["p", "logit p", "angle"]
    assert rows[0].theta is None
    assert "both edges" in rows[0].note
    assert rows[1].theta == 0.5

"""dgm.bayes.summaries: the plane of two unknowns, its levels, and where a map has no highest point."""

import math

import pytest
import torch

from dgm import bayes, runtime


def test_plane_and_level() -> None:
    model = bayes.NormalInverseGamma(0, 1, 2, 3)
    data = 3 + 2 * torch.randn(30, generator=runtime.generator(1), dtype=torch.float64)
    plane = bayes.plane(model, data)
    joint = plane.prior + plane.likelihood
    torch.testing.assert_close(joint - joint.max(), plane.posterior, rtol=1e-9, atol=1e-9)
    assert plane.log_evidence == model.log_evidence(data)
    z = torch.linspace(-6, 6, 601, dtype=torch.float64)
    round_hill = -0.5 * (z[:, None] ** 2 + z**2)
    assert bayes.level(round_hill, 1 - math.exp(-0.5)) == pytest.approx(-0.5, abs=0.01)


def test_axis_view_says_why_there_is_no_map() -> None:
    view = bayes.axis_view(bayes.BetaBernoulli(0.5, 0.5), "p")
    assert view.map_at is None
    assert view.map_p is None
    assert "both edges" in view.note
    edge = bayes.axis_view(bayes.BetaBernoulli(0.5, 2), "p")
    assert edge.map_at == edge.map_p == 0
    for axis in bayes.AXES:
        drawing = bayes.axis_view(bayes.drawn([0, 1, 3, 1]), axis)
        assert torch.isfinite(drawing.density).all()

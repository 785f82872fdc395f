"""The evidence of the one-dimensional continuous mixture: quadrature and Monte Carlo."""

import math

import numpy as np
import pytest
import torch

from dgm.gmm import continuous_mixture

GRID = torch.linspace(-14, 14, 801, dtype=torch.float64)


def test_evidence_without_swing_is_a_gaussian() -> None:
    curve = continuous_mixture.Curve(slope=1.7, swing=0, noise=0.4)
    exact = torch.distributions.Normal(0 * GRID, math.hypot(1.7, 0.4)).log_prob(GRID)
    torch.testing.assert_close(continuous_mixture.evidence(GRID, curve), exact, rtol=0, atol=1e-11)


@pytest.mark.parametrize("theta", [(1.0, 1.5, 2.0, 0.3), (0.5, 2.0, 6.0, 0.05), (0.0, 1.0, 1.0, 1.0)])
def test_evidence_against_adaptive_quadrature(theta: tuple[float, float, float, float]) -> None:
    from scipy.integrate import quad

    curve = continuous_mixture.Curve(*theta)
    log_p = continuous_mixture.evidence(GRID, curve)
    assert float(torch.trapezoid(log_p.exp(), GRID)) == pytest.approx(1, abs=1e-8)
    slope, swing, frequency, noise = theta
    points = torch.tensor([0.3, 1.9], dtype=torch.float64)
    for x, expected in zip(points.tolist(), continuous_mixture.evidence(points, curve), strict=True):
        def integrand(z: float, x: float = x) -> float:
            off = (x - slope * z - swing * math.sin(frequency * z)) / noise
            return math.exp(-(z * z + off * off) / 2) / (2 * math.pi * noise)
        value = sum(quad(integrand, a, a + 0.1, epsabs=1e-10)[0] for a in np.arange(-8, 8, 0.1))
        assert math.log(value) == pytest.approx(float(expected), abs=1e-6)


def test_monte_carlo_is_unbiased_with_the_right_standard_error() -> None:
    curve, x = continuous_mixture.Curve(), torch.tensor([-2.0, 0.0, 1.5]).double()
    exact = continuous_mixture.evidence(x, curve).exp()
    runs = [continuous_mixture.monte_carlo(x, curve, 400, seed) for seed in range(300)]
    values, errors = torch.stack([run.value for run in runs]), torch.stack([run.error for run in runs])
    assert ((values.mean(0) - exact).abs() < 4 * values.std(0) / math.sqrt(300)).all()
    spread = values.std(0)
    assert ((errors.mean(0) - spread).abs() < 4.5 * spread / math.sqrt(2 * 299)).all()
    torch.testing.assert_close(runs[0].pieces.sum(0), runs[0].value)


def test_wrong_arguments_raise() -> None:
    with pytest.raises(ValueError, match="noise has to be a finite number from"):
        continuous_mixture.Curve(noise=0)
    with pytest.raises(ValueError, match="whole number from 2 to"):
        continuous_mixture.monte_carlo(GRID, continuous_mixture.Curve(), 1)

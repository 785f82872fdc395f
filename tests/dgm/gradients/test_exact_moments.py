"""Closed forms against adaptive quadrature and against arithmetic with 40 digits, out to the ends of the ranges."""

import math
from dataclasses import replace

import mpmath
import pytest
import torch

from dgm.gradients import COSTS, ESTIMATORS, Gaussian, costs, exact, exact_moments
from dgm.gradients.gaussian_moments import Table, quadrature


@pytest.mark.parametrize(("cost_name", "k", "mu", "s"), [
    ("quadratic", 0.3, 0.7, 0.6), ("cosine", 0.3, 0.0, 0.6), ("cosine", 4.0, 0.7, 7.0), ("sine", 4.0, 0.7, 0.05),
    ("exponential", 0.3, 0.7, 0.05), ("exponential", 4.0, -0.7, 7.0), ("exponential", 4.0, 0.0, 0.3),
    ("cosine", -2.0, 1.0, 0.5), ("log-likelihood", 2.0, -1.0, 1.0)])
def test_closed_form_against_quadrature(cost_name: str, k: float, mu: float, s: float) -> None:
    closed = COSTS[cost_name](k)
    without_closed_form = replace(closed, table=None, pairs=None)
    for name in ESTIMATORS:
        one, other = exact(name, closed, Gaussian(mu, s), 5), exact(name, without_closed_form, Gaussian(mu, s), 5)
        size = other.mean.abs() + other.variance.sqrt()
        assert ((one.mean - other.mean).abs() <= 1e-10 * size + 1e-13).all(), name
        assert ((one.variance - other.variance).abs() <= 1e-10 * other.variance + 1e-13).all(), name


def precise(cost: str, k: float, mu: float, s: float) -> dict[str, list[float]]:
    """Variances by 40-digit closed Gaussian integrals, E[cos(b u) u^p] = Re of the derivative of exp(-b^2/2)."""
    with mpmath.workdps(60):
        k, mu, s = mpmath.mpf(k), mpmath.mpf(mu), mpmath.mpf(s)
        hermite = {0: lambda b: 1, 1: lambda b: 1j * b, 2: lambda b: 1 - b**2, 3: lambda b: 1j * (3 * b - b**3),
                   4: lambda b: 3 - 6 * b**2 + b**4}

        def wave(b: mpmath.mpf, p: int) -> mpmath.mpf:          # E[e^{i (b/s)(mu + s u)} u^p]
            return mpmath.e ** (1j * b / s * mu) * hermite[p](b) * mpmath.e ** (-(b**2) / 2)

        a = k * s
        f = lambda p: mpmath.re(wave(a, p))  # noqa: E731
        flat = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3}
        f2 = lambda p: (flat[p] + mpmath.re(wave(2 * a, p))) / 2  # noqa: E731
        d2 = lambda p: k**2 * (flat[p] - mpmath.re(wave(2 * a, p))) / 2  # noqa: E731
        eta = [f(1) / s, (f(2) - f(0)) / s]
        second = [f2(2) / s**2, (f2(4) - 2 * f2(2) + f2(0)) / s**2]
        weight = [f(2), (f(4) - 2 * f(2) + f(0)) / 2]           # b* = E[f T^2] / E[T^2]
        fisher = [1 / s**2, 2 / s**2]
        mean = [second[i] - 2 * f(0) * weight[i] * fisher[i] + f(0) ** 2 * fisher[i] - eta[i] ** 2 for i in (0, 1)]
        best = [second[i] - weight[i] ** 2 * fisher[i] - eta[i] ** 2 for i in (0, 1)]
        plain = [second[i] - eta[i] ** 2 for i in (0, 1)]
        return {name: [float(v) for v in values] for name, values in {
            "log-derivative": plain, "log-derivative + mean baseline": mean, "log-derivative + best baseline": best,
            "reparametrization": [d2(0) - eta[0] ** 2, d2(2) - eta[1] ** 2]}.items()}


@pytest.mark.parametrize(("k", "mu", "s"), [(1.3, 0.7, 0.6), (1.0, 0.0, 1e-6), (2.0, 0.4, 1e-6), (1e3, 0.3, 1.0),
                                            (1.0, 0.2, 1e3), (1e-3, 0.5, 1e3), (1e6, 1e-6, 1e-3), (0.5, 0.0, 1e-2)])
def test_cosine_against_forty_digits(k: float, mu: float, s: float) -> None:
    for name, variance in precise("cosine", k, mu, s).items():
        found = exact(name, COSTS["cosine"](k), Gaussian(mu, s)).variance.tolist()
        assert found == pytest.approx(variance, rel=1e-8), name   # k mu itself is only known to 1e-10 at the ends


@pytest.mark.parametrize("s", [1e-6, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("cost_name", ["quadratic", "exponential", "cosine", "sine", "log-likelihood"])
def test_moments_at_the_ends_of_the_range_are_finite_and_ordered(cost_name: str, s: float) -> None:
    k = min(1e3 / s, 1e3)
    for mu in (0.0, 0.7):
        laws = {name: exact(name, COSTS[cost_name](k), Gaussian(mu, s)).variance
                for name in ESTIMATORS if name != "measure-valued"}
        assert all(v.isfinite().all() and (v >= 0).all() for v in laws.values()), (cost_name, s, mu)
        plain, best = laws["log-derivative"], laws["log-derivative + best baseline"]
        assert (best <= plain * (1 + 1e-9)).all()


def test_spike_far_from_the_mean_is_found() -> None:
    """exp(-k x^2) with a width of 1e-4 sigma: quadrature needs panels near it."""
    cost = replace(COSTS["exponential"](1e8), table=None)
    closed = exact("log-derivative", COSTS["exponential"](1e8), Gaussian(1.0, 1.0))
    assert exact("log-derivative", cost, Gaussian(1.0, 1.0)).variance.tolist() == pytest.approx(
        closed.variance.tolist(), rel=1e-8)


def test_exponential_against_forty_digits() -> None:
    for k, mu, s in ((0.8, 0.7, 0.6), (1e4, 0.01, 1.0), (1.0, 0.5, 1e-4), (3.0, 0.0, 1e-2), (1.0, 20.0, 0.1)):
        with mpmath.workdps(50):
            def mean(g: object, k: float = k, mu: float = mu, s: float = s, c: int = 1) -> mpmath.mpf:
                a = 1 + 2 * c * mpmath.mpf(k) * mpmath.mpf(s) ** 2
                m, v = -2 * c * mpmath.mpf(k) * mpmath.mpf(mu) * mpmath.mpf(s) / a, 1 / a
                moments = [1, m, m**2 + v, m**3 + 3 * m * v, m**4 + 6 * m**2 * v + 3 * v**2]
                front = mpmath.e ** (-c * mpmath.mpf(k) * mpmath.mpf(mu) ** 2 / a) / mpmath.sqrt(a)
                return front * mpmath.fsum(w * moments[p] for p, w in g.items())  # type: ignore[attr-defined]

            t2 = {4: 1, 2: -2, 0: 1}
            first = [mean({1: 1}), mean({2: 1, 0: -1})]
            plain = [mean({2: 1}, c=2) - first[0] ** 2, mean(t2, c=2) - first[1] ** 2]
            best = [plain[0] - mean({2: 1}) ** 2, plain[1] - mean(t2) ** 2 / 2]
            truth = {"log-derivative": plain, "log-derivative + best baseline": best}
        for name, values in truth.items():
            found = exact(name, COSTS["exponential"](k), Gaussian(mu, s)).variance * s**2
            assert found.tolist() == pytest.approx([float(v) for v in values], rel=1e-8), (name, k, mu, s)


def test_a_variance_that_does_not_exist_is_infinite() -> None:
    grows = costs.as_cost(lambda x: torch.exp(0.3 * x * x))
    law = exact("log-derivative", grows, Gaussian(0.0, 1.0))
    assert law.variance.isinf().all()
    assert exact("log-derivative", grows, Gaussian(0.0, 0.5)).variance.isfinite().all()


def test_a_cost_without_value_raises() -> None:
    with pytest.raises(ValueError, match="no value near x"):
        exact("log-derivative", torch.log, Gaussian(0.5, 1.0))


def test_steps_are_integrated_and_reparametrization_is_biased() -> None:
    """f = 1 for x > 0: grad_mu = N(0; mu, sigma^2), grad_sigma = -mu/sigma times it; reparametrization gives 0."""
    step = costs.as_cost(lambda x: (x > 0).to(x.dtype))
    mu, s = 0.4, 0.7
    density = math.exp(-(mu**2) / (2 * s**2)) / (s * math.sqrt(2 * math.pi))
    assert exact("log-derivative", step, Gaussian(mu, s)).mean.tolist() == pytest.approx(
        [density, -mu / s * density], rel=1e-8)
    assert exact("reparametrization", step, Gaussian(mu, s)).mean.tolist() == [0.0, 0.0]


def test_tables_broadcast() -> None:
    mu, s = torch.tensor([0.1, 2.0], dtype=torch.float64)[:, None], torch.tensor([0.2, 0.9, 3.0], dtype=torch.float64)
    for name in ("quadratic", "cosine", "exponential", "logistic"):
        table = costs.table_of(COSTS[name](1.3), mu, s)
        assert isinstance(table, Table)
        corner = costs.table_of(COSTS[name](1.3), mu[1], s[2:])
        assert float(torch.as_tensor(table.ee2)[1, 2]) == pytest.approx(float(corner.ee2), rel=1e-12)


def test_odd_moments_of_waves_against_quadrature() -> None:
    cost = COSTS["sine"](3.0)
    mu, s = torch.tensor(0.2, dtype=torch.float64), torch.tensor(0.8, dtype=torch.float64)
    closed = costs.pairs_of(cost, mu, s)[1]
    without_closed_form = quadrature(cost.value, cost.slope, mu, s)[1]
    assert float(closed.odd) == pytest.approx(float(without_closed_form.odd), rel=1e-11)
    assert float(closed.cross) == pytest.approx(float(without_closed_form.cross), rel=1e-11)


def test_moving_average_law_for_one_sample_is_the_constant_baseline() -> None:
    q, cost = Gaussian(0.3, 0.9), COSTS["exponential"](1.1)
    one = exact("log-derivative + moving-average baseline", cost, q, 1)
    assert torch.allclose(one.variance, exact("log-derivative + constant baseline", cost, q).variance, rtol=1e-12)
    assert exact_moments.DECAY == 0.9

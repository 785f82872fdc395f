"""Exact moments of costs with kinks, steps, spikes, poles and fast growth: right where they exist, inf where not."""

import math
from collections.abc import Callable
from itertools import product

import mpmath
import numpy as np
import pytest
import torch
from scipy.special import erf

from dgm.errors import ArgumentError
from dgm.gradients import COSTS, ESTIMATORS, Gaussian, Moments, costs, exact, formula

Number = Callable[[np.ndarray], np.ndarray]
FAR = [(mu, s) for mu in (-3.0, 0.6, 1.0, 2.5, 3.0) for s in (0.02, 0.03, 0.05, 0.08, 0.1, 0.12, 0.15)]
ROUNDING = 1e-12


def close(found: Moments, mean: list[float], variance: list[float], rel: float = 1e-9) -> bool:
    """Whether both are right to `rel`, or to the rounding of the second moment that a variance is a part of."""
    m, v = (torch.tensor(x, dtype=torch.float64) for x in (mean, variance))
    scale = m.abs() + v.abs().sqrt()
    right = ((found.mean - m).abs() <= (rel + ROUNDING) * scale + ROUNDING) & (
        (found.variance - v).abs() <= rel * v.abs() + ROUNDING * (1 + scale**2))
    return bool(right.all())


@pytest.mark.parametrize(("mu", "s"), FAR)
def test_a_kink_or_a_step_at_any_distance(mu: float, s: float) -> None:
    """E sign x = erf(mu / s sqrt 2), E[sign(x) u] = 2 phi(mu / s), and sign^2 = 1; a step's gradient is a density."""
    sign, density = float(erf(mu / s / math.sqrt(2))), math.exp(-((mu / s) ** 2) / 2) / math.sqrt(2 * math.pi)
    kink = exact("reparametrization", formula("abs(x)"), Gaussian(mu, s))
    assert close(kink, [sign, 2 * density], [1 - sign**2, 1 - 4 * density**2])
    step = exact("log-derivative + mean baseline", formula("step(x)"), Gaussian(mu, s))
    assert step.mean.tolist() == pytest.approx([density / s, -mu / s * density / s], rel=1e-9, abs=1e-15 / s)
    assert exact("reparametrization", formula("step(x)"), Gaussian(mu, s)).variance.tolist() == [0.0, 0.0]


def test_the_kink_thirty_sigma_away() -> None:
    found = exact("reparametrization", formula("abs(x)"), Gaussian(3.0, 0.1))
    assert found.mean.tolist() == pytest.approx([1.0, 0.0], abs=1e-14)
    assert found.variance.tolist() == pytest.approx([0.0, 1.0], abs=1e-14)


WITHOUT_POLES = ["abs(x)", "step(x)", "2*step(x)-1", "(x+abs(x))/2", "tanh(100*x)", "sigmoid(50*(x-0.3))", "sin(300*x)",
                 "log(abs(x)+0.01)", "exp(-1/x**2)", "sin(x)/x", "x*log(abs(x))", "softplus(40*x)", "cosh(x)",
                 "exp(0.1*x**2)", "exp(-1000000*(x-0.7)**2)"]


@pytest.mark.parametrize("text", WITHOUT_POLES)
def test_moments_are_finite_wherever_the_feature_lies(text: str) -> None:
    for (mu, s), name in product([(3.0, 0.1), (3.0, 0.05), (0.0, 0.3), (1.0, 0.02)], ESTIMATORS):
        found = exact(name, formula(text), Gaussian(mu, s), 3)
        assert found.mean.isfinite().all(), (text, mu, s, name)
        assert found.variance.isfinite().all(), (text, mu, s, name)


STEEP: dict[str, tuple[Number, Number, tuple[float, ...]]] = {     # formula -> f, f', breakpoints
    "abs(x-1)": (lambda x: abs(x - 1), lambda x: np.sign(x - 1), (1.0,)),
    "(x+abs(x))/2": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, (0.0,)),
    "tanh(100*x)": (lambda x: np.tanh(100 * x), lambda x: 100 / np.cosh(np.clip(100 * x, -300, 300)) ** 2,
                    tuple(np.linspace(-0.4, 0.4, 41))),
    "sin(30*x)": (lambda x: np.sin(30 * x), lambda x: 30 * np.cos(30 * x), tuple(np.linspace(-20, 20, 400))),
    "exp(-5000*(x-0.7)**2)": (lambda x: np.exp(-5000 * (x - 0.7) ** 2),
                              lambda x: -10000 * (x - 0.7) * np.exp(-5000 * (x - 0.7) ** 2),
                              tuple(np.linspace(0.5, 0.9, 41))),
    "abs(x)**3": (lambda x: abs(x) ** 3, lambda x: 3 * x * abs(x), (0.0,)),
}


def mean_over_panels(g: Callable[[np.ndarray, np.ndarray], np.ndarray], mu: float, s: float,
                     breaks: tuple[float, ...]) -> float:
    """E g(x, u) by 60-point Gauss-Legendre rules between breakpoints: none of the package's code."""
    t, w = np.polynomial.legendre.leggauss(60)
    inside = [(b - mu) / s for b in breaks if abs(b - mu) < 13 * s]
    edges = np.unique(np.concatenate([np.linspace(-13, 13, 53), inside]))
    half = np.diff(edges)[:, None] / 2
    u = edges[:-1, None] + half * (1 + t)
    return float((half * w * g(mu + s * u, u) * np.exp(-u * u / 2)).sum() / math.sqrt(2 * math.pi))


@pytest.mark.parametrize("text", STEEP)
@pytest.mark.parametrize(("mu", "s"), [(0.0, 0.5), (0.3, 1.0), (1.0, 0.02), (1.0, 2.0), (3.0, 0.1), (-2.0, 0.3)])
def test_against_a_composite_rule(text: str, mu: float, s: float) -> None:
    f, d, breaks = STEEP[text]

    def mean(g: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> float:
        return mean_over_panels(lambda x, u: g(f(x), d(x), u), mu, s, breaks)

    first = [mean(lambda F, D, u: F * u) / s, mean(lambda F, D, u: F * (u * u - 1)) / s]
    centre = mean(lambda F, D, u: F)
    square = [mean(lambda F, D, u: ((F - centre) * u) ** 2), mean(lambda F, D, u: ((F - centre) * (u * u - 1)) ** 2)]
    found = exact("log-derivative + mean baseline", formula(text), Gaussian(mu, s))
    assert close(found, first, [b / s**2 - a * a for a, b in zip(first, square, strict=True)], 1e-8)
    for name, add in (("reparametrization", 0.0), ("sticking the landing", 1 / s)):
        path = [mean(lambda F, D, u: D + add * u), mean(lambda F, D, u: (D + add * u) * u)]  # noqa: B023
        squares = [mean(lambda F, D, u: (D + add * u) ** 2), mean(lambda F, D, u: ((D + add * u) * u) ** 2)]  # noqa: B023
        truth = [b - a * a for a, b in zip(path, squares, strict=True)]
        assert close(exact(name, formula(text), Gaussian(mu, s)), [path[0], path[1] - add], truth, 1e-8), name


def power(p: float, mu: float, s: float) -> tuple[list[float], list[float]]:
    """Mean and variance of the log-derivative for |x|^p, from E |x|^p and its derivatives by mu."""
    with mpmath.workdps(30):
        m, v = mpmath.mpf(mu), mpmath.mpf(s)

        def derivative(q: float, k: int) -> mpmath.mpf:       # s^k d^k/dmu^k E |x|^q = E[|x|^q He_k(u)]
            half = mpmath.mpf(q) / 2
            front = v**q * mpmath.mpf(2) ** half * mpmath.gamma(half + 0.5) / mpmath.sqrt(mpmath.pi)
            return v**k * mpmath.diff(lambda c: front * mpmath.hyp1f1(-half, 0.5, -(c**2) / (2 * v**2)), m, k)

        first = [derivative(p, 1) / v, derivative(p, 2) / v]
        e0, e2, e4 = (derivative(2 * p, k) for k in (0, 2, 4))
        square = [e2 + e0, (e4 + 6 * e2 + 3 * e0) - 2 * (e2 + e0) + e0]
        return [float(x) for x in first], [float(b / v**2 - a**2) for a, b in zip(first, square, strict=True)]


@pytest.mark.parametrize("p", [-0.45, 0.5])
@pytest.mark.parametrize(("mu", "s"), [(0.0, 0.5), (0.3, 1.0), (3.0, 0.1)])
def test_a_singularity_that_can_be_integrated(p: float, mu: float, s: float) -> None:
    assert close(exact("log-derivative", formula(f"abs(x)**{p}"), Gaussian(mu, s)), *power(p, mu, s), 1e-10)
    shifted = exact("log-derivative", formula(f"abs(x-1.7)**{p}"), Gaussian(mu + 1.7, s))     # x - 1.7 is rounded
    assert close(shifted, *power(p, mu, s), 1e-4)


@pytest.mark.parametrize(("text", "slope"), [("abs(x)", 1.0), ("3*x", 3.0), ("abs(x)-3", 1.0), ("-2*x+7", -2.0)])
@pytest.mark.parametrize(("mu", "s"), [(3.0, 0.1), (2.0, 0.1), (-3.0, 0.01)])
def test_a_constant_slope_has_the_variance_of_a_distant_kink_alone(text: str, slope: float, mu: float,
                                                                  s: float) -> None:
    """|x| has the slope -1 with probability p = Phi(-|mu| / sigma): the variance is 4 p (1 - p), and 0 for a line."""
    kink = "abs" in text
    slope = slope * math.copysign(1.0, mu) if kink else slope
    with mpmath.workdps(30):
        p = mpmath.ncdf(-abs(mu) / mpmath.mpf(s))
        truth = float(4 * p * (1 - p)) if kink else 0.0
    found = exact("reparametrization", formula(text), Gaussian(mu, s))
    assert found.mean.tolist() == pytest.approx([slope, 0.0], abs=1e-80)
    assert found.variance.tolist() == [pytest.approx(truth, rel=1e-11, abs=0.0), pytest.approx(slope**2, rel=1e-13)]


NO = math.inf
EXISTING = {     # formula -> finite or not: E of the log-derivative, its variance, E of reparametrization, its variance
    "1/x": "0000", "1/(x-1)": "0000", "tan(x)": "0000", "exp(1/x)": "0000", "x**-2": "0000",
    "log(abs(x))": "1100", "log(x**2)": "1100", "1/sqrt(abs(x))": "1000", "abs(x)**-0.4": "1100",
    "1/abs(x-1)**0.25": "1100", "sqrt(abs(x))": "1110", "abs(x-1)**0.6": "1111", "step(x)/sqrt(abs(x))": "1000",
    "exp(x**4)": "0000", "exp(exp(x))": "0000", "exp(abs(x)**2.5)": "0000", "exp(abs(x)**1.9)": "1111",
    "exp(-x**4)": "1111", "1/(x**2+0.0001)": "1111", "exp(0.3*x**2)*sin(x)": "1111",
}


@pytest.mark.parametrize("text", EXISTING)
@pytest.mark.parametrize(("mu", "s"), [(0.4, 0.5), (3.0, 0.1), (3.0, 0.02)])
def test_inf_exactly_where_a_moment_does_not_exist(text: str, mu: float, s: float) -> None:
    """A pole has no moments whatever its distance."""
    laws = [exact(name, formula(text), Gaussian(mu, s)) for name in ("log-derivative", "reparametrization")]
    found = [x for law in laws for x in law]
    for moment, flag in zip(found, EXISTING[text], strict=True):
        assert moment.isinf().tolist() == [flag == "0"] * 2
        assert not moment.isnan().any()


def test_a_pole_at_mu_meets_a_score_of_zero() -> None:
    """1/(x - mu) times u / sigma is 1 / sigma^2 for every sample; E f and the gradient in sigma do not exist."""
    for text, mu in (("1/x", 0.0), ("1/(x-1)", 1.0)):
        found = exact("log-derivative", formula(text), Gaussian(mu, 0.5))
        assert found.mean.tolist() == pytest.approx([4.0, NO])
        assert found.variance.tolist() == pytest.approx([0.0, NO], abs=1e-12)
        assert exact("log-derivative + mean baseline", formula(text), Gaussian(mu, 0.5)).variance.isinf().all()


@pytest.mark.parametrize("s", [0.5, 0.9, 0.91, 0.9128, 0.9129, 1.0, 1.2, 1.29, 1.3, 1.5])
def test_up_to_the_sigma_where_exp_c_x_squared_ceases_to_exist(s: float) -> None:
    """exp(0.3 x^2): second moments exist below sigma = 1/sqrt(1.2) = 0.91287, means below 1/sqrt(0.6) = 1.29099."""
    for mu, name in product((0.5, 3.0), ESTIMATORS):
        closed, integrated = (exact(name, cost, Gaussian(mu, s), 3)
                              for cost in (COSTS["exponential"](-0.3), formula("exp(0.3*x**2)")))
        assert torch.allclose(closed.mean, integrated.mean, rtol=1e-8), (mu, name)
        assert torch.allclose(closed.variance, integrated.variance, rtol=1e-7), (mu, name)
        for moment, c in ((closed.variance, 0.6), (closed.mean, 0.3)):      # exp(c mu^2 / (1 - 2 c s^2)) overflows
            rest = 1 - 2 * c * s * s
            assert moment.isfinite().all() == (rest > 0 and c * mu * mu / rest < 690), (mu, name)


def test_a_whole_vector_of_poles() -> None:
    """Where one coordinate has no moments the others' gradients have none either: f is the sum."""
    found = exact("log-derivative", formula("1/x"), Gaussian([0.0, 1.0], 0.5))
    assert found.mean.isinf().all()
    assert found.variance.isinf().all()
    assert exact("reparametrization", formula("sqrt(abs(x))"), Gaussian([1.0, 2.0], 0.5)).variance.isinf().all()


def test_oscillations_are_followed_or_refused() -> None:
    closed, integrated = (exact("measure-valued", cost, Gaussian(0.5, 1.0))
                          for cost in (COSTS["sine"](1000.0), formula("sin(1000*x)")))
    assert torch.allclose(closed.variance, integrated.variance, rtol=1e-9)
    with pytest.raises(ArgumentError, match="varies too fast"):
        exact("log-derivative", formula("sin(1000000*x)"), Gaussian(0.5, 3.0))


def test_any_torch_function_has_its_spikes_found() -> None:
    spike = costs.as_cost(lambda x: torch.exp(-1e6 * (x - 0.7) ** 2))
    law = exact("log-derivative", COSTS["exponential"](1e6), Gaussian(-0.7, 1.0))
    assert exact("log-derivative", spike, Gaussian(0.0, 1.0)).variance.tolist() == pytest.approx(law.variance.tolist())


SMOOTH = [("quadratic", 1.5), ("exponential", 0.8), ("cosine", 2.3), ("sine", 1.1), ("general quadratic", 0.7),
          ("log-likelihood", 2.0), ("logistic", 1.5)]


@pytest.mark.parametrize(("name", "k"), SMOOTH)
def test_a_baselines_variance_keeps_its_digits_at_a_tiny_sigma(name: str, k: float) -> None:
    """f is linear there: (f - f(mu)) S has the variance 2 f'^2 in mu and 10 f'^2 in sigma, whatever is added to f."""
    cost = COSTS[name](k).plus(50.0)
    slope = float(cost.slope(torch.tensor([0.3], dtype=torch.float64)))
    for kind in ("constant", "mean", "best"):
        law = exact(f"log-derivative + {kind} baseline", cost, Gaussian(0.3, 1e-8))
        assert law.variance.tolist() == pytest.approx([2 * slope**2, 10 * slope**2], rel=1e-7), kind


@pytest.mark.parametrize("s", [1e-3, 1e-8])
def test_the_gap_to_a_constant_baseline_keeps_its_digits_at_a_minimum(s: float) -> None:
    """(x - k)^2 + 50 at mu = k: f - f(mu) = s^2 u^2, so 15 s^2 and 74 s^2; E f - f(mu) = s^2 is lost beside 50."""
    cost = COSTS["quadratic"](1.5).plus(50.0)
    law = exact("log-derivative + constant baseline", cost, Gaussian(1.5, s))
    assert (law.variance / s**2).tolist() == pytest.approx([15.0, 74.0], rel=1e-12)
    one = exact("log-derivative + moving-average baseline", cost, Gaussian(1.5, s), 1)
    assert (one.variance / s**2).tolist() == pytest.approx([15.0, 74.0], rel=1e-12)

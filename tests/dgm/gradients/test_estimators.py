"""dgm.gradients: every estimator against exact moments, few samples and many, in one and in D dimensions."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from dgm import gradients, runtime
from dgm.errors import ArgumentError
from dgm.gradients import COSTS, ESTIMATORS, Gaussian, estimate, estimators, exact

S = 60_000
CASES = [("quadratic", 1.5), ("exponential", 0.8), ("cosine", 2.3), ("sine", 1.1), ("general quadratic", 0.7),
         ("log-likelihood", 2.0), ("logistic", 1.5)]
Q = Gaussian(0.7, 0.6)
ROUNDING = 1e-9


def z_scores(found: Tensor, truth: Tensor, error: Tensor) -> Tensor:
    """Deviations in standard errors; a deviation within rounding of the truth counts as none."""
    gap = (found - truth).abs()
    return torch.where(gap <= ROUNDING * (1 + truth.abs()), 0.0, gap / error.clamp(min=1e-300))


def per_sample(name: str, cost: gradients.Cost, q: Gaussian, count: int) -> gradients.Moments:
    """Exact moments of one of `count` samples drawn together."""
    if ESTIMATORS[name].sequential:
        law = exact(name, cost, q, count)
        return gradients.Moments(law.mean, law.variance * count)
    return exact(name, cost, q)


@pytest.mark.parametrize(("cost_name", "k"), CASES)
def test_means_and_variances_of_every_estimator(cost_name: str, k: float) -> None:
    cost, eps = COSTS[cost_name](k), gradients.noise(S, 11)
    for name, estimator in ESTIMATORS.items():
        found, law = estimate(estimator(cost, Q, eps)), per_sample(name, cost, Q, S)
        assert z_scores(found.mean, law.mean, found.mean_error).max() < 4, name
        assert z_scores(found.variance, law.variance, found.variance_error).max() < 4, name


@pytest.mark.parametrize("name", ["log-derivative", "log-derivative + leave-one-out", "reparametrization",
                                  "log-derivative + moving-average baseline", "sticking the landing"])
def test_three_samples_twenty_thousand_times(name: str) -> None:
    """A baseline that contains its own sample passes with many samples: only few show the bias."""
    cost, repeats = COSTS["quadratic"](-1.0), 20_000
    eps = torch.randn(repeats, 3, generator=runtime.generator(5), dtype=torch.float64)
    rows = ESTIMATORS[name].function(gradients.Draw(cost, Q.mu, Q.sigma, eps))
    found, law = estimate(torch.stack([g.mean(-1) for g in rows], 1)), exact(name, cost, Q, 3)
    assert z_scores(found.mean, law.mean, found.mean_error).max() < 4
    assert z_scores(found.variance, law.variance, found.variance_error).max() < 4


def test_rows_of_samples_are_the_estimator_called_row_by_row() -> None:
    cost, eps = COSTS["cosine"](2.0), torch.randn(4, 5, generator=runtime.generator(2), dtype=torch.float64)
    for name in set(ESTIMATORS) - {"measure-valued"}:
        mu, sigma = ESTIMATORS[name].function(gradients.Draw(cost, Q.mu, Q.sigma, eps))
        for i in range(4):
            one = ESTIMATORS[name](cost, Q, eps[i])
            assert torch.allclose(torch.stack([mu[i], sigma[i]], 1), one, atol=1e-13), name


def closed_forms(d: float, s: float) -> dict[str, tuple[float, float]]:
    """Variances for (x - k)^2, d = mu - k, derived by hand."""
    return {
        "log-derivative": (d**4 / s**2 + 14 * d**2 + 15 * s**2, 2 * d**4 / s**2 + 60 * d**2 + 74 * s**2),
        "log-derivative + mean baseline": (8 * d**2 + 10 * s**2, 40 * d**2 + 56 * s**2),
        "log-derivative + best baseline": (8 * d**2 + 6 * s**2, 40 * d**2 + 24 * s**2),
        "log-derivative, antithetic": (8 * d**2, 2 * d**4 / s**2 + 20 * d**2 + 74 * s**2),
        "reparametrization": (4 * s**2, 4 * d**2 + 8 * s**2),
        "reparametrization, antithetic": (0.0, 8 * s**2),
        "measure-valued": (4 * d**2 * (4 / math.pi - 1), 4 * d**2 + 4 * s**2),
    }


@pytest.mark.parametrize(("mu", "s", "k"), [(0.7, 0.6, 1.5), (-3.0, 1e-6, 2.0), (0.1, 1e3, 0.0), (2.0, 1e-3, 2.0)])
def test_quadratic_table(mu: float, s: float, k: float) -> None:
    for name, variance in closed_forms(mu - k, s).items():
        law = exact(name, COSTS["quadratic"](k), Gaussian(mu, s))
        assert law.variance.tolist() == pytest.approx(variance, rel=1e-11, abs=1e-300), name
        assert law.mean.tolist() == pytest.approx([2 * (mu - k), 2 * s], rel=1e-12, abs=1e-300), name


def test_leave_one_out_law() -> None:
    """(1/K) Var((f - E f) S) + (Var f I + eta^2) / (K (K - 1)), put together from other exact results."""
    cost, K = COSTS["cosine"](1.7), 7
    centred = exact("log-derivative + mean baseline", cost, Q)
    plain = exact("log-derivative + leave-one-out", cost, Q, K)
    u, w = np.polynomial.hermite_e.hermegauss(80)
    f = np.cos(1.7 * (Q.mu + Q.sigma * u))
    w = w / w.sum()
    spread = w @ f**2 - (w @ f) ** 2
    fisher = torch.tensor([1, 2]) / Q.sigma**2
    law = centred.variance / K + (spread * fisher + centred.mean**2) / (K * (K - 1))
    assert torch.allclose(plain.variance, law, rtol=1e-12)
    single = exact("log-derivative + leave-one-out", cost, Q, 1)
    assert torch.equal(single.variance, exact("log-derivative", cost, Q).variance)


@pytest.mark.parametrize("D", [1, 2, 9, 40])
def test_dimension_law(D: int) -> None:
    """f = |x - mu|^2, d/dmu_1: (D+2)(D+4) s^2, 2 (D+4) s^2, 2 (D+2) s^2, 4 s^2."""
    s, q = 0.8, Gaussian(torch.full((D,), 1.3), 0.8)
    laws = {"log-derivative": (D + 2) * (D + 4), "log-derivative + mean baseline": 2 * (D + 4),
            "log-derivative + best baseline": 2 * (D + 2), "reparametrization": 4}
    for name, law in laws.items():
        found = exact(name, COSTS["quadratic"](1.3), q)
        assert found.variance[0].item() == pytest.approx(law * s**2, rel=1e-12), name
        assert found.variance.shape == (D + 1,)


@pytest.mark.parametrize("cost_name", ["quadratic", "cosine", "exponential"])
def test_vectors_against_exact(cost_name: str) -> None:
    q, eps = Gaussian(torch.tensor([0.4, -0.9, 1.2]), 0.7), gradients.noise(S, 3, 3)
    for name, estimator in ESTIMATORS.items():
        cost = COSTS[cost_name](1.2).plus(0.8)
        g = estimator(cost, q, eps)
        assert g.shape == (S, 4)
        found, law = estimate(g), per_sample(name, cost, q, S)
        assert z_scores(found.mean, law.mean, found.mean_error).max() < 4.2, name
        assert z_scores(found.variance, law.variance, found.variance_error).max() < 4.2, name


def test_a_vector_of_one_is_the_one_dimensional_case() -> None:
    eps = gradients.noise(500, 8)
    for name in set(ESTIMATORS):
        flat = ESTIMATORS[name](COSTS["cosine"](1.1), Q, eps)
        assert torch.allclose(ESTIMATORS[name](COSTS["cosine"](1.1), Q, eps[:, None]), flat, atol=1e-12), name


def test_functions_of_a_whole_vector() -> None:
    """Any torch function is a cost; the exact mean here is E[x_0 x_1 + sin x_2] differentiated by hand."""
    mu, s, eps = torch.tensor([0.4, -0.9, 1.2], dtype=torch.float64), 0.7, gradients.noise(S, 4, 3)
    truth = torch.cat([mu[[1, 0]], (mu[2].cos() * math.exp(-s * s / 2))[None],
                       (-s * mu[2].sin() * math.exp(-s * s / 2))[None]])

    def f(z: Tensor) -> Tensor:
        return z[:, 0] * z[:, 1] + z[:, 2].sin()

    for name in ("log-derivative", "log-derivative + leave-one-out", "reparametrization", "sticking the landing",
                 "measure-valued", "log-derivative, antithetic", "log-derivative + moving-average baseline"):
        found = estimate(ESTIMATORS[name](f, Gaussian(mu, s), eps))
        assert z_scores(found.mean, truth, found.mean_error).max() < 4, name
    with pytest.raises(ValueError, match="leave-one-out"):
        ESTIMATORS["log-derivative + mean baseline"](f, Gaussian(mu, s), eps)


def test_same_noise_same_samples() -> None:
    """The estimators share eps: log-derivative and reparametrization see the same z = mu + sigma eps."""
    eps, k = gradients.noise(64, 1), 0.5
    z = Q.mu + Q.sigma * eps
    log_d = ESTIMATORS["log-derivative"](COSTS["quadratic"](k), Q, eps)
    rep = ESTIMATORS["reparametrization"](COSTS["quadratic"](k), Q, eps)
    assert torch.allclose(log_d[:, 0], (z - k) ** 2 * eps / Q.sigma)
    assert torch.allclose(log_d[:, 1], (z - k) ** 2 * (eps**2 - 1) / Q.sigma)
    assert torch.allclose(rep, 2 * (z - k)[:, None] * torch.stack([torch.ones_like(eps), eps], 1))
    assert torch.equal(log_d, ESTIMATORS["log-derivative"](COSTS["quadratic"](k), Q, eps)), "repeats bit for bit"


def test_an_added_constant_changes_only_the_log_derivative() -> None:
    cost = COSTS["general quadratic"](1.0, -0.5, 0.3)
    for name in ESTIMATORS:
        before, after = exact(name, cost, Q), exact(name, cost.plus(100.0), Q)
        assert torch.allclose(before.mean, after.mean, rtol=1e-9), name
        changed = not torch.allclose(before.variance, after.variance, rtol=1e-6)
        plain = name in ("log-derivative", "log-derivative, antithetic", "log-derivative + leave-one-out")
        assert changed == plain, name


def test_sticking_the_landing_and_the_sampled_bound() -> None:
    """Target N(m, t^2): (1/s - s/t^2)^2 and (mu - m)^2/t^4 + 2 (1/s - s/t^2)^2, zero at q = p."""
    m, t = 0.3, 0.9
    for mu, s in ((1.0, 0.5), (0.3, 0.9)):
        bend = 1 / s - s / t**2
        law = exact("sticking the landing", COSTS["general quadratic"](-0.5 / t**2, m / t**2), Gaussian(mu, s))
        assert law.variance.tolist() == pytest.approx(
            [bend**2, (mu - m) ** 2 / t**4 + 2 * bend**2], rel=1e-10, abs=1e-15)
    posterior = Gaussian(1.0, 0.5**0.5)
    bound = gradients.sampled_bound(2.0, posterior.mu, posterior.sigma)
    evidence = -0.5 * math.log(2 * math.pi * 2) - 1.0
    fisher = [1 / 0.5, 2 / 0.5]
    found = exact("log-derivative", bound, posterior)
    assert found.variance.tolist() == pytest.approx([evidence**2 * i for i in fisher], rel=1e-10)
    assert exact("log-derivative", bound.plus(-evidence), posterior).variance.max() < 1e-25
    assert exact("sticking the landing", bound, posterior).variance.max() < 1e-25
    assert exact("reparametrization", bound, posterior).variance.tolist() == pytest.approx([2.0, 4.0], rel=1e-12)


def test_reparametrization_has_the_larger_variance_for_a_large_k() -> None:
    cost, s = COSTS["cosine"](1e3), 1.0
    q = Gaussian(0.4, s)
    assert exact("log-derivative", cost, q).variance.tolist() == pytest.approx([0.5 / s**2, 1 / s**2], rel=1e-9)
    assert exact("reparametrization", cost, q).variance.tolist() == pytest.approx([5e5, 5e5], rel=1e-9)


def test_symmetry_of_mirrored_problems() -> None:
    for name in ESTIMATORS:
        here, there = (exact(name, COSTS["cosine"](1.3), Gaussian(mu, 0.5)) for mu in (0.8, -0.8))
        assert torch.allclose(here.variance, there.variance, rtol=1e-12), name
        assert torch.allclose(here.mean, there.mean * torch.tensor([-1.0, 1.0]), rtol=1e-12), name


def test_input_types_and_validation() -> None:
    eps32 = gradients.noise(100, 0).float()
    for eps in (eps32, eps32.numpy(), eps32.double().tolist()):
        for name in ESTIMATORS:
            g = ESTIMATORS[name](COSTS["quadratic"](1.0), Gaussian(np.float32(0.5), 1.0), eps)
            assert g.shape == (100, 2)
            assert g.dtype == torch.float64
    one = COSTS["quadratic"](1.0)
    with pytest.raises(ValueError, match="sigma has to be a finite number greater than 0"):
        exact("log-derivative", one, Gaussian(0.0, 0.0))
    with pytest.raises(ValueError, match="choose one of"):
        exact("log derivative", one, Q)
    with pytest.raises(ValueError, match="samples has to be a whole number from 1"):
        exact("log-derivative", one, Q, 0)
    with pytest.raises(ValueError, match=r"eps must be \(S,\)"):
        ESTIMATORS["reparametrization"](one, Q, torch.zeros(2, 2, 2))
    with pytest.raises(ValueError, match="coordinates"):
        ESTIMATORS["reparametrization"](one, Gaussian([0.0, 1.0], 1.0), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="finite"):
        ESTIMATORS["reparametrization"](one, Gaussian(math.nan, 1.0), torch.zeros(5))
    with pytest.raises(ValueError, match="cost is made by"):
        ESTIMATORS["reparametrization"]("x**2", Q, torch.zeros(5))  # type: ignore[arg-type]


def test_long_noise_gives_the_rows_of_shorter_calls() -> None:
    """Longer than a chunk."""
    eps = gradients.noise(estimators.CHUNK + 700, 6)
    for name in (n for n, e in ESTIMATORS.items() if n != "measure-valued" and not e.sequential):
        whole = ESTIMATORS[name](COSTS["exponential"](0.9), Q, eps)
        tail = ESTIMATORS[name](COSTS["exponential"](0.9), Q, eps[estimators.CHUNK :])
        assert torch.allclose(whole[estimators.CHUNK :], tail, rtol=1e-13, atol=1e-300), name


def test_every_estimator_has_finite_exact_moments_for_every_cost() -> None:
    for name, make in itertools.product(ESTIMATORS, COSTS.values()):
        assert exact(name, make(1.0), Q).variance.isfinite().all(), name


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_records_are_what_the_functions_do(name: str) -> None:
    """Slope, number of evaluations, exact baseline and dependence on other samples, from the calls of f and f'."""
    estimator, counted = ESTIMATORS[name], []
    base = COSTS["cosine"](1.3)

    def value(x: Tensor) -> Tensor:
        counted.append(("f", x.numel()))
        return base.value(x)

    def slope(x: Tensor) -> Tensor:
        counted.append(("slope", x.numel()))
        return base.slope(x)

    draw = gradients.draw(replace(base, value=value, slope=slope), Q, gradients.noise(50, 0))
    estimator.prepared(draw)
    assert ("best_baselines" in draw.__dict__) == (estimator.baseline in estimators.EXACT_BASELINES)
    counted.clear()
    of_mu, _ = estimator.function(draw)
    assert ({kind for kind, _ in counted} == {"slope"}) == estimator.needs_slope
    assert sum(size for _, size in counted if size == 50) == 50 * estimator.evaluations
    alone, _ = estimator.function(gradients.draw(base, Q, draw.eps[-1:]))
    if name != "measure-valued":     # whose second noise is seeded by all of eps
        assert (abs(of_mu[-1] - alone[0]) > 1e-9) == estimator.sequential
    if estimator.for_one_sample:
        same, _ = ESTIMATORS[estimator.for_one_sample].function(gradients.draw(base, Q, draw.eps[-1:]))
        assert torch.allclose(alone, same)


def test_families_and_names() -> None:
    assert all(name == estimator.name and estimator.description for name, estimator in ESTIMATORS.items())
    assert {e.family for e in ESTIMATORS.values()} == {"log-derivative", "reparametrization", "measure-valued"}
    assert len({(e.family, e.function) for e in ESTIMATORS.values()}) == len(ESTIMATORS)
    assert gradients.find("reparametrization") is ESTIMATORS["reparametrization"]
    with pytest.raises(ValueError, match="choose one of log-derivative, "):
        gradients.find("reparameterization")


def test_one_gradient_has_no_variance() -> None:
    with pytest.raises(ArgumentError, match="at least 2"):
        estimate(torch.ones(1, 2))


@pytest.mark.parametrize("name", COSTS)
def test_a_cost_takes_whole_numbers(name: str) -> None:
    cost = COSTS[name](1)
    assert torch.equal(cost(torch.arange(3)), cost(torch.arange(3.0).double()))
    assert cost(torch.arange(3.0)).dtype == torch.float32

"""Estimators that miss a jump of f, costs that depend on q, and arguments that cannot be used."""

import math
from itertools import islice

import numpy as np
import pytest
import torch

from dgm import gradients
from dgm.errors import ArgumentError, DgmError
from dgm.gradients import COSTS, ESTIMATORS, Gaussian, bias, costs, estimate, exact, formula, sampled_bound
from dgm.gradients.categorical import Categorical, enumeration, gumbel, gumbel_softmax, log_derivative, scores
from dgm.gradients.descent import Objective, descend, objective_value, optimum
from dgm.gradients.sweeps import Plan, Setting, exact_at, sweep, work_normalised
from dgm.gradients.variance_terms import expand

EVERY = tuple(ESTIMATORS)
PATH = tuple(name for name, estimator in ESTIMATORS.items() if estimator.needs_slope)
STEP, Q = formula("step(x)"), Gaussian(0.4, 1.0)
DENSITY = math.exp(-0.08) / math.sqrt(2 * math.pi)     # of Q at the jump
X, M, T2 = 2.0, 1.0, 0.5                               # of the toy: the posterior is N(1, 1/2)


def test_the_bias_of_a_step_is_its_whole_gradient() -> None:
    for name in EVERY:
        truth = [-DENSITY, 0.4 * DENSITY] if name in PATH else [0.0, 0.0]
        assert bias(name, STEP, Q).tolist() == pytest.approx(truth, rel=1e-9), name
        assert bias(name, formula("step(x) + x**2"), Q).tolist() == pytest.approx(truth, rel=1e-7), name


def test_smooth_costs_and_kinks_have_no_bias() -> None:
    for name in EVERY:
        for cost in (*(make(1.3) for make in COSTS.values()), formula("abs(x)"), formula("tanh(100*x)"),
                     sampled_bound(X, 0.0, 1.0)):
            assert bias(name, cost, Gaussian([0.4, 3.0], 0.1)).tolist() == [0.0] * 3, (name, cost.name)


def test_sweeps_and_costs_name_the_biased_and_give_their_error() -> None:
    swept = sweep(Plan("sigma", (0.5, 1.0), lambda k: STEP, q=Q), EVERY, 2_000)
    assert swept.biased == PATH
    row = EVERY.index("reparametrization")
    assert swept.mean_squared_error[row, 1].tolist() == pytest.approx([DENSITY**2, (0.4 * DENSITY) ** 2])
    assert swept.exact[row].max() == 0
    found = work_normalised(STEP, Q, EVERY, samples=200, repeats=1)
    assert tuple(one.name for one in found if one.biased) == PATH
    assert torch.equal(found[0].mean_squared_error, found[0].variance)
    assert sweep(Plan("k", (0.5, 9.0), COSTS["cosine"]), EVERY, 200).biased == ()


def test_the_measure_valued_gradient_in_one_parameter_takes_two_values_of_f() -> None:
    (found,) = work_normalised(COSTS["quadratic"](2.0), Gaussian(0.0, 0.5), ["measure-valued"], 100, repeats=1)
    assert found.per_evaluation.tolist() == pytest.approx([2 * 16 * (4 / math.pi - 1), 2 * 17.0])
    assert found.evaluations == 4


def bound_laws(mu: float, s: float) -> dict[str, tuple[float, float]]:
    """Variances for the target N(M, T2): of the total derivative, and of its part through z alone."""
    bend = 1 / s - s / T2
    return {"reparametrization": (s**2 / T2**2, ((mu - M) ** 2 + 2 * s**2) / T2**2),
            "sticking the landing": (bend**2, (mu - M) ** 2 / T2**2 + 2 * bend**2)}


@pytest.mark.parametrize(("mu", "s"), [(1.0, 0.71), (1.0, T2**0.5), (0.5, 0.5), (-0.3, 1.4), (1.0, 1e-3)])
def test_the_sampled_bound_depends_on_q(mu: float, s: float) -> None:
    """Whatever mu and sigma the bound was made with: an estimator takes log q at its own q."""
    for made_at in ((mu, s), (5.0, 3.0)):
        bound = sampled_bound(X, *made_at)
        for name, variance in bound_laws(mu, s).items():
            law = exact(name, bound, Gaussian(mu, s))
            assert law.variance.tolist() == pytest.approx(variance, rel=1e-10, abs=1e-25), name
        for name in EVERY:                        # d/dmu and d/dsigma of E log p(x, z) + log sigma
            law = exact(name, bound, Gaussian(mu, s))
            assert law.mean.tolist() == pytest.approx([(M - mu) / T2, 1 / s - s / T2], rel=1e-9, abs=1e-12), name


def test_the_totals_at_the_page_s_posterior() -> None:
    total, landing = (exact(name, sampled_bound(X, 1.0, 0.71), Gaussian(1.0, 0.71)).variance[0].item()
                      for name in bound_laws(0, 1))
    assert total == pytest.approx(4 * 0.71**2)
    assert landing == pytest.approx((1 / 0.71 - 2 * 0.71) ** 2)
    assert round(landing, 4) == 0.0001


@pytest.mark.parametrize("q", [Gaussian(0.3, 0.8), Gaussian([0.3, 1.5], 0.8)])
def test_sampled_gradients_of_the_bound_have_its_exact_moments(q: Gaussian) -> None:
    eps, bound = gradients.noise(60_000, 4, 2 if isinstance(q.mu, list) else 0), sampled_bound(X, 9.0, 9.0).plus(1.0)
    for name, estimator in ESTIMATORS.items():
        found = estimate(estimator(bound, q, eps))
        law = exact(name, bound, q, len(eps) if estimator.sequential else 1)
        variance = law.variance * (len(eps) if estimator.sequential else 1)
        assert ((found.mean - law.mean).abs() < 4.5 * found.mean_error + 1e-9).all(), name
        assert ((found.variance - variance).abs() < 4.5 * found.variance_error + 1e-9).all(), name


def test_sweeps_of_the_bound_follow_q() -> None:
    for axis, values in (("sigma", (0.4, 0.9)), ("mu", (-1.0, 0.5)), ("k", (0.5, 2.0))):
        plan = Plan(axis, values, lambda k: sampled_bound(float(k), 7.0, 7.0) if not torch.is_tensor(k) else
                    costs.bound_at(k, 7.0, 7.0, 1.0), X, Gaussian(0.5, 0.8))
        found = sweep(plan, EVERY, 20_000, seed=2)
        for i, v in enumerate(values):
            one = exact_at("reparametrization", plan.at(v)).variance
            assert torch.allclose(found.exact[EVERY.index("reparametrization"), i], one)
        gap = (found.sampled - found.exact).abs()
        assert (gap < 4.5 * found.error + 1e-9 * (1 + found.exact)).all(), axis


def test_descent_on_the_sampled_bound_is_descent_on_the_bound() -> None:
    """J = -E f is minus the bound, whose KL another objective adds exactly: same values, optimum and mean step."""
    sampled = Objective(sampled_bound(X, 9.0, 9.0), -1.0)
    analytic = Objective(COSTS["log-likelihood"](X), -1.0, 1.0)
    mu, sigma = torch.tensor([0.3, 1.0]), torch.tensor([0.8, 0.5])
    assert torch.allclose(objective_value(sampled, mu, sigma), objective_value(analytic, mu, sigma))
    best, _ = optimum(sampled, Gaussian(0.0, 1.0))
    assert (best.mu, best.sigma) == pytest.approx((M, T2**0.5), abs=1e-5)
    for name in ("reparametrization", "sticking the landing", "log-derivative"):
        step = next(islice(descend(sampled, name, Gaussian(-1.0, 0.4), 0.1, 2, 40_000, seed=3), 1, None))
        law = exact(name, sampled.cost, Gaussian(-1.0, 0.4), 2)
        error = 0.1 * (law.variance[0] / 40_000).sqrt()
        assert abs(step.mu.mean() + 1.0 - 0.1 * law.mean[0]) < 4.5 * error
    still = next(islice(descend(sampled, "sticking the landing", Gaussian(M, T2**0.5), 0.1, 1, 50), 1, None))
    assert (still.mu - M).abs().max() < 1e-12


def test_the_terms_of_the_bound_s_gradient_end_in_its_total_derivative() -> None:
    found = expand(sampled_bound(X, 0.3, 0.8), Gaussian(0.3, 0.8))
    assert torch.allclose(found.reparametrized, (M - 0.3 - 0.8 * found.eps) / T2)
    assert found.gradient == pytest.approx((M - 0.3) / T2)


def test_parts_do_not_add_up_to_an_infinite_variance() -> None:
    found = expand(formula("exp(0.3*x**2)"), Gaussian(0.5, 1.0))
    assert math.isinf(found.variance)
    assert math.isinf(found.remainder)
    assert not found.adds_up
    assert not found.is_close
    assert expand(COSTS["quadratic"](2.0), Gaussian(0.0, 0.5)).adds_up


@pytest.mark.parametrize("cost", [COSTS["exponential"](1.0), COSTS["cosine"](2.0), COSTS["quadratic"](0.0)])
def test_a_best_mu_of_zero_is_zero(cost: gradients.Cost) -> None:
    """Each cost is even, and with an odd start the search ends beside its optimum."""
    best, _ = optimum(Objective(cost, 1.0, 5.0), Gaussian(0.37, 0.9))
    assert best.mu == 0.0


def test_lines_of_a_sweep_have_the_points_that_an_oscillation_needs() -> None:
    values = tuple(np.geomspace(0.1, 20, 24).tolist())
    found = sweep(Plan("k", values, COSTS["cosine"], q=Gaussian(0.5, 0.3)), EVERY, 100)
    assert set(values) <= set(found.fine_values.tolist())
    assert found.fine_exact.shape == (len(EVERY), len(found.fine_values), 2)
    assert found.fine_values.diff().max() < 2 * math.pi / 4     # 2 k mu turns by a quarter at the most
    at = [found.fine_values.tolist().index(v) for v in values]
    assert torch.allclose(found.fine_exact[:, at], found.exact, rtol=1e-12)
    whole = sweep(Plan("dimension", (1, 2, 3), COSTS["cosine"]), EVERY, 100)
    assert torch.equal(whole.fine_values, whole.values)


C = Categorical(torch.tensor([0.6, -0.4, 0.1]), torch.tensor([-1.0, 0.0, 1.5]))
ONE = COSTS["quadratic"](1.0)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: log_derivative(ONE, C, gumbel(C, 5, 0), baseline="typo"), "baseline has to be one of none, mean, best"),
    (lambda: gumbel(C, -1, 0), "samples has to be a whole number from 1"),
    (lambda: gumbel(C, 5, -1), "seed has to be a whole number"),
    (lambda: gumbel_softmax(ONE, C, gumbel(C, 5, 0), temperature=0), "temperature has to be a finite number greater"),
    (lambda: log_derivative(ONE, C, torch.zeros(5, 2)), "noise has 2 columns where 3 are needed"),
    (lambda: enumeration(ONE, Categorical([0.0, 0.0], [1.0])), "places holds 1 number where 2 are needed"),
    (lambda: enumeration(formula("log(x)"), C), "no value at one of the places"),
    (lambda: scores(C, [3]), "category has to hold whole numbers from 0 to 2"),
    (lambda: gradients.noise(0, 0), "samples has to be"), (lambda: gradients.noise(5, 0, -2), "dims has to be"),
    (lambda: exact("log-derivative", ONE, Q, samples=-1), "samples has to be"),
    (lambda: Plan("sigma", (0.0, 1.0), COSTS["quadratic"]), "sigma has to be a finite number greater than 0"),
    (lambda: Plan("samples", (1.5,), COSTS["quadratic"]), "samples has to be a whole number"),
    (lambda: Plan("sigma", (1.0,), COSTS["quadratic"], dims=0), "dims has to be"),
    (lambda: sweep(Plan("sigma", (1.0,), COSTS["quadratic"]), "log-derivative"), "names has to be a list"),
    (lambda: sweep(Plan("sigma", (1.0,), COSTS["quadratic"]), EVERY, draws=0), "draws has to be"),
    (lambda: exact("log-derivative", lambda z: None, Q), "has to return one real number"),
    (lambda: exact("log-derivative", lambda z: z[:, 0], Q), r"cannot take z of the shape \(\d+,\)"),
    (lambda: descend(Objective(ONE), "reparametrization", Q, samples=0), "samples has to be"),
    (lambda: descend(Objective(ONE), "reparametrization", Q, rate=-1), "rate has to be"),
    (lambda: exact_at("log-derivative", Setting(ONE, 0.0, -1.0)), "sigma has to be"),
    (lambda: expand(ONE, Gaussian([0.0, 1.0], 1.0)), "mu has 2 coordinates where one number is needed"),
    (lambda: sampled_bound(1.0, 0.0, 0.0), "sigma has to be"),
])
def test_what_cannot_be_used_is_refused_in_a_sentence(call: object, words: str) -> None:
    with pytest.raises(DgmError, match=words):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("name", EVERY)
def test_a_function_of_numbers_is_no_cost_of_vectors(name: str) -> None:
    """Nor is one of pairs a cost of numbers; one that takes both is."""
    eps, both = gradients.noise(2, 0, 2), lambda z: (z**2).sum(-1) if z.dim() > 1 else z**2
    if ESTIMATORS[name].baseline not in ("mean", "best"):     # which have no exact mean of a whole vector's function
        with pytest.raises(ArgumentError, match="one real number for each vector z, as a tensor of the shape"):
            ESTIMATORS[name](lambda z: z**2, Gaussian([0.0, 1.0], 1.0), eps)
        square = COSTS["quadratic"](0.0)
        assert torch.allclose(ESTIMATORS[name](both, Q, eps), ESTIMATORS[name](square, Q, eps))
    with pytest.raises(ArgumentError, match="one real number for each number z"):
        ESTIMATORS[name](lambda z: z[:, 0] * z[:, 1], Q, eps[:, 0])
    for found, truth in zip(exact(name, both, Q, 3), exact(name, COSTS["quadratic"](0.0), Q, 3), strict=True):
        assert torch.allclose(found, truth)


def test_numbers_of_other_libraries() -> None:
    plain = sweep(Plan("sigma", (0.5, 1.0), COSTS["cosine"], 2.0, Gaussian(0.5, 1.0), 2, 3), EVERY, 60, 5)
    same = sweep(Plan("sigma", np.array([0.5, 1.0]), COSTS["cosine"], np.float64(2.0),       # type: ignore[arg-type]
                      Gaussian(torch.tensor(0.5), np.float32(1.0)), np.int64(2), 3.0), EVERY, np.int64(60), np.int64(5))
    assert torch.equal(plain.sampled, same.sampled)
    assert torch.equal(gumbel(C, np.int64(4), np.int64(2)), gumbel(C, 4, 2))
    with pytest.raises(ArgumentError, match="seed"):
        gradients.noise(3, True)

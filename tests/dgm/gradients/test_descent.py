"""dgm.gradients.descent: the optimum is the posterior, expected steps are exact descent, estimators share the noise."""

import math
from itertools import islice

import pytest
import scipy
import torch

from dgm.gaussian import kl_to_standard_normal_gradient as kl_gradient
from dgm.gradients import COSTS, Cost, Gaussian, exact, formula
from dgm.gradients.costs import as_cost, table_of
from dgm.gradients.descent import (
    OPTIMIZERS,
    Ensemble,
    Objective,
    compare,
    descend,
    median_hitting_time,
    objective_value,
    optimum,
    update,
)

BOUND = Objective(COSTS["log-likelihood"](2.0), sign=-1.0, kl_weight=1.0)
START = Gaussian(-1.0, 0.4)
ESTIMATES = ["log-derivative", "reparametrization"]


def test_optimum_of_the_bound_is_the_posterior() -> None:
    """z ~ N(0, 1), x | z ~ N(z, 1), x = 2: N(1, 1/2), and minus the bound there is -log N(2; 0, 2)."""
    best, value = optimum(BOUND, START)
    assert (best.mu, best.sigma) == pytest.approx((1.0, 0.5**0.5), abs=1e-5)
    assert value == pytest.approx(-torch.distributions.Normal(0.0, 2**0.5).log_prob(torch.tensor(2.0)).item(), abs=1e-6)


def test_objective_gradient_is_the_exact_gradient() -> None:
    mu, sigma = (torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in (0.3, 0.6))
    value = -(-0.5 * ((mu - 2) ** 2 + sigma**2)) + 0.5 * (mu**2 + sigma**2 - 1) - sigma.log()
    truth = [g.item() for g in torch.autograd.grad(value, [mu, sigma])]
    law = exact("reparametrization", BOUND.cost, Gaussian(0.3, 0.6)).mean
    kl = torch.cat(kl_gradient(mu, sigma)).detach()
    assert (kl - law).tolist() == pytest.approx(truth)
    at = objective_value(BOUND, mu.detach(), sigma.detach())
    shift = 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64))
    assert at.item() == pytest.approx((value + shift).item())


@pytest.mark.parametrize("name", [*ESTIMATES, "log-derivative + leave-one-out", "sticking the landing"])
def test_one_step_is_exact_descent_on_average(name: str) -> None:
    repeats, rate = 40_000, 0.1
    state = next(islice(descend(BOUND, name, START, rate, 2, repeats, seed=3), 1, None))
    law = exact(name, BOUND.cost, START, 2)
    kl_mu, kl_sigma = kl_gradient(torch.tensor(START.mu), torch.tensor(START.sigma))
    for moved, mean, variance, kl, scale in (
            (state.mu - START.mu, law.mean[0], law.variance[0], kl_mu, 1.0),
            (state.log_sigma - torch.tensor(START.sigma).log(), law.mean[1], law.variance[1], kl_sigma, START.sigma)):
        expected = -rate * (-mean + kl) * scale
        error = rate * scale * variance.sqrt() / repeats**0.5
        assert abs(moved.mean() - expected) < 4 * error + 1e-7


def test_bands_and_hitting_times() -> None:
    found = compare(BOUND, START, ESTIMATES, steps=150, rate=0.05, samples=4, repeats=60, seed=1, accuracy=0.05)
    slow, fast = found.trajectories
    assert (fast.bands.diff(dim=0) >= 0).all(), "quantiles are ordered"
    assert fast.bands[2, -1] < slow.bands[2, -1]
    assert median_hitting_time(fast) < 150
    assert torch.equal(fast.bands[:, 0], slow.bands[:, 0]), "same start"
    again = compare(BOUND, START, ESTIMATES, steps=150, rate=0.05, samples=4, repeats=60, seed=1, accuracy=0.05)
    assert torch.equal(again.trajectories[0].final, slow.final), "same seed, same runs"


def test_adam_reaches_the_posterior() -> None:
    found = compare(BOUND, START, ["reparametrization"], steps=300, rate=0.05, samples=8, repeats=20, optimizer="Adam")
    low, middle, high = found.trajectories[0].mu[[1, 2, 3], -1].tolist()      # quartiles of 20 repeats
    error = 1.2533 * (high - low) / 1.349 / 20**0.5      # of a median of normal values
    assert middle == pytest.approx(1.0, abs=4 * error)


def test_diverging_runs_stay_finite_and_unknown_names_raise() -> None:
    diverging = compare(BOUND, START, ["log-derivative"], steps=60, rate=5.0, repeats=10)
    assert not diverging.trajectories[0].bands.isnan().any()
    assert median_hitting_time(diverging.trajectories[0]) >= 0
    with pytest.raises(ValueError, match="unknown optimizer"):
        descend(BOUND, "reparametrization", START, optimizer="LBFGS")


def test_descent_on_a_cost_without_closed_form() -> None:
    found = compare(Objective(COSTS["logistic"](1.5), -1.0, 1.0), START, ["reparametrization"], steps=80, repeats=10,
                    samples=4)
    assert found.trajectories[0].bands[2, -1] < 0.1 * found.trajectories[0].bands[2, 0]


def test_adam_is_kingma_and_bas() -> None:
    """Algorithm 1 of Kingma and Ba 2015, written out; a state is not changed by the step that follows it."""
    g = [torch.randn(2, 5, generator=torch.Generator().manual_seed(i), dtype=torch.float64) for i in range(4)]
    zero = torch.zeros(5, dtype=torch.float64)
    memory = {"mean": torch.zeros(2, 5, dtype=torch.float64), "square": torch.zeros(2, 5, dtype=torch.float64),
              "step": torch.zeros((), dtype=torch.float64)}
    first = state = Ensemble(0, zero, zero, memory)
    phi, m, v = torch.zeros(2, 5, dtype=torch.float64), 0, 0
    for t, row in enumerate(g, 1):
        state = update(state, row, 0.1, "Adam")
        m, v = 0.9 * m + 0.1 * row, 0.999 * v + 0.001 * row**2
        phi = phi - 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    assert torch.allclose(torch.stack([state.mu, state.log_sigma]), phi, rtol=1e-12)
    assert not any(value.any() for value in first.state.values())
    assert set(OPTIMIZERS) == {"SGD", "Adam"}


SHARP = [COSTS["logistic"](1.0), COSTS["logistic"](50.0), as_cost(lambda z: (z - 0.3).abs().clamp(max=1)),
         *(formula(text) for text in ("abs(x)", "step(x)", "exp(-1000*(x-0.5)**2)", "exp(-1000000*(x-0.5)**2) + x",
                                      "tanh(3*x) + 0.1*x**2", "cos(20*x) + x", "sqrt(abs(x))", "exp(2*x)"))]


@pytest.mark.parametrize("cost", SHARP)
def test_the_objective_is_the_exact_mean_of_a_cost_without_closed_form(cost: Cost) -> None:
    """Against the quadrature that `exact` takes; 200 pairs at once, of one patch, are interpolated."""
    mu, sigma = torch.tensor([0.0, 0.1, -1.7, 0.52]).double(), torch.tensor([1.0, 1.0, 0.3, 2.5]).double()
    truth = table_of(cost, mu, sigma)
    found = objective_value(Objective(cost), mu, sigma)
    assert ((found - truth.value - truth.e0).abs() < 1e-6 * (1 + truth.ee0.sqrt())).all()
    near = torch.rand(2, 200, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    at = near[0], 0.5 + 0.49 * near[1]
    alone = torch.stack([objective_value(Objective(cost), *(x[i] for x in at)) for i in range(0, 200, 20)])
    assert torch.allclose(objective_value(Objective(cost), *at)[::20], alone, rtol=1e-6, atol=1e-7)


def test_objectives_in_closed_form() -> None:
    def at(text: str, mu: float) -> float:
        return objective_value(Objective(formula(text)), torch.tensor(mu), torch.tensor(1.0)).item()

    assert at("abs(x)", 0.0) == pytest.approx(math.sqrt(2 / math.pi), abs=1e-6)
    assert at("step(x)", 0.1) == pytest.approx(scipy.special.ndtr(0.1), abs=1e-6)
    assert at("exp(-1000*(x-0.5)**2)", 0.0) == pytest.approx(math.exp(-250 / 2001) / math.sqrt(2001), abs=1e-6)
    assert at("1/x**2", 0.3) == math.inf


def test_the_optimum_of_a_step_is_that_of_its_closed_form() -> None:
    """J = Phi(mu / sigma) + KL, to which a rule with a fixed number of nodes is blind between them."""
    def value(phi: list[float]) -> float:
        mu, sigma = phi[0], math.exp(phi[1])
        return scipy.special.ndtr(mu / sigma) + (mu**2 + sigma**2 - 1) / 2 - phi[1]

    truth = scipy.optimize.minimize(value, [-0.3, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-13})
    best, lowest = optimum(Objective(formula("step(x)"), 1.0, 1.0), Gaussian(0.5, 1.0))
    assert lowest == pytest.approx(truth.fun, abs=1e-6)
    assert [best.mu, math.log(best.sigma)] == pytest.approx(truth.x.tolist(), abs=1e-3)

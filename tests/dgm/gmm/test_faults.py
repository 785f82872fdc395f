"""Arguments that are no mixture, runs that fall, gaps that are rounding, and numbers in other types."""

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from dgm import gmm
from dgm.datasets import load
from dgm.errors import ArgumentError, DgmError
from dgm.gmm import continuous_mixture, selection
from dgm.gmm.continuous_mixture import Curve
from dgm.gmm.lower_bound import divergence
from dgm.runtime import generator

F, IRIS = load("faithful").x, load("iris").x
STEPS = list(itertools.islice(gmm.em(F, gmm.init(F, 2)), 3))
THETA = gmm.fit(IRIS, 3, tol=1e-4).params
RESP = gmm.e_step(IRIS, THETA).resp
EVALUATORS: dict[str, Any] = {
    "score": lambda theta: gmm.score(IRIS, theta), "log_prob": lambda theta: gmm.log_prob(IRIS, theta),
    "bic": lambda theta: gmm.bic(IRIS, theta), "aic": lambda theta: gmm.aic(IRIS, theta),
    "e_step": lambda theta: gmm.e_step(IRIS, theta), "elbo": lambda theta: gmm.elbo(IRIS, RESP, theta),
    "sample": lambda theta: gmm.sample(theta, 5), "em": lambda theta: gmm.em(IRIS, theta, "diag"),
    "trace": lambda theta: gmm.trace(IRIS, theta, max_steps=2),
}


def skewed() -> torch.Tensor:
    covs = THETA.covs.clone()
    covs[1, 0, 1] += 0.1
    return covs


def indefinite() -> torch.Tensor:
    covs = THETA.covs.clone()
    covs[2, 0, 1] = covs[2, 1, 0] = 5.0
    return covs


NO_MIXTURE = {
    "weights, not their logarithms": (THETA._replace(log_weights=THETA.log_weights.exp()), "the weights themselves"),
    "weights that sum to two": (THETA._replace(log_weights=THETA.log_weights + math.log(2)), "sum to 2, not to one"),
    "no weight": (THETA._replace(log_weights=THETA.log_weights - math.inf), "sum to 0, not to one"),
    "NaN as a weight": (THETA._replace(log_weights=THETA.log_weights * math.nan), "log_weights"),
    "a skewed covariance": (THETA._replace(covs=skewed()), "symmetric"),
    "an indefinite covariance": (THETA._replace(covs=indefinite()), "component 3 collapsed"),
    "a variance below zero": (THETA._replace(covs=-THETA.covs), "covariance 1 has no positive diagonal"),
    "a variance of zero": (THETA._replace(covs=0 * THETA.covs), "no positive diagonal"),
    "infinite means": (THETA._replace(means=THETA.means + math.inf), "row 1, column 1 of means is infinite"),
    "two means": (THETA._replace(means=THETA.means[:2]), "do not fit"),
    "three columns": (gmm.Params(THETA[0], THETA[1][:, :3], THETA[2][:, :3, :3]), "3|columns"),
    "no parameters": (7, "has to be gmm.Params"),
}


@pytest.mark.parametrize("name", list(NO_MIXTURE))
@pytest.mark.parametrize("call", list(EVALUATORS))
def test_what_is_no_mixture_is_refused_by_every_function(call: str, name: str) -> None:
    theta, message = NO_MIXTURE[name]
    if (call, name) == ("sample", "three columns"):
        assert gmm.sample(theta, 5).x.shape == (5, 3)
        return
    with pytest.raises(DgmError, match=message):
        EVALUATORS[call](theta)


def test_weights_of_float32_are_normalised_everywhere() -> None:
    rounded = gmm.Params(*(part.float() for part in THETA))
    exact = gmm.Params(*(part.double() for part in rounded))
    exact = exact._replace(log_weights=exact.log_weights.log_softmax(0))
    for call in ("score", "bic", "aic"):
        assert EVALUATORS[call](rounded) == EVALUATORS[call](exact)
    assert gmm.elbo(IRIS, RESP.float(), rounded).log_lik == pytest.approx(gmm.score(IRIS, exact), rel=1e-14)


def falling() -> torch.Tensor:
    """Rounded points, on which exact EM runs into a singular pooled covariance."""
    rng, x = generator(3), torch.empty(0)
    for trial in range(62):
        n, d, _ = (int(torch.randint(low, high, (), generator=rng)) for low, high in ((4, 60), (1, 5), (2, 7)))
        x = torch.randn(n, d, generator=rng, dtype=torch.float64)
        assert trial < 62
    return x.round()


def test_a_run_that_falls_is_no_convergence() -> None:
    x = falling()
    with pytest.raises(gmm.CollapseError, match="component"):
        gmm.fit(x, 3, "tied", seed=61, floor=0)
    run = gmm.trace(x, gmm.init(x, 3, seed=61), "tied", floor=0)
    assert run.end == "collapsed"
    gains = np.diff([step.log_lik for step in run.steps])
    assert (gains > -1e-9).all()
    for step in run.steps:
        assert gmm.score(x, step.params) == pytest.approx(step.log_lik, rel=1e-9)


def test_whatever_exact_maximum_likelihood_returns_can_be_used() -> None:
    rng, used = generator(8), 0
    for trial in range(120):
        n, d, k = (int(torch.randint(low, high, (), generator=rng)) for low, high in ((4, 40), (1, 5), (2, 6)))
        x = torch.randn(n, d, generator=rng, dtype=torch.float64)
        x = (x * (1 + trial % 3)).round() if trial % 2 else x
        if bool((x.amin(0) == x.amax(0)).any()):
            continue
        try:
            step = gmm.fit(x, min(k, n), list(gmm.COVARIANCES)[trial % 4], seed=trial, floor=0, max_steps=200)
        except gmm.CollapseError:
            continue
        used += 1
        slack = 1e-9 * (1 + abs(step.log_lik))
        assert step.gain >= -slack
        assert gmm.score(x, step.params) == pytest.approx(step.log_lik, abs=slack)
    assert used > 40


def test_a_singular_start_or_estimate_is_refused() -> None:
    one_point = torch.eye(2)[[0, 1, 1, 1]]
    with pytest.raises(gmm.CollapseError, match="component 1 collapsed"):
        gmm.m_step([[0.0], [1.0], [2.0], [4.0]], one_point, floor=0)
    line = torch.linspace(-1, 1, 9).double()[:, None] * torch.tensor([1.0, 3.0])
    with pytest.raises(gmm.CollapseError):
        gmm.m_step(line, torch.ones(9, 1), floor=0)
    assert gmm.score(line, gmm.m_step(line, torch.ones(9, 1))) < 10


def test_a_component_as_narrow_as_one_value_has_collapsed() -> None:
    x = torch.cat([F[:, 0], torch.tensor([1e3, math.nextafter(1e3, 2e3)]).double()])
    run = gmm.trace(x, gmm.init(x, 2, means=[[3.0], [1e3]]), floor=0)
    assert (run.end, run.message.split(" on ")[0]) == ("collapsed", "component 2 collapsed")


def test_the_ends_of_a_run_in_plain_words() -> None:
    one, many = (gmm.trace(F, gmm.init(F, 2), max_steps=steps) for steps in (1, 3))
    assert (one.end, many.end) == ("stopped", "stopped")
    assert one.message.startswith("did not converge within 1 step: the last one gained ")
    assert many.message.startswith("did not converge within 3 steps: the last one gained ")
    few, fit = gmm.fit(F, 2, max_steps=3), gmm.fit(F, 2, tol=1e-7)
    assert few.index == 3
    assert few.gain > 1e-7 >= fit.gain


@pytest.mark.parametrize("data", ["overlapping", "faithful", "three-clusters"])
def test_gaps_are_zero_or_more_and_zero_where_they_are_rounding(data: str) -> None:
    x = load(data).x
    steps = gmm.trace(x, gmm.init(x, 3), max_steps=300, tol=1e-13).steps
    for step in [*steps[:4], steps[-1]]:
        parts = gmm.elbo(x, gmm.e_step(x, step.params).resp, step.params)
        assert parts.gap == 0
        assert parts.kl >= 0
    for half in gmm.half_steps(x, steps):
        assert half.gap == 0 or half.gap > 1e-16 * abs(half.log_lik)
        if half.kind == "E":
            assert half.gap == 0
    uniform = torch.full((len(x), 3), 1 / 3).double()
    assert gmm.elbo(x, uniform, gmm.init(x, 3)).kl == 0


def test_a_small_divergence_keeps_its_digits() -> None:
    p = torch.tensor([0.3, 0.7], dtype=torch.float64)
    for size in (1e-3, 1e-6, 1e-9, 1e-12):
        q = p + size * torch.tensor([1.0, -1.0])
        change = (q - p).square()
        found = divergence(q, torch.log1p((q - p) / p), p.log())
        assert bool((found >= 0).all())
        assert float(found.sum()) == pytest.approx(float((change / p).sum() / 2), rel=3 * size + 1e-3)
    one, excess = torch.tensor([0.0, 1.0]).double(), torch.tensor([-2.0, -math.log(0.7)]).double()
    assert float(divergence(one, excess, p.log()).sum()) == pytest.approx(-math.log(0.7))


def test_a_weight_of_zero_is_a_component_without_points() -> None:
    theta = gmm.fit(F, 2).params
    extra = gmm.Params(torch.cat([theta.log_weights, torch.tensor([-math.inf])]),
                       torch.cat([theta.means, F[:1]]), torch.cat([theta.covs, theta.covs[:1]]))
    assert gmm.score(F, extra) == pytest.approx(gmm.score(F, theta), rel=1e-14)
    parts = gmm.elbo(F, gmm.e_step(F, extra).resp, extra)
    assert parts.bound == pytest.approx(parts.log_lik, rel=1e-12)
    assert parts.gap == 0


FORMS = {"list": lambda x: x.tolist(), "numpy": lambda x: x.numpy(), "frame": lambda x: pd.DataFrame(x.numpy()),
         "numpy, column by column": lambda x: np.asfortranarray(x.numpy())}


@pytest.mark.parametrize("form", list(FORMS))
def test_tables_mean_the_same_in_every_form(form: str) -> None:
    x, step = FORMS[form](F), gmm.fit(F, 2)
    assert gmm.fit(x, 2).log_lik == step.log_lik
    assert gmm.bic(x, step.params) == gmm.bic(F, step.params)
    assert gmm.elbo(x, step.resp, step.params) == gmm.elbo(F, step.resp, step.params)
    assert torch.equal(gmm.kmeans(x, x[:2] if form != "frame" else x.head(2)).labels, gmm.kmeans(F, F[:2]).labels)
    assert selection.candidate(x, 2, tol=1e-3)[:6] == selection.candidate(F, 2, tol=1e-3)[:6]


@pytest.mark.parametrize("make", [np.int64, np.int32, np.float64, float, torch.tensor])
def test_numbers_mean_the_same_in_every_type(make: Any) -> None:
    expected = gmm.fit(F, 2, restarts=2, seed=5)
    assert gmm.fit(F, make(2), restarts=make(2), seed=make(5)).log_lik == expected.log_lik
    assert torch.equal(gmm.sample(expected.params, make(4), make(5)).x, gmm.sample(expected.params, 4, 5).x)
    assert gmm.free_parameters(make(2), make(2)) == gmm.free_parameters(2, 2)
    assert len(selection.folds(make(9), make(3), make(5))) == 3
    assert selection.most_components(make(12), make(5)) == 9
    x = torch.tensor([0.5]).double()
    assert torch.equal(continuous_mixture.monte_carlo(x, Curve(make(1)), make(5), make(7)).value,
                       continuous_mixture.monte_carlo(x, Curve(1.0), 5, 7).value)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: gmm.fit(F, 2.5), "k has to be a whole number"),
    (lambda: gmm.fit(F, 2, seed="a"), "seed has to be a whole number"),
    (lambda: gmm.fit(F, 2, tol=math.nan), "tol has to be a finite number"),
    (lambda: gmm.fit(F, 2, method="given"), "method has to be one of"),
    (lambda: gmm.score(IRIS[:, :2], THETA), "x has 2 columns where 4 are needed"),
    (lambda: gmm.kmeans(IRIS, IRIS[:2, :3]), "means has 3 columns where 4 are needed"),
    (lambda: gmm.half_steps(F, []), "at least one step"),
    (lambda: gmm.half_steps(F[:9], list(itertools.islice(gmm.em(F, gmm.init(F, 2)), 1))), "same points"),
    (lambda: gmm.half_steps(F.flip(1) * 3 + 5, STEPS), "same points"),
    (lambda: gmm.half_steps(F * 3 + 5, STEPS), "same points"),
    (lambda: gmm.half_steps(F, STEPS[::-1]), "in their order"),
    (lambda: gmm.half_steps(F, STEPS[1:]), "from its first one"),
    (lambda: gmm.init(F, 2, method="bogus", means=F[:2]), "method has to be one of"),
    (lambda: next(gmm.em(F, gmm.init(F, 2), threads=10**6)), "threads has to be a whole number from 1 to 1024"),
    (lambda: gmm.match_groups([0, 1.5], [0, 1], 2), "one has to hold whole numbers from 0 to 1"),
    (lambda: gmm.match_groups([0, 1], [0, 2], 2), "other has to hold"),
    (lambda: selection.candidate(F[:9], 8), "8 components for 9 points of which a fold is held out: choose K from 1"),
    (lambda: selection.best([]), "at least one Candidate"),
    (lambda: gmm.fit(F[:1], 2), "2 components for 1 point:"),
    (lambda: Curve(noise=math.nan), "noise has to be"),
    (lambda: Curve(slope="steep"), "slope has to be"),
    (lambda: continuous_mixture.evidence([0.0], Curve(noise=1e-9)), "choose a larger noise"),
    (lambda: continuous_mixture.evidence([math.nan], Curve()), "x is missing"),
])
def test_wrong_arguments_are_one_sentence(call: Any, message: str) -> None:
    with pytest.raises(DgmError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_most_components_that_folds_allow() -> None:
    for n, count in itertools.product(range(4, 12), range(2, 5)):
        most, x = selection.most_components(n, count), F[:n]
        assert math.isfinite(selection.candidate(x, most, "diag", count=count, tol=1e-3).held_out)
        with pytest.raises(ArgumentError, match=f"from 1 to {most}"):
            selection.candidate(x, most + 1, "diag", count=count)


@pytest.mark.parametrize("curve", [Curve(1.0, 0.0, 0.0, 0.3), Curve(0.0, 0.0, 1.0, 0.5), Curve(-2.0, 0.0, 1.0, 0.1)])
def test_the_evidence_far_from_the_mean(curve: Curve) -> None:
    x = torch.tensor([0.0, 3.0, 30.0, 300.0, -3e3], dtype=torch.float64)[:5 if curve.slope else 3]
    exact = torch.distributions.Normal(0 * x, math.hypot(curve.slope, curve.noise)).log_prob(x)
    torch.testing.assert_close(continuous_mixture.evidence(x, curve), exact, rtol=1e-11, atol=0)

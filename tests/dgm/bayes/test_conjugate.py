"""dgm.bayes, beliefs about one number: three routes to the evidence, quadrature, optimisers."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from dgm import bayes
from tests.dgm.bayes.beliefs import cases, tosses

NAMES = [f"{i}-{type(model).__name__}" for i, (model, _) in enumerate(cases())]


@pytest.mark.parametrize(("model", "data"), cases(), ids=NAMES)
def test_three_routes_to_the_evidence_agree(model: bayes.Belief, data: Any) -> None:
    closed, marginal, chain = bayes.routes(model, data)
    assert marginal == pytest.approx(closed, rel=1e-12, abs=1e-12)
    assert chain == pytest.approx(closed, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("model", "data"), cases(), ids=NAMES)
def test_two_batches_are_one(model: bayes.Belief, data: Any) -> None:
    half = len(data) // 2
    first, whole = model.posterior(data[:half]), model.posterior(data)
    assert type(whole) is type(model)
    split = model.log_evidence(data[:half]) + first.log_evidence(data[half:])
    assert split == pytest.approx(model.log_evidence(data), rel=1e-12)
    x = data[:3]
    torch.testing.assert_close(first.posterior(data[half:]).predictive().log_prob(x), whole.predictive().log_prob(x),
                               rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("model", "data"), cases(), ids=NAMES)
def test_no_data_changes_nothing(model: bayes.Belief, data: Any) -> None:
    assert model.log_evidence([]) == pytest.approx(0, abs=1e-13)
    assert list(model.updates([])) == []
    x = data[:1]
    torch.testing.assert_close(model.posterior([]).predictive().log_prob(x), model.prior_predictive().log_prob(x))
    with pytest.raises(bayes.NoMaximumError, match="no observations"):
        model.mle([])


LINES = [(model, data) for model, data in cases()
         if isinstance(model, bayes.BetaBernoulli | bayes.NormalNormal | bayes.MixturePrior)]


def places(belief: Any, levels: list[float]) -> torch.Tensor:
    return belief.knots(levels) if isinstance(belief, bayes.MixturePrior) else belief.quantile(levels)


@pytest.mark.parametrize(("model", "data"), LINES)
def test_posterior_against_quadrature(model: Any, data: torch.Tensor) -> None:
    after = model.posterior(data)
    ends = (0, 1) if model.axes[0] == "p" else (-40, 40)
    top = float(model.log_likelihood(places(after, [0.5]), data).max())
    joint = lambda t: float((model.log_likelihood(t, data) - top + model.log_prob(t)).exp())  # noqa: E731
    knots = places(after, [1e-4, 0.5, 1 - 1e-4]).tolist()
    area = integrate.quad(joint, *ends, points=sorted(set(knots)), epsabs=0, epsrel=1e-11, limit=400)[0]
    assert math.log(area) + top == pytest.approx(model.log_evidence(data), rel=1e-8)
    theta = places(after, [0.2, 0.5, 0.9])
    by_bayes = model.log_likelihood(theta, data) + model.log_prob(theta) - model.log_evidence(data)
    torch.testing.assert_close(after.log_prob(theta), by_bayes, rtol=1e-10, atol=1e-10)


def test_histogram_prior_against_its_smooth_limit() -> None:
    smooth, data = bayes.BetaBernoulli(2, 2), tosses(0, 30)
    parabola = bayes.histogram_prior([p * (1 - p) for p in np.linspace(0, 1, 401)], points=20_000)
    assert parabola.log_evidence(data) == pytest.approx(smooth.log_evidence(data), abs=2e-5)
    torch.testing.assert_close(parabola.posterior(data).predictive().mean, smooth.posterior(data).predictive().mean,
                               rtol=1e-5, atol=0)
    assert parabola.posterior(data).map("logit p") == pytest.approx(smooth.posterior(data).map("logit p"), abs=2e-3)


@pytest.mark.parametrize(("model", "data"), cases()[4:9] + cases()[10:11])
def test_predictive_density_and_moments_of_numbers(model: bayes.Belief, data: torch.Tensor) -> None:
    if isinstance(model, bayes.DirichletCategorical):
        p = model.posterior(data).predictive()
        assert float(p.log_prob(torch.arange(4)).exp().sum()) == pytest.approx(1, abs=1e-14)
        torch.testing.assert_close(p.variance, p.mean * (1 - p.mean))
        return
    p = model.posterior(data).predictive()
    centre, spread = float(p.mean), float(p.variance) ** 0.5
    density = lambda x: float(p.log_prob(x).exp())  # noqa: E731
    whole = lambda f: sum(integrate.quad(lambda u: f(centre + spread * u) * spread, a, b, limit=300)[0]  # noqa: E731
                          for a, b in ((-np.inf, -6), (-6, 0), (0, 6), (6, np.inf)))
    assert whole(density) == pytest.approx(1, abs=1e-8)
    assert whole(lambda x: x * density(x)) == pytest.approx(centre, abs=1e-6 * (1 + spread))
    assert whole(lambda x: (x - centre) ** 2 * density(x)) == pytest.approx(spread**2, rel=1e-5)


@pytest.mark.parametrize(("model", "data"), cases(), ids=NAMES)
def test_predictive_is_the_average_of_plug_ins(model: bayes.Belief, data: torch.Tensor) -> None:
    """p(x) = integral p(x | theta) p(theta): by Monte Carlo, within 5 standard errors."""
    rng, draws = np.random.default_rng(0), 40_000
    after = model.posterior(data)
    if isinstance(after, bayes.DirichletCategorical):
        seen = rng.dirichlet(after.alpha, draws)[:, 1]
        expected = float(after.predictive().log_prob(1).exp())
    elif isinstance(after, bayes.NormalInverseGamma):
        s2 = after.b / rng.gamma(after.a, size=draws)
        mu = after.m + np.sqrt(s2 / after.k) * rng.standard_normal(draws)
        seen, expected = stats.norm(mu, np.sqrt(s2)).pdf(2.5), float(after.predictive().log_prob(2.5).exp())
    elif isinstance(after, bayes.HistogramPrior):
        seen = rng.choice(after.p.numpy(), draws, p=after.log_mass.exp().numpy() / float(after.log_mass.exp().sum()))
        expected = float(after.predictive().mean)
    else:
        parts = after.components if isinstance(after, bayes.MixturePrior) else (after,)
        weights = after.weights if isinstance(after, bayes.MixturePrior) else (1.0,)
        theta = np.concatenate([part.quantile(rng.random(max(round(w * draws), 1))).numpy()
                                for part, w in zip(parts, weights, strict=True)])
        is_coin = isinstance(parts[0], bayes.BetaBernoulli)
        seen = theta if is_coin else stats.norm(theta, parts[0].noise_var**0.5).pdf(2.5)
        expected = float(after.predictive().log_prob(1.0 if is_coin else 2.5).exp())
    error = seen.std() / len(seen) ** 0.5
    assert abs(seen.mean() - expected) < 5 * error + 1e-4 * expected


@settings(max_examples=60, deadline=None)
@given(a=st.floats(0.1, 60), b=st.floats(0.1, 60), axis=st.sampled_from(bayes.BetaBernoulli.axes))
def test_coin_map_against_an_optimiser(a: float, b: float, axis: str) -> None:
    belief = bayes.BetaBernoulli(a, b)
    try:
        best = belief.map(axis)
    except bayes.NoMaximumError:
        edges = belief.log_prob(torch.tensor([1e-9, 0.5, 1 - 1e-9]), axis)
        assert a <= 1
        assert b <= 1
        assert float(edges[1]) <= float(edges.max()) + 1e-6
        return
    found = optimize.minimize_scalar(lambda p: -float(belief.log_prob(p, axis)), bounds=(1e-12, 1 - 1e-12),
                                     method="bounded", options={"xatol": 1e-10})
    if 0 < best < 1:
        assert best == pytest.approx(found.x, abs=1e-5)
    else:
        near, far = belief.log_prob(torch.tensor([abs(best - 1e-9), abs(best - 0.1)], dtype=torch.float64), axis)
        assert near > far


def test_axes_move_the_map_and_not_the_predictive() -> None:
    prior, data = bayes.BetaBernoulli(2, 2), torch.tensor([1.0, 1, 1, 0])
    after = prior.posterior(data)
    assert after.map("p") == pytest.approx(4 / 6)
    assert after.map("logit p") == pytest.approx(5 / 8) == float(after.predictive().mean)
    means = {float(bayes.predictives(prior, data, axis).posterior.mean) for axis in after.axes}
    assert means == {0.625}
    plug_ins = {float(bayes.predictives(prior, data, axis).plug_in.mean) for axis in after.axes}  # type: ignore[union-attr]
    assert len(plug_ins) == 3
    for axis in after.axes:   # the density over every axis has area 1
        view = bayes.axis_view(bayes.BetaBernoulli(4, 3), axis, 2001)
        assert float(torch.trapezoid(view.density, view.at)) == pytest.approx(1, abs=1e-4)
        assert view.predictive == pytest.approx(4 / 7)


def test_normal_maps_against_optimisers() -> None:
    belief = bayes.NormalNormal(1.2, 0.7, 2)
    for axis, back in (("theta", float), ("exp theta", math.log)):
        found = optimize.minimize_scalar(lambda phi, a=axis, f=back: -float(belief.log_prob(f(phi), a)),
                                         bounds=(1e-6, 9), method="bounded", options={"xatol": 1e-10})
        assert belief.map(axis) == pytest.approx(back(found.x), abs=1e-5)
    both = bayes.NormalInverseGamma(1, 2, 3, 4)
    for axis in both.axes:
        found = optimize.minimize(lambda v, a=axis: -float(both.log_prob([v[0], math.exp(v[1])], a)), [0.5, 0.5],
                                  tol=1e-10)
        assert both.map(axis) == pytest.approx((found.x[0], math.exp(found.x[1])), abs=1e-4)


@pytest.mark.parametrize("var", [0.01, 30.0, 100.0, 1e4])
def test_a_mixture_of_log_normals_has_its_mode_far_below_its_median(var: float) -> None:
    """Over exp theta the components N(m, var) become N(m - var, var) with weights e^-m: one hump for these."""
    mixed = bayes.MixturePrior((1, 1), (bayes.NormalNormal(0, var, 1), bayes.NormalNormal(1, var, 1)))
    theta = torch.linspace(-var - 1, -var + 2, 30_001, dtype=torch.float64)
    best = float(theta[mixed.log_prob(theta, "exp theta").argmax()])
    assert mixed.map("exp theta") == pytest.approx(best, abs=2e-4)


def test_normal_inverse_gamma_density_has_area_one_on_each_axis() -> None:
    belief, back = bayes.NormalInverseGamma(1, 2, 3, 4), {"s2": lambda v: v, "s": lambda v: v * v, "log s2": np.exp}
    for axis, low, high in (("s2", 1e-3, 200), ("s", 1e-2, 20), ("log s2", -7, 9)):
        grid = np.linspace(low, high, 401) if axis != "s2" else np.geomspace(low, high, 401)
        mu, v = torch.meshgrid(torch.arange(-24, 26, 0.1).double(), torch.from_numpy(back[axis](grid)), indexing="ij")
        over_mu = belief.log_prob(torch.stack([mu, v], -1), axis).exp().sum(0).numpy() * 0.1
        assert np.trapezoid(over_mu, grid) == pytest.approx(1, abs=2e-3)


def test_mixture_map_is_the_higher_peak() -> None:
    prior = bayes.MixturePrior((1, 1), (bayes.BetaBernoulli(30, 10), bayes.BetaBernoulli(10, 30)))
    after = prior.posterior(torch.ones(4))
    p = torch.linspace(1e-4, 1 - 1e-4, 20_001, dtype=torch.float64)
    for axis in after.axes:
        assert after.map(axis) == pytest.approx(float(p[after.log_prob(p, axis).argmax()]), abs=1e-4)
    assert sum(after.weights) == pytest.approx(1)
    assert after.weights[0] > 0.97
    normals = bayes.MixturePrior((1, 2), (bayes.NormalNormal(-3, 1, 2), bayes.NormalNormal(3, 1, 2)))
    assert normals.map() == pytest.approx(3, abs=1e-4)
    assert float(normals.predictive().mean) == pytest.approx(1)
    assert float(normals.predictive().variance) == pytest.approx(3 + 8)


def test_routes_without_the_second() -> None:
    lopsided = bayes.routes(bayes.BetaBernoulli(1e9, 1), [1.0, 1.0])
    assert lopsided.marginal is None
    assert lopsided.chain == pytest.approx(lopsided.closed, rel=1e-9)

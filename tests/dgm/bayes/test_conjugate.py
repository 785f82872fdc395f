"""dgm.bayes, the models of one number: three routes to the evidence, quadrature, optimisers, and the hard inputs."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from dgm import bayes, runtime
from dgm.bayes.log_gamma import log_beta, log_beta_ratio, log_rising

positive = st.floats(0.05, 50)


def coin(seed: int, n: int, p: float = 0.6) -> torch.Tensor:
    return (torch.rand(n, generator=runtime.generator(seed), dtype=torch.float64) < p).double()


def normal(seed: int, n: int) -> torch.Tensor:
    return 3 + 2 * torch.randn(n, generator=runtime.generator(seed), dtype=torch.float64)


def two_normals(left: float, right: float, var: float) -> bayes.MixturePrior:
    return bayes.MixturePrior((1, 1), (bayes.NormalNormal(left, var, 2), bayes.NormalNormal(right, var, 2)))


def cases() -> list[tuple[bayes.Belief, Any]]:
    beta, faces = bayes.BetaBernoulli, torch.randint(0, 4, (60,), generator=runtime.generator(3))
    return [
        (beta(2, 3), coin(0, 50)), (beta(0.3, 0.2), coin(1, 40)), (beta(60, 40), coin(2, 80)), (beta(1, 1), coin(2, 1)),
        (bayes.DirichletCategorical((1, 2, 0.5, 3)), faces),
        (bayes.NormalNormal(0, 4, 2.5), normal(4, 60)), (bayes.NormalNormal(-5, 1e-3, 100), normal(5, 7)),
        (bayes.NormalInverseGamma(0, 0.5, 1.5, 2), normal(6, 60)),
        (bayes.NormalInverseGamma(9, 20, 30, 9), normal(7, 5)),
        (bayes.MixturePrior((1, 3), (beta(20, 2), beta(2, 9))), coin(8, 40)),
        (two_normals(-3, 4, var=1), normal(9, 20)),
        (bayes.drawn([0, 1, 4, 1, 0.5]), coin(10, 60)),
    ]


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


@pytest.mark.parametrize(("model", "data"), LINES)
def test_posterior_against_quadrature(model: Any, data: torch.Tensor) -> None:
    after = model.posterior(data)
    ends = (0, 1) if model.axes[0] == "p" else (-40, 40)
    top = float(model.log_likelihood(after.quantile([0.5]), data).max())
    joint = lambda t: float((model.log_likelihood(t, data) - top + model.log_prob(t)).exp())  # noqa: E731
    knots = after.quantile([1e-4, 0.5, 1 - 1e-4]).tolist()
    area = integrate.quad(joint, *ends, points=sorted(set(knots)), epsabs=0, epsrel=1e-11, limit=400)[0]
    assert math.log(area) + top == pytest.approx(model.log_evidence(data), rel=1e-8)
    theta = after.quantile([0.2, 0.5, 0.9])
    by_bayes = model.log_likelihood(theta, data) + model.log_prob(theta) - model.log_evidence(data)
    torch.testing.assert_close(after.log_prob(theta), by_bayes, rtol=1e-10, atol=1e-10)


def test_drawn_prior_against_its_smooth_self() -> None:
    smooth, data = bayes.BetaBernoulli(2, 2), coin(0, 30)
    parabola = bayes.drawn([p * (1 - p) for p in np.linspace(0, 1, 401)], points=20_000)
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
        want = float(after.predictive().log_prob(1).exp())
    elif isinstance(after, bayes.NormalInverseGamma):
        s2 = after.b / rng.gamma(after.a, size=draws)
        mu = after.m + np.sqrt(s2 / after.k) * rng.standard_normal(draws)
        seen, want = stats.norm(mu, np.sqrt(s2)).pdf(2.5), float(after.predictive().log_prob(2.5).exp())
    elif isinstance(after, bayes.DrawnPrior):
        seen = rng.choice(after.p.numpy(), draws, p=after.log_mass.exp().numpy() / float(after.log_mass.exp().sum()))
        want = float(after.predictive().mean)
    else:
        parts = after.parts if isinstance(after, bayes.MixturePrior) else (after,)
        weights = after.weights if isinstance(after, bayes.MixturePrior) else (1.0,)
        theta = np.concatenate([part.quantile(rng.random(max(round(w * draws), 1))).numpy()
                                for part, w in zip(parts, weights, strict=True)])
        is_coin = isinstance(parts[0], bayes.BetaBernoulli)
        seen = theta if is_coin else stats.norm(theta, parts[0].noise_var**0.5).pdf(2.5)
        want = float(after.predictive().log_prob(1.0 if is_coin else 2.5).exp())
    error = seen.std() / len(seen) ** 0.5
    assert abs(seen.mean() - want) < 5 * error + 1e-4 * want


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


# Hard inputs -------------------------------------------------------------------------------------------------------


def test_beta_below_one_puts_the_map_at_an_edge_or_nowhere() -> None:
    assert bayes.BetaBernoulli(0.5, 2).map() == 0
    assert bayes.BetaBernoulli(2, 0.5).map() == 1
    assert bayes.BetaBernoulli(1, 2).map() == 0
    assert bayes.BetaBernoulli(0.5, 0.5).map("logit p") == 0.5
    with pytest.raises(bayes.NoMaximumError, match="both edges"):
        bayes.BetaBernoulli(0.5, 0.5).map()
    with pytest.raises(bayes.NoMaximumError, match="flat"):
        bayes.BetaBernoulli(1, 1).map()
    with pytest.raises(bayes.NoMaximumError, match="flat"):
        bayes.BetaBernoulli(0.5, 0.5).map("angle")
    assert bayes.predictives(bayes.BetaBernoulli(1, 1), []).plug_in is None


def test_all_heads_the_plug_in_pays_infinitely() -> None:
    answers = bayes.predictives(bayes.BetaBernoulli(1, 1), [1, 1, 1])
    score = bayes.scores(answers, [1.0, 0.0])
    assert score.plug_in == -math.inf
    assert score.posterior == pytest.approx(0.5 * (math.log(0.8) + math.log(0.2)))
    assert score.prior == pytest.approx(math.log(0.5))
    assert bayes.BetaBernoulli(1, 1).mle([1, 1, 1]) == 1


def test_billions_of_observations_keep_their_digits() -> None:
    flat = bayes.BetaBernoulli(1, 1)
    assert flat.log_evidence(bayes.Counts(1e9, 0)) == pytest.approx(-math.log(1e9 + 1), rel=1e-14)
    assert flat.log_evidence(bayes.Counts(1e9, 1)) == pytest.approx(-math.log(1e9 + 1) - math.log(1e9 + 2), rel=1e-13)
    assert bayes.BetaBernoulli(1e9, 1e9).log_evidence([1.0, 0.0]) == pytest.approx(
        2 * math.log(0.5) + math.log(1 / (1 + 0.5e-9)), rel=1e-14)
    after = flat.posterior(bayes.Counts(1e9, 0))
    assert float(after.predictive().log_prob(0)) == pytest.approx(-math.log(1e9 + 2), rel=1e-15)
    drawing = bayes.curves(flat, bayes.Counts(6e8, 4e8))
    assert torch.isfinite(torch.stack([drawing.prior, drawing.likelihood, drawing.joint, drawing.posterior])).all()
    assert float(torch.trapezoid(drawing.posterior, drawing.theta)) == pytest.approx(1, abs=1e-3)


@settings(max_examples=80, deadline=None)
@given(a=st.floats(1e-3, 1e9), b=st.floats(1e-3, 1e9), h=st.integers(0, 12), t=st.integers(0, 12))
def test_log_beta_ratio_is_the_urn(a: float, b: float, h: int, t: int) -> None:
    terms = [math.log(a + i) for i in range(h)] + [math.log(b + i) for i in range(t)]
    want = math.fsum(terms + [-math.log(a + b + i) for i in range(h + t)])
    assert log_beta_ratio(a, b, h, t) == pytest.approx(want, rel=1e-12, abs=1e-9 if min(a, b) < 10 else 1e-12)
    assert log_rising(a, h) == pytest.approx(math.fsum(terms[:h]), rel=1e-12, abs=1e-12)
    assert log_beta(a, b) == pytest.approx(log_beta(b, a), rel=1e-14)


@pytest.mark.parametrize("data", [[1e150], [1e150, -1e150], [1e150, 1e150, 1e150]])
@pytest.mark.parametrize("model", [bayes.NormalNormal(0, 1, 1), bayes.NormalInverseGamma(0, 1, 1, 1),
                                   two_normals(0, 1, var=9)])
def test_huge_values_give_numbers(model: bayes.Belief, data: list[float]) -> None:
    after, evidence = model.posterior(data), model.log_evidence(data)
    assert math.isfinite(evidence)
    assert evidence < -700
    assert math.isfinite(float(after.predictive().log_prob(1e150)))
    assert not torch.isnan(torch.as_tensor(after.map())).any()
    routes = bayes.routes(model, data)
    assert routes.chain == pytest.approx(evidence, rel=1e-9)


def test_values_too_large_to_square_are_named() -> None:
    for model in (bayes.NormalNormal(0, 1, 1), bayes.NormalInverseGamma(0, 1, 1, 1)):
        for data in ([1e200, -1e200], [1e200]):
            with pytest.raises(ValueError, match="divide them by a constant"):
                model.log_evidence(data)


def test_offset_does_not_cost_digits() -> None:
    x = torch.tensor([0.0, 1.0, 2.0, 4.0], dtype=torch.float64)
    near, far = bayes.NormalInverseGamma(0, 1, 1, 1), bayes.NormalInverseGamma(2.0**30, 1, 1, 1)
    assert far.log_evidence(x + 2.0**30) == pytest.approx(near.log_evidence(x), rel=1e-13)


def test_one_point_and_equal_points() -> None:
    model = bayes.NormalInverseGamma(0, 1, 0.4, 1)
    for data in ([2.0], [2.0, 2.0, 2.0]):
        assert math.isfinite(model.log_evidence(data))
        assert model.posterior(data).map().s2 > 0
        with pytest.raises(bayes.NoMaximumError, match="second, different value"):
            model.mle(data)
    with pytest.raises(ValueError, match="no mean"):
        _ = model.predictive().mean
    assert float(model.predictive().variance) == math.inf
    assert bayes.NormalNormal(0, 1, 1).mle([2.0]) == 2
    assert model.mle([1.0, 3.0]) == (2, 1)


@pytest.mark.parametrize(("act", "says"), [
    (lambda: bayes.BetaBernoulli(0, 1), "a must be a positive"),
    (lambda: bayes.NormalNormal(0, 1, float("nan")), "noise_var must be a positive"),
    (lambda: bayes.NormalNormal(math.inf, 1, 1), "mean must be a finite"),
    (lambda: bayes.NormalInverseGamma(0, -1, 1, 1), "k must be a positive"),
    (lambda: bayes.NormalInverseGamma(math.nan, 1, 1, 1), "m must be a finite"),
    (lambda: bayes.BetaBernoulli(1, 1).posterior([0, 1, 2]), "observation 3 is 2: a coin gives 0 or 1"),
    (lambda: bayes.BetaBernoulli(1, 1).posterior([0, math.nan]), "observation 2 is not a finite number"),
    (lambda: bayes.BetaBernoulli(1, 1).posterior(bayes.Counts(-1, 2)), "not negative"),
    (lambda: bayes.BetaBernoulli(1, 1).log_marginal(bayes.Counts(1e9, 2)), "use log_evidence"),
    (lambda: bayes.BetaBernoulli(2, 2).map("log p"), "choose one of p, logit p, angle"),
    (lambda: bayes.DirichletCategorical((1,)), "two or more classes"),
    (lambda: bayes.DirichletCategorical((1, 1)).posterior([0, 2]), "observation 2 is 2: the classes are 0 to 1"),
    (lambda: bayes.DirichletCategorical((1, 1, 1)).map(), "no single top"),
    (lambda: bayes.NormalNormal(0, 1, 1).posterior([[1.0, 2.0]]), "one number per observation"),
    (lambda: bayes.NormalNormal(0, 1, 1).log_marginal(torch.zeros(2001)), "use log_evidence"),
    (lambda: bayes.drawn([0, 0, 0]), "0 everywhere"),
    (lambda: bayes.drawn([1]), "two or more points"),
    (lambda: bayes.drawn([1, -1]), "not negative"),
    (lambda: bayes.drawn([1, 1]).map(), "level at its top"),
    (lambda: bayes.MixturePrior((1,), ()), "one weight"),
    (lambda: bayes.MixturePrior((0, 0), (bayes.BetaBernoulli(1, 1),) * 2), "not all 0"),
    (lambda: bayes.MixturePrior((1, 1), (bayes.BetaBernoulli(1, 1), bayes.NormalNormal(0, 1, 1))), "of one kind"),
    (lambda: bayes.score(bayes.Bernoulli(0.5, 0.5), []), "nothing held out"),
])
def test_errors_say_what_to_do(act: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        act()


def test_a_prior_that_excludes_the_data_is_named() -> None:
    half = bayes.drawn([1.0, 1.0] + [0.0] * 8, points=1000)   # nothing above p = 2/9
    assert half.log_evidence(bayes.Counts(5000, 0)) < -6000
    assert math.isfinite(float(half.posterior(bayes.Counts(5000, 0)).predictive().mean))
    only_tails = bayes.DrawnPrior(torch.tensor([0.0, 0.5]).double(), torch.tensor([0.0, -math.inf]).double())
    with pytest.raises(ValueError, match="probability 0"):
        only_tails.posterior([1.0])
    assert only_tails.log_evidence([1.0]) == only_tails.log_marginal([1.0]) == -math.inf


def test_numpy_and_float32_and_lists_are_the_same_data() -> None:
    data = coin(0, 20)
    want = bayes.BetaBernoulli(2, 2).posterior(data)
    for form in (data.numpy(), data.float(), data.int(), data.bool(), data.tolist(), data[:, None]):
        assert bayes.BetaBernoulli(2, 2).posterior(form) == want


def test_dirichlet_of_two_is_a_coin() -> None:
    data = coin(5, 30)
    two, one = bayes.DirichletCategorical((2.5, 0.7)), bayes.BetaBernoulli(0.7, 2.5)
    assert two.log_evidence(data) == pytest.approx(one.log_evidence(data), rel=1e-13)
    assert float(two.posterior(data).map()[1]) == pytest.approx(one.posterior(data).map())
    assert float(two.posterior(data).map("softmax")[1]) == pytest.approx(one.posterior(data).map("logit p"))
    three = bayes.DirichletCategorical((2, 3, 1))
    torch.testing.assert_close(three.map(), torch.tensor([1 / 3, 2 / 3, 0], dtype=torch.float64))
    assert float(three.plug_in([1.0, 0, 0]).log_prob(2)) == -math.inf
    assert float(three.predictive().log_prob(7)) == float(three.predictive().log_prob(0.5)) == -math.inf


# What the pictures are made of --------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(a=positive, b=positive, heads=st.integers(0, 40), tails=st.integers(0, 40))
def test_the_shaded_area_is_the_evidence(a: float, b: float, heads: int, tails: int) -> None:
    data = bayes.Counts(heads, tails)
    drawing = bayes.curves(bayes.BetaBernoulli(a, b), data, 1001)
    assert bool((drawing.theta[1:] >= drawing.theta[:-1]).all())
    assert drawing.area == pytest.approx(math.exp(drawing.log_evidence - drawing.log_top))
    if min(a + heads, b + tails) >= 1:   # otherwise the density runs to infinity and no polygon has its area
        assert float(torch.trapezoid(drawing.joint, drawing.theta)) == pytest.approx(drawing.area, rel=5e-3)
        torch.testing.assert_close(drawing.posterior * drawing.area, drawing.joint, rtol=1e-6, atol=1e-9)


def test_curves_of_other_beliefs_have_the_evidence_as_area() -> None:
    for model, data in cases()[5:7] + cases()[9:]:
        drawing = bayes.curves(model, data)  # type: ignore[arg-type]
        assert float(torch.trapezoid(drawing.joint, drawing.theta)) == pytest.approx(drawing.area, rel=5e-3)

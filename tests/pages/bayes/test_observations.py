"""dgm.bayes, what stands between people and models: typed observations, units, answers and histories."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dgm import bayes, runtime
from dgm.bayes.comparison import spread
from dgm.errors import DataError
from pages.bayes import observations as text


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=60))
def test_tosses_survive_being_spelled(x: list[float]) -> None:
    assert text.tosses(text.spelled_tosses(x)).tolist() == x   # type: ignore[union-attr]


def test_tosses_in_runs_and_in_masses() -> None:
    assert text.tosses("3H, t 2T").tolist() == [1, 1, 1, 0, 0, 0]   # type: ignore[union-attr]
    assert text.tosses("600000000H 400000000T 1H") == bayes.Counts(600000001, 400000000)
    assert len(text.tosses("  ")) == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), max_size=30))
def test_points_survive_being_spelled(pairs: list[tuple[int, int]]) -> None:
    x, y = text.points(text.spelled_points([(a / 100, b / 100) for a, b in pairs]))
    assert x.tolist() == [a / 100 for a, _ in pairs]
    assert y.tolist() == [b / 100 for _, b in pairs]


def test_numbers_and_faces() -> None:
    assert text.numbers("71, 52.5;83\n-1e3").tolist() == [71, 52.5, 83, -1000]
    assert text.faces("6 1", 6).tolist() == [5, 0]
    assert text.spelled([71.0, 52.53]) == "71 52.53"


@pytest.mark.parametrize(("read", "raw", "says"), [
    (text.tosses, "HHX", "'X' is no toss"), (text.tosses, "9" * 20 + "H", "million million"),
    (text.numbers, "1 two 3", "number 2 .'two'. is not a finite"), (text.numbers, "1 nan", "number 2"),
    (text.numbers, "1 inf", "number 2"),
    (text.numbers, "1 -2e150", "beyond 1e.150: measure in another unit"),
    (text.numbers, "1 " * 401, "the page takes 400"),
    (text.points, "1:2 3", "point 2 .'3'. is not of the form x:y"), (text.points, "1:a", "point 1 .'a'."),
    (text.points, "1:1 " * 401, "the page takes 400"),
    (lambda raw: text.faces(raw, 6), "1 7", "observation 2 is 7: the faces are 1 to 6"),
    (lambda raw: text.faces(raw, 6), "1.5", "observation 1 is 1.5"),
])
def test_what_cannot_be_read_is_named(read: object, raw: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(raw)   # type: ignore[operator]


def points(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = runtime.generator(0)
    x = torch.rand(n, generator=rng, dtype=torch.float64) * 4 + 1
    return x, 55 + 10 * x + 5 * torch.randn(n, generator=rng, dtype=torch.float64)


def test_a_fit_answers_in_the_units_of_the_data() -> None:
    """Minutes or seconds: bands scale with the unit, densities by its logarithm, for every number of the fit."""
    train, held_out, prior = points(30), points(12), bayes.LinearRegression(0.1, 10.0)
    one = bayes.fit(train, held_out, prior, 3, draws=4)
    other = bayes.fit((train[0] * 60, train[1] * 60), (held_out[0] * 60, held_out[1] * 60), prior, 3, draws=4)
    for ours, theirs in ((one.x, other.x), (one.posterior.mean, other.posterior.mean), (one.draws, other.draws)):
        torch.testing.assert_close(60 * ours, theirs)
    torch.testing.assert_close(3600 * one.plug_in.variance, other.plug_in.variance)
    assert other.log_evidence == pytest.approx(one.log_evidence - 30 * math.log(60))
    assert other.held_out == pytest.approx(one.held_out - math.log(60))   # type: ignore[operator]
    assert other.held_out_plug_in == pytest.approx(one.held_out_plug_in - math.log(60))   # type: ignore[operator]


def test_the_evidence_of_a_fit_is_a_density_of_y() -> None:
    """Averaged over fresh y it integrates to one: checked as the joint normal density of the points themselves."""
    (x, y), prior = points(6), bayes.LinearRegression(0.5, 4.0)
    units = bayes.scale(x, y)
    u, _ = units.inside((x, y))
    phi = bayes.polynomial(u, 2)
    cov = (phi @ phi.T / 0.5 + torch.eye(6, dtype=torch.float64) / 4) * units.y_unit**2
    want = stats.multivariate_normal([units.y_mid] * 6, cov.numpy()).logpdf(y.numpy())
    assert bayes.fit((x, y), points(3), prior, 2).log_evidence == pytest.approx(want)


def test_degree_scores_are_those_of_the_fits() -> None:
    train, held_out, prior = points(20), points(9), bayes.LinearRegression(0.1, 10.0)
    rows = bayes.degree_scores(train, held_out, prior, 4)
    for row in rows:
        fit = bayes.fit(train, held_out, prior, row.degree)
        assert row.log_evidence == pytest.approx(fit.log_evidence / 20)
        assert row.held_out == pytest.approx(fit.held_out)
        assert row.plug_in == pytest.approx(fit.held_out_plug_in)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_points_and_nothing_held_out(n: int) -> None:
    nothing = (torch.zeros(0), torch.zeros(0))
    train = (points(5)[0][:n], points(5)[1][:n])
    fit = bayes.fit(train, nothing, bayes.LinearRegression(1.0, 1.0), 5, draws=2)
    assert fit.held_out is None
    assert fit.held_out_plug_in is None
    assert torch.isfinite(torch.cat([fit.x, fit.posterior.mean, fit.posterior.variance, fit.draws.reshape(-1)])).all()
    rows = bayes.degree_scores(train, nothing, bayes.LinearRegression(1.0, 1.0), 3)
    assert all(row.held_out is None and row.plug_in is None and math.isfinite(row.log_evidence) for row in rows)
    assert bayes.standard(torch.tensor([3.0] * n)) == ((3.0, 1.0) if n else (0.0, 1.0))


def test_widening_and_spread() -> None:
    prior = bayes.NormalNormal(0, 4, 1)
    assert bayes.widening(prior, [1.0]) == pytest.approx(math.sqrt(1.8))
    student = bayes.StudentT(3.0, 1.0, 4.0)
    inside = stats.t(3, 1, 2).cdf(1 + spread(student)) - stats.t(3, 1, 2).cdf(1 - spread(student))
    assert inside == pytest.approx(stats.norm.cdf(1) - stats.norm.cdf(-1))
    assert math.isfinite(bayes.widening(bayes.NormalInverseGamma(0, 1, 0.2, 1), [1.0]))


def test_window_holds_what_was_seen() -> None:
    for prior in (bayes.NormalNormal(0, 4, 1), bayes.NormalInverseGamma(0, 1, 0.2, 1)):
        answers = bayes.predictives(prior, [1.0])
        x = bayes.window(answers, [torch.tensor([90.0]), bayes.Counts(1, 2)], 50)
        assert len(x) == 50
        assert float(x[-1]) >= 90
        assert torch.isfinite(x).all()


def test_chances_of_countable_outcomes() -> None:
    torch.testing.assert_close(bayes.chances_of(bayes.BetaBernoulli(1, 3).predictive(), 2),
                               torch.tensor([0.75, 0.25], dtype=torch.float64))
    assert float(bayes.chances_of(bayes.DirichletCategorical((1, 2, 3)).predictive(), 3).sum()) == pytest.approx(1)


BELIEFS = [(bayes.BetaBernoulli(2, 2), [1.0, 0, 1]), (bayes.NormalNormal(0, 4, 1), [1.0, 2.0]),
           (bayes.NormalInverseGamma(0, 1, 2, 3), [1.0, 2.0, 4.0]), (bayes.drawn([0, 1, 2, 1]), [1.0, 1.0]),
           (bayes.MixturePrior((1, 2), (bayes.BetaBernoulli(5, 5), bayes.BetaBernoulli(1, 2))), [0.0, 1.0])]


@pytest.mark.parametrize(("prior", "data"), BELIEFS)
def test_history_has_a_belief_per_observation(prior: bayes.Belief, data: list[float]) -> None:
    history = bayes.history(prior, data)
    assert history is not None
    assert len(history.densities) == len(data) + 1 == len(history.gains) + 1
    assert math.fsum(history.gains) == pytest.approx(prior.log_evidence(data))
    for density in history.densities:
        assert float(torch.trapezoid(density, history.theta)) == pytest.approx(1, abs=0.03)


def test_a_die_has_no_line_to_draw() -> None:
    assert bayes.history(bayes.DirichletCategorical((1, 1, 1)), [0.0]) is None


@settings(max_examples=50, deadline=None)
@given(a=st.floats(0.2, 30), b=st.floats(0.2, 30), heads=st.integers(0, 20), tails=st.integers(0, 20),
       theta=st.floats(0.01, 0.99))
def test_the_balance_balances(a: float, b: float, heads: int, tails: int, theta: float) -> None:
    terms = bayes.balance(bayes.BetaBernoulli(a, b), bayes.Counts(heads, tails), theta)
    assert terms.log_posterior == pytest.approx(
        terms.log_likelihood + terms.log_prior - terms.log_evidence, rel=1e-9, abs=1e-9)


def test_map_rows_tell_every_axis() -> None:
    rows = bayes.map_rows(bayes.BetaBernoulli(0.5, 0.5))
    assert [row.axis for row in rows] == ["p", "logit p", "angle"]
    assert rows[0].theta is None
    assert "both edges" in rows[0].note
    assert rows[1].theta == 0.5
    numbers = [bayes.first_number(row.theta) for row in bayes.map_rows(bayes.NormalInverseGamma(0, 1, 2, 3))]
    assert numbers == pytest.approx([3 / 3.5, 3 / 3, 3 / 2.5])
    assert bayes.first_number(None) is None
    assert bayes.first_number(torch.tensor([0.2, 0.8])) == pytest.approx(0.2)


def test_routes_without_the_second() -> None:
    lopsided = bayes.routes(bayes.BetaBernoulli(1e9, 1), [1.0, 1.0])
    assert lopsided.marginal is None
    assert lopsided.chain == pytest.approx(lopsided.closed, rel=1e-9)

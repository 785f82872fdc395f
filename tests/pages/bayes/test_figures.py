"""Figures of the Bayes lesson: they show what they were given, in both themes, small on the wire, with sentences."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from dgm import bayes, runtime
from pages.bayes.figures import editing, two_unknowns
from pages.bayes.figures import regression as bayes_regression
from pages.bayes.figures import theorem as pictures
from tests.ui.figures.checked import checked, size
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

HEADS = torch.tensor([1.0, 1, 0, 1, 1])
PRIOR = bayes.BetaBernoulli(2, 2)
NORMAL = bayes.NormalInverseGamma(0, 1, 2, 2)
VALUES = [1.0, 2.0, 2.5]


def named(fig: go.Figure, start: str) -> go.Scatter:
    return next(trace for trace in fig.data if trace.name.startswith(start))


def logistic() -> tuple[bayes.GridPosterior, bayes.Laplace]:
    x = torch.tensor([[1.0, -1], [1, 0], [1, 1], [1, 2]])
    model, data = bayes.LogisticRegression(0.5), (x, torch.tensor([0.0, 1, 0, 1]))
    return bayes.grid_posterior(model, data), model.laplace(data)


def four(palette: Palette) -> Figure:
    return pictures.four(bayes.curves(PRIOR, HEADS), palette=palette)


def bars(palette: Palette) -> Figure:
    answers = bayes.predictives(PRIOR, HEADS)
    rows = [torch.tensor([d.q, d.p], dtype=torch.float64) for d in answers]   # type: ignore[union-attr]
    return pictures.predictive_bars(["tails", "heads"], rows, bayes.scores(answers, [1.0, 0.0]), palette)


def densities(palette: Palette) -> Figure:
    x, answers = torch.linspace(-5, 8, 101, dtype=torch.float64), bayes.predictives(NORMAL, VALUES)
    rows = [d.log_prob(x).exp() for d in answers if d is not None]
    held_out = torch.tensor([1.5, 3.0])
    return pictures.predictive_curves(x, rows, held_out, bayes.scores(answers, held_out), palette=palette)


def axes(palette: Palette) -> Figure:
    after = PRIOR.posterior(HEADS)
    return pictures.two_axes([bayes.axis_view(after, axis) for axis in ("p", "logit p")], palette)


def chain(palette: Palette) -> Figure:
    gains = [update.log_predictive for update in PRIOR.updates(HEADS)]
    return pictures.chain(gains, PRIOR.log_evidence(HEADS), 3, palette)


def plane(palette: Palette) -> Figure:
    return two_unknowns.normal_plane(bayes.normal_plane(NORMAL, VALUES), NORMAL.posterior(VALUES).map(), palette)


def weights(palette: Palette) -> Figure:
    grid, laplace = logistic()
    levels = [bayes.hdr_level(grid.log_mass, share) for share in two_unknowns.INSIDE]
    return two_unknowns.weights(grid, laplace, levels, palette=palette)


def chances(palette: Palette) -> Figure:
    x = torch.linspace(0, 1, 5)
    return two_unknowns.chances(two_unknowns.Chances(x, x / 2, x / 3, x), (x, x.round()), palette=palette)


COSTS = [bayes.GridCost(1, 8, 0.001, True, -3.0, 0.002, -3.1), bayes.GridCost(2, 64, 0.01, True, -4.0, 0.002, -4.1),
         bayes.GridCost(3, 512, 0.08, False, None, 0.003, -5.0),
         bayes.GridCost(9, 8**9, 21000.0, False, None, 0.004, -5.0)]


def cost(palette: Palette) -> Figure:
    return two_unknowns.cost(COSTS, palette)


def regression() -> tuple[torch.Tensor, bayes.Normal, bayes.Normal, torch.Tensor]:
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    after = bayes.LinearRegression(1.0, 9.0).posterior((bayes.polynomial_features(x, 2), x**2))
    ahead = torch.linspace(-2, 2, 41, dtype=torch.float64)
    phi = bayes.polynomial_features(ahead, 2)
    return ahead, after.predictive(phi), after.plug_in(after.map(), phi), after.sample(4, runtime.generator(0)) @ phi.T


def bands(palette: Palette) -> Figure:
    ahead, predictive, plug_in, draws = regression()
    x = torch.linspace(-1, 1, 9)
    return bayes_regression.bands(ahead, predictive, plug_in, (x, x**2), (x[:2], x[:2]), draws=draws, palette=palette)


DEGREES = [bayes.DegreeScore(0, -2.0, -90.0, -math.inf), bayes.DegreeScore(1, -1.0, -0.9, -1.2),
           bayes.DegreeScore(2, -1.1, -0.8, -1.3)]


def degree_scores(palette: Palette) -> Figure:
    return bayes_regression.degree_scores(DEGREES, 1, palette)


def hand_drawn(palette: Palette) -> Figure:
    return editing.hand_drawn(torch.tensor([0.5, 2, 1]), palette)


def learning(palette: Palette) -> Figure:
    theta = torch.linspace(0, 1, 101, dtype=torch.float64)
    beliefs = [PRIOR.posterior(HEADS[:n]) for n in range(len(HEADS) + 1)]
    return editing.learning(theta, [belief.log_prob(theta).exp() for belief in beliefs], palette=palette)


def growing(palette: Palette) -> Figure:
    gains = [update.log_predictive for update in PRIOR.updates(HEADS)]
    return editing.growing(gains, PRIOR.log_evidence(HEADS), palette)


ALL = [four, bars, densities, axes, chain, plane, weights, chances, cost, bands, degree_scores, hand_drawn, learning,
       growing]


@pytest.mark.parametrize("draw", ALL)
def test_both_themes_small_finite_and_named(draw: Callable[[Palette], Figure]) -> None:
    fig = draw(LIGHT)
    light, dark = checked(fig), checked(draw(DARK))
    assert light.layout.font.color != dark.layout.font.color
    assert size(fig) < 300_000
    assert all(trace.name for trace in light.data if trace.showlegend is not False and trace.type != "heatmap")
    for trace in fig.data:   # arrays travel as float32, never as lists of floats
        for values in (trace.get("x"), trace.get("y"), trace.get("z")):
            assert not isinstance(values, np.ndarray) or values.dtype != np.float64
            assert values is None or isinstance(values[0], str) or not np.isnan(values).any()
    assert light.layout.xaxis.title.text
    assert light.layout.yaxis.title.text


def test_four_shades_the_evidence() -> None:
    fig, curves = checked(four(LIGHT)), bayes.curves(PRIOR, HEADS)
    area = named(fig, "likelihood ×")
    assert area.fill == "tozeroy"
    shaded = np.trapezoid(area.y, area.x) * math.exp(curves.max_log_likelihood)
    assert shaded == pytest.approx(math.exp(curves.log_evidence), rel=1e-3)
    assert pictures.nats(curves.log_evidence) in fig.layout.annotations[0].text
    assert named(fig, "prior").line.dash == "dot"
    assert named(fig, "likelihood").line.dash == "dashdot"


def test_an_infinite_edge_does_not_flatten_the_rest() -> None:
    fig = checked(pictures.four(bayes.curves(bayes.BetaBernoulli(0.02, 0.02), [1.0, 0.0, 1.0])))
    assert fig.layout.yaxis.range[1] < 100
    assert np.isfinite(named(fig, "prior").y).all()


def test_scores_stand_beside_their_predictive() -> None:
    names = [trace.name for trace in checked(bars(LIGHT)).data]
    scores = bayes.scores(bayes.predictives(PRIOR, HEADS), [1.0, 0.0])
    for name, part, score in zip(names, pictures.ANSWERS, scores, strict=True):
        assert name == f"{part}: {pictures.nats(score)} held out"
    half = torch.ones(2) / 2
    none = checked(pictures.predictive_bars(["0", "1"], [half, half, None], bayes.Scores(-1, -1, None)))
    assert len(none.data) == 2
    assert "no MAP" in pictures.predictives_alt(bayes.Scores(-1, -2, None), 3)
    assert "minus infinity" in pictures.predictives_alt(bayes.Scores(-1, -2, -math.inf), 3)


def test_the_map_line_moves_and_the_predictive_line_does_not() -> None:
    lines = [trace for trace in checked(axes(LIGHT)).data if trace.mode == "lines" and len(trace.x) == 2]
    map_p, predictive_p, map_logit, predictive_logit = (float(line.x[0]) for line in lines)
    assert map_p == pytest.approx(5 / 7)
    assert predictive_p == pytest.approx(6 / 9)
    assert map_logit == pytest.approx(predictive_logit) == pytest.approx(math.log(2))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_dies_tops_stand_beside_the_predictive(palette: Palette) -> None:
    mean = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    maps = {"theta": torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64), "softmax": mean}
    fig = checked(pictures.tops("abc", maps, mean, palette))
    assert [trace.name for trace in fig.data] == ["MAP over theta", "MAP over softmax", "predictive"]
    assert np.allclose([trace.y for trace in fig.data], [maps["theta"], mean, mean])
    assert len(checked(pictures.tops("abc", maps | {"theta": None}, mean)).data) == 2
    assert "nowhere" in pictures.tops_alt(maps | {"theta": None}, mean)
    assert "0.600, 0.300, 0.100" in pictures.tops_alt(maps, mean)


def test_chain_bars_hang_from_each_other_down_to_the_evidence() -> None:
    fig = checked(chain(LIGHT))
    seen, rest = fig.data[0], fig.data[1]
    starts, heights = np.concatenate([seen.base, rest.base]), np.concatenate([seen.y, rest.y])
    assert len(seen.x) == 3
    assert all(base == pytest.approx(end, abs=1e-5) for (_, end), (base, _) in
               pairwise(zip(starts, starts + heights, strict=True)))
    assert starts[-1] + heights[-1] == pytest.approx(PRIOR.log_evidence(HEADS), abs=1e-5) == fig.data[2].y[0]


def test_a_belief_learns_one_observation_a_frame() -> None:
    fig = checked(learning(LIGHT))
    assert [frame.name for frame in fig.frames] == [f"{n} seen" for n in range(len(HEADS) + 1)]
    np.testing.assert_array_equal(fig.frames[0].data[0].y, fig.data[0].y)
    np.testing.assert_array_equal(fig.frames[-1].data[0].y, fig.data[1].y)
    assert "after each of 5 observations" in editing.learning_alt(len(HEADS))


def test_the_evidence_grows_one_bar_a_frame() -> None:
    fig = checked(growing(LIGHT))
    bars = fig.data[0].y
    for n, frame in enumerate(fig.frames):
        assert frame.data[0].type == "bar"
        assert frame.data[0].y.tolist() == [*bars[:n], *[0] * (len(HEADS) - n)]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_strip_holds_its_points_with_room_to_click(palette: Palette) -> None:
    x = torch.tensor([60.0, 72, 90])
    fig = checked(editing.strip(x, palette))
    assert fig.data[0].x.tolist() == x.tolist()
    assert fig.layout.xaxis.range[0] < 60
    assert fig.layout.xaxis.range[1] > 90
    assert len(checked(editing.strip(x[:0], palette)).data[0].x) == 0


def test_ellipse_lies_at_its_distance() -> None:
    _, laplace = logistic()
    off = torch.from_numpy(two_unknowns.ellipse(laplace, 2.0)).double() - laplace.mean
    distance = ((off @ torch.linalg.inv(laplace.covariance)) * off).sum(1).sqrt()
    torch.testing.assert_close(distance, torch.full_like(distance, 2.0), atol=1e-5, rtol=0)


def test_measured_and_projected_costs_look_different() -> None:
    fig = checked(cost(LIGHT))
    timed, projected = named(fig, "grid, timed"), named(fig, "grid, projected")
    assert list(timed.x) == [1, 2]
    assert list(projected.x) == [3, 9]
    assert timed.marker.symbol != projected.marker.symbol
    assert fig.layout.yaxis.type == "log"
    assert "5.83 hours" in two_unknowns.cost_alt(COSTS)
    assert [two_unknowns.duration(s) for s in (0.002, 5, 90, 1e5, 1e8)] == ["2 ms", "5 s", "1.5 minutes", "1.16 days",
                                                                         "3.17 years"]


def test_predictive_band_encloses_the_plug_in_band() -> None:
    fig = checked(bands(LIGHT))
    high, low = fig.data[0].y, named(fig, "predictive").y
    inner = [trace.y for trace in fig.data if trace.name == "plug-in, 95%"]
    assert (low <= inner[0] + 1e-6).all()
    assert (high >= inner[1] - 1e-6).all()
    assert len([trace for trace in fig.data if trace.name == "drawn curves"]) == 4
    empty = (torch.zeros(0), torch.zeros(0))
    ahead, predictive, plug_in, _ = regression()
    alone = checked(bayes_regression.bands(ahead, predictive, plug_in, empty, empty))
    assert np.isfinite(alone.layout.yaxis.range).all()


def test_one_hopeless_degree_does_not_flatten_the_rest() -> None:
    fig = checked(degree_scores(LIGHT))
    low, high = fig.layout.yaxis.range
    assert -10 < low < -1.2 < -0.8 < high < 0
    assert "best at 2" in named(fig, "held-out, posterior").name


def test_alt_sentences_carry_the_numbers() -> None:
    curves, after = bayes.curves(PRIOR, HEADS), PRIOR.posterior(HEADS)
    gains = [update.log_predictive for update in PRIOR.updates(HEADS)]
    views = [bayes.axis_view(after, axis) for axis in ("p", "logit p")]
    grid, laplace = logistic()
    _, predictive, plug_in, _ = regression()
    x = torch.linspace(0, 1, 5)
    evidence = pictures.nats(curves.log_evidence)
    expected = [
        (pictures.four_alt(curves), evidence), (pictures.chain_alt(gains, curves.log_evidence), evidence),
        (pictures.two_axes_alt(views), "over p at p = 0.714"), (pictures.two_axes_alt(views), "stays at p = 0.667"),
        (two_unknowns.normal_plane_alt(bayes.normal_plane(NORMAL, VALUES), (1.0, 4.0)), "σ = 2"),
        (two_unknowns.weights_alt(grid, laplace), pictures.nats(laplace.log_evidence)),
        (two_unknowns.chances_alt(two_unknowns.Chances(x, x / 2, x / 3, x)), "1.000 against 0.500"),
        (bayes_regression.bands_alt(predictive, plug_in, 9), "9 data points"),
        (bayes_regression.degree_scores_alt(DEGREES), "highest at degree 1"),
    ]
    for sentence, part in expected:
        assert part in sentence
        assert sentence.endswith(".")
    none = bayes.axis_view(bayes.BetaBernoulli(0.5, 0.5), "p")
    assert "over p nowhere" in pictures.two_axes_alt([none])


@pytest.mark.parametrize(("log_value", "text"), [(math.log(0.25), "0.25"), (-1000.0, "5.08 × 10<sup>−435</sup>"),
                                                 (-math.inf, "0"), (-6.9e8, "× 10<sup>−299,")])
def test_probabilities_too_small_for_floats_are_readable(log_value: float, text: str) -> None:
    assert text in pictures.power(log_value)

"""pages.bayes.figures: the numbers that they show, both themes, the size of what they send, their alt sentences."""

import colorsys
import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from dgm import bayes, runtime
from pages.bayes.figures import editable, history, logistic, map_estimate, numbers, predictive, regression, theorem
from tests.ui.figures.checked import checked, size
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

HEADS = torch.tensor([1.0, 1, 0, 1, 1])
PRIOR = bayes.BetaBernoulli(2, 2)
NORMAL = bayes.NormalInverseGamma(0, 1, 2, 2)
VALUES = [1.0, 2.0, 2.5]


def named(fig: go.Figure, start: str) -> go.Scatter:
    return next(trace for trace in fig.data if trace.name.startswith(start))


def grid_and_laplace() -> tuple[bayes.GridPosterior, bayes.Laplace]:
    x = torch.tensor([[1.0, -1], [1, 0], [1, 1], [1, 2]])
    model, data = bayes.LogisticRegression(0.5), (x, torch.tensor([0.0, 1, 0, 1]))
    return bayes.grid_posterior(model, data), model.laplace(data)


def draw_theorem_curves(palette: Palette) -> Figure:
    return theorem.theorem_curves(bayes.curves(PRIOR, HEADS), palette=palette)


def draw_predictive_bars(palette: Palette) -> Figure:
    answers = bayes.predictives(PRIOR, HEADS)
    rows = [torch.tensor([d.q, d.p], dtype=torch.float64) for d in answers]   # type: ignore[union-attr]
    return predictive.predictive_bars(["tails", "heads"], rows, palette)


def draw_predictive_curves(palette: Palette) -> Figure:
    x, answers = torch.linspace(-5, 8, 101, dtype=torch.float64), bayes.predictives(NORMAL, VALUES)
    rows = [d.log_prob(x).exp() for d in answers if d is not None]
    held_out = torch.tensor([1.5, 3.0])
    return predictive.predictive_curves(x, rows, held_out, palette=palette)


def draw_two_axes(palette: Palette) -> Figure:
    after = PRIOR.posterior(HEADS)
    return map_estimate.two_axes([bayes.axis_view(after, axis) for axis in ("p", "logit p")], palette)


def draw_chain(palette: Palette) -> Figure:
    log_predictives = [update.log_predictive for update in PRIOR.updates(HEADS)]
    return history.chain(log_predictives, PRIOR.log_evidence(HEADS), 3, palette)


def draw_normal_plane(palette: Palette) -> Figure:
    return theorem.normal_plane(bayes.normal_plane(NORMAL, VALUES), NORMAL.posterior(VALUES).map(), palette)


def draw_weights(palette: Palette) -> Figure:
    grid, laplace = grid_and_laplace()
    levels = [bayes.hdr_level(grid.log_mass, share) for share in logistic.INSIDE]
    return logistic.weights(grid, laplace, levels, palette=palette)


def draw_class_probabilities(palette: Palette) -> Figure:
    x = torch.linspace(0, 1, 5)
    probs = logistic.ClassProbabilities(x, x / 2, x / 3, x)
    return logistic.class_probabilities(probs, (x, x.round()), palette=palette)


COSTS = [bayes.GridCost(1, 8, 0.001, True, -3.0, 0.002, -3.1), bayes.GridCost(2, 64, 0.01, True, -4.0, 0.002, -4.1),
         bayes.GridCost(3, 512, 0.08, False, None, 0.003, -5.0),
         bayes.GridCost(9, 8**9, 21000.0, False, None, 0.004, -5.0)]


def draw_grid_costs(palette: Palette) -> Figure:
    return logistic.grid_costs(COSTS, palette)


def fitted_parabola() -> tuple[torch.Tensor, bayes.Normal, bayes.Normal, torch.Tensor]:
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    after = bayes.LinearRegression(1.0, 9.0).posterior((bayes.polynomial_features(x, 2), x**2))
    ahead = torch.linspace(-2, 2, 41, dtype=torch.float64)
    phi = bayes.polynomial_features(ahead, 2)
    return ahead, after.predictive(phi), after.plug_in(after.map(), phi), after.sample(4) @ phi.T


def draw_bands(palette: Palette) -> Figure:
    x_ahead, posterior, plug_in, draws = fitted_parabola()
    x = torch.linspace(-1, 1, 9)
    return regression.bands(x_ahead, posterior, plug_in, (x, x**2), (x[:2], x[:2]), draws=draws, palette=palette)


DEGREES = [bayes.DegreeScore(0, -2.0, -90.0, -math.inf), bayes.DegreeScore(1, -1.0, -0.9, -1.2),
           bayes.DegreeScore(2, -1.1, -0.8, -1.3)]


def draw_degree_scores(palette: Palette) -> Figure:
    return regression.degree_scores(DEGREES, 1, palette)


def draw_prior_heights(palette: Palette) -> Figure:
    return editable.prior_heights(torch.tensor([0.5, 2, 1]), palette)


def draw_belief_frames(palette: Palette) -> Figure:
    theta = torch.linspace(0, 1, 101, dtype=torch.float64)
    beliefs = [PRIOR.posterior(HEADS[:n]) for n in range(len(HEADS) + 1)]
    return history.belief_frames(theta, [belief.log_prob(theta).exp() for belief in beliefs], palette=palette)


def draw_chain_frames(palette: Palette) -> Figure:
    log_predictives = [update.log_predictive for update in PRIOR.updates(HEADS)]
    return history.chain_frames(log_predictives, PRIOR.log_evidence(HEADS), palette)


ALL = [draw_theorem_curves, draw_predictive_bars, draw_predictive_curves, draw_two_axes, draw_chain, draw_normal_plane,
       draw_weights, draw_class_probabilities, draw_grid_costs, draw_bands, draw_degree_scores, draw_prior_heights,
       draw_belief_frames, draw_chain_frames]


@pytest.mark.parametrize("draw", ALL)
def test_both_themes_small_finite_and_named(draw: Callable[[Palette], Figure]) -> None:
    fig = draw(LIGHT)
    light, dark = checked(fig), checked(draw(DARK))
    assert light.layout.font.color != dark.layout.font.color
    assert size(fig) < 300_000
    assert all(trace.name for trace in light.data if trace.showlegend is not False and trace.type != "heatmap")
    for trace in fig.data:   # arrays are sent as float32, never as lists of floats
        for values in (trace.get("x"), trace.get("y"), trace.get("z")):
            assert not isinstance(values, np.ndarray) or values.dtype != np.float64
            assert values is None or isinstance(values[0], str) or not np.isnan(values).any()
    assert light.layout.xaxis.title.text
    assert light.layout.yaxis.title.text


STATES = [
    (PRIOR, HEADS), (bayes.BetaBernoulli(1, 101), []), (bayes.BetaBernoulli(100, 0.05), HEADS),
    (bayes.BetaBernoulli(1, 1), [1.0] * 300), (PRIOR, bayes.Counts(500_050_000, 499_950_000)),
    (bayes.NormalNormal(60, 400, 169), [79.0, 54, 74, 62, 85, 55, 88, 85]),
    (bayes.NormalNormal(0, 1e8, 1e-4), [3.0] * 90),
    (bayes.histogram_prior([1, 1, 2, 4, 6, 4, 2, 1, 1]), HEADS),
    *((bayes.BetaBernoulli(*(10.0 ** torch.empty(2).uniform_(0, 2, generator=runtime.generator(seed))).tolist()),
       torch.randint(0, 2, (int(20 * seed),), generator=runtime.generator(seed)).double()) for seed in range(6))]


@pytest.mark.parametrize(("prior", "data"), STATES)
def test_the_shaded_area_is_the_evidence_in_the_units_of_its_axis(prior: Any, data: Any) -> None:
    curves = bayes.curves(prior, data)
    fig = checked(theorem.theorem_curves(curves))
    area = named(fig, "likelihood ×")
    assert area.fill == "tozeroy"
    factor = re.search(r"10<sup>(−?[\d,]+)</sup>", fig.layout.yaxis3.title.text)
    power = int(factor[1].replace("−", "-").replace(",", "")) if factor else 0
    shaded = np.trapezoid(area.y.astype(float), curves.theta.numpy())
    assert math.log(shaded) + power * math.log(10) == pytest.approx(curves.log_evidence, abs=5e-3)
    assert numbers.format_exp(curves.log_evidence) in fig.layout.annotations[0].text


@pytest.mark.parametrize(("prior", "data"), [state for state in STATES if getattr(state[0], "b", 1) >= 1])
def test_every_axis_covers_the_top_of_every_curve_and_the_marks(prior: Any, data: Any) -> None:
    fig = checked(theorem.theorem_curves(bayes.curves(prior, data)))
    for trace in fig.data:
        low, high = fig.layout[trace.yaxis.replace("y", "yaxis") if trace.yaxis else "yaxis"].range
        assert low == 0
        assert max(trace.y) < high < 1.2 * max(max(t.y) for t in fig.data if t.yaxis == trace.yaxis)
    if "p" not in prior.axes:
        return
    views = [bayes.axis_view(prior.posterior(data), axis) for axis in ("p", "logit p")]
    fig = checked(map_estimate.two_axes(views))
    for trace in fig.data:
        along, up = (fig.layout[(ref or letter).replace(letter, f"{letter}axis")].range
                     for letter, ref in (("x", trace.xaxis), ("y", trace.yaxis)))
        assert max(trace.y) < up[1] < 1.2 * max(max(t.y) for t in fig.data if t.yaxis == trace.yaxis)
        assert trace.mode != "lines" or len(trace.x) > 2 or along[0] <= trace.x[0] <= along[1]


def test_the_four_terms_are_drawn_at_once() -> None:
    fig = checked(draw_theorem_curves(LIGHT))
    assert [trace.name for trace in fig.data] == ["prior", "posterior", "likelihood", "likelihood × prior"]
    assert named(fig, "prior").line.dash == "dot"
    assert named(fig, "likelihood").line.dash == "dashdot"
    domains = [fig.layout[axis].domain for axis in ("yaxis", "yaxis2", "yaxis3")]
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_map_of_a_posterior_has_the_hue_of_its_contours(palette: Palette) -> None:
    fig = checked(draw_weights(palette))
    (low, paper), (high, top) = next(trace for trace in fig.data if trace.type == "heatmap").colorscale
    assert (low, high, paper) == (0, 1, palette.paper)
    line = next(trace.line.color for trace in fig.data if trace.type == "contour")
    assert line == palette["posterior"]
    hues = [colorsys.rgb_to_hsv(*(int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)))[0] for colour in (top, line)]
    assert hues[0] == pytest.approx(hues[1], abs=0.04)


def test_an_infinite_edge_does_not_flatten_the_rest() -> None:
    fig = checked(theorem.theorem_curves(bayes.curves(bayes.BetaBernoulli(0.02, 0.02), [1.0, 0.0, 1.0])))
    assert fig.layout.yaxis.range[1] < 100
    assert np.isfinite(named(fig, "prior").y).all()


def test_the_legend_names_each_predictive_and_the_sentence_gives_its_score() -> None:
    assert [trace.name for trace in checked(draw_predictive_bars(LIGHT)).data] == list(predictive.ANSWERS)
    half = torch.ones(2) / 2
    assert len(checked(predictive.predictive_bars(["0", "1"], [half, half, None])).data) == 2
    assert "no MAP" in predictive.scores_alt(bayes.Scores(-1, -2, None), 3)
    assert "minus infinity" in predictive.scores_alt(bayes.Scores(-1, -2, -math.inf), 3)


@pytest.mark.parametrize("after", [bayes.NormalNormal(60, 4, 1), bayes.NormalInverseGamma(0, 1, 2, 3)])
def test_a_log_density_is_highest_at_its_map_on_each_axis(after: Any) -> None:
    curves = map_estimate.log_densities(after, bayes.map_rows(after)[:2])
    fig = checked(map_estimate.two_log_densities(curves, "θ"))
    low, high = fig.layout.yaxis.range
    assert low < 0 < high
    for curve in curves:
        spacing = float(curve.at[1] - curve.at[0])
        assert float(curve.at[curve.log_density.argmax()]) == pytest.approx(curve.top, abs=2 * spacing)
        assert f"{curve.top:.4g}" in map_estimate.two_log_densities_alt(curves, "θ")


def test_a_covered_mark_or_curve_is_not_in_the_figure() -> None:
    after = PRIOR.posterior(HEADS)
    views = [bayes.axis_view(after, axis) for axis in ("p", "logit p")]
    assert [trace.name for trace in checked(map_estimate.two_axes(views, covered=True)).data].count("MAP") == 1
    assert "logit" not in map_estimate.two_axes_alt(views, covered=True)
    traces = checked(map_estimate.two_axes(views, covered=True)).data
    first, second = (np.array(trace.y, float) for trace in traces if trace.name == "posterior density")
    assert np.isfinite(first).all()
    assert np.nanmax(second) <= map_estimate.OPEN * float(views[1].density.max())
    covered = checked(regression.degree_scores(DEGREES, 1, covered=True))
    assert not any("evidence" in trace.name for trace in covered.data)
    assert "evidence" not in regression.degree_scores_alt(DEGREES, covered=True)


def test_the_map_line_moves_and_the_predictive_line_does_not() -> None:
    lines = [trace for trace in checked(draw_two_axes(LIGHT)).data if trace.mode == "lines" and len(trace.x) == 2]
    predictive_p, map_p, predictive_logit, map_logit = (float(line.x[0]) for line in lines)
    assert map_p == pytest.approx(5 / 7)
    assert predictive_p == pytest.approx(6 / 9)
    assert map_logit == pytest.approx(predictive_logit) == pytest.approx(math.log(2))


@pytest.mark.parametrize("data", [HEADS, bayes.Counts(500_050_000, 499_950_000)], ids=["few", "many"])
def test_the_whole_posterior_density_is_inside_both_axes(data: object) -> None:
    after = PRIOR.posterior(data)
    fig = checked(map_estimate.two_axes([bayes.axis_view(after, axis) for axis in ("p", "logit p")]))
    densities = [trace for trace in fig.data if trace.name == "posterior density"]
    for trace, axis in zip(densities, (fig.layout.yaxis, fig.layout.yaxis2), strict=True):
        assert axis.range[0] == 0
        assert max(trace.y) < axis.range[1] < 1.2 * max(trace.y)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_bars_of_a_die_are_its_maps_and_its_predictive(palette: Palette) -> None:
    mean = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    maps = {"theta": torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64), "softmax": mean}
    fig = checked(map_estimate.map_bars("abc", maps, mean, palette))
    assert [trace.name for trace in fig.data] == ["MAP over theta", "MAP over softmax", "predictive"]
    assert np.allclose([trace.y for trace in fig.data], [maps["theta"], mean, mean])
    assert len(checked(map_estimate.map_bars("abc", maps | {"theta": None}, mean)).data) == 2
    assert "nowhere" in map_estimate.map_bars_alt(maps | {"theta": None}, mean)
    assert "0.600, 0.300, 0.100" in map_estimate.map_bars_alt(maps, mean)


def test_each_bar_of_the_chain_starts_where_the_last_one_ends_and_the_last_ends_at_the_evidence() -> None:
    fig = checked(draw_chain(LIGHT))
    seen, rest = fig.data[0], fig.data[1]
    starts, heights = np.concatenate([seen.base, rest.base]), np.concatenate([seen.y, rest.y])
    assert len(seen.x) == 3
    assert all(base == pytest.approx(end, abs=1e-5) for (_, end), (base, _) in
               pairwise(zip(starts, starts + heights, strict=True)))
    assert starts[-1] + heights[-1] == pytest.approx(PRIOR.log_evidence(HEADS), abs=1e-5) == fig.data[2].y[0]


def test_the_belief_has_a_frame_for_each_observation() -> None:
    fig = checked(draw_belief_frames(LIGHT))
    assert [frame.name for frame in fig.frames] == [f"{n} seen" for n in range(len(HEADS) + 1)]
    np.testing.assert_array_equal(fig.frames[0].data[0].y, fig.data[0].y)
    np.testing.assert_array_equal(fig.frames[-1].data[0].y, fig.data[1].y)
    assert "after each of 5 observations" in history.belief_frames_alt(len(HEADS))


def test_each_frame_of_the_chain_has_one_bar_more() -> None:
    fig = checked(draw_chain_frames(LIGHT))
    bars = fig.data[0].y
    for n, frame in enumerate(fig.frames):
        assert frame.data[0].type == "bar"
        assert frame.data[0].y.tolist() == [*bars[:n], *[0] * (len(HEADS) - n)]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_number_line_has_free_space_on_both_sides_of_its_points(palette: Palette) -> None:
    x = torch.tensor([60.0, 72, 90])
    fig = checked(editable.number_line(x, palette))
    assert fig.data[0].x.tolist() == x.tolist()
    assert fig.layout.xaxis.range[0] < 60
    assert fig.layout.xaxis.range[1] > 90
    assert len(checked(editable.number_line(x[:0], palette)).data[0].x) == 0


def test_the_ellipse_is_at_its_mahalanobis_distance() -> None:
    _, laplace = grid_and_laplace()
    off = torch.from_numpy(logistic.ellipse(laplace, 2.0)).double() - laplace.mean
    distance = ((off @ torch.linalg.inv(laplace.covariance)) * off).sum(1).sqrt()
    torch.testing.assert_close(distance, torch.full_like(distance, 2.0), atol=1e-5, rtol=0)


def test_measured_and_projected_costs_look_different() -> None:
    fig = checked(draw_grid_costs(LIGHT))
    timed, projected = named(fig, "grid, timed"), named(fig, "grid, projected")
    assert list(timed.x) == [1, 2]
    assert list(projected.x) == [3, 9]
    assert timed.marker.symbol != projected.marker.symbol
    assert fig.layout.yaxis.type == "log"
    assert "5.83 hours" in logistic.grid_costs_alt(COSTS)
    assert [logistic.duration(s) for s in (0.002, 5, 90, 1e5, 1e8)] == ["2 ms", "5 s", "1.5 minutes", "1.16 days",
                                                                         "3.17 years"]


def test_predictive_band_encloses_the_plug_in_band() -> None:
    fig = checked(draw_bands(LIGHT))
    high, low = fig.data[0].y, named(fig, "predictive").y
    inner = [trace.y for trace in fig.data if trace.name == "plug-in, 95%"]
    assert (low <= inner[0] + 1e-6).all()
    assert (high >= inner[1] - 1e-6).all()
    assert len([trace for trace in fig.data if trace.name == "drawn curves"]) == 4
    empty = (torch.zeros(0), torch.zeros(0))
    x_ahead, posterior, plug_in, _ = fitted_parabola()
    alone = checked(regression.bands(x_ahead, posterior, plug_in, empty, empty))
    assert np.isfinite(alone.layout.yaxis.range).all()


def test_one_very_low_score_does_not_flatten_the_rest() -> None:
    fig = checked(draw_degree_scores(LIGHT))
    low, high = fig.layout.yaxis.range
    assert -10 < low < -1.2 < -0.8 < high < 0
    assert "best at 2" in named(fig, "held-out, posterior").name


def test_alt_sentences_give_the_numbers() -> None:
    curves, after = bayes.curves(PRIOR, HEADS), PRIOR.posterior(HEADS)
    log_predictives = [update.log_predictive for update in PRIOR.updates(HEADS)]
    views = [bayes.axis_view(after, axis) for axis in ("p", "logit p")]
    grid, laplace = grid_and_laplace()
    _, posterior, plug_in, _ = fitted_parabola()
    x = torch.linspace(0, 1, 5)
    evidence = numbers.format_nats(curves.log_evidence)
    expected = [
        (theorem.theorem_curves_alt(curves), evidence),
        (history.chain_alt(log_predictives, curves.log_evidence), evidence),
        (map_estimate.two_axes_alt(views), "over p at p = 0.714"),
        (map_estimate.two_axes_alt(views), "stays at p = 0.667"),
        (theorem.normal_plane_alt(bayes.normal_plane(NORMAL, VALUES), (1.0, 4.0)), "σ = 2"),
        (logistic.weights_alt(grid, laplace), numbers.format_nats(laplace.log_evidence)),
        (logistic.class_probabilities_alt(logistic.ClassProbabilities(x, x / 2, x / 3, x)), "1.000 against 0.500"),
        (regression.bands_alt(posterior, plug_in, 9), "9 data points; "),
        (regression.bands_alt(posterior, plug_in, 9, 3), "9 data points, 3 more held out; "),
        (regression.degree_scores_alt(DEGREES), "highest at degree 1"),
    ]
    for sentence, part in expected:
        assert part in sentence
        assert sentence.endswith(".")
    endless = bayes.curves(bayes.BetaBernoulli(0.05, 99.0), bayes.Counts(3, 1))
    assert "the prior goes to infinity at an end, the posterior is highest at" in theorem.theorem_curves_alt(endless)
    none = bayes.axis_view(bayes.BetaBernoulli(0.5, 0.5), "p")
    assert "over p nowhere" in map_estimate.two_axes_alt([none])


@pytest.mark.parametrize(("log_value", "text"), [(math.log(0.25), "0.25"), (-1000.0, "5.08 × 10<sup>−435</sup>"),
                                                 (-math.inf, "0"), (-6.9e8, "× 10<sup>−299,")])
def test_probabilities_too_small_for_floats_are_legible(log_value: float, text: str) -> None:
    assert text in numbers.format_exp(log_value)


def test_points_far_from_0_are_sent_as_they_are() -> None:
    x = torch.tensor([691605.95, 691604.0, 691602.96, 691601.08, 691600.5], dtype=torch.float64)
    y = torch.tensor([5335835.43, 5335837.82, 5335838.24, 5335838.22, 5335836.11], dtype=torch.float64)
    fit = bayes.fit_polynomial((x, y), (x[:0], y[:0]), bayes.LinearRegression(1.0, 1.0), 1)
    bands = regression.bands(fit.x, fit.posterior, fit.plug_in, (x, y), (x[:0], y[:0]))
    data = next(trace for trace in bands.data if trace["name"] == "data")
    assert (data["x"].tolist(), data["y"].tolist()) == (x.tolist(), y.tolist())
    checked(bands)
    curves = predictive.predictive_curves(x.sort().values, [torch.ones(5), None, None], x)
    assert curves.data[-1]["x"].tolist() == x.tolist()

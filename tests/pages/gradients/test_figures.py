"""What is drawn is what was computed, in the style of each estimator, with an alt sentence."""

import numpy as np
import pytest
import torch

from dgm.gradients import COSTS, ESTIMATORS, Gaussian, categorical, estimate, exact, formula, noise
from dgm.gradients.batch_noise import SPLITS, at_maximum_likelihood, toy_optimum
from dgm.gradients.descent import Objective, compare
from dgm.gradients.sweeps import Plan, crossings, sweep, work_normalised
from dgm.gradients.variance_terms import expand
from pages.gradients.figures import categorical as categorical_figures
from pages.gradients.figures import descents, estimators, styles, sweeps, vae, variance_terms
from tests.ui.figures.checked import checked, size
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, TONES, Palette

COST, Q = COSTS["cosine"](2.5), Gaussian(0.4, 0.8)
TWO = ("log-derivative", "reparametrization")


def deviations() -> dict[str, float]:
    return {name: exact(name, COST, Q).variance[0].item() ** 0.5 for name in TWO}


def every_figure(palette: Palette) -> dict[str, tuple[Figure, str]]:
    return {**gradient_figures(palette), **sweep_figures(palette), **descent_figures(palette), **vae_figures(palette)}


def gradient_figures(palette: Palette) -> dict[str, tuple[Figure, str]]:
    eps = noise(300, 0)
    drawn = {name: ESTIMATORS[name](COST, Q, eps)[:, 0].numpy() for name in TWO}
    errors = {name: np.abs(np.cumsum(g.reshape(3, 100), 1) / np.arange(1, 101)) for name, g in drawn.items()}
    expansion = expand(COST, Q)
    q = categorical.Categorical(torch.zeros(3), torch.tensor([-1.0, 0.0, 2.0]))
    found = {name: estimate(f(COST, q, categorical.gumbel(q, 200, 0))) for name, f in categorical.ESTIMATORS.items()}
    truth = categorical.enumeration(COST, q).numpy()
    return {
        "single gradients": (estimators.single_gradients(drawn, TWO, 0.1, deviations(), palette=palette),
                             estimators.single_gradients_alt(0.1, deviations())),
        "running means": (estimators.running_means(errors, deviations(), palette),
                          estimators.running_means_alt(deviations(), 100)),
        "terms": (variance_terms.terms(expansion, palette), variance_terms.terms_alt(expansion)),
        "shares": (variance_terms.shares(expansion, palette), variance_terms.shares_alt(expansion)),
        "categories": (categorical_figures.gradients(found, truth, palette),
                       categorical_figures.gradients_alt(found, truth)),
    }


def sweep_figures(palette: Palette) -> dict[str, tuple[Figure, str]]:
    plan = Plan("k", tuple(np.geomspace(0.3, 20, 8).tolist()), COSTS["cosine"], 1.0, Q)
    swept, roots = sweep(plan, TWO, 1_000), crossings(plan, *TWO)
    costs = work_normalised(COST, Q, list(ESTIMATORS), 500, repeats=1)
    return {"sweep": (sweeps.sweep(swept, "mu", roots, palette), sweeps.sweep_alt(swept, "mu", roots)),
            "costs": (sweeps.costs(costs, "sigma", palette), sweeps.costs_alt(costs, "sigma"))}


def descent_figures(palette: Palette) -> dict[str, tuple[Figure, str]]:
    found = compare(Objective(COSTS["log-likelihood"](2.0), -1.0, 1.0), Gaussian(-1.0, 0.4), TWO, 20, repeats=8)
    return {"descents": (descents.comparison(found, palette), descents.comparison_alt(found))}


def vae_figures(palette: Palette) -> dict[str, tuple[Figure, str]]:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 3)))
    splits = {name: split(at_maximum_likelihood(x, 1), x) for name, split in SPLITS.items()}
    curves, steps = {name: np.full(3, float(i)) for i, name in enumerate(TWO, 1)}, np.array([0, 10, 20])
    rules = (toy_optimum(10), toy_optimum(10, printed=False), 10)
    layer = "encoder.out.weight"
    return {"splits": (vae.splits(splits, 8, 2, palette), vae.splits_alt(splits, 8, 2)),
            "rules": (vae.rules(*rules, palette), vae.rules_alt(*rules)),
            "bounds": (vae.bounds(curves, steps, palette), vae.bounds_alt(curves, steps)),
            "signal": (vae.signal(curves, steps, layer, palette), vae.signal_alt(curves, steps, layer))}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_figure_is_small_and_described(palette: Palette) -> None:
    for name, (fig, alt) in every_figure(palette).items():
        checked(fig)
        assert size(fig) < 300_000, name
        assert any(c.isdigit() for c in alt), name
        assert "nan" not in alt, name
        assert alt.endswith("."), name
        for trace in fig.data:
            for values in (trace.get("x"), trace.get("y")):
                kind = values.dtype if isinstance(values, np.ndarray) else None
                assert kind is None or kind == np.float32 or kind.kind in "OU", name


def test_every_estimator_has_a_style_of_its_own() -> None:
    assert set(styles.STYLES) >= set(ESTIMATORS) | set(categorical.ESTIMATORS)
    assert all(style.meaning in TONES for style in styles.STYLES.values())
    assert len(set(styles.STYLES.values())) == len(styles.STYLES)


def test_single_gradients_have_line_and_band_and_the_same_noise() -> None:
    fig = checked(gradient_figures(LIGHT)["single gradients"][0])
    bands = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert [(b.y1 - b.y0) / 2 for b in bands] == pytest.approx(list(deviations().values()))
    assert [shape.y0 for shape in fig.layout.shapes if shape.type == "line"] == [0.1, 0.1]
    assert (fig.data[0].x == fig.data[1].x).all()


def test_the_sentence_about_running_means_is_true_of_each_estimator() -> None:
    alt = estimators.running_means_alt({"one": 2.0, "other": float("inf"), "third": 0.0}, 100, {"third": 0.3683})
    assert "one has the exact deviation 0.2, which falls like 1/√K" in alt
    assert "other has an infinite variance, so its means do not settle" in alt
    assert "third is biased, its distance goes to 0.368" in alt


def test_a_sweep_marks_its_crossings() -> None:
    fig, alt = sweep_figures(LIGHT)["sweep"]
    ring = checked(fig).data[-1]
    assert ring.name == f"crossing at k = {float(ring.x[0]):.3g}"
    assert f"{float(ring.x[0]):.3g}" in alt


@pytest.mark.parametrize("name", ["terms", "signal", "sweep", "descents"])
def test_no_words_lie_on_the_curves(name: str) -> None:
    fig = checked(every_figure(LIGHT)[name][0])
    assert not fig.layout.annotations
    assert not [trace.name for trace in fig.data if trace.text is not None]


def test_baselines_differ_by_colour() -> None:
    names = [name for name, estimator in ESTIMATORS.items() if estimator.baseline]
    for palette in (LIGHT, DARK):
        colours = {styles.colour(name, palette) for name in (*names, *TWO, "measure-valued")}
        assert len(colours) == len(names) + 3


def test_a_variance_that_is_only_rounding_does_not_set_the_axis() -> None:
    plan = Plan("sigma", (0.03, 0.5, 3.0), COSTS["quadratic"], 2.0, Gaussian(0.0, 0.5))
    swept = sweep(plan, list(ESTIMATORS), 200)
    fig = checked(sweeps.sweep(swept))
    assert sweeps.without_variance(swept, "mu") == ["reparametrization, antithetic"]
    assert min(fig.layout.yaxis.tickvals) > 1e-4
    assert min(float(np.nanmin(trace.y)) for trace in fig.data if trace.mode == "lines") > 1e-4


def test_bands_of_runs_that_overflow_have_no_gaps() -> None:
    found = compare(Objective(formula("exp(0.3*x**2)"), 1.0, 1.0), Gaussian(0.0, 1.0), TWO, 60, repeats=20)
    fig = checked(descents.comparison(found))
    assert all(np.isfinite(trace.y).all() for trace in fig.data)


def test_descents_have_a_line_at_the_accuracy() -> None:
    fig, alt = descent_figures(LIGHT)["descents"]
    (line,) = [trace for trace in checked(fig).data if trace.name == "accuracy asked for"]
    low, high = 10.0 ** np.array(checked(fig).layout.yaxis.range)
    assert (low < line.y).all()
    assert (line.y < high).all()
    assert f"to within {line.y[0]:g}" in alt


def test_an_infinite_deviation_has_no_band() -> None:
    name = "log-derivative"
    fig = checked(estimators.single_gradients({name: np.ones(5)}, (name,), 0.0, {name: float("inf")}))
    assert not [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert "infinite" in estimators.single_gradients_alt(0.0, {"log-derivative": float("inf")})


def test_the_plain_estimators_have_the_style_of_their_meaning() -> None:
    assert styles.line("log-derivative", LIGHT)["color"] == LIGHT["log-derivative"]
    assert styles.marker("reparametrization", DARK)["symbol"] == TONES["reparametrization"].marker


def test_a_biased_estimator_has_no_bar_and_a_mark() -> None:
    costs = work_normalised(formula("step(x)"), Gaussian(0.4, 1.0), TWO, 200, repeats=1)
    bars = sweeps.costs(costs).data[0]
    assert bars["text"][1] == "biased by −0.368, not ranked"
    assert bars["x"][1] == pytest.approx(10 ** sweeps.costs(costs).layout["xaxis"]["range"][0])
    assert "reparametrization biased by −0.368" in sweeps.costs_alt(costs)
    swept = sweep(Plan("sigma", (0.5, 1.0), lambda _: formula("step(x)")), TWO, 200)
    names = [trace["name"] for trace in sweeps.sweep(swept).data if trace["mode"] == "lines"]
    assert names == [TWO[0]]      # a variance of zero has no place on a logarithmic axis
    assert f"{TWO[1]} (biased) from 0 to 0" in sweeps.sweep_alt(swept)


def test_covered_bounds_show_the_axes_alone() -> None:
    fig = checked(vae.covered_bounds(np.array([0, 300, 600])))
    assert not fig.data
    assert list(fig.layout["xaxis"]["range"]) == [0, 600.0]

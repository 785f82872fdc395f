"""dgm.figures.gradients*: what is drawn is what was computed, in the house colours, with a sentence beside it."""

from itertools import islice

import numpy as np
import pytest
import torch

from dgm.gradients import COSTS, ESTIMATORS, Gaussian, estimate, exact, noise
from dgm.gradients import categorical as discrete
from dgm.gradients.batch_noise import SPLITS, at_maximum_likelihood, toy_optimum
from dgm.gradients.descent import Objective, compare
from dgm.gradients.sweeps import Plan, crossings, sweep, work_normalised
from dgm.gradients.variance_terms import expand
from pages.gradients.figures import runs
from pages.gradients.figures import variance as figures
from tests.ui.figures.checked import checked, size
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, TONES, Palette

COST, Q = COSTS["cosine"](2.5), Gaussian(0.4, 0.8)
TWO = ("log-derivative", "reparametrization")


def deviations() -> dict[str, float]:
    return {name: exact(name, COST, Q).variance[0].item() ** 0.5 for name in TWO}


def every_figure(palette: Palette) -> dict[str, tuple[Figure, str]]:
    eps = noise(300, 0)
    drawn = {name: ESTIMATORS[name](COST, Q, eps)[:, 0].numpy() for name in TWO}
    paths = {name: np.abs(np.cumsum(g.reshape(3, 100), 1) / np.arange(1, 101)) for name, g in drawn.items()}
    plan = Plan("k", tuple(np.geomspace(0.3, 20, 8).tolist()), COSTS["cosine"], 1.0, Q)
    s, marks = sweep(plan, TWO, 1_000), crossings(plan, *TWO)
    a = expand(COST, Q)
    r = compare(Objective(COSTS["log-likelihood"](2.0), -1.0, 1.0), Gaussian(-1.0, 0.4), TWO, 20, repeats=8)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 3)))
    parts = {name: split(at_maximum_likelihood(x, 1), x) for name, split in SPLITS.items()}
    q = discrete.Categorical(torch.zeros(3), torch.tensor([-1.0, 0.0, 2.0]))
    found = {name: estimate(f(COST, q, discrete.gumbel(q, 200, 0))) for name, f in discrete.ESTIMATORS.items()}
    truth = discrete.enumeration(COST, q).numpy()
    paid = work_normalised(COST, Q, list(ESTIMATORS), 500, repeats=1)
    ratios, steps = {name: np.ones((2, 3)) * i for i, name in enumerate(TWO, 1)}, np.array([0, 10, 20])
    layers = ("encoder.hidden.weight", "encoder.out.weight")
    rules = (toy_optimum(10), toy_optimum(10, printed=False), 10)
    return {
        "cloud": (figures.cloud(drawn, 0.1, deviations(), palette=palette), figures.cloud_alt(0.1, deviations())),
        "running": (figures.running(paths, deviations(), palette), figures.running_alt(deviations(), 100)),
        "anatomy": (figures.anatomy(a, palette), figures.anatomy_alt(a)),
        "shares": (figures.shares(a, palette), figures.shares_alt(a)),
        "sweep": (figures.sweep(s, "mu", marks, palette), figures.sweep_alt(s, "mu", marks)),
        "race": (runs.race(r, palette), runs.race_alt(r)),
        "split": (runs.split(parts, 8, 2, palette), runs.split_alt(parts, 8, 2)),
        "rules": (runs.rules(*rules, palette), runs.rules_alt(*rules)),
        "categories": (runs.categories(found, truth, palette), runs.categories_alt(found, truth)),
        "prices": (runs.prices(paid, "sigma", "second", palette), runs.prices_alt(paid, "sigma", "second")),
        "bounds": (runs.bounds({name: r[0] for name, r in ratios.items()}, steps, palette),
                   runs.bounds_alt({name: r[0] for name, r in ratios.items()}, steps)),
        "signal": (runs.signal(ratios, steps, layers, 1, palette), runs.signal_alt(ratios, steps, layers, 1)),
    }


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_figure_is_small_and_said(palette: Palette) -> None:
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


def test_members_of_a_family_are_told_apart() -> None:
    assert set(figures.LOOKS) >= set(ESTIMATORS) | set(discrete.ESTIMATORS)
    assert all(meaning in TONES for meaning, _, _ in figures.LOOKS.values())
    assert len(set(figures.LOOKS.values())) == len(figures.LOOKS)


def test_cloud_shows_line_band_and_the_same_noise() -> None:
    fig = checked(every_figure(LIGHT)["cloud"][0])
    bands = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert [(b.y1 - b.y0) / 2 for b in bands] == pytest.approx(list(deviations().values()))
    assert [shape.y0 for shape in fig.layout.shapes if shape.type == "line"] == [0.1, 0.1]
    assert (fig.data[0].x == fig.data[1].x).all()


def test_sweep_marks_its_crossings() -> None:
    fig, alt = every_figure(LIGHT)["sweep"]
    ring = checked(fig).data[-1]
    assert ring.name == "crossing, computed"
    assert f"{float(ring.x[0]):.3g}" in alt


@pytest.mark.parametrize("name", ["anatomy", "signal"])
def test_words_lie_on_the_line_they_name(name: str) -> None:
    fig = checked(every_figure(LIGHT)[name][0])
    (words,), (line,) = fig.layout.annotations, fig.layout.shapes
    height = 10**words.y if fig.layout.yaxis.type == "log" else words.y
    assert height == pytest.approx(line.y0)


def test_the_race_has_a_line_at_the_accuracy_asked_for() -> None:
    fig, alt = every_figure(LIGHT)["race"]
    (line,) = [trace for trace in checked(fig).data if trace.name == "accuracy asked for"]
    low, high = 10.0 ** np.array(checked(fig).layout.yaxis.range)
    assert (low < line.y).all()
    assert (line.y < high).all()
    assert f"to within {line.y[0]:g}" in alt


def test_infinite_deviation_has_no_band() -> None:
    fig = checked(figures.cloud({"log-derivative": np.ones(5)}, 0.0, {"log-derivative": float("inf")}))
    assert not [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert "infinite" in figures.cloud_alt(0.0, {"log-derivative": float("inf")})


def test_looks_follow_the_family() -> None:
    assert figures.line_of("log-derivative", LIGHT)["color"] == LIGHT["log-derivative"]
    assert figures.marker_of("reparametrization", DARK)["symbol"] == TONES["reparametrization"].marker
    assert list(islice(figures.LOOKS, 1)) == ["log-derivative"]

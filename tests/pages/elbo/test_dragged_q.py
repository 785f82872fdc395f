"""q while it is dragged: follow_q.js rounds it as Python does at the release, and keeps its width inside the figure."""

import json
from typing import Any

import numpy as np
import pytest

from dgm import elbo
from pages.elbo import complete, q_handle, results, state, two_gaussians
from pages.elbo.figures import densities, ruler
from pages.elbo.figures import two_gaussians as two_figures
from pages.elbo.figures.densities import Drawn, Q
from pages.elbo.figures.ruler import Estimate
from pages.elbo.figures.two_gaussians import Two
from pages.elbo.results import Sampled, Setting
from tests.pages.visitor import Visitor
from tests.ui.take_home.node import script
from ui import controls
from ui.components.edits import Edits, Moved

SCRIPTS = tuple(f"live_figure/{name}.js" for name in ("placed", "tables", "follow_q"))
HELD = """(kind, traces, follow, moved) => {
  for (const [trace, x, y] of moved) traces[trace] = placed(traces[trace], [x], [y]);
  (kind === "two" ? followTwo : followGaussian)(traces, follow);
  const now = { ...follow.now };
  return [traces, now];
}"""
STEEP = Setting(elbo.NormalModel(slope=2.0, noise=0.5), 4.0)
HUMPS = Setting(elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (0.7, 0.7)), 0.5)


def plain(part: Any) -> Any:
    """With lists in place of arrays."""
    return json.loads(json.dumps(part, default=lambda values: values.tolist()))


def held(drawn: Drawn, places: dict[int, tuple[float, float]]) -> Any:
    """The traces and the numbers in the browser while the markers are at these places."""
    numbers = [drawn.drag["trace"], *drawn.drag["more"]]
    moved = [(numbers[marker], *place) for marker, place in places.items()]
    return script(HELD, *SCRIPTS)(drawn.drag["follow"]["kind"], plain(drawn.figure.data), plain(drawn.drag["follow"]),
                                  moved)


def one(q: Q, setting: Setting = STEEP) -> Drawn:
    tables = results.tables(setting, Sampled(20, 0))
    return densities.densities(results.scene(setting), q, tables, ruler=ruler.moving((-9.0, 0.0), 20, 1e-4))


def two(q: Two) -> Drawn:
    return two_figures.densities(results.scene(HUMPS), q, results.tables(HUMPS, None), two_gaussians.information())


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(controls, "set_value", found.__setitem__)
    return found


@pytest.mark.parametrize("places", [
    {0: (-3.09744, 0.0)}, {1: (0.74856, 0.1)}, {0: (1.23456, 0.0), 1: (2.34567, 0.1)}, {0: (4.5, 0.0)},
    {0: (3.4561, 0.0)}, {1: (4.5, 0.1)}], ids=str)
def test_what_is_held_is_what_is_released(places: dict[int, tuple[float, float]], written: dict[str, Any]) -> None:
    before = Q(-0.5, 1.0)
    traces, now = held(one(before), places)
    q_handle.fold(before)(Edits(moved=tuple(Moved(marker, *place) for marker, place in places.items())))
    after, found = one(written["q"]), results.at(STEEP, written["q"])
    for name in ("centre", "width", "bar"):
        number = after.drag["follow"]["at"][name]
        ours, theirs = after.figure.data[number], traces[number]
        assert theirs["x"] == pytest.approx(ours["x"], abs=1e-9), name
        assert theirs.get("marker", {}).get("symbol") == ours.get("marker", {}).get("symbol")
    assert now["reverse"] == pytest.approx(found.gap, abs=1e-3)
    assert now["reconstruction"] == pytest.approx(found.reconstruction, abs=1e-3)


@pytest.mark.parametrize("places", [{0: (3.33333, 0.2)}, {1: (0.12345, 0.31)}, {2: (-0.78912, 0.1)},
                                    {0: (2.71828, 0.2), 2: (1.41421, 0.1)}], ids=str)
def test_two_gaussians_are_held_as_they_are_released(places: dict[int, tuple[float, float]],
                                                     written: dict[str, Any]) -> None:
    before = Two(-1.5, 1.0, 0.6, 0.5)
    traces, now = held(two(before), places)
    two_gaussians.fold(before)(Edits(moved=tuple(Moved(marker, *place) for marker, place in places.items())))
    after = two(written["two"])
    for name in ("centre", "second", "width", "bar"):
        number = after.drag["follow"]["at"][name]
        assert traces[number]["x"] == pytest.approx(after.figure.data[number]["x"], abs=1e-9), name
    for name in ("centre", "second"):
        number = after.drag["follow"]["at"][name]
        assert traces[number]["y"] == pytest.approx(after.figure.data[number]["y"], abs=1e-9), name
    assert now["reverse"] == pytest.approx(results.at(HUMPS, written["two"]).gap, abs=1e-3)


@pytest.mark.parametrize("mean", np.linspace(q_handle.LOW, q_handle.HIGH, 19))
@pytest.mark.parametrize("deviation", [q_handle.NARROW, 1.0, q_handle.WIDE])
def test_the_width_is_inside_the_figure_wherever_q_is(mean: float, deviation: float) -> None:
    for drawn in (one(Q(mean, deviation)), two(Two(mean, 0.0, deviation, 0.5))):
        edge = drawn.figure.data[drawn.drag["follow"]["at"]["width"]]["x"][0]
        low, high = drawn.figure.layout["xaxis"]["range"]
        assert low <= edge <= high
        assert abs(edge - mean) == pytest.approx(deviation)


@pytest.mark.parametrize("error", [18.3, 0.0234, 9e-6, 1.4e7, 0.96])
def test_the_browser_writes_an_error_as_python_does(error: float) -> None:
    terms = ruler.Bound(-5.0, 1.0, -7.0, -2.0)
    row = ruler.ruler(terms, Estimate(20, -6.0, error), (-9.0, 0.0)).layout["yaxis"]["categoryarray"][0]
    assert row.endswith(f"± {script('ofError', *SCRIPTS)(error)}")


# One gap, one number ------------------------------------------------------------------------------------------------


def test_the_answer_has_the_gap_of_the_ruler() -> None:
    page = Visitor("elbo", {"q": "0_1.5", "x": "0", "model": "two humps", "reveal": "true"})
    assert "a gap of 0.453." in "; ".join(page.alts())
    assert "The gap goes from 0.453 to" in page.texts()


def test_the_gap_of_the_coins_is_one_number_in_both_parts() -> None:
    link = {"model": "two coins", "share": "0.511"}
    first, second = ("; ".join(Visitor("elbo", {**link, "part": part}).alts()) for part in ("The bound", "KL"))
    assert "a gap of 0.135" in first
    assert "KL(q‖p) is 0.135 nats" in second


def test_only_where_both_directions_are_shown_their_errors_are_told_apart() -> None:
    for link, said in (({"model": "two humps", "family": "two Gaussians"}, False), ({"part": "KL"}, True), ({}, False)):
        assert ("For a KL(p‖q) above 5 nats" in Visitor("elbo", link).texts()) == said


def test_few_observations_have_maxima_minutes_apart_and_many_have_not() -> None:
    apart = {}
    for name in ("Few observations", "With z and without"):
        chosen = {name: control.default for name, control in state.CONTROLS.items()} | dict(state.PRESETS[name])
        found = complete.likelihoods(complete.Drawing(chosen["pairs"], chosen["overlap"], chosen["pair_seed"]))
        apart[name] = abs(found.best(True)[0] - found.best(False)[0])
    assert "minutes apart" in state.NOTES["Few observations"]
    assert apart["Few observations"] > 2
    assert apart["With z and without"] < 1

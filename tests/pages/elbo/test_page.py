"""The lesson on the bound: every part and situation, truths of the questions, links, bad input, edits and scripts."""

import contextlib
import io
import math
import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from dgm import elbo
from pages.elbo import kl, landscape, q_handle, results, state, two_gaussians, waiting
from pages.elbo.figures import touching
from pages.elbo.figures.densities import Q
from pages.elbo.figures.two_gaussians import PEAK, Two
from pages.elbo.results import Sampled, Setting
from tests.pages.revealed import answer, empty_caches, number, opened_by_link
from tests.pages.visitor import Visitor, figures
from ui.components.edits import Edits, Moved
from ui.figures import lookup

ROOT = Path(__file__).parents[3]
NORMAL = elbo.NormalModel()
HUMPS = elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (0.7, 0.7))
CURVED = elbo.NormalModel(curvature=1.0, noise=0.5)


fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)
page = partial(opened_by_link, "elbo")


# Parts, situations, links -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", state.PARTS)
def test_every_part_shows_its_figure_and_a_question_without_a_click(part: str) -> None:
    at = page(reveal=False, part=part)
    assert any("**Predict.**" in element.value for element in at.markdown)
    assert figures(at)
    assert not at.error
    assert all(figure["alt"].endswith(".") for figure in figures(at))


@pytest.mark.parametrize("name", state.PRESETS)
def test_every_situation_opens_and_says_what_to_look_at(name: str) -> None:
    note = state.NOTES[name]
    assert all(len(sentence.split()) <= 25 for sentence in re.split(r"[.:] ", note))
    shown = Visitor("elbo").choose(name)
    assert any(element.value == note for element in shown.at.markdown)
    assert not shown.at.error


LINKS = re.findall(r"/elbo(\S*)$", (ROOT / "pages/elbo/page.py").read_text(encoding="utf-8"), re.MULTILINE)


SHOWN = {       # what the figures of a statement say in words
    "": "a gap of 2.4", "?q=1_0.707": "the bound −2.266; the exact log p(x) is −2.266, a gap of 2.3 × 10⁻⁸",
    "?part=KL&q=1_0.707": "highest at 1.00, and q is a Gaussian with mean 1.00 and deviation 0.71. Two "
    "markers move q: its centre and its width. Two bars: KL(q‖p) is 2.3 × 10⁻⁸ nats and KL(p‖q) is 2.3 × 10⁻⁸ nats",
    "?part=KL&model=two+coins&share=0": "KL(p‖q) is ∞",
    "?part=EM": "log p(X) over mean of component 1", "?part=EM&step=1": "touches log p(X) where the parameter is",
    "?part=EM&step=2": "touches log p(X) where the parameter was",
    "?part=Landscape&move=20": "θ is 0.600", "?part=Landscape&walk=gradient+steps&move=1": "After 1 of 60",
    "?part=Landscape&walk=gradient+steps&move=2": "After 2 of 60",
    "?model=two+humps&family=two+Gaussians": "0.50 of a Gaussian at −1.50"}


@pytest.mark.parametrize("link", LINKS)
def test_the_links_of_the_docstring_open_without_a_note(link: str) -> None:
    at = page(reveal=False, **dict(parse_qsl(link.removeprefix("?"))))
    assert not at.info
    assert not at.error
    assert len(LINKS) >= 20
    if link in SHOWN:
        assert SHOWN[link] in " ".join(figure["alt"] for figure in figures(at))


@pytest.mark.parametrize(("name", "raw"), [
    ("q", "1"), ("q", "1_0"), ("q", "nan_1"), ("q", "9_1"), ("q", "a_b"), ("share", "2"), ("share", "x"),
    ("two", "0_1"), ("two", "0_1_0.5_1.5"), ("two", "0_1_nan_0.5"),
    ("share", "1_0"), ("x", "1e99"), ("noise", "nan"), ("model", "nowhere"), ("part", "Nowhere"), ("step", "x"),
    ("nonsense", "1")])
def test_a_link_with_a_bad_parameter_shows_a_note(name: str, raw: str) -> None:
    at = page(reveal=False, **{name: raw})
    assert at.info
    assert not at.error
    assert at.latex


def test_a_link_carries_q() -> None:
    alts = [figure["alt"] for figure in figures(page(reveal=False, q="1.25_0.5"))]
    assert "mean 1.25 and deviation 0.50" in alts[0]


# Edits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("moved", "expected"), [
    ([Moved(0, 1.5, 0.0)], Q(1.5, 1.0)), ([Moved(1, 1.0, 0.1)], Q(-0.5, 1.5)),
    ([Moved(1, -2.0, 0.1)], Q(-0.5, 1.5)), ([Moved(0, 1.0, 0.0), Moved(1, 1.5, 0.0)], Q(1.0, 0.5)),
    ([Moved(0, 99.0, 0.0)], Q(q_handle.HIGH, 1.0)), ([Moved(1, -0.5, 0.1)], Q(-0.5, q_handle.NARROW)),
    ([Moved(1, 50.0, 0.1)], Q(-0.5, q_handle.WIDE))])
def test_dragged_markers_become_q(moved: list[Moved], expected: Q, monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, Any] = {}
    monkeypatch.setattr(q_handle.controls, "set_value", written.__setitem__)
    q_handle.fold(Q(-0.5, 1.0))(Edits(moved=tuple(moved)))
    assert written["q"] == pytest.approx(expected)


@pytest.mark.parametrize(("places", "expected"), [
    ({0: (0.5, 0.25 * PEAK / 0.5)}, Two(0.5, 1.0, 0.5, 0.25)),
    ({1: (2.0, 0.25 * PEAK / 0.5)}, Two(-1.0, 2.0, 0.5, 0.75)),
    ({2: (-0.2, 0.1)}, Two(-1.0, 1.0, 0.8, 0.4)), ({2: (-1.8, 0.1)}, Two(-1.0, 1.0, 0.8, 0.4)),
    ({0: (0.0, 0.5 * PEAK / 0.5), 2: (0.3, 0.1)}, Two(0.0, 1.0, 0.3, 0.5))])
def test_dragged_tops_become_two_gaussians(places: dict[int, tuple[float, float]], expected: Two) -> None:
    assert two_gaussians.moved(Two(-1.0, 1.0, 0.5, 0.4), places) == pytest.approx(expected)


def test_two_gaussians_stay_inside_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, Any] = {}
    monkeypatch.setattr(two_gaussians.controls, "set_value", written.__setitem__)
    two_gaussians.fold(Two(-1.0, 1.0, 0.5, 0.4))(Edits(moved=(Moved(0, 99.0, 99.0), Moved(2, 99.0, 0.0))))
    assert written["two"] == Two(q_handle.HIGH, 1.0, q_handle.WIDE, two_gaussians.MOST)


@pytest.mark.parametrize("q", [Two(-1.5, 1.0, 0.6, 0.5), Two(0.3, 0.35, 1.7, 0.9), Two(4.5, -4.5, 0.15, 0.02)])
@pytest.mark.parametrize("model", [NORMAL, HUMPS, CURVED])
def test_the_tables_give_the_bound_of_two_gaussians(model: elbo.NormalModel, q: Two) -> None:
    tables, extra = results.tables(Setting(model, 0.5), None), two_gaussians.information()
    root = np.array([math.sqrt(q.deviation)])

    def mixed(name: str) -> float:
        read = [float(lookup.read(tables.values[name], tables.axes, [np.array([mean]), root])[0, 0])
                for mean in (q.first, q.second)]
        return q.weight * read[0] + (1 - q.weight) * read[1]

    place = [np.array([math.asin(math.sqrt(q.weight))]), np.array([abs(q.first - q.second) / q.deviation])]
    gained = float(lookup.read(extra.values, extra.axes, place)[0, 0])
    exact = results.at(Setting(model, 0.5), q)
    assert mixed("reconstruction") == pytest.approx(exact.reconstruction, abs=1e-3)
    assert mixed("kl") - gained == pytest.approx(exact.kl, abs=1e-3)
    assert tables.error + 5e-5 < 1e-3


def test_the_posterior_of_two_humps_is_two_gaussians_and_closes_the_gap() -> None:
    q = two_gaussians.posterior(HUMPS, 0.5)
    assert q
    assert results.at(Setting(HUMPS, 0.5), q).gap < 1e-12
    assert two_gaussians.posterior(NORMAL, 0.5) is None
    assert two_gaussians.posterior(CURVED, 0.5) is None


def test_a_dragged_bar_becomes_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, Any] = {}
    monkeypatch.setattr(q_handle.controls, "set_value", written.__setitem__)
    q_handle.fold_share(Edits(moved=(Moved(0, 3.0, -0.0),)))
    assert math.copysign(1, written["share"]) == 1
    assert written["share"] == 0


# What the browser reads ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "x"), [(NORMAL, 2.0), (HUMPS, 0.3), (CURVED, 2.0)])
def test_the_tables_are_right_within_the_error_that_the_page_states(model: elbo.NormalModel, x: float) -> None:
    setting = Setting(model, x)
    tables, kl_tables = results.tables(setting, Sampled(20, 0)), results.tables(setting, None)
    assert tables.error < 1e-3
    for q in (Q(1.234, 0.777), Q(-0.51, 0.234), Q(3.3, 1.91), Q(-4.4, 0.16)):
        place = [np.array([q.mean]), np.array([math.sqrt(q.deviation)])]
        read = {name: float(lookup.read(values, table.axes, place)[0, 0])
                for table in (kl_tables, tables) for name, values in table.values.items()}
        exact, forward = results.at(setting, q), results.forward(setting, q)
        assert read["reconstruction"] == pytest.approx(exact.reconstruction, abs=1e-3)
        assert read["kl"] == pytest.approx(exact.kl, abs=1e-3)
        if forward < 5:      # above it the page promises a share
            assert read["forward"] == pytest.approx(forward, abs=1e-3)
        value, error = results.estimate(setting, q, Sampled(20, 0))
        if exact.gap < 10:   # the page says that the estimate is less exact
            assert read["sampled"] == pytest.approx(value, abs=2e-3)
            assert read["spread"] == pytest.approx(error, abs=0.02 * error + 2e-3)


def test_the_coins_table_holds_the_exact_numbers() -> None:
    from pages.elbo import coins

    setting = coins.CoinSetting(elbo.TwoCoins(bias=0.9), 1)
    share = float(lookup.SHARES[123])
    exact = coins.at(setting, share)
    tables = coins.tables(setting)
    assert tables.values["reverse"][123] == pytest.approx(exact.gap, abs=1e-12)
    assert tables.values["bound"][123] == pytest.approx(exact.bound, abs=1e-12)
    assert coins.forward(setting, 0.0) == math.inf


# Truths -------------------------------------------------------------------------------------------------------------


def test_truth_of_the_doubled_width() -> None:
    at = page(q="0.5_0.8")
    gap = elbo.elbo(NORMAL, 2.0, elbo.Gaussian(0.5, 1.6)).gap - elbo.elbo(NORMAL, 2.0, elbo.Gaussian(0.5, 0.8)).gap
    assert number(at, "width is doubled") == pytest.approx(gap, rel=6e-3)
    closed = 0.5 * (((0.5 - 1) ** 2 + 1.6**2) / 0.5 - 1 - math.log(1.6**2 / 0.5))
    assert elbo.elbo(NORMAL, 2.0, elbo.Gaussian(0.5, 1.6)).gap == pytest.approx(closed, abs=1e-10)


def test_truth_of_the_coins_posterior() -> None:
    at = page(model="two coins", bias=0.6, heads=1)    # the question asks about two heads
    exact = 0.36 / (0.36 + 0.09)
    assert number(at, "At which q(coin 1)") == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("x", [-0.6, 0.4, 2.0])
def test_truth_of_the_hump(x: float) -> None:
    at = page(part="KL", model="two humps", x=x)
    flipped = round(-x - 0.2, 2)
    best = elbo.gaussian_fits(HUMPS, flipped).reverse[0]
    humps = HUMPS.posterior(flipped)
    assert isinstance(humps, elbo.Mixture)
    assert answer(at, "smallest KL(q‖p) lie").rstrip(".") == kl.side(best.mean, humps)
    others = [elbo.elbo(HUMPS, flipped, elbo.Gaussian(m, s)).gap for m in (-1.5, 0.0, 1.5) for s in (0.5, 0.7, 1.2)]
    assert best.gap <= min(others) + 1e-9


def test_truth_of_the_certain_coin() -> None:
    at = page(part="KL", model="two coins", bias=0.6, heads=1)
    posterior = 0.24 / (0.24 + 0.3 * 0.7)
    assert number(at, "all its probability on coin 1") == pytest.approx(-math.log(posterior), rel=6e-3)


def test_truth_of_the_half_steps() -> None:
    run = waiting.run(state.MEAN, 0.1)
    assert number(page(part="EM", step=1), "Now M is pressed") == pytest.approx(
        run.halves[2].value - run.halves[1].value, rel=6e-3)
    assert number(page(part="EM", step=2), "Now E is pressed") == 0
    start = waiting.MOVING[state.MEAN].start(0.9)
    assert page(part="EM")
    assert waiting.run(state.MEAN, 0.9).halves[0].value == pytest.approx(start)


def test_em_never_lowers_log_p_and_touches_after_e() -> None:
    for moves in state.COORDINATES:
        run = waiting.run(moves, 0.1)
        assert all(b.log_lik >= a.log_lik - 1e-12 for a, b in pairwise(run.halves))
        for half in run.halves:
            assert (half.curve <= run.log_lik + 1e-12).all()
            if half.kind == "E":
                assert half.gap < 1e-12
        assert run.halves[-1].log_lik == pytest.approx(run.log_lik.max(), abs=1e-4)


def test_em_on_the_landscape_ends_at_the_closed_form() -> None:
    last = landscape.path("two coins", "EM", 0.9, 0.2, 1.0, 1.0)[-1]
    assert last.theta == pytest.approx(0.6, abs=1e-4)
    assert last.log_evidence == pytest.approx(math.log(0.225), abs=1e-8)
    slow = landscape.path("two coins", "gradient steps", 0.9, 0.2, 0.5, 0.5)
    assert slow[20].gap > 1e-6
    assert all(b.bound >= a.bound - 1e-9 for a, b in pairwise(slow))


def test_truth_of_the_added_observation() -> None:
    from pages.elbo import complete

    x, labels = complete.draw(complete.Drawing(100, 2.0, 0))
    mine = x[labels == waiting.COMPONENT, 0]
    moved = (complete.ADDED - float(mine.mean())) / (len(mine) + 1)
    assert number(page(part="Complete and incomplete"), "One more observation") == pytest.approx(moved, rel=6e-3)
    found = complete.likelihoods(complete.Drawing(100, 2.0, 0))
    assert (found.complete <= found.incomplete).all()
    assert found.best(True)[0] == pytest.approx(float(mine.mean()), abs=0.2)


def test_the_encoder_reaches_the_posterior_of_the_linear_model() -> None:
    at = page(part="Amortized")
    assert number(at, "mean amortization gap") < 0.01


def test_a_gap_of_exactly_zero_is_never_negative() -> None:
    found = results.at(Setting(NORMAL, 2.0), Q(1.0, math.sqrt(0.5)))
    assert 0 <= found.gap < 1e-12
    assert math.copysign(1, found.gap) == 1


# Scripts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [
    {}, {"family": "two Gaussians", "model": "two humps"}, {"part": "KL"},
    {"part": "EM"}, {"part": "EM", "step": "3"}, {"part": "Landscape"}, {"part": "Landscape", "move": "2"},
    {"part": "Landscape", "walk": "gradient steps"},
    {"part": "Complete and incomplete"}, {"part": "Amortized"}], ids=str)
def test_scripts_print_what_the_page_shows(link: dict[str, str]) -> None:
    visitor = Visitor("elbo", link)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(visitor.script(), "script", "exec"), {})
    assert output.getvalue().strip() == visitor.printed().strip()


@pytest.mark.parametrize("link", [
    {"part": "EM"}, {"part": "EM", "step": "3"}, {"part": "Landscape", "move": "2"}], ids=str)
def test_scripts_print_the_half_step_that_is_shown(link: dict[str, str]) -> None:
    visitor = Visitor("elbo", {**link, "code": "true"})
    shown = next(alt for alt in visitor.alts() if re.search("the bound|L is", alt))
    bound = float(re.search(r"bound\W+?(-?[\d.]+)", visitor.printed())[1])     # type: ignore[index]
    assert f"{bound:.4f}".replace("-", "−") in shown


def test_the_landscape_does_not_ask_for_what_it_shows() -> None:
    """What E gains is the gap, which stands above the question; E is asked for its place, and M for its gain."""
    start, after_e = (Visitor("elbo", {"part": "Landscape", "move": move}) for move in ("0", "1"))
    assert "Now E is pressed. To which q(z = coin 1) does it go?" in start.texts()
    assert "Now M is pressed. By how many nats does L rise?" in after_e.texts()
    assert "After 0 of 20" in Visitor("elbo", {"part": "Landscape"}).alts()[0]


# What the text says -------------------------------------------------------------------------------------------------


def test_em_opens_at_its_start_and_says_where_the_bound_touches() -> None:
    start, after_m = page(reveal=False, part="EM"), page(reveal=False, part="EM", step="2")
    assert any(element.value.startswith("This is the start: q is uniform") for element in start.markdown)
    half = waiting.run("a mean", 0.1).halves[2]
    assert half.kind == "M"
    assert any(f"the old θ = {half.anchor:.4g}" in element.value and f"the gap is {half.gap:.3g}" in element.value
               for element in after_m.markdown)


def test_the_start_lies_inside_the_axis() -> None:
    for moves in state.COORDINATES:
        run = waiting.run(moves, 0.95)
        low, high = touching.curves(run, moves, 0).layout["yaxis"]["range"]
        assert all(low < half.bound <= half.log_lik + 1e-9 < high for half in run.halves)


def test_the_weighted_bound_of_one_sample_is_an_unbiased_estimate_of_the_bound() -> None:
    q, seeds = Q(-0.5, 1.0), range(100)
    exact = results.at(Setting(NORMAL, 2.0), q).bound
    runs = [elbo.importance_weighted(NORMAL, 2.0, results.as_family(q), most=1, seed=seed) for seed in seeds]
    scores = np.array([float((run.bound[0] - exact) / run.error[0]) for run in runs])
    assert abs(scores.mean()) < 4 / math.sqrt(len(scores))
    assert 0.8 < scores.std() < 1.25


def test_the_weighted_bound_says_how_exact_it_is() -> None:
    assert any(f"Estimated from {results.REPEATS:,} repeats, ± one standard error" in element.value
               for element in page(reveal=False).caption)

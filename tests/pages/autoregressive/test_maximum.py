"""A density moved over points: where it may be, its maximum and its ascent, and what is said of them."""

import math
import re

import numpy as np
import pytest

from dgm import likelihood
from pages.autoregressive import maximum, placement
from pages.autoregressive.figures import moved_density
from pages.autoregressive.placement import Place, Question
from pages.autoregressive.state import GAUSSIAN, MIXTURE, POINTS, PRESETS, STUDENT
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import commit
from ui import cache

WAITS = Question("waiting", 272, GAUSSIAN, 3.0)
FAMILIES = [WAITS._replace(family=family) for family in likelihood.FAMILIES]


def opened(**link: str) -> Visitor:
    return Visitor("autoregressive", link)


def shown_sum(page: Visitor) -> float:
    """The log-likelihood that the first figure writes."""
    text = figures(page.at)[0]["data"][6]["text"][0]
    return float(text.split("=")[1].split()[0].replace("−", "-"))


@pytest.mark.parametrize("asked", FAMILIES, ids=lambda asked: asked.family)
def test_the_most_likely_place_is_the_fit_of_the_family(asked: Question) -> None:
    found = placement.setting(asked)
    log_lik = float(found.model(found.best).log_prob(found.x).sum())
    assert log_lik == pytest.approx(found.most)
    if asked.family != "Student t":      # whose degrees of freedom stay as they are chosen
        assert log_lik == pytest.approx(float(likelihood.fit(asked.family, found.x).log_prob(found.x).sum()), abs=1e-6)
    for moved in (Place(found.best.location + 0.1, found.best.scale), Place(found.best.location,
                                                                           1.01 * found.best.scale)):
        assert float(found.model(moved).log_prob(found.x).sum()) < found.most


@pytest.mark.parametrize("asked", FAMILIES, ids=lambda asked: asked.family)
def test_the_browsers_table_gives_the_terms_to_the_error_that_is_stated(asked: Question) -> None:
    found, table = placement.setting(asked), placement.lookup(asked)
    assert table.error < (5e-4 if asked.family == MIXTURE else 3e-5)      # whose components are narrower
    place = Place(found.best.location + 1.3, 0.7 * found.best.scale)
    u = (found.x.numpy() - place.location) / place.scale
    grid = np.arange(len(table.values)) * placement.STEP - placement.REACH
    terms = np.interp(u, grid, table.values) - math.log(place.scale)
    assert np.abs(terms - found.model(place).log_prob(found.x).numpy()).max() < 2 * table.error + 1e-6
    assert table.top[1] == pytest.approx(float(table.values.max()), abs=1e-6)


@pytest.mark.parametrize("asked", FAMILIES, ids=lambda asked: asked.family)
def test_the_surface_is_the_log_likelihood(asked: Question) -> None:
    found, area = placement.setting(asked), placement.surface(asked)
    assert area.log_lik.max() <= found.most + 1e-9
    for row, column in ((0, 0), (20, 30), (40, 60)):
        place = Place(float(area.locations[column]), float(area.scales[row]))
        assert area.log_lik[row, column] == pytest.approx(float(found.model(place).log_prob(found.x).sum()))


def test_dragging_the_top_moves_and_narrows_the_density() -> None:
    page = opened()
    before = shown_sum(page)
    found = placement.setting(Question("waiting", 20, "Gaussian", 3.0))
    _, log_top = placement.lookup(found.question).top
    commit(page.at, "moved density", moved=[[0, found.best.location, math.exp(log_top) / found.best.scale]])
    page.run()
    location, scale = (float(part) for part in page.link["at"].split("_"))
    assert location == pytest.approx(found.best.location, rel=1e-4)
    assert scale == pytest.approx(found.best.scale, rel=1e-4)
    assert shown_sum(page) == pytest.approx(found.most, abs=0.01)
    assert shown_sum(page) > before
    assert "Reached" in page.texts()


def test_a_density_that_is_dragged_too_far_stays_on_the_axes() -> None:
    page = opened()
    commit(page.at, "moved density", moved=[[0, 1e9, 0.0]])
    page.run()
    found = placement.setting(Question("waiting", 20, "Gaussian", 3.0))
    location, scale = (float(part) for part in page.link["at"].split("_"))
    assert location == pytest.approx(found.axis[1], rel=1e-4)
    assert scale == pytest.approx(found.scales[1], rel=1e-4)


def test_the_new_point_has_the_density_of_the_model() -> None:
    page = opened()
    commit(page.at, "moved density", moved=[[1, 60.0, 0.01]])
    page.run()
    assert page.link["new"] == "60"
    found = placement.setting(Question("waiting", 20, "Gaussian", 3.0))
    value = float(found.model(found.start).log_prob([60.0])[0])
    assert f"{abs(value):.2f}" in figures(page.at)[0]["data"][moved_density.NEW_TEXT]["text"][0]


def test_the_product_of_all_points_is_zero_and_the_sum_is_not() -> None:
    page = opened(points="272")
    assert r"\underbrace{\textcolor{#6b727c}{\prod_i p(x_i|\theta)}}_{\textcolor{#6b727c}{0}}" in page.at.latex[0].value
    assert "exactly 0 on this computer from the first" in page.texts()
    assert shown_sum(page) < -1000


def test_gradient_ascent_rises_and_a_large_step_goes_past_the_maximum() -> None:
    start = placement.setting(WAITS).start
    small, large = (placement.ascent(WAITS, start, rate, 40) for rate in (0.1, 3.0))
    rises = np.diff([step[2] for step in small])
    assert (rises > 0).all()
    assert (np.diff([step[2] for step in large]) < 0).any() or len(large) < 41


def test_buttons_of_the_ascent_and_of_the_maximum() -> None:
    page = opened()
    first = shown_sum(page)
    page.press("ascent")
    second = shown_sum(page)
    page.press("maximum")
    assert first < second < shown_sum(page)
    page.press("start")
    assert shown_sum(page) == first
    assert "at" not in page.link


def test_steps_that_end_beyond_the_axes_say_where_the_density_is_held() -> None:
    page = opened(rate="3")
    assert "end beyond the axes" in page.texts()
    assert re.search(r"at location −?\S+ min and scale .+ min\. The button moves the density as far as their edge",
                     page.texts())
    page.press("ascent")
    at = page.link["at"]
    page.press("ascent")
    assert page.link["at"] == at
    assert "The button leaves the density where it is, at their edge" in page.texts()
    assert "beyond the axes" not in opened().texts()


@pytest.mark.parametrize("at", ["70_0", "70_-3", "nan_nan", "70_1e-300"])
def test_a_link_without_a_scale_above_0_is_noted_and_corrected(at: str) -> None:
    page = opened(at=at)
    assert [note for note in page.notes() if "location and scale" in note]
    assert "at" not in page.at.query_params


@pytest.mark.parametrize(("at", "beyond"), [("70_0.5", True), ("1e6_13", True), ("70_13", False)])
def test_a_place_beyond_the_axes_is_said(at: str, beyond: bool) -> None:
    assert (" min, beyond the axes: the density is at their edge instead" in opened(at=at).texts()) == beyond


@pytest.mark.parametrize(("truth", "family"), [("two bumps", "Gaussian"), ("Gaussian", STUDENT), ("Gaussian", MIXTURE)])
def test_the_terms_of_a_wrong_family_add_up_as_they_are_shown(truth: str, family: str) -> None:
    page = opened(truth=truth, model_family=family)
    formula = next(one.value for one in page.at.latex if "KL" in one.value)
    mean, entropy, kl = map(float, re.findall(r"\{(-?\d+\.\d{4})\\,", formula))
    assert mean == pytest.approx(-entropy - kl, abs=1e-9)


def test_equal_points_are_said_where_fewer_sticks_are_seen_than_points() -> None:
    x = placement.setting(Question("waiting", 20, "Gaussian", 3.0)).x
    assert f"The 20 points have {len(x.unique())} different values" in opened().texts()
    assert "different values" not in opened(points="2").texts()


def test_beside_the_maximum_of_another_family_stands_that_of_a_gaussian() -> None:
    mixture, gaussian = (placement.setting(WAITS._replace(family=family)).most for family in (MIXTURE, "Gaussian"))
    assert gaussian < mixture
    texts = opened(points="272", family=MIXTURE).texts()
    assert f"the maximum, −{-mixture:.2f} nats; that of a single Gaussian is −{-gaussian:.2f} nats" in texts
    assert "that of a single Gaussian" not in opened().texts()


def test_too_large_a_step_passes_the_maximum_again_and_again_within_the_axes() -> None:
    asked, rate = WAITS._replace(points=20), PRESETS["Step too large"]["rate"]
    found = placement.setting(asked)
    way = placement.ascent(asked, found.start, rate, maximum.WALK)
    assert len(way) == maximum.WALK + 1
    assert all(found.clipped(Place(*step[:2])) == Place(*step[:2]) for step in way)
    sides = np.sign([step[1] - found.best.scale for step in way])
    assert (sides[1:] != sides[:-1]).sum() > maximum.WALK / 2
    assert way[-1][2] < found.most - maximum.CLOSE


def test_points_errors_axes_and_terms_are_named() -> None:
    texts = opened().texts()
    assert "Each point is one wait for the next eruption of the geyser Old Faithful" in texts
    assert re.search(r"± \S+ min, the standard error", texts)
    assert "The **entropy** H(π) does not depend on θ" in texts
    assert "Terms: KL divergence, entropy" in [popover.proto.popover.label for popover in opened().at.get("popover")]
    assert set(POINTS) == set(likelihood.COLUMNS)
    axes = {column: figures(opened(column=column).at)[0]["layout"]["yaxis"]["title"]["text"]
            for column in ("waiting", "malic acid")}
    assert axes == {"waiting": "density per min", "malic acid": "density per g/l"}


def test_a_wrong_family_without_a_nearest_member_is_said_beside_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nearest: KL" in opened(truth="heavy tails", model_family="Gaussian").texts()
    monkeypatch.setitem(likelihood.TRUTHS, "heavy tails", likelihood.StudentT(0, 1, 1.5))
    cache.clear()
    texts = opened(truth="heavy tails", model_family="Gaussian").texts()
    cache.clear()
    assert "infinitely far" in texts
    assert "Nearest: KL" not in texts


def test_the_axes_of_terms_and_sum_hold_a_density_that_is_dragged_far_away() -> None:
    page = Visitor("autoregressive", {"at": "120_6"})
    fig = figures(page.at)[0]
    total = f"{page.printed().split('log-likelihood: ')[1].split()[0]}"
    sums, terms = fig["layout"]["xaxis3"]["range"], fig["layout"]["yaxis2"]["range"]
    assert sums[1] < float(total) < sums[1] / 4
    assert terms[0] < -35
    steady = figures(Visitor("autoregressive").at)[0]["layout"]
    assert sums[1] / steady["xaxis3"]["range"][1] in (2, 4, 8)
    assert fig["data"][moved_density.TOP]["cliponaxis"] is False
    assert fig["data"][moved_density.TOP]["y"][0] < 0.85 * fig["layout"]["yaxis"]["range"][1], "below the text"


@pytest.mark.parametrize(("link", "said"), [({"points": "272", "family": MIXTURE}, "Gradient ascent is switched off"),
                                            ({}, "")])
def test_figure_and_formula_have_one_sum_and_an_ascent_that_is_off_a_reason(link: dict[str, str], said: str) -> None:
    page = Visitor("autoregressive", link)
    (formula,) = re.findall(r"\{(-[\d.]+)\\,\\text\{nats\}", page.at.latex[0].value)
    assert f" = {formula.replace('-', '−')} nats" in figures(page.at)[0]["data"][moved_density.SUM]["text"][0]
    assert page.at.button(key="ascent").disabled == bool(said)
    assert ("switched off" in page.texts()) == bool(said)
    assert said in page.texts()

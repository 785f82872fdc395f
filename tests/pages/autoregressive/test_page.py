"""The lesson on exact likelihood: what dragging, clicking, typing and training do to its numbers."""

import math
import re
import time

import numpy as np
import pytest
import torch

from dgm import autoregressive, likelihood
from dgm.autoregressive.checkpoints import rows_file
from pages.autoregressive import maximum, network, placement, three_pixels
from pages.autoregressive.figures import moved_density
from pages.autoregressive.placement import Place, Question
from pages.autoregressive.state import (
    CONTROLS,
    DIGITS,
    DRAWN_FIRST,
    LIVE,
    LOGISTIC,
    MIXTURE,
    NOTES,
    PIXELS,
    STUDENT,
    TABLE,
    ZOO,
)
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import commit
from ui import cache, live_run

STEM = "autoregressive"
WAITS = Question("waiting", 272, "Gaussian", 3.0)
FAMILIES = [WAITS, WAITS._replace(family="Laplace"), WAITS._replace(family="Student t"), WAITS._replace(family=MIXTURE)]


def opened(part: str = "", **link: str) -> Visitor:
    return Visitor(STEM, {"part": part, **link} if part else link)


def shown_sum(page: Visitor) -> float:
    """The log-likelihood that the first figure writes."""
    text = figures(page.at)[0]["data"][6]["text"][0]
    return float(text.split("=")[1].split()[0].replace("−", "-"))


# Maximum likelihood ---------------------------------------------------------------------------------------------------


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
    assert "the density is held at their edge" in page.texts()
    page.press("ascent")
    at = page.link["at"]
    page.press("ascent")
    assert page.link["at"] == at
    assert "the density stays where it is, at their edge" in page.texts()
    assert "beyond the axes" not in opened().texts()


@pytest.mark.parametrize("at", ["70_0", "70_-3", "nan_nan", "70_1e-300"])
def test_a_link_without_a_scale_above_0_is_noted_and_corrected(at: str) -> None:
    page = opened(at=at)
    assert [note for note in page.notes() if "location and scale" in note]
    assert "at" not in page.at.query_params


@pytest.mark.parametrize(("at", "beyond"), [("70_0.5", True), ("1e6_13", True), ("70_13", False)])
def test_a_place_beyond_the_axes_is_said(at: str, beyond: bool) -> None:
    assert ("beyond the axes: the density is held at their edge" in opened(at=at).texts()) == beyond


def test_the_product_is_written_as_in_the_formula() -> None:
    page = opened(column="malic acid", points="178", family=STUDENT, reveal="1")
    (product,) = re.findall(r"\d(?:\.\d+)? \\cdot 10\^\{-\d+\}", page.at.latex[0].value)
    assert f"so the product is ${product}$" in page.texts()
    lost = opened(points="272", reveal="1")
    assert re.search(r"so the product is \$\d\.\d+ \\cdot 10\^\{-\d{3,4}\}\$", lost.texts()), "where it is 0"


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


def test_at_the_maximum_the_question_is_how_far_a_shift_falls() -> None:
    page = opened()
    assert "You press “To the maximum”" in page.texts()
    page.press("maximum")
    texts = page.texts()
    assert "You press “To the maximum”" not in texts
    assert "You move it to the right by its scale" in texts
    assert "Reached: you are at the maximum." in texts
    assert "e-" not in texts
    assert "**10.0 nats**" in page.press("skip fall").texts()


@pytest.mark.parametrize("asked", FAMILIES, ids=lambda asked: asked.family)
def test_a_shift_by_one_scale_falls_by_half_a_nat_for_each_point_of_a_gaussian(asked: Question) -> None:
    found = placement.setting(asked)
    moved = found.model(Place(found.best.location + found.best.scale, found.best.scale))
    assert maximum.fall(found) == pytest.approx(found.most - float(moved.log_prob(found.x).sum()))
    assert 0 < maximum.fall(found) < 4 * asked.points      # the slider's end
    if asked.family == "Gaussian":
        assert maximum.fall(found) == pytest.approx(asked.points / 2)


def test_a_wrong_family_without_a_nearest_member_is_said_beside_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nearest: KL" in opened(truth="heavy tails", model_family="Gaussian").texts()
    monkeypatch.setitem(likelihood.TRUTHS, "heavy tails", likelihood.StudentT(0, 1, 1.5))
    cache.clear()
    texts = opened(truth="heavy tails", model_family="Gaussian").texts()
    cache.clear()
    assert "infinitely far" in texts
    assert "Nearest: KL" not in texts


# Three pixels ---------------------------------------------------------------------------------------------------------


def test_the_joint_table_is_the_product_along_the_paths() -> None:
    page = opened(PIXELS)
    joint = figures(page.at)[1]["data"][0]["text"]
    x = autoregressive.all_images(3)
    expected = three_pixels.table((0, 1, 2), TABLE).log_prob(x).exp()
    assert [float(text) for text in joint] == pytest.approx(expected.tolist(), abs=6e-4)
    for image, path in enumerate(three_pixels.paths((0, 1, 2))):      # what the browser multiplies
        assert math.prod(TABLE[bar] if one else 1 - TABLE[bar] for bar, one in path) == pytest.approx(
            float(expected[image]))


def test_a_dragged_conditional_changes_the_table_and_a_click_chooses_an_image() -> None:
    page = opened(PIXELS)
    commit(page.at, "three pixels", moved=[[0, 0.0, 0.25]])
    page.run()
    assert page.link["table"].split("_")[0] == "0.25"
    commit(page.at, "three pixels", clicked={"figure": 1, "trace": 0, "point": 5})
    page.run()
    assert page.values["image3"] == "101"
    p = 0.25 * (1 - 0.9) * 0.6
    assert f"{p:.4f}" in page.at.latex[0].value


@pytest.mark.parametrize("order", ["3 2 1", "2 3 1"])
def test_another_order_has_the_same_joint_table(order: str) -> None:
    one, other = opened(PIXELS), opened(PIXELS, order3=order)
    assert figures(one.at)[1]["data"][0]["text"] == figures(other.at)[1]["data"][0]["text"]
    assert figures(one.at)[0]["alt"] != figures(other.at)[0]["alt"]
    commit(other.at, "three pixels", moved=[[0, 0.0, 0.5]])
    other.run()
    assert f"p(x{'₁₂₃'[int(order[0]) - 1]}=1) 0.50" in figures(other.at)[0]["alt"]


def test_counted_conditionals_are_shares_of_the_digits() -> None:
    page = opened(PIXELS).press("count")
    x = torch.tensor(three_pixels.middle_pixels()).double()
    first = float(page.link["table"].split("_")[0])
    assert first == pytest.approx(float(x[:, 0].mean()), abs=1e-4)
    pairs = x[x[:, 0] == 1][:, 1]
    assert float(page.link["table"].split("_")[2]) == pytest.approx(float(pairs.mean()), abs=1e-4)


# Digits ---------------------------------------------------------------------------------------------------------------


def test_the_image_grows_to_the_path_of_its_seed() -> None:
    page = opened(DIGITS, grow_seed="5")
    path = autoregressive.path(autoregressive.pretrained("made"), 5)
    image, chances = figures(page.at)[:2]
    assert len(image["frames"]) == len(chances["frames"]) == 65
    assert float(path.log_terms.sum()) == pytest.approx(float(page.printed().split("whole image: ")[1]), rel=1e-5)


def test_it_says_what_its_parameters_replace_and_where_the_playback_begins() -> None:
    page = opened(DIGITS)
    texts = page.texts()
    assert "a full table would need 2⁶⁴ − 1, about $1.8 \\cdot 10^{19}$" in texts
    assert "fitting maximises the sum of these over all training images" in texts
    assert f"{DRAWN_FIRST} of the 64 pixels are drawn at first" in NOTES["Pixel by pixel"]
    assert NOTES["Pixel by pixel"] in texts
    assert any(f"{DRAWN_FIRST} of 64 pixels" in alt for alt in page.alts())


def test_the_frame_is_in_the_link() -> None:
    page = opened(DIGITS)
    commit(page.at, "growing image", frame=40)
    page.run()
    assert page.link["step"].startswith("40~")
    again = Visitor(STEM, page.link)
    assert any("40 of 64 pixels" in alt for alt in again.alts())


@pytest.mark.parametrize("name", network.STORED.values())
def test_the_controls_reach_the_settings_of_the_shipped_models(name: str) -> None:
    shipped = autoregressive.pretrained(name)
    config = shipped.config
    settings = {"order": config.order, "run_seed": config.seed, "learning_rate": config.learning_rate,
                "batch": config.batch, "steps": shipped.step, **({"hidden": config.hidden[0]} if config.hidden else {})}
    for control, value in settings.items():
        assert CONTROLS[control].fit(value) == value, control
        step = getattr(CONTROLS[control], "step", None)
        assert step is None or (value - getattr(CONTROLS[control], "low", 0)) % step == 0, control


def test_a_run_trains_and_its_images_appear() -> None:
    page = opened(DIGITS, model=LIVE, network=LOGISTIC, steps="200")
    assert "Press Train" in page.texts()
    run = page.press(f"{network.PAGE} play").at.session_state[f"live run of {network.PAGE}"].run
    deadline = time.monotonic() + 120
    while live_run.active(run) and time.monotonic() < deadline:      # it pauses where nobody reads its progress
        time.sleep(0.2)
    page.run()
    assert run.latest.step == 200
    assert any("16 images that the model draws at step" in alt for alt in page.alts())
    held_out = run.latest.records[-1].held_out
    assert held_out > run.latest.records[0].held_out + 3
    assert f"{abs(held_out):.2f}" in page.texts()
    run.stop()


def test_completions_keep_what_is_given() -> None:
    model = autoregressive.pretrained("made")
    image = network.parts().test[3]
    found = network.completions(model, image, 24, 12, 0)
    given = network.order(model)[:24]
    assert (found[:, given] == image[given]).all()
    assert found.shape == (12, 64)


# The zoo --------------------------------------------------------------------------------------------------------------


def test_the_table_has_every_row_and_covers_what_is_asked() -> None:
    page = opened(ZOO)
    for row in rows_file.stored():
        assert f"| {row.model} |" in page.texts()
    bound = next(row for row in rows_file.stored() if row.model == "VAE with 2 latents, ELBO")
    number = f"−{abs(bound.nats):.2f}"
    assert number not in page.texts()
    assert not any(number in alt for alt in page.alts())
    page.press("skip bound")
    assert number in page.texts()
    assert any(number in alt for alt in page.alts())


def test_a_mean_of_log_ratios_is_called_a_geometric_mean() -> None:
    assert "On average (geometric mean) a held-out digit is about" in opened(ZOO, reveal="1").texts()


def test_made_is_better_than_the_logistic_model_by_the_promised_amount() -> None:
    rows = {row.model: row.nats for row in rows_file.stored()}
    assert rows["MADE"] >= -18.1 + 1.5
    mean = float(network.held_out(autoregressive.pretrained("made")).mean())
    assert mean == pytest.approx(rows["MADE"], abs=1e-4)


def test_a_thousand_images_are_drawn_in_time() -> None:
    model = autoregressive.pretrained("made")
    autoregressive.sample(model, 2)
    start = time.process_time()
    autoregressive.sample(model, 1000)
    assert time.process_time() - start < 5      # 0.5 s on a core of its own


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

"""What the lesson on the bound asks for at the ends of q's handle, and what it explains where humps overlap."""

import math
import re

import numpy as np
import pytest
import torch

from dgm import elbo
from pages.elbo import bound, complete, kl, q_handle, results, state, waiting
from pages.elbo.results import Setting
from tests.pages.revealed import number, opened_by_link
from tests.pages.visitor import Visitor
from ui.control_types import Slider
from ui.figures import lookup

NARROWEST = {"model": "curved", "slope": "2", "noise": "0.5", "x": "4"}     # its best Gaussian has deviation 0.113


@pytest.mark.parametrize(("deviation", "word", "becomes"), [(1.25, "doubled", 2.5), (1.3, "halved", 0.65),
                                                            (1.5, "halved", 0.75), (2.5, "halved", 1.25)])
def test_a_width_is_doubled_only_where_the_handle_can_follow(deviation: float, word: str, becomes: float) -> None:
    at = opened_by_link("elbo", q=f"0_{deviation}")
    model = elbo.NormalModel()
    gaps = [elbo.elbo(model, 2.0, elbo.Gaussian(0.0, sd)).gap for sd in (deviation, becomes)]
    assert number(at, f"width is {word}: its deviation becomes {becomes:.3g}") == pytest.approx(gaps[1] - gaps[0],
                                                                                               rel=6e-3)


@pytest.mark.parametrize("link", [NARROWEST, {"model": "two humps", "x": "0.3"},
                                  {"slope": "2", "noise": "0.5"}], ids=str)
def test_the_button_reaches_the_challenge(link: dict[str, str]) -> None:
    page = Visitor("elbo", link)
    assert "Not yet: the gap" in page.texts()
    page.press("best q")
    assert "Reached: the gap" in page.texts()


def test_the_best_gaussians_lie_within_the_handles_limits() -> None:
    for slope, noise, x in ((2.0, 0.5, 4.0), (-2.0, 0.5, 4.0), (0.0, 0.5, 4.0), (0.0, 2.0, -4.0)):
        for model in (elbo.NormalModel(slope=slope, noise=noise, curvature=1.0),
                      elbo.NormalModel((0.5, 0.5), (-2.0, 2.0), (0.7, 0.7), slope=slope, noise=noise)):
            found = elbo.gaussian_fits(model, x)
            for fit in (found.reverse[0], found.forward):
                assert q_handle.LOW < fit.mean < q_handle.HIGH
                assert q_handle.NARROW < fit.sd < q_handle.WIDE


def test_half_the_best_deviation_is_half_of_it() -> None:
    at = opened_by_link("elbo", part="KL", slope=2, noise=0.5)
    best = math.sqrt(0.25 / 4.25)
    assert number(at, f"half the best deviation, {best / 2:.3g}") == pytest.approx(math.log(2) - 3 / 8, rel=6e-3)


def test_the_field_holds_the_answer() -> None:
    page = Visitor("elbo", {**NARROWEST, "q": "1_1"})
    slider = next(one for one in page.at.slider if one.key == "prediction wider")
    setting = Setting(elbo.NormalModel(slope=2.0, noise=0.5, curvature=1.0), 4.0)
    change = results.at(setting, q_handle.START._replace(mean=1.0, deviation=2.0)).gap - results.at(
        setting, q_handle.START._replace(mean=1.0, deviation=1.0)).gap
    assert change > 5
    assert slider.min <= change <= slider.max
    assert bound.limit_for(0.2) == 5
    coins = opened_by_link("elbo", part="KL", model="two coins", bias=0.95, heads=0)
    assert 4 < number(coins, "all its probability on coin 1") < 5


def test_the_explanation_of_the_hump_is_that_of_the_answer() -> None:
    between = Visitor("elbo", {"part": "KL", "model": "two humps", "slope": "2", "noise": "0.5", "x": "-0.2",
                               "reveal": "1"}).texts()
    assert "x changes to 0.4" in between        # at x = 0 both sides would be equally good
    merged = elbo.Mixture((0.5, 0.5), (-0.3, 0.3), (0.4, 0.4))
    assert kl.side(0.0, merged) == kl.SIDES[1]
    assert kl.side(0.28, merged) == kl.SIDES[2]
    found = elbo.fits_to(merged)
    assert "overlap" in kl.why_side(kl.SIDES[1], found, merged)
    apart = elbo.Mixture((0.5, 0.5), (-2.0, 2.0), (0.4, 0.4))
    assert "stays on one hump" in kl.why_side(kl.SIDES[0], elbo.fits_to(apart), apart)
    alone = elbo.Mixture((0.03, 0.97), (-2.0, 2.0), (0.4, 0.4))
    assert "97% of the posterior" in kl.why_side(kl.SIDES[2], elbo.fits_to(alone), alone)


def test_humps_that_x_does_not_move_are_no_question_of_sides() -> None:
    page = Visitor("elbo", {"part": "KL", "model": "two humps", "slope": "0"})
    assert page.keys("commit ") == ["commit narrow"]


def test_the_table_of_both_directions_keeps_its_promise() -> None:
    setting = Setting(elbo.NormalModel(slope=2.0, noise=0.5), 2.0)
    tables = results.tables(setting, None)
    for sd in (0.105, 0.12, 0.17, 0.26, 0.4):
        exact = results.forward(setting, q_handle.START._replace(mean=0.94, deviation=sd))
        place = [[0.94], [math.sqrt(sd)]]
        read = float(lookup.read(tables.values["forward"], tables.axes, [np.array(one) for one in place])[0, 0])
        assert abs(read - exact) < tables.shown_error * max(1, exact / 5)


@pytest.mark.parametrize(("link", "key"), [
    ({"part": "EM", "moves": "a weight", "from": "0", "step": "1"}, "next"),
    ({"part": "EM", "moves": "a mean", "from": "1", "step": "1"}, "next"),
    ({"part": "Landscape", "over": "one Gaussian", "q0": "0.95", "theta0": "0.05", "move": "0"}, "ridge"),
    ({"part": "Landscape", "over": "one Gaussian", "q0": "0.95", "theta0": "0.05", "move": "1"}, "gain"),
    ({"part": "Complete and incomplete", "pairs": "10", "pair_seed": "3"}, "added")], ids=str)
def test_fields_of_next_moves_hold_their_answers(link: dict[str, str], key: str) -> None:
    asked, told = Visitor("elbo", link), Visitor("elbo", {**link, "reveal": "1"})
    slider = next(one for one in asked.at.slider if one.key == f"prediction {key}")
    answers = re.findall(r"^It is \*\*([^\s*]+)", told.texts(), re.M)
    assert any(slider.min <= float(found.replace("−", "-")) <= slider.max for found in answers)


def test_the_answer_is_not_in_the_middle_of_its_field() -> None:
    link = {"part": "Landscape", "over": "two coins", "q0": "0.95", "theta0": "0.05", "move": "1"}
    asked, told = Visitor("elbo", link), Visitor("elbo", {**link, "reveal": "1"})
    slider = next(one for one in asked.at.slider if one.key == "prediction gain")
    (answer,) = re.findall(r"^It is \*\*([^\s*]+) nats", told.texts(), re.M)
    assert abs(float(answer) - (slider.min + slider.max) / 2) > 0.05 * (slider.max - slider.min)


def test_a_sample_without_the_component_has_no_question_of_its_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = complete.Pairs(torch.full((10, 1), 55.0, dtype=torch.float64), torch.ones(10, dtype=torch.int64))
    monkeypatch.setattr(complete, "draw", lambda chosen: pairs)
    page = Visitor("elbo", {"part": "Complete and incomplete", "pairs": "10", "pair_seed": "4711"})
    assert page.keys("commit ") == []
    assert "nan" not in page.texts()


# What a part says of its own controls -------------------------------------------------------------------------------


def test_the_moved_mean_stays_on_its_axis() -> None:
    slider = state.CONTROLS["at"]
    assert isinstance(slider, Slider)
    assert (slider.low, slider.high) == waiting.MEANS


@pytest.mark.parametrize(("link", "said", "unsaid"), [
    ({}, "the triangle its width", "coin"),
    ({"model": "two coins"}, "Drag the square on q's bar", "triangle"),
    ({"model": "two coins", "family": "two Gaussians"}, "one sequence of heads and tails, in its order", "triangle"),
    ({"part": "Landscape"}, "a head and a tail, in this order", "is z plus"),
    ({"part": "Landscape", "over": "one Gaussian"}, "x = 2 is z plus the shift θ plus noise", "coin"),
    ({"part": "Landscape", "over": "one Gaussian", "view": "surface"}, "starts at q = 2.5 and θ = 0.", "coin"),
    ({"part": "Landscape", "q0": "0.5"}, "starts at q = 0.5 and θ = 0.2.", "is z plus"),
    ({"part": "EM"}, "EM starts at 50.5 minutes.", "coin"),
    ({"part": "EM", "moves": "a weight", "from": "0.5"}, "EM starts at 0.5.", "minutes.\n"),
    ({"part": "Amortized", "look": "-4"}, "at x = −4,", "x = -4")], ids=str)
def test_the_words_are_those_of_the_chosen_model(link: dict[str, str], said: str, unsaid: str) -> None:
    texts = Visitor("elbo", link).texts()
    assert said in texts
    assert unsaid not in texts


def test_every_number_of_a_statement_has_its_unit() -> None:
    for part in ("EM", "Landscape"):
        (statement,) = [one.value for one in opened_by_link("elbo", reveal=False, part=part).latex
                        if r"\underbrace" in one.value]
        assert statement.count(r"\underbrace") == statement.count(r"\text{nats}") == 3

"""The Bayes page without a browser: parts, models and presets; answers to questions; links; typed observations."""

import contextlib
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dgm import bayes
from pages.bayes import models
from pages.bayes.state import NOTES, PARTS, PRESETS
from tests.pages.revealed import empty_caches
from tests.pages.visitor import figures, open_app
from tests.ui.components.messages import commit
from ui.own_data import points
from ui.source_code import SCRIPT_MARK

ROOT = Path(__file__).parents[3]
# the slides' four situations
FRAMEWORK = ("Bayes theorem", "Parameters as unknowns", "Note the difference", "MAP of four tosses")

fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)


def opened(reveal: bool = True, **link: str) -> AppTest:
    """The page behind a link."""
    page = open_app("bayes")
    for name, value in {**({"reveal": "1"} if reveal else {}), **link}.items():
        page.query_params[name] = value
    page.run()
    return page


def healthy(page: AppTest) -> None:
    """No exception, no number that is none, a sentence for every figure."""
    assert not page.exception, page.exception[0].value
    assert not page.error
    written = " ".join(element.value for element in (*page.markdown, *page.caption, *page.latex))
    assert not re.search(r"\bnan\b|\binf\b", written)
    assert all(figure["alt"].endswith(".") for figure in figures(page))


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.success))


def button(page: AppTest, key: str) -> Any:
    return next(element for element in page.button if element.key == key)


def choose(page: AppTest, name: str) -> AppTest:
    """Press a situation's button, in its part of the lesson."""
    chooser = next(group for group in page.get("button_group") if group.key == "part")
    if chooser.value != (part := PRESETS[name].get("part", PARTS[0])):
        chooser.set_value(part).run()
    button(page, f"preset {name}").click().run()
    return page


@pytest.mark.parametrize(("part", "model"), [(part, model) for part in PARTS[:3] for model in models.MODELS]
                         + [(part, "coin") for part in PARTS[3:]])
def test_every_part_shows_every_model(part: str, model: str) -> None:
    page = opened(part=part, model=model)
    healthy(page)
    assert figures(page)


@pytest.mark.parametrize(("part", "model", "n"), [
    (PARTS[0], "coin", "160"), (PARTS[0], "number, unknown noise", "160"), (PARTS[0], "number, known noise", "0"),
    (PARTS[1], "coin, prior in two parts", "0"), (PARTS[1], "number, known noise", "160"),
    (PARTS[1], "number, unknown noise", "1"), (PARTS[2], "number, unknown noise", "0"), (PARTS[2], "coin", "160")])
def test_real_data_of_any_length(part: str, model: str, n: str) -> None:
    healthy(opened(part=part, model=model, n=n, **{"numbers_from" if "number" in model else "source": "Old Faithful"}))


def test_every_preset_opens_after_every_other() -> None:
    page = opened()
    names = list(PRESETS)
    assert set(FRAMEWORK) <= set(names)
    assert sum(word in " ".join(names) for word in ("no MAP", "no MLE", "excludes tails", "intractable")) == 4
    for name in (*names[::2], *names[::-1]):
        healthy(choose(page, name))


@pytest.mark.parametrize(("name", "shows"), [
    ("Bayes theorem", "p(X) = 0.004545"), ("Parameters as unknowns", "volume under prior times likelihood"),
    ("Note the difference", "same model but different weights"), ("MAP of four tosses", "| logit p | 0.375 | 0.375 |"),
    ("All heads: the plug-in excludes tails", "| −∞ |"), ("Two tops: no MAP", "both edges"),
    ("A billion tosses", "1,000,000,000 observations"), ("A line separates: no MLE", "straight line separates"),
    ("One number, unknown noise", "held-out"), ("Evidence intractable", "Real data"),
])
def test_a_preset_shows_what_its_name_says(name: str, shows: str) -> None:
    page = choose(opened(), name)
    charts = str(figures(page))
    assert shows in texts(page) or shows in charts


def answer(page: AppTest) -> str:
    return next(element.value for element in page.markdown if re.match(r"You said|It is", element.value))


def slide(page: AppTest, key: str, value: float) -> None:
    next(element for element in page.slider if element.key == f"prediction {key}").set_value(value)


def answered(page: AppTest, key: str, commit: Callable[[AppTest], None]) -> str:
    commit(page)
    page.run()
    button(page, f"commit {key}").click().run()
    healthy(page)
    return answer(page)


@pytest.mark.parametrize("seed", range(2))
def test_questions_about_the_coin_give_the_right_answer(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    a, b = (float(v) for v in torch.randint(2, 9, (2,), generator=rng))
    tosses = "".join("HT"[int(v)] for v in torch.randint(0, 2, (7,), generator=rng))
    link = {"a": f"{a:g}", "b": f"{b:g}", "tosses": tosses}
    page = opened(reveal=False, part="What comes next", **link)
    truth = (a + tosses.count("H")) / (a + b + 8)   # after one more tails
    found = answered(page, "next", lambda p: slide(p, "next", 0.9))
    assert f"it is **{truth:.3g}**" in found
    assert f"{0.9 - truth:.3g}"[:4] in found

    def stays(p: AppTest) -> None:
        next(r for r in p.radio if r.key == "prediction order").set_value("it stays")

    assert answered(opened(reveal=False, **link), "order", stays) == "You said “it stays”: right."
    after = bayes.BetaBernoulli(a, b).posterior([float(c == "H") for c in tosses])
    move = "higher" if after.map("logit p") > after.map("p") + 1e-9 else "lower" if after.map("logit p") < after.map(
        "p") - 1e-9 else "the same"

    def moves(p: AppTest) -> None:
        next(r for r in p.radio if r.key == "prediction moves").set_value(move)

    assert answered(opened(reveal=False, part="MAP", **link), "moves", moves) == f"You said “{move}”: right."


def test_standard_deviations_are_compared_and_changed_predictives_are_counted() -> None:
    """A Student's t against a normal: 2.11, and 1.77 after twice the data; four of the eight one-step predictives."""
    wide = opened(part="What comes next", model="number, unknown noise", values="74")
    healthy(wide)
    assert "= **2.11**." in texts(wide)
    assert answer(wide) == "It is **1.77**."
    heavy = opened(part="What comes next", model="number, unknown noise", values="", half_n="0.5")
    healthy(heavy)
    assert "standard deviation is infinite" in texts(heavy)
    assert "Of the 8 one-step predictives below, 4 would change" in texts(opened(tosses="HHTHHHTH", a="2", b="2"))


def test_questions_of_the_other_parts_give_the_right_answer() -> None:
    wide = opened(reveal=False, part="What comes next", model="number, known noise", values="60 70 80", sd="20",
                  noise="13", mean="60")
    after = bayes.NormalNormal(60, 400, 169).posterior([60.0, 70, 80] * 2)
    truth = ((after.var + 169) / 169) ** 0.5
    wider = answered(wide, "wider", lambda p: next(
        element for element in p.select_slider if element.key == "prediction wider").set_value(5.0))
    assert f"it is **{truth:.3g}**" in wider
    page = opened(reveal=False, part="Regression", points="0:0 1:1 2:2 9:9 3:3.1 4:4 5:4.9", beta="3")
    degree = answered(page, "degree", lambda p: slide(p, "degree", 9))
    assert "it is **1**: too high by 8" in degree


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("model", models.MODELS)
def test_every_part_opens_with_its_figure_and_each_question_covers_what_it_asks_alone(part: str, model: str) -> None:
    page = opened(reveal=False, part=part, model=model)
    healthy(page)
    assert figures(page)
    if part == "MAP":
        lines = next(element.value for element in page.markdown
                     if element.value.startswith("| axis |")).split("\n")[2:]
        assert ["?" in line for line in lines] == [False] + [True] * (len(lines) - 1)
        assert "covered until" in texts(page)


def test_a_prediction_is_about_model_prior_and_data() -> None:
    page = opened(reveal=False, part="What comes next")
    answered(page, "next", lambda p: slide(p, "next", 0.7))
    button(page, "add tosses H").click().run()
    assert not any(re.match(r"You said", element.value) for element in page.markdown)
    assert "Your prediction for an earlier state of this page was 0.7" in texts(page)


def test_every_situation_says_what_to_look_at() -> None:
    assert set(NOTES) == set(PRESETS)
    for sentence in (part for note in NOTES.values() for part in re.split(r"[.;:] ", note)):
        assert len(sentence.split()) <= 25
    assert NOTES["Two tops: no MAP"] in texts(choose(opened(), "Two tops: no MAP"))


@pytest.mark.parametrize(("link", "why"), [
    ({"a": "2", "b": "2", "tosses": ""}, "highest at the same place"), ({"model": "die"}, "face 6 moves down"),
    ({"a": "0.5", "b": "0.5", "tosses": ""}, "logit p has a single highest point"),
    ({"tosses": "TTTH"}, "MAP of p moves up"),
    ({"model": "number, known noise"}, "divided by exp θ"), ({"model": "number, unknown noise"}, "MAP of σ moves up"),
], ids=str)
def test_the_reason_follows_the_model_and_the_answer(link: Mapping[str, str], why: str) -> None:
    assert why in texts(opened(part="MAP", **link))


def test_a_prior_without_counts_has_no_reason_of_counts() -> None:
    assert "prior count" in texts(opened(part="What comes next"))
    assert "count" not in texts(opened(part="What comes next", model="coin, drawn prior"))


@pytest.mark.parametrize("link", [{"tosses": "HHHHH", "a": "1", "b": "1"}, {"tosses": "HHHHH"}, {"tosses_held": "H"}])
def test_formulas_of_predictives_carry_no_score(link: Mapping[str, str]) -> None:
    """A probability is never negative: log scores stand apart, named as such."""
    page = opened(part="What comes next", **link)
    assert not any("underbrace" in element.value for element in page.latex)
    assert re.search(r"Mean log score of (ten|one) held-out toss(es)?, nats", texts(page))
    assert "-∞" not in texts(page)


@pytest.mark.parametrize("tosses", ["", "HHTHHHTH", "H" * 399 + "T", "500050000H 499950000T"])
def test_the_formulas_show_typeset_numbers(tosses: str) -> None:
    for element in opened(tosses=tosses).latex:
        assert not re.search(r"e[+-]\d|(?<![\d.])-0(?![\d.])|inf\b|nan|minus", element.value)


def test_rescaling_is_said() -> None:
    assert "1/√β = 0.316 deviations of y, each 0.803, is 0.254" in texts(opened(part="Regression"))
    assert "standardised x: (x + 0.05) / 1.284" in texts(opened(part="No closed form"))
    assert "−0.125 nats per point" in texts(opened(part="Regression"))


STATES: list[Mapping[str, str]] = [
    *({"part": PARTS[i % 3], "model": model} for i, model in enumerate(models.MODELS)),
    *({"part": PARTS[(i + 1) % 3], "model": model} for i, model in enumerate(models.MODELS)),
    {"tosses": "500050000H 499950000T"}, {"model": "number, unknown noise", "numbers_from": "Old Faithful", "n": "40"},
    {"part": "Regression", "degree": "4", "alpha": "-2"}, {"part": "Regression", "points_from": "Old Faithful"},
    {"part": "No closed form"}, {"part": "No closed form", "labels_from": "Iris"},
]


@pytest.mark.parametrize("link", STATES, ids=str)
def test_the_script_prints_what_the_page_says(link: Mapping[str, str]) -> None:
    page = opened(**link)
    scripts = [element.value for element in page.code if element.value.startswith(SCRIPT_MARK)]
    printed = [element.value for element in page.code if element.language in ("text", "plaintext", None)]
    assert len(scripts) == 1
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(scripts[0], "script", "exec"), {})
    assert output.getvalue().strip() == printed[-1].strip()


def test_a_link_carries_the_whole_state() -> None:
    link = {"part": "What comes next", "model": "coin, prior in two parts", "fair": "0.35", "other_a": "3",
            "tosses": "HTHHH", "tosses_held": "HT", "axis": "the other axis"}
    first = opened(**link)
    again = opened(**{name: str(first.query_params[name]) for name in link})
    assert texts(first) == texts(again)
    assert [c.value for c in first.code][-1] == [c.value for c in again.code][-1]
    assert "0.35" in [c.value for c in first.code][-2]


@pytest.mark.parametrize(("link", "note"), [
    ({"tosses": "HHX"}, "'X' is no toss"), ({"a": "-3"}, "goes from 0.05"), ({"a": "nan"}, "not a number"),
    ({"model": "dice"}, "which is not one of"), ({"model": "die", "rolls": "1 9"}, "the faces are 1 to 6"),
    ({"model": "number, known noise", "values": "12 x"}, "number 2 ('x') is not a finite number"),
    ({"model": "coin, drawn prior", "heights": "0 0 0"}, "some height somewhere"),
    ({"part": "Regression", "points": "1:2 rubbish"}, "point 2 ('rubbish') is not of the form x:y"),
    ({"part": "No closed form", "labelled": "1:"}, "point 1"), ({"nonsense": "1"}, "does not know"),
    ({"part": "Regression", "degree": "999"}, "so it is 12"),
])
def test_a_note_names_what_a_link_has_wrong_and_the_page_works(link: Mapping[str, str], note: str) -> None:
    page = opened(**link)
    healthy(page)
    assert any(note.lower() in info.value.lower().replace("\\", "") for info in page.info)
    assert figures(page)


@pytest.mark.parametrize("link", [
    {"a": "1000000000", "b": "0.01"}, {"a": "0.01", "b": "0.01"}, {"tosses": ""}, {"tosses": "H" * 400},
    {"part": "MAP", "a": "0.5", "b": "3", "tosses": ""}, {"part": "What comes next", "tosses_held": ""},
    {"part": "What comes next", "model": "number, unknown noise", "half_n": "0.01", "values": ""},
    {"model": "number, known noise", "values": "1e150 -1e150"}, {"model": "number, unknown noise", "values": "1e150"},
    {"part": "What comes next", "model": "number, unknown noise", "values": "1e150 1e150"},
    {"model": "number, unknown noise", "values": "1e200 -1e200"}, {"model": "number, known noise", "values": "1e300"},
    {"part": "Regression", "points": ""}, {"part": "Regression", "points": "1:1"},
    {"part": "Regression", "points": "1:1 1:2 1:3 1:4"}, {"part": "Regression", "points": "1e150:1 2:1e150"},
    {"part": "No closed form", "labelled": ""}, {"part": "No closed form", "labelled": "5:1 5:0"},
    {"part": "No closed form", "labelled": "1e150:1 0:0"}, {"part": "No closed form", "prior": "-3", "labelled": "1:1"},
], ids=str)
def test_extreme_numbers_give_no_error(link: Mapping[str, str]) -> None:
    healthy(opened(**link))


@pytest.mark.parametrize("model", models.MODELS)
def test_no_observations_have_log_evidence_0_without_a_sign(model: str) -> None:
    page = opened(model=model, tosses="", values="", rolls="")
    said = texts(page)
    assert "no observations yet" in said
    assert "opposite order" not in said
    assert "Three routes" not in said
    assert not any(re.search(r"-0\b(?!\.)", element.value) for element in page.latex)


def test_clicks_add_and_remove_observations() -> None:
    page = opened(tosses="HT")
    button(page, "add tosses H").click().run()
    assert page.text_input(key="tosses").value == "HT H"
    assert [element.label for element in page.button if " chip " in (element.key or "")] == ["1: H", "2: T", "3: H"]
    button(page, "tosses chip 1").click().run()
    assert page.text_input(key="tosses").value == "HH"
    button(page, "clear tosses").click().run()
    assert page.text_input(key="tosses").value == ""
    healthy(page)


@pytest.mark.parametrize("link", [
    {"part": "Regression", "points_from": "your own table"},
    {"part": "What comes next", "model": "number, known noise", "numbers_from": "your own table"}], ids=str)
def test_old_faithful_is_shown_until_there_is_a_table(link: Mapping[str, str]) -> None:
    page = opened(**link)
    healthy(page)
    assert "Until you give a table, Old Faithful is shown" in texts(page)
    assert any("Your own data" in element.label for element in page.expander)


@pytest.mark.parametrize(("link", "own", "text", "names"), [
    ({"part": "Regression", "points_from": "your own table"}, "own2",
     "height (cm),weight (kg)\n" + "\n".join(f"{160 + i},{60 + i % 3}" for i in range(9)),
     ["height (cm)", "weight (kg)"]),
    ({"part": "What comes next", "model": "number, known noise", "numbers_from": "your own table", "reveal": "1"},
     "own1", "height (cm)\n" + "\n".join(str(50 + i) for i in range(9)), ["next observation (height (cm))"]),
    ({"part": "The theorem", "model": "number, unknown noise", "numbers_from": "your own table"},
     "own1", "height (cm)\n" + "\n".join(str(50 + i) for i in range(9)), [])], ids=["both", "next", "theorem"])
def test_an_own_table_has_its_own_names_and_units(link: Mapping[str, str], own: str, text: str,
                                                  names: list[str]) -> None:
    page = opened(**link)
    page.session_state[f"{own}:way"] = points.PASTE
    page.run()
    page.text_area(key=f"{own}:text").set_value(text).run()
    healthy(page)
    assert "9 rows of your own" in texts(page)
    drawn = str([figure["layout"] for figure in figures(page)])
    assert all(name in drawn for name in names)
    assert "minutes" not in drawn
    assert "waiting" not in drawn
    assert "first column" not in drawn


def test_drawn_points_become_the_text_and_the_link() -> None:
    page = opened(part="Regression")
    commit(page, "own points", points=[[0, 0], [1, 1.5], [2, 2], [3, 1]])
    assert page.text_input(key="points").value == "0:0 1:1.5 2:2 3:1"
    healthy(page)
    page.text_input(key="points").set_value("5:5 6:6").run()
    assert page.text_input(key="points").value == "5:5 6:6"
    healthy(page)


def test_dragged_heights_become_the_prior() -> None:
    page = opened(model="coin, drawn prior")
    commit(page, "heights figure", moved=[[0, 0.0, 7.0], [8, 0.9, -2.0]])
    assert page.text_input(key="heights").value == "7 1 2 4 6 4 2 1 0"
    healthy(page)


def test_labelled_points_get_the_nearer_label_and_numbers_their_x() -> None:
    page = opened(part="No closed form")
    commit(page, "own labelled points", points=[[-2, 0.1], [1, 0.8], [3, 0.4]])
    assert page.text_input(key="labelled").value == "-2:0 1:1 3:0"
    page = opened(model="number, known noise")
    commit(page, "values figure", points=[[79, 0.3], [54, 0]])
    assert page.text_input(key="values").value == "79 54"
    healthy(page)


def test_challenges_are_reached() -> None:
    assert "Not yet" in texts(opened())
    assert "Reached" in texts(opened(a="60", b="20"))
    assert "Reached" in texts(opened(part="MAP", a="1", b="1", tosses="H"))
    assert "Not yet" in texts(opened(part="What comes next"))
    assert "Reached" in texts(opened(part="What comes next", tosses_held="HHHH"))
    assert "Reached" in texts(opened(part="No closed form", labelled="-2:0 -1:0 1:1 2:1", prior="-3"))


@pytest.mark.parametrize(("a", "b", "rule"), [("1", "0.5", True), ("0.5", "1", True), ("1", "2", False),
                                              ("0.5", "0.5", False)])
def test_an_end_where_alone_the_density_is_infinite_counts_as_its_highest_point(a: str, b: str, rule: bool) -> None:
    assert ("this end counts as its highest point" in texts(opened(part="MAP", a=a, b=b, tosses="", reveal=""))) == rule


def test_without_a_map_over_p_the_question_is_about_the_other_axis_alone() -> None:
    said = texts(opened(part="MAP", a="0.5", b="0.5", tosses="", reveal=""))
    assert "Over p there is no MAP. Is there one over logit p?" in said
    assert "then another one?" not in said
    assert "| angle 2 arcsin √p | ? | 0.5 |" in said

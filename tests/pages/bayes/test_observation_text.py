"""pages.bayes.observation_text: text to observations and back."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgm import bayes
from dgm.errors import DataError
from pages.bayes import observation_text


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=60))
def test_formatted_tosses_parse_to_the_same(x: list[float]) -> None:
    assert observation_text.parse_tosses(observation_text.format_tosses(x)).tolist() == x   # type: ignore[union-attr]


def test_runs_of_tosses_and_counts() -> None:
    assert observation_text.parse_tosses("3H, t 2T").tolist() == [1, 1, 1, 0, 0, 0]   # type: ignore[union-attr]
    assert observation_text.parse_tosses("600000000H 400000000T 1H") == bayes.Counts(600000001, 400000000)
    assert len(observation_text.parse_tosses("  ")) == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), max_size=30))
def test_formatted_points_parse_to_the_same(pairs: list[tuple[int, int]]) -> None:
    x, y = observation_text.parse_points(observation_text.format_points([(a / 100, b / 100) for a, b in pairs]))
    assert x.tolist() == [a / 100 for a, _ in pairs]
    assert y.tolist() == [b / 100 for _, b in pairs]


def test_numbers_and_faces() -> None:
    assert observation_text.parse_numbers("71, 52.5;83\n-1e3").tolist() == [71, 52.5, 83, -1000]
    assert observation_text.parse_faces("6 1", 6).tolist() == [5, 0]
    assert observation_text.format_numbers([71.0, 52.53]) == "71 52.53"


@pytest.mark.parametrize(("parse", "raw", "message"), [
    (observation_text.parse_tosses, "HHX", "'X' is no toss"),
    (observation_text.parse_tosses, "9" * 20 + "H", "million million"),
    (observation_text.parse_numbers, "1 two 3", "number 2 .'two'. is not a finite"),
    (observation_text.parse_numbers, "1 nan", "number 2"),
    (observation_text.parse_numbers, "1 inf", "number 2"),
    (observation_text.parse_numbers, "1 -2e150", "beyond 1e.150: measure in another unit"),
    (observation_text.parse_numbers, "1 " * 401, "the page takes 400"),
    (observation_text.parse_points, "1:2 3", "point 2 .'3'. is not of the form x:y"),
    (observation_text.parse_points, "1:a", "point 1 .'a'."),
    (observation_text.parse_points, "1:1 " * 401, "the page takes 400"),
    (lambda raw: observation_text.parse_faces(raw, 6), "1 7", "observation 2 is 7: the faces are 1 to 6"),
    (lambda raw: observation_text.parse_faces(raw, 6), "1.5", "observation 1 is 1.5"),
])
def test_errors_name_what_cannot_be_parsed(parse: Callable[[str], object], raw: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse(raw)


@pytest.mark.parametrize(("raw", "values"), [
    ("71,5 83,2 64,0", [71.5, 83.2, 64.0]), ("71,5;83,2;-6,25", [71.5, 83.2, -6.25]), ("1,2,3", [1, 2, 3]),
    ("1,2,3\n4,5", [1, 2, 3, 4, 5]), ("71, 52, 83", [71, 52, 83]), ("1,2.5", [1, 2.5]), ("−5 –6", [-5, -6]),
    ("71\u00a083\u00a064", [71, 83, 64]), ("1\u202f234 5", [1234, 5]), ("5, ", [5]), (", ,", []), ("", []),
])
def test_commas_and_blanks_have_one_meaning(raw: str, values: list[float]) -> None:
    assert observation_text.parse_numbers(raw).tolist() == values


@pytest.mark.parametrize("raw", ["71,5", "71,5 83", "71,5, 83,2", "1,2, 3", "71,5; 83"])
def test_a_comma_with_two_meanings_is_named(raw: str) -> None:
    with pytest.raises(DataError, match=r"the comma in '.*' can be a decimal mark or stand between two numbers: write"):
        observation_text.parse_numbers(raw)


@pytest.mark.parametrize("raw", ["12_3", "0x1F", "1e400", "5%", "½", "1:2", "infinity"])
def test_other_spellings_are_refused(raw: str) -> None:
    with pytest.raises(DataError, match="number 2"):
        observation_text.parse_numbers(f"7 {raw}")


def test_commas_in_points_rolls_and_labels() -> None:
    x, y = observation_text.parse_points("0,1:2,5 0.5:-2.4")
    assert (x.tolist(), y.tolist()) == ([0.1, 0.5], [2.5, -2.4])
    assert observation_text.parse_points("1:2,3:4, 5:6")[0].tolist() == [1, 3, 5]
    assert observation_text.parse_faces("6,1 3,2", 6).tolist() == [5, 0, 2, 1]
    with pytest.raises(DataError, match=r"the label of point 2 is 0\.7: labels are 0 and 1"):
        observation_text.parse_labelled("1:0 2:0.7")


@settings(max_examples=60)
@given(st.lists(st.floats(-1e150, 1e150), max_size=30))
def test_formatted_numbers_are_read_as_the_same_numbers(values: list[float]) -> None:
    assert observation_text.parse_numbers(observation_text.format_numbers(values)).tolist() == values

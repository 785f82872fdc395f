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

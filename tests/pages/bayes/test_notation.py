"""pages.bayes.observations: text to observations and back."""

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgm import bayes
from dgm.errors import DataError
from pages.bayes import observations as text


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=60))
def test_tosses_survive_formatting(x: list[float]) -> None:
    assert text.parse_tosses(text.format_tosses(x)).tolist() == x   # type: ignore[union-attr]


def test_runs_of_tosses_and_counts() -> None:
    assert text.parse_tosses("3H, t 2T").tolist() == [1, 1, 1, 0, 0, 0]   # type: ignore[union-attr]
    assert text.parse_tosses("600000000H 400000000T 1H") == bayes.Counts(600000001, 400000000)
    assert len(text.parse_tosses("  ")) == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), max_size=30))
def test_points_survive_formatting(pairs: list[tuple[int, int]]) -> None:
    x, y = text.parse_points(text.format_points([(a / 100, b / 100) for a, b in pairs]))
    assert x.tolist() == [a / 100 for a, _ in pairs]
    assert y.tolist() == [b / 100 for _, b in pairs]


def test_numbers_and_faces() -> None:
    assert text.parse_numbers("71, 52.5;83\n-1e3").tolist() == [71, 52.5, 83, -1000]
    assert text.parse_faces("6 1", 6).tolist() == [5, 0]
    assert text.format_numbers([71.0, 52.53]) == "71 52.53"


@pytest.mark.parametrize(("read", "raw", "message"), [
    (text.parse_tosses, "HHX", "'X' is no toss"), (text.parse_tosses, "9" * 20 + "H", "million million"),
    (text.parse_numbers, "1 two 3", "number 2 .'two'. is not a finite"), (text.parse_numbers, "1 nan", "number 2"),
    (text.parse_numbers, "1 inf", "number 2"),
    (text.parse_numbers, "1 -2e150", "beyond 1e.150: measure in another unit"),
    (text.parse_numbers, "1 " * 401, "the page takes 400"),
    (text.parse_points, "1:2 3", "point 2 .'3'. is not of the form x:y"), (text.parse_points, "1:a", "point 1 .'a'."),
    (text.parse_points, "1:1 " * 401, "the page takes 400"),
    (lambda raw: text.parse_faces(raw, 6), "1 7", "observation 2 is 7: the faces are 1 to 6"),
    (lambda raw: text.parse_faces(raw, 6), "1.5", "observation 1 is 1.5"),
])
def test_errors_name_what_cannot_be_parsed(read: object, raw: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(raw)   # type: ignore[operator]


def test_examples_print_what_they_say() -> None:
    found = doctest.testmod(text)
    assert found.failed == 0
    assert found.attempted > 0

"""pages.bayes.notation: text to observations and back."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgm import bayes
from dgm.errors import DataError
from pages.bayes import notation


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=60))
def test_formatted_tosses_parse_to_the_same(x: list[float]) -> None:
    assert notation.parse_tosses(notation.format_tosses(x)).tolist() == x   # type: ignore[union-attr]


def test_runs_of_tosses_and_counts() -> None:
    assert notation.parse_tosses("3H, t 2T").tolist() == [1, 1, 1, 0, 0, 0]   # type: ignore[union-attr]
    assert notation.parse_tosses("600000000H 400000000T 1H") == bayes.Counts(600000001, 400000000)
    assert len(notation.parse_tosses("  ")) == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), max_size=30))
def test_formatted_points_parse_to_the_same(pairs: list[tuple[int, int]]) -> None:
    x, y = notation.parse_points(notation.format_points([(a / 100, b / 100) for a, b in pairs]))
    assert x.tolist() == [a / 100 for a, _ in pairs]
    assert y.tolist() == [b / 100 for _, b in pairs]


def test_numbers_and_faces() -> None:
    assert notation.parse_numbers("71, 52.5;83\n-1e3").tolist() == [71, 52.5, 83, -1000]
    assert notation.parse_faces("6 1", 6).tolist() == [5, 0]
    assert notation.format_numbers([71.0, 52.53]) == "71 52.53"


@pytest.mark.parametrize(("parse", "raw", "message"), [
    (notation.parse_tosses, "HHX", "'X' is no toss"),
    (notation.parse_tosses, "9" * 20 + "H", "million million"),
    (notation.parse_numbers, "1 two 3", "number 2 .'two'. is not a finite"),
    (notation.parse_numbers, "1 nan", "number 2"),
    (notation.parse_numbers, "1 inf", "number 2"),
    (notation.parse_numbers, "1 -2e150", "beyond 1e.150: measure in another unit"),
    (notation.parse_numbers, "1 " * 401, "the page takes 400"),
    (notation.parse_points, "1:2 3", "point 2 .'3'. is not of the form x:y"),
    (notation.parse_points, "1:a", "point 1 .'a'."),
    (notation.parse_points, "1:1 " * 401, "the page takes 400"),
    (lambda raw: notation.parse_faces(raw, 6), "1 7", "observation 2 is 7: the faces are 1 to 6"),
    (lambda raw: notation.parse_faces(raw, 6), "1.5", "observation 1 is 1.5"),
])
def test_errors_name_what_cannot_be_parsed(parse: Callable[[str], object], raw: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse(raw)

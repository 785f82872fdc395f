"""dgm.datasets.table: every text is either checked numbers or one sentence with cause and remedy."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dgm.datasets import table as tables
from dgm.errors import ArgumentError, DataError, DgmError


@pytest.mark.parametrize(("text", "columns", "rows"), [
    ("1,2\n3,4", ("column 1", "column 2"), [[1, 2], [3, 4]]),
    ("a,b\n1,2\n", ("a", "b"), [[1, 2]]),
    ("a;b\n1;2.5e3\n\n-3;4", ("a", "b"), [[1, 2500], [-3, 4]]),
    ("x\ty\n1\t2", ("x", "y"), [[1, 2]]),
    ("1 2  3\n4 5 6", ("column 1", "column 2", "column 3"), [[1, 2, 3], [4, 5, 6]]),
    ("7", ("column 1",), [[7]]),
    ("name\n7", ("name",), [[7]]),
    ('"a, b",c\n"1",2', ("a, b", "c"), [[1, 2]]),
    ("a,a\n1,2", ("a", "a (2)"), [[1, 2]]),
    (b"\xef\xbb\xbfa,b\r\n1,2\r\n", ("a", "b"), [[1, 2]]),
])
def test_tables_are_read(text: str | bytes, columns: tuple[str, ...], rows: list[list[float]]) -> None:
    table = tables.parse(text)
    assert table.columns == columns
    assert table.x.tolist() == rows


@pytest.mark.parametrize(("text", "says"), [
    ("", "nothing in it"), ("\n \n", "nothing in it"), ("a,b", "no rows"),
    ("a,b\n1,2\n3,hello", "row 3, column 2 is not a number ('hello')"),
    ("1,2\n3,", "row 2, column 2 is empty"), ("1,2\n3,4,5", "row 2 has 3 cells and the first row has 2"),
    ("1,2\n3,nan", "row 2, column 2 is 'nan': give a finite number"), ("1,inf", "finite"),
    ("1,2\n3,<script>alert(1)</script>", "'<script>alert(1)</sc…'"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text file"), (b"\xff\xfe\x00", "not a text file"), ("1\0002", "not a text"),
    (",".join(["1"] * 33), "33 columns and the limit is 32"),
])
def test_an_error_names_its_cause(text: str | bytes, says: str) -> None:
    with pytest.raises(DataError) as caught:
        tables.parse(text)
    assert says in str(caught.value)


def test_an_exceeded_limit_is_named() -> None:
    with pytest.raises(DataError, match="11 rows and the limit is 10"):
        tables.parse("1\n" * 11, tables.Limits(rows=10))
    with pytest.raises(DataError, match="the limit is 1 MB"):
        tables.parse("1\n" * 600_000, tables.Limits(megabytes=1))


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 5)),
                     elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_are_read_back_exactly(values: np.ndarray) -> None:
    text = "\n".join(",".join(repr(float(cell)) for cell in row) for row in values)
    assert np.array_equal(tables.parse(text).x.numpy(), values)


@given(st.binary(max_size=300))
def test_random_bytes_are_numbers_or_raise_a_data_error(content: bytes) -> None:
    try:
        table = tables.parse(content)
    except DataError:
        return
    assert np.isfinite(table.x.numpy()).all()


def test_columns_are_selected_by_name() -> None:
    assert tables.parse("a,b,c\n1,2,3").select(["c", "a"]).x.tolist() == [[3, 1]]


@pytest.mark.parametrize(("settings", "problem"), [
    ({"content": None}, "content is None"), ({"content": ["a"]}, "content is a list"),
    ({"limits": 3}, "limits has to be made by Limits"),
    ({"limits": tables.Limits(rows=0)}, "limits.rows has to be a whole"),
    ({"limits": tables.Limits(megabytes=-1)}, "limits.megabytes has to be"),
    ({"dialect": "csv"}, "dialect has to be made by Dialect"),
    ({"dialect": tables.Dialect(delimiter="-")}, "dialect.delimiter has to be one of"),
    ({"dialect": tables.Dialect(decimal="'")}, "dialect.decimal has to be one of"),
    ({"dialect": tables.Dialect(header="yes")}, "dialect.header has to be True or False"),
    ({"dialect": tables.Dialect(encoding="klingon")}, "encoding has to be the name of a codec"),
    ({"dialect": tables.Dialect(encoding="zip")}, "encoding has to be the name of a codec")])
def test_what_is_no_text_and_no_setting(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(DgmError, match=re.escape(problem)):
        tables.read(**{"content": "1,2", **settings})


def test_names_are_several_texts() -> None:
    found = tables.read("a,b\n1,2")
    for wrong in ("a", b"a", None, 3, ["a", 1], {1: 2}):
        for call in (found.select, found.incomplete, tables.parse("a,b\n1,2").select):
            with pytest.raises(ArgumentError, match="names has to be a list of names"):
                call(wrong)
    assert found.select(name for name in "ba").columns == ("b", "a")
    assert tables.read(memoryview(b"1,2")).names() == tables.read(bytearray(b"1,2")).names() == ("column 1", "column 2")


def test_tags_in_names_stay_visible_and_format_nothing() -> None:
    found = tables.read("<b>hi</b>,<script>alert(1)</script>\n1,2\n3,4")
    assert found.names() == ("‹b›hi‹/b›", "‹script›alert(1)‹/script›")

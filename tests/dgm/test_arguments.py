"""The common border: what each kind of argument becomes, and the sentence for one that cannot be used."""

import array
import collections
import datetime
import math
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dgm.arguments import (
    LARGEST_SEED,
    as_choice,
    as_flag,
    as_integer,
    as_matrix,
    as_number,
    as_probabilities,
    as_seed,
    as_tensor,
    as_vector,
    shown,
)
from dgm.errors import ArgumentError, DataError, DgmError
from tests.dgm.attack.rules import equal, fault, fault_of_message
from tests.dgm.attack.values import HOSTILE, changes, same_array, same_number

TABLE = np.array([[1.0, 2.0], [3.0, 4.5], [-1.0, 0.0]])
NAN = math.nan
kinds: dict[str, Any] = {"ids": lambda value: type(value).__name__}


def message(function: Callable[..., Any], *args: Any, **settings: Any) -> str:
    with pytest.raises(DgmError) as caught:
        function(*args, **settings)
    assert not fault_of_message(str(caught.value), {"x"})
    return str(caught.value)


# Numbers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [
    2, 2.0, np.int8(2), np.uint64(2), np.float16(2), np.array(2), np.array([2.0]), np.array([[2]]), torch.tensor(2),
    torch.tensor([2.0]), torch.tensor(2.0, requires_grad=True), torch.tensor([2.0]).to_sparse(), Decimal(2),
    Fraction(4, 2), np.array(2, dtype=object), np.longdouble(2)])
def test_a_whole_number_of_any_kind(value: Any) -> None:
    found = as_integer(value, "k")
    assert found == 2
    assert type(found) is int
    number = as_number(value, "k")
    assert number == 2.0
    assert type(number) is float


@pytest.mark.parametrize("value", [2**53 + 1, 10**30, Decimal(2**53 + 1), Fraction(10**400), np.uint64(2**64 - 1),
                                   torch.tensor(2**62 + 1)], **kinds)
def test_large_whole_numbers_keep_every_digit(value: Any) -> None:
    assert as_integer(value, "k") == int(value)


@pytest.mark.parametrize("value", [
    True, np.bool_(True), torch.tensor(True), np.array(False), "2", "", b"2", None, 2.5, NAN, math.inf, np.float32(2.5),
    2 + 0j, np.complex64(2), Decimal("NaN"), Decimal("sNaN"), Decimal("inf"), Decimal("2.5"), Fraction(1, 3), [2], (2,),
    {2}, {"a": 2}, np.array([1, 2]), torch.ones(3), torch.tensor(2, device="meta"), np.ma.masked,
    np.ma.masked_array([2], mask=[True]), np.datetime64("2020-01-01"), np.timedelta64(2, "s"),
    datetime.date(2020, 1, 1), pd.NA, pd.NaT, pd.Series([2]), object(), int, np.str_("2"), np.void(b"abc"),
    np.array("2", dtype=object)], **kinds)
def test_what_is_no_whole_number(value: Any) -> None:
    assert message(as_integer, value, "x").startswith("x has to be a whole number, not ")
    assert message(as_seed, value, "x").startswith("x has to be a whole number from 0 to 9223372036854775807, not ")


@pytest.mark.parametrize(("low", "high", "words"), [
    (None, None, ""), (1, None, " from 1 on"), (1, 5, " from 1 to 5"), (None, 5, " up to 5")])
def test_the_range_of_a_whole_number_is_closed(low: int | None, high: int | None, words: str) -> None:
    for value in range(-1, 8):
        if (low is None or value >= low) and (high is None or value <= high):
            assert as_integer(value, "x", low, high) == value
        else:
            assert message(as_integer, value, "x", low, high) == f"x has to be a whole number{words}, not {value}"


@pytest.mark.parametrize(("value", "settings", "fine"), [
    (0, {"low": 0}, True), (0, {"above": 0}, False), (5e-324, {"above": 0}, True), (1, {"high": 1}, True),
    (1, {"below": 1}, False), (1 - 2**-53, {"below": 1}, True), (math.inf, {}, False),
    (math.inf, {"infinite": True}, True),
    (-math.inf, {"infinite": True, "low": 0}, False), (NAN, {"infinite": True}, False), (10**400, {}, False),
    (Fraction(10**400), {}, False), (10**400, {"infinite": True}, True), (1e308, {}, True), (Decimal("0.1"), {}, True),
    (np.float32(0.1), {}, True), ("1", {}, False), (True, {}, False), (None, {}, False), ([1.0], {}, False)], **kinds)
def test_the_range_of_a_number(value: Any, settings: dict[str, Any], fine: bool) -> None:
    if fine:
        expected = math.inf if type(value) is int and value > 1 else float(value)
        assert as_number(value, "x", **settings) == expected
    else:
        assert message(as_number, value, "x", **settings).startswith("x has to be a ")


@pytest.mark.parametrize(("settings", "words"), [
    ({"low": 0}, "x has to be a finite number from 0 on, not 'a'"),
    ({"above": 0}, "x has to be a finite number greater than 0 on, not 'a'".replace(" on", "")),
    ({"low": 0, "high": 1}, "x has to be a finite number from 0 to 1, not 'a'"),
    ({"above": 0, "below": 1}, "x has to be a finite number greater than 0 below 1, not 'a'"),
    ({"infinite": True}, "x has to be a number, not 'a'")])
def test_the_words_for_a_range(settings: dict[str, Any], words: str) -> None:
    assert message(as_number, "a", "x", **settings) == words


def test_seeds() -> None:
    assert (as_seed(0), as_seed(LARGEST_SEED), as_seed(np.int64(5)), as_seed(3.0)) == (0, LARGEST_SEED, 5, 3)
    torch.Generator().manual_seed(as_seed(LARGEST_SEED))
    for wrong in (-1, LARGEST_SEED + 1, "a"):
        assert message(as_seed, wrong).startswith("seed has to be a whole number from 0")


def test_flags_and_choices() -> None:
    assert (as_flag(True, "x"), as_flag(np.bool_(False), "x")) == (True, False)
    assert all(type(as_flag(value, "x")) is bool for value in (True, np.bool_(True)))
    for wrong in (0, 1, "True", None, [], torch.tensor(True)):
        assert message(as_flag, wrong, "x").startswith("x has to be True or False, not ")
    assert as_choice("full", "x", ["full", "diag"]) == as_choice(np.str_("full"), "x", ("full",)) == "full"
    assert type(as_choice(np.str_("full"), "x", ["full"])) is str
    for wrong in ("Full", "", None, 1, ["full"], b"full", {"full"}):
        assert message(as_choice, wrong, "x", ["full", "diag"]).startswith("x has to be one of full, diag, not ")


@pytest.mark.parametrize(("value", "words"), [
    ("mean", "'mean'"), ("it's\n", '"it\'s\\n"'), ("x" * 50, f"'{'x' * 40}...'"), ("\u00b5", "'\\xb5'"),
    (np.str_("a"), "'a'"), (2.5, "2.5"), (np.float64(2.5), "2.5"), (True, "True"), (None, "None"), ([1], "a list"),
    (torch.ones(2, 3), "an array of shape (2, 3)"), (np.zeros(0), "an array of shape (0,)"), (object(), "an object"),
    (10**5000, "a number of more than 40 digits"), (-(10**5000), "a number of more than 40 digits"),
    (Fraction(10**5000, 3), "a number of more than 40 digits"), (Decimal("1e5000"), "1E+5000"), (10**20, str(10**20)),
    (pd.Series([1]), "a Series"), (np.ma.masked, "an array of shape ()")], **kinds)
def test_how_a_value_is_repeated(value: Any, words: str) -> None:
    assert shown(value) == words


@pytest.mark.parametrize("valid", [2, 0.5, 3.0])
def test_a_number_written_in_other_ways(valid: float) -> None:
    for label, value in same_number(valid):
        assert as_number(value, "x") == valid, label


# Arrays -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [TABLE, TABLE[:, 0], np.array([[1.0], [2.0]])])
def test_the_same_numbers_in_every_form_give_the_same_bits(x: np.ndarray) -> None:
    expected = torch.tensor(x.tolist(), dtype=torch.float64)
    for label, value in same_array(x):
        found = as_tensor(value)
        assert equal(found, expected), label
        assert found.device.type == "cpu"
        assert equal(as_matrix(value), expected.reshape(len(x), -1)), label


@pytest.mark.parametrize("value", [
    [1, 2], (1, 2), range(1, 3), array.array("d", [1, 2]), collections.deque([1, 2]), [1.0, Decimal(2)],
    [Fraction(1), 2], [torch.tensor(1.0), torch.tensor(2.0, requires_grad=True)], [np.float32(1), np.int8(2)],
    pd.Series([1, 2], dtype="Int64"), pd.Series([1, 2], dtype="Float32"), pd.Series([1, 2], dtype="category"),
    pd.Index([1, 2]), pd.RangeIndex(1, 3), pd.arrays.SparseArray([1.0, 2.0]), np.array([1, 2], dtype=object),
    np.ma.masked_array([1, 2], mask=[False, False]), torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    torch.tensor([1, 2], dtype=torch.uint8), torch.tensor([1, 2], dtype=torch.bfloat16),
    np.array([1, 2], dtype=np.longdouble),
    torch.tensor([1.0, 2.0]).to_sparse(), np.array([1, 2], dtype=">i4"), np.array([2.0, 1.0])[::-1]])
def test_vectors_of_every_kind(value: Any) -> None:
    assert as_vector(value).tolist() == [1.0, 2.0]
    assert as_tensor(value).dtype == torch.float64
    assert not as_tensor(value).requires_grad


def test_quantised_tensors_are_numbers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")    # torch has deprecated their making
        value = torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 0, torch.quint8)
    assert as_vector(value).tolist() == [1.0, 2.0]


def test_truth_values_are_0_and_1() -> None:
    for value in ([True, False], np.array([True, False]), torch.tensor([True, False]), pd.Series([True, False])):
        assert as_vector(value).tolist() == [1.0, 0.0]


def test_nothing_is_copied_where_possible_and_nothing_is_written() -> None:
    tensor, numbers = torch.ones(2, dtype=torch.float64), np.ones(2)
    assert as_tensor(tensor).data_ptr() == tensor.data_ptr()
    assert as_tensor(numbers).data_ptr() == numbers.ctypes.data
    frozen = np.ones(2)
    frozen.flags.writeable = False
    as_tensor(frozen).add_(1)
    assert frozen.tolist() == [1.0, 1.0]


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e308, 1e308)))
def test_any_finite_array_passes_bit_for_bit(x: np.ndarray) -> None:
    assert np.array_equal(as_tensor(x).numpy(), x)
    assert np.array_equal(as_tensor(x.tolist()).numpy(), x)


@pytest.mark.parametrize(("value", "problem"), [
    ("abc", "x is 'abc': give numbers as a list"), (b"ab", "x is a bytes: give numbers"),
    (bytearray(b"ab"), "x is a bytearray: give numbers"), (memoryview(b"ab"), "x is a memoryview: give numbers"),
    (None, "x is None: give numbers"), ({1.0}, "x is a set: give numbers"), ({"a": 1}, "x is a dict: give numbers"),
    ((i for i in range(2)), "x is a generator: give numbers"), (object(), "x is an object: give numbers"),
    (1 + 2j, "x is a complex: give numbers"), (np.float64, "x holds a type: give numbers"),
    ([1 + 2j], "x holds complex numbers: give numbers"),
    (torch.ones(2, dtype=torch.complex64), "x holds complex numbers"),
    ([[1, 2], [3]], "x holds rows of unequal lengths"), (["a", "b"], "x holds text, first 'a'"),
    ([1, "a"], "x holds text, first 'a'"), ([[1, 2], ["3", 4]], "x holds text, first '3'"),
    (["1", "2"], "holds text, first '1'"),
    (np.array(["2020-01-01"], dtype="datetime64[D]"), "x holds dates"),
    ([np.timedelta64(1, "s")], "x holds time spans"),
    ([datetime.date(2020, 1, 1)], "x holds a date"), (np.zeros(1, dtype=[("a", float)]), "x holds records"),
    (np.array([1, {}], dtype=object), "x holds a dict"), (torch.ones(2, device="meta"), "x holds no values"),
    ([None, 1.0], "value 1 of x is missing (NaN)"), ([1.0, NAN], "value 2 of x is missing (NaN)"),
    ([1.0, math.inf], "value 2 of x is infinite"), ([[1.0, 2.0], [3.0, NAN]], "row 2, column 2 of x is missing (NaN)"),
    ([NAN, NAN, 1.0], "value 1 of x is missing (NaN) (2 such values)"),
    (NAN, "x is missing (NaN): give a finite number"),
    ([pd.NA, 1], "value 1 of x is missing (NaN)"), ([pd.NaT, 1], "value 1 of x is missing (NaN)"),
    (np.ma.masked_array([1, 2], mask=[True, False]), "value 1 of x is missing (NaN)"),
    ([10**400], "value 1 of x is infinite"),
    (np.array([np.longdouble("1e400")]), "value 1 of x is infinite"), ([Decimal("sNaN")], "value 1 of x is missing"),
    (pd.Series(["a"]), "x holds 'a'"), (pd.Series(pd.period_range("2020", periods=1, freq="D")), "x holds a Period"),
    (pd.DataFrame({"a": [1.0], "name": ["u"]}), "column 2 ('name') of x holds 'u'"),
    (pd.DataFrame({"a": [1.0, None]}), "row 2, column 1 ('a') of x is missing (NaN)"),
    (pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}), "column 1 ('when') of x holds dates"),
    (pd.DataFrame({"a": [1.0], "z": [1j]}), "column 2 ('z') of x holds complex numbers"),
    (pd.DataFrame({"a": [1.0], "c": pd.Series(["u"], dtype="category")}), "column 2 ('c') of x holds 'u'"),
    (HOSTILE["another NamedTuple"](), "x is a Pair: give numbers"),
    (HOSTILE["obstinate object"](), "x is an Obstinate: give numbers as a list"),
], **kinds)
def test_what_holds_no_numbers_is_named(value: Any, problem: str) -> None:
    assert problem in message(as_tensor, value, "x")


def test_a_list_that_holds_itself_and_nested_tensors() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "unequal lengths" in message(as_tensor, endless, "x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    assert "unequal lengths" in message(as_tensor, nested, "x")
    assert message(as_integer, nested, "x") == "x has to be a whole number, not a nested tensor"


@pytest.mark.parametrize("value", [[1.0, None], np.array([1.0, NAN]), torch.tensor([1.0, NAN]), pd.Series([1.0, None]),
                                   pd.Series([1, None], dtype="Int64"), np.ma.masked_array([1, 2], mask=[False, True]),
                                   [1.0, pd.NA]])
def test_missing_values_are_nan_where_they_are_allowed(value: Any) -> None:
    found = as_tensor(value, missing=True)
    assert found[0] == 1
    assert math.isnan(found[1])
    assert "infinite: mark it as missing with NaN" in message(as_tensor, [1.0, math.inf, NAN], "x", missing=True)


def test_without_a_look_at_the_values_infinity_and_nan_pass() -> None:
    assert as_tensor([math.inf, NAN], finite=False).tolist()[0] == math.inf
    assert math.isnan(as_tensor([math.inf, NAN], finite=False)[1])


def test_the_largest_numbers_are_finite_though_their_sum_is_not() -> None:
    assert as_tensor([1.7e308, 1.7e308]).tolist() == [1.7e308, 1.7e308]


# Tables and vectors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "settings", "problem"), [
    ([], {}, "x has the shape (0, 1): give a table of at least 1 row and one column"),
    ([[]], {}, "x has the shape (1, 0)"), (np.zeros((0, 3)), {}, "x has the shape (0, 3)"),
    (5.0, {}, "x has the shape ()"), (np.ones((2, 2, 2)), {}, "x has the shape (2, 2, 2)"),
    ([1.0], {"rows": 2}, "give a table of at least 2 rows"), (pd.DataFrame(), {}, "x has the shape (0, 0)"),
    (TABLE, {"columns": 3}, "x has 2 columns where 3 are needed"),
    (TABLE, {"columns": 1}, "x has 2 columns where 1 is"),
    ([1.0], {"columns": 2}, "x has 1 column where 2 are needed"),
    (TABLE * NAN, {"columns": 2}, "row 1, column 1 of x is missing (NaN) (6 such values)")])
def test_tables_of_a_wrong_shape(value: Any, settings: dict[str, Any], problem: str) -> None:
    assert problem in message(as_matrix, value, "x", **settings)


@pytest.mark.parametrize(("value", "settings", "problem"), [
    (TABLE, {}, "x has the shape (3, 2) where one number for each row is needed"),
    (np.ones((1, 2)), {}, "x has the shape (1, 2)"), ([1.0, 2.0], {"size": 3}, "x holds 2 numbers where 3 are needed"),
    ([], {"size": 1}, "x holds 0 numbers where 1 is needed"), (5.0, {"size": 2}, "x holds 1 number where 2 are needed"),
    ([1.0, NAN], {}, "value 2 of x is missing")])
def test_vectors_of_a_wrong_shape(value: Any, settings: dict[str, Any], problem: str) -> None:
    assert problem in message(as_vector, value, "x", **settings)


def test_vectors_and_columns_are_one_thing() -> None:
    assert as_vector(5).tolist() == [5.0]
    assert as_vector([[1], [2]]).tolist() == as_vector(pd.DataFrame({"a": [1, 2]})).tolist() == [1.0, 2.0]
    assert as_matrix([1, 2]).shape == (2, 1)
    assert as_vector([]).shape == (0,)


@pytest.mark.parametrize("value", [[0.5, 0.6], [-0.5, 1.5], [], [2.0], [0.5, 0.5 - 2e-6]])
def test_numbers_that_are_no_probabilities(value: Any) -> None:
    assert message(as_probabilities, value, "p") == "p must be 0 or more and sum to one: divide by the sum"


def test_probabilities_may_come_from_float32() -> None:
    thirds = torch.full((3,), 1 / 3)
    assert torch.equal(as_probabilities(thirds, "p"), thirds.double())
    assert "p holds 3 numbers" in message(as_probabilities, thirds, "p", size=2)


# Everything ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [as_tensor, as_matrix, as_vector, as_probabilities, as_integer, as_number,
                                      as_flag, as_seed])
def test_no_value_at_all_gets_past_with_another_error(function: Callable[..., Any]) -> None:
    wrong = [f"{label}: {found}" for label, make in {**HOSTILE, **changes(TABLE)}.items()
             if (found := fault(lambda v: function(v, "x"), {"v": make()}))]
    assert not wrong


def test_data_and_arguments_have_errors_of_their_own() -> None:
    for function in (as_tensor, as_matrix, as_vector):
        with pytest.raises(DataError, match=re.escape("u is 'a'")):
            function("a", "u")
    for function in (as_integer, as_number, as_flag, as_seed):
        with pytest.raises(ArgumentError, match="u has to be"):
            function("a", "u")
    assert issubclass(ArgumentError, ValueError)

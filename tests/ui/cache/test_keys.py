"""ui.cache.keys and ui.cache.sizes: equal values of equal types have equal keys; each object is counted once."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from ui.cache.keys import key_of
from ui.cache.sizes import size_of


class Colour(Enum):
    RED = 1


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True)
class Setting:
    name: str
    x: Any = 0


@dataclass(frozen=True)
class Other:
    name: str
    x: Any = 0


VALUES: tuple[Any, ...] = (
    None, True, 1, 1.0, "1", b"1", 0.0, -0.0, math.nan, math.inf, "a", (), [], (1,), [1], ((1,),), (1, 1), {"a": 1},
    {"a": 1.0}, Colour.RED, Point(1.0, 2.0), (1.0, 2.0), Setting("a"), Setting("a", 0.0), Setting("b"), Other("a"),
    Setting("a", torch.zeros(2)), torch.zeros(2), torch.zeros(2, dtype=torch.float64), torch.zeros(1, 2), np.zeros(2),
    np.zeros(2, np.float32), np.float64(0.0), Setting, "0x1.0000000000000p+0")


def test_different_values_have_different_keys() -> None:
    keys = [key_of(value, {}) for value in VALUES]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_equal_values_have_equal_keys(value: Any) -> None:
    from copy import deepcopy

    assert key_of(value, {}) == key_of(deepcopy(value), {})


def test_the_key_of_a_file_does_not_hold_the_file() -> None:
    texts: tuple[Any, ...] = ("a" * 5000, "a" * 4999 + "b", b"a" * 5000, "a" * 5001, "\ud800" * 5000)
    assert len({key_of(text, {}) for text in texts}) == len(texts)
    assert all(size_of(key_of(text, {})) < 500 for text in texts)


def test_other_types_need_a_function() -> None:
    class Model:
        number = 3

    with pytest.raises(TypeError, match="hash_funcs"):
        key_of(Model(), {})
    assert key_of((Model(),), {Model: lambda model: model.number}) == key_of((Model(),), {Model: lambda model: 3})


def test_a_storage_is_counted_once_and_whole() -> None:
    whole = torch.zeros(1000, dtype=torch.float64)
    assert 8000 < size_of(whole) < 8500
    assert 8000 < size_of([whole, whole[:500], whole[None]]) < 9500
    assert 16000 < size_of([whole, whole.clone()]) < 17500


def test_arrays_and_records_are_counted_with_what_they_hold() -> None:
    numbers = np.zeros(1000)
    assert 8000 < size_of(numbers) < 8500
    assert 8000 < size_of(numbers[:]) < 8500
    assert 8000 < size_of({"a": Setting("a", [Point(1.0, bytes(8000))])}) < 9500   # type: ignore[arg-type]
    assert size_of([numbers] * 50) - size_of([numbers]) == 49 * 8


def test_what_lives_as_long_as_the_program_is_not_counted() -> None:
    assert size_of(np) == size_of(Setting) == size_of(size_of) == size_of(Colour.RED) == 0


def test_a_circle_ends() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert size_of(circle) > 0

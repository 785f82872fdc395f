"""Hostile values for any argument, changes of a valid one, and other ways to write the same numbers."""

import datetime
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor


class OwnError(Exception):
    """What a caller's own function raises: it is the caller's, so it comes back as it is."""


class Pair(NamedTuple):
    """A NamedTuple that no function of dgm takes."""

    left: float
    right: float


class Obstinate:
    """An object whose conversions all fail."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")

    def __float__(self) -> float:
        raise OverflowError("no float")

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __repr__(self) -> str:
        return "Obstinate"


def failing(*_: Any, **__: Any) -> Any:
    raise OwnError("the caller's own function fails")


def sparse() -> Tensor:
    return torch.eye(2).to_sparse()


# Each is made anew for every call, so that no call sees what another has done to it.
HOSTILE: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "text": lambda: "typo",
    "digit as text": lambda: "2",
    "empty text": lambda: "",
    "-1": lambda: -1,
    "0": lambda: 0,
    "7": lambda: 7,
    "2.5": lambda: 2.5,
    "1e300": lambda: 1e300,
    "-1e300": lambda: -1e300,
    "1e-300": lambda: 1e-300,
    "10^20": lambda: 10**20,
    "-10^20": lambda: -(10**20),
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "nan": lambda: math.nan,
    "numpy integer": lambda: np.int64(3),
    "numpy unsigned": lambda: np.uint8(3),
    "numpy float": lambda: np.float32(1.5),
    "numpy bool": lambda: np.bool_(True),
    "Decimal": lambda: Decimal("1.5"),
    "Fraction": lambda: Fraction(1, 2),
    "complex": lambda: 1 + 2j,
    "date of numpy": lambda: np.datetime64("2020-01-01"),
    "dates": lambda: np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
    "date": lambda: datetime.date(2020, 1, 1),
    "bytes": lambda: b"2",
    "empty list": lambda: [],
    "list of an empty list": lambda: [[]],
    "ragged list": lambda: [[1.0, 2.0], [3.0]],
    "list of None": lambda: [None, 1.0],
    "list of texts": lambda: ["a", "b"],
    "list of digits as text": lambda: ["1", "2"],
    "list of NaN": lambda: [math.nan, 1.0],
    "list of huge integers": lambda: [10**400, 1],
    "empty dict": dict,
    "dict": lambda: {"a": 1.0},
    "set": lambda: {1.0, 2.0},
    "object": object,
    "obstinate object": Obstinate,
    "class": lambda: int,
    "module": lambda: math,
    "range": lambda: range(3),
    "generator": lambda: (i for i in range(3)),
    "function that fails": lambda: failing,
    "function to None": lambda: lambda *_, **__: None,
    "function to text": lambda: lambda *_, **__: "typo",
    "another NamedTuple": lambda: Pair(1.0, 2.0),
    "object array": lambda: np.array([1.0, "a", None], dtype=object),
    "text array": lambda: np.array([["a", "b"]]),
    "structured array": lambda: np.zeros(2, dtype=[("a", float), ("b", int)]),
    "array of 0 axes": lambda: np.array(1.0),
    "array of 0 rows": lambda: np.zeros((0, 2)),
    "array of 3 axes": lambda: np.ones((2, 3, 4)),
    "array of 4 axes": lambda: torch.ones(2, 1, 3, 2),
    "vector of 5": lambda: torch.arange(5.0),
    "huge values": lambda: [[1e300, -1e300], [1e300, 1e300], [-1e300, 2e300]],
    "tiny values": lambda: [[1e-300, -1e-300], [2e-300, 1e-300], [-1e-300, 0.0]],
    "constant table": lambda: np.ones((4, 2)),
    "missing value of pandas": lambda: pd.DataFrame({"a": [1.0, None], "b": pd.array([1, None], dtype="Int64")}),
    "frame with text": lambda: pd.DataFrame({"a": [1.0, 2.0], "name": ["x", "y"]}),
    "frame with dates": lambda: pd.DataFrame({"when": pd.to_datetime(["2020-01-01", "2020-01-02"])}),
    "empty frame": pd.DataFrame,
    "categories": lambda: pd.Series(["a", "b"], dtype="category"),
    "complex tensor": lambda: torch.ones(2, 2, dtype=torch.complex64),
    "bool tensor": lambda: torch.tensor([[True, False], [False, True]]),
    "sparse tensor": sparse,
    "meta tensor": lambda: torch.ones(3, 2, device="meta"),
    "generator of torch": torch.Generator,
    "dtype": lambda: torch.float64,
}

# Fields of a composed argument: fewer values, because there are many fields.
IN_FIELDS = ("None", "text", "-1", "0", "2.5", "1e300", "10^20", "nan", "inf", "complex", "empty list", "ragged list",
             "array of 3 axes", "vector of 5", "frame with text", "meta tensor", "object", "function that fails")


def with_cell(x: np.ndarray, value: float) -> np.ndarray:
    x = x.copy()
    x.reshape(-1)[-1] = value
    return x


def changes(valid: Any) -> dict[str, Callable[[], Any]]:
    """Wrong values that look like a valid array."""
    x = as_array(valid)
    if x is None or not x.size:
        return {}
    found: dict[str, Callable[[], Any]] = {
        "with NaN": lambda: with_cell(x, math.nan),
        "with inf": lambda: with_cell(x, math.inf),
        "with 1e300": lambda: with_cell(x, 1e300),
        **{f"times {unit:g}": lambda unit=unit: torch.from_numpy(x) * unit for unit in (1e300, 1e-300, 1e-320)},
        "minus": lambda: -x,
        "all 0": lambda: np.zeros_like(x),
        "plus 1e10": lambda: x + 1e10,
        "of no rows": lambda: x[:0],
        "one row": lambda: x[:1],
        "a row more": lambda: np.concatenate([x, x[:1]]),
        "a row less": lambda: x[:-1],
        "an axis more": lambda: x[None],
        "an axis less": lambda: x[0],
        "transposed": lambda: x.T,
        "of objects": lambda: x.astype(object),
        "with None": lambda: with_none(x),
        "as texts": lambda: x.astype(str),
        "complex": lambda: torch.from_numpy(x + 0.5j),
        "masked": lambda: np.ma.masked_equal(x, x.reshape(-1)[0]),
        "float16": lambda: torch.from_numpy(x).half(),
        "bfloat16": lambda: torch.from_numpy(x).bfloat16(),
        "integers": lambda: torch.from_numpy(np.round(x)).long(),
        "numpy's longdouble": lambda: x.astype(np.longdouble),
        "meta": lambda: torch.from_numpy(x).to("meta"),
        "sparse": lambda: torch.from_numpy(x).to_sparse(),
        "shuffled list": lambda: x.tolist()[::-1],
    }
    if x.ndim == 2:
        found |= {
            "a column less": lambda: x[:, :-1],
            "a column more": lambda: np.concatenate([x, x[:, :1]], 1),
            "no column": lambda: x[:, :0],
            "equal columns": lambda: x[:, [0] * x.shape[1]],
            "frame with a text column": lambda: pd.DataFrame(x).assign(name="x"),
            "frame with pandas NA": lambda: pd.DataFrame(x).convert_dtypes().mask(lambda t: t == x[0, 0]),
        }
    return found


def with_none(x: np.ndarray) -> Any:
    cells = x.astype(object)
    cells.reshape(-1)[-1] = None
    return cells.tolist()


def as_array(value: Any) -> np.ndarray | None:
    """The numbers of a tensor, an array or a list; None for another value."""
    if isinstance(value, Tensor):
        return value.detach().double().numpy() if value.ndim and not value.is_complex() else None
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.ndim else None
    if isinstance(value, list | tuple) and not hasattr(value, "_fields") and numbers(value):
        return np.array(value, dtype=np.float64)
    return None


def numbers(value: Any) -> bool:
    """Whether a list or tuple holds numbers, or lists of numbers, alone."""
    if isinstance(value, list | tuple):
        return bool(value) and all(numbers(each) for each in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_array(valid: Any) -> Iterator[tuple[str, Any]]:
    """Other ways to write the numbers of a valid array; all of them are exact in float32."""
    x = as_array(valid)
    assert x is not None
    assert (x.astype(np.float32) == x).all() or np.isnan(x).any(), "the examples are exact in float32"
    yield "list", x.tolist()
    yield "tuple", tuple(map(tuple, x.tolist())) if x.ndim == 2 else tuple(x.tolist())
    yield "numpy", x.copy()
    yield "numpy float32", x.astype(np.float32)
    yield "numpy in columns", np.asfortranarray(x)
    yield "numpy reversed", x[::-1].copy()[::-1]
    yield "numpy big-endian", x.astype(">f8")
    yield "list of numpy", list(x)
    yield "tensor", torch.from_numpy(x.copy())
    yield "tensor float32", torch.from_numpy(x).float()
    yield "tensor with gradient", torch.from_numpy(x.copy()).requires_grad_()
    yield "tensor strided", torch.from_numpy(np.repeat(x, 2, 0))[::2]
    frozen = x.copy()
    frozen.flags.writeable = False
    yield "numpy read-only", frozen
    if x.ndim == 1:
        yield "series", pd.Series(x)
        yield "series with an index", pd.Series(x, index=[f"row {i}" for i in range(len(x))])
    if x.ndim == 2:
        yield "frame", pd.DataFrame(x)
        yield "frame with names", pd.DataFrame(x, columns=[f"column {i}" for i in range(x.shape[1])])
        yield "frame of float32", pd.DataFrame(x.astype(np.float32))
    if (x == np.round(x)).all():
        yield "integers", x.astype(np.int64)
        yield "tensor of integers", torch.from_numpy(x).long()
        yield "list of integers", x.astype(int).tolist()


def same_number(valid: Any) -> Iterator[tuple[str, Any]]:
    """Other ways to write a number or a truth value."""
    if isinstance(valid, bool):
        yield "numpy bool", np.bool_(valid)
        return
    if isinstance(valid, int) or valid == round(valid):
        yield "integer", int(valid)
        yield "numpy int64", np.int64(valid)
        yield "numpy int32", np.int32(valid)
        yield "tensor integer", torch.tensor(int(valid))
    yield "float", float(valid)
    yield "numpy float64", np.float64(valid)
    yield "numpy array of 0 axes", np.array(float(valid))
    yield "tensor", torch.tensor(float(valid), dtype=torch.float64)
    if float(np.float32(valid)) == valid:
        yield "numpy float32", np.float32(valid)

"""The border of the package: what a caller passes becomes float64 tensors, ints, floats and flags, or one sentence.

Every topic checks its arguments here, so that a list, an array, a tensor and a pandas frame mean the same everywhere.
Data that cannot be used raise DataError, any other argument ArgumentError; each message names the argument.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Rational, Real
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.errors import ArgumentError, DataError

LARGEST_SEED = 2**63 - 1  # torch.Generator.manual_seed takes no larger one
NUMBERS = "give numbers as a list, an array, a tensor or a table"
SHOWN = 40  # characters of a refused value that a message repeats
_SUM_OF_ONE = 1e-6  # by which the sum of probabilities may miss 1: they may come from float32


# Numbers ------------------------------------------------------------------------------------------------------------


def as_integer(value: Any, name: str, low: int | None = None, high: int | None = None) -> int:
    """A whole number from `low` to `high`, both allowed: int, numpy integer, tensor of one number, or 2.0.

    ArgumentError for anything else: True, "2", 2.5, NaN, an array of several numbers, a number out of range.

    >>> import numpy as np
    >>> as_integer(np.int64(5), "seed"), as_integer(2.0, "k", low=1)
    (5, 2)
    """
    number = _scalar(value)
    whole = number is not None and _finite(number) and number == int(number)
    if not whole or not (low is None or number >= low) or not (high is None or number <= high):
        raise ArgumentError(f"{name} has to be a whole number{_bounds(low, high)}, not {shown(value)}")
    return int(number)


def as_number(value: Any, name: str, low: float | None = None, high: float | None = None, *,
              above: float | None = None, below: float | None = None, infinite: bool = False) -> float:
    """A real number as a float: from `low` to `high` (both allowed), greater than `above`, less than `below`.

    With `infinite`, +-infinity is a number too. ArgumentError for anything else: NaN, True, text, several numbers.

    >>> import torch
    >>> as_number(torch.tensor(0.5), "sigma", above=0)
    0.5
    """
    number = _scalar(value)
    result = math.nan if number is None else _to_float(number)
    fits = (not math.isnan(result) and (infinite or math.isfinite(result))
            and (low is None or result >= low) and (high is None or result <= high)
            and (above is None or result > above) and (below is None or result < below))
    if not fits:
        kind = "a number" if infinite else "a finite number"
        raise ArgumentError(f"{name} has to be {kind}{_bounds(low, high, above, below)}, not {shown(value)}")
    return result


def as_seed(seed: Any, name: str = "seed") -> int:
    """The seed of a random generator: a whole number from 0 to 2^63 - 1, else ArgumentError.

    >>> as_seed(7)
    7
    """
    return as_integer(seed, name, 0, LARGEST_SEED)


def as_flag(value: Any, name: str) -> bool:
    """True or False (numpy's too), else ArgumentError.

    >>> as_flag(True, "tied")
    True
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ArgumentError(f"{name} has to be True or False, not {shown(value)}")


def as_choice(value: Any, name: str, options: Sequence[str]) -> str:
    """One of `options`, else ArgumentError that lists them.

    >>> as_choice("full", "covariance", ["full", "diag"])
    'full'
    """
    if isinstance(value, str) and value in tuple(options):
        return str(value)
    raise ArgumentError(f"{name} has to be one of {', '.join(options)}, not {shown(value)}")


def require_kind(value: Any, name: str, kind: Any, wanted: str) -> None:
    """ArgumentError unless `value` is of the class (or union) `kind`, which the message calls `wanted`.

    >>> require_kind(3, "count", int, "a count")
    """
    if not isinstance(value, kind):
        raise ArgumentError(f"{name} has to be {wanted}, not {shown(value)}")


def shown(value: Any) -> str:
    """How a message repeats a refused value: a short text or number as it is, anything else by its kind.

    >>> shown("mean"), shown([1, 2]), shown(2.5)
    ("'mean'", 'a list', '2.5')
    """
    if isinstance(value, str):
        short = str(value if len(value) <= SHOWN else value[:SHOWN] + "...")   # numpy's texts show their type
        return ascii(short)
    number = _scalar(value)
    if value is None or isinstance(value, bool) or number is not None:
        return _shown_number(value if number is None else number)
    if isinstance(value, (Tensor, np.ndarray)) and not _is_nested(value):
        return f"an array of shape {tuple(value.shape)}"
    kind = "nested tensor" if _is_nested(value) else type(value).__name__
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def _shown_number(number: Any) -> str:
    too_long = isinstance(number, Rational) and abs(number) >= 10**SHOWN    # Python refuses to print the longest
    return "a number of more than 40 digits" if too_long else str(number)[:SHOWN]


def _scalar(value: Any) -> Any:
    """The real number in `value` as a Python number, or None: for booleans, text, complex numbers, several numbers."""
    if isinstance(value, (Tensor, np.ndarray)):
        return _scalar(_only_entry(value))
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, np.generic):
        return value.item() if value.dtype.kind in "iuf" else None
    if isinstance(value, Decimal):
        return value if value.is_finite() else math.nan if value.is_nan() else float(value)
    return value if isinstance(value, Real) else None


def _only_entry(array: Any) -> Any:
    """The one number of an array or tensor of size 1, else None."""
    if isinstance(array, Tensor):
        usable = not (array.is_meta or array.is_nested) and array.numel() == 1
        return _dense(array.detach()).reshape(-1)[0].item() if usable else None
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        return None
    return np.asarray(array).reshape(-1)[0] if array.size == 1 else None


def _finite(number: Any) -> bool:
    return math.isfinite(_to_float(number)) or isinstance(number, Rational)


def _to_float(number: Any) -> float:
    """The number as a float; one beyond the range of floats is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _bounds(low: float | None, high: float | None, above: float | None = None, below: float | None = None) -> str:
    """ " from 1 to 16", " greater than 0": how the range stands in a message."""
    parts = [f"{word} {edge:g}" if isinstance(edge, float) else f"{word} {edge}" for word, edge in (
        ("from", low), ("greater than", above), ("to" if low is not None else "up to", high), ("below", below),
    ) if edge is not None]
    return "".join(f" {part}" for part in parts) + (" on" if low is not None and high is None and below is None else "")


# Arrays -------------------------------------------------------------------------------------------------------------


def as_matrix(x: Any, name: str = "x", *, columns: int | None = None, missing: bool = False, rows: int = 1) -> Tensor:
    """A table (N, D) in float64 with at least `rows` rows and one column; a vector is one column.

    columns: the D that a fitted model needs. missing: NaN stands for a missing value (infinity is refused).
    DataError names the argument, and the row and column of the first value that cannot be used.

    >>> as_matrix([1, 2, 3]).shape
    torch.Size([3, 1])
    """
    table = as_tensor(x, name, missing=missing)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or 0 in table.shape or len(table) < rows:
        raise DataError(f"{name} has the shape {tuple(table.shape)}: give a table of at least {_counted(rows, 'row')} "
                        "and one column of numbers")
    if columns is not None and table.shape[1] != columns:
        raise DataError(f"{name} has {_counted(table.shape[1], 'column')} where {columns} "
                        f"{'is' if columns == 1 else 'are'} needed: give the columns that the model was fitted to, "
                        "in the same order")
    return table


def as_vector(x: Any, name: str = "x", *, size: int | None = None, missing: bool = False) -> Tensor:
    """Numbers (N,) in float64; one number is a vector of one, a table of one column is that column.

    size: the N that is needed. DataError names the argument and the first value that cannot be used.

    >>> as_vector(5).tolist(), as_vector([[1], [2]]).tolist()
    ([5.0], [1.0, 2.0])
    """
    values = as_tensor(x, name, missing=missing)
    if values.ndim > 1 and values.numel() != len(values):
        raise DataError(f"{name} has the shape {tuple(values.shape)} where one number for each row is needed: "
                        "choose one column")
    values = values.reshape(-1)
    if size is not None and len(values) != size:
        raise DataError(f"{name} holds {_counted(len(values), 'number')} where {size} "
                        f"{'is' if size == 1 else 'are'} needed: give one number for each")
    return values


def as_probabilities(x: Any, name: str, *, size: int | None = None) -> Tensor:
    """Probabilities (K,): a vector of numbers from 0 on that sum to one, up to what float32 rounds. Not divided.

    ArgumentError for other numbers, DataError as `as_vector`.

    >>> as_probabilities([0.25, 0.75], "probs").tolist()
    [0.25, 0.75]
    """
    p = as_vector(x, name, size=size)
    if bool((p < 0).any()) or not abs(math.fsum(p.tolist()) - 1) <= _SUM_OF_ONE:
        raise ArgumentError(f"{name} must be 0 or more and sum to one: divide by the sum")
    return p


def as_tensor(x: Any, name: str = "x", *, missing: bool = False, finite: bool = True) -> Tensor:
    """Numbers of any shape as a float64 tensor on the CPU, without a gradient, without a copy where possible.

    x: a number, nested lists, a numpy array, a tensor, a pandas Series or frame.
    missing: NaN (None, pandas' NA, a masked entry) is allowed. finite=False: so are infinity and NaN.
    DataError for text, dates, complex numbers, lists of unequal lengths, missing or infinite values.

    >>> import numpy as np
    >>> as_tensor(np.float32([1, 2])).dtype
    torch.float64
    """
    values = _from_torch(x, name) if isinstance(x, Tensor) else _from_array(x, name)
    if finite and values.numel() and not math.isfinite(values.sum().item()):  # a sum may overflow: look closer
        bad = torch.isinf(values) if missing else ~torch.isfinite(values)
        if bool(bad.any()):
            _raise_for_value(x, name, values, bad, missing)
    return values


def _from_torch(x: Tensor, name: str) -> Tensor:
    if x.is_nested:
        raise DataError(f"{name} holds rows of unequal lengths: give the same number of values in each row")
    if x.is_complex() or x.is_meta:
        raise DataError(f"{name} holds {'complex numbers' if x.is_complex() else 'no values'}: give real numbers")
    return _dense(x).detach().to("cpu", torch.float64)


def _dense(x: Tensor) -> Tensor:
    """x with one plain number for each entry."""
    if x.is_quantized:
        return x.dequantize()
    return x if x.layout == torch.strided else x.to_dense()


def _is_nested(x: Any) -> bool:
    return isinstance(x, Tensor) and x.is_nested


def _from_array(x: Any, name: str) -> Tensor:
    """Anything that numpy reads as an array, column by column where a frame holds several types."""
    if hasattr(x, "_fields") or not (isinstance(x, (Real, Decimal, Sequence)) or hasattr(x, "__array__")) \
            or isinstance(x, (str, bytes, bytearray, memoryview)):
        raise DataError(f"{name} is {shown(x)}: {NUMBERS}")
    if hasattr(x, "columns") and hasattr(x, "dtypes"):  # a pandas frame, which dgm does not import
        columns = [_numbers(x.iloc[:, j], name, f"column {j + 1} ({shown(str(c))}) of {name}")
                   for j, c in enumerate(x.columns)]
        return torch.from_numpy(np.stack(columns, 1) if columns else np.empty((len(x), 0)))
    numbers = _numbers(x, name, name)
    usable = numbers.flags.writeable and all(stride >= 0 for stride in numbers.strides)
    return torch.from_numpy(numbers if usable else numbers.copy())


def _numbers(x: Any, name: str, place: str) -> NDArray[np.float64]:
    """x as a float64 array, NaN where a value is missing; DataError says what `place` holds instead of numbers."""
    if isinstance(x, np.ma.MaskedArray):
        x = np.ma.filled(x.astype(np.float64), np.nan) if x.dtype.kind in "biuf" else x.data
    array = _array(x, name)
    if array.dtype == np.float64:
        return array
    if array.dtype.kind in "biuf":
        with np.errstate(over="ignore"):    # a long double may be too large: infinity, which is looked for later
            return array.astype(np.float64, copy=False)
    if array.dtype.kind == "O":
        return _from_objects(array, place)
    kinds = {"c": "complex numbers", "M": "dates", "m": "time spans", "U": "text", "S": "text", "T": "text"}
    first = f", first {shown(_first_text(x, array))}" if array.dtype.kind in "UST" and array.size else ""
    raise DataError(f"{place} holds {kinds.get(array.dtype.kind, 'records')}{first}: give numbers, or leave it out")


def _first_text(x: Any, array: NDArray[Any]) -> str:
    """The first text of a list, whose numbers numpy has made texts too."""
    cells = array if isinstance(x, np.ndarray) else np.asarray(x, dtype=object)
    return next((str(cell) for cell in cells.flat if isinstance(cell, (str, bytes))), str(array.flat[0]))


def _array(x: Any, name: str) -> NDArray[Any]:
    """x as a numpy array; a list may hold tensors, also such as need a gradient, which numpy alone refuses."""
    try:
        try:
            return np.asarray(x)
        except (ValueError, TypeError, RuntimeError):
            return np.asarray(_without_tensors(x))
    except Exception:   # what an object's own conversion raises cannot be listed
        problem, remedy = (("holds rows of unequal lengths", "give the same number of values in each row")
                           if isinstance(x, Sequence) else (f"is {shown(x)}", NUMBERS))
        raise DataError(f"{name} {problem}: {remedy}") from None


def _without_tensors(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.detach().tolist()
    return [_without_tensors(entry) for entry in x] if isinstance(x, (list, tuple)) else x


def _from_objects(array: NDArray[Any], place: str) -> NDArray[np.float64]:
    """Python numbers of several kinds as float64; None and pandas' NA become NaN."""
    result = np.empty(array.shape, dtype=np.float64)
    for index, value in np.ndenumerate(array):
        number = value if isinstance(value, (bool, np.bool_)) else _scalar(value)
        if number is None and not (value is None or type(value).__name__ in ("NAType", "NaTType")):
            raise DataError(f"{place} holds {shown(value)}: give numbers, or leave it out")
        result[index] = math.nan if number is None else _to_float(number)
    return result


def _raise_for_value(x: Any, name: str, values: Tensor, bad: Tensor, missing: bool) -> None:
    """DataError: where the first value stands that is missing or infinite, counted from 1."""
    place = [i + 1 for i in bad.nonzero()[0].tolist()]
    value = float(values[bad][0])
    where = f"{name} is" if not place else f"value {place[0]} of {name} is"
    if len(place) > 1:
        heading = f" ({shown(str(x.columns[place[1] - 1]))})" if hasattr(x, "columns") else ""
        where = f"row {place[0]}, column {place[1]}{heading} of {name} is"
    count = int(bad.sum())
    more = f" ({count} such values)" if count > 1 else ""
    kind = "missing (NaN)" if math.isnan(value) else "infinite"
    remedy = "mark it as missing with NaN, or remove the row" if missing else "remove or fill in such rows"
    raise DataError(f"{where} {kind}{more}: {remedy}" if place else f"{where} {kind}: give a finite number")


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"

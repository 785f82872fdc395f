"""What a call may answer: a result without a silent NaN, or an error of dgm whose message is one sentence."""

import math
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import islice
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgm.errors import DgmError
from tests.dgm.attack.values import OwnError

SECONDS = 1.5       # for one call with tiny arguments
ITEMS = 3           # taken of an iterator
LONGEST = 600       # characters of a message

# Words that only a library or the interpreter uses.
FOREIGN = re.compile(
    r"Traceback|tensor\(|array\(|<class|<function|<lambda|object at 0x|NoneType|np\.\w|torch\.\w|numpy\.\w+\(|"
    r"size mismatch|must match|broadcast|'\w+' object|has no attribute|not supported between|unhashable|"
    r"non-singleton|expected scalar type|mat1|mat2|einsum|same dtype|dtype=|can't be cast|could not convert|"
    r"invalid literal|unsupported operand|not subscriptable|not iterable|not callable|positional argument|"
    r"keyword argument|out of bounds|index \d+ is|stack expects|ndim|RuntimeError|TypeError|ValueError|__\w+__|linalg|"
    r"bad operand|cannot unpack|values to unpack|zip\(\)|math domain|range error|too large to convert|"
    r"inhomogeneous|DataFrame\(|Series\(|Name: |\[\d+ rows x", re.IGNORECASE)
CASE_MATTERS = re.compile(r"Tensor|Expected|Cannot|Python")


class TooSlowError(Exception):
    """A call that did not end in time."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Seconds of the processor, so that a busy machine makes no call slow; a call that waits gets ten times as many."""
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"no end after {seconds:g} s")

    timers = [(signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, 10 * seconds)]
    before = [signal.signal(number, stop) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def outcome(function: Callable[..., Any], args: Mapping[str, Any]) -> Any:
    """The result; of an iterator, its first items."""
    with time_limit(SECONDS):
        result = function(**args)
        if isinstance(result, Iterator):
            result = list(islice(result, ITEMS))
        return result


def fault(function: Callable[..., Any], args: Mapping[str, Any], nan_at: Iterable[str] = ()) -> str:
    """What is wrong with the outcome of a call, or ""."""
    try:
        result = outcome(function, args)
    except TooSlowError as error:
        return str(error)
    except OwnError:
        return ""
    except DgmError as error:
        return fault_of_message(str(error), set(args))
    except Exception as error:   # this is what the attack is for
        return f"{type(error).__module__}.{type(error).__name__}: {error}".splitlines()[0][:200]
    if where := nan_in(result, tuple(nan_at)):
        return f"a silent NaN in {where}"
    return ""


def fault_of_message(message: str, names: Iterable[str] = ()) -> str:
    """What is wrong with a message, or "". names: those of arguments, which may stand at the start as they are."""
    first = re.split(r"[\s,:=\[(]", message, maxsplit=1)[0]
    named = first in names or len(first) <= 2 or first.isupper()
    own = re.sub("|".join(rf"\b{re.escape(name)}\b" for name in names) or r"(?!)", "", message)  # dtype is one
    foreign = foreign_word(own) or (CASE_MATTERS.search(message) or [""])[0]
    rules = {
        "no single line": not message.strip() or message != message.strip() or "\n" in message,
        "a capital at the start": first[:1].isupper() and not named,
        "a full stop at the end": message.endswith("."),
        "two sentences": re.search(r"[.!?] [A-Z]", message),
        f"more than {LONGEST} characters": len(message) > LONGEST,
        f"the words {foreign!r}": foreign,
    }
    return "".join(f"{rule} in the message {message[:200]!r}" for rule, broken in rules.items() if broken)


@cache      # one call in eight gives a message that no call before it gave
def foreign_word(message: str) -> str:
    found = FOREIGN.search(message)
    return found[0] if found else ""


def leaves(value: Any, path: str = "result", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The numbers and texts of a result with their places; functions and modules are left out."""
    if depth > 8 or isinstance(value, type | ModuleType | torch.Generator) or value is None:
        return
    if isinstance(value, Tensor | np.ndarray | np.generic | int | float | complex | str | bytes):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, f"{path}[{key!r}]", depth + 1)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, each in zip(value._fields, value, strict=True):
            yield from leaves(each, f"{path}.{name}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}[{index}]", depth + 1)
    elif is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name), f"{path}.{field.name}", depth + 1)


def nan_in(result: Any, allowed: tuple[str, ...] = ()) -> str:
    """Where a result holds NaN, or "". allowed: ends of paths where it may."""
    for path, value in leaves(result):
        if path.endswith(allowed):
            continue
        if isinstance(value, Tensor):
            if (value.is_floating_point() or value.is_complex()) and (value.is_meta or bool(value.isnan().any())):
                return path
        elif isinstance(value, np.ndarray):
            if value.dtype.kind in "fc" and bool(np.isnan(value).any()):
                return path
        elif isinstance(value, float) and math.isnan(value):
            return path
    return ""


def difference(one: Any, other: Any, skip: tuple[str, ...] = ()) -> str:
    """The first place where two results are not equal bit for bit, or ""."""
    first, second = list(leaves(one)), list(leaves(other))
    if [path for path, _ in first] != [path for path, _ in second]:
        return "other fields"
    for (path, a), (_, b) in zip(first, second, strict=True):
        if any(path.endswith(name) for name in skip):
            continue
        if not equal(a, b):
            return f"{path}: {a!r} is not {b!r}"[:300].replace("\n", " ")
    return ""


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return (a.dtype, a.shape, b.requires_grad) == (b.dtype, b.shape, a.requires_grad) and bool(
            torch.equal(torch.nan_to_num(a, 7.0), torch.nan_to_num(b, 7.0)) if a.is_floating_point()
            else torch.equal(a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool(
            np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    return type(a) is type(b) and (a == b or repr(a) == repr(b) == "nan")

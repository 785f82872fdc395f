"""What a caller passes to jobs, checked: dgm.arguments imports torch, which jobs need not, so it is imported on use."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from dgm.errors import ArgumentError


def as_integer(value: Any, name: str, low: int) -> int:
    """A whole number from `low` on, as an int. ArgumentError for anything else."""
    if type(value) is int and value >= low:
        return value
    from dgm import arguments

    return arguments.as_integer(value, name, low)


def as_number(value: Any, name: str, low: float | None = None, *, above: float | None = None,
              infinite: bool = False) -> float:
    """A number as a float, as `dgm.arguments.as_number`."""
    if type(value) in (int, float) and value > max(x for x in (low, above, 0.0) if x is not None) and value < 1e300:
        return float(value)
    from dgm import arguments

    return arguments.as_number(value, name, low, above=above, infinite=infinite)


def as_total(value: Any) -> int | None:
    """The step to end at, or None. ArgumentError for anything else."""
    return None if value is None else as_integer(value, "total", 0)


def check_callable(value: Any, name: str, what: str) -> None:
    """ArgumentError unless `value` can be called. what: it should be."""
    if not callable(value):
        raise ArgumentError(f"{name} has to be {what}, not {_shown(value)}")


def ask(until: Callable[[Any], Any], progress: Any) -> bool:
    """Whether `until(progress)` holds. ArgumentError when it cannot say so."""
    try:
        return bool(until(progress))
    except Exception as error:
        raise ArgumentError("until has to take a Progress and give True or False, which it could not") from error


def check_executor(value: Any) -> None:
    """ArgumentError unless `value` is an executor, or None."""
    if not (value is None or isinstance(value, Executor)):
        raise ArgumentError(f"executor has to be a concurrent.futures.Executor or None, not {_shown(value)}")


def check_module(value: Any) -> None:
    """ArgumentError unless `value` can be the name of a module."""
    if not isinstance(value, str):
        raise ArgumentError(f"module has to be the name of a module, not {_shown(value)}")


def counts_steps(checkpoint: Any) -> bool:
    """Whether `checkpoint` has a whole number `step`."""
    step = getattr(checkpoint, "step", None)
    return isinstance(step, int) and not isinstance(step, bool)


def check_checkpoint(checkpoint: Any) -> None:
    """ArgumentError unless `checkpoint` counts its steps."""
    if not counts_steps(checkpoint):
        raise ArgumentError(f"checkpoint has to count its steps in a whole number `step`, which {_shown(checkpoint)} "
                            "does not")


def _shown(value: Any) -> str:
    from dgm import arguments

    return arguments.shown(value)

"""A plain value that a visitor brought, e.g. a table: kept with the work of the tab."""

from typing import Any


class Stored:
    """A value of plain types, None at first. what: in a few words, for the line that says what was restored."""

    EMPTY = (0,)    # the version of one that has nothing to be written

    def __init__(self) -> None:
        self._value: Any = None
        self._what, self._changes = "", 0

    @property
    def value(self) -> Any:
        """The value."""
        return self._value

    def put(self, value: Any, what: str = "") -> None:
        """Replace the value."""
        self._value, self._what = value, what
        self._changes += 1

    def version(self) -> tuple[int]:
        """Differs after each change."""
        return (self._changes,)

    def to_saved(self) -> Any:
        """What is written to a file."""
        return [self._value, self._what]

    def from_saved(self, saved: Any) -> None:
        """Take what was read from a file."""
        self._value, self._what = saved

    def described(self) -> str:
        """In a few words; "" for nothing."""
        return self._what


__all__ = ["Stored"]

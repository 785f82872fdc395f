"""A plain value that a visitor brought, e.g. a table: kept with the work of the tab."""

import secrets
from itertools import count
from typing import Any

from ui import streamlit_internals

_changes = count(1)     # of all objects of the process: two that follow each other in a tab share no version


class Stored:
    """A value of plain types, None at first. what: in a few words, for the line that says what was restored."""

    EMPTY = (0,)    # the version of one that has nothing to be written

    def __init__(self) -> None:
        self._value: Any = None
        self._what, self._version = "", self.EMPTY
        self._session, self._begun = "", None
        self.name = secrets.token_hex(4)    # of this object, in its file too: another one after "Start afresh"

    @property
    def value(self) -> Any:
        """The value."""
        return self._value

    def put(self, value: Any, what: str = "") -> None:
        """Replace the value."""
        self._value, self._what = value, what
        self._version = (next(_changes),)

    def begun(self) -> Any:
        """The value when this session first asked: what a browser has to be sent that did not make it."""
        session = streamlit_internals.session_id()
        if session != self._session:
            self._session, self._begun = session, self._value
        return self._begun

    def version(self) -> tuple[int]:
        """Differs after each change, also from those of all other objects."""
        return self._version

    def to_saved(self) -> Any:
        """What is written to a file."""
        return [self._value, self._what, self.name]

    def from_saved(self, saved: Any) -> None:
        """Take what was read from a file."""
        self._value, self._what, self.name = saved
        self._version = (next(_changes),)

    def described(self) -> str:
        """In a few words; "" for nothing."""
        return self._what


__all__ = ["Stored"]

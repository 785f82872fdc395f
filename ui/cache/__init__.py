"""Caches of results, keyed by the values of a function's arguments.

    @cache.copied()       # numbers, tables, small records; shared by all sessions
    @cache.shared()       # figures, models, large tensors; shared by all sessions
    @cache.own()          # what was read of a visitor's file; of each session

All results of all sessions share one limit, in bytes (DGM_CACHE_MB); what was unused for longest gives way. One's own
give way to the same session's alone, and have half of the limit together. So an entry can be gone at any moment, and a
line that is cut empties one's own: a cached function is pure, and what cannot be computed again is `of_session`.

Arguments may be plain values, tuples, dataclasses, mappings, arrays and tensors; for other types pass `hash_funcs`. An
argument whose name begins with _ is not part of the key.
"""

import copy
import inspect
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, TypeVar

import streamlit as st

from dgm import environment
from ui.cache.keys import HashFuncs, digest, key_of
from ui.cache.store import Store
from ui.kept_work import work

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

LIMIT = environment.megabytes("DGM_CACHE_MB", 192)    # bytes of the results of all sessions
OWN_LIMIT = 16_000_000                                # of them, of what one session has read
_results = Store(LIMIT, OWN_LIMIT)


def copied(*, spinner: str = "", hash_funcs: HashFuncs | None = None) -> Callable[[F], F]:
    """Cache results that a caller may change: every call returns a copy.

    spinner: the text shown while one is computed. hash_funcs: type -> function that gives its key.
    """
    return _cached(_nobody, spinner, hash_funcs, copy.deepcopy)


def shared(*, spinner: str = "", hash_funcs: HashFuncs | None = None) -> Callable[[F], F]:
    """Cache results that are large or cannot be copied: all callers get the same object and must not change it.

    spinner: the text shown while one is computed. hash_funcs: type -> function that gives its key.
    """
    return _cached(_nobody, spinner, hash_funcs, _same)


def own() -> Callable[[F], F]:
    """Cache results in each session, where no other visitor's replace them.

    Every call returns the same object, which the caller must not change.
    """
    return _cached(_session, "", None, _same)


def of_session(key: str, make: Callable[[], T]) -> T:
    """An object of this visitor's tab, made at its first use; it lasts while the line is cut and over a reload.

    key: unique among all objects and widgets of the session. Work says what an object needs to outlive the server.
    """
    return work.keep(key, make)


def clear() -> None:
    """Drop the results of all sessions; those of one session stay."""
    _results.drop()


def drop_unused(seconds: float) -> int:
    """Drop the results that nobody asked for in so many seconds. Returns their bytes."""
    return _results.drop_unused(seconds)


def _nobody() -> None:
    return None


class _Session:
    """A session as the owner of results."""

    def end(self) -> None:
        """Drop its results."""
        _results.drop(self)


@st.cache_resource(scope="session", on_release=_Session.end, show_spinner=False)
def _session() -> _Session:
    return _Session()


def _same(value: T) -> T:
    return value


def _cached(owner: Callable[[], Hashable], spinner: str, hash_funcs: HashFuncs | None,
            give: Callable[[Any], Any]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        names = list(inspect.signature(function).parameters)
        own_funcs = dict(hash_funcs or {})

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            key = _key(function, names, args, kwargs, own_funcs)

            def compute() -> Any:
                with _waiting(spinner):
                    return function(*args, **kwargs)

            return give(_results.result(key, compute, owner()))

        return call  # type: ignore[return-value]

    return decorate


def _key(function: Callable[..., Any], names: list[str], args: tuple[Any, ...], kwargs: dict[str, Any],
         hash_funcs: HashFuncs) -> Hashable:
    """The key of a call. An argument is the same, whether its name is given or not."""
    given = [*zip(names, args, strict=False), *((name, kwargs[name]) for name in names[len(args):] if name in kwargs)]
    return (function, *[(name, key_of(value, hash_funcs)) for name, value in given if not name.startswith("_")])


def _waiting(spinner: str) -> AbstractContextManager[Any]:
    return st.spinner(spinner, show_time=False) if spinner else nullcontext()


__all__ = ["clear", "copied", "digest", "drop_unused", "of_session", "own", "shared"]

"""Caches of results, keyed by the values of a function's arguments.

    @cache.copied(entries=16)       # numbers, tables, small records; shared by all sessions
    @cache.shared(entries=64)       # figures, models, large tensors; shared by all sessions
    @cache.own(entries=4)           # what was read of a visitor's file; of each session

An entry can be gone at any moment, because other sessions fill a shared cache and a line that is cut empties one's own:
a cached function is pure, and what cannot be computed again is `of_session`.

Arguments may be plain values, frozen dataclasses and tensors; for other types pass `hash_funcs`, as in Streamlit.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st
import torch

from ui.kept_work import work

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
HashFuncs = Mapping[str | type, Callable[[Any], Any]]


def digest(x: torch.Tensor) -> str:
    """A hash of a tensor's values, shape and type, as text: equal for equal tensors."""
    values = x.detach().cpu().contiguous().numpy().tobytes()
    return f"{hashlib.blake2b(values, digest_size=16).hexdigest()} {tuple(x.shape)} {x.dtype}"


def copied(*, entries: int, spinner: str | bool = False, hash_funcs: HashFuncs | None = None) -> Callable[[F], F]:
    """Cache results that are small or that a caller may change: every call returns a copy.

    entries: the largest number of cached results. spinner: the text shown while one is computed. hash_funcs: by type.
    """
    return st.cache_data(max_entries=entries, show_spinner=spinner,  # type: ignore[return-value]
                         hash_funcs={torch.Tensor: digest, **(hash_funcs or {})})


def shared(*, entries: int, spinner: str | bool = False, hash_funcs: HashFuncs | None = None) -> Callable[[F], F]:
    """Cache results that are large or cannot be copied: all callers get the same object and must not change it.

    entries: the largest number of cached results. spinner: the text shown while one is computed. hash_funcs: by type.
    """
    return st.cache_resource(max_entries=entries, show_spinner=spinner,  # type: ignore[return-value]
                             hash_funcs={torch.Tensor: digest, **(hash_funcs or {})})


def own(*, entries: int) -> Callable[[F], F]:
    """Cache results in each session, where no other visitor's replace them. entries: the largest number of them.

    Every call returns the same object, which the caller must not change.
    """
    return st.cache_resource(max_entries=entries, show_spinner=False, scope="session")  # type: ignore[return-value]


def of_session(key: str, make: Callable[[], T]) -> T:
    """An object of this visitor's tab, made at its first use; it lasts while the line is cut and over a reload.

    key: unique among all objects and widgets of the session. Work says what an object needs to outlive the server.
    """
    return work.keep(key, make)

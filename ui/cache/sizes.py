"""The bytes that a result holds in memory."""

import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch

# What lives as long as the program, whoever refers to it.
PERMANENT = (type, ModuleType, FunctionType, BuiltinFunctionType, Enum, torch.dtype, torch.device)
SAMPLED = 64      # places of a long list that are looked at, up to twice as many
PLAIN = (str, bytes, int, float, bool, complex, type(None))


def size_of(value: Any) -> int:
    """Bytes of a value and of all that it refers to, each object once; a tensor's storage counts whole.

    Of a long list some places, at equal distances, stand for all.

    >>> size_of(np.zeros(1000)) - size_of(np.zeros(0))
    8000
    """
    return _size(value, set())


def _size(value: Any, seen: set[int]) -> int:
    if id(value) in seen or isinstance(value, PERMANENT):
        return 0
    seen.add(id(value))
    own = sys.getsizeof(value)
    if isinstance(value, PLAIN):
        return own
    if isinstance(value, torch.Tensor):
        return own + _storage(value, seen)
    if isinstance(value, np.ndarray) and value.base is not None:
        own += value.nbytes                    # getsizeof counts the numbers of an owner alone
    parts = _parts(value)
    every = max(1, len(parts) // SAMPLED)
    return own + every * sum(_size(part, seen) for part in parts[::every])


def _storage(tensor: torch.Tensor, seen: set[int]) -> int:
    """Bytes of a tensor's storage, 0 where another tensor that has it was counted."""
    storage = tensor.untyped_storage()
    key = -storage.data_ptr()      # negative: no object's id
    if not key or key in seen:
        return 0
    seen.add(key)
    return storage.nbytes()


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return [*value, *_attributes(value)]
    if isinstance(value, MethodType):
        return [value.__self__]
    return list(_attributes(value))


def _attributes(value: Any) -> Iterator[Any]:
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(value, name):
                yield getattr(value, name)


__all__ = ["size_of"]

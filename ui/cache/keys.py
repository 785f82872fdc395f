"""Keys of results: values of arguments as something that can be hashed, equal for equal values of equal types."""

import dataclasses
import hashlib
from collections.abc import Callable, Hashable, Mapping
from enum import Enum
from functools import cache
from typing import Any

import numpy as np
import torch

HashFuncs = Mapping[type, Callable[[Any], Hashable]]
LONG = 1000     # of a text or bytes: its digest is the key, so that the key of a file does not hold the file


def digest(x: torch.Tensor) -> str:
    """A hash of a tensor's values, shape and type, as text: equal for equal tensors."""
    values = x.detach().cpu().contiguous().numpy().tobytes()
    return f"{hashlib.blake2b(values, digest_size=16).hexdigest()} {tuple(x.shape)} {x.dtype}"


def key_of(value: Any, hash_funcs: HashFuncs) -> Hashable:
    """The key of one value. TypeError for a type that is neither known here nor in `hash_funcs`.

    1, 1.0 and True are different keys, and so are 0.0 and -0.0.
    """
    kind = type(value)
    if value is None or kind is str or kind is bytes:
        return value if value is None or len(value) <= LONG else _key_of_long(value)
    if kind is int or kind is bool:
        return kind, value
    if kind is float:
        return kind, value.hex()
    if kind in hash_funcs:
        return kind, hash_funcs[kind](value)
    if kind is tuple or kind is list:
        return (kind, *[key_of(part, hash_funcs) for part in value])
    return _key_of_record(kind, value, hash_funcs)


def _key_of_long(value: str | bytes) -> Hashable:
    content = value if isinstance(value, bytes) else value.encode(errors="surrogatepass")
    return type(value), len(value), hashlib.blake2b(content, digest_size=32).digest()


def _key_of_record(kind: type, value: Any, hash_funcs: HashFuncs) -> Hashable:
    if isinstance(value, tuple):                           # a NamedTuple
        return (kind, *[key_of(part, hash_funcs) for part in value])
    if isinstance(value, Enum | type):
        return value
    if isinstance(value, Mapping):
        return (kind, *[(key_of(name, hash_funcs), key_of(part, hash_funcs)) for name, part in value.items()])
    if isinstance(value, torch.Tensor):
        return kind, digest(value)
    if isinstance(value, np.ndarray | np.generic):
        return kind, str(value.dtype), value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return (kind, *[key_of(getattr(value, name), hash_funcs) for name in _fields(kind)])
    raise TypeError(f"a cached function got a {kind.__name__}, which is no key: pass its function in hash_funcs")


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


__all__ = ["HashFuncs", "digest", "key_of"]

"""Values as one file and back, without code in it: plain values, tensors, and the records of `dgm`.

The file has the format of safetensors; its metadata hold the structure as JSON. Only named tuples and dataclasses of
`dgm` are made when a file is read, so that a file can name no other code.
"""

import dataclasses
import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]
PLAIN = (str, bool, int, type(None))
UNREADABLE = (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError, ImportError, RecursionError)


def write(path: Path, value: Any) -> int:
    """Write `value` to `path`, all or nothing. Returns the bytes. TypeError for what cannot be written.

    OSError where the disk takes no file; safetensors has an error of its own for this.
    """
    tensors: Tensors = {}
    tree = json.dumps(_encode(value, tensors))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        save_file(tensors, part, metadata={"tree": tree})
        os.replace(part, path)
    except SafetensorError as error:
        raise OSError(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def read(path: Path) -> Any:
    """The value that was written to `path`; None where there is no file or it cannot be read."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            return _decode(json.loads(file.metadata()["tree"]), tensors)
    except UNREADABLE:
        return None


def _encode(value: Any, tensors: Tensors) -> Any:
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, bytes | torch.Tensor):
        return _encode_array(value, tensors)
    if isinstance(value, dict):
        return {"dict": [[_encode(key, tensors), _encode(entry, tensors)] for key, entry in value.items()]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_encode(entry, tensors) for entry in value]}
    return _encode_record(value, tensors)


def _encode_array(value: bytes | torch.Tensor, tensors: Tensors) -> Any:
    if isinstance(value, torch.Tensor):
        return {"tensor": _add(value, tensors)}
    return {"bytes": _add(torch.frombuffer(bytearray(value or b" "), dtype=torch.uint8), tensors), "n": len(value)}


def _encode_record(value: Any, tensors: Tensors) -> Any:
    kind = type(value)
    names = _fields(kind)
    return {"record": f"{kind.__module__}:{kind.__qualname__}",
            "fields": {name: _encode(getattr(value, name), tensors) for name in names}}


def _add(tensor: torch.Tensor, tensors: Tensors) -> str:
    name = str(len(tensors))
    tensors[name] = tensor.detach().cpu().contiguous().clone()
    return name


def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a record of dgm. TypeError for any other class."""
    if kind.__module__.startswith("dgm."):
        if dataclasses.is_dataclass(kind):
            return tuple(field.name for field in dataclasses.fields(kind) if field.init)
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return tuple(kind._fields)
    raise TypeError(f"a {kind.__qualname__} cannot be written to a file")


def _decode(node: Any, tensors: Tensors) -> Any:
    if not isinstance(node, dict):
        return node
    form = next(iter(node), "")
    entry = node[form]
    parts: dict[str, Callable[[], Any]] = {
        "record": lambda: _decode_record(entry, node["fields"], tensors),
        "float": lambda: float.fromhex(entry),
        "tensor": lambda: tensors[entry],
        "bytes": lambda: bytes(tensors[entry].tolist())[:node["n"]],
        "dict": lambda: {_decode(key, tensors): _decode(part, tensors) for key, part in entry},
        "tuple": lambda: tuple(_decode(part, tensors) for part in entry),
        "list": lambda: [_decode(part, tensors) for part in entry],
    }
    return parts[form]()


def _decode_record(name: str, fields: dict[str, Any], tensors: Tensors) -> Any:
    module, _, kind_name = name.partition(":")
    if not module.startswith("dgm."):
        raise ValueError(f"{name} is no record of dgm")
    kind = getattr(importlib.import_module(module), kind_name)
    _fields(kind)
    return kind(**{field: _decode(part, tensors) for field, part in fields.items()})


__all__ = ["read", "write"]

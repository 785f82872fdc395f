"""Files of weights: tensors by name and texts about them, in safetensors, a format that cannot contain code.

A file is not trusted: `read` checks its size first and lets the format's own parser check the layout; `require`
compares names, shapes and dtypes with those expected. Each failure is a `CheckpointError` of one sentence.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from dgm.errors import CheckpointError

LIMIT = 256 * 2**20  # bytes; the largest model of this project, with its optimizer's state, stays below
_LENGTH = 8          # bytes of the header's length, little endian, at the start of every file

Source = str | Path | bytes


class File(NamedTuple):
    """Contents of one file."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def write(file: File, path: str | Path | None = None) -> bytes:
    """The file as bytes, the same for the same content; written to `path` too if given, atomically.

    OSError when `path` cannot be written.

    >>> packed = write(File({"a": torch.ones(2)}, {"note": "text"}))
    >>> read(packed)
    File(tensors={'a': tensor([1., 1.])}, metadata={'note': 'text'})
    """
    tensors = {name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
               for name, value in file.tensors.items()}
    packed = _ordered(safetensors.torch.save(tensors, metadata=dict(file.metadata)))
    if path is not None:
        _replace(Path(path), packed)
    return packed


def _ordered(packed: bytes) -> bytes:
    """The same file with its texts in alphabetical order: the format's writer has no fixed order."""
    start = _LENGTH + int.from_bytes(packed[:_LENGTH], "little")
    header = json.loads(packed[_LENGTH:start])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the tensors begin at a multiple of 8 bytes
    return len(text).to_bytes(_LENGTH, "little") + text + packed[start:]


def _replace(path: Path, packed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(packed)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read(source: Source, limit: int = LIMIT) -> File:
    """The file at a path, or given as bytes.

    limit: the most bytes that are read. CheckpointError when the file is missing, too large, damaged or another format.

    >>> read(b"text")
    Traceback (most recent call last):
    dgm.errors.CheckpointError: this file is damaged or no safetensors file: download it again
    """
    packed, name = _bytes(source, limit)
    try:
        tensors = safetensors.torch.load(packed)
        return File(tensors, _metadata(packed))
    # The parser's own error, a dtype that this torch does not have, or metadata that are no texts.
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, RecursionError) as error:
        what = ("is a pickle or an archive, which may carry code: export the weights as safetensors"
                if packed.startswith((b"PK", b"\x80")) else "is damaged or no safetensors file: download it again")
        raise CheckpointError(f"{name} {what}") from error


def _bytes(source: Source, limit: int) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        packed, name = source, "this file"
    else:
        path = Path(source)
        name = path.name or "this path"
        try:
            with path.open("rb") as stream:  # one byte over the limit: a larger file is not read to its end
                packed = stream.read(limit + 1)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{name} cannot be read: check that the file exists and may be opened") from error
    if len(packed) > limit:
        raise CheckpointError(f"{name} is larger than {limit / 2**20:.3g} MiB: no model here needs so much")
    if not packed:
        raise CheckpointError(f"{name} is empty: save or download it again")
    return bytes(packed), name


def _metadata(packed: bytes) -> dict[str, str]:
    length = int.from_bytes(packed[:_LENGTH], "little")
    return dict(json.loads(packed[_LENGTH : _LENGTH + length]).get("__metadata__") or {})


def require(tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], dtype: torch.dtype) -> None:
    """Check that `tensors` have exactly these names and shapes, this dtype, and finite numbers only.

    CheckpointError names the first tensor that differs.

    >>> require({"a": torch.ones(2)}, {"a": (2,)}, torch.float32)
    """
    if different := sorted(set(tensors) ^ set(shapes)):
        verb = "lacks" if different[0] in shapes else "has an unexpected"
        raise CheckpointError(f"the file {verb} tensor {_short(different[0])}: it belongs to another kind of model")
    for name, shape in shapes.items():
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != dtype:
            raise CheckpointError(
                f"{name} is {found.dtype} {tuple(found.shape)} where the file's own configuration says "
                f"{dtype} {shape}: the file was altered, save or download it again")
        if not found.isfinite().all():
            raise CheckpointError(f"{name} has numbers that are not finite: save an earlier step of the run")


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")

"""Files of weights: tensors by name and texts about them, in safetensors, a format that cannot carry code.

A file may come from anywhere: `read` looks at its size first and lets the format's own parser check the layout;
`require` compares names, shapes and dtypes with what is wanted. What is wrong is a `CheckpointError` in one sentence.
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
    """What one file holds."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def write(file: File, path: str | Path | None = None) -> bytes:
    """The file as bytes, the same for the same content, also written to `path` if given: all at once or not at all."""
    tensors = {name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
               for name, value in file.tensors.items()}
    packed = _ordered(safetensors.torch.save(tensors, metadata=dict(file.metadata)))
    if path is not None:
        _replace(Path(path), packed)
    return packed


def _ordered(packed: bytes) -> bytes:
    """The same file with its texts in the alphabet's order: the format's writer shuffles them from call to call."""
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
    """The file at a path, or given as bytes. CheckpointError when it is missing, too large, damaged or foreign."""
    packed, name = _bytes(source, limit)
    try:
        tensors = safetensors.torch.load(packed)
        return File(tensors, _metadata(packed))
    # The parser's own complaint, a dtype that this torch does not know, or metadata that are no texts.
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
            with path.open("rb") as stream:  # one byte more than allowed tells a large file without reading it all
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
    """CheckpointError unless the tensors are exactly those: names, shapes, dtype, every number finite."""
    if odd := sorted(set(tensors) ^ set(shapes)):
        verb = "lacks" if odd[0] in shapes else "has an unexpected"
        raise CheckpointError(f"the file {verb} tensor {_short(odd[0])}: it belongs to another kind of model")
    for name, shape in shapes.items():
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != dtype:
            raise CheckpointError(
                f"{name} is {found.dtype} {tuple(found.shape)} where the file's own configuration asks for "
                f"{dtype} {shape}: the file was altered, save or download it again")
        if not found.isfinite().all():
            raise CheckpointError(f"{name} has numbers that are not finite: save an earlier step of the run")


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")

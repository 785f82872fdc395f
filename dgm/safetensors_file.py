"""Files of weights: tensors by name and texts about them, in safetensors, a format that cannot contain code.

A file is not trusted: `read` checks its size first, lets the format's own parser check the layout, and compares the
digest in the metadata with that of all bytes; `require` compares names, shapes and dtypes with those expected. Each
failure is a `CheckpointError` of one sentence.
"""

import hashlib
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

from dgm.arguments import shown
from dgm.errors import CheckpointError

LIMIT = 256 * 2**20  # bytes; the largest model of this project, with its optimizer's state, stays below
_LENGTH = 8          # bytes of the header's length, little endian, at the start of every file

DIGEST = "sha256"    # name of the text with the digest; it is taken with zeros in its own place
_BLANK = "0" * hashlib.sha256().digest_size * 2

Source = str | Path | bytes


class File(NamedTuple):
    """Contents of one file."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]  # without the digest
    sealed: bool = False      # whether the file that was read has a digest, which then agrees with its bytes


def write(file: File, path: str | Path | None = None) -> bytes:
    """The file with its digest as bytes, the same for the same content; written to `path` too if given, atomically.

    CheckpointError when `path` cannot be written.

    >>> packed = write(File({"a": torch.ones(2)}, {"note": "text"}))
    >>> read(packed)
    File(tensors={'a': tensor([1., 1.])}, metadata={'note': 'text'}, sealed=True)
    """
    tensors = {name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
               for name, value in file.tensors.items()}
    packed = _ordered(safetensors.torch.save(tensors, metadata={**file.metadata, DIGEST: _BLANK}))
    packed = _with_digest(packed, _BLANK, hashlib.sha256(packed).hexdigest())
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


def _with_digest(packed: bytes, old: str, new: str) -> bytes:
    """The file with another digest in the place of `old`; unchanged where that does not stand as `write` puts it."""
    # A quotation mark inside a text is escaped: these bytes stand nowhere else in the header.
    return packed.replace(f'"{DIGEST}":"{old}"'.encode(), f'"{DIGEST}":"{new}"'.encode(), 1)


def _is_intact(packed: bytes, digest: str) -> bool:
    return len(digest) == len(_BLANK) and hashlib.sha256(_with_digest(packed, digest, _BLANK)).hexdigest() == digest


def _replace(path: Path, packed: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            part.write_bytes(packed)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: no name, or a NUL in it
        raise CheckpointError(f"{path.name or 'this path'} cannot be written ({_cause(error)}): choose a file in a "
                              "folder that may be written to") from error


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def read(source: Source, limit: int = LIMIT) -> File:
    """The file at a path, or given as bytes.

    limit: the most bytes that are read. CheckpointError when the file is missing, too large, damaged or of another
    format, and when its bytes do not agree with the digest in it.

    >>> read(b"text")
    Traceback (most recent call last):
    dgm.errors.CheckpointError: this file is damaged or no safetensors file: download it again
    """
    packed, name = _bytes(source, limit)
    try:
        tensors, metadata = safetensors.torch.load(packed), _metadata(packed)
    # The parser's own error, a dtype that this torch does not have, or metadata that are no texts.
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, RecursionError) as error:
        what = ("is a pickle or an archive, which may carry code: export the weights as safetensors"
                if packed.startswith((b"PK", b"\x80")) else "is damaged or no safetensors file: download it again")
        raise CheckpointError(f"{name} {what}") from error
    digest = metadata.pop(DIGEST, None)
    if digest is not None and not _is_intact(packed, digest):
        raise CheckpointError(f"{name} was altered since it was saved: download or save it again")
    return File(tensors, metadata, digest is not None)


def _bytes(source: Source, limit: int) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        packed, name = source, "this file"
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        name = path.name or "this path"
        try:
            with path.open("rb") as stream:  # one byte over the limit: a larger file is not read to its end
                packed = stream.read(limit + 1)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{name} cannot be read: check that the file exists and may be opened") from error
    else:
        raise CheckpointError(f"the source of weights is {shown(source)}: give a path, or the bytes of a file")
    if len(packed) > limit:
        raise CheckpointError(f"{name} is larger than {limit / 2**20:.3g} MiB: no model here needs so much")
    if not packed:
        raise CheckpointError(f"{name} is empty: save or download it again")
    return bytes(packed), name


def _metadata(packed: bytes) -> dict[str, str]:
    length = int.from_bytes(packed[:_LENGTH], "little")
    texts = dict(json.loads(packed[_LENGTH : _LENGTH + length]).get("__metadata__") or {})
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("metadata that are no texts")
    return texts


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

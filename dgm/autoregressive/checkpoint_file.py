"""A checkpoint as a safetensors file: weights, their average, the optimizer's state, the configuration as metadata."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import lru_cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dgm.arguments import shown
from dgm.autoregressive.model import Checkpoint, Config, Params, as_checkpoint, shapes
from dgm.errors import ArgumentError, CheckpointError
from dgm.vae import OPTIMIZERS, safetensors_file

FORMAT = "dgm.autoregressive 1"
LIMIT = 64 * 2**20     # bytes
_AVERAGE, _MOMENT, _LOSSES = "average.", "moments.", "losses"


def save(checkpoint: Checkpoint, path: str | Path | None = None, notes: Mapping[str, str] | None = None) -> bytes:
    """The checkpoint as the bytes of a safetensors file, also written to `path` if given.

    notes: texts stored in the file's metadata; format, config and step cannot be replaced. `load` returns the
    checkpoint bit for bit. CheckpointError when `path` cannot be written, ArgumentError when notes are no texts.

    >>> import torch
    >>> from dgm import autoregressive
    >>> checkpoint = autoregressive.init(autoregressive.Config(), torch.eye(4))
    >>> autoregressive.load(autoregressive.save(checkpoint)).config == checkpoint.config
    True
    """
    if not (path is None or isinstance(path, str | PathLike)):
        raise ArgumentError(f"path has to be a path or None, not {shown(path)}")
    checkpoint, texts = as_checkpoint(checkpoint), _texts(notes)
    tensors = checkpoint.params | {_MOMENT + name: value for name, value in checkpoint.moments.items()}
    if not all(torch.equal(checkpoint.params[name], value) for name, value in checkpoint.average.items()):
        tensors |= {_AVERAGE + name: value for name, value in checkpoint.average.items()}
    if len(checkpoint.losses):
        tensors |= {_LOSSES: checkpoint.losses}
    reserved = {"format": FORMAT, "config": json.dumps(asdict(checkpoint.config)), "step": str(checkpoint.step)}
    return safetensors_file.write(safetensors_file.File(tensors, {**texts, **reserved}), path)


def _texts(notes: Mapping[str, str] | None) -> dict[str, str]:
    if notes is None:
        return {}
    if not isinstance(notes, Mapping) or not all(isinstance(text, str) for pair in notes.items() for text in pair):
        raise ArgumentError("notes have to be texts by name, such as {'data': 'digits'}")
    return dict(notes)


def load(source: safetensors_file.Source) -> Checkpoint:
    """The checkpoint in a file. source: a path, or the file's bytes.

    CheckpointError of one sentence when the file is missing, damaged or altered, or of another kind of model.

    >>> from dgm import autoregressive
    >>> autoregressive.load(autoregressive.pretrained_path("logistic")).config.hidden
    ()
    """
    file = safetensors_file.read(source, LIMIT)
    if file.metadata.get("format") != FORMAT or not file.sealed:
        raise CheckpointError("the file is not an autoregressive model saved by this project, or it was altered: "
                              "choose one that was saved here")
    config, tensors = _config(file.metadata.get("config", "")), file.tensors
    dtype = getattr(torch, config.dtype)
    average, moments = _part(tensors, _AVERAGE), _part(tensors, _MOMENT)
    losses = tensors.get(_LOSSES, torch.zeros(0, dtype=dtype))
    params = {name: value for name, value in tensors.items()
              if name != _LOSSES and not name.startswith((_AVERAGE, _MOMENT))}
    average = average or params     # a file stores what they share once
    bias = params.get("out.bias")
    expected = shapes(config, bias.numel() if bias is not None and bias.ndim == 1 and bias.numel() else 1)
    for part in (params, average):
        safetensors_file.require(part, expected, dtype)
    moments = _ordered(moments, config, sum(math.prod(shape) for shape in expected.values()), dtype)
    safetensors_file.require({_LOSSES: losses}, {_LOSSES: (losses.numel(),)}, dtype)
    return Checkpoint(config, _step(file.metadata.get("step", "")), {name: params[name] for name in expected},
                      {name: average[name] for name in expected}, moments, losses)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> Params:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _ordered(moments: Params, config: Config, size: int, dtype: torch.dtype) -> Params:
    """The optimizer's state as the optimizer lists it; an empty one starts at zero."""
    if not moments:
        return {}
    names = OPTIMIZERS[config.optimizer].moments
    safetensors_file.require(moments, {name: () if name == "step" else (size,) for name in names}, dtype)
    if any(bool((moments[name] < 0).any()) for name in ("square", "step") if name in moments):
        raise CheckpointError("the optimizer's state has negative squares: the file was altered, save it again")
    return {name: moments[name] for name in names}


def _step(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise CheckpointError("the file does not say at which step it was saved: save or download it again")
    return int(text)


def _config(text: str) -> Config:
    try:
        values = json.loads(text)
        if not isinstance(values, dict) or set(values) != {field.name for field in fields(Config)}:
            raise ValueError("the fields of another version")
        made: dict[str, Any] = values
        return Config(**made)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"the file's configuration cannot be used ({error}): it is of another version") from error


def describe(source: safetensors_file.Source) -> dict[str, str]:
    """The texts in a file: format, config, step and the notes that it was saved with.

    source: a path, or the file's bytes. CheckpointError when it cannot be read.

    >>> from dgm import autoregressive
    >>> autoregressive.describe(autoregressive.pretrained_path("made"))["made_by"]
    'python -m dgm.autoregressive.checkpoints'
    """
    return safetensors_file.read(source, LIMIT).metadata


# The models that come with the package ------------------------------------------------------------------------------


def _folder() -> Path:
    return Path(str(files("dgm.autoregressive.checkpoints")))


def pretrained_names() -> list[str]:
    """The trained models in dgm/autoregressive/checkpoints, in alphabetical order; all of 8 x 8 digits.

    >>> from dgm import autoregressive
    >>> autoregressive.pretrained_names()
    ['logistic', 'made']
    """
    return sorted(path.stem for path in _folder().glob("*.safetensors"))


def pretrained_path(name: str) -> Path:
    """The file with the trained model `name`. CheckpointError when there is none.

    >>> from dgm import autoregressive
    >>> autoregressive.pretrained_path("made").name
    'made.safetensors'
    """
    if not isinstance(name, str) or name not in pretrained_names():
        known = ", ".join(pretrained_names())
        raise CheckpointError(f"there is no pretrained model {shown(name)}: choose one of {known}")
    return _folder() / f"{name}.safetensors"


def pretrained(name: str) -> Checkpoint:
    """The trained model `name`, cached; how it was trained: `describe(pretrained_path(name))`.

    CheckpointError when there is none.

    >>> from dgm import autoregressive
    >>> autoregressive.pretrained("made").config.hidden
    (1024,)
    """
    return _loaded(pretrained_path(name))


@lru_cache(maxsize=8)
def _loaded(path: Path) -> Checkpoint:
    return load(path)

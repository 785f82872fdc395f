"""A VAE's checkpoint as a file and back: weights, the optimizer's state, and the configuration as metadata."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dgm.errors import CheckpointError
from dgm.vae import safetensors_file
from dgm.vae.model import Checkpoint, Config, shapes
from dgm.vae.optimizers import OPTIMIZERS

FORMAT = "dgm.vae 1"
_MOMENT = "moments."
_LOSSES = "losses"


def save(checkpoint: Checkpoint, path: str | Path | None = None, notes: Mapping[str, str] | None = None) -> bytes:
    """The checkpoint as a safetensors file, also written to `path` if given; `notes` are texts kept beside it.

    `load` gives it back bit for bit, so that a run goes on from the file as if it had never stopped.
    """
    tensors = checkpoint.params | {_MOMENT + name: value for name, value in checkpoint.moments.items()}
    if len(checkpoint.losses):
        tensors |= {_LOSSES: checkpoint.losses}
    own = {"format": FORMAT, "config": json.dumps(asdict(checkpoint.config)), "step": str(checkpoint.step)}
    return safetensors_file.write(safetensors_file.File(tensors, {**(notes or {}), **own}), path)


def load(source: safetensors_file.Source) -> Checkpoint:
    """The checkpoint in a file (a path, or its bytes). CheckpointError when any part of it cannot be trusted."""
    file = safetensors_file.read(source)
    if file.metadata.get("format") != FORMAT:
        raise CheckpointError("the file is not a VAE saved by this project: choose one that was downloaded here")
    config = _config(file.metadata.get("config", ""))
    dtype = getattr(torch, config.dtype)
    params, moments, losses = _parts(file.tensors)
    expected = shapes(config, _pixels(params))
    safetensors_file.require(params, expected, dtype)
    size = sum(math.prod(shape) for shape in expected.values())
    moments = _checked_moments(moments, config, size, dtype)
    safetensors_file.require({_LOSSES: losses}, {_LOSSES: (losses.numel(),)}, losses.dtype)
    return Checkpoint(config, _step(file.metadata.get("step", "")), {name: params[name] for name in expected}, moments,
                      losses.to(dtype))


def _parts(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    moments = {name.removeprefix(_MOMENT): value for name, value in tensors.items() if name.startswith(_MOMENT)}
    params = {name: value for name, value in tensors.items() if not name.startswith(_MOMENT) and name != _LOSSES}
    return params, moments, tensors.get(_LOSSES, torch.zeros(0))


def _pixels(params: Mapping[str, Tensor]) -> int:
    bias = params.get("decoder.out.bias")
    return bias.numel() if bias is not None and bias.ndim == 1 else 1  # 1 fits no model: the shapes will say so


def _checked_moments(moments: dict[str, Tensor], config: Config, size: int, dtype: torch.dtype) -> dict[str, Tensor]:
    if not moments:
        return {}  # a model to look at, or one whose optimizer starts afresh
    names = OPTIMIZERS[config.optimizer].moments
    safetensors_file.require(moments, {name: () if name == "step" else (size,) for name in names}, dtype)
    if any(bool((moments[name] < 0).any()) for name in ("square", "step") if name in moments):
        raise CheckpointError("the optimizer's state has negative squares: the file was altered, download it again")
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
        typed: dict[str, Any] = {field.name: _typed(field.type, values[field.name]) for field in fields(Config)}
        return Config(**typed)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"the file's configuration cannot be used ({error}): it is of another version") from error


def _typed(kind: Any, value: object) -> object:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value


def describe(source: safetensors_file.Source) -> dict[str, str]:
    """The texts in a file: format, configuration, step and the notes it was saved with. CheckpointError as `load`."""
    return safetensors_file.read(source).metadata


# --- the models that come with the project ---------------------------------------------------------------------

def _folder() -> Path:
    return Path(str(files("dgm.vae.checkpoints")))


def pretrained_names() -> list[str]:
    """Data sets with a trained model in dgm/vae/checkpoints, in the alphabet's order."""
    return sorted(path.stem for path in _folder().glob("*.safetensors"))


def pretrained_path(name: str) -> Path:
    """Where the trained model of data set `name` lies. CheckpointError when there is none."""
    if name not in pretrained_names():
        raise CheckpointError(f"there is no pretrained model {name!r}: choose one of {', '.join(pretrained_names())}")
    return _folder() / f"{name}.safetensors"


@lru_cache(maxsize=8)
def pretrained(name: str) -> Checkpoint:
    """The trained model of data set `name`; how it was made: `describe(pretrained_path(name))`."""
    return load(pretrained_path(name))

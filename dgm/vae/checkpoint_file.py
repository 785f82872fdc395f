"""A VAE's checkpoint as a file: weights, the optimizer's state, and the configuration as metadata.

Files of format 2 carry a digest of all their bytes and are refused without it. Files of format 1, which were saved
before there was one, are still read.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from dgm import gradient_run, safetensors_file
from dgm.errors import CheckpointError
from dgm.vae.model import Checkpoint, Config, as_checkpoint, shapes
from dgm.vae.optimizers import OPTIMIZERS

FORMAT, WITHOUT_DIGEST = "dgm.vae 2", "dgm.vae 1"
_MOMENT = "moments."
_LOSSES = "losses"
_SHIPPED = "dgm.vae.checkpoints"
_LATER = {"warm_up", "decay"}    # fields of a configuration that older files do not have


def save(checkpoint: Checkpoint, path: str | Path | None = None, notes: Mapping[str, str] | None = None) -> bytes:
    """The checkpoint as the bytes of a safetensors file, also written to `path` if given.

    notes: texts stored in the file's metadata; format, config and step cannot be replaced.
    `load` returns the checkpoint bit for bit, so a run continues from the file exactly.
    CheckpointError when `path` cannot be written, ArgumentError when notes are no texts.

    >>> import torch
    >>> from dgm import vae
    >>> checkpoint = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> vae.load(vae.save(checkpoint)).config == checkpoint.config
    True
    """
    gradient_run.require_path_or_none(path)
    checkpoint, texts = as_checkpoint(checkpoint), gradient_run.as_texts(notes)
    tensors = checkpoint.params | {_MOMENT + name: value for name, value in checkpoint.moments.items()}
    if len(checkpoint.losses):
        tensors |= {_LOSSES: checkpoint.losses}
    reserved = {"format": FORMAT, "config": json.dumps(asdict(checkpoint.config)), "step": str(checkpoint.step)}
    return safetensors_file.write(safetensors_file.File(tensors, {**texts, **reserved}), path)


def load(source: safetensors_file.Source) -> Checkpoint:
    """The checkpoint in a file. source: a path, or the file's bytes.

    CheckpointError of one sentence when the file is missing, damaged or altered, or when its configuration, its tensors
    or its step are not those of a model of this package.

    >>> from dgm import vae
    >>> vae.load(vae.pretrained_path("digits")).step
    14800
    """
    file = safetensors_file.read(source)
    if file.metadata.get("format") not in (FORMAT, WITHOUT_DIGEST):
        raise CheckpointError("the file is not a VAE saved by this project: choose one that was downloaded here")
    config = gradient_run.as_config(file.metadata.get("config", ""), Config, _LATER, _made)
    dtype = getattr(torch, config.dtype)
    moments = gradient_run.part(file.tensors, _MOMENT)
    losses = file.tensors.get(_LOSSES, torch.zeros(0, dtype=torch.float32))
    params = {name: value for name, value in file.tensors.items()
              if not name.startswith(_MOMENT) and name != _LOSSES}
    expected = shapes(config, gradient_run.size_of(params.get("decoder.out.bias")))
    safetensors_file.require(params, expected, dtype)
    size = sum(math.prod(shape) for shape in expected.values())
    moments = gradient_run.as_moments(moments, OPTIMIZERS[config.optimizer].shapes((size,)), dtype, "download it again")
    safetensors_file.require({_LOSSES: losses}, {_LOSSES: (losses.numel(),)}, losses.dtype)
    step = gradient_run.as_step(file.metadata.get("step", ""))
    if not file.sealed and file.metadata["format"] != WITHOUT_DIGEST:
        raise CheckpointError("the file has lost its digest, so it was altered since it was saved: download or save it "
                              "again")
    return Checkpoint(config, step, {name: params[name] for name in expected}, moments, losses.to(dtype))


def _made(**values: Any) -> Config:
    """A configuration of JSON's values, each of its field's type."""
    kinds = {field.name: field.type for field in fields(Config)}
    typed: dict[str, Any] = {name: _typed(kinds[name], value) for name, value in values.items()}
    return Config(**typed)


def _typed(kind: Any, value: object) -> object:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value


def describe(source: safetensors_file.Source) -> dict[str, str]:
    """The texts in a file: format, config, step and the notes that it was saved with.

    source: a path, or the file's bytes. CheckpointError when it cannot be read.

    >>> from dgm import vae
    >>> texts = vae.describe(vae.pretrained_path("digits"))
    >>> texts["made_by"], texts["test"]
    ('python -m dgm.vae.checkpoints', '297 images')
    """
    return safetensors_file.read(source).metadata


# --- the models that come with the package ---------------------------------------------------------------------

def pretrained_names() -> list[str]:
    """Data sets with a trained model in dgm/vae/checkpoints, in alphabetical order.

    >>> from dgm import vae
    >>> vae.pretrained_names()
    ['digits', 'mnist-5k']
    """
    return gradient_run.shipped_names(_SHIPPED)


def pretrained_path(name: str) -> Path:
    """The file with the trained model of data set `name`. CheckpointError when there is none.

    >>> from dgm import vae
    >>> vae.pretrained_path("digits").name
    'digits.safetensors'
    """
    return gradient_run.shipped_path(_SHIPPED, name)


def pretrained(name: str) -> Checkpoint:
    """The trained model of data set `name`, cached; how it was trained: `describe(pretrained_path(name))`.

    CheckpointError when there is none.

    >>> from dgm import vae
    >>> vae.pretrained("digits").config.latent
    2
    """
    return _loaded(pretrained_path(name))


@lru_cache(maxsize=8)
def _loaded(path: Path) -> Checkpoint:
    return load(path)

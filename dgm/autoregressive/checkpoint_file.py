"""A checkpoint as a safetensors file: weights, their average, the optimizer's state, the configuration as metadata."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import torch

from dgm import gradient_run, safetensors_file
from dgm.autoregressive.model import Checkpoint, Config, as_checkpoint, shapes
from dgm.errors import CheckpointError
from dgm.vae import OPTIMIZERS

FORMAT = "dgm.autoregressive 1"
LIMIT = 64 * 2**20     # bytes
_AVERAGE, _MOMENT, _LOSSES = "average.", "moments.", "losses"
_SHIPPED = "dgm.autoregressive.checkpoints"


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
    gradient_run.require_path_or_none(path)
    checkpoint, texts = as_checkpoint(checkpoint), gradient_run.as_texts(notes)
    tensors = checkpoint.params | {_MOMENT + name: value for name, value in checkpoint.moments.items()}
    if not all(torch.equal(checkpoint.params[name], value) for name, value in checkpoint.average.items()):
        tensors |= {_AVERAGE + name: value for name, value in checkpoint.average.items()}
    if len(checkpoint.losses):
        tensors |= {_LOSSES: checkpoint.losses}
    reserved = {"format": FORMAT, "config": json.dumps(asdict(checkpoint.config)), "step": str(checkpoint.step)}
    return safetensors_file.write(safetensors_file.File(tensors, {**texts, **reserved}), path)


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
    config, tensors = gradient_run.as_config(file.metadata.get("config", ""), Config), file.tensors
    dtype = getattr(torch, config.dtype)
    average, moments = gradient_run.part(tensors, _AVERAGE), gradient_run.part(tensors, _MOMENT)
    losses = tensors.get(_LOSSES, torch.zeros(0, dtype=dtype))
    params = {name: value for name, value in tensors.items()
              if name != _LOSSES and not name.startswith((_AVERAGE, _MOMENT))}
    average = average or params     # a file stores what they share once
    expected = shapes(config, gradient_run.size_of(params.get("out.bias")))
    for part in (params, average):
        safetensors_file.require(part, expected, dtype)
    size = sum(math.prod(shape) for shape in expected.values())
    moments = gradient_run.as_moments(moments, OPTIMIZERS[config.optimizer].shapes((size,)), dtype, "save it again")
    safetensors_file.require({_LOSSES: losses}, {_LOSSES: (losses.numel(),)}, dtype)
    step = gradient_run.as_step(file.metadata.get("step", ""))
    return Checkpoint(config, step, {name: params[name] for name in expected},
                      {name: average[name] for name in expected}, moments, losses)


def describe(source: safetensors_file.Source) -> dict[str, str]:
    """The texts in a file: format, config, step and the notes that it was saved with.

    source: a path, or the file's bytes. CheckpointError when it cannot be read.

    >>> from dgm import autoregressive
    >>> autoregressive.describe(autoregressive.pretrained_path("made"))["made_by"]
    'python -m dgm.autoregressive.checkpoints'
    """
    return safetensors_file.read(source, LIMIT).metadata


# The models that come with the package ------------------------------------------------------------------------------


def pretrained_names() -> list[str]:
    """The trained models in dgm/autoregressive/checkpoints, in alphabetical order; all of 8 x 8 digits.

    >>> from dgm import autoregressive
    >>> autoregressive.pretrained_names()
    ['logistic', 'made']
    """
    return gradient_run.shipped_names(_SHIPPED)


def pretrained_path(name: str) -> Path:
    """The file with the trained model `name`. CheckpointError when there is none.

    >>> from dgm import autoregressive
    >>> autoregressive.pretrained_path("made").name
    'made.safetensors'
    """
    return gradient_run.shipped_path(_SHIPPED, name)


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

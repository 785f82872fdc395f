"""A VAE's checkpoint as a file: weights, the optimizer's state, and the configuration as metadata.

Files of format 2 carry a digest of all their bytes and are refused without it. Files of format 1, which were saved
before there was one, are still read.
"""

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
from dgm.errors import ArgumentError, CheckpointError
from dgm.vae import safetensors_file
from dgm.vae.model import Checkpoint, Config, as_checkpoint, shapes
from dgm.vae.optimizers import OPTIMIZERS

FORMAT, WITHOUT_DIGEST = "dgm.vae 2", "dgm.vae 1"
_MOMENT = "moments."
_LOSSES = "losses"
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
    if not (path is None or isinstance(path, str | PathLike)):
        raise ArgumentError(f"path has to be a path or None, not {shown(path)}")
    checkpoint, texts = as_checkpoint(checkpoint), _texts(notes)
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
    11400
    """
    file = safetensors_file.read(source)
    if file.metadata.get("format") not in (FORMAT, WITHOUT_DIGEST):
        raise CheckpointError("the file is not a VAE saved by this project: choose one that was downloaded here")
    config = _config(file.metadata.get("config", ""))
    dtype = getattr(torch, config.dtype)
    params, moments, losses = _grouped(file.tensors)
    expected = shapes(config, _pixels(params))
    safetensors_file.require(params, expected, dtype)
    size = sum(math.prod(shape) for shape in expected.values())
    moments = _checked_moments(moments, config, size, dtype)
    safetensors_file.require({_LOSSES: losses}, {_LOSSES: (losses.numel(),)}, losses.dtype)
    step = _step(file.metadata.get("step", ""))
    if not file.sealed and file.metadata["format"] != WITHOUT_DIGEST:
        raise CheckpointError("the file has lost its digest, so it was altered since it was saved: download or save it "
                              "again")
    return Checkpoint(config, step, {name: params[name] for name in expected}, moments, losses.to(dtype))


def _texts(notes: Mapping[str, str] | None) -> dict[str, str]:
    if notes is None:
        return {}
    if not isinstance(notes, Mapping) or not all(isinstance(text, str) for pair in notes.items() for text in pair):
        raise ArgumentError("notes have to be texts by name, such as {'data': 'digits'}")
    return dict(notes)


def _grouped(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    moments = {name.removeprefix(_MOMENT): value for name, value in tensors.items() if name.startswith(_MOMENT)}
    params = {name: value for name, value in tensors.items() if not name.startswith(_MOMENT) and name != _LOSSES}
    return params, moments, tensors.get(_LOSSES, torch.zeros(0, dtype=torch.float32))


def _pixels(params: Mapping[str, Tensor]) -> int:
    bias = params.get("decoder.out.bias")
    return bias.numel() if bias is not None and bias.ndim == 1 and bias.numel() else 1  # a shape that no model has


def _checked_moments(moments: dict[str, Tensor], config: Config, size: int, dtype: torch.dtype) -> dict[str, Tensor]:
    if not moments:
        return {}  # the optimizer starts at zero
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
        kinds = {field.name: field.type for field in fields(Config)}
        if not isinstance(values, dict) or not set(kinds) - _LATER <= set(values) <= set(kinds):
            raise ValueError("the fields of another version")
        typed: dict[str, Any] = {name: _typed(kinds[name], value) for name, value in values.items()}
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
    """The texts in a file: format, config, step and the notes that it was saved with.

    source: a path, or the file's bytes. CheckpointError when it cannot be read.

    >>> from dgm import vae
    >>> texts = vae.describe(vae.pretrained_path("digits"))
    >>> texts["made_by"], texts["test"]
    ('python -m dgm.vae.checkpoints', '297 images')
    """
    return safetensors_file.read(source).metadata


# --- the models that come with the package ---------------------------------------------------------------------

def _folder() -> Path:
    return Path(str(files("dgm.vae.checkpoints")))


def pretrained_names() -> list[str]:
    """Data sets with a trained model in dgm/vae/checkpoints, in alphabetical order.

    >>> from dgm import vae
    >>> vae.pretrained_names()
    ['digits', 'mnist-5k']
    """
    return sorted(path.stem for path in _folder().glob("*.safetensors"))


def pretrained_path(name: str) -> Path:
    """The file with the trained model of data set `name`. CheckpointError when there is none.

    >>> from dgm import vae
    >>> vae.pretrained_path("digits").name
    'digits.safetensors'
    """
    if not isinstance(name, str) or name not in pretrained_names():
        known = ", ".join(pretrained_names())
        raise CheckpointError(f"there is no pretrained model {shown(name)}: choose one of {known}")
    return _folder() / f"{name}.safetensors"


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

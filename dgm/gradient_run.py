"""What runs by gradient steps have in common, whatever the model: checks of a run, and the parts of its file.

A topic's `training` and `checkpoint_file` name their own configuration, parameters and formats; these functions know
none of them.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from dgm import safetensors_file
from dgm.arguments import shown
from dgm.errors import ArgumentError, CheckpointError, DivergedError

Config = TypeVar("Config")
Run = TypeVar("Run", bound=Any)            # a topic's Checkpoint
Stepped = TypeVar("Stepped", bound=Any)    # a topic's record of a run, with the step that it was made at

# Training -----------------------------------------------------------------------------------------------------------


def require_finite(step: int, losses: Tensor, params: Iterable[Tensor], learning_rate: float,
                   optimizer: str = "Adam") -> None:
    """DivergedError with the first step that went wrong, unless the losses of the steps before `step`, and the
    parameters, are finite. Under an optimizer other than Adam the sentence names Adam as a remedy too."""
    lost = (~losses.isfinite()).nonzero()
    if len(lost) or not all(bool(value.isfinite().all()) for value in params):
        first = step - len(losses) + (int(lost[0]) if len(lost) else len(losses))
        raise DivergedError(
            f"the loss stopped being a finite number at step {first}: lower the learning rate "
            f"(now {learning_rate:g}){'' if optimizer == 'Adam' else ' or choose Adam'}, "
            "then go on from the last good step")


def reconfigured(checkpoint: Run, config: Any, fixed: Iterable[str]) -> Run:
    """The checkpoint with another configuration; the optimizer's state stays unless the optimizer changes.

    ArgumentError when the two differ in one of the fields `fixed`, which decide the model's shape.
    """
    for name in fixed:
        if getattr(checkpoint.config, name) != getattr(config, name):
            raise ArgumentError(f"{name} decides the model's shape: start a new run to change it")
    same = config.optimizer == checkpoint.config.optimizer
    return checkpoint._replace(config=config, moments=checkpoint.moments if same else {})


def thinned(items: tuple[Stepped, ...], every: int, limit: int) -> tuple[tuple[Stepped, ...], int]:
    """All items, or with more than `limit` every second one, and the steps between two of them."""
    if len(items) <= limit:
        return items, every
    return tuple(item for item in items if item.step % (2 * every) == 0), 2 * every


# Files --------------------------------------------------------------------------------------------------------------


def require_path_or_none(path: Any) -> None:
    """ArgumentError unless `path` is a path to write to, or None."""
    if not (path is None or isinstance(path, str | PathLike)):
        raise ArgumentError(f"path has to be a path or None, not {shown(path)}")


def as_texts(notes: Any) -> dict[str, str]:
    """A file's notes: texts by name; None is none. ArgumentError for anything else."""
    if notes is None:
        return {}
    if not isinstance(notes, Mapping) or not all(isinstance(text, str) for pair in notes.items() for text in pair):
        raise ArgumentError("notes have to be texts by name, such as {'data': 'digits'}")
    return dict(notes)


def as_step(text: str) -> int:
    """The step that a file's metadata name. CheckpointError for anything but up to 15 digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise CheckpointError("the file does not say at which step it was saved: save or download it again")
    return int(text)


def as_config(text: str, kind: type[Config], later: Collection[str] = (),
              make: Callable[..., Config] | None = None) -> Config:
    """The configuration, of dataclass `kind`, that a file's metadata hold as JSON.

    later: fields that older files do not have. make: makes it of the values by name, by default `kind` itself.
    CheckpointError for other fields, and for values that are refused.
    """
    try:
        values = json.loads(text)
        names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        if not isinstance(values, dict) or not names - set(later) <= set(values) <= names:
            raise ValueError("the fields of another version")
        return (make or kind)(**values)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"the file's configuration cannot be used ({error}): it is of another version") from error


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, named without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def size_of(bias: Tensor | None) -> int:
    """How many pixels a file's last bias has; 1 where it is none, a shape that no saved model has."""
    return bias.numel() if bias is not None and bias.ndim == 1 and bias.numel() else 1


def as_moments(moments: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], dtype: torch.dtype,
               remedy: str) -> dict[str, Tensor]:
    """The optimizer's state in the order of `shapes`; an empty one, with which the optimizer starts at zero, stays so.

    remedy: how to get a good file. CheckpointError for other shapes, and for squares or a step below zero.
    """
    if not moments:
        return {}
    safetensors_file.require(moments, shapes, dtype)
    if any(bool((moments[name] < 0).any()) for name in ("square", "step") if name in moments):
        raise CheckpointError(f"the optimizer's state has negative squares: the file was altered, {remedy}")
    return {name: moments[name] for name in shapes}


# The models that come with the package ------------------------------------------------------------------------------


def shipped_names(package: str) -> list[str]:
    """Names of the safetensors files in the folder of `package`, in alphabetical order."""
    return sorted(path.stem for path in _folder(package).glob("*.safetensors"))


def shipped_path(package: str, name: Any) -> Path:
    """The file of model `name` in the folder of `package`. CheckpointError when there is none."""
    names = shipped_names(package)
    if not isinstance(name, str) or name not in names:
        raise CheckpointError(f"there is no pretrained model {shown(name)}: choose one of {', '.join(names)}")
    return _folder(package) / f"{name}.safetensors"


def _folder(package: str) -> Path:
    return Path(str(files(package)))

"""The pad's message: a decoder and the data shown around it, validated and packed as bytes.

Layout: uint32 length of a JSON header, the header, float32 arrays (all little endian). `header["arrays"]` maps each
name to its [start, length] in floats. The bytes do not depend on where the visitor drags z, so that Streamlit sends
them once and afterwards only their hash.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dgm import runtime
from ui.figures import theme

Array = NDArray[np.float32]
HIDDEN = ("identity", "tanh", "relu", "sigmoid", "softplus", "silu", "elu")
OUTPUTS = ("sigmoid", "linear")
MAX_LATENT = 64     # sliders and axes to choose; every number of the pad is about all of them


def as_array(value: Any, name: str) -> Array:
    """`value` (tensor, array or nested sequence) as a finite float32 array. ValueError names it otherwise."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    array = np.ascontiguousarray(value, dtype="<f4")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are not finite: show the last checkpoint that is")
    return array


def as_layers(layers: Sequence[tuple[Any, Any]], latent: int, pixels: int) -> dict[str, Array]:
    """weight0 (out, in), bias0 (out,), weight1... from latent to pixels. ValueError when they do not chain."""
    arrays: dict[str, Array] = {}
    width = latent
    for i, (weight, bias) in enumerate(layers):
        w, b = as_array(weight, f"weight {i}"), as_array(bias, f"bias {i}")
        if w.ndim != 2 or w.shape[1] != width or b.shape != w.shape[:1]:
            raise ValueError(f"layer {i} has shapes {w.shape} and {b.shape}: expected (out, {width}) and (out,)")
        arrays |= {f"weight{i}": w, f"bias{i}": b}
        width = w.shape[0]
    if not arrays or width != pixels:
        raise ValueError(f"the decoder makes {width if arrays else 0} pixels but image_shape has {pixels}")
    return arrays


def as_rows(value: Any, name: str, width: int) -> Array:
    """A table (N, width) of points; None is the empty table. ValueError for another shape."""
    if value is None:
        return np.empty((0, width), np.float32)
    rows = as_array(value, name)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"{name} has shape {rows.shape}: expected (N, {width})")
    return rows


def as_image(value: Any, name: str, pixels: int) -> Array:
    """One image as (pixels,); None is no image. ValueError for another size."""
    if value is None:
        return np.empty(0, np.float32)
    image = as_array(value, name).reshape(-1)
    if image.size != pixels:
        raise ValueError(f"{name} has {image.size} pixels: expected {pixels}")
    return image


def as_labels(value: Any, rows: int, classes: int) -> Array:
    """Class numbers (rows,) in 0..classes-1; None is no classes. ValueError for another length or number."""
    if value is None:
        return np.empty(0, np.float32)
    labels = as_array(value, "labels")
    if labels.shape != (rows,):
        raise ValueError(f"labels has shape {labels.shape}: expected one label for each of {rows} means")
    if rows and not (labels.min() >= 0 and labels.max() < classes and (labels == labels.astype(int)).all()):
        raise ValueError(f"labels must be whole numbers from 0 to {classes - 1}: pass class_names for more classes")
    return labels


def as_size(image_shape: Sequence[int]) -> tuple[int, int]:
    """(height, width) in pixels. ValueError for another kind of shape."""
    if len(image_shape) != 2 or min(image_shape) < 1:
        raise ValueError(f"image_shape is {tuple(image_shape)}: expected (height, width) of a grey image")
    return int(image_shape[0]), int(image_shape[1])


def check_choices(latent: int, hidden: str, output: str, axes: Sequence[int] | None) -> None:
    """ValueError when the latent size is not 1..64, an activation is unknown or an axis does not exist."""
    if not 1 <= latent <= MAX_LATENT:
        raise ValueError(f"latent is {latent}: the pad shows 1 to {MAX_LATENT} dimensions")
    for name, value, menu in (("hidden", hidden, HIDDEN), ("output", output, OUTPUTS)):
        if value not in menu:
            raise ValueError(f"unknown {name} {value!r}: choose one of {', '.join(menu)}")
    if axes is not None and (len(axes) != 2 or axes[0] == axes[1] or not all(0 <= a < latent for a in axes)):
        raise ValueError(f"axes is {tuple(axes)}: expected two different dimensions from 0 to {latent - 1}")


def positive(value: float | None, name: str) -> float | None:
    """`value` if it is a positive number or None. ValueError otherwise."""
    if value is not None and not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value}: expected a positive number")
    return None if value is None else float(value)


def noise(pixels: int, output: str, seed: int | None) -> Array:
    """The fixed noise (pixels,) of a sample from p(x | z): uniform for Bernoulli pixels, normal for linear ones.

    Empty without a seed: the decoder's mean is shown.
    """
    if seed is None:
        return np.empty(0, np.float32)
    generator = runtime.generator(seed)
    sample = torch.rand if output == "sigmoid" else torch.randn
    return sample(pixels, generator=generator).numpy().astype("<f4")


def span(means: Array, z: Sequence[float]) -> float:
    """Half the width of the axes: 4, 6, 8 ... 98, 100, 120, 140 ... so that it rarely changes while a model trains."""
    largest = max(float(np.quantile(np.abs(means), 0.995)) if means.size else 0.0, *map(abs, z))
    step = 2.0 * 10 ** max(0, floor(log10(max(largest, 1))) - 1)    # two significant digits
    return max(4.0, step * ceil(largest / step - 1e-9))


def largest_spread(means: Array, latent: int) -> tuple[int, int]:
    """The two dimensions in which the means vary most, so that no collapsed one is shown first."""
    if latent < 3 or len(means) < 2:
        return 0, min(1, latent - 1)
    first, second = np.sort(np.argsort(-means.std(axis=0), kind="stable")[:2])
    return int(first), int(second)


def checksum(arrays: Mapping[str, Array]) -> int:
    """A checksum of decoder and target; the visitor's best value is reset when it changes."""
    names = sorted(name for name in arrays if name.startswith(("weight", "bias", "target")))
    return zlib.crc32(b"".join(arrays[name].tobytes() for name in names))


def style(*tones: str) -> dict[str, Any]:
    """Markers of the classes, and the colours of both themes: the browser chooses one by the page's background.

    tones: the names of the colours besides those of the classes.
    """
    palettes = {"light": theme.LIGHT, "dark": theme.DARK}
    return {"markers": theme.CLASS_MARKERS,
            "themes": {name: {"classes": palette.classes, **{tone: palette[tone] for tone in tones}}
                       for name, palette in palettes.items()}}


def pack(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """The message, in the layout of the module."""
    places, start = {}, 0
    for name, array in arrays.items():
        places[name] = [start, array.size]
        start += array.size
    text = json.dumps({**header, "arrays": places}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    floats = (array.astype("<f4", copy=False).tobytes() for array in arrays.values())
    return b"".join([len(text).to_bytes(4, "little"), text, *floats])

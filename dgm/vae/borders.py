"""What a caller passes to the VAE as data: images, latents and labels, checked once, or refused in one sentence.

Images and latents may be lists, arrays, tensors or tables. A tensor stays on its device.
"""

from typing import Any

import torch
from torch import Tensor

from dgm.arguments import as_tensor, as_vector
from dgm.errors import DataError

MAX_COUNT = 10**6    # images or draws of one call: more do not fit into memory


def as_images(x: Any, pixels: int | None = None, likelihood: str = "", name: str = "x") -> Tensor:
    """Images (N, D), N >= 1, on their device; in float64 unless they came as a tensor of floats.

    pixels: the D of a model. likelihood: its likelihood; "bernoulli" needs pixels from 0 to 1.
    DataError for another shape or D, for missing and infinite values, and for pixels outside [0, 1].
    """
    images = _floats(x, name)
    _require_shape(images, name, pixels)
    _require_values(images, name, likelihood)
    return images


def as_image(x: Any, pixels: int, likelihood: str = "", name: str = "x") -> Tensor:
    """One image, (D,) or (1, D), as a table (1, D); raises as `as_images`."""
    image = _floats(x, name)
    image = image[None] if image.ndim == 1 else image
    if image.ndim != 2 or len(image) != 1:
        raise DataError(f"{name} has the shape {tuple(image.shape)}: give one image as a row of {pixels} pixels, "
                        "such as x[0]")
    return as_images(image, pixels, likelihood, name)


def as_latents(z: Any, latent: int, name: str = "z") -> Tensor:
    """Latents (..., N, L), finite; DataError for another shape."""
    found = _floats(z, name)
    if found.ndim < 2 or found.shape[-1] != latent:
        raise DataError(f"latents have to be a table (N, {latent}) with a row for each, and {name} has the shape "
                        f"{tuple(found.shape)}: give one latent as {name}[None]")
    if not are_finite(found):
        raise DataError(f"{name} has values that are missing or infinite: give finite latents")
    return found


def as_latent(z: Any, latent: int, name: str = "z") -> Tensor:
    """One latent (L,) in float64 on the CPU; DataError for another shape."""
    return as_vector(z, name, size=latent)


def as_labels(labels: Any, count: int) -> Tensor:
    """Whole numbers (N,) int64; DataError for others or another N."""
    found = as_vector(labels, "labels", size=count)
    if not torch.equal(found, found.round()) or bool((found.abs() > 2**53).any()):
        raise DataError("labels holds numbers that are not whole: give the number of each image's class")
    return found.long()


def is_real(x: Any) -> bool:
    """Whether x is a tensor that holds real numbers, one after the other: not sparse, complex, or without values."""
    return isinstance(x, Tensor) and x.layout == torch.strided and not x.is_complex() and not x.is_meta


def are_finite(x: Tensor) -> bool:
    """Whether all numbers are finite; the sum is, unless it overflows, and takes a third of the time."""
    return bool(x.sum().isfinite()) or bool(x.isfinite().all())


def _floats(x: Any, name: str) -> Tensor:
    """x as floats, without a gradient; a tensor of real numbers stays where it is."""
    return _tracked(x, name).detach()


def _tracked(x: Any, name: str) -> Tensor:
    """x as floats; a tensor of real numbers stays where it is and keeps its gradient."""
    if is_real(x):
        return x if x.dtype in (torch.float32, torch.float64) else x.double()
    return as_tensor(x, name, finite=False)


def as_like(values: Any, like: Tensor, name: str) -> Tensor:
    """Values (..., N, L) that broadcast with `like` (N, L), with its dtype; finite. A tensor keeps its gradient.

    DataError for others. A GPU is not asked whether values are finite, because that would wait for it.
    """
    found = _tracked(values, name).to(like)
    rows = found.shape[-2:-1] + like.shape[-2:-1]
    if not found.ndim or found.shape[-1] != like.shape[-1] or (len(set(rows)) > 1 and 1 not in rows):
        raise DataError(f"{name} has the shape {tuple(found.shape)} where q has {tuple(like.shape)}: give {name} as "
                        "(..., N, L)")
    if not found.is_cuda and not are_finite(found):
        raise DataError(f"{name} has values that are missing or infinite: give finite numbers")
    return found


def _require_shape(images: Tensor, name: str, pixels: int | None) -> None:
    found = tuple(images.shape)
    if len(found) == 2 and 0 not in found and pixels in (None, found[1]):
        return
    remedy = {1: f"give one image as {name}[None]", 2: "give images of the size that the model was trained on"}.get(
        len(found), f"give each image as a row, {name}.reshape(len({name}), -1)")
    if not images.numel():
        remedy = "give one image or more"
    raise DataError(f"images have to be a table (N, {pixels or 'D'}) with a row of pixels for each, and {name} has the "
                    f"shape {found}: {remedy}")


def _require_values(images: Tensor, name: str, likelihood: str) -> None:
    low, high = (float(edge) for edge in torch.aminmax(images))  # NaN when one of the values is
    if not (abs(low) < float("inf") and abs(high) < float("inf")):
        raise DataError(f"{name} has pixels that are missing (NaN) or infinite: remove or fill in such images")
    if likelihood == "bernoulli" and (low < 0 or high > 1):
        remedy = "divide by 255, or make them black and white with datasets.binarise(x / 255)" \
            if low >= 0 else "scale them to 0 to 1, or choose likelihood='gaussian'"
        raise DataError(f"{name} has pixels from {low:g} to {high:g} and a Bernoulli decoder needs 0 to 1: {remedy}")

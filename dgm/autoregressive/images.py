"""Binary images at the border: rows of 0 and 1, in float64."""

from typing import Any

import torch
from torch import Tensor

from dgm.arguments import as_matrix, as_tensor, as_vector
from dgm.errors import DataError


def as_images(x: Any, pixels: int | None = None, name: str = "x") -> Tensor:
    """Images (N, D) of pixels 0 and 1, float64; one row alone is one image where D is known.

    DataError for another D, or for other values than 0 and 1.
    """
    values = as_tensor(x, name)
    found = as_matrix(values[None] if values.shape == (pixels,) else values, name, columns=pixels)
    if not bool(((found == 0) | (found == 1)).all()):
        raise DataError(f"{name} has pixels other than 0 and 1: make it black and white with datasets.binarise")
    return found


def as_image(x: Any, pixels: int, name: str = "x") -> Tensor:
    """One image (D,) of pixels 0 and 1, float64. DataError as `as_images`."""
    return as_images(as_vector(_row(x), name, size=pixels)[None], pixels, name)[0]


def _row(x: Any) -> Any:
    return x[0] if isinstance(x, Tensor) and x.ndim == 2 and len(x) == 1 else x


def log_terms_of(logits: Tensor, x: Tensor) -> Tensor:
    """log p of each pixel with p(1) = 1 / (1 + e^-logit): x logit - log(1 + e^logit), without overflow."""
    return x * logits - torch.nn.functional.softplus(logits)

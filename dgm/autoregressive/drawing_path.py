"""One image drawn pixel by pixel: what was likely, what was drawn, and what each pixel adds to log p(x)."""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_tensor, require_kind
from dgm.autoregressive.images import as_image
from dgm.autoregressive.orders import as_order


class Path(NamedTuple):
    """An image in drawing order: pixel order[i] is 1 where u[i] < p[i] (slide "Sampling")."""

    order: Tensor       # (D,) int64
    x: Tensor           # (D,) the pixels drawn, 0 or 1
    p: Tensor           # (D,) p(x_order[i] = 1 | the pixels before)
    u: Tensor | None    # (D,) the uniform numbers; None for an image that was given
    log_terms: Tensor   # (D,) log p of each pixel as it was drawn; the sum is log p(x), nats


def path_image(path: Path, steps: int) -> Tensor:
    """The image (D,) after so many pixels of a path, 0 or 1, and -1 where nothing is drawn yet.

    steps: 0 to D. ArgumentError for another number, or for what is no path.

    >>> from dgm import autoregressive
    >>> path = autoregressive.path(autoregressive.pretrained("logistic"), seed=1)
    >>> autoregressive.path_image(path, 0).unique().tolist()
    [-1.0]
    """
    require_kind(path, "path", Path, "a Path as autoregressive.path gives it")
    values = as_tensor(path.x, "the x of the path").reshape(-1)
    x = as_image(values, len(values), "the x of the path")
    order = as_order(path.order, len(x))
    steps = as_integer(steps, "steps", 0, len(x))
    image = torch.full((len(x),), -1.0, dtype=torch.float64)
    image[list(order[:steps])] = x[:steps]
    return image

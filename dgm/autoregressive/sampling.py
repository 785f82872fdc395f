"""Sampling pixel by pixel: x_order[0] ~ p(x), x_order[1] ~ p(x | x_order[0]), ...  (slide "Sampling").

A hidden unit of degree k needs the first k pixels alone, so it is computed once, when those are drawn, and kept: all D
draws together cost as much as one pass. In float64, from the average of the parameters.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_seed, as_vector
from dgm.autoregressive.drawing_path import Path
from dgm.autoregressive.images import as_image, log_terms_of
from dgm.autoregressive.inference import logits_of, order_of, weights_of
from dgm.autoregressive.model import Checkpoint, as_checkpoint, degrees, masks, pixel_count
from dgm.errors import DataError

MAX_COUNT = 10**5     # images of one call


class Cache:
    """Logits of one pixel after the other; the hidden units whose pixels are all drawn are kept."""

    def __init__(self, checkpoint: Checkpoint, count: int) -> None:
        pixels, config = pixel_count(checkpoint), checkpoint.config
        masked, params = masks(config, pixels), weights_of(checkpoint)
        self._weights = [params[f"hidden{i}.weight"] * mask for i, mask in enumerate(masked.hidden, 1)]
        self._biases = [params[f"hidden{i}.bias"] for i in range(1, len(self._weights) + 1)]
        self._skip, self._bias = params["skip.weight"] * masked.skip, params["out.bias"]
        self._out = None if masked.out is None else params["out.weight"] * masked.out
        self._units = [[(degrees(size, pixels) == k).nonzero().flatten() for k in range(pixels + 1)]
                       for size in config.hidden]
        self.x = torch.zeros(count, pixels, dtype=torch.float64)
        self._hidden = [torch.zeros(count, size, dtype=torch.float64) for size in config.hidden]
        self._drawn = 0

    def logit(self, pixel: int) -> Tensor:
        """The next pixel's logit (count,)."""
        found = self.x @ self._skip[pixel] + self._bias[pixel]
        return found if self._out is None else found + self._hidden[-1] @ self._out[pixel]

    def put(self, pixel: int, values: Tensor) -> None:
        """The next pixel's values (count,) of 0 and 1."""
        self.x[:, pixel] = values
        self._drawn += 1
        below = self.x
        for hidden, weight, bias, units in zip(self._hidden, self._weights, self._biases, self._units, strict=True):
            rows = units[self._drawn]
            if len(rows):
                hidden[:, rows] = (below @ weight[rows].T + bias[rows]).relu()
            below = hidden


Choose = Callable[[int, int, Tensor], Tensor]     # place, pixel, p (count,) -> values (count,)


def _drawn(checkpoint: Checkpoint, count: int, choose: Choose) -> Cache:
    cache = Cache(checkpoint, count)
    for place, pixel in enumerate(order_of(checkpoint).tolist()):
        cache.put(pixel, choose(place, pixel, cache.logit(pixel)))
    return cache


def _uniforms(checkpoint: Checkpoint, count: int, seed: int) -> Tensor:
    """(count, D) by place: image i of a larger call is the same image."""
    g = runtime.generator(as_seed(seed))
    return torch.rand(count, pixel_count(checkpoint), generator=g, dtype=torch.float64)


@torch.no_grad()
def sample(checkpoint: Checkpoint, count: int, seed: int = 0) -> Tensor:
    """Images (count, D) of 0 and 1, drawn pixel by pixel (slide "Sampling").

    count: 0 to 100,000; the first images of a larger call are the same. ArgumentError for another count.

    >>> from dgm import autoregressive
    >>> autoregressive.sample(autoregressive.pretrained("made"), 2, seed=1).shape
    torch.Size([2, 64])
    """
    checkpoint, count = as_checkpoint(checkpoint), as_integer(count, "count", 0, MAX_COUNT)
    u = _uniforms(checkpoint, count, seed)
    return _drawn(checkpoint, count, lambda place, _pixel, logit: (u[:, place] < logit.sigmoid()).double()).x


def path(checkpoint: Checkpoint, seed: int = 0) -> Path:
    """One image as it is drawn, pixel by pixel: each conditional, the uniform number and the value (slide "Sampling").

    It is the first image of `sample` with this seed.

    >>> from dgm import autoregressive
    >>> drawn = autoregressive.path(autoregressive.pretrained("made"), seed=1)
    >>> bool(((drawn.u < drawn.p) == (drawn.x == 1)).all())
    True
    """
    checkpoint = as_checkpoint(checkpoint)
    return _path_of(checkpoint, sample(checkpoint, 1, seed)[0], _uniforms(checkpoint, 1, seed)[0])


def path_of(checkpoint: Checkpoint, image: Any) -> Path:
    """The conditionals that a given image (D,) meets in drawing order; its log_terms add to log p(x), nats.

    >>> import torch
    >>> from dgm import autoregressive
    >>> drawn = autoregressive.path_of(autoregressive.pretrained("made"), torch.zeros(64))
    >>> drawn.u is None, len(drawn.p)
    (True, 64)
    """
    checkpoint = as_checkpoint(checkpoint)
    return _path_of(checkpoint, as_image(image, pixel_count(checkpoint), "image"), None)


def _path_of(checkpoint: Checkpoint, image: Tensor, u: Tensor | None) -> Path:
    order, logit = order_of(checkpoint), logits_of(checkpoint, image[None])[0]
    return Path(order, image[order], logit.sigmoid()[order], u, log_terms_of(logit, image)[order])


class Completions(NamedTuple):
    """Images that agree with the known pixels."""

    x: Tensor             # (count, D)
    exact: bool           # whether they are draws of p(unknown | known) itself
    effective: float      # the effective number of weighted draws, out of `drawn`
    drawn: int            # how many were drawn and weighted; where exact, the images


@torch.no_grad()
def complete(checkpoint: Checkpoint, x: Any, known: Any, count: int, seed: int = 0, drawn: int = 2000) -> Completions:
    """Images that continue a part of one: draws of p(unknown pixels | known pixels).

    x: (D,), of which the known pixels are used; the others may be NaN. known: (D,) true or 1 where a pixel is known.
    Exact where the known pixels are the first of the order. Otherwise `drawn` images are drawn with the known pixels
    held, each weighted by the probability of its known pixels, and `count` of them are drawn again by weight: that is
    exact as `drawn` grows, and `effective` says how many equal weights would vary as little. Source: likelihood
    weighting, Koller and Friedman 2009, section 12.2. DataError for other images or where the known pixels are
    impossible.

    >>> import torch
    >>> from dgm import autoregressive
    >>> upper = torch.arange(64) < 32
    >>> autoregressive.complete(autoregressive.pretrained("made"), torch.zeros(64), upper, 3).exact
    True
    """
    checkpoint, count = as_checkpoint(checkpoint), as_integer(count, "count", 1, MAX_COUNT)
    drawn, seed = as_integer(drawn, "drawn", 1, MAX_COUNT), as_seed(seed)
    held = as_vector(known, "known", size=pixel_count(checkpoint)) != 0
    values = torch.where(held, as_vector(x, "x", size=len(held), missing=True), 0.0)
    image = as_image(values, len(held))
    first = held[order_of(checkpoint)]
    exact = bool(first[: int(first.sum())].all())
    tries, log_weight = _held(checkpoint, image, held, count if exact else drawn, seed)
    if exact:
        return Completions(tries, True, float(count), count)
    share = torch.softmax(log_weight, 0)
    if not bool(share.isfinite().all()):
        raise DataError("the known pixels are impossible under this model: change one of them")
    rows = torch.multinomial(share, count, replacement=True, generator=runtime.generator(seed, 1))
    return Completions(tries[rows], False, float(1 / share.square().sum()), drawn)


def _held(checkpoint: Checkpoint, image: Tensor, held: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Images (count, D) with the known pixels held, and log p of those given the pixels before each."""
    u, log_weight = _uniforms(checkpoint, count, seed), torch.zeros(count, dtype=torch.float64)

    def choose(place: int, pixel: int, logit: Tensor) -> Tensor:
        if not held[pixel]:
            return (u[:, place] < logit.sigmoid()).double()
        values = image[pixel].expand(count)
        log_weight.add_(log_terms_of(logit, values))
        return values

    return _drawn(checkpoint, count, choose).x, log_weight

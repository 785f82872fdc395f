"""Masked networks for binary images: each pixel's logit depends on the pixels before it alone.

    log p(x | theta) = sum_i log p(x_i | x_1:i-1, theta)      (slide "Likelihood as product of conditionals")
    logit_i = c_i + sum_{j before i} S_ij x_j  [+ V_i h],     h = relu(... relu(W x + b)),  W and V masked
Without hidden units this is logistic regression of each pixel on those before it (FVSBN, Frey 1998); with one or two
hidden layers it is MADE (Germain, Gregor, Murray and Larochelle 2015) with its direct connections S. A hidden unit of
degree k sees the first k pixels of the order and acts on later ones.
Shapes: N images of D pixels. Log-likelihoods in nats per image.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dgm import runtime
from dgm.arguments import as_choice, as_integer, as_number, as_seed, as_vector, require_kind
from dgm.autoregressive.images import as_images
from dgm.autoregressive.orders import MAX_PIXELS, ORDERS, pixel_order, ranks
from dgm.errors import ArgumentError, DataError
from dgm.vae import OPTIMIZERS

MAX_HIDDEN = 4096
MAX_LAYERS = 2
MAX_BATCH = 1 << 16
MAX_STEP = 10**15 - 1

Params = dict[str, Tensor]


@dataclass(frozen=True)
class Config:
    """Everything that decides a run: the model, the order of the pixels, the optimizer and the seed.

    hidden: () for the logistic model, (H,) or (H1, H2) for MADE. order: one of ORDERS; order_seed decides "random".
    weight_decay: the share rate * weight_decay of each weight that a step removes. dropout: share of the hidden units
    that a training step leaves out. average: share of the old average in the new one, over the steps; the average is
    what is evaluated, and 0 takes the newest parameters. batch: images of a step; 0 takes all.
    ArgumentError names the field that cannot be used and its range.

    >>> from dgm import autoregressive
    >>> autoregressive.Config(hidden=(300,)).order
    'rows'
    """

    hidden: tuple[int, ...] = ()
    order: str = "rows"
    order_seed: int = 0
    optimizer: str = "Adam"
    learning_rate: float = 1e-2
    batch: int = 100
    weight_decay: float = 0.0
    dropout: float = 0.0
    average: float = 0.98
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        fields = {
            "hidden": _as_hidden(self.hidden),
            "order": as_choice(self.order, "order", ORDERS),
            "order_seed": as_seed(self.order_seed, "order_seed"),
            "optimizer": as_choice(self.optimizer, "optimizer", list(OPTIMIZERS)),
            "learning_rate": as_number(self.learning_rate, "learning_rate", above=0),
            "batch": as_integer(self.batch, "batch", 0, MAX_BATCH),
            "weight_decay": as_number(self.weight_decay, "weight_decay", 0),
            "dropout": as_number(self.dropout, "dropout", 0, below=1),
            "average": as_number(self.average, "average", 0, below=1),
            "seed": as_seed(self.seed),
            "dtype": as_choice(self.dtype, "dtype", ["float32", "float64"]),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)


def _as_hidden(hidden: Any) -> tuple[int, ...]:
    try:
        sizes = as_vector(hidden, "hidden").tolist()
    except DataError:
        sizes = [0] * (MAX_LAYERS + 1)
    if len(sizes) > MAX_LAYERS:
        raise ArgumentError("hidden has to be () for the logistic model, (H,) or (H1, H2) for MADE")
    return tuple(as_integer(size, "a size in hidden", 1, MAX_HIDDEN) for size in sizes)


class Checkpoint(NamedTuple):
    """A run at one step: all that the next step depends on. Its tensors are never written to."""

    config: Config
    step: int
    params: Params    # of the run
    average: Params   # of the run over its steps: what is evaluated
    moments: Params   # the optimizer's state over all parameters, concatenated
    losses: Tensor    # (steps of the last advance with any,) minus log p of each batch, nats per image


class Masks(NamedTuple):
    """1 where a weight may differ from 0."""

    skip: Tensor                # (D, D) pixel to pixel
    hidden: tuple[Tensor, ...]  # (H1, D), (H2, H1)
    out: Tensor | None          # (D, H) last hidden layer to pixel


def masks(config: Config, pixels: int) -> Masks:
    """The masks of a model for images of `pixels` pixels, float64."""
    return _masks(config.hidden, config.order, config.order_seed, pixels)


@lru_cache(maxsize=32)
def _masks(hidden: tuple[int, ...], order: str, seed: int, pixels: int) -> Masks:
    with torch.inference_mode(False):
        place = ranks(pixel_order(order, pixels, seed))
        skip = place[:, None] > place[None]
        layers, below = [], place + 1      # how many pixels of the order a unit sees at most
        for size in hidden:
            own = degrees(size, pixels)
            layers.append((own[:, None] >= below[None]).double())
            below = own
        out = (place[:, None] >= below[None]).double() if hidden else None
        return Masks(skip.double(), tuple(layers), out)


def degrees(size: int, pixels: int) -> Tensor:
    """How many pixels of the order each hidden unit sees: 1 .. D - 1 in rotation, (size,)."""
    return 1 + torch.arange(size) % max(1, pixels - 1)


def shapes(config: Config, pixels: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every parameter of a model for images of `pixels` pixels.

    "skip.weight" (D, D), "out.bias" (D,), and with hidden layers "hidden1.weight" (H1, D), "out.weight" (D, H), ...

    >>> from dgm import autoregressive
    >>> autoregressive.shapes(autoregressive.Config(), 64)
    {'out.bias': (64,), 'skip.weight': (64, 64)}
    """
    config, pixels = as_config(config), as_integer(pixels, "pixels", 1, MAX_PIXELS)
    result: dict[str, tuple[int, ...]] = {"out.bias": (pixels,), "skip.weight": (pixels, pixels)}
    below = pixels
    for layer, size in enumerate(config.hidden, 1):
        result |= {f"hidden{layer}.weight": (size, below), f"hidden{layer}.bias": (size,)}
        below = size
    return result | ({"out.weight": (pixels, below)} if config.hidden else {})


def free_parameters(config: Config, pixels: int) -> int:
    """The number of weights that the masks leave, and biases, of a model for images of `pixels` pixels.

    >>> from dgm import autoregressive
    >>> autoregressive.free_parameters(autoregressive.Config(), 64)     # 64 biases, 64 * 63 / 2 weights
    2080
    """
    config = as_config(config)
    biases = sum(shape[0] for shape in shapes(config, pixels).values() if len(shape) == 1)
    masked = masks(config, as_integer(pixels, "pixels", 1, MAX_PIXELS))
    layers = (masked.skip, *masked.hidden, *(() if masked.out is None else (masked.out,)))
    return biases + sum(int(mask.sum()) for mask in layers)


def init(config: Config, x: Any) -> Checkpoint:
    """A new model at step 0, in which pixels are independent: bias at the mean image, weights to the pixels at 0.

    Weights to hidden units are N(0, 2 / inputs) (He et al. 2015). x: (N, D) images of 0 and 1, of which D and the mean
    are used; depends on config.seed alone otherwise. DataError for other images.

    >>> from dgm import autoregressive
    >>> autoregressive.init(autoregressive.Config(), [[0, 1], [1, 1]]).step
    0
    """
    config, x = as_config(config), as_images(x)
    as_integer(x.shape[1], "the number of pixels of x", 1, MAX_PIXELS)
    g = runtime.generator(config.seed)
    params = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes(config, x.shape[1]).items()}
    params["out.bias"] = x.mean(0).clamp(0.01, 0.99).logit()
    for layer, mask in enumerate(masks(config, x.shape[1]).hidden, 1):
        noise = torch.randn(mask.shape, generator=g, dtype=torch.float64)
        params[f"hidden{layer}.weight"] = mask * noise * (2 / mask.sum(1, keepdim=True).clamp_min(1)).sqrt()
    stored = {name: value.to(getattr(torch, config.dtype)) for name, value in params.items()}
    return Checkpoint(config, 0, stored, stored, {}, torch.zeros(0, dtype=getattr(torch, config.dtype)))


def logits(params: Params, masked: Masks, x: Tensor, kept: tuple[Tensor, ...] = ()) -> Tensor:
    """Logits (N, D) of images x (N, D) in one pass, differentiable in params and x.

    masked: of the dtype of params. kept: for each hidden layer factors of its units, as dropout gives them.
    """
    found = functional.linear(x, params["skip.weight"] * masked.skip, params["out.bias"])
    if masked.out is None:
        return found
    h = x
    for layer, mask in enumerate(masked.hidden, 1):
        h = functional.linear(h, params[f"hidden{layer}.weight"] * mask, params[f"hidden{layer}.bias"]).relu()
        h = h * kept[layer - 1] if kept else h
    return found + functional.linear(h, params["out.weight"] * masked.out)


# The border ---------------------------------------------------------------------------------------------------------


def as_config(config: Any) -> Config:
    """The configuration, else ArgumentError."""
    require_kind(config, "config", Config, "an autoregressive.Config")
    return config


def as_checkpoint(checkpoint: Any) -> Checkpoint:
    """The checkpoint, whose parameters have the shapes of its configuration; else ArgumentError."""
    require_kind(checkpoint, "checkpoint", Checkpoint,
                 "an autoregressive.Checkpoint as init, advance or load give it")
    config = as_config(checkpoint.config)
    step = as_integer(checkpoint.step, "the step of the checkpoint", 0, MAX_STEP)
    pixels = _shapes(checkpoint.params).get("out.bias", (0,))[0]
    fits = 1 <= pixels <= MAX_PIXELS and all(
        _shapes(params) == shapes(config, pixels) for params in (checkpoint.params, checkpoint.average))
    if not fits or _shapes({"": checkpoint.losses}).get("", (0, 0))[1:]:
        raise ArgumentError("the checkpoint's parameters do not have the shapes of its configuration: take it as init, "
                            "advance or load give it")
    size = sum(value.numel() for value in checkpoint.params.values())
    if _shapes(checkpoint.moments) not in (OPTIMIZERS[config.optimizer].shapes((size,)), {}):
        raise ArgumentError("the checkpoint's moments are not those of its optimizer: take it as init, advance or load "
                            "give it")
    tensors = (*checkpoint.params.values(), *checkpoint.average.values(), *checkpoint.moments.values(),
               checkpoint.losses)
    if not all(bool(value.isfinite().all()) for value in tensors):
        raise ArgumentError("the checkpoint has numbers that are not finite: take it at an earlier step")
    return checkpoint._replace(step=step)


def _shapes(tensors: Any) -> dict[str, tuple[int, ...]]:
    """Name -> shape of dense tensors of floats; {"?": ()} where there is anything else."""
    if not isinstance(tensors, dict) or not all(
            isinstance(value, Tensor) and value.layout == torch.strided and not value.is_meta
            and value.dtype in (torch.float32, torch.float64) for value in tensors.values()):
        return {"?": ()}
    return {name: tuple(value.shape) for name, value in tensors.items()}


def pixel_count(checkpoint: Checkpoint) -> int:
    """D."""
    return len(checkpoint.average["out.bias"])

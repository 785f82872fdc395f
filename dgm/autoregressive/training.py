"""Training by stochastic gradient ascent on log p(x) itself (slide "MLE problem for autoregressive model").

`advance(checkpoint, x, steps) -> checkpoint` is a pure fold: the random numbers of a step depend on (seed, step)
alone, so the result is the same bit for bit however the steps are divided into calls.
"""

from typing import Any

import torch
from torch import Tensor

from dgm import gradient_run, runtime
from dgm.arguments import as_integer
from dgm.autoregressive.images import as_images, log_terms_of
from dgm.autoregressive.model import (
    Checkpoint,
    Config,
    Masks,
    Params,
    as_checkpoint,
    as_config,
    logits,
    masks,
    pixel_count,
)
from dgm.vae import OPTIMIZERS

_FIXED = ("hidden", "order", "order_seed", "dtype")    # they decide the parameters' shapes and their meaning


@torch.inference_mode(False)
@torch.enable_grad()
def advance(checkpoint: Checkpoint, x: Any, steps: int) -> Checkpoint:
    """The run `steps` training steps later; pure.

    x: (N, D) images of 0 and 1. steps: 0 or more. Returns the checkpoint at step checkpoint.step + steps; its `losses`
    (steps,) are minus the mean log p of each batch, nats per image; with 0 steps they stay those of the checkpoint.
    DivergedError when a loss or a parameter is no longer finite, DataError for other images.

    >>> import torch
    >>> from dgm import autoregressive
    >>> x = torch.eye(4)
    >>> autoregressive.advance(autoregressive.init(autoregressive.Config(), x), x, 3).step
    3
    """
    checkpoint, steps = as_checkpoint(checkpoint), as_integer(steps, "steps", 0)
    config = checkpoint.config
    x = as_images(x, pixel_count(checkpoint)).to(getattr(torch, config.dtype), copy=True)
    flat, grad = _flat(checkpoint.params), _flat(checkpoint.params).zero_()
    average, decayed = _flat(checkpoint.average), _flat(_decayed(checkpoint))
    params = _views(flat, grad, checkpoint.params)
    masked = as_dtype(masks(config, x.shape[1]), x)
    optimizer = OPTIMIZERS[config.optimizer]
    state = {name: value.clone() for name, value in checkpoint.moments.items()} or optimizer.init(flat)
    losses = []
    for step in range(checkpoint.step, checkpoint.step + steps):
        grad.zero_()
        losses.append(_accumulate_gradient(params, masked, config, x, step))
        if config.weight_decay:
            flat.mul_(decayed)
        optimizer.update(flat, grad, state, config.learning_rate)
        average.lerp_(flat, 1 - min(config.average, step / (step + 1)))    # at first a plain mean
    result = Checkpoint(config, checkpoint.step + steps, _named(flat, checkpoint.params),
                        _named(average, checkpoint.params), state, torch.stack(losses) if losses else checkpoint.losses)
    gradient_run.require_finite(result.step, result.losses, (flat, average), config.learning_rate, config.optimizer)
    return result


def _flat(params: Params) -> Tensor:
    return torch.cat([value.flatten() for value in params.values()])


def _decayed(checkpoint: Checkpoint) -> Params:
    """What a step multiplies each parameter by: weights are drawn to 0, biases are not."""
    kept = max(0.0, 1 - checkpoint.config.learning_rate * checkpoint.config.weight_decay)
    return {name: torch.full_like(value, 1.0 if name.endswith("bias") else kept)
            for name, value in checkpoint.params.items()}


def _named(flat: Tensor, like: Params) -> Params:
    """Clones: a view would carry the memory of the whole vector wherever the checkpoint is stored or sent."""
    pieces = torch.split(flat.detach(), [value.numel() for value in like.values()])
    return {name: piece.reshape(like[name].shape).clone() for name, piece in zip(like, pieces, strict=True)}


def _views(flat: Tensor, grad: Tensor, like: Params) -> Params:
    """Parameters and their gradients as views of one vector each: one tensor to update."""
    sizes = [value.numel() for value in like.values()]
    views = {}
    for name, piece, slope in zip(like, torch.split(flat, sizes), torch.split(grad, sizes), strict=True):
        views[name] = piece.view(like[name].shape).detach().requires_grad_()
        views[name].grad = slope.view(like[name].shape)
    return views


def as_dtype(masked: Masks, like: Tensor) -> Masks:
    """The masks with the dtype of `like`."""
    out = None if masked.out is None else masked.out.to(like)
    return Masks(masked.skip.to(like), tuple(mask.to(like) for mask in masked.hidden), out)


def _accumulate_gradient(params: Params, masked: Masks, config: Config, x: Tensor, step: int) -> Tensor:
    """Add the gradient of minus the batch's mean log p to the parameters' gradients; return that loss."""
    g = runtime.generator(config.seed, 1, step)
    batch = x[torch.randint(len(x), (config.batch,), generator=g)] if config.batch else x
    loss = -log_terms_of(logits(params, masked, batch, _kept(config, len(batch), g, x)), batch).sum(1).mean()
    torch.autograd.backward(loss)
    return loss.detach()


def _kept(config: Config, count: int, g: torch.Generator, like: Tensor) -> tuple[Tensor, ...]:
    """Factors of the hidden units: 0 with probability `dropout`, else 1 / (1 - dropout)."""
    if not config.dropout:
        return ()
    return tuple((torch.rand(count, size, generator=g, dtype=torch.float32) >= config.dropout).to(like)
                 / (1 - config.dropout) for size in config.hidden)


def reconfigured(checkpoint: Checkpoint, config: Config) -> Checkpoint:
    """The same weights under another optimizer, rate, batch, decay, dropout, average or seed.

    The optimizer's state stays unless the optimizer changes.
    ArgumentError when `config` has other hidden layers, another order or dtype: that is another model.

    >>> import torch
    >>> from dgm import autoregressive
    >>> checkpoint = autoregressive.init(autoregressive.Config(), torch.eye(4))
    >>> autoregressive.reconfigured(checkpoint, autoregressive.Config(batch=5)).config.batch
    5
    """
    checkpoint, config = as_checkpoint(checkpoint), as_config(config)
    return gradient_run.reconfigured(checkpoint, config, _FIXED)

"""Training of a VAE (slide "Final algorithm"): steps of stochastic gradient ascent on the bound.

    i ~ U[1, n],   eps* ~ N(0, I),   phi, theta <- optimizer(grad of an estimate of L_i(phi, theta))

`advance(checkpoint, x, steps) -> checkpoint` is a pure fold: the random numbers of a step depend on (seed, step)
alone, so the result is the same bit for bit however the steps are divided into calls.
Shapes: N images of D pixels. Losses in nats per image, at the parameters before the step.
"""

from collections.abc import Iterator
from itertools import accumulate, count
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import gradient_run
from dgm.arguments import as_integer
from dgm.vae.backward import noise
from dgm.vae.backward.bound import Bound
from dgm.vae.model import Checkpoint, Config, Params, as_checkpoint, as_config, images_for
from dgm.vae.optimizers import OPTIMIZERS, State

_FIXED = ("latent", "hidden", "likelihood", "dtype")  # they decide the parameters' shapes and their meaning


def advance(checkpoint: Checkpoint, x: Tensor, steps: int) -> Checkpoint:
    """The run `steps` training steps later (slide "Final algorithm"); pure.

    x: (N, D) images, on the device of the checkpoint's parameters. steps: 0 or more.
    Returns the checkpoint at step checkpoint.step + steps. Its `losses` (steps,) are minus the objective of each batch,
    L_beta = E_q log p(x | z) - w KL, with w the KL's weight in that step: `beta`, or less during the warm-up. It is the
    bound where w is 1. With 0 steps they stay those of the checkpoint.
    Works in any mode of autograd, which it does not use: `dgm.vae.backward` has the gradient written out.
    DivergedError when a loss or a parameter is no longer finite, DataError for images of another size or with pixels
    outside [0, 1] for a Bernoulli decoder, ArgumentError when steps < 0.

    >>> import torch
    >>> from dgm import vae
    >>> x = torch.eye(4)
    >>> vae.advance(vae.init(vae.Config(hidden=8), x), x, 3).step
    3
    """
    checkpoint, steps = as_checkpoint(checkpoint), as_integer(steps, "steps", 0)
    return advanced(checkpoint, images_for(checkpoint, x), steps)


@torch.inference_mode(False)
@torch.no_grad()
def advanced(checkpoint: Checkpoint, x: Tensor, steps: int, part: str = "") -> Checkpoint:
    """`advance` with checked arguments. part: "encoder." trains phi alone, "decoder." theta alone, "" both."""
    config = checkpoint.config
    x = x.to(getattr(torch, config.dtype))
    flat = torch.cat([value.flatten() for value in checkpoint.params.values()])
    grad = torch.zeros_like(flat)
    params = _views(flat, checkpoint.params)
    bound = Bound(config, params, _views(grad, checkpoint.params), config.batch or len(x))
    optimizer = OPTIMIZERS[config.optimizer]
    state = {name: value.clone() for name, value in checkpoint.moments.items()} or optimizer.init(flat)
    extent = _extent(checkpoint.params, part)
    trained = _Trained(flat[extent], grad[extent],
                       {name: value[extent] if value.ndim else value for name, value in state.items()})
    losses = []
    for step, (batch, eps) in zip(range(checkpoint.step, checkpoint.step + steps), _batches(config, x, checkpoint.step),
                                  strict=False):
        losses.append(bound.gradient(batch, eps, weight(config, step)))
        optimizer.update(*trained, rate(config, step))
    # Clones: a view would carry the memory of the whole vector wherever the checkpoint is stored or sent.
    result = Checkpoint(config, checkpoint.step + steps, {name: value.clone() for name, value in params.items()}, state,
                        torch.stack(losses) if losses else checkpoint.losses)
    gradient_run.require_finite(result.step, result.losses, (flat,), config.learning_rate, config.optimizer)
    return result


class _Trained(NamedTuple):
    """What an optimizer updates: views of the numbers of one part of the model, or of all."""

    flat: Tensor
    grad: Tensor
    state: State


def _views(flat: Tensor, like: Params) -> Params:
    """The parameters by name as views of one vector: one tensor to update, not eight."""
    pieces = torch.split(flat, [value.numel() for value in like.values()])
    return {name: piece.view(like[name].shape) for name, piece in zip(like, pieces, strict=True)}


def _extent(params: Params, part: str) -> slice:
    """Where the numbers of a part lie in the vector of all; the parts follow one another."""
    ends = [0, *accumulate(value.numel() for value in params.values())]
    places = [index for index, name in enumerate(params) if name.startswith(part)]
    return slice(ends[places[0]], ends[places[-1] + 1])


def _batches(config: Config, x: Tensor, step: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Images (B, D) and noise (B, L) of each step from `step` on; the images are in the same memory each time."""
    batch = x.new_empty(config.batch, x.shape[1])
    for index in count(step // noise.BLOCK):
        rows, eps = noise.of_block(config, len(x), index)
        rows, eps = rows if rows is None else rows.to(x.device), eps.to(x)
        for inside in range(step % noise.BLOCK, noise.BLOCK):
            yield x if rows is None else torch.index_select(x, 0, rows[inside], out=batch), eps[inside]
        step = 0


def weight(config: Config, step: int) -> float:
    """The KL's weight in a step: it rises from 0 to beta over `warm_up` steps."""
    return config.beta * min(1.0, (step + 1) / config.warm_up) if config.warm_up else config.beta


def rate(config: Config, step: int) -> float:
    """The learning rate of a step: every `decay` steps it is halved."""
    return config.learning_rate * 0.5 ** (step / config.decay) if config.decay else config.learning_rate


def reconfigured(checkpoint: Checkpoint, config: Config) -> Checkpoint:
    """The same weights under another optimizer, learning rate, batch, beta, gradient or seed.

    The optimizer's state stays unless the optimizer changes.
    ArgumentError when `config` has another latent, hidden, likelihood or dtype: that is another model.

    >>> import torch
    >>> from dgm import vae
    >>> checkpoint = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> vae.reconfigured(checkpoint, vae.Config(hidden=8, beta=4.0)).config.beta
    4.0
    """
    checkpoint, config = as_checkpoint(checkpoint), as_config(config)
    return gradient_run.reconfigured(checkpoint, config, _FIXED)

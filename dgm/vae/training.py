"""Training of a VAE (slide "Final algorithm"): steps of stochastic gradient ascent on the bound.

    i ~ U[1, n],   eps* ~ N(0, I),   phi, theta <- optimizer(grad of an estimate of L_i(phi, theta))

`advance(checkpoint, x, steps) -> checkpoint` is a pure fold: the random numbers of a step depend on (seed, step)
alone, so the result is the same bit for bit however the steps are divided into calls.
Shapes: N images of D pixels. Losses in nats per image.
"""

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer
from dgm.errors import ArgumentError, DivergedError
from dgm.vae.model import (
    GRADIENTS,
    Checkpoint,
    Config,
    Params,
    as_checkpoint,
    as_config,
    images_for,
    kl_to_prior,
    posterior,
)
from dgm.vae.optimizers import OPTIMIZERS

_FIXED = ("latent", "hidden", "likelihood", "dtype")  # they decide the parameters' shapes and their meaning


@torch.inference_mode(False)
@torch.enable_grad()
def advance(checkpoint: Checkpoint, x: Tensor, steps: int) -> Checkpoint:
    """The run `steps` training steps later (slide "Final algorithm"); pure.

    x: (N, D) images, on the device of the checkpoint's parameters. steps: 0 or more.
    Returns the checkpoint at step checkpoint.step + steps; its `losses` (steps,) are minus the bound of each batch.
    Works in any mode of autograd. DivergedError when a loss or a parameter is no longer finite, DataError for images of
    another size or with pixels outside [0, 1] for a Bernoulli decoder, ArgumentError when steps < 0.

    >>> import torch
    >>> from dgm import vae
    >>> x = torch.eye(4)
    >>> vae.advance(vae.init(vae.Config(hidden=8), x), x, 3).step
    3
    """
    checkpoint, steps = as_checkpoint(checkpoint), as_integer(steps, "steps", 0)
    config = checkpoint.config
    x = images_for(checkpoint, x).to(getattr(torch, config.dtype))
    x = x.clone() if x.is_inference() else x
    flat = torch.cat([value.flatten() for value in checkpoint.params.values()])
    grad = torch.zeros_like(flat)
    params = _views(flat, grad, checkpoint.params)
    optimizer = OPTIMIZERS[config.optimizer]
    state = {name: value.clone() for name, value in checkpoint.moments.items()} or optimizer.init(flat)
    losses = []
    for step in range(checkpoint.step, checkpoint.step + steps):
        grad.zero_()
        losses.append(_accumulate_gradient(params, config, x, step))
        optimizer.update(flat, grad, state, config.learning_rate)
    # Clones: a view would carry the memory of the whole vector wherever the checkpoint is stored or sent.
    trained = {name: value.detach().clone() for name, value in params.items()}
    result = Checkpoint(config, checkpoint.step + steps, trained, state,
                        torch.stack(losses) if losses else checkpoint.losses)
    _require_finite(result)
    return result


def _views(flat: Tensor, grad: Tensor, like: Params) -> Params:
    """Parameters and their gradients as views of one vector each: one tensor to update, not eight."""
    sizes = [value.numel() for value in like.values()]
    views = {}
    for name, piece, piece_grad in zip(like, torch.split(flat, sizes), torch.split(grad, sizes), strict=True):
        views[name] = piece.view(like[name].shape).detach().requires_grad_()
        views[name].grad = piece_grad.view(like[name].shape)
    return views


def _accumulate_gradient(params: Params, config: Config, x: Tensor, step: int) -> Tensor:
    """Add an estimate of the gradient of -L to the parameters' gradients; return -L of the batch, nats per image."""
    rows, eps = _noise(config, len(x), step)
    batch = x if rows is None else x.index_select(0, rows.to(x.device))
    q = posterior(params, batch)
    recon, surrogate = GRADIENTS[config.gradient](params, config, batch, q, eps.to(x))
    kl = config.beta * kl_to_prior(q)
    loss = (kl - surrogate).mean()
    torch.autograd.backward(loss)
    return loss.detach() if surrogate is recon else (kl - recon).detach().mean()


def _noise(config: Config, n: int, step: int) -> tuple[Tensor | None, Tensor]:
    """i ~ U[1, n] and eps ~ N(0, I) of one step, always drawn on the CPU: the same on every device."""
    g = runtime.generator(config.seed, 1, step)
    rows = torch.randint(n, (config.batch,), generator=g) if config.batch else None
    return rows, torch.randn(config.batch or n, config.latent, generator=g, dtype=torch.float32)


def _require_finite(checkpoint: Checkpoint) -> None:
    lost = (~checkpoint.losses.isfinite()).nonzero()
    if len(lost) or not all(bool(p.isfinite().all()) for p in checkpoint.params.values()):
        first = checkpoint.step - len(checkpoint.losses) + (int(lost[0]) if len(lost) else len(checkpoint.losses))
        raise DivergedError(
            f"the loss stopped being a finite number at step {first}: lower the learning rate "
            f"(now {checkpoint.config.learning_rate:g}) or choose Adam, then go on from the last good step")


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
    for name in _FIXED:
        if getattr(config, name) != getattr(checkpoint.config, name):
            raise ArgumentError(f"{name} decides the model's shape: start a new run to change it")
    same = config.optimizer == checkpoint.config.optimizer
    return checkpoint._replace(config=config, moments=checkpoint.moments if same else {})

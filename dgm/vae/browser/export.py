"""Encoder and decoder as the matrices that a browser multiplies.

    h = tanh(W_1 x + b_1),   y = W_2 h + b_2        (one layer where the model is linear)

The decoder's y are logits or means of the pixels. The encoder's y are 2 L numbers: the mean of q(z | x), then L numbers
r that give its log-variance, limit * tanh(r / limit), with limit = `vae.LOG_VAR_LIMIT`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm.arguments import as_matrix, as_vector, shown
from dgm.errors import ArgumentError, DataError
from dgm.vae.model import LOG_VAR_LIMIT, Checkpoint, Posterior, as_checkpoint

Layers = list[tuple[Tensor, Tensor]]
Array = NDArray[np.float32]
MOST_LAYERS = 8
LARGEST = 1e15       # of pixels and weights: their products stay finite in float32


def encoder_layers(checkpoint: Checkpoint) -> Layers:
    """(weight (out, in), bias (out,)) of each layer from pixels to q(z | x), float32 on the CPU.

    >>> from dgm import vae
    >>> from dgm.vae.browser import export
    >>> [tuple(weight.shape) for weight, _ in export.encoder_layers(vae.pretrained("digits"))]
    [(128, 64), (4, 128)]
    """
    return _layers(checkpoint, "encoder")


def decoder_layers(checkpoint: Checkpoint) -> Layers:
    """(weight (out, in), bias (out,)) of each layer from z to pixels, float32 on the CPU.

    >>> from dgm import vae
    >>> from dgm.vae.browser import export
    >>> [tuple(weight.shape) for weight, _ in export.decoder_layers(vae.pretrained("digits"))]
    [(128, 2), (64, 128)]
    """
    return _layers(checkpoint, "decoder")


def _layers(checkpoint: Checkpoint, part: str) -> Layers:
    params = as_checkpoint(checkpoint).params
    names = [f"{part}.{layer}" for layer in ("hidden", "out") if f"{part}.{layer}.weight" in params]
    return [(params[f"{name}.weight"].float().cpu(), params[f"{name}.bias"].float().cpu()) for name in names]


def encode_by_layers(layers: Sequence[tuple[Tensor, Tensor]], x: Tensor) -> Posterior:
    """q(z | x) of images x (N, D) by the browser's arithmetic: products of float32 matrices, one after the other.

    layers: as `encoder_layers`. Returns mean and log_var (N, L). ArgumentError or DataError for what does not fit.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae.browser import export
    >>> model, x = vae.pretrained("digits"), torch.zeros(1, 64)
    >>> q = export.encode_by_layers(export.encoder_layers(model), x)
    >>> bool((q.mean - vae.encode(model, x).mean).abs().max() < 1e-5)
    True
    """
    matrices = _as_matrices(layers)
    images = as_matrix(x, "x", columns=matrices[0][0].shape[1])
    if bool((images.abs() > LARGEST).any()):
        raise DataError(f"x has values beyond {LARGEST:g}: give pixels from 0 to 1")
    h = images.numpy().astype(np.float32)
    for weight, bias in matrices[:-1]:
        h = np.tanh(h @ weight.T + bias)
    weight, bias = matrices[-1]
    mean, raw = np.split(h @ weight.T + bias, 2, axis=1)
    log_var = LOG_VAR_LIMIT * np.tanh(raw / LOG_VAR_LIMIT)
    return Posterior(torch.from_numpy(mean.copy()), torch.from_numpy(log_var.astype(np.float32)))


def _as_matrices(layers: Sequence[tuple[Tensor, Tensor]]) -> list[tuple[Array, Array]]:
    """The layers as arrays that fit one another, the last one with an even number of outputs."""
    if not isinstance(layers, list | tuple) or not 1 <= len(layers) <= MOST_LAYERS \
            or not all(isinstance(layer, list | tuple) and len(layer) == 2 for layer in layers):
        raise ArgumentError(f"layers has to be a list of (weight, bias) as encoder_layers gives, not {shown(layers)}")
    found: list[tuple[Array, Array]] = []
    for weight, bias in layers:
        columns = found[-1][0].shape[0] if found else None
        matrix = as_matrix(weight, "a weight of layers", columns=columns)
        vector = as_vector(bias, "a bias of layers", size=len(matrix))
        if max(float(matrix.abs().max()), float(vector.abs().max())) > LARGEST:
            raise DataError(f"layers have numbers beyond {LARGEST:g}: take those of encoder_layers")
        found.append((matrix.numpy().astype(np.float32), vector.numpy().astype(np.float32)))
    if len(found[-1][1]) % 2:
        raise DataError(f"the last of layers has {len(found[-1][1])} outputs: give an encoder's, a mean and a "
                        "log-variance for each latent")
    return found

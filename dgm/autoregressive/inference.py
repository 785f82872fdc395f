"""What a trained model says about images, exactly and in one pass: log p(x), its terms, and each pixel's conditional.

Everything is computed in float64 from the average of the parameters, without gradients.
Shapes: N images of D pixels, 0 and 1. Nats per image.
"""

from typing import Any

import torch
from torch import Tensor

from dgm.autoregressive.images import as_images, log_terms_of
from dgm.autoregressive.model import Checkpoint, Params, as_checkpoint, logits, masks, pixel_count
from dgm.autoregressive.orders import pixel_order
from dgm.errors import DataError


def weights_of(checkpoint: Checkpoint) -> Params:
    """The averaged parameters in float64."""
    return {name: value.double() for name, value in checkpoint.average.items()}


@torch.no_grad()
def logits_of(checkpoint: Checkpoint, x: Tensor) -> Tensor:
    """Logits (N, D) of checked images."""
    return logits(weights_of(checkpoint), masks(checkpoint.config, pixel_count(checkpoint)), x)


def log_prob(checkpoint: Checkpoint, x: Any) -> Tensor:
    """log p(x) (N,) nats, exact (slide "Likelihood as product of conditionals"). x: (N, D) images of 0 and 1.

    ArgumentError for what is no checkpoint, DataError for other images.

    >>> from dgm import autoregressive, vae
    >>> x = vae.split_images(vae.Images("digits")).test
    >>> round(autoregressive.log_prob(autoregressive.pretrained("logistic"), x).mean().item())
    -18
    """
    return log_terms(checkpoint, x).sum(1)


def log_terms(checkpoint: Checkpoint, x: Any) -> Tensor:
    """log p(x_j | the pixels before j) (N, D), each at its pixel's place; a row's sum is log p(x). As `log_prob`.

    >>> import torch
    >>> from dgm import autoregressive
    >>> x = torch.tensor([[0, 1], [1, 1], [0, 1], [1, 0]])
    >>> autoregressive.log_terms(autoregressive.init(autoregressive.Config(), x), x[:1])
    tensor([[-0.6931, -0.2877]], dtype=torch.float64)
    """
    checkpoint = as_checkpoint(checkpoint)
    x = as_images(x, pixel_count(checkpoint))
    return log_terms_of(logits_of(checkpoint, x), x)


def conditionals(checkpoint: Checkpoint, x: Any) -> Tensor:
    """p(x_j = 1 | the pixels before j) (N, D), each at its pixel's place; what x has at j and later does not matter.

    >>> import torch
    >>> from dgm import autoregressive
    >>> x = torch.tensor([[0, 1], [1, 1], [0, 1], [1, 0]])
    >>> autoregressive.conditionals(autoregressive.init(autoregressive.Config(), x), x[:1])
    tensor([[0.5000, 0.7500]], dtype=torch.float64)
    """
    checkpoint = as_checkpoint(checkpoint)
    return logits_of(checkpoint, as_images(x, pixel_count(checkpoint))).sigmoid()


def order_of(checkpoint: Checkpoint) -> Tensor:
    """order (D,) int64: order[i] is the pixel that is drawn i-th.

    >>> from dgm import autoregressive
    >>> autoregressive.order_of(autoregressive.pretrained("logistic"))[:3].tolist()
    [0, 1, 2]
    """
    checkpoint = as_checkpoint(checkpoint)
    return pixel_order(checkpoint.config.order, pixel_count(checkpoint), checkpoint.config.order_seed)


def dependencies(checkpoint: Checkpoint) -> Tensor:
    """(D, D) bool: whether the masks let the value of pixel [., j] act on the conditional of pixel [i, .].

    >>> import torch
    >>> from dgm import autoregressive
    >>> autoregressive.dependencies(autoregressive.init(autoregressive.Config(), torch.eye(2))).tolist()
    [[False, False], [True, False]]
    """
    checkpoint = as_checkpoint(checkpoint)
    masked = masks(checkpoint.config, pixel_count(checkpoint))
    found = masked.skip
    if masked.out is not None:
        reach = masked.hidden[0]
        for mask in masked.hidden[1:]:
            reach = mask @ reach
        found = found + masked.out @ reach
    return found > 0


def independent(train: Any, x: Any) -> Tensor:
    """log p(x) (N,) nats under independent pixels, p(x_j = 1) = (n_j + 1) / (n + 2) from the training images.

    train: (n, D), x: (N, D) images of 0 and 1. Source: Laplace's rule of succession. DataError for other images.

    >>> from dgm import autoregressive
    >>> autoregressive.independent([[0], [1]], [[1]])
    tensor([-0.6931], dtype=torch.float64)
    """
    seen = as_images(train, name="train")
    x = as_images(x)
    if x.shape[1] != seen.shape[1]:
        raise DataError(f"x has {x.shape[1]} pixels and train {seen.shape[1]}: give images of one size")
    p = (seen.sum(0) + 1) / (len(seen) + 2)
    return log_terms_of(p.logit(), x).sum(1)

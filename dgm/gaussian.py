"""Log densities of Gaussians and their KL divergence to N(0, I), in nats.

    log N(x | m, v)    = -1/2 [(x - m)^2 / v + log v + log 2 pi]                      Bishop, PRML, eq. 1.46
    log N(x | m, C)    = -1/2 [(x - m)' C^-1 (x - m) + log det C + D log 2 pi]        PRML, eq. 2.43
    KL(N(m, v), N(0, 1)) = 1/2 [m^2 + v - 1 - log v]                                  Kingma and Welling 2014, app. B

Slides "Latent variable models", "PCA model", "Variational autoencoder (VAE)". Every function keeps the dtype and the
device of its tensors; lists and arrays become float64. A variance that is a number is checked; a tensor is not,
because on a GPU a check would wait. Shapes that do not broadcast are an ArgumentError.
"""

import math
from typing import Any, overload

import torch
from torch import Tensor

from dgm.arguments import as_tensor
from dgm.errors import ArgumentError

LOG_2PI = math.log(2 * math.pi)
_LARGEST_EXPONENT = {dtype: math.floor(math.log(torch.finfo(dtype).max))
                     for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)}

Number = float | Tensor


def log_normal(x: Tensor, mean: Number, var: Number) -> Tensor:
    """Log density of N(mean, var) at each element of x, nats.

    log N(x | mean, var) = -1/2 [(x - mean)^2 / var + log var + log 2 pi]

    x, mean, var: any shapes that broadcast; the result has their common shape. x - mean is divided by the standard
    deviation before it is squared, so a distance up to 1e308 does not overflow.
    ArgumentError when var is a number that is not positive.

    >>> log_normal(Tensor([0.0, 3.0]), 1.0, 4.0)
    tensor([-1.7371, -2.1121])
    """
    x, mean, var = _as_float(x=x), _as_term(mean=mean), _as_variance(var)
    _check_shapes(x=x, mean=mean, var=var)
    log_var, scaled = _log(var), (x - mean) / var**0.5
    return -0.5 * (scaled * scaled + log_var + LOG_2PI)


def log_standard_normal(z: Tensor) -> Tensor:
    """Log density of N(0, I) at the vectors z, nats.

    log N(z | 0, I) = -1/2 [sum_j z_j^2 + L log 2 pi]

    z: (..., L); the result is (...,).

    >>> log_standard_normal(Tensor([[0.0, 0.0], [1.0, 2.0]]))
    tensor([-1.8379, -4.3379])
    """
    z = _as_vectors(z=z)
    return log_normal_from_distance(z.square().sum(-1), 0.0, z.shape[-1])


def log_isotropic_normal(x: Tensor, mean: Number, var: Number) -> Tensor:
    """Log density of N(mean, var I) at the vectors x, nats.

    log N(x | mean, var I) = -1/2 [|x - mean|^2 / var + D log var + D log 2 pi]

    x, mean: (..., D), shapes that broadcast; var: a number or a tensor that broadcasts with (...,); the result is
    (...,). ArgumentError when var is a number that is not positive.

    >>> log_isotropic_normal(Tensor([1.0, 2.0]), 0.0, 0.5)
    tensor(-6.1447)
    """
    x, mean, var = _as_vectors(x=x), _as_term(mean=mean), _as_variance(var)
    _check_shapes(x=x, mean=mean)
    log_var, error, deviation = _log(var), x - mean, var**0.5
    _check_shapes(x=error.new_empty(error.shape[:-1]), var=var)
    dim, scaled = error.shape[-1], error / (deviation[..., None] if isinstance(deviation, Tensor) else deviation)
    return log_normal_from_distance(scaled.square().sum(-1), dim * log_var, dim)


def log_diagonal_normal(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """Log density of N(mean, diag exp(log_var)) at the vectors x, nats.

    log N(x | mean, diag exp(lv)) = -1/2 sum_j [(x_j - mean_j)^2 / exp(lv_j) + lv_j + log 2 pi]

    x, mean, log_var: (..., D), shapes that broadcast; the result is (...,).

    >>> log_diagonal_normal(Tensor([1.0, 1.0]), Tensor([0.0, 0.0]), Tensor([0.0, 0.0]))
    tensor(-2.8379)
    """
    x, mean, log_var = _as_vectors(x=x), _as_term(mean=mean), _as_float(log_var=log_var)
    _check_shapes(x=x, mean=mean, log_var=log_var)
    # exp(-lv / 2) in two factors: one of them overflows only where the square of any distance but 0 does
    root = (-0.25 * log_var).clamp(max=_LARGEST_EXPONENT[log_var.dtype]).exp()
    return -0.5 * (LOG_2PI + log_var + ((x - mean) * root * root) ** 2).sum(-1)


@overload
def log_normal_from_distance(distance: float, log_det: float, dim: float) -> float: ...
@overload
def log_normal_from_distance(distance: Tensor, log_det: Number, dim: Number) -> Tensor: ...
@overload
def log_normal_from_distance(distance: float, log_det: Tensor, dim: Number) -> Tensor: ...


def log_normal_from_distance(distance: Number, log_det: Number, dim: Number) -> Number:
    """Log density of N(m, C) in `dim` dimensions, from the two numbers that C decides, nats.

    log N(x | m, C) = -1/2 [distance + log_det + dim log 2 pi]

    distance: (x - m)' C^-1 (x - m), or its mean over x; log_det: log det C; dim: D. Numbers or tensors that broadcast.
    The caller chooses how to get them: Cholesky factor, singular values, matrix inversion lemma. Numbers give a
    number, any tensor gives a tensor.

    >>> round(log_normal_from_distance(2.0, math.log(3.0), 4), 4)
    -5.2251
    """
    distance, log_det, dim = _as_term(distance=distance), _as_term(log_det=log_det), _as_term(dim=dim)
    _check_shapes(distance=distance, log_det=log_det, dim=dim)
    return -0.5 * (dim * LOG_2PI + log_det + distance)


def kl_to_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)), N(0, 1)) for each element, nats: the terms to sum over the dimensions.

    KL = 1/2 [mean^2 + expm1(log_var) - log_var]

    mean, log_var: any shapes that broadcast; the result has their common shape. With a standard deviation s,
    log_var = 2 log s. With exp(lv) - 1 in place of expm1 float32 loses all digits near lv = 0, and the KL can turn
    negative.

    >>> kl_to_standard_normal(Tensor([0.0, 1.0]), Tensor([0.0, 1.0])).sum(-1)
    tensor(0.8591)
    """
    mean, log_var = _as_float(mean=mean), _as_float(log_var=log_var)
    _check_shapes(mean=mean, log_var=log_var)
    return 0.5 * (mean**2 + log_var.expm1() - log_var)


def kl_to_standard_normal_gradient(mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives of KL(N(mean, std^2), N(0, 1)) with respect to mean and std, for each element.

    (dKL/dmean, dKL/dstd) = (mean, std - 1 / std)

    mean, std: any shapes; each derivative has the shape of its argument. Nats per unit of mean and of std.

    >>> kl_to_standard_normal_gradient(Tensor([2.0]), Tensor([0.5]))
    (tensor([2.]), tensor([-1.5000]))
    """
    mean, std = _as_float(mean=mean), _as_float(std=std)
    _check_shapes(mean=mean, std=std)
    return mean, std - 1 / std


def _log(var: Number) -> Number:
    return var.log() if isinstance(var, Tensor) else math.log(var)


# The border. A tensor or a number passes after a look at its type: these functions are called in inner loops.


def _is_plain(value: Tensor) -> bool:
    """Whether a tensor holds its values, one after the other: not sparse, and not of the device "meta"."""
    return value.layout == torch.strided and not value.is_meta


def _as_float(**named: Any) -> Tensor:
    """The one argument as a tensor of real numbers: dtype and device of a tensor stay, all else becomes float64."""
    (name, value), = named.items()
    if isinstance(value, Tensor) and value.is_floating_point() and _is_plain(value):
        return value
    return as_tensor(value, name, finite=False)


def _as_vectors(**named: Any) -> Tensor:
    """The one argument as a tensor with a last axis to sum over."""
    name, = named
    found = _as_float(**named)
    if not found.ndim:
        raise ArgumentError(f"{name} is one number where a vector is needed: give (..., D)")
    return found


def _as_term(**named: Any) -> Any:
    """The one argument as a number or a tensor."""
    (_, value), = named.items()
    if type(value) is float or (type(value) is int and abs(value) < 2**53):
        return float(value)
    return _number_of(_as_float(**named), value)


def _number_of(found: Tensor, value: Any) -> Any:
    """A float for a number of another type, so that numbers stay numbers; else the tensor."""
    return float(found) if not found.ndim and not isinstance(value, Tensor) else found


def _as_variance(var: Any) -> Any:
    found = _as_term(var=var)
    if not isinstance(found, Tensor) and not 0 < found < math.inf:
        raise ArgumentError(f"the variance is {found:g}: give a positive number")
    return found


def _check_shapes(**named: Any) -> None:
    """ArgumentError unless the tensors broadcast."""
    shapes = {name: value.shape for name, value in named.items() if isinstance(value, Tensor)}
    if len(set(shapes.values())) > 1:
        try:
            torch.broadcast_shapes(*shapes.values())  # type: ignore[no-untyped-call]
        except RuntimeError:
            listed = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
            raise ArgumentError(f"the shapes of {listed} do not fit together: give one number for each, or one for "
                                "all") from None


__all__ = ["LOG_2PI", "kl_to_standard_normal", "kl_to_standard_normal_gradient", "log_diagonal_normal",
           "log_isotropic_normal", "log_normal", "log_normal_from_distance", "log_standard_normal"]

"""The likelihood of points under one model: its terms, the product that underflows, the surface, the gradient.

    p(X | theta) = prod_i p(x_i | theta),   log p(X | theta) = sum_i log p(x_i | theta)      (slide "MLE problem")
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_vector, shown
from dgm.errors import ArgumentError, DataError
from dgm.likelihood.families import Density, as_model

MAX_SIDE = 1000     # values of a parameter along one axis of a surface
MAX_CELLS = 1 << 26   # points times cells of a surface


class Terms(NamedTuple):
    """What each point adds to the log-likelihood, and the product in float64, point after point."""

    log_terms: Tensor         # (N,) log p(x_i | theta), nats
    running_sum: Tensor       # (N,) of the first i terms
    running_product: Tensor   # (N,) of the first i densities, multiplied in float64
    product: float            # the last running product
    log_likelihood: float     # the sum of all terms, nats
    first_zero: int | None    # the number of points after which the product is exactly 0; None: it never is

    @property
    def mean(self) -> float:
        """Nats per point."""
        return self.log_likelihood / len(self.log_terms)


def terms(model: Density, x: Any) -> Terms:
    """The log-likelihood as a sum of terms, beside the product of the same densities.

    model: a Gaussian, Laplace, StudentT or Mixture. x: (N,) points, one or more. The product is below the smallest
    positive number of float64, 5e-324, after some hundred points: then it is 0, and the sum is still exact.
    DataError for no points.

    >>> from dgm import likelihood
    >>> found = likelihood.terms(likelihood.Gaussian(71, 14), likelihood.load_column("waiting"))
    >>> found.product, round(found.log_likelihood, 2), found.first_zero
    (0.0, -1095.56, 185)
    """
    model, x = as_model(model), as_column(x)
    log_terms = model.log_prob(x)
    product = log_terms.exp().cumprod(0)
    zeros = (product == 0).nonzero()
    first_zero = int(zeros[0]) + 1 if len(zeros) else None
    return Terms(log_terms, log_terms.cumsum(0), product, float(product[-1]), float(log_terms.sum()), first_zero)


def as_column(x: Any) -> Tensor:
    """Points (N,), at least one, whose differences do not overflow. DataError for others."""
    x = as_vector(x)
    if not len(x):
        raise DataError("x holds no points: give one or more")
    if float(x.abs().max()) > 1e150:
        raise DataError("x holds values beyond 1e150, whose squares are infinite: divide x by a constant first")
    return x


def as_weights(weights: Any, count: int) -> Tensor:
    """Weights (N,) that sum to 1, equal ones for None. DataError for negative weights or for zeros alone."""
    if weights is None:
        return torch.full((count,), 1 / count, dtype=torch.float64)
    weights = as_vector(weights, "weights", size=count)
    largest = float(weights.max())
    if float(weights.min()) < 0 or largest <= 0:
        raise DataError("weights have to be 0 or more, and one of them positive")
    scaled = weights / largest
    return scaled / scaled.sum()


def surface(model: Density, x: Any, first: str, second: str, a: Sequence[float] | Tensor,
            b: Sequence[float] | Tensor) -> Tensor:
    """log p(X | theta) over two parameters; the others stay as in `model`.

    x: (N,) points. first, second: two names of model.parameters; a (A,) and b (B,): their values, at most 1,000 each.
    Returns (B, A) float64 nats, rows for b and columns for a. ArgumentError for values outside a parameter's range.

    >>> from dgm import likelihood
    >>> likelihood.surface(likelihood.Gaussian(), [0.0, 1.0], "mean", "scale", [0.0, 0.5, 1.0], [1.0, 2.0]).shape
    torch.Size([2, 3])
    """
    model, x = as_model(model), as_column(x)
    names = list(model.parameters)
    as_choice(first, "first", names), as_choice(second, "second", names)
    a, b = _axis(model, first, a, "a"), _axis(model, second, b, "b")
    if first == second:
        raise ArgumentError(f"first and second have to be two parameters, not {shown(first)} twice")
    _check_cells(len(a) * len(b) * len(x))
    theta = list(model.theta)
    theta[names.index(first)] = a[:, None]
    rows = []
    for value in b:     # one row at a time: the table of all points and cells would not fit into the cache
        theta[names.index(second)] = value
        rows.append(model.log_density(x, *theta).sum(-1))
    return torch.stack(rows)


def moved_surface(shape: Density, x: Any, shifts: Sequence[float] | Tensor,
                  factors: Sequence[float] | Tensor) -> Tensor:
    """log p(X) under shape.moved(shift, factor): a shape moved and stretched as a whole.

    x: (N,) points. shifts (A,) and factors (B,), greater than 0: at most 1,000 each. Returns (B, A) float64 nats.
    ArgumentError for too many cells, or for values out of the range of the shape's parameters.

    >>> from dgm import likelihood
    >>> likelihood.moved_surface(likelihood.Mixture(), [0.0, 1.0], [0.0, 0.5, 1.0], [1.0, 2.0]).shape
    torch.Size([2, 3])
    """
    shape, x = as_model(shape, "shape"), as_column(x)
    shifts, factors = _side(shifts, "shifts"), _side(factors, "factors")
    _check_cells(len(shifts) * len(factors) * len(x))
    for shift, factor in ((shifts.min(), factors.min()), (shifts.max(), factors.max())):
        shape.moved(float(shift), float(factor))
    theta = list(shape.theta)
    return torch.stack([shape.log_density((x - shifts[:, None]) / factor, *theta).sum(-1) - len(x) * factor.log()
                        for factor in factors])


def _check_cells(count: int) -> None:
    if count > MAX_CELLS:
        raise ArgumentError(f"points times cells have to be at most {MAX_CELLS:,}, not {count:,}")


def _side(values: Any, name: str) -> Tensor:
    axis = as_vector(values, name)
    if not 1 <= len(axis) <= MAX_SIDE:
        raise ArgumentError(f"{name} holds {len(axis)} values: give 1 to {MAX_SIDE}")
    return axis


def _axis(model: Density, parameter: str, values: Any, name: str) -> Tensor:
    axis = _side(values, name)
    for edge in (axis.min(), axis.max()):
        model.replaced(**{parameter: float(edge)})
    return axis


def gradient(model: Density, x: Any) -> dict[str, float]:
    """d log p(X | theta) / d theta by name, nats per unit of each parameter; exact, by autograd.

    x: (N,) points. DataError where a derivative is beyond the range of floats.

    >>> from dgm import likelihood
    >>> likelihood.gradient(likelihood.Gaussian(0, 1), [1.0, 2.0])
    {'mean': 3.0, 'scale': 3.0}
    """
    model, x = as_model(model), as_column(x)
    with torch.inference_mode(False), torch.enable_grad():
        theta = model.theta.requires_grad_()
        x = x.clone() if x.is_inference() else x
        found = torch.autograd.grad(model.log_density(x, *theta).sum(), theta)[0]
    if not math.isfinite(float(found.sum())):
        raise DataError("the gradient is beyond the range of floats: move the model nearer to the points")
    return dict(zip(model.parameters, found.tolist(), strict=True))

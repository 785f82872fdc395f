"""Costs f, whose mean E_q f(z) is differentiated: value, slope and, where they exist, closed forms of their moments.

COSTS: name -> constructor. A cost is called with z (S,) and gives f(z) (S,); with z (S, D) it is the
sum of f over the coordinates. Any other function of a tensor can stand in for a cost, its slope is autograd's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor

from dgm.arguments import as_flag, as_number, as_tensor, shown
from dgm.errors import ArgumentError
from dgm.gaussian import LOG_2PI
from dgm.gradients.closed_forms import exponential_table, parabola_pairs, parabola_table, wave_pairs, wave_table
from dgm.gradients.features import Function, Places, of_functions
from dgm.gradients.gaussian_moments import Pairs, Table, broadcast_float64, quadrature

Scalar = float | Tensor
SMALLEST, LARGEST = 1e-150, 1e150     # of a deviation: its square is a number


@dataclass(frozen=True)
class Cost:
    """f and f' on numbers, + `offset` once; `table` and `pairs` are closed forms, without them there is quadrature.

    >>> import torch
    >>> from dgm import gradients
    >>> cost = gradients.COSTS["quadratic"](1.0).plus(10.0)
    >>> cost(torch.tensor([0.0, 3.0])).tolist(), cost(torch.tensor([[0.0, 3.0]])).tolist()
    ([11.0, 14.0], [15.0])
    """

    name: str
    value: Function                                                   # elementwise, without the offset
    slope: Function
    table: Callable[[Tensor, Tensor, Scalar], Table] | None = None    # (mu, sigma, tilt)
    pairs: Callable[[Tensor, Tensor], Pairs] | None = None            # (mu, sigma)
    features: tuple[float, ...] = ()                                  # places x that need quadrature panels
    places: Places | None = None                                      # (mu, sigma) -> more of them
    offset: float = 0.0
    of_vectors: Function | None = None                                # f of (S, D); None: the sum over coordinates
    log_q: float = 0.0                                                # f contains so many times log q(z) ..
    with_q: Callable[[Scalar, Scalar], "Cost"] | None = None          # .. and is this cost at (mu, sigma) of q

    @property
    def separable(self) -> bool:
        """Whether a vector's cost is the sum over its coordinates."""
        return self.of_vectors is None

    def __call__(self, z: Tensor) -> Tensor:
        """f(z): (S,) -> (S,), and (S, D) -> (S,); a float tensor keeps its dtype and gradient, all else is float64."""
        z = z if isinstance(z, Tensor) and z.is_floating_point() else as_tensor(z, "z")
        return evaluated(self, z, vector=z.dim() > 1)

    def of(self, z: Any, vector: bool) -> Tensor:
        """f(z), float64, the last axis of z being the coordinates of a vector or not. ArgumentError for no numbers."""
        z = as_tensor(z, "z")
        vector = as_flag(vector, "vector")
        if vector and not z.dim():
            raise ArgumentError("z is one number and no vector: give z (S, D), or vector = False")
        return evaluated(self, z, vector)

    def plus(self, constant: float) -> "Cost":
        """f + constant: every exact gradient stays, the log-derivative's variance does not.

        ArgumentError for a constant that is no finite number.
        """
        return replace(self, offset=self.offset + as_number(constant, "constant"))


def evaluated(cost: Cost, z: Tensor, vector: bool) -> Tensor:
    """f(z), the last axis of z being the coordinates of a vector or not.

    >>> evaluated(quadratic(0.0), torch.tensor([3.0]), False).tolist()
    [9.0]
    """
    if not vector:
        f = cost.value(z)
    elif cost.of_vectors is None:
        f = cost.value(z).sum(-1)
    else:
        f = cost.of_vectors(z)
    return f + cost.offset if cost.offset else f


def slope_at(cost: Cost, z: Tensor, vector: bool) -> Tensor:
    """The derivative of f(z) in each number of z, the last axis of z being the coordinates of a vector or not.

    >>> slope_at(quadratic(0.0), torch.tensor([3.0]), False).tolist()
    [6.0]
    """
    whole = cost.of_vectors if vector else None
    return cost.slope(z) if whole is None else autograd_slope(whole)(z)


def value_at(cost: Cost, mu: Tensor, sigma: Tensor) -> Tensor:
    """f(mu) of each coordinate without the offset; next to mu where f is 0 / 0 there, as sin(x) / x at 0.

    >>> import torch
    >>> hole = as_cost(lambda x: x.sin() / x)
    >>> value_at(hole, torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)).tolist()
    [1.0]
    """
    at = cost.value(mu)
    if not bool(at.isnan().any()):
        return at
    step = 1e-12 * sigma
    return torch.where(at.isnan(), (cost.value(mu + step) + cost.value(mu - step)) / 2, at)


def bound_to(cost: Cost, mu: Scalar, sigma: Scalar) -> Cost:
    """The cost at the parameters of q that it depends on; itself where it depends on none.

    >>> bound_to(quadratic(0.0), 1.0, 2.0).name
    'quadratic'
    """
    return cost if cost.with_q is None else cost.with_q(mu, sigma).plus(cost.offset)


def as_cost(f: "Cost | Function") -> Cost:
    """`f` itself, or any torch function as a cost whose slope is autograd's.

    f: z (S,) -> (S,) or z (S, D) -> (S,). ArgumentError when it is neither a cost nor a function, or when it is called
    and does not return one number for each z.

    >>> import torch
    >>> as_cost(torch.square).slope(torch.tensor([3.0])).item()
    6.0
    """
    if isinstance(f, Cost):
        return f
    if not callable(f) or isinstance(f, type):
        raise ArgumentError(f"a cost is made by COSTS, formula(...) or is a function of a tensor, not {shown(f)}")
    value = partial(_of_numbers, f)
    slope = autograd_slope(value)
    return Cost(getattr(f, "__name__", "function"), value, slope, features=(0.0,), places=of_functions([value, slope]),
                of_vectors=partial(_of_vectors, f))


def _of_numbers(f: Function, z: Tensor) -> Tensor:
    """f of each number of z, whatever its shape: f is given (S,), because it may take a table for vectors."""
    return _checked_value(f, z.reshape(-1), (z.numel(),)).reshape(z.shape)


def _of_vectors(f: Function, z: Tensor) -> Tensor:
    """f of each vector of z, whose last axis are the coordinates."""
    return _checked_value(f, z, z.shape[:-1])


def _checked_value(f: Function, z: Tensor, wanted: tuple[int, ...]) -> Tensor:
    """f(z). ArgumentError where f cannot take z, or does not return real numbers of the shape `wanted`."""
    each = "vector" if z.dim() > 1 else "number"
    try:
        found = f(z)
    except (RuntimeError, IndexError, TypeError) as error:
        raise ArgumentError(f"the cost cannot take z of the shape {tuple(z.shape)}: it has to return one real number "
                            f"for each {each} z, as a tensor") from error
    if not isinstance(found, Tensor) or found.is_complex() or found.shape != wanted:
        what = f"the shape {tuple(found.shape)}" if isinstance(found, Tensor) else shown(found)
        raise ArgumentError(f"the cost returns {what} for z of the shape {tuple(z.shape)}: it has to return one real "
                            f"number for each {each} z, as a tensor of the shape {tuple(wanted)}")
    return found


def autograd_slope(f: Function) -> Function:
    """z -> f'(z), one backward pass for all samples: each f(z)_i depends on z_i alone.

    >>> import torch
    >>> autograd_slope(torch.sin)(torch.zeros(2)).tolist()
    [1.0, 1.0]
    """
    def slope(z: Tensor) -> Tensor:
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            f_z = f(z)
            if not f_z.requires_grad:
                return torch.zeros_like(z)
            (grad,) = torch.autograd.grad(f_z.sum(), z, allow_unused=True)
        return torch.zeros_like(z) if grad is None else grad
    return slope


def table_of(cost: Cost, mu: Tensor, sigma: Tensor, tilt: Scalar = 0.0) -> Table:
    """The moments of `cost` for every (mu, sigma): in closed form, or by quadrature one by one.

    mu, sigma: float64 tensors that broadcast; tilt t: the slope becomes f'(mu + sigma u) + t u. The fields broadcast to
    the common shape. ValueError where the cost has no value.

    >>> mu, sigma = as_float64([0.0, 1.0]), as_float64(1.0)
    >>> table_of(quadratic(0.0), mu, sigma).value.tolist()
    [0.0, 1.0]
    """
    cost = bound_to(cost, mu, sigma)
    if cost.table is not None:
        return cost.table(mu, sigma, tilt)
    return Table(*_one_by_one(cost, mu, sigma, tilt)[:19])


def pairs_of(cost: Cost, mu: Tensor, sigma: Tensor) -> tuple[Table, Pairs]:
    """Table and pairs, both of increments from the same value f(mu), for every (mu, sigma)."""
    cost = bound_to(cost, mu, sigma)
    if cost.table is not None and cost.pairs is not None:
        return cost.table(mu, sigma, 0.0), cost.pairs(mu, sigma)
    rows = _one_by_one(cost, mu, sigma, 0.0)
    return Table(*rows[:19]), Pairs(*rows[19:])


def _one_by_one(cost: Cost, mu: Tensor, sigma: Tensor, tilt: Scalar) -> tuple[Tensor, ...]:
    mu, sigma, tilts = broadcast_float64(mu, sigma, tilt)
    rows = [_integrated(cost.value, cost.slope, cost.features, cost.places, float(m), float(s), float(t))
            for m, s, t in zip(mu.flatten(), sigma.flatten(), tilts.flatten(), strict=True)]
    return tuple(torch.stack(rows, 1).reshape(-1, *mu.shape))


@lru_cache(maxsize=2048)   # equal coordinates, and every estimator of one setting, share the integrals
def _integrated(value: Function, slope: Function, features: tuple[float, ...], places: Places | None, mu: float,
                sigma: float, tilt: float) -> Tensor:
    table, pairs = quadrature(value, slope, as_float64(mu), as_float64(sigma), tilt, features, places)
    return torch.stack([*table, *pairs])


def _constant(value: Any, name: str) -> Scalar:
    """A number, or a column (V, 1) of numbers, as a sweep gives them. ArgumentError or DataError for others."""
    if isinstance(value, Tensor) and value.dim() == 2 and value.shape[1] == 1:
        return as_tensor(value, name)
    return as_number(value, name)


def _deviation(value: Any, name: str) -> float:
    return as_number(value, name, SMALLEST, LARGEST)


def quadratic(k: Scalar) -> Cost:
    """(x - k)^2. k, as in all costs here: a number, or (V, 1) numbers for V costs at once. ArgumentError for others.

    >>> import torch
    >>> from dgm import gradients
    >>> gradients.COSTS["quadratic"](1.0)(torch.tensor([0.0, 3.0])).tolist()
    [1.0, 4.0]
    """
    k = _constant(k, "k")
    return parabola("quadratic", 1.0, lambda x: (x - k).square_(), lambda x: (x - k).mul_(2))


def general_quadratic(a: Scalar, b: Scalar = 0.0, c: Scalar = 0.0) -> Cost:
    """a x^2 + b x + c.

    >>> import torch
    >>> from dgm import gradients
    >>> gradients.COSTS["general quadratic"](1.0, 2.0, 3.0)(torch.tensor([1.0])).item()
    6.0
    """
    a, b, c = _constant(a, "a"), _constant(b, "b"), _constant(c, "c")
    return parabola("general quadratic", a, lambda x: (a * x + b).mul_(x).add_(c), lambda x: 2 * a * x + b)


def log_likelihood(x: Scalar, noise: float = 1.0) -> Cost:
    """The lecture's log p(x | z) = log N(x; z, noise^2), in nats; the bound's KL is analytic and adds no variance.

    x: as k of `quadratic`; noise: a number from 1e-150 to 1e150. ArgumentError for others.

    >>> import torch
    >>> from dgm import gradients
    >>> round(gradients.COSTS["log-likelihood"](2.0)(torch.tensor([2.0])).item(), 4)     # -1/2 log 2 pi
    -0.9189
    """
    x, noise = _constant(x, "x"), _deviation(noise, "noise")
    scale, log_z = -0.5 / noise**2, -math.log(noise) - LOG_2PI / 2
    return parabola("log-likelihood", scale, lambda z: (z - x).square_().mul_(scale).add_(log_z),
                    lambda z: (z - x).mul_(2 * scale))


def sampled_bound(x: float, mu: float, sigma: float, noise: float = 1.0) -> Cost:
    """log p(x | z) + log p(z) - log q(z) at q = N(mu, sigma^2), p(z) = N(0, 1): the whole bound by sampling, in nats.

    f depends on q: called alone, it takes log q at mu and sigma; an estimator, a sweep or a descent takes log q at its
    own q. The slope follows z alone: reparametrization adds the derivative by mu and sigma of -log q, which is minus
    the score, and sticking the landing leaves it out. At q = posterior f is the constant log p(x).
    x, mu, sigma, noise: numbers, the last two from 1e-150 to 1e150. Returns a Cost. ArgumentError for others.

    >>> import torch
    >>> from dgm import gradients
    >>> bound = gradients.sampled_bound(2.0, 1.0, 0.5**0.5)     # q is the posterior
    >>> [round(v, 4) for v in bound(torch.tensor([0.0, 1.0, 5.0])).tolist()]     # log N(2; 0, 2)
    [-2.2655, -2.2655, -2.2655]
    """
    return bound_at(as_number(x, "x"), as_number(mu, "mu"), _deviation(sigma, "sigma"),
                    _deviation(noise, "noise"))


def bound_at(x: Scalar, mu: Scalar, sigma: Scalar, noise: float) -> Cost:
    """`sampled_bound` of checked numbers, or of tensors that broadcast with z.

    >>> bound_at(2.0, 1.0, 0.5**0.5, 1.0).name
    'sampled bound'
    """
    narrow, sharp = 1 / noise, 1 / sigma
    a = -0.5 * narrow * narrow - 0.5 + 0.5 * sharp * sharp
    constant = -math.log(noise) - LOG_2PI / 2 + as_float64(sigma).log()

    def value(z: Tensor) -> Tensor:
        return constant - 0.5 * ((x - z) / noise) ** 2 - 0.5 * z**2 + 0.5 * ((z - mu) / sigma) ** 2

    cost = parabola("sampled bound", a, value, lambda z: (x - z) * narrow * narrow - z + (z - mu) * sharp * sharp)
    return replace(cost, log_q=-1.0, with_q=lambda mu, sigma: bound_at(x, mu, sigma, noise))


def parabola(name: str, a: Scalar, value: Function, slope: Function) -> Cost:
    """A cost with the constant second derivative 2 a, from its value and its slope."""
    return Cost(name, value, slope, lambda mu, sigma, tilt: parabola_table(value(mu), slope(mu), a, sigma, tilt),
                lambda mu, sigma: parabola_pairs(slope(mu), a, sigma))


def cosine(k: Scalar) -> Cost:
    """cos(k x).

    >>> import torch
    >>> from dgm import gradients
    >>> gradients.COSTS["cosine"](2.0)(torch.tensor([0.0])).item()
    1.0
    """
    k = _constant(k, "k")
    return Cost("cosine", lambda x: (k * x).cos_(), lambda x: (k * x).sin_().mul_(-k),
                lambda mu, sigma, tilt: wave_table(k, (k * mu).cos(), (k * mu).sin(), sigma, tilt),
                lambda mu, sigma: wave_pairs(k, (k * mu).cos(), (k * mu).sin(), sigma))


def sine(k: Scalar) -> Cost:
    """sin(k x).

    >>> import torch
    >>> from dgm import gradients
    >>> gradients.COSTS["sine"](2.0)(torch.tensor([0.0])).item()
    0.0
    """
    k = _constant(k, "k")
    return Cost("sine", lambda x: (k * x).sin_(), lambda x: (k * x).cos_().mul_(k),
                lambda mu, sigma, tilt: wave_table(k, (k * mu).sin(), -(k * mu).cos(), sigma, tilt),
                lambda mu, sigma: wave_pairs(k, (k * mu).sin(), -(k * mu).cos(), sigma))


def exponential(k: Scalar) -> Cost:
    """exp(-k x^2).

    >>> import torch
    >>> from dgm import gradients
    >>> gradients.COSTS["exponential"](2.0)(torch.tensor([0.0])).item()
    1.0
    """
    k = _constant(k, "k")
    def value(x: Tensor) -> Tensor:
        return (x * x).mul_(-k).exp_()

    return Cost("exponential", value, lambda x: value(x).mul_(x).mul_(-2 * k),
                lambda mu, sigma, tilt: exponential_table(k, mu, sigma, tilt), features=(0.0,))


def logistic(k: Scalar) -> Cost:
    """log p(x = 1 | z) = log(1 / (1 + exp(-k z))), a Bernoulli decoder, in nats: no closed form.

    >>> import torch
    >>> from dgm import gradients
    >>> round(gradients.COSTS["logistic"](1.0)(torch.tensor([0.0])).item(), 4)     # -log 2
    -0.6931
    """
    k = _constant(k, "k")
    return Cost("logistic", lambda z: torch.nn.functional.logsigmoid(k * z), lambda z: k * torch.sigmoid(-k * z),
                features=(0.0,))


COSTS: dict[str, Callable[..., Cost]] = {
    "quadratic": quadratic,
    "exponential": exponential,
    "cosine": cosine,
    "sine": sine,
    "general quadratic": general_quadratic,
    "log-likelihood": log_likelihood,
    "logistic": logistic,
}


def as_float64(x: Any) -> Tensor:
    """Numbers that were checked (float, list, numpy, float32) as a float64 tensor.

    >>> as_float64([1, 2]).dtype
    torch.float64
    """
    return torch.as_tensor(x, dtype=torch.float64)

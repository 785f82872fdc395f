"""Samples of q = N(mu, sigma^2 I) by its reparametrization z = mu + sigma eps, and what estimators compute of them.

Slides "Log-derivative trick", "Reparametrization trick". The score of q is S_mu = eps / sigma for each coordinate and
S_sigma = (|eps|^2 - D) / sigma.
"""

from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_flag, as_integer, as_number, as_seed, as_tensor, require_kind
from dgm.errors import ArgumentError
from dgm.gradients import exact_moments
from dgm.gradients.costs import Cost, Scalar, as_cost, as_float64, bound_to, evaluated, slope_at, table_of, value_at
from dgm.gradients.features import Function
from dgm.gradients.gaussian_moments import Table, broadcast_float64

Pair = tuple[Tensor, Tensor]     # d/dmu (..., S) or (S, D), d/dsigma (..., S)
MOST_NUMBERS = 2**28     # of noise in one call: 2 GiB
SHARED = ("f_moments", "best_baselines")     # exact numbers that all parts of one draw have in common


class Gaussian(NamedTuple):
    """q = N(mu, sigma^2 I).

    >>> from dgm import gradients
    >>> gradients.Gaussian(0.5, 1.0)
    Gaussian(mu=0.5, sigma=1.0)
    """

    mu: Any       # a number, or (D,)
    sigma: float  # > 0


class Draw:
    """S samples z = mu + sigma eps of q, with f(z), f'(z) and the score, each computed when first used.

    One dimension: eps (..., S), where mu and sigma are numbers or (..., 1). Vectors: eps (S, D), f (S,), slope (S, D).

    >>> import torch
    >>> from dgm import gradients
    >>> eps = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64)
    >>> draw = gradients.Draw(gradients.COSTS["quadratic"](0.0), 1.0, 2.0, eps)
    >>> draw.z.tolist(), draw.f.tolist(), draw.slope.tolist()
    ([-1.0, 1.0, 5.0], [1.0, 1.0, 25.0], [-2.0, 2.0, 10.0])
    """

    def __init__(self, cost: Cost | Function, mu: Any, sigma: Any, eps: Any, vector: bool = False) -> None:
        """ArgumentError for a sigma that is not positive, numbers that are not finite, or shapes that do not fit."""
        self.eps, self.vector = as_tensor(eps, "eps"), as_flag(vector, "vector")
        if not self.eps.numel() or self.eps.dim() < 1 + self.vector:
            raise ArgumentError(f"eps has the shape {tuple(self.eps.shape)}: give (S,) numbers, or (S, D) for vectors")
        self.mu, self.sigma = (_one_or_rows(x, name, self.eps) for x, name in ((mu, "mu"), (sigma, "sigma")))
        if not (self.sigma > 0 if isinstance(self.sigma, float) else bool((self.sigma > 0).all())):
            raise ArgumentError("sigma has to be positive: choose for example sigma = 1")
        self.cost = bound_to(as_cost(cost), self.mu, self.sigma)

    @cached_property
    def z(self) -> Tensor:
        """The reparametrization z = g(eps, phi) = mu + sigma eps."""
        return (self.eps * self.sigma).add_(self.mu)

    @cached_property
    def f(self) -> Tensor:
        """f(z), (..., S)."""
        return evaluated(self.cost, self.z, self.vector)

    @cached_property
    def slope(self) -> Tensor:
        """f'(z), of the shape of eps."""
        return slope_at(self.cost, self.z, self.vector)

    def part(self, start: int, stop: int) -> "Draw":
        """Samples start .. stop - 1, with the exact baselines of the whole. ArgumentError: no such samples."""
        start = as_integer(start, "start", 0, len(self.eps) - 1)
        stop = as_integer(stop, "stop", start + 1)
        part = drawn(self.cost, self.mu, self.sigma, self.eps[start:stop], self.vector)
        part.__dict__.update({name: self.__dict__[name] for name in SHARED if name in self.__dict__})
        return part

    @cached_property
    def mirrored(self) -> "Draw":
        """The same draw with -eps."""
        return drawn(self.cost, self.mu, self.sigma, -self.eps, self.vector)

    @cached_property
    def scaled_sigma_score(self) -> Tensor:
        """sigma S_sigma: eps^2 - 1, summed over coordinates."""
        return sum_of_vector(self, self.eps.square().sub_(1))

    @cached_property
    def parameters(self) -> Pair:
        """mu (..., 1) and sigma (..., 1) of one-dimensional rows, or mu (D,) and sigma () of vectors, as tensors."""
        if not self.vector:
            return as_float64(self.mu), as_float64(self.sigma)
        return as_float64(self.mu).expand(self.eps.shape[-1]), as_float64(self.sigma)

    @cached_property
    def f_at_mu(self) -> Tensor:
        """f(mu), () or (..., 1) for rows."""
        mu, sigma = self.parameters
        if self.vector and not self.cost.separable:
            return evaluated(self.cost, mu[None], True)[0]
        f = value_at(self.cost, mu, sigma)
        return (f.sum(-1) if self.vector else f) + self.cost.offset

    @cached_property
    def table(self) -> Table:
        """The exact moments of the cost under q. ArgumentError for a function of a whole vector."""
        if self.vector and not self.cost.separable:
            raise ArgumentError("the exact mean of a function of a whole vector is not known: use a cost from COSTS, "
                             "a formula, or the leave-one-out baseline")
        mu, sigma = self._rows()
        return Table(*broadcast_float64(*table_of(self.cost, mu, sigma[..., None])))

    @cached_property
    def f_moments(self) -> exact_moments.CostMoments:
        """E f, Var f and f(mu)."""
        mu, sigma = self._rows()
        cost = bound_to(self.cost, mu, sigma[..., None])
        return exact_moments.CostMoments(
            *(x[..., 0] for x in exact_moments.cost_moments(cost, self.table, mu, sigma[..., None])))

    @cached_property
    def best_baselines(self) -> Pair:
        """The best constant baselines b* = E[f S^2] / E[S^2] of mu and of sigma."""
        gap = exact_moments.best_gap(exact_moments.score_moments(self.table))
        mean = self.f_moments.gap          # of what the score moments are measured from
        of_mu = gap[..., :-1] if self.vector else gap[..., 0]
        return mean - of_mu, mean - gap[..., -1]

    def _rows(self) -> Pair:
        mu, sigma = self.parameters
        return (mu, sigma) if self.vector else (mu[..., None], sigma)


def drawn(cost: Cost, mu: Scalar, sigma: Scalar, eps: Tensor, vector: bool = False) -> Draw:
    """A `Draw` of arguments that were checked.

    >>> from dgm.gradients import COSTS
    >>> drawn(COSTS["quadratic"](0.0), 1.0, 2.0, torch.zeros(1)).z.tolist()
    [1.0]
    """
    found = Draw.__new__(Draw)
    found.cost, found.mu, found.sigma, found.eps, found.vector = bound_to(cost, mu, sigma), mu, sigma, eps, vector
    return found


def sum_of_vector(d: Draw, x: Tensor) -> Tensor:
    """The sum over a vector's coordinates; x itself in one dimension."""
    return x.sum(-1) if d.vector else x


def for_coordinates(d: Draw, x: Tensor) -> Tensor:
    """(S,) -> (S, 1), to multiply coordinates."""
    return x[..., None] if d.vector else x


def _one_or_rows(x: Any, name: str, eps: Tensor) -> Scalar:
    """A number as a float, or a tensor that stretches to the shape of eps."""
    found = as_tensor(x, name)
    fits = found.dim() <= eps.dim() and all(
        a in (1, b) for a, b in zip(reversed(found.shape), reversed(eps.shape), strict=False))
    if not fits:
        raise ArgumentError(f"{name} has the shape {tuple(found.shape)}, eps {tuple(eps.shape)}: give one number, or "
                            "one for each row or coordinate of eps")
    return found if found.dim() else float(found)


def checked(q: Gaussian) -> Gaussian:
    """q with mu as a float64 tensor and sigma as a float.

    ArgumentError for no Gaussian, a sigma that is not positive, numbers that are not finite, or a mu that is no number
    or vector.

    >>> checked(Gaussian(1, 2))
    Gaussian(mu=tensor(1., dtype=torch.float64), sigma=2.0)
    """
    require_kind(q, "q", Gaussian, "a Gaussian such as Gaussian(0.5, 1.0)")
    mu, sigma = as_tensor(q.mu, "mu"), as_number(q.sigma, "sigma", above=0)
    if mu.dim() > 1 or not mu.numel():
        raise ArgumentError("mu must be a finite number or a vector (D,) of finite numbers")
    return Gaussian(mu, sigma)


def of_one_number(q: Gaussian) -> tuple[float, float]:
    """mu and sigma of a q whose mu is a number. ArgumentError as `checked`, and for a vector.

    >>> of_one_number(Gaussian(1, 2))
    (1.0, 2.0)
    """
    q = checked(q)
    if q.mu.numel() != 1:
        raise ArgumentError(f"mu has {len(q.mu)} coordinates where one number is needed: give the mu of a coordinate")
    return float(q.mu.reshape(())), q.sigma


def draw(f: Cost | Function, q: Gaussian, eps: Any) -> Draw:
    """The samples of q that belong to the noise eps, with f and q checked.

    f: a cost or a function of a tensor. eps: (S,) or (S, D), numbers of any float type. ArgumentError when shapes
    disagree or q is no Gaussian.

    >>> from dgm import gradients
    >>> gradients.draw(gradients.COSTS["quadratic"](0.0), gradients.Gaussian(1.0, 2.0), [0.0, 1.0]).z.tolist()
    [1.0, 3.0]
    """
    q, eps = checked(q), as_tensor(eps, "eps")
    if eps.dim() not in (1, 2) or eps.numel() == 0:
        raise ArgumentError(f"eps must be (S,) or (S, D) with S >= 1, not {tuple(eps.shape)}")
    vector = eps.dim() == 2
    if q.mu.dim() and q.mu.shape[0] not in ((1, eps.shape[1]) if vector else (1,)):
        raise ArgumentError(f"mu has {q.mu.shape[0]} coordinates, eps is {tuple(eps.shape)}: "
                            f"give eps (S, {q.mu.shape[0]})")
    mu = q.mu if vector else float(q.mu.reshape(()))
    return drawn(as_cost(f), mu, q.sigma, eps, vector)


def noise(samples: int, seed: int = 0, dims: int = 0) -> Tensor:
    """eps ~ N(0, I) from a seed: (samples,), or (samples, dims); float64.

    samples: from 1 on; dims: 0 for numbers instead of vectors. ArgumentError for others, or more than 2^28 numbers.

    >>> from dgm import gradients
    >>> tuple(gradients.noise(4, seed=0).shape), tuple(gradients.noise(4, seed=0, dims=3).shape)
    ((4,), (4, 3))
    """
    samples, dims = as_integer(samples, "samples", 1, MOST_NUMBERS), as_integer(dims, "dims", 0, MOST_NUMBERS)
    if samples * max(dims, 1) > MOST_NUMBERS:
        raise ArgumentError(f"samples = {samples} of {dims} numbers are too many for the memory: choose fewer")
    shape = (samples, dims) if dims else (samples,)
    return torch.randn(shape, generator=runtime.generator(as_seed(seed)), dtype=torch.float64)

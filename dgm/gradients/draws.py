"""Samples of q = N(mu, sigma^2 I) by its reparametrization z = mu + sigma eps, and what estimators compute of them.

Slides "Log-derivative trick", "Reparametrization trick". The score of q is S_mu = eps / sigma for each coordinate and
S_sigma = (|eps|^2 - D) / sigma.
"""

import math
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gradients import exact_moments
from dgm.gradients.costs import Cost, Scalar, as_cost, as_float64, table_of
from dgm.gradients.features import Function
from dgm.gradients.gaussian_moments import Table, broadcast_float64

Pair = tuple[Tensor, Tensor]     # d/dmu (..., S) or (S, D), d/dsigma (..., S)
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

    def __init__(self, cost: Cost, mu: Scalar, sigma: Scalar, eps: Tensor, vector: bool = False) -> None:
        self.cost, self.mu, self.sigma, self.eps, self.vector = cost.under(mu, sigma), mu, sigma, eps, vector

    @cached_property
    def z(self) -> Tensor:
        """The reparametrization z = g(eps, phi) = mu + sigma eps."""
        return (self.eps * self.sigma).add_(self.mu)

    @cached_property
    def f(self) -> Tensor:
        """f(z), (..., S)."""
        return self.cost.of(self.z, self.vector)

    @cached_property
    def slope(self) -> Tensor:
        """f'(z), of the shape of eps."""
        return self.cost.slope(self.z)

    def part(self, start: int, stop: int) -> "Draw":
        """Samples start .. stop - 1, with the exact baselines of the whole."""
        part = Draw(self.cost, self.mu, self.sigma, self.eps[start:stop], self.vector)
        part.__dict__.update({name: self.__dict__[name] for name in SHARED if name in self.__dict__})
        return part

    @cached_property
    def mirrored(self) -> "Draw":
        """The same draw with -eps."""
        return Draw(self.cost, self.mu, self.sigma, -self.eps, self.vector)

    @cached_property
    def scaled_sigma_score(self) -> Tensor:
        """sigma S_sigma: eps^2 - 1, summed over coordinates."""
        return self.sum_coordinates(self.eps.square().sub_(1))

    @cached_property
    def parameters(self) -> Pair:
        """mu (..., 1) and sigma (..., 1) of one-dimensional rows, or mu (D,) and sigma () of vectors, as tensors."""
        if not self.vector:
            return as_float64(self.mu), as_float64(self.sigma)
        return as_float64(self.mu).expand(self.eps.shape[-1]), as_float64(self.sigma)

    @cached_property
    def f_at_mu(self) -> Tensor:
        """f(mu), () or (..., 1) for rows."""
        mu, _ = self.parameters
        return self.cost.of(mu[None], True)[0] if self.vector else self.cost.of(mu, False)

    @cached_property
    def table(self) -> Table:
        """The exact moments of the cost under q. ValueError for a function of a whole vector."""
        if self.vector and not self.cost.separable:
            raise ValueError("the exact mean of a function of a whole vector is not known: use a cost from COSTS, "
                             "a formula, or the leave-one-out baseline")
        mu, sigma = self._rows()
        return Table(*broadcast_float64(*table_of(self.cost, mu, sigma[..., None])))

    @cached_property
    def f_moments(self) -> exact_moments.CostMoments:
        """E f, Var f and f(mu)."""
        mu, sigma = self._rows()
        cost = self.cost.under(mu, sigma[..., None])
        return exact_moments.CostMoments(*(x[..., 0] for x in exact_moments.cost_moments(cost, self.table, mu)))

    @cached_property
    def best_baselines(self) -> Pair:
        """The best constant baselines b* = E[f S^2] / E[S^2] of mu and of sigma."""
        gap = exact_moments.best_gap(exact_moments.score_moments(self.table))
        mean = self.f_moments.gap          # of what the score moments are measured from
        of_mu = gap[..., :-1] if self.vector else gap[..., 0]
        return mean - of_mu, mean - gap[..., -1]

    def sum_coordinates(self, x: Tensor) -> Tensor:
        """The sum over a vector's coordinates; x itself in one dimension."""
        return x.sum(-1) if self.vector else x

    def per_coordinate(self, x: Tensor) -> Tensor:
        """(S,) -> (S, 1), to multiply coordinates."""
        return x[..., None] if self.vector else x

    def _rows(self) -> Pair:
        mu, sigma = self.parameters
        return (mu, sigma) if self.vector else (mu[..., None], sigma)


def checked(q: Gaussian) -> Gaussian:
    """q with mu as a float64 tensor and sigma as a float.

    ValueError for a sigma that is not positive, numbers that are not finite, or a mu that is no number or vector.

    >>> checked(Gaussian(1, 2))
    Gaussian(mu=tensor(1., dtype=torch.float64), sigma=2.0)
    """
    mu, sigma = as_float64(q.mu), float(q.sigma)
    if not (0 < sigma < math.inf):
        raise ValueError(f"sigma must be positive and finite, not {sigma:g}: choose e.g. sigma = 1")
    if not bool(mu.isfinite().all()) or mu.dim() > 1:
        raise ValueError("mu must be a finite number or a vector (D,) of finite numbers")
    return Gaussian(mu, sigma)


def draw(f: Cost | Function, q: Gaussian, eps: Any) -> Draw:
    """The samples of q that belong to the noise eps, with f and q checked.

    f: a cost or a function of a tensor. eps: (S,) or (S, D), numbers of any float type. ValueError when shapes disagree
    or q is no Gaussian.

    >>> from dgm import gradients
    >>> gradients.draw(gradients.COSTS["quadratic"](0.0), gradients.Gaussian(1.0, 2.0), [0.0, 1.0]).z.tolist()
    [1.0, 3.0]
    """
    q, eps = checked(q), as_float64(eps)
    if eps.dim() not in (1, 2) or eps.numel() == 0:
        raise ValueError(f"eps must be (S,) or (S, D) with S >= 1, not {tuple(eps.shape)}")
    vector = eps.dim() == 2
    if q.mu.dim() and q.mu.shape[0] not in ((1, eps.shape[1]) if vector else (1,)):
        raise ValueError(f"mu has {q.mu.shape[0]} coordinates, eps is {tuple(eps.shape)}: "
                         f"give eps (S, {q.mu.shape[0]})")
    mu = q.mu if vector else float(q.mu.reshape(()))
    return Draw(as_cost(f), mu, q.sigma, eps, vector)


def noise(samples: int, seed: int, dims: int = 0) -> Tensor:
    """eps ~ N(0, I) from a seed: (samples,), or (samples, dims); float64.

    >>> from dgm import gradients
    >>> tuple(gradients.noise(4, seed=0).shape), tuple(gradients.noise(4, seed=0, dims=3).shape)
    ((4,), (4, 3))
    """
    shape = (samples, dims) if dims else (samples,)
    return torch.randn(shape, generator=runtime.generator(seed), dtype=torch.float64)

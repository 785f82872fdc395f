"""Families of q(z) for one latent number or one latent category.

    Gaussian, Mixture       z a real number
    Histogram               z a real number, any density that is constant on equal cells: the free form
    Categorical             z one of K categories

Slides "Variational lower bound" and "Amortized variational inference" ("Restrict a family of all possible
distributions q(z) to a particular parametric class"). Every family is frozen and hashable.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_probabilities, as_seed, as_tensor, as_vector
from dgm.elbo.panels import ascending, gaussian_edges, graded_edges, merged, singularities
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import log_normal
from dgm.runtime import generator

FARTHEST = 1000.0        # of a mean
NARROWEST, WIDEST = 1e-4, 1000.0
MOST_COMPONENTS = 64
MOST_CELLS = 1000
MOST_SAMPLES = 10**7
LARGEST_Z = 1e6

Floats = tuple[float, ...]


class Family(ABC):
    """A distribution q(z): its log density, and samples."""

    @abstractmethod
    def log_prob(self, z: Any) -> Tensor:
        """log q(z), nats, of the shape of z; -inf where q is zero."""

    @abstractmethod
    def sample(self, count: int, seed: int = 0) -> Tensor:
        """Independent z ~ q, (count,), the same for the same seed. ArgumentError unless count is 0 to 10^7."""


class Line(Family):
    """A density over the real line."""

    @property
    @abstractmethod
    def edges(self) -> Tensor:
        """Ends of the panels, ascending, on which integrals under q are computed."""

    @property
    def span(self) -> tuple[float, float]:
        """(low, high): the interval that holds all of q but about 1e-18."""
        edges = self.edges
        return float(edges[0]), float(edges[-1])


@dataclass(frozen=True)
class Gaussian(Line):
    """N(mean, sd^2). ArgumentError for a mean beyond +-1000 or a deviation outside [1e-4, 1000].

    >>> from dgm import elbo
    >>> [round(value, 4) for value in elbo.Gaussian(1.0, 2.0).log_prob([1.0, 3.0]).tolist()]
    [-1.6121, -2.1121]
    """

    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", as_number(self.mean, "mean", -FARTHEST, FARTHEST))
        object.__setattr__(self, "sd", as_number(self.sd, "sd", NARROWEST, WIDEST))

    def log_prob(self, z: Any) -> Tensor:
        return log_normal(as_latent(z), self.mean, self.sd**2)

    def sample(self, count: int, seed: int = 0) -> Tensor:
        return self.mean + self.sd * _normals(_count(count), seed)

    @property
    def edges(self) -> Tensor:
        return gaussian_edges(self.mean, self.sd)


@dataclass(frozen=True)
class Mixture(Line):
    """sum_k w_k N(m_k, s_k^2). Three vectors (K,), K up to 64, weights that sum to one; else ArgumentError.

    >>> from dgm import elbo
    >>> q = elbo.Mixture([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0])
    >>> q.mean, round(q.sd, 6)
    (0.0, 2.236068)
    """

    weights: Floats
    means: Floats
    sds: Floats

    def __post_init__(self) -> None:
        found = as_components(self.weights, self.means, self.sds, FARTHEST, NARROWEST, WIDEST, MOST_COMPONENTS)
        for name, values in zip(("weights", "means", "sds"), found, strict=True):
            object.__setattr__(self, name, values)

    @property
    def mean(self) -> float:
        """E z."""
        return sum(w * m for w, m in zip(self.weights, self.means, strict=True))

    @property
    def sd(self) -> float:
        """The standard deviation of z."""
        parts = zip(self.weights, self.means, self.sds, strict=True)
        return math.sqrt(sum(w * (s**2 + (m - self.mean) ** 2) for w, m, s in parts))

    def log_prob(self, z: Any) -> Tensor:
        return log_mixture(as_latent(z), self.weights, self.means, self.sds)

    def sample(self, count: int, seed: int = 0) -> Tensor:
        count = _count(count)
        chosen = _categories(self.weights, count, seed)
        means, sds = (torch.tensor(part, dtype=torch.float64) for part in (self.means, self.sds))
        return means[chosen] + sds[chosen] * _normals(count, seed)

    @property
    def edges(self) -> Tensor:
        parts = [gaussian_edges(m, s) for w, m, s in zip(self.weights, self.means, self.sds, strict=True) if w > 0]
        return merged(ascending(torch.cat(parts)), graded_edges(self.singularities))

    @property
    def singularities(self) -> list[tuple[float, float]]:
        """(real part, distance from the real axis) of the places where log q is not analytic."""
        return singularities(self.weights, self.means, self.sds)


@dataclass(frozen=True)
class Histogram(Line):
    """The free form: C equal cells from low to high with masses (C,) that sum to one, C up to 1000.

    ArgumentError unless low < high and the masses are probabilities.

    >>> from dgm import elbo
    >>> q = elbo.Histogram(0.0, 2.0, [0.25, 0.75])
    >>> q.log_prob([0.5, 1.5, 3.0]).exp().tolist()
    [0.25, 0.75, 0.0]
    """

    low: float
    high: float
    masses: Floats

    def __post_init__(self) -> None:
        low, high = (as_number(getattr(self, name), name, -FARTHEST, FARTHEST) for name in ("low", "high"))
        masses = as_shares(self.masses, "masses", MOST_CELLS)
        if high - low < NARROWEST * len(masses):
            raise ArgumentError(f"the cells from {low:g} to {high:g} have no width: choose low below high")
        for name, value in (("low", low), ("high", high), ("masses", masses)):
            object.__setattr__(self, name, value)

    @property
    def width(self) -> float:
        """Of one cell."""
        return (self.high - self.low) / len(self.masses)

    def log_prob(self, z: Any) -> Tensor:
        values, count = as_latent(z), len(self.masses)
        cell = ((values - self.low) / self.width).floor().clamp(-1, count).long()
        cell = torch.where(values == self.high, count - 1, cell)
        density = torch.tensor((*self.masses, 0.0), dtype=torch.float64) / self.width
        return density[torch.where(cell < 0, count, cell)].log()

    def sample(self, count: int, seed: int = 0) -> Tensor:
        count = _count(count)
        inside = torch.rand(count, generator=generator(as_seed(seed), 2), dtype=torch.float64)
        return self.low + self.width * (_categories(self.masses, count, seed) + inside)

    @property
    def mean(self) -> float:
        """E z."""
        return self.low + self.width * sum(mass * (cell + 0.5) for cell, mass in enumerate(self.masses))

    @property
    def sd(self) -> float:
        """The standard deviation of z."""
        centres = [self.low + self.width * (cell + 0.5) for cell in range(len(self.masses))]
        square = sum(mass * (z - self.mean) ** 2 for mass, z in zip(self.masses, centres, strict=True))
        return math.sqrt(square + self.width**2 / 12)

    @property
    def edges(self) -> Tensor:
        return torch.linspace(self.low, self.high, len(self.masses) + 1, dtype=torch.float64)


@dataclass(frozen=True)
class Categorical(Family):
    """K probabilities (K,) that sum to one, K up to 64; z is 0, ..., K - 1. ArgumentError for others.

    >>> from dgm import elbo
    >>> elbo.Categorical([0.25, 0.75]).log_prob([0, 1]).exp().tolist()
    [0.25, 0.75]
    """

    probabilities: Floats

    def __post_init__(self) -> None:
        found = as_shares(self.probabilities, "probabilities", MOST_COMPONENTS)
        object.__setattr__(self, "probabilities", found)

    def log_prob(self, z: Any) -> Tensor:
        return torch.tensor(self.probabilities, dtype=torch.float64).log()[as_category(z, len(self.probabilities))]

    def sample(self, count: int, seed: int = 0) -> Tensor:
        return _categories(self.probabilities, _count(count), seed)


def log_mixture(z: Tensor, weights: Floats, means: Floats, sds: Floats) -> Tensor:
    """log sum_k w_k N(z | m_k, s_k^2), nats, of the shape of z."""
    if len(weights) == 1:
        return log_normal(z, means[0], sds[0] ** 2)
    w, m, s = (torch.tensor(part, dtype=torch.float64) for part in (weights, means, sds))
    return (w.log() + log_normal(z[..., None], m, s**2)).logsumexp(-1)


# The border ----------------------------------------------------------------------------------------------------------


def as_latent(z: Any) -> Tensor:
    """z as float64 of its shape. DataError for what are no numbers within +-1e6."""
    values = as_tensor(z, "z")
    if values.numel() and float(values.abs().max()) > LARGEST_Z:
        raise DataError(f"z holds a number beyond {LARGEST_Z:g}: choose z nearer to 0")
    return values


def as_category(z: Any, count: int) -> Tensor:
    """z as indices of its shape. DataError for what is no whole number from 0 to count - 1."""
    values = as_tensor(z, "z")
    if bool(((values < 0) | (values >= count) | (values != values.floor())).any()):
        raise DataError(f"z has to hold whole numbers from 0 to {count - 1}")
    return values.long()


def as_shares(values: Any, name: str, most: int) -> Floats:
    """Up to `most` probabilities, divided by their sum. ArgumentError for more, else errors as `as_probabilities`."""
    found: list[float] = as_probabilities(values, name).tolist()
    if len(found) > most:
        raise ArgumentError(f"{name} holds {len(found)} numbers: give 1 to {most}")
    total = math.fsum(found)
    return tuple(value / total for value in found)


def as_components(weights: Any, means: Any, sds: Any, farthest: float, narrowest: float, widest: float,
                  most: int) -> tuple[Floats, Floats, Floats]:
    """Weights, means and deviations of a mixture. ArgumentError or DataError for what is none."""
    w = as_shares(weights, "weights", most)
    m, s = (tuple(as_vector(part, name, size=len(w)).tolist()) for part, name in ((means, "means"), (sds, "sds")))
    if max(map(abs, m)) > farthest:
        raise ArgumentError(f"means holds a number beyond {farthest:g}: choose means nearer to 0")
    if min(s) < narrowest or max(s) > widest:
        raise ArgumentError(f"sds holds a number outside {narrowest:g} to {widest:g}: choose another deviation")
    return w, m, s


def _count(count: Any) -> int:
    return as_integer(count, "count", 0, MOST_SAMPLES)


def _normals(count: int, seed: Any) -> Tensor:
    return torch.randn(count, generator=generator(as_seed(seed), 0), dtype=torch.float64)


def _categories(probabilities: Floats, count: int, seed: Any) -> Tensor:
    weights = torch.tensor(probabilities, dtype=torch.float64)
    if not count:    # which multinomial refuses
        return torch.zeros(0, dtype=torch.long)
    return torch.multinomial(weights, count, replacement=True, generator=generator(as_seed(seed), 1))

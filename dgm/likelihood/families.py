"""One-dimensional families p(x | theta): what each evaluates and samples (slides "Goal", "MLE problem").

Every member is immutable and checked when it is made. x may be a list, an array or a tensor; results are float64, and
logarithms of densities are nats for one point, where x is in any unit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed, as_vector, shown
from dgm.errors import ArgumentError
from dgm.gaussian import LOG_2PI

DOF_RANGE = (0.5, 200.0)   # degrees of freedom of Student's t; with more it is a Gaussian to 0.003 nats near the centre
LARGEST = 1e150            # of a location or scale, and one over it the smallest scale: their squares stay finite
MAX_COUNT = 10**6          # draws of one call
_KINDS = {"mean": "location", "location": "location", "scale": "scale", "dof": "dof", "weight": "weight"}


@dataclass(frozen=True)
class Density:
    """What the families share."""

    def __post_init__(self) -> None:
        for name, kind in self.kinds.items():
            object.__setattr__(self, name, _checked(getattr(self, name), name, kind))

    @classmethod
    def log_density(cls, x: Tensor, *theta: Tensor) -> Tensor:
        """log p(x | theta) of shapes that broadcast, differentiable in all of them."""
        raise NotImplementedError

    @property
    def kinds(self) -> dict[str, str]:
        """For each parameter "location", "scale", "dof" or "weight"."""
        return {field.name: _KINDS[field.name.rstrip("12")] for field in fields(self)}

    @property
    def parameters(self) -> dict[str, float]:
        """theta by name, in the order of the fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def theta(self) -> Tensor:
        """The parameters as a vector (P,), float64."""
        return torch.tensor(list(self.parameters.values()), dtype=torch.float64)

    def log_prob(self, x: Any) -> Tensor:
        """log p(x | theta) of each point, nats. x: (N,) numbers. DataError for other data.

        >>> from dgm import likelihood
        >>> likelihood.Gaussian(0, 1).log_prob([0.0, 2.0])
        tensor([-0.9189, -2.9189], dtype=torch.float64)
        """
        return self.log_density(as_vector(x), *self.theta)

    def sample(self, count: int, seed: int = 0) -> Tensor:
        """Independent draws (count,), float64. ArgumentError unless count is 0 to 10^6 and seed is a seed.

        >>> from dgm import likelihood
        >>> likelihood.Laplace(3, 1).sample(2, seed=1).shape
        torch.Size([2])
        """
        count = as_integer(count, "count", 0, MAX_COUNT)
        return self._draw(count, runtime.generator(as_seed(seed)))

    def replaced(self, **parameters: float) -> Self:
        """The member of the family with some parameters replaced. ArgumentError for unknown names or values.

        >>> from dgm import likelihood
        >>> likelihood.Gaussian(0, 1).replaced(scale=2)
        Gaussian(mean=0.0, scale=2.0)
        """
        unknown = sorted(set(parameters) - set(self.parameters))
        if unknown:
            raise ArgumentError(f"there is no parameter {shown(unknown[0])}: choose from {', '.join(self.parameters)}")
        return replace(self, **parameters)

    def moved(self, shift: float, factor: float) -> Self:
        """The density of shift + factor * x where x has this one. factor: greater than 0; ArgumentError otherwise.

        >>> from dgm import likelihood
        >>> likelihood.Laplace(1, 2).moved(10, 3)
        Laplace(location=13.0, scale=6.0)
        """
        shift, factor = as_number(shift, "shift", -LARGEST, LARGEST), as_number(factor, "factor", above=0)
        forms: dict[str, Callable[[float], float]] = {
            "location": lambda v: shift + factor * v, "scale": lambda v: factor * v, "dof": float, "weight": float}
        return type(self)(*(forms[kind](getattr(self, name)) for name, kind in self.kinds.items()))

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        raise NotImplementedError


def _checked(value: Any, name: str, kind: str) -> float:
    if kind == "location":
        return as_number(value, name, -LARGEST, LARGEST)
    if kind == "scale":
        return as_number(value, name, 1 / LARGEST, LARGEST)
    return as_number(value, name, *DOF_RANGE) if kind == "dof" else as_number(value, name, above=0, below=1)


def _normal(count: int, g: torch.Generator) -> Tensor:
    return torch.randn(count, generator=g, dtype=torch.float64)


def _uniform(count: int, g: torch.Generator) -> Tensor:
    return torch.rand(count, generator=g, dtype=torch.float64)


class LocationScale(Density):
    """Families of one shape f at a location and a scale: p(x) = f(z) / scale with z = (x - location) / scale."""

    @classmethod
    def log_density(cls, x: Tensor, *theta: Tensor) -> Tensor:
        location, scale, *shape = theta
        return cls._log_shape((x - location) / scale, *shape) - scale.log()

    @staticmethod
    def _log_shape(z: Tensor, *shape: Tensor) -> Tensor:
        """log f(z); shape: the parameters after location and scale."""
        raise NotImplementedError

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        location, scale = self.theta[:2]
        return location + scale * self._noise(count, g)

    def _noise(self, count: int, g: torch.Generator) -> Tensor:
        """Draws of f."""
        raise NotImplementedError


@dataclass(frozen=True)
class Gaussian(LocationScale):
    """N(x | mean, scale^2), log p = -1/2 [z^2 + log 2 pi] - log scale with z = (x - mean) / scale.

    >>> from dgm import likelihood
    >>> likelihood.Gaussian(1, 2).parameters
    {'mean': 1.0, 'scale': 2.0}
    """

    mean: float = 0.0
    scale: float = 1.0

    @staticmethod
    def _log_shape(z: Tensor, *shape: Tensor) -> Tensor:
        return -0.5 * (z.square() + LOG_2PI)

    def _noise(self, count: int, g: torch.Generator) -> Tensor:
        return _normal(count, g)


@dataclass(frozen=True)
class Laplace(LocationScale):
    """log p(x) = -|x - location| / scale - log(2 scale).

    >>> from dgm import likelihood
    >>> likelihood.Laplace(1, 2).parameters
    {'location': 1.0, 'scale': 2.0}
    """

    location: float = 0.0
    scale: float = 1.0

    @staticmethod
    def _log_shape(z: Tensor, *shape: Tensor) -> Tensor:
        return -z.abs() - math.log(2)

    def _noise(self, count: int, g: torch.Generator) -> Tensor:
        magnitude = -torch.log1p(-_uniform(count, g))
        sign = 2.0 * (_uniform(count, g) < 0.5) - 1
        return sign * magnitude


@dataclass(frozen=True)
class StudentT(LocationScale):
    """Student's t, z = (x - location) / scale: log p = -(dof + 1)/2 log(1 + z^2 / dof) - log scale + const(dof).

    dof: 0.5 to 200, where it is nearly a Gaussian.

    >>> from dgm import likelihood
    >>> likelihood.StudentT(0, 1, 4).parameters
    {'location': 0.0, 'scale': 1.0, 'dof': 4.0}
    """

    location: float = 0.0
    scale: float = 1.0
    dof: float = 3.0

    @staticmethod
    def _log_shape(z: Tensor, *shape: Tensor) -> Tensor:
        dof, = shape
        far = z.abs() > LARGEST     # where z^2 is infinite: log(1 + z^2 / dof) = 2 log |z| - log dof
        near = torch.log1p(torch.where(far, 0.0, z).square() / dof)
        bent = torch.where(far, 2 * torch.where(far, z, 1.0).abs().log() - dof.log(), near)
        const = torch.lgamma((dof + 1) / 2) - torch.lgamma(dof / 2) - 0.5 * (dof.log() + math.log(math.pi))
        return const - (dof + 1) / 2 * bent

    def _noise(self, count: int, g: torch.Generator) -> Tensor:
        # Bailey 1994: with (u, v) uniform in the unit disc, u sqrt(dof (w^(-2/dof) - 1) / w), w = u^2 + v^2, is t; in
        # polar coordinates w is uniform and the angle is too.
        w = 1 - _uniform(count, g)
        angle = 2 * math.pi * _uniform(count, g)
        return angle.cos() * (self.dof * torch.expm1(-2 / self.dof * w.log())).sqrt()


@dataclass(frozen=True)
class Mixture(Density):
    """weight N(x | mean1, scale1^2) + (1 - weight) N(x | mean2, scale2^2) (slide "Examples": mixture of Gaussians).

    >>> from dgm import likelihood
    >>> likelihood.Mixture(0.25).parameters["mean2"]
    1.0
    """

    weight: float = 0.5
    mean1: float = -1.0
    scale1: float = 1.0
    mean2: float = 1.0
    scale2: float = 1.0

    @classmethod
    def log_density(cls, x: Tensor, *theta: Tensor) -> Tensor:
        return torch.logaddexp(*Mixture.log_joint(x, *theta))

    @staticmethod
    def log_joint(x: Tensor, *theta: Tensor) -> tuple[Tensor, Tensor]:
        """log p(x, z = 1) and log p(x, z = 2), as `log_density`."""
        weight, mean1, scale1, mean2, scale2 = theta
        return (weight.log() + Gaussian.log_density(x, mean1, scale1),
                torch.log1p(-weight) + Gaussian.log_density(x, mean2, scale2))

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        first = _uniform(count, g) < self.weight
        noise = _normal(count, g)
        return torch.where(first, self.mean1 + self.scale1 * noise, self.mean2 + self.scale2 * noise)


FAMILIES: dict[str, type[Density]] = {
    "Gaussian": Gaussian, "Laplace": Laplace, "Student t": StudentT, "mixture": Mixture,
}


def as_model(model: Any, name: str = "model") -> Density:
    """A member of one of the families, else ArgumentError."""
    if not isinstance(model, tuple(FAMILIES.values())):
        raise ArgumentError(f"{name} has to be a likelihood.Gaussian, Laplace, StudentT or Mixture, not {shown(model)}")
    assert isinstance(model, Density)
    return model

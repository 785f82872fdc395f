"""One-dimensional families p(x | theta): what each evaluates and samples (slides "Goal", "MLE problem").

Every member is immutable and checked when it is made. x may be a list, an array or a tensor; results are float64, and
logarithms of densities are nats for one point, where x is in any unit.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed, as_vector, shown
from dgm.errors import ArgumentError
from dgm.gaussian import LOG_2PI

DOF_RANGE = (0.5, 200.0)   # degrees of freedom of Student's t; with more it is a Gaussian to 0.003 nats near the centre
LARGEST = 1e150            # of a location or scale, and one over it the smallest scale: their squares stay finite
MAX_COUNT = 10**6          # draws of one call


@dataclass(frozen=True)
class Density:
    """What the families share. kinds: for each parameter "location", "scale", "dof" or "weight"."""

    kinds: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        for name, kind in self.kinds.items():
            object.__setattr__(self, name, _checked(getattr(self, name), name, kind))

    @staticmethod
    def log_density(x: Tensor, *theta: Tensor) -> Tensor:
        """log p(x | theta) of shapes that broadcast, differentiable in all of them."""
        raise NotImplementedError

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


@dataclass(frozen=True)
class Gaussian(Density):
    """N(x | mean, scale^2), log p = -1/2 [z^2 + log 2 pi] - log scale with z = (x - mean) / scale.

    >>> from dgm import likelihood
    >>> likelihood.Gaussian(1, 2).parameters
    {'mean': 1.0, 'scale': 2.0}
    """

    mean: float = 0.0
    scale: float = 1.0
    kinds = {"mean": "location", "scale": "scale"}   # noqa: RUF012

    @staticmethod
    def log_density(x: Tensor, *theta: Tensor) -> Tensor:
        mean, scale = theta
        return -0.5 * (((x - mean) / scale).square() + LOG_2PI) - scale.log()

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        return self.mean + self.scale * _normal(count, g)


@dataclass(frozen=True)
class Laplace(Density):
    """log p(x) = -|x - location| / scale - log(2 scale).

    >>> from dgm import likelihood
    >>> likelihood.Laplace(1, 2).parameters
    {'location': 1.0, 'scale': 2.0}
    """

    location: float = 0.0
    scale: float = 1.0
    kinds = {"location": "location", "scale": "scale"}   # noqa: RUF012

    @staticmethod
    def log_density(x: Tensor, *theta: Tensor) -> Tensor:
        location, scale = theta
        return -((x - location) / scale).abs() - scale.log() - math.log(2)

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        magnitude = -torch.log1p(-torch.rand(count, generator=g, dtype=torch.float64))
        sign = 2.0 * (torch.rand(count, generator=g, dtype=torch.float64) < 0.5) - 1
        return self.location + self.scale * sign * magnitude


@dataclass(frozen=True)
class StudentT(Density):
    """Student's t, z = (x - location) / scale: log p = -(dof + 1)/2 log(1 + z^2 / dof) - log scale + const(dof).

    dof: 0.5 to 200, where it is nearly a Gaussian.

    >>> from dgm import likelihood
    >>> likelihood.StudentT(0, 1, 4).parameters
    {'location': 0.0, 'scale': 1.0, 'dof': 4.0}
    """

    location: float = 0.0
    scale: float = 1.0
    dof: float = 3.0
    kinds = {"location": "location", "scale": "scale", "dof": "dof"}   # noqa: RUF012

    @staticmethod
    def log_density(x: Tensor, *theta: Tensor) -> Tensor:
        location, scale, dof = theta
        z = (x - location) / scale
        far = z.abs() > LARGEST     # where z^2 is infinite: log(1 + z^2 / dof) = 2 log |z| - log dof
        near = torch.log1p(torch.where(far, 0.0, z).square() / dof)
        bent = torch.where(far, 2 * torch.where(far, z, 1.0).abs().log() - dof.log(), near)
        const = torch.lgamma((dof + 1) / 2) - torch.lgamma(dof / 2) - 0.5 * (dof.log() + math.log(math.pi))
        return const - scale.log() - (dof + 1) / 2 * bent

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        # Bailey 1994: with (u, v) uniform in the unit disc, u sqrt(dof (w^(-2/dof) - 1) / w), w = u^2 + v^2, is t; in
        # polar coordinates w is uniform and the angle is too.
        w = 1 - torch.rand(count, generator=g, dtype=torch.float64)
        angle = 2 * math.pi * torch.rand(count, generator=g, dtype=torch.float64)
        return self.location + self.scale * angle.cos() * (self.dof * torch.expm1(-2 / self.dof * w.log())).sqrt()


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
    kinds = {"weight": "weight", "mean1": "location", "scale1": "scale", "mean2": "location",   # noqa: RUF012
             "scale2": "scale"}

    @staticmethod
    def log_density(x: Tensor, *theta: Tensor) -> Tensor:
        return torch.logaddexp(*Mixture.log_joint(x, *theta))

    @staticmethod
    def log_joint(x: Tensor, *theta: Tensor) -> tuple[Tensor, Tensor]:
        """log p(x, z = 1) and log p(x, z = 2), as `log_density`."""
        weight, mean1, scale1, mean2, scale2 = theta
        return (weight.log() + Gaussian.log_density(x, mean1, scale1),
                torch.log1p(-weight) + Gaussian.log_density(x, mean2, scale2))

    def _draw(self, count: int, g: torch.Generator) -> Tensor:
        first = torch.rand(count, generator=g, dtype=torch.float64) < self.weight
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

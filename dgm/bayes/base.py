"""What every model of the Bayes lesson offers: a belief about theta that data turn into another belief.

Slides "Bayes theorem" and "Bayesian inference":
    posterior     p(theta | X) = p(X | theta) p(theta) / p(X)
    evidence      p(X) = integral p(X | theta) p(theta) dtheta
    predictive    p(x | X) = integral p(x | theta) p(theta | X) dtheta
A prior and a posterior are the same kind of thing, so one class is both: `prior.posterior(data)` is the next prior.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from dgm.errors import DataError, DgmError


class NoMaximumError(DgmError):
    """The maximum that was asked for does not exist or is not unique; the message says why and what to do."""


class TooLargeError(DgmError):
    """A second route to a number was asked for where only the closed form can go."""


class Distribution(Protocol):
    """What `predictive()` returns, named as in torch.distributions."""

    @property
    def mean(self) -> Tensor: ...
    @property
    def variance(self) -> Tensor: ...
    def log_prob(self, x: Any, /) -> Tensor: ...


class Update(NamedTuple):
    """One observation taken in: the chain rule p(X) = product of p(x_i given x_1 .. x_i-1), one factor at a time."""

    n: int                  # observations seen
    belief: "Belief"        # p(theta | x_1 .. x_n)
    log_predictive: float   # ln p(x_n | x_1 .. x_n-1), nats
    log_evidence: float     # ln p(x_1 .. x_n), nats: the sum so far


class Belief(ABC):
    """p(theta). Every method is pure; scalars are floats, arrays float64 tensors, logarithms nats."""

    axes: ClassVar[tuple[str, ...]] = ()  # coordinates in which the MAP can be asked for; the first is the model's own

    @abstractmethod
    def posterior(self, data: Any) -> Self:
        """p(theta | X)."""

    @abstractmethod
    def log_evidence(self, data: Any) -> float:
        """ln p(X), closed form, nats for the whole data set."""

    @abstractmethod
    def log_marginal(self, data: Any) -> float:
        """ln p(X) by another route: the joint density of X with theta integrated out."""

    @abstractmethod
    def predictive(self) -> Any:
        """p(x) = integral p(x | theta) p(theta) dtheta under this belief: a Distribution."""

    @abstractmethod
    def plug_in(self, theta: Any) -> Any:
        """p(x | theta) for one theta: what is left of the predictive when a point stands for the belief."""

    @abstractmethod
    def map(self, axis: str | None = None) -> Any:
        """argmax of the density of this belief, as theta. The density is taken over `axis`, one of `axes`."""

    @abstractmethod
    def mle(self, data: Any) -> Any:
        """argmax over theta of p(X | theta); NoMaximumError where there is none."""

    def prior_predictive(self) -> Any:
        """p(x) before any data: the predictive of this belief, read as a prior (slide "Note the difference from")."""
        return self.predictive()

    def rows(self, data: Any) -> list[Any]:
        """The data set cut into data sets of one observation."""
        x = values(data)
        return [x[i:i + 1] for i in range(len(x))]

    def one(self, row: Any) -> float:
        """ln p(x) of one observation under the predictive, nats."""
        return float(self.predictive().log_prob(row))

    def updates(self, data: Any) -> Iterator[Update]:
        """Take the data in one by one. The last `log_evidence` equals `log_evidence(data)`."""
        belief, total = self, 0.0
        for n, row in enumerate(self.rows(data), start=1):
            gain = belief.one(row)
            belief, total = belief.posterior(row), total + gain
            yield Update(n, belief, gain, total)

    def axis(self, name: str | None) -> str:
        """`name` or the model's own axis; ValueError with the choices for an unknown one."""
        if name is None:
            return self.axes[0]
        if name not in self.axes:
            raise ValueError(f"unknown axis {name!r}: choose one of {', '.join(self.axes)}")
        return name


def real(data: Any) -> Tensor:
    """Any array-like as a float64 tensor; DataError that names the first entry that is not a finite number."""
    x = torch.as_tensor(data, dtype=torch.float64)
    bad = (~torch.isfinite(x)).nonzero()
    if len(bad):
        place = int(bad[0, 0]) if x.ndim else 0
        raise DataError(f"observation {place + 1} is not a finite number: remove or correct it")
    return x


def values(data: Any) -> Tensor:
    """Observations of one number each, (n,) float64."""
    x = real(data)
    if x.ndim > 1 and x.numel() != len(x):
        raise DataError(f"one number per observation is needed, got shape {tuple(x.shape)}: choose one column")
    return x.reshape(-1)


def positive(**numbers: float) -> None:
    """ValueError naming the first of `numbers` that is not positive and finite."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0):
            raise ValueError(f"{name} must be a positive finite number, got {number!r}")
